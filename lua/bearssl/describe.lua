-- Says what is in a handshake message: its name as the RFCs write it and its main fields as text, for
-- ladders and traces; and turns messages and summaries into plain tables for JSON.
local describe = {}

describe.stages = {
   "client_hello", "hello_retry_request", "server_hello", "encrypted_extensions", "certificate",
   "certificate_status", "server_key_exchange", "certificate_request", "server_hello_done",
   "client_key_exchange", "certificate_verify", "change_cipher_spec", "finished", "new_session_ticket",
   "end_of_early_data", "key_update", "hello_request", "application_data", "alert", "authenticated",
   "established", "closed",
}

--- title(stage) is the message's name in the RFCs: "client_hello" → "ClientHello".
function describe.title(stage)
   if stage == "authenticated" or stage == "established" or stage == "closed" or stage == "alert" then
      return stage == "alert" and "Alert" or stage
   end
   return (stage:gsub("_?(%l)(%l*)", function(first, rest) return first:upper() .. rest end))
end

-- ---- Text ----

-- Length of the UTF-8 sequence at `at`, or nil. C1 controls do not count as text.
local function sequence(text, at)
   local a, b = text:byte(at, at + 1)
   if a < 0xC2 or a > 0xF4 or not b or b < 0x80 or b > 0xBF then return nil end
   if a == 0xC2 and b < 0xA0 then return nil end
   local length = a < 0xE0 and 2 or a < 0xF0 and 3 or 4
   if (a == 0xE0 and b < 0xA0) or (a == 0xED and b > 0x9F) or (a == 0xF0 and b < 0x90) or (a == 0xF4 and b > 0x8F) then
      return nil
   end
   for i = at + 2, at + length - 1 do
      local c = text:byte(i)
      if not c or c < 0x80 or c > 0xBF then return nil end
   end
   return length
end

--- printable(text, unicode) escapes what must not reach a terminal: controls, broken UTF-8, and without
-- `unicode` everything beyond ASCII.
function describe.printable(text, unicode)
   if not text:find("[^\32-\126]") then return text end
   local out, at = {}, 1
   while at <= #text do
      local byte = text:byte(at)
      local length = 1
      if byte < 32 or byte > 126 then
         length = unicode and byte > 127 and sequence(text, at) or nil
      end
      if length then
         out[#out + 1] = text:sub(at, at + length - 1)
         at = at + length
      else
         out[#out + 1] = ("\\x%02X"):format(byte)
         at = at + 1
      end
   end
   return table.concat(out)
end

--- is_text(bytes): valid UTF-8 without control characters?
function describe.is_text(bytes)
   return describe.printable(bytes, true) == bytes
end

--- group(info) is the group of a key exchange, or nil: its name, or the size of a server's own.
function describe.group(info)
   if info.group then return tostring(info.group) end
   return info.dh_bits and ("DH of %d bits"):format(info.dh_bits) or nil
end

--- hex(bytes [, limit]) in lower case; beyond limit bytes "…" stands for the rest.
function describe.hex(bytes, limit)
   local shown = limit and #bytes > limit and bytes:sub(1, limit) or bytes
   local text = shown:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
   text = #shown == #bytes and text or text .. "..."
   return (text:gsub("\n", "0a"))
end

-- One item of a list: a name, or what stands for one.
local function name_of(item)
   if type(item) == "table" then
      if item.text or item.name then return tostring(item.text or item.name) end
      if item.id then return ("0x%04x"):format(item.id) end
      if item.group then return name_of(item.group) end
      return item[1] and name_of(item[1]) or "?"
   elseif type(item) == "number" then
      return item % 1 == 0 and ("%d"):format(item) or tostring(item)
   end
   return tostring(item)
end
describe.name_of = name_of

-- Empty lists are not worth a line.
local function list(items)
   if type(items) ~= "table" then return name_of(items) end
   local names = {}
   for i, item in ipairs(items) do names[i] = name_of(item) end
   return #names > 0 and table.concat(names, ", ") or nil
end

local function yes_no(value)
   return value and "yes" or "no"
end

local function if_true(value)
   return value and "yes" or nil
end

local function bytes(value)
   if type(value) ~= "string" then return tostring(value) end
   return value == "" and "empty" or describe.hex(value, 12)
end

local function octets(value)
   local length = type(value) == "string" and #value or value
   return name_of(length) .. " bytes"
end

-- Value of the extension `name`, if it is there and can be read.
local function extension(message, name)
   for _, item in ipairs(message.extensions or {}) do
      if item.name == name then return item.value end
   end
   return nil
end

-- The certificate types that a hello offers, or that the server chose (RFC 7250 sections 4.1 and 4.2).
local function types_of(message, add)
   for _, name in ipairs { "server_certificate_type", "client_certificate_type" } do
      local value = extension(message, name)
      if type(value) == "table" then add(name, value.name and name_of(value) or list(value)) end
   end
end

local function some_octets(value)
   return value ~= 0 and octets(value) or nil
end

local function date(seconds)
   return type(seconds) == "number" and os.date("!%Y-%m-%d", math.floor(seconds)) or "?"
end
describe.date = date

-- ---- Certificates ----

local function distinguished_name(value)
   if type(value) == "string" then return value end
   return "?"
end

--- certificate(object) is a plain table of a certificate's main fields.
function describe.certificate(object)
   local _, subject = object:subject()
   local _, issuer = object:issuer()
   local key = object:public_key() or {}
   local algorithm, oid = object:signature_algorithm()
   local names = {}
   for i, entry in ipairs(object:names() or {}) do
      names[i] = { type = entry.type, value = entry.value }
   end
   return {
      subject = distinguished_name(subject), issuer = distinguished_name(issuer),
      serial = tostring(object:serial()), not_before = object:not_before(), not_after = object:not_after(),
      names = names, public_key = { type = key.type or key.oid, bits = key.bits, curve = key.curve },
      signature_algorithm = algorithm or oid, is_ca = object:is_ca() and true or false,
      fingerprint = object:fingerprint("sha256"),
   }
end

--- key(object) is a plain table of a public key's main fields.
function describe.key(object)
   return { type = object:type(), bits = object:bits(), curve = object:curve(), pin = object:pin() }
end

local function key_text(key)
   if key.curve then return ("%s %s"):format(key.type or "EC", key.curve) end
   if key.type == "Ed25519" then return key.type end
   return ("%s %s bits"):format(key.type or "?", key.bits and name_of(key.bits) or "?")
end

local function certificates(message, add)
   local chain = message.chain or message.certificates or {}
   if message.key then
      local key = describe.key(message.key)
      add("raw_public_key", key_text(key))
      add("pin", key.pin)
   elseif #chain == 0 then
      add("chain", "empty")
   end
   for i, object in ipairs(chain) do
      local certificate = describe.certificate(object)
      add(i == 1 and "subject" or "issuer " .. i - 1, certificate.subject == "" and "(empty)" or certificate.subject)
      if i == 1 then
         local names = {}
         for n, entry in ipairs(certificate.names) do names[n] = tostring(entry.value) end
         if #names > 0 then add("names", table.concat(names, ", ")) end
         add("issuer", certificate.issuer)
         add("public_key", key_text(certificate.public_key))
         add("validity", date(certificate.not_before) .. " to " .. date(certificate.not_after))
      end
   end
end

-- ---- Fields by stage: {field, formatter}, in the order in which they are shown ----

local shown = {
   client_hello = {
      { "ech", name_of }, { "server_name", name_of }, { "max_version", name_of }, { "supported_versions", list },
      { "session_id", bytes }, { "cipher_suites", list }, { "supported_groups", list }, { "key_share_groups", list },
      { "signature_algorithms", list }, { "signature_algorithms_cert", list }, { "certificate_authorities", list },
      { "compress_certificate", list }, { "alpn", list }, { "psk_offered", if_true }, { "early_data_offered", if_true },
      { "fallback", if_true }, { "extensions", list }, { "random", bytes },
   },
   hello_retry_request = { { "selected_group", name_of }, { "cookie", octets } },
   server_hello = {
      { "version", name_of }, { "cipher_suite", name_of }, { "session_id", bytes }, { "resumed", yes_no },
      { "selected_group", name_of }, { "psk_selected", if_true }, { "alpn", name_of },
      { "downgrade_sentinel", name_of }, { "extensions", list }, { "random", bytes },
   },
   encrypted_extensions = {
      { "alpn", name_of }, { "early_data_accepted", if_true }, { "expected_tickets", name_of }, { "extensions", list },
   },
   certificate_status = { { "ocsp_response", octets } },
   server_key_exchange = {
      { "key_exchange", name_of }, { "group", name_of }, { "dh_bits", name_of }, { "public_point", bytes },
      { "dh_g", bytes }, { "dh_p", bytes }, { "dh_Ys", bytes }, { "signature_algorithm", name_of },
      { "signature", octets },
   },
   certificate_request = {
      { "certificate_types", list }, { "signature_algorithms", list }, { "signature_algorithms_cert", list },
      { "certificate_authorities", list }, { "compress_certificate", list },
   },
   client_key_exchange = {
      { "key_exchange", name_of }, { "public_point", bytes }, { "dh_Yc", bytes },
      { "encrypted_premaster_length", octets },
   },
   certificate_verify = { { "signature_algorithm", name_of }, { "signature", octets } },
   finished = { { "verify_data", bytes } },
   new_session_ticket = { { "lifetime", name_of }, { "ticket_length", octets }, { "max_early_data", some_octets } },
   application_data = { { "early", if_true } },
   key_update = { { "update_requested", yes_no } },
   established = {
      { "version", name_of }, { "cipher_suite", name_of }, { "group", name_of }, { "dh_bits", name_of },
      { "alpn", name_of }, { "resumed", yes_no }, { "psk_identity", name_of }, { "peer_verified", yes_no },
      { "early_data", if_true },
   },
}

local special = { encrypted_extensions = types_of }

function special.client_hello(message, add)
   types_of(message, add)
   if message.new_session_count then
      add("ticket_request", ("%s new, %s when resumed"):format(name_of(message.new_session_count),
         name_of(message.resumption_count)))
   end
end

function special.certificate(message, add)
   certificates(message, add)
   if message.compression_algorithm then
      add("compression", ("%s, %s without"):format(message.compression_algorithm, octets(message.uncompressed_length)))
   end
end

function special.authenticated(message, add)
   if message.declined then return add("", "the client shows no certificate") end
   local leaf = message.chain[1]
   local key = message.key
   if leaf then
      local own = describe.certificate(leaf)
      add("subject", own.subject == "" and "(empty)" or own.subject)
   elseif key then
      add("raw_public_key", key_text(describe.key(key)))
      add("pin", key:pin())
   end
   add("peer_verified", yes_no(message.peer_verified))
   add("verdict", name_of(message.verdict))
end

function special.change_cipher_spec(message, add)
   if message.changes_protection == false then
      add("", "middlebox compatibility only")
   else
      add("", "what follows from this side is encrypted")
   end
end

function special.alert(message, add)
   local text = message.description and name_of(message.description) or "unknown"
   if message.description_id then text = ("%s (%d)"):format(text, message.description_id) end
   add("description", (message.level and name_of(message.level) or "unknown") .. " " .. text)
end

function special.closed(message, add)
   add("clean", yes_no(message.clean))
   local reason = message.message or message.error or message.code
   if reason and not message.clean then add("error", name_of(reason)) end
end

--- message(message) → its title, and its main fields as a list of {name, text}.
function describe.message(message)
   local fields = {}
   local function add(name, text)
      if text and text ~= "" then fields[#fields + 1] = { name, text } end
   end
   for _, pair in ipairs(shown[message.stage] or {}) do
      local value = message[pair[1]]
      local id = value == nil and message[pair[1] .. "_id"] -- a number without a name
      if id then value = { id = id } end
      if value ~= nil then add(pair[1], pair[2](value)) end
   end
   if special[message.stage] then special[message.stage](message, add) end
   return describe.title(message.stage), fields
end

--- line(message) is all of it on one line.
function describe.line(message)
   local title, fields = describe.message(message)
   local parts = {}
   for i, pair in ipairs(fields) do parts[i] = pair[1] == "" and pair[2] or pair[1] .. "=" .. pair[2] end
   local direction = message.direction and message.direction ~= "neither" and message.direction .. " " or ""
   local length = message.length and message.length > 0 and (" %d bytes"):format(message.length) or ""
   return describe.printable(direction .. title .. length .. (#parts > 0 and ": " or "") .. table.concat(parts, "; "),
      false)
end

-- ---- Plain tables ----

-- Fields that are bytes even where they happen to look like text.
local binary = {
   random = true, session_id = true, verify_data = true, signature = true, public_point = true, raw = true,
   dh_p = true, dh_g = true, dh_Ys = true, dh_Yc = true,
   client_random = true, server_random = true, client_verify_data = true, server_verify_data = true,
   cookie = true, response = true, ocsp_response = true, params = true, key = true, key_share = true,
   nonce = true, identity = true, psk_identity = true,
   ticket = true, binders = true, certificate_request_context = true, der = true,
}

--- plain(value) copies a message or summary into what JSON can say: bytes become hexadecimal,
-- certificates tables, and what has no meaning outside the process is left out.
function describe.plain(value, name)
   local kind = type(value)
   if kind == "string" then
      if (name and binary[name]) or not describe.is_text(value) then return describe.hex(value) end
      return value
   elseif kind == "number" or kind == "boolean" then
      return value
   elseif kind == "userdata" then
      local ok, plain = pcall(describe.certificate, value)
      if not ok then ok, plain = pcall(describe.key, value) end
      return ok and plain or nil
   elseif kind == "table" then
      local ok, certificate = false, nil
      if getmetatable(value) and value.subject then ok, certificate = pcall(describe.certificate, value) end
      if ok then return certificate end
      if value.text and value.der then return value.text end -- a distinguished name
      local copy = {}
      if #value > 0 then
         for i, item in ipairs(value) do copy[i] = describe.plain(item, name) end
      else
         for key, item in pairs(value) do
            -- `chain` says what `encoded` holds
            if type(key) == "string" and key ~= "encoded" then copy[key] = describe.plain(item, key) end
         end
      end
      return copy
   end
   return nil
end

return describe
