-- What TLS 1.2 grew after BearSSL 0.6, between two sides of ours: ticket keys, tickets, the extended master secret,
-- exporters and channel bindings. What other implementations say to it is in spec/interop.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pump = require "spec.support.pump"

local NOW = os.time()

local function misuse(pattern, f, ...)
   local ok, message = pcall(f, ...)
   assert.is_false(ok)
   assert.matches(pattern, message)
end

local function client_context(options)
   options = options or {}
   options.trust, options.max_version = certificates.ca.certificate, options.max_version or "TLSv1.2"
   return assert(bearssl.context(options))
end

local function server_context(options)
   options = options or {}
   options.mode = "server"
   options.certfile = options.certfile or certificates.ec.certfile
   options.keyfile = options.keyfile or certificates.ec.keyfile
   options.max_version = options.max_version or "TLSv1.2"
   return assert(bearssl.context(options))
end

-- The two connections of a handshake, and pump's result.
local function shake(client, server, session, client_handlers, server_handlers)
   local a = assert(client:connection { server_name = "localhost", session = session, handlers = client_handlers })
   local b = assert(server:connection { handlers = server_handlers })
   return a, b, pump(a, b)
end

local function resumed(client, server, session)
   local a, b, result = shake(client, server, session)
   assert.equal("wantread", result.client.status, result.client.message or result.server.message)
   assert.equal(a:info("resumed"), b:info("resumed"))
   return a:info("resumed"), a:session()
end

describe("ticket keys", function()
   it("are made with one key, and count", function()
      local keys = assert(bearssl.ticket_keys.new())
      assert.equal(1, keys:count())
      assert.is_true(keys:rotate())
      assert.equal(2, keys:count())
      for _ = 1, 20 do keys:rotate() end
      assert.equal(8, keys:count())
   end)

   it("are exported and imported", function()
      local keys = assert(bearssl.ticket_keys.new { rotation = 10, overlap = 20 })
      keys:rotate()
      local copy = assert(bearssl.ticket_keys.import(keys:export()))
      assert.equal(2, copy:count())
      assert.equal(keys:export(), copy:export())
      local other = assert(bearssl.ticket_keys.new())
      assert.are_not.equal(keys:export(), other:export())
      assert.is_true(other:replace(keys:export()))
      assert.equal(3, other:count()) -- its own stays behind, for as long as it opens
      assert.is_true(other:replace(keys:export()))
      assert.equal(3, other:count())
      assert.is_true(other:replace(keys:export(), NOW + 10 * 86400))
      assert.equal(2, other:count())
   end)

   it("refuse what is not theirs", function()
      local keys = assert(bearssl.ticket_keys.new())
      local before = keys:export()
      for _, bytes in ipairs { "", "x", before:sub(1, -2), before .. "x", (before:gsub("1", "9", 1)) } do
         local object, message, code = bearssl.ticket_keys.import(bytes)
         assert.is_nil(object)
         assert.equal("bad_ticket_keys", code)
         assert.is_string(message)
         assert.equal("bad_ticket_keys", (select(3, keys:replace(bytes))))
         assert.equal(before, keys:export())
      end
      for length = 0, #before - 1, 7 do
         assert.equal("bad_ticket_keys", (select(3, bearssl.ticket_keys.import(before:sub(1, length)))))
      end
   end)

   it("do not show secrets", function()
      local keys = assert(bearssl.ticket_keys.new())
      assert.matches("^bearssl%.ticket_keys: 0x%x+$", tostring(keys))
      assert.is_nil(keys:export():find(tostring(keys), 1, true))
   end)

   it("check their options", function()
      misuse("unknown option 'rotatoin'; did you mean 'rotation'", bearssl.ticket_keys.new, { rotatoin = 1 })
      misuse("'rotation' must be an integer", bearssl.ticket_keys.new, { rotation = 0 })
      misuse("'overlap' must be an integer", bearssl.ticket_keys.new, { overlap = "1" })
      misuse("must be a table", bearssl.ticket_keys.new, 5)
      misuse("exported keys are a string, not a number", bearssl.ticket_keys.import, 5)
      local keys = assert(bearssl.ticket_keys.new())
      misuse("string expected", keys.replace, keys)
      misuse("number expected", keys.rotate, keys, "soon")
   end)

   it("stay usable in a context that outlives them", function()
      local keys = assert(bearssl.ticket_keys.new())
      local server, client = server_context { ticket_keys = keys }, client_context()
      local meta = debug.getmetatable(keys)
      meta.__gc(keys)
      misuse("closed ticket keys", keys.export, keys)
      misuse("closed ticket keys", keys.count, keys)
      misuse("'ticket_keys' must be an open", server_context, { ticket_keys = keys })
      local _, session = resumed(client, server)
      assert.is_true((resumed(client, server, session)))
   end)
end)

describe("options", function()
   it("of tickets and the extended master secret are checked", function()
      local keys = assert(bearssl.ticket_keys.new())
      misuse("'ticket_keys' is for servers", client_context, { ticket_keys = keys })
      misuse("no use with tickets = false", server_context, { ticket_keys = keys, tickets = false })
      misuse("'ticket_keys' must be a ticket keys object", server_context, { ticket_keys = "secret" })
      misuse("'tickets' must be true, false or", client_context, { tickets = 1 })
      misuse("'extended_master_secret' must be true, false or \"required\"", client_context, {
         extended_master_secret = "on" })
   end)

   it("are told by info", function()
      local info = client_context():info()
      assert.is_true(info.tickets)
      assert.is_true(info.extended_master_secret)
      info = client_context({ tickets = false, extended_master_secret = "required" }):info()
      assert.is_false(info.tickets)
      assert.equal("required", info.extended_master_secret)
      assert.is_true(server_context():info().tickets)
      assert.is_false(server_context({ tickets = false }):info().tickets)
      assert.is_false(server_context({ extended_master_secret = false }):info().extended_master_secret)
   end)

   it("give a server keys of its own, unless it keeps sessions itself", function()
      local keys = assert(bearssl.ticket_keys.new())
      assert.equal(keys, server_context({ ticket_keys = keys }):ticket_keys())
      assert.equal(1, server_context():ticket_keys():count())
      assert.is_nil(server_context({ tickets = false }):ticket_keys())
      assert.is_nil(client_context():ticket_keys())
      local function nothing() end
      assert.is_nil(server_context({ handlers = { session_load = nothing } }):ticket_keys())
      assert.is_nil(server_context({ handlers = { session_store = nothing } }):ticket_keys())
      assert.equal(1, server_context({ tickets = true, handlers = { session_load = nothing } }):ticket_keys():count())
   end)
end)

describe("a ticket", function()
   it("is issued and used, and nothing is kept", function()
      local client, server = client_context(), server_context()
      local seen = {}
      local function note(side)
         return { new_session_ticket = function(_, message) seen[#seen + 1] = { side = side, message = message } end }
      end
      local a, b = shake(client, server, nil, note "client", note "server")
      assert.equal(2, #seen)
      for _, entry in ipairs(seen) do
         assert.equal(entry.side == "server" and "sent" or "received", entry.message.direction)
         assert.equal(7200, entry.message.lifetime)
         assert.is_true(entry.message.ticket_length > 100)
         assert.equal("new_session_ticket", entry.message.stage)
         assert.equal(entry.message.length, #entry.message.raw)
         -- before Finished nobody may rely on it (RFC 5077 section 3.3)
         assert.is_nil(entry.message.session)
      end
      assert.equal(seen[1].message.raw, seen[2].message.raw)
      assert.is_true(a:info("ticket"))
      assert.is_true(b:info("ticket"))
      assert.equal(0, server:info().sessions)
      local session = a:session()
      local info = session:info()
      assert.is_true(info.ticket)
      assert.is_true(info.extended_master_secret)
      assert.equal("", info.session_id)
      seen = {}
      a, b = shake(client, server, session, note "client", note "server")
      assert.is_true(a:info("resumed"))
      assert.is_true(b:info("resumed"))
      assert.same({}, seen)
      assert.is_true(a:info("ticket"))
      assert.is_true(b:info("ticket"))
      assert.equal(session:export(), a:session():export())
      assert.is_true((resumed(client, server, a:session())))
   end)

   it("is issued again when half of its life is gone, or its key has changed", function()
      local time = NOW
      local function clock() return time end
      local keys = assert(bearssl.ticket_keys.new { rotation = 1000, overlap = 1000, time = NOW })
      local client = client_context { clock = clock }
      local server = server_context { clock = clock, ticket_keys = keys, session_lifetime = 100 }
      local function tickets(session)
         local seen = 0
         local a = shake(client, server, session, nil, { new_session_ticket = function() seen = seen + 1 end })
         return seen, a:info "resumed", a:session()
      end
      local first, _, session = tickets()
      assert.equal(1, first)
      for _ = 1, 3 do
         local count, again, same = tickets(session)
         assert.equal(0, count)
         assert.is_true(again)
         assert.equal(session:export(), same:export())
      end
      time = NOW + 49
      assert.equal(0, (tickets(session)))
      time = NOW + 50
      assert.equal(1, (tickets(session)))
      time = NOW + 10
      assert(keys:rotate(time))
      local count, again, renewed = tickets(session)
      assert.equal(1, count)
      assert.is_true(again)
      assert.equal(0, (tickets(renewed)))
      -- a key that has had its time is changed by the next ticket
      keys = assert(bearssl.ticket_keys.new { rotation = 10, overlap = 1000, time = NOW })
      server = server_context { clock = clock, ticket_keys = keys, session_lifetime = 100 }
      time = NOW
      _, _, session = tickets()
      time = NOW + 10
      assert.equal(1, (tickets(session)))
      assert.equal(2, keys:count())
   end)

   it("that cannot be used is replaced", function()
      local client, server = client_context(), server_context()
      local _, session = resumed(client, server)
      local other, seen = server_context(), 0
      local a = shake(client, other, session, nil, { new_session_ticket = function() seen = seen + 1 end })
      assert.is_false(a:info "resumed")
      assert.equal(1, seen)
   end)

   it("comes to session_store on the client's side, once per ticket", function()
      local stored = {}
      local handlers = { session_store = function(_, question) stored[#stored + 1] = question end }
      local now = os.time()
      local function clock() return now end
      local client, server = client_context { handlers = handlers, clock = clock }, server_context { clock = clock }
      shake(client, server)
      assert.equal(1, #stored)
      assert.is_true(stored[1].session:info().ticket)
      assert.equal(7200, stored[1].lifetime)
      local a = shake(client, server, stored[1].session)
      assert.is_true(a:info("resumed"))
      assert.equal(1, #stored)
      assert(server:ticket_keys():rotate())
      a = shake(client, server, stored[1].session)
      assert.is_true(a:info("resumed"))
      assert.equal(2, #stored)
      assert.equal(a:session():export(), stored[2].session:export())
   end)

   it("is neither asked for nor issued where that is turned off", function()
      for _, case in ipairs { { true, false }, { false, true }, { false, false } } do
         local client, server = client_context { tickets = case[1] }, server_context { tickets = case[2] }
         local a, b, result = shake(client, server)
         assert.is_false(a:info("ticket"))
         assert.is_false(b:info("ticket"))
         for _, message in ipairs(result.messages) do assert.are_not.equal("new_session_ticket", message.name) end
         assert.equal(1, server:info().sessions)
         assert.is_true((resumed(client, server, a:session())))
      end
   end)

   it("lives as long as the session that it holds", function()
      local time = NOW
      local function clock() return time end
      local client = client_context { clock = clock }
      local server = server_context { clock = clock, session_lifetime = 100 }
      local a, _, result = shake(client, server)
      assert.equal("wantread", result.client.status)
      local session = a:session()
      assert.equal(NOW + 100, session:expires())
      time = NOW + 99
      local again, renewed = resumed(client, server, session)
      assert.is_true(again)
      -- resuming does not make a session live longer
      assert.equal(NOW + 100, renewed:expires())
      time = NOW + 100
      assert.is_false((resumed(client, server, session)))
      assert.is_false((resumed(client, server, renewed)))
   end)

   it("survives a rotation of its key, until the overlap is over", function()
      local time = NOW
      local function clock() return time end
      local keys = assert(bearssl.ticket_keys.new { rotation = 100, overlap = 100, time = NOW })
      local client, server = client_context { clock = clock }, server_context { clock = clock, ticket_keys = keys }
      local _, session = resumed(client, server)
      time = NOW + 150 -- the next ticket is sealed under a new key
      local again, renewed = resumed(client, server, session)
      assert.is_true(again)
      assert.equal(2, keys:count())
      time = NOW + 210
      assert.is_false((resumed(client, server, session)))
      assert.is_true((resumed(client, server, renewed)))
   end)

   it("is opened by any context with its key, and by no other", function()
      local keys = assert(bearssl.ticket_keys.new())
      local client = client_context()
      local first, second = server_context { ticket_keys = keys }, server_context { ticket_keys = keys }
      local _, session = resumed(client, first)
      assert.is_true((resumed(client, second, session)))
      assert.is_false((resumed(client, server_context(), session)))
      local copy = server_context { ticket_keys = assert(bearssl.ticket_keys.import(keys:export())) }
      assert.is_true((resumed(client, copy, session)))
   end)

   it("means nothing when it was changed", function()
      local client, server = client_context(), server_context()
      local _, session = resumed(client, server)
      local exported = session:export()
      local refused = 0
      -- somewhere in there is the ticket; the rest must be refused or make a session that is not resumed
      for position = #exported - 1000 > 0 and #exported - 1000 or 1, #exported, 13 do
         local byte = string.char((exported:byte(position) + 1) % 256)
         local changed = bearssl.session.import(exported:sub(1, position - 1) .. byte .. exported:sub(position + 1))
         if changed then
            local a, _, result = shake(client, server, changed)
            if result.client.status and not a:info("resumed") then refused = refused + 1 end
         end
      end
      assert.is_true(refused > 10)
   end)

   it("carries the client's certificate, and whether it was verified", function()
      local function server_of(verify)
         return server_context { verify = verify, trust = certificates.ca.certificate, ticket_keys = nil }
      end
      local client = client_context {
         certfile = certificates.client_ec.certfile, keyfile = certificates.client_ec.keyfile,
      }
      for _, verify in ipairs { "required", "optional" } do
         local server = server_of(verify)
         local a = shake(client, server)
         local again, b = shake(client, server, a:session())
         assert.is_true(again:info("resumed"))
         assert.is_true(b:info("peer_verified"))
         assert.equal(certificates.client_ec.certificate, b:info("peer_certificates")[1]:pem())
      end
   end)

   it("of one suite is not resumed where that suite is off", function()
      local keys = assert(bearssl.ticket_keys.new())
      local one = server_context { ticket_keys = keys, suites = { "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" } }
      local other = server_context { ticket_keys = keys, suites = { "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" } }
      local client = client_context()
      local _, session = resumed(client, one)
      assert.is_false((resumed(client, other, session)))
   end)

   -- RFC 5246 section 7.4.1.2: the list must have it; whoever left it out gets a full handshake.
   it("is not resumed for a client that does not offer its suite", function()
      local suites = { "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" }
      for _, tickets in ipairs { true, false } do
         local client, server = client_context { suites = { suites[1] } }, server_context { tickets = tickets }
         local _, session = resumed(client, server)
         local stages = {}
         local function note(_, message)
            stages[#stages + 1] = message.stage
            if message.stage == "server_hello" then stages.suite = message.cipher_suite end
         end
         local a = assert(client:connection { server_name = "localhost", session = session })
         local b = assert(server:connection { handlers = { server_hello = note, certificate = note } })
         a:step()
         local hello = a:drain()
         local first, last = hello:find("\0\2\192\43", 1, true)
         b:feed(hello:sub(1, first - 1) .. "\0\2\192\44" .. hello:sub(last + 1))
         local status, message = b:step()
         assert.equal("wantread", status, message)
         assert.same({ "server_hello", "certificate", suite = suites[2] }, stages)
      end
   end)
end)

describe("the extended master secret", function()
   it("is used when both have it", function()
      for _, case in ipairs { { true, true }, { true, false }, { false, true }, { false, false } } do
         local client = client_context { extended_master_secret = case[1] }
         local server = server_context { extended_master_secret = case[2] }
         local a, b, result = shake(client, server)
         assert.equal("wantread", result.client.status)
         assert.equal(case[1] and case[2], a:info("extended_master_secret"))
         assert.equal(case[1] and case[2], b:info("extended_master_secret"))
         assert.equal(case[1] and case[2], a:session():info().extended_master_secret)
         assert.is_true((resumed(client, server, a:session())))
      end
   end)

   it("can be required, by either side", function()
      local _, _, result = shake(client_context { extended_master_secret = "required" },
         server_context { extended_master_secret = false })
      assert.equal("no_extended_master_secret", result.client.code)
      assert.equal("alert_handshake_failure", result.server.code)
      _, _, result = shake(client_context { extended_master_secret = false },
         server_context { extended_master_secret = "required" })
      assert.equal("no_extended_master_secret", result.server.code)
      assert.equal("alert_handshake_failure", result.client.code)
      _, _, result = shake(client_context { extended_master_secret = "required" },
         server_context { extended_master_secret = "required" })
      assert.equal("wantread", result.client.status)
   end)

   it("stands in both hellos", function()
      local hellos = {}
      local function note(_, message) hellos[message.stage] = message.extended_master_secret end
      shake(client_context(), server_context(), nil, { client_hello = note, server_hello = note })
      assert.same({ client_hello = true, server_hello = true }, hellos)
   end)
end)

-- Only the PRF's hash of the messages is made where nobody signs them; ServerKeyExchange may be signed with another.
describe("the hashes of a handshake", function()
   local SUITES = {
      ecdsa = { "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
         "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA" },
      rsa = { "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
         "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA" },
   }
   local SCHEMES = {
      ecdsa = { "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512", "ecdsa_sha1" },
      rsa = { "rsa_pkcs1_sha256", "rsa_pkcs1_sha512", "rsa_pss_rsae_sha384", "rsa_pkcs1_sha1" },
   }

   -- of_client: nil: none is asked for; "none", "its own", or "a handler's". The scheme is of both sides' signatures.
   local function agrees(kind, suite, scheme, of_client)
      local own = kind == "ecdsa" and certificates.ec or certificates.rsa
      local theirs = kind == "ecdsa" and certificates.client_ec or certificates.client_rsa
      local credential = { certfile = theirs.certfile, keyfile = theirs.keyfile }
      local schemes = { scheme, "ecdsa_secp256r1_sha256", "rsa_pkcs1_sha256" }
      local client = client_context { suites = { suite }, signature_algorithms = schemes,
         credentials = of_client == "its own" and { credential } or nil }
      local server = server_context { suites = { suite }, signature_algorithms = schemes,
         certfile = own.certfile, keyfile = own.keyfile,
         verify = of_client and "optional" or nil, trust = of_client and certificates.ca.certificate or nil }
      local a, b, result = shake(client, server, false,
         of_client == "a handler's" and { client_certificate = function() return credential end } or nil)
      assert.is_true(a:info "established" and b:info "established",
         ("%s, %s, %s: %s"):format(suite, scheme, tostring(of_client),
            tostring(result.client.message or result.server.message)))
      local shown = of_client == "its own" or of_client == "a handler's"
      assert.same({ suite, scheme, shown, shown and scheme or nil },
         { a:info "cipher_suite", a:info "signature_algorithm", b:info "peer_verified", b:info "signature_algorithm" })
   end

   for kind, schemes in pairs(SCHEMES) do
      it("are those of " .. kind, function()
         for _, suite in ipairs(SUITES[kind]) do
            for _, scheme in ipairs(schemes) do
               agrees(kind, suite, scheme, nil)
               for _, of_client in ipairs { "none", "its own", "a handler's" } do
                  agrees(kind, suite, scheme, of_client)
               end
            end
         end
      end)
   end
end)

describe("a fallback", function()
   local function attempt(highest, fallback, server_highest)
      local a = assert(client_context { min_version = "TLSv1.0", suites = "compatible" }:connection {
         server_name = "localhost", max_version = highest, fallback_scsv = fallback })
      local b = server_context { min_version = "TLSv1.0", max_version = server_highest, suites = "compatible" }
         :connection()
      local result = pump(a, b)
      return result.client.status and a:info("version"), result.client.code, result.server.code
   end

   it("is refused by a server that has more", function()
      for _, version in ipairs { "TLSv1.0", "TLSv1.1" } do
         local taken, code, server_code = attempt(version, true, "TLSv1.2")
         assert.is_nil(taken)
         assert.equal("alert_inappropriate_fallback", code)
         assert.equal("inappropriate_fallback", server_code)
         assert.equal(version, (attempt(version, false, "TLSv1.2")))
         assert.equal(version, (attempt(version, true, version)))
      end
      assert.equal("TLSv1.2", (attempt("TLSv1.2", true, "TLSv1.2")))
   end)

   it("is a connection's, of a client that gives an older version", function()
      local client, server = client_context { max_version = "TLSv1.3" }, server_context()
      misuse("'fallback_scsv' is for clients", server.connection, server, { fallback_scsv = true })
      misuse("give the older 'max_version'", client.connection, client, { server_name = "x", fallback_scsv = true })
      misuse("must be true or false", client.connection, client, { server_name = "x", fallback_scsv = "yes" })
      misuse("unknown option 'fallback'", client_context, { fallback = true })
      assert(client:connection { server_name = "x", max_version = "TLSv1.2", fallback_scsv = true })
   end)
end)

describe("keying material", function()
   it("is the same on both sides, and another for each label, length, context and connection", function()
      for _, version in ipairs { "TLSv1.0", "TLSv1.1", "TLSv1.2" } do
         local options = { min_version = version, max_version = version, suites = "compatible" }
         local server_options = { min_version = version, max_version = version, suites = "compatible" }
         local client, server = client_context(options), server_context(server_options)
         local a, b = shake(client, server)
         local seen = {}
         for _, arguments in ipairs {
            { "EXPORTER-a", 32 }, { "EXPORTER-b", 32 }, { "EXPORTER-a", 32, "" }, { "EXPORTER-a", 32, "context" },
         } do
            local material = assert(a:export_keying_material(arguments[1], arguments[2], arguments[3]))
            assert.equal(material, b:export_keying_material(arguments[1], arguments[2], arguments[3]))
            assert.equal(32, #material)
            assert.is_nil(seen[material])
            seen[material] = true
         end
         assert.equal(65535, #a:export_keying_material("EXPORTER-a", 65535))
         assert.equal(b:export_keying_material("EXPORTER-a", 32, ("c"):rep(65535)),
            a:export_keying_material("EXPORTER-a", 32, ("c"):rep(65535)))
         local c = shake(client, server, a:session())
         assert.is_true(c:info("resumed"))
         assert.is_nil(seen[c:export_keying_material("EXPORTER-a", 32)])
      end
   end)

   it("checks its arguments", function()
      local a = shake(client_context(), server_context())
      misuse("the label must be a string", a.export_keying_material, a)
      misuse("the label must be", a.export_keying_material, a, "", 20)
      misuse("the label must be", a.export_keying_material, a, "a\0b", 20)
      misuse("the length must be an integer from 1", a.export_keying_material, a, "EXPORTER-a")
      misuse("the length must be", a.export_keying_material, a, "EXPORTER-a", 0)
      misuse("the length must be", a.export_keying_material, a, "EXPORTER-a", 65536)
      misuse("the length must be", a.export_keying_material, a, "EXPORTER-a", 1.5)
      misuse("the context must be a string", a.export_keying_material, a, "EXPORTER-a", 20, 5)
      misuse("the context must be", a.export_keying_material, a, "EXPORTER-a", 20, ("x"):rep(65536))
      for _, label in ipairs { "client finished", "server finished", "master secret", "extended master secret",
         "key expansion" } do
         misuse("TLS itself uses the label", a.export_keying_material, a, label, 20)
      end
   end)
end)

describe("a channel binding", function()
   local function codes(connection, code)
      for _, kind in ipairs { "tls-unique", "tls-exporter", "tls-server-end-point" } do
         local value, message, actual = connection:channel_binding(kind)
         assert.is_nil(value)
         assert.is_string(message)
         assert.equal(code, actual, kind)
      end
      assert.equal(code, (select(3, connection:export_keying_material("EXPORTER-a", 20))))
   end

   it("is the same on both sides", function()
      local client, server = client_context(), server_context()
      local a, b = shake(client, server)
      for kind, length in pairs { ["tls-unique"] = 12, ["tls-exporter"] = 32, ["tls-server-end-point"] = 32 } do
         assert.equal(length, #assert(a:channel_binding(kind)))
         assert.equal(a:channel_binding(kind), b:channel_binding(kind))
      end
      -- the first Finished of the handshake, which is the client's in a full one and the server's in a resumed one
      assert.equal(a:info("client_verify_data"), a:channel_binding("tls-unique"))
      local c, d = shake(client, server, a:session())
      assert.equal(c:info("server_verify_data"), c:channel_binding("tls-unique"))
      assert.equal(c:channel_binding("tls-unique"), d:channel_binding("tls-unique"))
      assert.equal(c:channel_binding("tls-exporter"), d:channel_binding("tls-exporter"))
      assert.are_not.equal(a:channel_binding("tls-exporter"), c:channel_binding("tls-exporter"))
   end)

   it("is there only while there is an established connection", function()
      local a = client_context():connection { server_name = "localhost" }
      codes(a, "not_ready")
      local b = shake(client_context(), server_context())
      b:release()
      codes(b, "closed")
      misuse("unknown type 'tls%-uniqe'; did you mean 'tls%-unique'", b.channel_binding, b, "tls-uniqe")
      misuse("unknown type", b.channel_binding, b)
   end)

   it("is refused where it would not be safe", function()
      local a, b = shake(client_context { extended_master_secret = false }, server_context())
      for _, side in ipairs { a, b } do
         for _, kind in ipairs { "tls-unique", "tls-exporter" } do
            assert.equal("unsafe_binding", (select(3, side:channel_binding(kind))))
         end
         assert.equal("unsafe_binding", (select(3, side:export_keying_material("EXPORTER-a", 20))))
         assert.equal(32, #side:channel_binding("tls-server-end-point"))
      end
   end)

   -- RFC 5929 section 4.1; a resumed handshake has no Certificate.
   for _, tickets in ipairs { true, false } do
      it("to the server's certificate outlives it in the session, " .. (tickets and "by ticket" or "by ID"), function()
         local server = assert(bearssl.context { mode = "server", tickets = tickets, credentials = {
            { certificate = certificates.rsa.chain, key = certificates.rsa.key },
            { certificate = certificates.sha384.chain, key = certificates.sha384.key },
         } })
         for suite, length in pairs {
            TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 = 32, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 = 48,
         } do
            local client = client_context { suites = { suite } }
            local a, b = shake(client, server)
            local binding = assert(a:channel_binding("tls-server-end-point"))
            assert.equal(binding, b:channel_binding("tls-server-end-point"))
            assert.equal(length, #binding)
            local session = a:session()
            for _ = 1, 2 do -- the second time by a session that came of a resumed one
               local c, d = shake(client, server, session)
               assert.is_true(d:info("resumed"))
               assert.equal(tickets, d:info("ticket"))
               assert.equal(binding, c:channel_binding("tls-server-end-point"))
               assert.equal(binding, d:channel_binding("tls-server-end-point"))
               session = c:session()
            end
         end
      end)
   end

   it("to the server's certificate outlives it in TLS 1.3 too", function()
      local client = client_context { max_version = "TLSv1.3" }
      local server = server_context { max_version = "TLSv1.3" }
      local a, b = shake(client, server)
      local binding = assert(b:channel_binding("tls-server-end-point"))
      local session = assert(a:session())
      for _ = 1, 2 do
         local c, d = shake(client, server, session)
         assert.equal("TLSv1.3", d:info("version"))
         assert.is_true(d:info("resumed"))
         assert.equal(binding, c:channel_binding("tls-server-end-point"))
         assert.equal(binding, d:channel_binding("tls-server-end-point"))
         session = assert(c:session())
      end
   end)

   it("to the server's certificate comes with a session out of a store", function()
      local store = {}
      local client, server = client_context { tickets = false }, server_context { handlers = {
         session_store = function(_, question) store[question.session_id] = question.session:export() end,
         session_load = function(_, question) return store[question.session_id] end,
      }, session_cache = 0 }
      local a = shake(client, server)
      local c, d = shake(client, server, a:session())
      assert.is_true(d:info("resumed"))
      assert.equal(c:channel_binding("tls-server-end-point"), d:channel_binding("tls-server-end-point"))
   end)
end)
