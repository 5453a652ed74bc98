-- newcontext and ssl.context: what is taken, what is refused, and in which words.
local both = require "spec.luasec.both"
local certificates = require "spec.support.certificates"
local temporary = require "spec.support.temporary"

local unpack = table.unpack or unpack -- luacheck: ignore

local function pack(...)
   return { n = select("#", ...), ... }
end

local function client(more)
   local params = { mode = "client", protocol = "any" }
   for name, value in pairs(more or {}) do params[name] = value end
   return params
end

-- OpenSSL's reason may be an older one of the process's: LuaSec does not clear its queue.
local function without_reason(message)
   return message and message:find "^error" and message:gsub(" %(.*%)$", "") or message
end

-- A newcontext that fails, with both; any: whatever the reason is.
local function refused(params, expected, any)
   both.same(function(library)
      local ctx, message = library.ssl.newcontext(params)
      return ctx, (without_reason(message))
   end, { nil, (without_reason(expected)) })
   if not any then assert.same({ nil, expected }, { both.ours.ssl.newcontext(params) }) end
end

local function taken(params)
   both.same(function(library) return (library.ssl.newcontext(params)) end, { "SSL context: 0x0" })
end

describe("newcontext of bearssl.luasec", function()
   it("takes protocols and refuses others", function()
      for _, protocol in ipairs { "any", "sslv23", "tlsv1", "tlsv1_1", "tlsv1_2", "tlsv1_3" } do
         taken { mode = "client", protocol = protocol }
      end
      refused({ mode = "client", protocol = "sslv3" }, "invalid protocol (sslv3)")
      refused({ mode = "client", protocol = "TLSv1" }, "invalid protocol (TLSv1)")
   end)

   it("raises where a protocol or a mode is missing", function()
      both.same(function(library) return library.ssl.newcontext {} end)
      both.same(function(library) return library.ssl.newcontext { protocol = "any" } end)
   end)

   it("says which mode it does not know", function()
      local ctx, message = both.ours.ssl.newcontext { protocol = "any", mode = "both" }
      assert.is_nil(ctx)
      assert.equal("invalid mode (both)", message)
   end)

   it("gives OpenSSL's words for files that it cannot use", function()
      local text = temporary.write("not PEM at all", ".pem")
      local rsa, ec = certificates.rsa, certificates.ec
      refused(client { key = "/none/such.key" }, "error loading private key", true)
      refused(client { key = text }, "error loading private key", true)
      refused(client { certificate = "/none/such.pem" }, "error loading certificate", true)
      refused(client { certificate = text }, "error loading certificate", true)
      refused(client { cafile = "/none/such.pem" }, "error loading CA locations", true)
      refused(client { cafile = text }, "error loading CA locations", true)
      refused(client { key = rsa.keyfile, certificate = certificates.rsa3072.certfile },
         "private key does not match public key")
      refused(client { key = rsa.keyfile, certificate = ec.certfile }, "private key does not match public key")
      refused(client { certificate = certificates.weak.certfile }, "error loading certificate", true)
      taken(client { capath = "/none/such/directory" })
      taken(client { key = rsa.keyfile, certificate = rsa.chainfile })
      taken(client { key = rsa.keyfile })
      taken(client { certificate = rsa.certfile })
      taken(client { certificates = {
         { key = rsa.keyfile, certificate = rsa.certfile }, { key = ec.keyfile, certificate = ec.certfile },
      } })
   end)

   it("says why a file cannot be used", function()
      local ssl = both.ours.ssl
      local function reason(params) return (select(2, ssl.newcontext(client(params))):match "%((.+)%)$") end
      local text = temporary.write("not PEM at all", ".pem")
      assert.equal("No such file or directory", reason { key = "/none/such.key" })
      assert.equal("No such file or directory", reason { certificate = "/none/such.key" })
      assert.equal("No such file or directory", reason { cafile = "/none/such.key" })
      assert.equal("unsupported", reason { key = text })
      assert.equal("no start line", reason { certificate = text })
      assert.equal("no certificate or crl found", reason { cafile = text })
      assert.equal("ee key too small", reason { certificate = certificates.weak.certfile })
   end)

   it("asks for the password of an encrypted key", function()
      local shell = require "spec.support.shell"
      local locked = temporary.path(".key")
      shell.run { "openssl", "pkcs8", "-topk8", "-in", certificates.rsa.keyfile, "-passout", "pass:secret", "-out",
         locked }
      local called = 0
      taken(client { key = locked, password = "secret" })
      both.same(function(library)
         called = 0
         local ctx = library.ssl.newcontext(client { key = locked, password = function(...)
            called = called + 1
            assert(select("#", ...) == 0)
            return "secret"
         end })
         return ctx, called
      end, { "SSL context: 0x0", 1 })
      both.same(function(library)
         called = 0
         local ctx = library.ssl.newcontext(client { key = certificates.rsa.keyfile, password = function()
            called = called + 1
         end })
         return ctx, called
      end, { "SSL context: 0x0", 0 })
      refused(client { key = locked, password = "wrong" }, "error loading private key", true)
      refused(client { key = locked, password = function() return nil end }, "error loading private key", true)
      refused(client { key = locked, password = 5 }, "invalid password type")
      both.same(function(library)
         return library.ssl.newcontext(client { key = locked, password = function() error("no password", 0) end })
      end, { raised = "no password" })
      local _, message = both.ours.ssl.newcontext(client { key = locked })
      assert.equal("error loading private key (processing error)", message)
   end)

   it("reads lists of ciphers", function()
      for _, list in ipairs { "", "BOGUS", "!ALL", "TLS_AES_128_GCM_SHA256" } do
         refused(client { ciphers = list }, "error setting cipher list (no cipher match)")
      end
      taken(client { ciphers = "BOGUS:ECDHE-RSA-AES128-GCM-SHA256" })
      taken(client { ciphers = "HIGH+kEECDH:HIGH+kEDH:HIGH:!PSK:!SRP:!3DES:!aNULL" })
      refused(client { ciphers = "ALL:@SECLEVEL=9" }, "error setting cipher list (invalid command)")
      both.same(function(library) return library.ssl.newcontext(client { ciphers = {} }) end)
      taken(client { ciphersuites = "" })
      taken(client { ciphersuites = "BOGUS:TLS_AES_128_GCM_SHA256" })
      refused(client { ciphersuites = "tls_aes_128_gcm_sha256" }, "error setting cipher list (no cipher match)")
   end)

   it("reads options, verify and verifyext", function()
      for _, name in ipairs { "options", "verify", "verifyext" } do
         taken(client { [name] = {} })
         both.same(function(library) return library.ssl.newcontext(client { [name] = { {} } }) end)
      end
      refused(client { options = "bogus" }, "invalid option (bogus)")
      refused(client { options = { "all", "bogus" } }, "invalid option (bogus)")
      refused(client { verify = "bogus" }, "invalid verify option (bogus)")
      refused(client { verifyext = { "bogus" } }, "invalid verify option (bogus)")
      taken(client { options = { "all", "no_sslv2", "no_sslv3" }, verify = { "peer", "client_once" } })
      for name in pairs(both.real.config.options) do
         assert.is_true(both.ours.config.options[name], name)
         taken(client { options = name })
      end
   end)

   it("reads depth, dhparam, curve and curveslist", function()
      taken(client { depth = 9 })
      taken(client { depth = "9" })
      both.same(function(library) return library.ssl.newcontext(client { depth = "x" }) end)
      refused(client { dhparam = "x" }, "invalid DH parameter type")
      taken(client { dhparam = function() end })
      taken(client { curve = "prime256v1" })
      taken(client { curve = "secp384r1" })
      refused(client { curve = "X25519" }, "elliptic curve 'X25519' not supported")
      refused(client { curve = "nonsense" }, "elliptic curve 'nonsense' not supported")
      taken(client { curveslist = "X25519:P-384:prime256v1" })
      for _, list in ipairs { "P-256:prime256v1", "", "x:P-256", "p-256", "P-256:" } do
         refused(client { curveslist = list }, ('unknown elliptic curve in "%s"'):format(list))
      end
      taken(client { curveslist = "P-256", curve = "nonsense" })
      taken(client { curve = false, curveslist = false, ciphers = false, depth = false })
   end)

   it("reads ALPN", function()
      taken(client { alpn = "h2" })
      taken(client { alpn = { "h2", "http/1.1" } })
      taken { mode = "server", protocol = "any", alpn = { "h2" } }
      taken { mode = "server", protocol = "any", alpn = function() end }
      refused(client { alpn = 5 }, "invalid ALPN parameter")
      refused(client { alpn = {} }, "invalid ALPN list (empty)")
      refused(client { alpn = { "" } }, "invalid ALPN name (empty string)")
      refused(client { alpn = { ("x"):rep(256) } }, "invalid ALPN name (length > 255)")
      refused(client { alpn = { 5 } }, nil)
      refused({ mode = "server", protocol = "any", alpn = "h2" }, "invalid ALPN parameter")
      refused({ mode = "server", protocol = "any", alpn = {} }, "invalid ALPN list (empty)")
   end)

   it("reports the first of several mistakes, in LuaSec's order", function()
      refused(client { key = "/none", ciphers = "BOGUS" }, "error loading private key", true)
      refused(client { ciphers = "BOGUS", verify = "bogus" }, "error setting cipher list (no cipher match)")
      refused(client { verify = "bogus", options = "bogus" }, "invalid verify option (bogus)")
      refused(client { options = "bogus", dhparam = 5 }, "invalid option (bogus)")
      refused(client { dhparam = 5, curve = "nonsense" }, "invalid DH parameter type")
      refused(client { curve = "nonsense", verifyext = "bogus" }, "elliptic curve 'nonsense' not supported")
      refused(client { verifyext = "bogus", alpn = 5 }, "invalid verify option (bogus)")
   end)

   it("ignores what it does not know, as the rest of an HTTP request", function()
      taken(client { url = "https://localhost/", sink = print, headers = {} })
   end)

   it("refuses what there is not by name", function()
      local newcontext = both.ours.ssl.newcontext
      assert.same({ nil, "DANE is not supported by bearssl" }, { newcontext(client { dane = true }) })
      local ctx, message = newcontext { mode = "client", protocol = "tlsv1_2", psk = function() end }
      assert.is_nil(ctx)
      assert.truthy(message:find("PSK in TLS 1.2 is not supported", 1, true))
      assert.same({ nil, "invalid PSK configuration" }, { newcontext(client { psk = 5 }) })
      assert.is_nil(both.ours.config.capabilities.psk)
      assert.is_nil(both.ours.config.capabilities.dane)
   end)
end)

describe("ssl.context of bearssl.luasec", function()
   local function made(library) return assert(library.context.create "any") end

   it("takes a context first", function()
      for _, name in ipairs { "setmode", "loadcert", "locations", "setcipher", "setciphersuites", "setdepth",
         "setverify", "setoptions", "setcurve", "setcurveslist", "setalpn", "checkkey" } do
         both.same(function(library) return library.context[name](nil, "x") end)
         both.same(function(library) return library.context[name]({}, "x") end)
      end
   end)

   it("gives true, or false and a message", function()
      local function calls(name, ...)
         local arguments = { ... }
         both.same(function(library)
            local result = pack(library.context[name](made(library), unpack(arguments)))
            result[2] = without_reason(result[2])
            return unpack(result, 1, result.n)
         end)
      end
      calls("setmode", "client")
      calls("setmode", "neither")
      calls("setcipher", "HIGH")
      calls("setcipher", "BOGUS")
      calls("setciphersuites", "TLS_AES_128_GCM_SHA256")
      calls("setdepth", 3)
      calls("setverify", "peer", "client_once")
      calls("setverify", "x")
      calls("setverify")
      calls("setoptions", "all", "no_ticket")
      calls("setoptions", "x")
      calls("setcurve", "P-256")
      calls("setcurve", "x")
      calls("setcurveslist", "P-256")
      calls("setcurveslist", "x")
      calls("setdhparam", function() end)
      calls("setalpn", "\2h2")
      calls("checkkey")
      calls("loadkey", certificates.rsa.keyfile)
      calls("loadkey", certificates.rsa.keyfile, nil)
      calls("loadcert", certificates.rsa.certfile)
      calls("locations", certificates.ca.certfile, nil)
   end)

   it("has setverifyext as a method", function()
      both.same(function(library) return made(library):setverifyext("lsec_continue") end, { true })
      both.same(function(library) return made(library):setverifyext("x") end)
   end)

   it("raises where loadkey is given no password at all", function()
      both.same(function(library)
         return library.context.loadkey(made(library), certificates.rsa.keyfile, 5)
      end)
   end)

   it("makes objects as LuaSec's are", function()
      for _, library in ipairs { both.real, both.ours } do
         local ctx = made(library)
         local meta = getmetatable(ctx)
         assert.equal("userdata", type(ctx))
         assert.equal("table", type(meta.__index))
         assert.equal("SSL:Context", meta.__name)
         assert.equal("function", type(meta.__gc))
         assert.equal("function", type(meta.__close))
         assert.truthy(tostring(ctx):find "^SSL context: 0x%x+$")
         assert.is_nil(ctx.nonsense)
      end
   end)

   it("keeps LuaSec's names out of the registry, where another library would take them for OpenSSL's", function()
      local command = ([[%s -e "require 'bearssl.luasec.ssl'; local r = debug.getregistry()
         assert(not r['SSL:Context'] and not r['SSL:Connection'] and not r['SSL:Certificate'])"]]):format(
         os.getenv("LUA") or "lua5.4")
      assert.truthy((os.execute(command)))
   end)
end)

describe("ssl.config of bearssl.luasec", function()
   it("has LuaSec's tables, and only curves that there are", function()
      local ours, real = both.ours.config, both.real.config
      assert.same(real.protocols.tlsv1_3, ours.protocols.tlsv1_3)
      assert.is_true(ours.algorithms.ec)
      assert.is_true(ours.capabilities.alpn and ours.capabilities.curves_list and ours.capabilities.ecdh_auto)
      for _, name in ipairs { "P-256", "prime256v1", "P-384", "secp384r1", "P-521", "secp521r1", "X25519" } do
         assert.is_true(ours.curves[name], name)
         assert.truthy(both.ours.ssl.newcontext(client { curveslist = name }), name)
      end
      assert.is_nil(ours.curves.X448)
   end)
end)
