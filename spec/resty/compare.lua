-- The same program over nginx's own cosocket with its sslhandshake, and over one that bearssl.resty has wrapped: what
-- each call gave, line by line.
local bearssl = require "bearssl"
local resty = require "bearssl.resty"

local compare = {}

local function shown(value)
   local kind = type(value)
   -- a session of either: nginx's is cdata
   if kind == "cdata" or kind == "table" then return "object" end
   if kind == "function" then return "function" end
   return kind == "string" and ("%q"):format((value:gsub("\r", "\\r"))) or tostring(value)
end

local function program(tcp, note, settings)
   local port = settings.upstream
   local function call(what, f, ...)
      local good, first, second, third = pcall(f, ...)
      if not good then return note(what, "raised") end
      -- behind a failure's message and what had come until then, "" for nothing, ours has a code
      local partial = third and third ~= "" and shown(third) or ""
      note(what, first == nil and ("nil, %s, %s"):format(shown(second), partial) or shown(first))
      return first
   end
   local function open(path, version)
      local socket = tcp()
      assert(socket:connect("127.0.0.1", port))
      assert(socket:sslhandshake(nil, "localhost", true))
      assert(socket:send { "GET ", path, " HTTP/1.", version or 0, "\r\nHost: ", { "localhost" }, "\r\n", "\r\n" })
      assert(socket:receiveuntil("\r\n\r\n"))()
      return socket
   end

   local socket = tcp()
   call("send before connect", socket.send, socket, "x")
   call("handshake before connect", socket.sslhandshake, socket)
   call("close before connect", socket.close, socket)
   call("connect without a port", socket.connect, socket, "127.0.0.1")
   call("connect to nobody", socket.connect, socket, "127.0.0.1", 1)
   call("connect", socket.connect, socket, "127.0.0.1", port)
   call("times", socket.getreusedtimes, socket)
   call("handshake, one argument too many", socket.sslhandshake, socket, nil, "localhost", true, false, 1)
   call("handshake", socket.sslhandshake, socket, nil, "localhost", true)
   call("handshake again", socket.sslhandshake, socket, nil, "localhost", true)
   call("handshake again, without a session", socket.sslhandshake, socket, false, "localhost", true)
   call("send a string", socket.send, socket, "GET / HTTP/1.1\r\n")
   call("send a number", socket.send, socket, 12.5)
   call("send nested arrays", socket.send, socket, { ": ", { 7, " ", { "b" } }, "\r\n" })
   call("send nothing", socket.send, socket, "")
   call("send an empty array", socket.send, socket, {})
   call("send a table with names", socket.send, socket, { name = 1 })
   call("send a function", socket.send, socket, print)
   call("send", socket.send, socket, "Host: localhost\r\n\r\n")
   call("a line", socket.receive, socket)
   call("no bytes", socket.receive, socket, 0)
   call("a number in a string", socket.receive, socket, "3")
   call("a bad pattern", socket.receive, socket, "*x")
   call("nil", socket.receive, socket, nil)
   call("any, of none", socket.receiveany, socket, 0)
   call("any", socket.receiveany, socket, 2)
   call("aside with unread data", socket.setkeepalive, socket)
   call("an empty boundary", socket.receiveuntil, socket, "")
   local boundary = call("a boundary", socket.receiveuntil, socket, "\r\n\r\n")
   boundary()
   socket:receive()
   socket:settimeout(20)
   call("timeout", socket.receive, socket, 4)
   call("close", socket.close, socket)
   call("close again", socket.close, socket)
   call("times of a closed one", socket.getreusedtimes, socket)
   call("handshake of a closed one", socket.sslhandshake, socket)
   call("aside, of a closed one", socket.setkeepalive, socket)

   socket = open("/numbers")
   call("all", socket.receive, socket, "*a")
   call("close at the end", socket.close, socket)
   socket = open("/numbers")
   call("line", socket.receive, socket, "*l")
   call("line", socket.receive, socket)
   call("line", socket.receive, socket)
   call("line that is cut short", socket.receive, socket)
   socket:close()
   socket = open("/nothing")
   call("all of nothing", socket.receive, socket, "*a")
   call("all of nothing, again", socket.receive, socket, "*a")
   socket:close()
   socket = open("/nothing")
   call("a line of nothing", socket.receive, socket)
   call("all behind it", socket.receive, socket, "*a")
   socket:close()
   for _, inclusive in ipairs { false, true } do
      for _, size in ipairs { 1, 2, 3, 5, 100, false } do
         socket = open("/numbers")
         local read = socket:receiveuntil("--", { inclusive = inclusive })
         for _ = 1, 24 do
            local what = ("until, %s, %s"):format(tostring(inclusive), tostring(size))
            local failed = false
            call(what, function()
               local data, message, partial
               if size then data, message, partial = read(size) else data, message, partial = read() end
               failed = message
               return data, message, partial
            end)
            if failed then break end
         end
         socket:close()
      end
   end
   socket = open("/numbers")
   local read = socket:receiveuntil("\r\n--\r\n")
   call("a longer boundary", read)
   call("what is behind it", socket.receive, socket, 5)
   call("and any", socket.receiveany, socket, 100)
   socket:close()

   socket = open("/", 1)
   call("line", function() return (assert(socket:receive()):gsub("^%d+ (%d+) %S", "%1")) end)
   call("aside", socket.setkeepalive, socket, 1000, 5)
   call("aside again", socket.setkeepalive, socket, 1000, 5)
   call("send when it is aside", socket.send, socket, "x")
   call("connect again", socket.connect, socket, "127.0.0.1", port)
   call("times", socket.getreusedtimes, socket)
   call("handshake of a reused one", socket.sslhandshake, socket, false, "localhost", true)
   call("and for a session", socket.sslhandshake, socket, nil, "localhost", true)
   call("close", socket.close, socket)

   call("connect", socket.connect, socket, "127.0.0.1", settings.plain)
   call("handshake with who speaks no TLS", function()
      local done, message = socket:sslhandshake(nil, "localhost", true)
      return done, type(message)
   end)
   call("send after it", socket.send, socket, "x")
   call("option", function()
      assert(socket:connect("127.0.0.1", settings.plain))
      return socket:setoption("tcp-nodelay", true)
   end)
   call("plain", socket.send, socket, "GET / HTTP/1.0\r\n\r\n")
   call("plain", socket.receive, socket)
   call("plain", socket.close, socket)
end

function compare.run(settings)
   local result = {}
   local context = assert(bearssl.context { cafile = settings.authority })
   local kinds = {
      native = function() return ngx.socket.tcp() end,
      ours = function() return resty.wrap(ngx.socket.tcp(), { context = context, server_name = "localhost" }) end,
   }
   for name, tcp in pairs(kinds) do
      local lines = {}
      program(tcp, function(what, came) lines[#lines + 1] = what .. ": " .. came end, settings)
      result[name] = lines
   end
   return result
end

return compare
