-- An echo server in luv, with callbacks alone: TLS has the methods of luv's own streams.
--     lua5.4 examples/luv_callbacks.lua CERT KEY [PORT]
local bearssl = require "bearssl"
local luv_tls = require "bearssl.luv"
local uv = require "luv"

local certfile, keyfile, port = arg[1], arg[2], tonumber(arg[3]) or 0
assert(certfile and keyfile, "usage: luv_callbacks.lua CERT KEY [PORT]")

local context = assert(bearssl.context {
   mode = "server", certfile = certfile, keyfile = keyfile,
   handlers = {
      client_hello = function() -- as if it asked somebody: the other clients go on
         local thread, timer = bearssl.running(), uv.new_timer()
         timer:start(10, 0, function()
            timer:close()
            assert(coroutine.resume(thread))
         end)
         coroutine.yield()
      end,
   },
})

local function echo(handle)
   local secure = assert(luv_tls.wrap(context, handle, { timeout = 60 }))
   local function on_read(problem, bytes)
      if not bytes then -- the end, or a problem
         if problem then io.stderr:write(problem, "\n") end
         return secure:close()
      end
      secure:read_stop() -- so that a client that does not read cannot fill our memory
      secure:write(bytes, function(failed)
         if not failed then secure:read_start(on_read) end
      end)
   end
   secure:read_start(on_read) -- which shakes hands first
end

local server = uv.new_tcp()
assert(server:bind("127.0.0.1", port))
assert(server:listen(1024, function(problem)
   assert(not problem, problem)
   local handle = uv.new_tcp()
   assert(server:accept(handle))
   echo(handle)
end))
print("listening on 127.0.0.1:" .. server:getsockname().port)
io.stdout:flush()
uv.run()
