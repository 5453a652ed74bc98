-- An echo server in luv, with coroutines: every client has one, and luv's callbacks resume it.
--     lua5.4 examples/luv_server.lua CERT KEY [PORT]
local bearssl = require "bearssl"
local uv = require "luv"

local certfile, keyfile, port = arg[1], arg[2], tonumber(arg[3]) or 0
assert(certfile and keyfile, "usage: luv_server.lua CERT KEY [PORT]")

-- What a handler waits for resumes bearssl.running(), as here a timer does.
local function sleep(milliseconds)
   local thread, timer = bearssl.running(), uv.new_timer()
   timer:start(milliseconds, 0, function()
      timer:close()
      assert(coroutine.resume(thread))
   end)
   coroutine.yield()
end

local context = assert(bearssl.context {
   mode = "server", certfile = certfile, keyfile = keyfile,
   handlers = {
      client_hello = function() sleep(10) end, -- as if it asked somebody: the other clients go on
   },
})

local function echo(handle)
   local stream = assert(context:wrap(handle, { timeout = 60 }))
   repeat
      local bytes = stream:receiveany(4096) -- the first time it shakes hands
   until not bytes or not stream:send(bytes)
   stream:close()
end

local server = uv.new_tcp()
assert(server:bind("127.0.0.1", port))
assert(server:listen(1024, function(problem)
   assert(not problem, problem)
   local handle = uv.new_tcp()
   assert(server:accept(handle))
   coroutine.wrap(echo)(handle)
end))
print("listening on 127.0.0.1:" .. server:getsockname().port)
io.stdout:flush()
uv.run()
