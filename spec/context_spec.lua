-- Contexts: options, what is wrong with them, where trust and credentials come from.
local bearssl = require "bearssl"
local core = require "bearssl.core"
local certificates = require "spec.support.certificates"
local pump = require "spec.support.pump"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local function misuse(pattern, f, ...)
   local ok, message = pcall(function(...)
      local result = f(...)
      return result
   end, ...)
   assert.is_false(ok)
   assert.matches(pattern, message)
   return message
end

local function client(options)
   options = options or {}
   options.trust = options.trust or certificates.ca.certificate
   return assert(bearssl.context(options))
end

local function server(options)
   options = options or {}
   options.mode = "server"
   if not options.certificates then
      options.certfile, options.keyfile = certificates.ec.certfile, certificates.ec.keyfile
   end
   return assert(bearssl.context(options))
end

-- The result of a handshake between two contexts: pump's, and the two connections.
local function shake(client_context, server_context, client_options)
   client_options = client_options or { server_name = "localhost" }
   local a, b = assert(client_context:connection(client_options)), assert(server_context:connection())
   return pump(a, b), a, b
end

local function with_environment(values, f)
   local getenv = os.getenv
   os.getenv = function(name) -- luacheck: ignore
      if name == "SSL_CERT_FILE" or name == "SSL_CERT_DIR" then return values[name] end
      return getenv(name)
   end
   local ok, problem = pcall(f)
   os.getenv = getenv -- luacheck: ignore
   if not ok then error(problem, 0) end
end

describe("the module", function()
   it("loads only what it needs", function()
      local kept = {}
      for name, value in pairs(package.loaded) do
         if name:find("^bearssl") and name ~= "bearssl.core" then
            kept[name] = value
         end
      end
      for name in pairs(kept) do package.loaded[name] = nil end
      local again = require "bearssl"
      local loaded = {}
      for name in pairs(package.loaded) do
         if name:find("^bearssl") then loaded[#loaded + 1] = name end
      end
      table.sort(loaded)
      for name, value in pairs(kept) do package.loaded[name] = value end
      assert.same({ "bearssl", "bearssl.core", "bearssl.methods" }, loaded)
      assert.matches("^bearssl for Lua %d+%.%d+%.%d+$", again._VERSION)
   end)

   it("lists names", function()
      assert.same(core.stages(), bearssl.stages)
      assert.same(core.decisions(), bearssl.decisions)
      assert.is_true(#bearssl.suites() >= #bearssl.suites("compatible"))
      assert.is_true(#bearssl.suites("compatible") > #bearssl.suites("modern"))
      local newest = {}
      for i, name in ipairs(bearssl.suites("modern")) do
         if not name:find "^TLS_ECDHE_" then newest[i] = name end
      end
      -- those of TLS 1.3 come first
      assert.equal(3, #newest)
      for _, name in ipairs(newest) do assert.is_truthy(name:find "^TLS_AES_" or name:find "^TLS_CHACHA20_") end
      assert.equal("TLSv1.3", bearssl.versions()[#bearssl.versions()])
      local groups = table.concat(bearssl.groups(), " ")
      assert.matches("x25519", groups)
      assert.matches("secp256r1", groups)
      assert.matches("ecdsa_secp256r1_sha256", table.concat(bearssl.signature_algorithms(), " "))
      misuse("did you mean 'modern'", bearssl.suites, "moden")
   end)

   it("prefers AES where the processor has instructions for it", function()
      local first = bearssl.suites("modern")[1]
      assert.matches(core.has_aes() and "AES" or "CHACHA20", first)
   end)

   it("has nothing but what is documented", function()
      assert.is_nil(bearssl.nonsense)
   end)
end)

describe("an option", function()
   it("that is unknown is named, with the nearest name and all that are allowed", function()
      local message = misuse("unknown option 'cafiel'", bearssl.context, { cafiel = "x" })
      assert.matches("did you mean 'cafile'%?", message)
      assert.matches("Options: alpn, alpn_required, cafile,", message)
      assert.matches("context_spec%.lua:", message)
      misuse("unknown option 'zzzzzzzz'; Options", bearssl.context, { zzzzzzzz = 1 })
   end)

   it("of a wrong type says what it must be", function()
      misuse("'verify_depth' must be an integer from 0 to 16, not \"8\" %(a string%)", bearssl.context, {
         verify_depth = "8",
      })
      misuse("'verify_depth' must be an integer", bearssl.context, { verify_depth = 1.5 })
      misuse("'record_size' must be an integer from 512 to 16384, not 100", bearssl.context, { record_size = 100 })
      misuse("'alpn_required' must be true or false", bearssl.context, { alpn_required = 1 })
      misuse("'alpn': element 2 must be a protocol's name", bearssl.context, { alpn = { "h2", 2 } })
      misuse("'alpn': the list has holes", bearssl.context, { alpn = { [1] = "h2", [3] = "x" } })
      misuse("'clock' must be a function, not a table", bearssl.context, { clock = {} })
      for _, wrong in ipairs { "now", 0 / 0, {} } do
         local context = bearssl.context { verify = "none", clock = function() return wrong end }
         misuse("must return a number of seconds since the epoch, not", context.connection, context,
            { server_name = "x" })
      end
      misuse("'suites' must be a policy's name or a list", bearssl.context, { suites = 5 })
      misuse("the options must be a table, not \"client\"", bearssl.context, "client")
      misuse("'trust' must be a trust store", bearssl.context, { trust = 5 })
   end)

   it("with an unknown value suggests the nearest", function()
      misuse('must be "client" or "server", not "sever"; did you mean "server"', bearssl.context, { mode = "sever" })
      misuse("'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA25'; did you mean 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'",
         bearssl.context, { suites = { "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA25" } })
      misuse("unknown group 'x25591'; did you mean 'x25519'", bearssl.context, { groups = { "x25591" } })
      misuse("unknown version 'TLSv1.7'", bearssl.context, { min_version = "TLSv1.7" })
      misuse("version SSLv3 is not supported by this build", bearssl.context, { min_version = "SSLv3" })
      misuse("min_version TLSv1.2 is above max_version TLSv1.1", bearssl.context, { max_version = "TLSv1.1" })
      misuse("option 'suites': must not be empty", bearssl.context, { suites = {} })
   end)

   it("of handlers is checked by name and type", function()
      misuse("unknown handler 'serverhello'; did you mean 'server_hello'", bearssl.context, {
         handlers = { serverhello = print },
      })
      misuse("handler 'verify' must be a function", bearssl.context, { handlers = { verify = true } })
      misuse("unknown handler", client().connection, client(), { server_name = "a", handlers = { x = print } })
   end)

   it("of credentials is checked", function()
      misuse("element 1: unknown option 'nam'", bearssl.context, { credentials = { { nam = "x" } } })
      misuse("two credentials have the name 'a'", server, { credentials = {
         { certfile = certificates.ec.certfile, keyfile = certificates.ec.keyfile, name = "a" },
         { certfile = certificates.rsa.certfile, keyfile = certificates.rsa.keyfile, name = "a" },
      } })
      misuse("a server needs a certificate", bearssl.context, { mode = "server" })
      misuse("the key is missing", bearssl.context, { mode = "server", certificate = certificates.ec.certificate })
      misuse("not both", bearssl.context, {
         certificate = certificates.ec.certificate, certfile = certificates.ec.certfile, key = certificates.ec.key,
      })
      misuse("needs the clients' authorities", server, { verify = "required" })
      misuse("either 'trust' or 'cafile'", bearssl.context, { trust = "system", cafile = "x" })
   end)

   it("of a connection is checked", function()
      local context = client()
      misuse("needs the option 'server_name'", context.connection, context)
      misuse("needs the option 'server_name'", context.wrap, context, 0, {})
      misuse("unknown option 'servername'; did you mean 'server_name'", context.connection, context, {
         servername = "a",
      })
      misuse("must not be empty", context.connection, context, { server_name = "" })
      misuse("not a DNS name", context.connection, context, { server_name = "a b" })
      misuse("not a DNS name", context.connection, context, { server_name = "a\0b" })
      misuse("'session' must be a session object", context.connection, context, { server_name = "a", session = "x" })
      misuse("unknown option 'timeout'", context.connection, context, { server_name = "a", timeout = 1 })
      misuse("'timeout' must be a number", context.wrap, context, 0, { server_name = "a", timeout = "1" })
      local listening = server()
      misuse("'server_name' is for clients", listening.connection, listening, { server_name = "a" })
      misuse("needs a trust store", listening.connection, listening, { verify = "required" })
      assert.truthy(context:connection { server_name = false })
   end)
end)

describe("a context", function()
   it("has safe defaults", function()
      local info = client():info()
      assert.equal("client", info.mode)
      assert.equal("required", info.verify)
      assert.equal("TLSv1.2", info.min_version)
      assert.equal("TLSv1.3", info.max_version)
      assert.same(bearssl.suites("modern"), info.suites)
      assert.same({ "X25519MLKEM768", "x25519", "secp256r1", "secp384r1", "secp521r1" }, info.groups)
      local schemes = table.concat(info.signature_algorithms, " ")
      assert.matches("^ecdsa_secp256r1_sha256 .*rsa_pkcs1_sha512", schemes)
      assert.not_matches("sha1", schemes)
      info = client({ groups = { "ffdhe3072", "P-256" }, signature_algorithms = { "rsa_pss_rsae_sha256" } }):info()
      assert.same({ "ffdhe3072", "secp256r1" }, info.groups)
      assert.same({ "rsa_pss_rsae_sha256" }, info.signature_algorithms)
      assert.equal("none", server():info().verify)
      assert.equal(0, server():info().sessions)
      assert.matches("^bearssl.context: server", tostring(server()))
   end)

   it("takes policies inside lists of suites, and each suite once", function()
      local first = bearssl.suites("modern")[2]
      local info = client({ suites = { first, "modern" } }):info()
      assert.equal(first, info.suites[1])
      assert.equal(#bearssl.suites("modern"), #info.suites)
      assert.same(bearssl.suites("compatible"), client({ suites = "compatible" }):info().suites)
   end)

   it("reports files, certificates and keys that cannot be used", function()
      local function fails(code, pattern, options)
         options.mode = "server"
         local context, message, actual = bearssl.context(options)
         assert.is_nil(context)
         assert.equal(code, actual)
         assert.matches(pattern, message)
      end
      local ec = certificates.ec
      fails("file_unreadable", "certfile cannot be read: /nowhere/x", { certfile = "/nowhere/x", keyfile = "/x" })
      fails("file_unreadable", "keyfile cannot be read", { certfile = ec.certfile, keyfile = "/nowhere/y" })
      fails("bad_pem", "neither PEM nor DER", { certificate = "nonsense", key = ec.key })
      fails("key_mismatch", "does not belong", { certfile = ec.certfile, keyfile = certificates.rsa.keyfile })
      local other = bearssl.key.generate "p256"
      local function plain(text) return (text:gsub("%p", "%%%0")) end
      fails("key_mismatch", plain(ec.certfile .. ": the private key does not belong"),
         { certfile = ec.certfile, key = other })
      fails("key_mismatch", plain "credentials[2]: the private key does not belong", { credentials = {
         { certfile = ec.certfile, keyfile = ec.keyfile }, { certificate = ec.chain, key = other },
      } })
      fails("key_mismatch", plain("credentials[1]: " .. ec.certfile .. " and " .. certificates.rsa.keyfile),
         { credentials = { { certfile = ec.certfile, keyfile = certificates.rsa.keyfile } } })
      local encrypted = shell.run({ "openssl", "pkey", "-in", ec.keyfile, "-aes128", "-passout", "pass:x" })
      fails("encrypted_key", "encrypted", { certificate = ec.certificate, key = encrypted })
      local broken = temporary.write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
      local context, message = bearssl.context { cafile = broken }
      assert.is_nil(context)
      assert.matches(broken, message, 1, true)
      assert.same({ nil, "file_unreadable" }, { (bearssl.context { cafile = "/nowhere" }),
         select(3, bearssl.context { cafile = "/nowhere" }) })
   end)

   it("takes credentials as strings, objects, files, and one file with both", function()
      local ec = certificates.ec
      local both = temporary.write(ec.key .. ec.chain)
      local forms = {
         { certificate = ec.chain, key = ec.key },
         { certificate = assert(bearssl.certificate.load(ec.chain)), key = assert(bearssl.key.load(ec.key)) },
         { certificate = bearssl.certificate.open(ec.chainfile)[1], key = bearssl.key.open(ec.keyfile) },
         { certfile = ec.chainfile, keyfile = ec.keyfile },
         { certfile = both },
         { certificate = ec.key .. ec.chain },
         { credentials = { { certfile = both, name = "x" } } },
      }
      for _, options in ipairs(forms) do
         options.mode = "server"
         local context = assert(bearssl.context(options))
         local result = shake(client(), context)
         assert.equal("wantread", result.client.status)
      end
   end)

   it("trusts strings, objects, files, directories and lists", function()
      local ca = certificates.ca
      local directory = temporary.make_directory()
      temporary.write(ca.certificate, nil, directory .. "/ca.pem")
      temporary.write(certificates.other_ca.certificate, nil, directory .. "/12345678.0")
      temporary.write("nothing", nil, directory .. "/README")
      local store = assert(bearssl.trust.open(directory))
      assert.equal(2, store:count())
      local forms = {
         { trust = ca.certificate }, { trust = assert(bearssl.trust.load(ca.certificate)) }, { cafile = ca.certfile },
         { capath = directory }, { cafile = certificates.other_ca.certfile, capath = directory }, { trust = store },
         { trust = assert(bearssl.trust.new(bearssl.certificate.load(ca.certificate))) },
         { trust = assert(bearssl.trust.new { certificates.other_ca.certificate, { ca.certificate } }) },
      }
      for index, options in ipairs(forms) do
         local _, connection = shake(assert(bearssl.context(options)), server())
         assert.is_true(connection:info().peer_verified, "form " .. index)
      end
      local result = shake(client { trust = certificates.other_ca.certificate }, server())
      assert.equal("unknown_ca", result.client.code)
      misuse("element 1 must be a certificate object", bearssl.trust.new, { 5 })
   end)

   it("finds the system's trust store once", function()
      with_environment({ SSL_CERT_FILE = certificates.ca.certfile }, function()
         local store = assert(bearssl.trust.system())
         assert.equal(1, store:count())
         assert.equal(store, bearssl.trust.system())
         local _, connection = shake(assert(bearssl.context()), server())
         assert.is_true(connection:info().peer_verified)
      end)
      local directory = temporary.make_directory()
      temporary.write(certificates.ca.certificate, nil, directory .. "/one.crt")
      with_environment({ SSL_CERT_DIR = directory }, function()
         assert.equal(1, assert(bearssl.trust.system()):count())
      end)
      with_environment({ SSL_CERT_FILE = "/nowhere" }, function()
         local context, _, code = bearssl.context()
         assert.is_nil(context)
         assert.equal("file_unreadable", code)
      end)
   end)

   it("goes by its own clock", function()
      local now = os.time()
      local time = now
      local clocked = client { clock = function() return time end }
      assert.equal("wantread", (shake(clocked, server())).client.status)
      time = now + 10 * 365 * 86400
      assert.equal("certificate_expired", (shake(clocked, server())).client.code)
      time = now - 10 * 365 * 86400
      assert.equal("certificate_not_yet_valid", (shake(clocked, server())).client.code)
   end)

   it("lets a connection ask for another verification", function()
      local stranger = client { trust = certificates.other_ca.certificate }
      local result, connection = shake(stranger, server(), { server_name = "localhost", verify = "none" })
      assert.equal("wantread", result.client.status)
      assert.is_false(connection:info().peer_verified)
      result, connection = shake(stranger, server(), { server_name = "localhost", verify = "report" })
      assert.equal("wantread", result.client.status)
      assert.equal("unknown_ca", connection:info().verdict)
      assert.equal("name_mismatch", (shake(client(), server(), { server_name = "elsewhere.example" })).client.code)
      assert.equal("wantread", (shake(client(), server(), { server_name = false })).client.status)
   end)

   it("agrees on a protocol", function()
      local _, a, b = shake(client { alpn = { "h2", "http/1.1" } }, server { alpn = { "http/1.1" } })
      assert.equal("http/1.1", a:info("alpn"))
      assert.equal("http/1.1", b:info("alpn"))
      local result = shake(client { alpn = { "h2" } }, server { alpn = { "http/1.1" }, alpn_required = true })
      assert.equal("no_application_protocol", result.server.code)
   end)

   it("chooses the credential by the server's name and the key's type", function()
      local context = server { credentials = {
         { certfile = certificates.alpha.certfile, keyfile = certificates.alpha.keyfile },
         { certfile = certificates.beta.certfile, keyfile = certificates.beta.keyfile },
      } }
      for _, name in ipairs { "alpha", "beta" } do
         local _, a = shake(client(), context, { server_name = name .. ".example" })
         assert.is_true(a:info().peer_certificates[1]:matches(name .. ".example"))
      end
   end)
end)
