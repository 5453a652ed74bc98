-- Dresses the ciphertext of a connection in Ethernet, IP and TCP, as it would have been seen on a wire: with a
-- handshake, sequence numbers, checksums and an end.
local ip_address = require "bearssl.ip_address"

local packets = {}

local char, floor = string.char, math.floor

--- big(value, count) is a number of that many bytes in network order.
local function big(value, count)
   local bytes = {}
   for i = count, 1, -1 do
      bytes[i] = char(value % 256)
      value = floor(value / 256)
   end
   return table.concat(bytes)
end
packets.big = big

-- ---- Addresses ----

--- address(text) is an IP address as 4 or 16 bytes, or nil.
function packets.address(text)
   if type(text) ~= "string" then return nil end
   return ip_address.bytes((text:gsub("%%.*", ""))) -- without the interface of "fe80::1%eth0"
end

-- ---- Checksums (RFC 1071) ----

local PIECE = 128

local function checksum(bytes)
   if #bytes % 2 == 1 then bytes = bytes .. "\0" end
   local sum = 0
   for at = 1, #bytes, PIECE do
      local values = { bytes:byte(at, at + PIECE - 1) }
      for i = 1, #values, 2 do sum = sum + values[i] * 256 + values[i + 1] end
   end
   while sum > 65535 do sum = sum % 65536 + floor(sum / 65536) end
   return 65535 - sum
end

-- ---- Headers ----

local FIN, SYN, PUSH, ACK = 1, 2, 8, 16
local MAC = { client = "\2\0\0\0\0\1", server = "\2\0\0\0\0\2" } -- locally administered
-- What fits a frame of 1,500 bytes beside the headers.
local SEGMENT = { [4] = 1460, [16] = 1440 }

local function tcp_header(flow, from, flags, payload)
   local to = from == "client" and "server" or "client"
   local own, other = flow[from], flow[to]
   local acknowledged = flags ~= SYN and other.sequence or 0
   -- a SYN tells the largest segment that its sender takes (RFC 9293 section 3.7.1)
   local option = (flags == SYN or flags == SYN + ACK) and "\2\4" .. big(SEGMENT[#own.address], 2) or ""
   local before = big(own.port, 2) .. big(other.port, 2) .. big(own.sequence, 4) .. big(acknowledged, 4)
      .. char((20 + #option) / 4 * 16, flags) .. big(65535, 2)
   local after = "\0\0" .. option .. payload
   local length = #before + 2 + #after
   local pseudo = own.address .. other.address
      .. (#own.address == 4 and "\0\6" .. big(length, 2) or big(length, 4) .. "\0\0\0\6")
   return before .. big(checksum(pseudo .. before .. "\0\0" .. after), 2) .. after
end

local function ip_header(flow, from, length)
   local to = from == "client" and "server" or "client"
   local source, target = flow[from].address, flow[to].address
   if #source == 16 then
      return "\134\221", "\96\0\0\0" .. big(length, 2) .. "\6\64" .. source .. target
   end
   flow.identification = (flow.identification + 1) % 65536
   local before = "\69\0" .. big(20 + length, 2) .. big(flow.identification, 2) .. "\64\0\64\6"
   local after = source .. target
   return "\8\0", before .. big(checksum(before .. "\0\0" .. after), 2) .. after
end

local function frame(flow, from, flags, payload, time)
   local to = from == "client" and "server" or "client"
   local segment = tcp_header(flow, from, flags, payload)
   local kind, header = ip_header(flow, from, #segment)
   local own = flow[from]
   local takes_one = (flags % 4 >= 1) and 1 or 0 -- SYN and FIN count as a byte each
   own.sequence = (own.sequence + #payload + takes_one) % 4294967296
   return { bytes = MAC[to] .. MAC[from] .. kind .. header .. segment, from = from, time = time }
end

-- ---- Flows ----

-- Addresses that belong to nobody (RFC 5737), where a connection's own are not known.
local UNKNOWN = { client = "192.0.2.1", server = "192.0.2.2" }
local PORT = { client = 49152, server = 443 }

local function flow_of(capture, index)
   local flow = { identification = 0 }
   for _, side in ipairs { "client", "server" } do
      local known = capture[side] or {}
      flow[side] = {
         address = packets.address(known.address), port = known.port,
         sequence = side == "client" and index * 1000000 or index * 1000000 + 500000,
      }
   end
   local a, b = flow.client.address, flow.server.address
   local fits = a and b and #a == #b
   for side, default in pairs(UNKNOWN) do
      if not fits then flow[side].address = packets.address(default) end
      flow[side].port = flow[side].port or PORT[side] + (side == "client" and index - 1 or 0)
   end
   return flow
end

--- of(capture, index) is the list of packets of one connection: { bytes =, from =, time = }. index: of the connection
-- among those of a file. capture: { began =, client = { address =, port = }, server = the same, chunks = list of
-- { time =, from =, bytes = a string, nil for the end } }.
function packets.of(capture, index)
   local flow = flow_of(capture, index)
   local size = SEGMENT[#flow.client.address]
   local list, ended = {}, {}
   local function add(...) list[#list + 1] = frame(flow, ...) end
   local first = capture.chunks[1]
   local began = math.min(capture.began, first and first.time or capture.began)
   add("client", SYN, "", began)
   add("server", SYN + ACK, "", began)
   add("client", ACK, "", began)
   for _, chunk in ipairs(capture.chunks) do
      local from, bytes = chunk.from, chunk.bytes
      if bytes then
         for at = 1, #bytes, size do
            local last = at + size > #bytes
            add(from, last and PUSH + ACK or ACK, bytes:sub(at, at + size - 1), chunk.time)
         end
      elseif not ended[from] then
         ended[from] = true
         add(from, FIN + ACK, "", chunk.time)
         local other = from == "client" and "server" or "client"
         if ended[other] then add(other, ACK, "", chunk.time) end
      end
   end
   return list
end

return packets
