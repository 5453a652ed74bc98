-- What two sides come to terms on: the version, and with it the session.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local hello = require "spec.support.hello"
local pump = require "spec.support.pump"

local function server(options)
   options = options or {}
   local identity = options.identity or certificates.ec
   options.identity = nil
   options.mode, options.certfile, options.keyfile = "server", identity.chainfile, identity.keyfile
   return assert(bearssl.context(options))
end

local function client(options)
   options = options or {}
   options.cafile = certificates.ca.certfile
   return assert(bearssl.context(options))
end

local function shake(client_context, server_context, options)
   options = options or {}
   local a = assert(client_context:connection { server_name = "localhost", session = options.session })
   local b = assert(server_context:connection(options.server))
   return a, b, pump(a, b)
end

local function legacy(options)
   options = options or {}
   options.min_version, options.suites = "TLSv1.0", "compatible"
   return options
end

describe("supported_versions", function()
   local function version(options, context)
      local reply = hello.ask(context or server(legacy()), hello.build(options))
      return reply.server_hello and reply.server_hello.version or reply.alert
   end

   it("rules legacy_version, which may be lower", function()
      for _, low in ipairs { 0x0301, 0x0302, 0x0303, 0x0304, 0x03FF } do
         assert.equal("TLSv1.3", version { legacy_version = low })
         assert.equal("TLSv1.2", version { legacy_version = low, versions = { 0x0303 } })
         assert.equal("TLSv1.1", version { legacy_version = low, versions = { 0x0302, 0x0301 } })
         assert.equal("TLSv1.0", version { legacy_version = low, versions = { 0x0301 } })
         assert.equal("TLSv1.2", version({ legacy_version = low }, server(legacy { max_version = "TLSv1.2" })))
         assert.equal("TLSv1.2", version { legacy_version = low, versions = { 0x0A0A, 0x7F1C, 0x0303 } })
      end
   end)

   it("is not helped by legacy_version", function()
      assert.equal("protocol_version", version { legacy_version = 0x0303, versions = { 0x0305 } })
      assert.equal("protocol_version", version({ legacy_version = 0x0303, versions = { 0x0301 } }, server()))
      -- RFC 8446 appendix D.5
      assert.equal("protocol_version", version { legacy_version = 0x0300 })
   end)

   it("that is absent leaves legacy_version", function()
      assert.equal("TLSv1.1", version { legacy_version = 0x0302, versions = false })
      assert.equal("TLSv1.2", version { legacy_version = 0x0304, versions = false })
      assert.equal("protocol_version", version({ legacy_version = 0x0302, versions = false }, server()))
   end)
end)

describe("static RSA", function()
   it("looks at the version in the premaster secret that ClientHello named, whatever was chosen", function()
      local suites = { "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_AES_128_GCM_SHA256" }
      for _, highest in ipairs { "TLSv1.0", "TLSv1.1", "TLSv1.2" } do
         local context = server { identity = certificates.rsa, suites = suites, min_version = "TLSv1.0",
            max_version = highest }
         for _, own in ipairs { "TLSv1.2", "TLSv1.3" } do
            local a, _, result = shake(client { suites = suites, min_version = "TLSv1.0", max_version = own }, context)
            assert.equal("wantread", result.client.status, result.client.message or result.server.message)
            assert.equal(highest, a:info "version")
         end
      end
   end)
end)

describe("a session of an older version", function()
   it("is not resumed where a newer one was chosen, by ticket or by ID", function()
      for _, tickets in ipairs { true, false } do
         for _, versions in ipairs { { "TLSv1.1", "TLSv1.2" }, { "TLSv1.0", "TLSv1.1" }, { "TLSv1.2", "TLSv1.3" } } do
            local context = server(legacy { tickets = tickets, session_cache = 10 })
            local own = client(legacy())
            local a, _, first = shake(own, context, { server = { max_version = versions[1] } })
            assert.equal("wantread", first.client.status, first.client.message or first.server.message)
            assert.equal(versions[1], a:info "version")
            local session = assert(a:session())
            local b, _, second = shake(own, context, { session = session, server = { max_version = versions[2] } })
            assert.equal("wantread", second.client.status, second.client.message or second.server.message)
            assert.equal(versions[2], b:info "version")
            assert.is_false(b:info "resumed")
            local c, _, third = shake(own, context, { session = session, server = { max_version = versions[1] } })
            assert.equal("wantread", third.client.status, third.client.message or third.server.message)
            assert.is_true(c:info "resumed")
         end
      end
   end)
end)

describe("extensions of the other version's handshake", function()
   local BOTH, ONLY_12, ONLY_13 = { 0x0304, 0x0303 }, { 0x0303 }, { 0x0304 }
   -- by type: what is wrong in a hello of TLS 1.2, and of TLS 1.3
   local before_13 = { [11] = "\1\1", [22] = "x", [23] = "x", [0xFF01] = "" }
   local in_13 = { [42] = "x", [44] = "\0\0", [45] = "\0", [49] = "x", [51] = "\0", [47] = "\0\0" }

   local function ask(context, versions, extensions)
      return hello.ask(context, hello.build { versions = versions, extensions = extensions })
   end

   it("do not refuse a ClientHello, and those of its own do", function()
      local any, older = server(), server { max_version = "TLSv1.2" }
      for kind, raw in pairs(before_13) do
         assert.equal("TLSv1.3", (ask(any, BOTH, { [kind] = raw }).server_hello or {}).version, kind)
         assert.equal("TLSv1.3", (ask(any, ONLY_13, { [kind] = raw }).server_hello or {}).version, kind)
         for _, versions in ipairs { BOTH, ONLY_12 } do
            local reply = ask(older, versions, { [kind] = raw })
            assert.equal(kind == 11 and "illegal_parameter" or "decode_error", reply.alert, kind)
         end
      end
      for kind, raw in pairs(in_13) do
         assert.equal("TLSv1.2", (ask(older, BOTH, { [kind] = raw }).server_hello or {}).version, kind)
         assert.equal("TLSv1.2", (ask(older, ONLY_12, { [kind] = raw }).server_hello or {}).version, kind)
         for _, versions in ipairs { BOTH, ONLY_13 } do
            assert.equal("decode_error", ask(any, versions, { [kind] = raw }).alert, kind)
         end
      end
   end)

   it("are shown to handlers as they came", function()
      local seen
      local context = server { handlers = { client_hello = function(_, message) seen = message end } }
      ask(context, BOTH, { [23] = "x" })
      assert.is_nil(seen.extended_master_secret or nil)
      assert.equal("x", hello.extension(seen, 23))
   end)
end)

describe("ServerHello up to TLS 1.2", function()
   local function ask(options, context)
      return hello.ask(context or server(legacy { max_version = options.version }),
         hello.build { versions = false, suites = options.suites, extensions = options.extensions }).server_hello
   end

   it("answers server_name and ec_point_formats", function()
      for _, version in ipairs { "TLSv1.0", "TLSv1.1", "TLSv1.2" } do
         local found = ask { version = version }
         assert.equal("", hello.extension(found, 0))
         assert.equal("\1\0", hello.extension(found, 11))
      end
   end)

   it("answers neither where it was not asked", function()
      local found = ask { extensions = { [0] = false, [11] = false } }
      assert.is_nil(hello.extension(found, 0))
      assert.is_nil(hello.extension(found, 11))
      -- RFC 8422 section 5.2: with an elliptic suite only
      local rsa = server { identity = certificates.rsa, suites = { "TLS_RSA_WITH_AES_128_GCM_SHA256" } }
      found = ask({ suites = { 0x009C } }, rsa)
      assert.equal("", hello.extension(found, 0))
      assert.is_nil(hello.extension(found, 11))
   end)

   it("answers neither when it resumes", function()
      local own, context, hellos = client { max_version = "TLSv1.2" }, server(), {}
      local session
      for index = 1, 2 do
         local a = assert(own:connection { server_name = "localhost", session = session, handlers = {
            server_hello = function(_, message) hellos[index] = message end,
         } })
         local result = pump(a, assert(context:connection()))
         assert.equal("wantread", result.client.status, result.client.message)
         assert.equal(index == 2, a:info "resumed")
         session = a:session()
      end
      assert.equal("", hello.extension(hellos[1], 0))
      assert.equal("\1\0", hello.extension(hellos[1], 11))
      assert.is_nil(hello.extension(hellos[2], 0))
      assert.is_nil(hello.extension(hellos[2], 11))
   end)

   it("with point formats but the uncompressed one is refused", function()
      local a = assert(client { max_version = "TLSv1.2" }:connection { server_name = "localhost" })
      local result = pump(a, assert(server():connection()), { tamper = function(bytes, from)
         local at = from == "server" and bytes:find("\0\11\0\2\1\0", 1, true)
         return at and bytes:sub(1, at + 4) .. "\1" .. bytes:sub(at + 6) or bytes
      end })
      assert.is_nil(result.client.status)
      assert.equal("illegal_parameter", result.client.code)
      assert.equal("alert_illegal_parameter", result.server.code)
   end)
end)

describe("server_name", function()
   local VERSIONS = { ["TLSv1.2"] = { 0x0303 }, ["TLSv1.3"] = { 0x0304 } }

   local function each(raw, check)
      for name, versions in pairs(VERSIONS) do
         local seen
         local context = server { handlers = { client_hello = function(_, message) seen = message end } }
         local reply = hello.ask(context, hello.build { versions = versions, extensions = { [0] = raw } })
         check(reply, seen, name)
      end
   end

   it("with two names is illegal_parameter", function()
      for _, raw in ipairs { hello.names("localhost", "localhost"), hello.names("localhost", { 7, "x" }, "example.org"),
         hello.names({ 7, "x" }, { 7, "y" }) } do
         each(raw, function(reply) assert.equal("illegal_parameter", reply.alert) end)
      end
   end)

   it("of other types is passed over", function()
      each(hello.names({ 7, "x" }, "localhost", { 9, "" }), function(reply, seen)
         assert.equal("localhost", seen.server_name)
         assert.equal("localhost", reply.connection:info "server_name")
         assert.truthy(reply.server_hello)
      end)
      each(hello.names { 7, "x" }, function(reply, seen)
         assert.is_nil(seen.server_name)
         assert.is_nil(reply.connection:info "server_name")
         assert.is_nil(hello.extension(reply.server_hello, 0))
      end)
   end)

   it("that is an address is passed over: it is no host name", function()
      for _, address in ipairs { "127.0.0.1", "::1", "[::1]", "2001:db8::1" } do
         each(hello.names(address), function(reply, _, version)
            assert.truthy(reply.server_hello, version)
            assert.is_nil(reply.connection:info "server_name")
            assert.is_nil(hello.extension(reply.server_hello, 0))
         end)
      end
   end)

   it("that is no name is refused", function()
      for _, name in ipairs { "a..b", "local host", "-\255", ("a"):rep(64) .. ".org" } do
         each(hello.names(name), function(reply) assert.equal("illegal_parameter", reply.alert) end)
      end
   end)

   it("is sent without a trailing dot, and an address not at all", function()
      for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
         local function sent(name)
            local seen
            local context = server { handlers = { client_hello = function(_, message) seen = message end } }
            local a = assert(client { max_version = version }:connection { server_name = name })
            local result = pump(a, assert(context:connection()))
            assert.equal("wantread", result.client.status, result.client.message)
            return seen.server_name
         end
         assert.equal("localhost", sent "localhost.")
         assert.equal("example.org", sent "example.org")
         assert.is_nil(sent "127.0.0.1")
         assert.is_nil(sent "::1")
      end
   end)
end)

describe("records that no handshake has a place for", function()
   local EMPTY_DATA, LONG_CHANGE, WRONG_CHANGE = "\23\3\3\0\0", "\20\3\3\0\2\1\1", "\20\3\3\0\1\2"

   it("are unexpected_message, before there is a version and after", function()
      for _, version in ipairs { "TLSv1.0", "TLSv1.2", "TLSv1.3" } do
         for _, bytes in ipairs { EMPTY_DATA, LONG_CHANGE, WRONG_CHANGE } do
            for _, begun in ipairs { false, true } do
               local a = assert(client(legacy { max_version = version }):connection { server_name = "localhost" })
               local b = assert(server(legacy { max_version = version }):connection())
               a:step()
               -- under the keys of TLS 1.3 an empty record is one that cannot be opened
               if begun and not (version == "TLSv1.3" and bytes == EMPTY_DATA) then
                  b:feed(a:drain())
                  b:step()
                  b:drain()
               end
               for _, victim in ipairs { a, b } do
                  victim:feed(version == "TLSv1.0" and (bytes:gsub("^(.)\3\3", "%1\3\1")) or bytes)
                  local status, _, code = victim:step()
                  assert.is_nil(status)
                  assert.equal("unexpected_message", code)
                  -- a server of TLS 1.3 that has said ServerHello has keys for its alert
                  if not (begun and version == "TLSv1.3" and victim == b) then
                     assert.equal("\2\10", victim:drain():sub(-2))
                  end
               end
            end
         end
      end
   end)
end)

describe("GREASE and extensions of one's own", function()
   it("never have the same type", function()
      for _, kinds in ipairs { { 0x0A0A }, { 0x1A1A, 0x2A2A, 0x3A3A, 0x4A4A, 0x5A5A, 0x6A6A, 0x7A7A, 0x8A8A } } do
         local list, own = {}, {}
         for index, kind in ipairs(kinds) do
            list[index], own[kind] = { id = kind, raw = "mine" }, true
         end
         local context, seen = client { extensions = list }, nil
         local receiver = server { handlers = { client_hello = function(_, message) seen = message end } }
         for _ = 1, 60 do
            local result = pump(assert(context:connection { server_name = "localhost" }), assert(receiver:connection()))
            assert.equal("wantread", result.client.status, result.client.message)
            local grease = 0
            for _, extension in ipairs(seen.extensions) do
               if own[extension.id] then
                  assert.equal("mine", extension.raw)
               elseif extension.id % 256 == math.floor(extension.id / 256) and extension.id % 16 == 10 then
                  grease = grease + 1
               end
            end
            assert.equal(2, grease)
         end
      end
   end)

   it("leave GREASE out where all of its types are given", function()
      local list, count = {}, 0
      for index = 0, 15 do list[index + 1] = { id = index * 0x1010 + 0x0A0A, raw = "mine" } end
      local receiver = server { handlers = { client_hello = function(_, message)
         for _, extension in ipairs(message.extensions) do count = count + (extension.raw == "mine" and 1 or 0) end
      end } }
      local a = assert(client { extensions = list }:connection { server_name = "localhost" })
      assert.equal("wantread", pump(a, assert(receiver:connection())).client.status)
      assert.equal(16, count)
   end)

   it("may be padding, of zeros", function()
      for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
         local seen
         local receiver = server { handlers = { client_hello = function(_, message) seen = message end } }
         local a = assert(client { max_version = version, extensions = { { id = 21, raw = ("\0"):rep(300) } } }
            :connection { server_name = "localhost" })
         assert.equal("wantread", pump(a, assert(receiver:connection())).client.status)
         assert.equal(("\0"):rep(300), hello.extension(seen, 21))
      end
      local ok, message = pcall(client, { extensions = { { id = 21, raw = "text" } } })
      assert.is_false(ok)
      assert.truthy(message:find("option 'extensions'", 1, true), message)
   end)
end)

describe("RSA-PSS in TLS 1.2", function()
   local function mutual(options)
      local context = server {
         identity = certificates.rsa, verify = "required", cafile = certificates.ca.certfile, suites = "compatible",
         signature_algorithms = options.server,
      }
      local own = certificates[options.own or "client_rsa"]
      local settings = {
         max_version = "TLSv1.2", suites = "compatible", signature_algorithms = options.client,
         certfile = own.chainfile, keyfile = own.keyfile, handlers = options.handlers,
      }
      return shake(client(settings), context)
   end

   it("is what both sides sign by where it comes first, with static RSA for neither", function()
      for _, scheme in ipairs { "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512" } do
         for _, only in ipairs { "client", "server" } do
            local a, b, result = mutual { [only] = { scheme } }
            assert.equal("wantread", result.client.status, result.client.message or result.server.message)
            assert.matches("^TLS_ECDHE_RSA", a:info "cipher_suite")
            for _, side in ipairs { a, b } do
               assert.equal(scheme, side:info "signature_algorithm")
               assert.equal(scheme, side:info "local_signature_algorithm")
               assert.is_true(side:info "peer_verified")
            end
         end
      end
   end)

   it("is what a key that does nothing else signs by", function()
      local a, b, result = mutual { own = "client_rsa_pss" }
      assert.equal("wantread", result.client.status, result.client.message or result.server.message)
      assert.equal("rsa_pss_pss_sha256", a:info "local_signature_algorithm")
      assert.equal("rsa_pss_pss_sha256", b:info "signature_algorithm")
      local identity = certificates.rsa_pss
      local c, _, served = shake(client { max_version = "TLSv1.2" }, server { identity = identity })
      assert.equal("wantread", served.client.status, served.client.message or served.server.message)
      assert.equal("rsa_pss_pss_sha256", c:info "signature_algorithm")
   end)

   it("of a client is verified: over the transcript, by its key, with its own scheme", function()
      local key = assert(bearssl.key.load(certificates.client_rsa.key))
      local other = assert(bearssl.key.load(certificates.rsa.key))
      local zeros = ("\0"):rep(32)
      for what, sign in pairs {
         ["another digest"] = function(question) return key:sign(question.scheme, zeros) end,
         ["another key"] = function(question) return other:sign(question.scheme, question.digest) end,
         ["another scheme"] = function(question) return key:sign("rsa_pkcs1_sha256", question.digest) end,
         ["a byte less"] = function(question) return key:sign(question.scheme, question.digest):sub(2) end,
         ["nothing but zeros"] = function() return ("\0"):rep(256) end,
      } do
         local asked
         local _, b, result = mutual { handlers = { sign = function(_, question)
            asked = question.scheme
            return assert(sign(question))
         end } }
         assert.equal("rsa_pss_rsae_sha256", asked)
         assert.equal("bad_signature", result.server.code, what)
         assert.equal("alert_decrypt_error", result.client.code, what)
         assert.is_false(b:info "peer_verified")
      end
   end)
end)

describe("record_size_limit below TLS 1.3", function()
   it("binds both sides, and max_fragment_length beside it does not count", function()
      for _, version in ipairs { "TLSv1.0", "TLSv1.2" } do
         for _, own in ipairs { false, 700 } do
            local a, b = shake(client(legacy { max_version = version, record_size_limit = 300 }),
               server(legacy { record_size_limit = own or nil }))
            assert.is_true(a:info "established")
            assert.equal(version, a:info "version")
            assert.equal(300, b:info "record_size_limit")
            assert.equal(own or 16384, a:info "record_size_limit")
            for from, case in pairs { [a] = { b, own or 16384 }, [b] = { a, 300 } } do
               from:write(("x"):rep(2000))
               local bytes, longest = from:drain(), 0
               for _, record in ipairs((pump.records(bytes))) do longest = math.max(longest, #record.body) end
               -- what protects a record: MAC, padding and IV at most
               assert.is_true(longest <= case[2] + 64, longest)
               case[1]:feed(bytes)
               local text = ""
               while case[1]:step() == "data" do text = text .. case[1]:read() end
               assert.equal(("x"):rep(2000), text)
            end
         end
      end
   end)

   it("is answered where it is asked for, and max_fragment_length is not", function()
      local function answer(extensions)
         return hello.ask(server { record_size_limit = 500 },
            hello.build { versions = false, extensions = extensions }).server_hello
      end
      local found = answer { [28] = "\1\0", [1] = "\1" }
      assert.equal("\1\244", hello.extension(found, 28))
      assert.is_nil(hello.extension(found, 1))
      found = answer { [1] = "\1" }
      assert.is_nil(hello.extension(found, 28))
      assert.equal("\1", hello.extension(found, 1))
   end)
end)

describe("the certificate for a client", function()
   local function credential(names, kind, more)
      local options = { names = names, key = bearssl.key.generate(kind) }
      for name, value in pairs(more or {}) do options[name] = value end
      return { certificate = { (assert(bearssl.certificate.selfsigned(options))) }, key = options.key }
   end

   local first_rsa, first_ec = credential({ "first.example", "www.first.example" }, "rsa"),
      credential({ "www.first.example", "first.example" }, "p256")
   local second_rsa, second_ec = credential({ "second.example" }, "rsa"), credential({ "second.example" }, "p256")

   local function shown(list, name, options)
      options = options or {}
      options.verify = "none"
      local context = assert(bearssl.context { mode = "server", credentials = list, min_version = "TLSv1.0",
         suites = "compatible" })
      local a = assert(assert(bearssl.context(options)):connection { server_name = name })
      local result = pump(a, assert(context:connection()))
      assert.equal("wantread", result.client.status, result.client.message or result.server.message)
      local leaf = a:info("peer_certificates")[1]
      return (leaf:names()[1].value:gsub("^www%.", "")), a:info "version"
   end

   it("that names none of them is the first, in every version", function()
      for _, version in ipairs { "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3" } do
         for _, name in ipairs { false, "unknown.example" } do
            local function options()
               return { min_version = "TLSv1.0", max_version = version, suites = "compatible" }
            end
            assert.equal("first.example", (shown({ first_rsa, second_ec }, name, options())))
            assert.equal("first.example", (shown({ first_ec, second_rsa }, name, options())))
            assert.equal("second.example", (shown({ second_rsa, first_ec }, name, options())))
            assert.equal("second.example", (shown({ first_rsa, second_ec }, "second.example", options())))
         end
      end
   end)

   it("is one of the same names where the first cannot do it, and any where none of these can", function()
      local function only(...) return { signature_algorithms = { ... } } end
      assert.equal("first.example", (shown({ first_rsa, second_ec, first_ec }, false, only "ecdsa_secp256r1_sha256")))
      assert.equal("first.example", (shown({ first_ec, second_rsa, first_rsa }, false,
         only("rsa_pss_rsae_sha256", "rsa_pkcs1_sha256"))))
      assert.equal("second.example", (shown({ first_rsa, second_ec }, false, only "ecdsa_secp256r1_sha256")))
   end)

   it("decides the version: none in which no certificate can sign", function()
      local old = credential({ "example.org" }, "rsa", { key_usage = { "keyEncipherment" } })
      local _, version = shown({ old }, "example.org", { suites = "compatible" })
      assert.equal("TLSv1.2", version)
      -- nor is it a downgrade, where a client knows nothing that TLS 1.3 signs with
      _, version = shown({ first_rsa }, false, {
         signature_algorithms = { "rsa_pkcs1_sha256", "ecdsa_secp256r1_sha256" },
      })
      assert.equal("TLSv1.2", version)
      _, version = shown({ first_rsa }, false)
      assert.equal("TLSv1.3", version)
   end)
end)

describe("nothing in common", function()
   local identity = certificates.ec384

   local function failure(theirs, own, who)
      theirs.identity, own.verify = who or identity, "none"
      local a = assert(bearssl.context(own)):connection { server_name = "localhost" }
      local result = pump(a, assert(server(theirs):connection()))
      assert.equal("alert_" .. bearssl.codes[result.server.code].alert, result.client.code)
      return result.server.message, result.server.code
   end

   local function fails(code, theirs, own, who)
      local message, found = failure(theirs, own, who)
      assert.equal(code, found, message)
      assert.equal("handshake_failure", bearssl.codes[code].alert)
      return message
   end

   local function names(message, ...)
      for _, text in ipairs { ... } do assert.truthy(message:find(text, 1, true), message) end
   end

   it("is told: cipher suites", function()
      names(fails("no_common_suite", { suites = { "TLS_AES_256_GCM_SHA384" } },
         { suites = { "TLS_CHACHA20_POLY1305_SHA256" } }),
         "no cipher suite in common", "TLSv1.3", "server's: TLS_AES_256_GCM_SHA384",
         "client's: TLS_CHACHA20_POLY1305_SHA256")
      names(fails("no_common_suite", { suites = { "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" } },
         { suites = { "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" } }),
         "no cipher suite in common", "TLSv1.2", "server's: TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
         "client's: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
   end)

   it("is told: groups", function()
      for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
         names(fails("no_common_group", { groups = { "secp521r1" } },
            { max_version = version, groups = { "x25519", "secp384r1" } }),
            "no group in common", "server's: secp521r1", "client's: x25519, secp384r1")
      end
   end)

   it("is told: signature algorithms, and the keys", function()
      for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
         names(fails("no_common_signature_algorithm",
            { max_version = version, min_version = version, signature_algorithms = { "ecdsa_secp384r1_sha384" } },
            { max_version = version, signature_algorithms = { "rsa_pss_rsae_sha256", "rsa_pkcs1_sha256" } }),
            "no signature algorithm in common", "ecdsa_secp384r1_sha384",
            "client's: rsa_pss_rsae_sha256", "keys: secp384r1")
      end
   end)

   it("is told: a signature algorithm in common that no key can do", function()
      for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
         names(fails("no_usable_credential", { max_version = version, min_version = version },
            { max_version = version, signature_algorithms = { "rsa_pss_rsae_sha256", "rsa_pkcs1_sha256" } }),
            "no certificate's key can do a signature algorithm", "ecdsa_secp384r1_sha384",
            "client's: rsa_pss_rsae_sha256", "keys: secp384r1")
      end
   end)

   it("is told: a cipher suite in common that no key can do", function()
      for _, version in ipairs { "TLSv1.0", "TLSv1.1", "TLSv1.2" } do
         local suites = { "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA" }
         names(fails("no_usable_credential", { min_version = version, max_version = version, suites = suites },
            { min_version = version, max_version = version, suites = { suites[1] } }),
            "no certificate's key can do a cipher suite", version, "TLS_RSA_WITH_AES_128_CBC_SHA", "keys: secp384r1")
      end
   end)

   it("is told: a server without a certificate", function()
      for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
         local a = assert(bearssl.context { verify = "none", min_version = version, max_version = version })
         local b = assert(bearssl.context { mode = "server", handlers = { select = function() end } })
         local result = pump(a:connection { server_name = "localhost" }, b:connection())
         assert.equal("no_usable_credential", result.server.code, result.server.message)
         assert.equal("alert_handshake_failure", result.client.code)
         names(result.server.message, "keys: none")
      end
   end)

   it("is told: versions, by either side", function()
      local message, code = failure({ min_version = "TLSv1.3" }, { max_version = "TLSv1.2" })
      assert.equal("no_common_version", code)
      names(message, "no protocol version in common", "server's: TLSv1.3", "client's: at most TLSv1.2")
      message, code = failure({ max_version = "TLSv1.2" }, { min_version = "TLSv1.3" })
      assert.equal("no_common_version", code)
      names(message, "server's: TLSv1.2; the client's: TLSv1.3")
      assert.equal("protocol_version", bearssl.codes.no_common_version.alert)
      for _, range in ipairs { { "TLSv1.2", "TLSv1.2" }, { "TLSv1.3", "TLSv1.3" } } do
         -- a server that goes below what the client offers
         local a = assert(bearssl.context { verify = "none", min_version = range[1], max_version = range[2] })
            :connection { server_name = "localhost" }
         a:step()
         a:feed(pump.record(22, assert(core.build_message {
            stage = "server_hello", legacy_version = 0x0302, random = ("s"):rep(32), session_id = "",
            cipher_suite = 0xC014, extensions = {},
         }), 0x0302))
         assert.equal("no_common_version", (select(3, a:step())))
      end
   end)

   it("is told: key usage", function()
      local key = bearssl.key.generate "rsa"
      local certificate = assert(bearssl.certificate.selfsigned { names = { "localhost" }, key = key,
         key_usage = { "keyEncipherment" } })
      for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
         local context = assert(bearssl.context { mode = "server", certificate = { certificate }, key = key })
         local a = assert(bearssl.context { verify = "none", min_version = version, max_version = version })
            :connection { server_name = "localhost" }
         local result = pump(a, assert(context:connection()))
         names(result.server.message, "key usage", "digitalSignature", version)
         assert.equal("no_usable_credential", result.server.code)
      end
   end)

   it("does not grow with what the client lists", function()
      local many = {}
      for index = 1, 5000 do many[index] = 0x5000 + index end
      local reply = hello.ask(server(), hello.build { suites = many })
      assert.equal("no_common_suite", reply.code)
      assert.is_true(#reply.message < 1500)
      names(reply.message, "no cipher suite in common", "0x5001", "…")
   end)
end)
