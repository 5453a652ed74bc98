-- Writes connections as a pcapng file (draft-ietf-opsawg-pcapng), with their secrets in front of the packets that need
-- them: what Wireshark and tshark open decrypted.
local packets = require "bearssl.trace.packets"

local big = packets.big

local pcapng = {}

local SECTION_HEADER, INTERFACE, ENHANCED_PACKET, DECRYPTION_SECRETS = 0x0A0D0D0A, 1, 6, 10
local ETHERNET = 1
local TLS_KEY_LOG = 0x544C534B
local MICROSECONDS = "\6" -- 10^-6: what a double holds of today's time
local INBOUND, OUTBOUND = 1, 2

local function padded(bytes)
   return bytes .. ("\0"):rep(-#bytes % 4)
end

local function block(kind, body)
   local length = big(12 + #body, 4)
   return big(kind, 4) .. length .. body .. length
end

-- Options: a list of {code, bytes}.
local function options(list)
   local parts = {}
   for i, pair in ipairs(list) do parts[i] = big(pair[1], 2) .. big(#pair[2], 2) .. padded(pair[2]) end
   if #parts == 0 then return "" end
   return table.concat(parts) .. "\0\0\0\0"
end

local COMMENT, USER_APPLICATION, NAME, RESOLUTION, FLAGS = 1, 4, 2, 9, 2

local function section(comments)
   local list = { { USER_APPLICATION, "bearssl for Lua" } }
   for _, comment in ipairs(comments) do list[#list + 1] = { COMMENT, comment } end
   return block(SECTION_HEADER, "\26\43\60\77" .. "\0\1\0\0" .. ("\255"):rep(8) .. options(list))
end

local function interface()
   return block(INTERFACE, big(ETHERNET, 2) .. "\0\0" .. big(0, 4)
      .. options { { NAME, "bearssl" }, { RESOLUTION, MICROSECONDS } })
end

local function secrets(lines)
   local text = table.concat(lines, "\n") .. "\n"
   return block(DECRYPTION_SECRETS, big(TLS_KEY_LOG, 4) .. big(#text, 4) .. padded(text))
end

local function packet(one, mode)
   local time = math.floor(one.time * 1e6 + 0.5)
   local direction = one.from == mode and OUTBOUND or INBOUND
   return block(ENHANCED_PACKET, big(0, 4) .. big(math.floor(time / 4294967296), 4) .. big(time % 4294967296, 4)
      .. big(#one.bytes, 4) .. big(#one.bytes, 4) .. padded(one.bytes) .. options { { FLAGS, big(direction, 4) } })
end

-- Where ClientHello was encrypted (RFC 9849), the secrets go by the random of the inner one, which a reader does not
-- see: so they stand there by that of the outer one too.
local function lines_of(capture)
   local lines, seen = {}, {}
   local function add(line)
      if not seen[line] then
         seen[line] = true
         lines[#lines + 1] = line
      end
   end
   for _, line in ipairs(capture.lines) do
      add(line)
      local label, random, secret = line:match "^(%S+) (%x+) (%x+)$"
      local outer = random and capture.outer[random:lower()]
      if outer then add(("%s %s %s"):format(label, outer, secret)) end
   end
   return lines
end

--- encode(captures) is the file for a list of connections. Each capture is what packets.of takes, with mode, lines: the
-- key log's, outer: the random of an inner ClientHello → that of the outer one (hexadecimal), and comments.
function pcapng.encode(captures)
   local comments, parts, all = {}, {}, {}
   for index, capture in ipairs(captures) do
      for _, comment in ipairs(capture.comments) do comments[#comments + 1] = comment end
      local lines = lines_of(capture)
      if #lines > 0 then parts[#parts + 1] = secrets(lines) end
      for _, one in ipairs(packets.of(capture, index)) do all[#all + 1] = packet(one, capture.mode) end
   end
   return section(comments) .. interface() .. table.concat(parts) .. table.concat(all)
end

return pcapng
