-- Two requests at once in a loop of one's own: all that a stream needs of a loop is a function that waits.
--     lua5.4 examples/any_loop.lua [URL [CAFILE]]
local bearssl = require "bearssl"
local socket = require "socket"

local url = arg[1] or "https://example.org/"
local authority, path = url:match("^https://([^/]+)(.*)$")
assert(authority, "an https URL is needed")
local host = authority:match("^[^:]+")
local port = tonumber(authority:match(":(%d+)$")) or 443

-- What the streams are given. A coroutine that has to wait says for what, and the loop below resumes it.
local function wait(fd, mode, seconds)
   return coroutine.yield { mode = mode, deadline = seconds and socket.gettime() + seconds,
      getfd = function() return fd end }
end

-- The loop: coroutines, and what each of them waits for.
local waiting = {}

local function go_on(thread, ...)
   local ok, request = coroutine.resume(thread, ...)
   if not ok then error(debug.traceback(thread, request), 0) end
   waiting[thread] = request
end

local function turn()
   local readers, writers = {}, {}
   for _, request in pairs(waiting) do table.insert(request.mode == "read" and readers or writers, request) end
   local readable, writable = socket.select(readers, writers, 0.1)
   local now, due = socket.gettime(), {}
   for thread, request in pairs(waiting) do
      local ready = readable[request] or writable[request]
      if ready or request.deadline and now >= request.deadline then due[thread] = ready and true or "timeout" end
   end
   for thread, outcome in pairs(due) do
      waiting[thread] = nil
      if outcome == true then go_on(thread, true) else go_on(thread, nil, outcome) end
   end
end

local context = assert(bearssl.context { cafile = arg[2] })
for number = 1, 2 do
   go_on(coroutine.create(function()
      local tcp = assert(socket.connect(host, port))
      local tls = assert(context:wrap(tcp, { server_name = host, timeout = 10, wait = wait }))
      assert(tls:send(("GET %s HTTP/1.0\r\nHost: %s\r\n\r\n"):format(path == "" and "/" or path, authority)))
      print(number, assert(tls:receive "*l"), #assert(tls:receive "*a") .. " bytes")
      tls:close()
   end))
end
while next(waiting) do turn() end
