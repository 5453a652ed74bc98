-- RSA-PSS of OpenSSL's server: in TLS 1.2 too, where a client must take what it offers for TLS 1.3 (RFC 8446 section
-- 4.2.3), and with certificates whose keys are for nothing else.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local loopback = require "spec.support.loopback"
local peers = require "spec.support.peer"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local VERSIONS = { ["TLSv1.2"] = "-tls1_2", ["TLSv1.3"] = "-tls1_3" }

local function server(version, scheme, certificate)
   return peers.openssl_server { certificate = certificate or certificates.rsa,
      arguments = { VERSIONS[version], "-sigalgs", scheme } }
end

local function speaks(context, child, version, scheme)
   local stream = context:wrap(loopback.connect(child.port), { server_name = "localhost", timeout = 10 })
   assert(stream:handshake())
   local info = stream:info()
   assert.equal(version, info.version)
   assert.equal(scheme, info.signature_algorithm)
   assert(stream:send("abc\n"))
   assert.equal("cba", (stream:receive("*l")))
   stream:close()
end

-- The messages of the server's first flight in TLS 1.2.
local function flight(socket)
   local bytes, messages = "", {}
   while true do
      local header = assert(socket:receive(5))
      assert.equal(22, header:byte())
      bytes = bytes .. assert(socket:receive(header:byte(4) * 256 + header:byte(5)))
      while #bytes >= 4 do
         local length = 4 + bytes:byte(2) * 65536 + bytes:byte(3) * 256 + bytes:byte(4)
         if #bytes < length then break end
         messages[#messages + 1] = bytes:sub(1, length)
         bytes = bytes:sub(length + 1)
      end
      if #messages > 0 and messages[#messages]:byte() == 14 then return messages end
   end
end

describe("RSA-PSS", function()
   local context

   setup(function() context = assert(bearssl.context { cafile = certificates.ca.certfile }) end)

   for version in pairs(VERSIONS) do
      for _, hash in ipairs { "sha256", "sha384", "sha512" } do
         it("with " .. hash .. " is taken from a server of " .. version, function()
            local scheme = "rsa_pss_rsae_" .. hash
            speaks(context, server(version, scheme), version, scheme)
         end)
      end

      it("is taken from a key that is for nothing else in " .. version, function()
         local keyfile, certfile = temporary.path(), temporary.path()
         shell.run({ "openssl", "genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt",
            "rsa_pss_keygen_md:sha384", "-pkeyopt", "rsa_pss_keygen_mgf1_md:sha384", "-pkeyopt",
            "rsa_pss_keygen_saltlen:48", "-out", keyfile })
         shell.run({ "openssl", "req", "-x509", "-new", "-key", keyfile, "-out", certfile, "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-days", "30", "-sha384" })
         local child = peers.openssl_server { certificate = { certfile = certfile, keyfile = keyfile, rest = "" },
            arguments = { VERSIONS[version] } }
         speaks(assert(bearssl.context { cafile = certfile }), child, version, "rsa_pss_pss_sha384")
      end)
   end

   it("is verified in TLS 1.2", function()
      for _, place in ipairs { "signature", "point", "scheme" } do
         local socket = loopback.connect(server("TLSv1.2", "rsa_pss_rsae_sha256").port)
         local connection = assert(context:connection { server_name = "localhost" })
         connection:step()
         assert(socket:send(connection:drain()))
         for _, message in ipairs(flight(socket)) do
            if message:byte() == 12 then
               -- type and length (4), curve (3), length of the point (1), point, scheme (2), length (2), signature
               local scheme = 9 + message:byte(8)
               local at = ({ signature = #message, point = 12, scheme = scheme + 1 })[place]
               local byte = message:byte(at)
               message = message:sub(1, at - 1) .. string.char(byte % 2 == 0 and byte + 1 or byte - 1)
                  .. message:sub(at + 1)
            end
            connection:feed("\22\3\3" .. string.char(math.floor(#message / 256), #message % 256) .. message)
         end
         local event, _, code = connection:step()
         assert.is_nil(event)
         -- 0x0805 instead of 0x0804: another hash
         assert.equal("bad_signature", code, place)
         socket:close()
      end
   end)
end)
