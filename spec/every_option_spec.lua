-- Every option, in every mode and version: it changes what can be seen from outside, or raises and says what it needs.
-- What can be seen: hellos, records, who is who, what fails, what is resumed. context:info() does not count.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pump = require "spec.support.pump"
local temporary = require "spec.support.temporary"

local RANGES = { { "TLSv1.2", "TLSv1.2" }, { "TLSv1.3", "TLSv1.3" }, { "TLSv1.2", "TLSv1.3" } }
local CA = certificates.ca.certificate
local start = os.time()

local function certificate(name) return assert(bearssl.certificate.load(certificates[name].chain))[1] end

local function merge(...)
   local all = {}
   for _, options in ipairs { ... } do
      for name, value in pairs(options) do all[name] = value end
   end
   return all
end

-- ---- What can be seen ----

-- Extensions whose contents tell something; those of others may be random.
local TELLING = { [1] = true, [5] = true, [13] = true, [16] = true, [18] = true, [27] = true, [28] = true,
   [45] = true, [49] = true, [65000] = true }

local function is_grease(id) return id % 4112 == 2570 end

local function hello_of(message)
   local parts = {}
   for _, suite in ipairs(message.cipher_suites) do
      parts[#parts + 1] = is_grease(suite.id) and "grease" or tostring(suite.id)
   end
   for _, extension in ipairs(message.extensions) do
      local raw = TELLING[extension.id] and extension.raw:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
      parts[#parts + 1] = (is_grease(extension.id) and "grease" or extension.id) .. ":" .. (raw or "")
   end
   for _, list in ipairs { "supported_groups", "supported_versions", "key_share_groups" } do
      for _, entry in ipairs(message[list] or {}) do
         parts[#parts + 1] = list .. (is_grease(entry.id) and "grease" or entry.id)
      end
   end
   return table.concat(parts, " ")
end

local INFO = { "version", "cipher_suite", "group", "signature_algorithm", "local_signature_algorithm", "alpn",
   "server_name", "resumed", "verdict", "verdict_cached", "peer_verified", "peer_accepted", "early_data",
   "record_size_limit", "max_fragment_length", "extended_master_secret", "post_handshake_auth", "hello_retry",
   "renegotiations", "authentications", "key_updates_sent", "ocsp_response", "psk" }

local function watched(seen)
   local handlers = {}
   for _, stage in ipairs(bearssl.stages) do
      handlers[stage] = function(_, message)
         if stage == "application_data" then return end
         seen[#seen + 1] = stage .. " " .. tostring(message.direction)
         if stage == "client_hello" then seen[#seen + 1] = hello_of(message) end
         if stage == "certificate_request" then
            for _, name in ipairs(message.certificate_authorities) do seen[#seen + 1] = name.text end
            seen[#seen + 1] = ("%d for certificates"):format(#(message.signature_algorithms_cert or {}))
         end
         if stage == "certificate" then seen[#seen + 1] = tostring(message.compression_algorithm) end
         if stage == "new_session_ticket" then
            seen[#seen + 1] = ("%s %s"):format(tostring(message.lifetime), tostring(message.max_early_data))
         end
      end
   end
   return handlers
end

local function note_info(seen, connection)
   for _, field in ipairs(INFO) do
      local value = connection:info(field)
      if field == "ocsp_response" and value then value = #value end
      seen[#seen + 1] = field .. "=" .. tostring(value)
   end
   local chain = connection:info "peer_certificates"
   seen[#seen + 1] = chain[1] and chain[1]:fingerprint() or "nobody"
end

local function note_records(seen, result)
   for _, record in ipairs(result.records) do
      if record.type == 23 and #record.body > 40 then seen[#seen + 1] = #record.body end
   end
end

-- One conversation. Returns both connections, or nil where they did not come together.
local function converse(seen, contexts, options)
   local a, message = contexts.client:connection(merge({ server_name = "localhost", handlers = watched(seen) },
      options.client or {}))
   local b = assert(contexts.server:connection(merge({ handlers = watched(seen) }, options.server or {})))
   assert(a, message)
   local result = pump(a, b, { close = false })
   seen[#seen + 1] = ("%s %s"):format(tostring(result.client.code), tostring(result.server.code))
   if not (a:info "established" and b:info "established") then return nil end
   for _, connection in ipairs { a, b } do
      local data, last = ("x"):rep(20000), 0
      while last < #data do
         last = assert(connection:write(data, last + 1))
         note_records(seen, pump(a, b, { close = false }))
      end
   end
   note_info(seen, a)
   note_info(seen, b)
   return a, b
end

local function late(seen, a, b)
   local _, _, code = a:renegotiate()
   seen[#seen + 1] = tostring(code)
   pump(a, b, { close = false })
   _, _, code = b:request_certificate()
   seen[#seen + 1] = tostring(code)
   pump(a, b, { close = false })
   note_info(seen, a)
   note_info(seen, b)
end

-- observe(mode, own, theirs, entry) → text of all that was seen; or nil and the message that was raised.
local function observe(mode, own, theirs, entry)
   local seen, skew = {}, 0
   local other = mode == "client" and "server" or "client"
   local function make(options)
      local ok, context, _, code = pcall(bearssl.context, merge({ mode = mode }, options))
      if not ok then return nil, context end
      return context, code
   end
   local context, problem = make(own)
   if not context then return nil, problem end
   -- a client's clock is apart later, where the entry says so
   local peers = { mode = other, clock = function() return start + skew end }
   local contexts = { [mode] = context, [other] = assert(bearssl.context(merge(peers, theirs))) }
   local connection = entry.connection and { [mode] = entry.connection } or {}
   local ok, a, b = pcall(converse, seen, contexts, connection)
   if not ok then return nil, a end
   if a then
      local session = a:session()
      if session and entry.lifetime then
         seen[#seen + 1] = tostring(math.floor(session:expires() - start + 0.5) < 3600)
      end
      skew = entry.skew or 0
      converse(seen, contexts, connection) -- of itself
      if session and session:info().max_early_data > 0 then
         converse(seen, contexts, { client = { session = session, early_data = "early" } })
      end
      contexts[mode] = make(own) -- what another context of the kind takes of the first
      if session then converse(seen, contexts, { client = { session = session } }) end
      late(seen, a, b)
   end
   return table.concat(seen, "\n")
end

-- ---- The options ----

local ec, own_ec = certificates.ec, certificates.client_ec
local ca_key = certificates.ca.key

local bases = {
   client = { trust = CA },
   server = { certificate = ec.chain, key = ec.key },
}
local peers = {
   client = { certificate = ec.chain, key = ec.key, alpn = { "x", "y" }, trust = CA },
   server = { trust = CA, alpn = { "x", "y" }, certificate = own_ec.chain, key = own_ec.key },
}

local function crl()
   local revoked = { certificate "ec", certificate "client_ec" }
   return (bearssl.crl.new { issuer = CA, issuer_key = ca_key, revoked = revoked })
end

local function response()
   return bearssl.ocsp.new({ certificate = certificate "ec", issuer = CA, issuer_key = ca_key, status = "good" }):der()
end

local function directory()
   local path = temporary.path ".d"
   assert(os.execute("mkdir -p " .. path))
   local file = assert(io.open(path .. "/ca.pem", "w"))
   file:write(CA)
   file:close()
   return path
end

local encrypted = {
   client = bearssl.key.load(own_ec.key):pem { password = "secret", iterations = 1000 },
   server = bearssl.key.load(ec.key):pem { password = "secret", iterations = 1000 },
}

-- A peer of what only older versions have, where both could speak a newer one.
local function older(range) return { max_version = range[1] == "TLSv1.2" and "TLSv1.2" or nil } end

local DHE = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
local demanding = { verify = "optional", trust = CA } -- a server that judges its clients

-- value: what is given, or a function(mode) that makes it; beside: what else; client, server: the same of one mode;
-- without: options of the base that go; theirs: options of the peer; where: the range, where one has a meaning.
local entries = {
   min_version = { value = "TLSv1.3", where = 3, theirs = { max_version = "TLSv1.2" } },
   max_version = { value = "TLSv1.2", where = 3 },
   suites = { value = { "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256" } },
   groups = { value = { "secp384r1" } },
   signature_algorithms = { value = { "ecdsa_secp384r1_sha384" } },
   signature_algorithms_cert = { value = { "rsa_pkcs1_sha256" }, server = demanding },
   certificate_authorities = { value = function(mode)
      return mode == "client" or { certificates.other_ca.certificate }
   end, server = demanding },
   certificate_compression = { value = { "zlib" } },
   alpn = { value = { "y" } },
   alpn_required = { value = true, beside = { alpn = { "x" } }, theirs = { alpn = false } },
   trust = { value = certificates.other_ca.certificate, server = { verify = "optional" } },
   cafile = { value = certificates.ca.certfile, without = { "trust" }, server = { verify = "optional" } },
   capath = { value = directory, without = { "trust" }, server = { verify = "optional" } },
   verify = { value = function(mode) return mode == "client" and "none" or "required" end, server = { trust = CA } },
   verify_depth = { value = function(mode) return mode == "client" and 1 or 0 end, server = demanding,
      leaf = { client = "chain_ec", server = "client_chain" } },
   certificate = { value = function(mode) return mode == "client" and own_ec.chain or ec.chain end,
      beside = { key = "external", handlers = { sign = false } }, without = { "certificate", "key" } },
   key = { value = function(mode) return mode == "client" and own_ec.key or ec.key end, without = { "key" },
      client = { certificate = own_ec.chain } },
   certfile = { value = function(mode) return mode == "client" and own_ec.chainfile or ec.chainfile end,
      without = { "certificate" }, client = { key = own_ec.key } },
   keyfile = { value = function(mode) return mode == "client" and own_ec.keyfile or ec.keyfile end,
      without = { "key" }, client = { certificate = own_ec.chain } },
   credentials = { value = function(mode)
      local one = mode == "client" and own_ec or certificates.ec384
      return { { certificate = one.chain, key = one.key } }
   end, without = { "certificate", "key" }, theirs = { verify = "optional" } },
   password = { value = "secret", encrypted = true },
   ocsp_response = { value = response },
   ocspfile = { value = function() return temporary.write(response()) end },
   staple = { value = "required" },
   max_fragment_length = { value = 512 },
   extensions = { value = { { id = 65000, raw = "mine" } } },
   crls = { value = crl, server = demanding },
   revocation = { value = "leaf", server = demanding },
   pins = { value = { certificate("rsa"):pin() }, server = demanding },
   verdict_cache = { value = function(mode) return mode == "client" and 0 or 8 end, client = { session_cache = 0 },
      server = demanding, theirs = { session_cache = 0 } },
   clock_skew = { value = 3600 * 24 * 365, server = demanding, late = true },
   clock = { value = function() return function() return start + 86400 * 3650 end end, server = demanding },
   session_cache = { value = 0, server = { tickets = false }, theirs = older },
   session_lifetime = { value = 60, lifetime = true },
   tickets = { value = false },
   ticket_count = { value = 0 },
   server_certificate_types = { value = { "raw_public_key" } },
   client_certificate_types = { value = { "x509", "raw_public_key" } },
   new_session_count = { value = 5, client = { resumption_count = 1 } },
   resumption_count = { value = 5, client = { new_session_count = 1 } },
   ticket_keys = { value = function() return bearssl.ticket_keys.new() end },
   extended_master_secret = { value = false, theirs = older },
   record_size = { value = 512 },
   dh_bits_minimum = { value = 3072, client = { suites = { DHE, "TLS_AES_128_GCM_SHA256" } }, theirs = function(range)
      return merge(older(range), { suites = { DHE, "TLS_AES_128_GCM_SHA256" }, certificate = certificates.rsa.chain,
         key = certificates.rsa.key })
   end },
   record_size_limit = { value = 512, theirs = { record_size_limit = 4096 } },
   record_padding = { value = 1000 },
   client_hello_limit = { value = 600, theirs = { extensions = { { id = 65000, raw = ("x"):rep(600) } } } },
   client_preference = { value = true, theirs = { suites = { "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256" } } },
   renegotiation = { value = true, theirs = function(range)
      return merge(older(range), { renegotiation = range[1] < "TLSv1.3" })
   end },
   key_shares = { value = 3 },
   grease = { value = false },
   middlebox_compatibility = { value = false },
   retry_cookie = { value = true, server = { groups = { "secp384r1" } } },
   post_handshake_auth = { value = true, client = { certificate = own_ec.chain, key = own_ec.key } },
   max_early_data = { value = 1000 },
   early_data_window = { value = 3600, server = { max_early_data = 1000 }, skew = 60 },
   key_update_after = { value = 1 },
   handlers = { value = { keylog = function() error "seen" end } },
}

-- What no pair of ours can show is shown by specs that name it: each must.
local elsewhere = {
   mode = "context_spec", keylogfile = "keylogfile_spec",
   ech = "ech_spec", ech_keys = "ech_spec", ech_backend = "ech_spec",
   psk_ke = "core/tls13/connection13_psk_test", -- a peer that offers nothing better
}

local function known_options()
   local _, message = pcall(bearssl.context, { zzzz = 1 })
   local list = {}
   for name in message:match("Options: (.*)$"):gmatch("[%w_]+") do list[#list + 1] = name end
   return list
end

local function is_raise(problem)
   return type(problem) == "string" and problem:find("bearssl.context:", 1, true) ~= nil
end

local function value_of(entry, mode)
   if type(entry.value) == "function" then return entry.value(mode) end
   return entry.value
end

local function prepare(entry, mode, range)
   local own = merge({ min_version = range[1], max_version = range[2] }, bases[mode], entry.beside or {},
      entry[mode] or {})
   local beside = type(entry.theirs) == "function" and entry.theirs(range) or entry.theirs or {}
   local theirs = merge({ min_version = range[1], max_version = range[2] }, peers[mode], beside)
   for _, name in ipairs(entry.without or {}) do own[name] = (entry[mode] or {})[name] end
   for name, value in pairs(theirs) do if value == false and name == "alpn" then theirs[name] = nil end end
   if mode == "client" then theirs.extensions = nil end
   if mode == "server" then
      theirs.verify, theirs.post_handshake_auth = nil, theirs.max_version == "TLSv1.3" or nil
   end
   if entry.encrypted then
      own.certificate, own.key = mode == "client" and own_ec.chain or ec.chain, encrypted[mode]
   end
   if entry.leaf then
      local one = certificates[entry.leaf[mode]]
      theirs.certificate, theirs.key = one.chain, one.key
   end
   if entry.late then
      local leaf = certificate(mode == "client" and "ec" or "client_ec")
      own.clock = function() return leaf:not_after() + 50 end
   end
   if mode == "server" and own.ticket_keys == nil and entry == entries.session_cache and range[1] == "TLSv1.3" then
      -- there the cache is for servers whose handlers keep sessions, and so have no ticket keys
      own.tickets, own.handlers = nil, { session_store = function() end }
   end
   return own, theirs
end

describe("an option of bearssl.context", function()
   it("has an entry here, and each entry is an option", function()
      local known = {}
      for _, name in ipairs(known_options()) do
         known[name] = true
         assert.is_truthy(entries[name] or elsewhere[name], name)
      end
      for name in pairs(entries) do assert.is_true(known[name] or false, name) end
      for name, path in pairs(elsewhere) do
         assert.is_true(known[name] or false, name)
         local file = io.open("spec/" .. path .. ".lua") or assert(io.open("spec/" .. path .. ".c"))
         assert.is_truthy(file:read("*a"):find(name, 1, true), name)
         file:close()
      end
   end)

   it("is looked at by what is the same each time", function()
      for _, mode in ipairs { "client", "server" } do
         for _, range in ipairs(RANGES) do
            local own, theirs = prepare({}, mode, range)
            local first = assert(observe(mode, own, theirs, {}))
            for _ = 1, 3 do assert.equal(first, observe(mode, own, theirs, {})) end
         end
      end
   end)

   for name, entry in pairs(entries) do
      for _, mode in ipairs { "client", "server" } do
         for index, range in ipairs(RANGES) do
            if not entry.where or entry.where == index then
               it(("%s, of a %s, %s to %s, changes something or raises"):format(name, mode, range[1],
                  range[2]), function()
                  local own, theirs = prepare(entry, mode, range)
                  local value = { [name] = value_of(entry, mode) }
                  local without, before = observe(mode, own, theirs, entry)
                  local with, raised = observe(mode, merge(own, value), theirs, entry)
                  if is_raise(before) and is_raise(raised) and entry[mode] then
                     -- what it would need raises itself: alone it must, too
                     for other in pairs(entry[mode]) do own[other] = bases[mode][other] end
                     with, raised = observe(mode, merge(own, value), theirs, entry)
                  end
                  if not with and is_raise(raised) then
                     assert.is_truthy(raised:find(name, 1, true), raised)
                  else
                     assert.are_not.equal(("%s %s"):format(tostring(without), tostring(before)),
                        ("%s %s"):format(tostring(with), tostring(raised)))
                  end
               end)
            end
         end
      end
   end
end)

-- ---- Connections ----

local of_connections = {
   server_name = { value = "elsewhere.example" },
   min_version = { value = "TLSv1.3", where = 3, theirs = { max_version = "TLSv1.2" } },
   max_version = { value = "TLSv1.2", where = 3 },
   verify = { value = function(mode) return mode == "client" and "none" or "required" end, server = { trust = CA } },
   handlers = { value = { client_hello = function() return nil, "seen" end } },
   alpn = { value = { "y" } },
   pins = { value = { certificate("rsa"):pin() }, server = demanding },
   fallback_scsv = { value = true, client = { min_version = "TLSv1.2", max_version = "TLSv1.2" } },
}
-- Those that need a session, or a transport.
local of_connections_elsewhere = {
   session = "client_sessions_spec", early_data = "tls13_sessions_spec", early_data_resend = "tls13_sessions_spec",
   ech = "ech_spec", timeout = "stream_waiting_spec", wait = "wait_spec", max_line = "stream_transfer_spec",
   received = "ech_front_spec", truncation = "stream_conversation_spec",
}

local function known_of(method, ...)
   local context = assert(bearssl.context(bases.client))
   local arguments = { ... }
   arguments[#arguments + 1] = { zzzz = 1 }
   local _, message = pcall(context[method], context, (table.unpack or unpack)(arguments))
   local list = {}
   for name in message:match("Options: (.*)$"):gmatch("[%w_]+") do list[#list + 1] = name end
   return list
end

describe("an option of a connection", function()
   it("has an entry here, and each entry is an option", function()
      local known = {}
      for _, list in ipairs { known_of "connection", known_of("wrap", 0) } do
         for _, name in ipairs(list) do
            known[name] = true
            assert.is_truthy(of_connections[name] or of_connections_elsewhere[name], name)
         end
      end
      for name in pairs(of_connections) do assert.is_true(known[name] or false, name) end
      for name, path in pairs(of_connections_elsewhere) do
         assert.is_true(known[name] or false, name)
         local file = assert(io.open("spec/" .. path .. ".lua"))
         assert.is_truthy(file:read("*a"):find(name, 1, true), name)
         file:close()
      end
   end)

   for name, entry in pairs(of_connections) do
      for _, mode in ipairs { "client", "server" } do
         for index, range in ipairs(RANGES) do
            if not entry.where or entry.where == index then
               it(("%s, of a %s, %s to %s, changes something or raises"):format(name, mode, range[1],
                  range[2]), function()
                  local own, theirs = prepare(entry, mode, range)
                  local without = assert(observe(mode, own, theirs, {}))
                  local with, raised = observe(mode, own, theirs, { connection = { [name] = value_of(entry, mode) } })
                  if not with then
                     assert.is_truthy(raised:find(name, 1, true), raised)
                  else
                     assert.are_not.equal(without, with)
                  end
               end)
            end
         end
      end
   end
end)
