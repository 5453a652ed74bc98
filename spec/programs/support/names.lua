-- A name server for the programs of specs: each host's address and the port of its XMPP server (an SRV record).
--     local server = names.start({ ["alpha.example"] = { address = "127.0.0.1", port = 5269 }, … })
--     server.port; server:stop()
local interpreter = require "spec.support.interpreter"

local names = {}

local SOURCE = [==[
local socket = require "socket"

local hosts = {}
for index = 1, #arg, 3 do
   hosts[arg[index]] = { address = arg[index + 1], port = tonumber(arg[index + 2]) }
end

local function uint16(number)
   return string.char(math.floor(number / 256), number % 256)
end

local function labels(name)
   return (name:gsub("[^.]+%.?", function(label)
      label = label:gsub("%.", "")
      return string.char(#label) .. label
   end)) .. "\0"
end

-- record is one answer about the name that was asked for, which a pointer stands for.
local function record(kind, data)
   return "\192\12" .. uint16(kind) .. uint16(1) .. "\0\0\0\60" .. uint16(#data) .. data
end

local A, SRV = 1, 33

local function answer(name, kind)
   name = name:lower()
   local host = hosts[name]
   if host and kind == A then
      return record(A, (host.address:gsub("(%d+)%.?", function(part) return string.char(part) end)))
   end
   local service = hosts[name:match("^_xmpp%-server%._tcp%.(.*)$")]
   if service and kind == SRV then
      return record(SRV, uint16(0) .. uint16(0) .. uint16(service.port) .. labels(name:match("^_.-%._tcp%.(.*)$")))
   end
end

local udp = socket.udp()
assert(udp:setsockname("127.0.0.1", 0))
print("port " .. select(2, udp:getsockname()))
io.stdout:flush()
while true do
   local query, address, port = udp:receivefrom()
   local parts, at = {}, 13
   while query:byte(at) > 0 do
      parts[#parts + 1] = query:sub(at + 1, at + query:byte(at))
      at = at + query:byte(at) + 1
   end
   local kind = query:byte(at + 1) * 256 + query:byte(at + 2)
   local found = answer(table.concat(parts, "."), kind)
   -- a name of which nothing of this kind is known is there nonetheless
   udp:sendto(query:sub(1, 2) .. "\129\128\0\1" .. uint16(found and 1 or 0) .. "\0\0\0\0" .. query:sub(13, at + 4)
      .. (found or ""), address, port)
end
]==]

function names.start(hosts)
   local words = {}
   for host, place in pairs(hosts) do
      words[#words + 1] = host
      words[#words + 1] = place.address
      words[#words + 1] = place.port
   end
   local server = interpreter.script(SOURCE, words)
   server.port = tonumber(server:wait_for("port (%d+)"))
   return server
end

return names
