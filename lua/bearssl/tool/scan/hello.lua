-- ClientHellos, byte by byte: of SSL 2.0, SSL 3.0 and TLS 1.0 to 1.3, such as a library would never send.
--     hello.build { version = "TLSv1.2", suites = { 0xC02B }, groups = { 23 }, schemes = { 0x0403 }, name = "a.org" }
-- gives the records. Extensions come in this order, and the last of them is never empty unless it is asked for: there
-- are servers that bear no empty one at the end.
local bytes = require "bearssl.tool.scan.bytes"

local hello = {}

local u16, vector16, vector8 = bytes.u16, bytes.vector16, bytes.vector8

local SERVER_NAME, GROUPS, POINT_FORMATS, SCHEMES, PADDING, MASTER_SECRET = 0, 10, 11, 13, 21, 23
local TICKET, VERSIONS, PSK_MODES, KEY_SHARE, RENEGOTIATION = 35, 43, 45, 51, 0xff01

--- numbers: version → how it stands in messages.
hello.numbers = { SSLv2 = 0x0002, SSLv3 = 0x0300, ["TLSv1.0"] = 0x0301, ["TLSv1.1"] = 0x0302, ["TLSv1.2"] = 0x0303,
   ["TLSv1.3"] = 0x0304 }

local RECORD_MAXIMUM = 16384

-- Shares of x25519 and of secp256r1 that any server takes: their base points. They hide nothing, and need not.
local BASE_POINT = "\4\107\23\209\242\225\44\66\71\248\188\230\229\99\164\64\242\119\3\125\129\45\235\51\160"
   .. "\244\161\57\69\216\152\194\150\79\227\66\226\254\26\127\155\142\231\235\74\124\15\158\22\43\206"
   .. "\51\87\107\49\94\206\203\182\64\104\55\191\81\245"
local SHARES = u16(29) .. vector16("\9" .. ("\0"):rep(31)) .. u16(23) .. vector16(BASE_POINT)

local function is_address(name) return name:find ":" ~= nil or name:find "^[%d.]+$" ~= nil end

local function extension(id, raw) return u16(id) .. vector16(raw) end

-- What goes with the version and the lists, as clients send it.
local function usual(settings)
   local list = {}
   local function add(id, raw) list[#list + 1] = extension(id, raw) end
   if settings.name and not is_address(settings.name) then
      add(SERVER_NAME, vector16("\0" .. vector16(settings.name)))
   end
   add(MASTER_SECRET, "")
   if settings.ticket then add(TICKET, "") end
   add(RENEGOTIATION, "\0")
   if settings.schemes then add(SCHEMES, bytes.list16(settings.schemes)) end
   if settings.groups then
      add(GROUPS, bytes.list16(settings.groups))
      add(POINT_FORMATS, "\1\0")
   end
   if settings.versions then
      add(VERSIONS, bytes.list16_in8(settings.versions))
      add(PSK_MODES, "\1\1")
      add(KEY_SHARE, vector16(settings.share and SHARES or ""))
   end
   return list
end

local function size_of(list)
   local size = 0
   for _, item in ipairs(list) do size = size + #item end
   return size
end

-- Some servers wait for ever for the rest of a message of 256 to 511 bytes, which they take for one of SSL 2.0: RFC
-- 7685 was made for that.
local function padded(list, rest, length)
   local size = rest + size_of(list)
   if not length and size >= 256 and size < 512 then length = 512 end
   if length and size + 4 < length then
      list[#list + 1] = extension(PADDING, ("\0"):rep(length - size - 4))
   end
   return list
end

local function in_records(message, version, size)
   local out = {}
   for at = 1, #message, size do
      out[#out + 1] = "\22" .. u16(version) .. vector16(message:sub(at, at + size - 1))
   end
   return table.concat(out)
end

--- build(settings) is a ClientHello of SSL 3.0 or TLS, in records. settings:
--    version         "SSLv3" to "TLSv1.3": legacy_version and, for TLS 1.3, supported_versions
--    suites          numbers
--    groups, schemes numbers, or nil for no such extension
--    name            what server_name says, unless it is an address; nil for no such extension
--    versions        supported_versions, numbers; with it come psk_key_exchange_modes and key_share
--    share           true: with shares of x25519 and secp256r1, instead of an empty list
--    ticket          true: session_ticket, empty
--    more            a list of { id, raw }: extensions behind the others
--    first           the same, in front
--    padding         the length of the message; false: as it comes
--    legacy_version, record_version   numbers, instead of what goes with the version
--    compression     methods, numbers; { 0 } if nil
--    session_id      bytes, none if nil
--    record_size     bytes of the message in each record
function hello.build(settings)
   local number = hello.numbers[settings.version]
   local all = {}
   for name, value in pairs(settings) do all[name] = value end
   if number == 0x0304 and not all.versions then all.versions = { number } end
   local session_id = all.session_id or all.versions and bytes.random(32) or ""
   local head = u16(all.legacy_version or math.min(number, 0x0303)) .. bytes.random(32) .. vector8(session_id)
      .. bytes.list16(all.suites) .. vector8(string.char((table.unpack or unpack)(all.compression or { 0 })))
   if number > 0x0300 then
      local list = {}
      for _, item in ipairs(all.first or {}) do list[#list + 1] = extension(item[1], item[2]) end
      for _, item in ipairs(usual(all)) do list[#list + 1] = item end
      for _, item in ipairs(all.more or {}) do list[#list + 1] = extension(item[1], item[2]) end
      if all.padding ~= false then padded(list, 4 + #head + 2, all.padding) end
      head = head .. vector16(table.concat(list))
   end
   local record_version = all.record_version or math.min(number, 0x0301)
   return in_records("\1" .. bytes.u24(#head) .. head, record_version, all.record_size or RECORD_MAXIMUM)
end

--- build2(kinds) is a ClientHello of SSL 2.0, which offers these cipher kinds.
function hello.build2(kinds)
   local list = {}
   for index, kind in ipairs(kinds) do list[index] = bytes.u24(kind) end
   local specs = table.concat(list)
   local body = "\1" .. u16(0x0002) .. u16(#specs) .. u16(0) .. u16(16) .. specs .. bytes.random(16)
   return u16(0x8000 + #body) .. body
end

return hello
