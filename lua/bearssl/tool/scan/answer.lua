-- What a server answers to a ClientHello, as far as it is in the clear. Nothing that it says is trusted: each length is
-- within the bytes that are there, and there is an end to how many are read.
local bytes = require "bearssl.tool.scan.bytes"
local registry = require "bearssl.tool.scan.registry"

local answer = {}

local CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
local SERVER_HELLO, CERTIFICATE, SERVER_KEY_EXCHANGE, SERVER_HELLO_DONE = 2, 11, 12, 14
local RECORD_MAXIMUM, MESSAGES_MAXIMUM = 16384 + 2048, 262144
local VERSIONS, KEY_SHARE = 43, 51
local NAMED_CURVE = 3

-- The random of a HelloRetryRequest (RFC 8446 section 4.1.3) begins so.
local RETRY = "\207\33\173\116\229\154\97\17\190\29\140\2\30\101\184\145"

local version_names = { [0x0300] = "SSLv3", [0x0301] = "TLSv1.0", [0x0302] = "TLSv1.1", [0x0303] = "TLSv1.2",
   [0x0304] = "TLSv1.3" }

local alerts = {
   [0] = "close_notify", [10] = "unexpected_message", [20] = "bad_record_mac", [21] = "decryption_failed",
   [22] = "record_overflow", [30] = "decompression_failure", [40] = "handshake_failure", [41] = "no_certificate",
   [42] = "bad_certificate", [43] = "unsupported_certificate", [44] = "certificate_revoked",
   [45] = "certificate_expired", [46] = "certificate_unknown", [47] = "illegal_parameter", [48] = "unknown_ca",
   [49] = "access_denied", [50] = "decode_error", [51] = "decrypt_error", [60] = "export_restriction",
   [70] = "protocol_version", [71] = "insufficient_security", [80] = "internal_error",
   [86] = "inappropriate_fallback", [90] = "user_canceled", [100] = "no_renegotiation", [109] = "missing_extension",
   [110] = "unsupported_extension", [112] = "unrecognized_name", [113] = "bad_certificate_status_response",
   [115] = "unknown_psk_identity", [116] = "certificate_required", [120] = "no_application_protocol",
   [121] = "ech_required",
}

-- ---- Messages ----

local function extensions_of(reader)
   local raw = reader:left() > 0 and reader:vector(2) or ""
   local list, rest = {}, bytes.reader(raw)
   while rest:left() > 0 do
      local id, value = rest:number(2), rest:vector(2)
      if not value then break end
      list[id] = value
   end
   return list
end

local function server_hello(result, body)
   local reader = bytes.reader(body)
   local version, random = reader:number(2), reader:take(32)
   local session_id, suite, compression = reader:vector(1), reader:number(2), reader:number(1)
   if not compression then return false end
   local extensions = extensions_of(reader)
   local selected = extensions[VERSIONS] and bytes.reader(extensions[VERSIONS]):number(2)
   result.version = version_names[selected or version] or ("0x%04X"):format(selected or version)
   result.suite, result.compression, result.session_id = suite, compression, session_id
   result.extensions = extensions
   result.retry = random:sub(1, #RETRY) == RETRY
   result.group = extensions[KEY_SHARE] and bytes.reader(extensions[KEY_SHARE]):number(2)
   return true
end

-- RFC 5246 section 7.4.3, RFC 8422 section 5.4. The scheme is told in TLS 1.2 only; who is anonymous signs nothing.
local function key_exchange(result, body)
   local name, reader = registry.suite_name(result.suite), bytes.reader(body)
   if registry.is_ephemeral_dh(name) then
      result.prime = reader:vector(2)
      reader:vector(2)
      reader:vector(2)
   elseif registry.is_ephemeral_ec(name) then
      if reader:number(1) ~= NAMED_CURVE then return end
      result.group = reader:number(2)
      reader:vector(1)
   else
      return
   end
   if result.version == "TLSv1.2" and not name:find "_anon_" then result.scheme = reader:number(2) end
end

local function message(result, kind, body)
   if kind == SERVER_HELLO and not result.suite then
      if not server_hello(result, body) then result.ended = "garbage" end
   elseif kind == CERTIFICATE then
      result.certificate = true
   elseif kind == SERVER_KEY_EXCHANGE and result.suite then
      result.key_exchange = true
      key_exchange(result, body)
   elseif kind == SERVER_HELLO_DONE then
      result.done = true
   end
end

-- ---- Records ----

local function alert(result, body)
   if #body ~= 2 then
      result.encrypted = (result.encrypted or 0) + #body
      return
   end
   local level, description = body:byte(1, 2)
   local name = alerts[description] or tostring(description)
   if level == 1 and description ~= 0 then
      result.warning = name
   else
      result.alert, result.ended = name, "alert"
   end
end

local function handshake(result, body)
   local buffer = (result.buffer or "") .. body
   while #buffer >= 4 and not result.ended do
      local reader = bytes.reader(buffer)
      local kind, length = reader:number(1), reader:number(3)
      if length > MESSAGES_MAXIMUM then
         result.ended = "garbage"
         return
      end
      local whole = reader:take(length)
      if not whole then break end
      buffer = buffer:sub(5 + length)
      message(result, kind, whole)
   end
   result.buffer = buffer
end

-- SSL 2.0's ServerHello, or an error of its own.
local function ssl2(result, body)
   local reader = bytes.reader(body)
   if reader:number(1) ~= 4 then
      result.ended = "garbage"
      if body:byte() == 0 then result.ended, result.alert = "alert", "SSL 2.0 error" end
      return
   end
   reader:take(2)
   local version = reader:number(2)
   local certificate, specs, id = reader:number(2), reader:number(2), reader:number(2)
   local rest = id and version == 2 and reader:take(certificate) and reader:take(specs)
   if not rest then
      result.ended = "garbage"
      return
   end
   result.ssl2 = {}
   local kinds = bytes.reader(rest)
   for index = 1, math.floor(#rest / 3) do result.ssl2[index] = kinds:number(3) end
end

-- One record, whose first five bytes are there: false where it is none.
local function record(result, head, receive)
   local first, second, third, high, low = head:byte(1, 5)
   if first >= 0x80 and (third == 4 or third == 0) then
      local length = (first - 0x80) * 256 + second
      if length < 3 then return false end
      local rest, why = "", nil
      if length > 3 then rest, why = receive(length - 3) end
      if rest then ssl2(result, (head .. rest):sub(3, 2 + length)) end
      return true, why
   end
   local length = high * 256 + low
   if first < CHANGE_CIPHER_SPEC or first > APPLICATION_DATA + 1 or second ~= 3 or length > RECORD_MAXIMUM then
      return false
   end
   local body, why = "", nil
   if length > 0 then body, why = receive(length) end
   if not body then return true, why end
   result.size = result.size + length + 5
   if result.size > MESSAGES_MAXIMUM then return false end
   if first == ALERT then
      alert(result, body)
   elseif first == HANDSHAKE and not result.changed then
      handshake(result, body)
   elseif first == CHANGE_CIPHER_SPEC then
      -- in TLS 1.3 it means nothing
      result.changed = result.version ~= "TLSv1.3"
   else
      result.encrypted = (result.encrypted or 0) + length
   end
   return true
end

--- read(receive, is_enough [, before]) reads what a server says until is_enough(result), an end or an error.
-- receive(count) gives so many bytes, or nil and "closed" or "timeout". before: the result that goes on. The result has
--    version, suite, compression, session_id, extensions (by id), retry (HelloRetryRequest), group   from ServerHello
--    certificate, key_exchange, done     which messages came
--    prime, group, scheme                from ServerKeyExchange
--    encrypted                           bytes in records that cannot be read
--    ssl2                                the cipher kinds of SSL 2.0
--    warning, alert                      names
--    ended                               "alert", "closed", "timeout", "garbage"; nil: it was enough
function answer.read(receive, is_enough, before)
   local result = before or { size = 0 }
   while not result.ended and not is_enough(result) do
      local head, why = receive(5)
      if not head then
         result.ended = why
         break
      end
      local good
      good, why = record(result, head, receive)
      if not good then
         result.ended = "garbage"
      elseif why then
         result.ended = why
      end
   end
   return result
end

--- has_hello, has_exchange: what read may take for enough. In TLS 1.3 nothing is to be read behind the ServerHello.
function answer.has_hello(result) return result.suite ~= nil or result.ssl2 ~= nil end

function answer.has_exchange(result)
   return result.key_exchange or result.done or result.version == "TLSv1.3" or result.encrypted ~= nil
end

--- text(result) is what a server answered, in words: "ServerHello", "alert handshake_failure", "closed", "timeout" …
function answer.text(result)
   if answer.has_hello(result) then
      return result.warning and "ServerHello, warning " .. result.warning or "ServerHello"
   elseif result.alert then
      return "alert " .. result.alert
   end
   return result.ended or "nothing"
end

return answer
