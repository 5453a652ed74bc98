-- A NUL ends a string for C, not for Lua: what has one in it is never taken for what stands before it. Neither a file
-- nor a name is, and no message is cut short.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"

local function raises(part, f, ...)
   local ok, message = pcall(f, ...)
   assert.is_false(ok, part)
   assert.is_truthy(tostring(message):find(part, 1, true), message)
end

local function client(options)
   options.verify = "none"
   return bearssl.context(options)
end

local function server(options)
   options.mode = "server"
   options.certfile, options.keyfile = options.certfile or certificates.ec.chainfile, certificates.ec.keyfile
   return bearssl.context(options)
end

local NUL = "\0.bak"

describe("a NUL", function()
   it("in a protocol's name raises", function()
      raises("bearssl.context: option 'alpn': element 1 must be a protocol's name without a NUL", client,
         { alpn = { "h2\0" } })
      local context = client {}
      raises("connection: option 'alpn': element 2 must be a protocol's name without a NUL", context.connection,
         context, { server_name = "localhost", alpn = { "h2", "a\0b" } })
   end)

   it("in a path raises, in the option's name", function()
      raises("option 'cafile': must have no NUL in it", bearssl.context, { cafile = certificates.ca.certfile .. NUL })
      raises("option 'capath': must have no NUL in it", bearssl.context, { capath = "/" .. NUL })
      raises("option 'certfile': must have no NUL in it", server, { certfile = certificates.ec.chainfile .. NUL })
      raises("option 'ocspfile': must have no NUL in it", server, { ocspfile = certificates.ec.chainfile .. NUL })
      raises("element 1: option 'keyfile': must have no NUL in it", bearssl.context, { mode = "server", credentials = {
         { certfile = certificates.ec.chainfile, keyfile = certificates.ec.keyfile .. NUL } } })
      for _, module in ipairs { "certificate", "key", "trust", "crl", "ocsp", "request" } do
         local name = ("bearssl.%s.open: the path must "):format(module)
         raises(name .. "have no NUL in it", bearssl[module].open, certificates.ec.chainfile .. NUL)
         raises(name .. "be a string", bearssl[module].open, 5)
         raises("nul_spec.lua", function() bearssl[module].open(5) end)
      end
   end)

   it("in a name makes it another", function()
      for option, value in pairs {
         suites = "modern\0", groups = { "x25519\0" }, signature_algorithms = { "ecdsa_secp256r1_sha256\0x" },
         max_version = "TLSv1.2\0",
      } do
         raises(("option '%s': unknown "):format(option), client, { [option] = value })
      end
      raises("unknown cipher suite", client, { suites = { "TLS_AES_128_GCM_SHA256\0" } })
      raises("unknown policy", bearssl.suites, "modern\0")
      raises("unknown kind of key", bearssl.key.generate, "secp256r1\0")
      local key = bearssl.key.generate "secp256r1"
      local certificate = assert(bearssl.certificate.load(certificates.ca.certificate))[1]
      raises("no NUL", key.sign, key, "sha256\0", ("x"):rep(32))
      raises("no NUL", certificate.fingerprint, certificate, "sha256\0")
      raises("no NUL", certificate.public_key_fingerprint, certificate, "sha256\0")
      raises("no NUL", certificate.extension, certificate, "2.5.29.19\0")
      raises("element 1: the oid must be a dotted OID", bearssl.certificate.selfsigned,
         { subject = "CN=x", extensions = { { oid = "1.2.3\0", value = "\5\0" } } })
      raises("element 1: the oid must be a dotted OID", bearssl.request.new,
         { key = key, extensions = { { oid = "serverAuth", value = "\5\0" } } })
   end)

   it("in a name to certify is refused", function()
      for _, given in ipairs { { names = { "a\0b" } }, { subject = "CN=a\0b" }, { subject = { CN = "a\0b" } },
         { subject = "CN=x", names = { { type = "IP", value = "192.0.2.1\0" } } },
         { subject = "CN=x", ocsp_uris = "http://a\0b" } } do
         local none, message, code = bearssl.certificate.selfsigned(given)
         assert.is_nil(none)
         assert.is_string(message)
         assert.matches("^bad_", code)
      end
   end)
end)
