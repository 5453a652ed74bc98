-- An echo server over nothing but socket.select: it takes streams as they are.
--     lua5.4 examples/select_server.lua CERT KEY [PORT]
local bearssl = require "bearssl"
local socket = require "socket"

local certfile, keyfile, port = arg[1], arg[2], tonumber(arg[3]) or 0
assert(certfile and keyfile, "usage: select_server.lua CERT KEY [PORT]")

local MOST = 1000 -- clients: select knows no descriptor from 1024 on
local PATIENCE = 60 -- seconds that a client may say nothing

-- Each client has a coroutine, which yields what it waits for: true when that has come, false when the time is over.
local function wait(stream, direction, seconds)
   return coroutine.yield { stream = stream, direction = direction, deadline = socket.gettime() + seconds }
end

local context = assert(bearssl.context {
   mode = "server", certfile = certfile, keyfile = keyfile,
   handlers = {
      client_hello = function() wait(nil, nil, 0.01) end, -- as if it asked somebody: the other clients go on
   },
})

local again = { wantread = true, wantwrite = true }

local function echo(stream)
   local bytes, sent, ok = "", 0, true
   while ok do
      local done, code, _
      if sent < #bytes then
         done, _, sent, code = stream:send(bytes, sent + 1)
         sent = done or sent
      else
         done, _, _, code = stream:receiveany(4096) -- the first time it shakes hands
         bytes, sent = done or "", 0
      end
      ok = done or again[code] and wait(stream, stream:want(), PATIENCE)
   end
   stream:close()
end

local waiting, count = {}, 0 -- coroutine → what it waits for; how many there are

local function go_on(thread, outcome)
   local ok, wanted = coroutine.resume(thread, outcome)
   if not ok then error(debug.traceback(thread, wanted), 0) end
   waiting[thread] = wanted
   if not wanted then count = count - 1 end
end

local listener = assert(socket.bind("127.0.0.1", port, 1024))
listener:settimeout(0)
print("listening on " .. listener:getsockname() .. ":" .. select(2, listener:getsockname()))
io.stdout:flush()

while true do
   local reading, writing, now, deadline = {}, {}, socket.gettime(), math.huge
   if count < MOST then reading[1] = listener end
   for _, wanted in pairs(waiting) do
      if wanted.stream then table.insert(wanted.direction == "write" and writing or reading, wanted.stream) end
      deadline = math.min(deadline, wanted.deadline)
   end
   local seconds = deadline < math.huge and math.max(0, deadline - now) or nil
   local readable, writable = socket.select(reading, writing, seconds)
   local due = {}
   for thread, wanted in pairs(waiting) do
      local ready = wanted.stream and (readable[wanted.stream] or writable[wanted.stream])
      if ready or socket.gettime() >= wanted.deadline then due[thread] = ready ~= nil end
   end
   for thread, outcome in pairs(due) do go_on(thread, outcome) end
   local tcp = readable[listener] and listener:accept()
   if tcp then
      tcp:settimeout(0)
      count = count + 1
      go_on(coroutine.create(echo), assert(context:wrap(tcp, { timeout = 0 })))
   end
end
