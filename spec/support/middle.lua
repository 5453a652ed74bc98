-- Somebody between the client and the server, who takes TLS 1.3 out of what the client offers:
--     middle.strip_versions(bytes)   ClientHello's record without supported_versions
--     middle.start(port, options)    a process that stands between its own `port` and that one, for one connection
--                                    after the other; options.honest: it changes nothing; options.longest, .whole:
--                                    nor this, but it hangs up on a ClientHello whose first record is longer, or that
--                                    takes more records
local interpreter = require "spec.support.interpreter"

local middle = {}

local function pair(value)
   return string.char(math.floor(value / 256), value % 256)
end

local function number(bytes, position)
   return bytes:byte(position) * 256 + bytes:byte(position + 1)
end

function middle.strip_versions(bytes)
   local body = bytes:sub(10, 5 + number(bytes, 4)) -- behind both headers
   local position = 35 + body:byte(35) + 1 -- the suites, behind version, random and session_id
   position = position + 2 + number(body, position)
   position = position + 1 + body:byte(position)
   local head, rest, kept = body:sub(1, position - 1), body:sub(position + 2), {}
   while #rest > 0 do
      local length = 4 + number(rest, 3)
      if number(rest, 1) ~= 43 then kept[#kept + 1] = rest:sub(1, length) end
      rest = rest:sub(length + 1)
   end
   local extensions = table.concat(kept)
   local message = head .. pair(#extensions) .. extensions
   return "\22\3\1" .. pair(#message + 4) .. "\1\0" .. pair(#message) .. message
end

local SOURCE = [=[
local middle = require "spec.support.middle"
local socket = require "socket"

local listener = assert(socket.bind("127.0.0.1", 0))
print("in the middle of " .. select(2, listener:getsockname()))
io.stdout:flush()
while true do
   local client = listener:accept()
   local server = assert(socket.connect("127.0.0.1", tonumber(arg[1])))
   local header = client:receive(5)
   if header then
      local hello = header .. client:receive(header:byte(4) * 256 + header:byte(5))
      local unbearable = #hello > tonumber(arg[3])
         or arg[4] == "whole" and hello:byte(7) * 65536 + hello:byte(8) * 256 + hello:byte(9) ~= #hello - 9
      local other = not unbearable and { [client] = server, [server] = client }
      if other then server:send(arg[2] == "honest" and hello or middle.strip_versions(hello)) end
      while other do
         for _, from in ipairs((socket.select({ client, server }))) do
            from:settimeout(0)
            local all, message, part = from:receive(16384)
            from:settimeout()
            other[from]:send(all or part)
            if message == "closed" then
               other = nil
               break
            end
         end
      end
   end
   client:close()
   server:close()
end
]=]

function middle.start(port, options)
   options = options or {}
   local child = interpreter.script(SOURCE, { port, (options.honest or options.longest or options.whole) and "honest"
      or "not", options.longest or 20000, options.whole and "whole" or "any" })
   child.port = tonumber((child:wait_for("in the middle of (%d+)")))
   return child
end

return middle
