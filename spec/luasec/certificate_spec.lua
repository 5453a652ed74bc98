-- ssl.x509: what a certificate tells, compared with LuaSec.
local both = require "spec.luasec.both"
local certificates = require "spec.support.certificates"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local function same(pem, method, ...)
   local arguments = { ... }
   both.same(function(library)
      local certificate = assert(library.x509.load(pem))
      return certificate[method](certificate, (table.unpack or unpack)(arguments)) -- luacheck: ignore
   end)
end

-- A certificate of OpenSSL's with names of every kind.
local CONFIG = [[
[req]
distinguished_name = dn
x509_extensions = ext
prompt = no
string_mask = default
[dn]
C = DE
ST = Ein Land
L = Ort
O = Straße GmbH
0.OU = one
1.OU = two
CN = names.example
emailAddress = who@names.example
0.1.3.6.1.4.1.99999.1 = unknown
DC = example
UID = me
SN = Sur
GN = Given
serialNumber = 42
title = Dr
street = Weg 1
postalCode = 12345
[ext]
subjectAltName = @alt
basicConstraints = critical, CA:TRUE
[alt]
DNS.1 = names.example
DNS.2 = *.names.example
IP.1 = 127.0.0.1
IP.2 = ::1
IP.3 = 2001:db8::1:0:0:1
IP.4 = 1:0:0:2:0:0:0:3
IP.5 = fe80::ffff:1
email.1 = who@names.example
URI.1 = https://names.example/
RID.1 = 1.2.3.4
dirName.1 = dir
otherName.1 = 1.3.6.1.5.5.7.8.5;UTF8:names.example
otherName.2 = 1.3.6.1.5.5.7.8.5;UTF8:ä.example
otherName.3 = 1.3.6.1.5.5.7.8.7;IA5:_xmpp-server.names.example
otherName.4 = 1.3.6.1.4.1.99999.2;UTF8:other
otherName.5 = 1.3.6.1.4.1.99999.2;BMP:wide
[dir]
CN = in a directory
]]

local rich

setup(function()
   local config = temporary.write(CONFIG, ".cnf")
   rich = {}
   for name, options in pairs {
      utf8 = { "-utf8", "-newkey", "rsa:2048" },
      bmp = { "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256" },
   } do
      local path = temporary.path(".pem")
      local text = name == "utf8" and CONFIG or CONFIG:gsub("string_mask = default", "string_mask = MASK:0x800")
      local file = name == "utf8" and config or temporary.write(text, ".cnf")
      local command = { "openssl", "req", "-x509", "-nodes", "-keyout", "/dev/null", "-out", path, "-config", file,
         "-days", "30", "-set_serial", name == "utf8" and "0x0a" or "0x80ff00" }
      for _, word in ipairs(options) do command[#command + 1] = word end
      shell.run(command)
      rich[name] = temporary.read(path)
   end
end)

describe("a certificate of bearssl.luasec", function()
   local names = { "rsa", "ec", "ec384", "ed25519", "rsa_pss", "ca", "expired", "client_rsa", "weak", "selfsigned" }

   for _, name in ipairs(names) do
      it("tells what LuaSec's does: " .. name, function()
         local pem = certificates[name].certificate
         for _, method in ipairs { "subject", "issuer", "extensions", "serial", "notbefore", "notafter", "digest",
            "pem", "getsignaturename" } do
            same(pem, method)
         end
         if name ~= "ed25519" and name ~= "rsa_pss" then same(pem, "pubkey") end
         for _, algorithm in ipairs { "sha1", "sha256", "sha512", "md5", "nonsense" } do
            same(pem, "digest", algorithm)
         end
         for _, days in ipairs { -1000, -15, 0, 15, 1000 } do same(pem, "validat", os.time() + days * 86400) end
      end)
   end

   it("tells of the key of kinds that LuaSec does not know", function()
      for _, name in ipairs { "ed25519", "rsa_pss" } do
         both.same(function(library)
            local pem, kind, bits = library.x509.load(certificates[name].certificate):pubkey()
            return pem, kind, bits
         end)
      end
   end)

   it("has names of every kind, in every encoding", function()
      for _, pem in pairs(rich) do
         for _, encoding in ipairs { "ai5", "utf8" } do
            for _, method in ipairs { "subject", "issuer", "extensions" } do
               both.same(function(library)
                  local certificate = library.x509.load(pem)
                  local known = certificate:setencode(encoding)
                  return known, certificate[method](certificate)
               end)
            end
         end
         same(pem, "serial")
         same(pem, "setencode", "latin1")
      end
   end)

   it("is loaded from PEM, and from nothing else", function()
      local pem = certificates.ec.certificate
      for _, text in ipairs { "", "nonsense", pem:sub(1, 200), "some text\n" .. pem,
         pem .. certificates.rsa.certificate,
         certificates.ec.key,
         certificates.ec.key .. pem, (pem:gsub("M", "N", 3)) } do
         both.same(function(library)
            local certificate = library.x509.load(text)
            return certificate and certificate:pem()
         end)
      end
      both.same(function(library) return library.x509.load(nil) end)
      both.same(function(library) return library.x509.load({}) end)
      assert.equal(both.ours.x509.load, both.ours.ssl.loadcertificate)
   end)

   it("says which certificates lead to it", function()
      local function load(library, ...)
         local list = {}
         for index, name in ipairs { ... } do list[index] = library.x509.load(certificates[name].certificate) end
         return (table.unpack or unpack)(list) -- luacheck: ignore
      end
      for _, chain in ipairs { { "ca", "ec" }, { "ca", "chain", "intermediate" }, { "ca", "chain" },
         { "ca", "chain_ec", "intermediate", "intermediate2" }, { "other_ca", "ec" }, { "ca", "expired" },
         { "intermediate", "chain" }, { "ca", "ca" }, { "ca", "client_ec" } } do
         both.same(function(library)
            local list = { load(library, (table.unpack or unpack)(chain)) } -- luacheck: ignore
            return list[1].issued((table.unpack or unpack)(list)) -- luacheck: ignore
         end)
      end
      assert.has_error(function() both.ours.x509.load(certificates.ca.certificate):issued(5) end)
   end)

   it("is an object as LuaSec's", function()
      for _, library in ipairs { both.real, both.ours } do
         local one, other = library.x509.load(rich.utf8), library.x509.load(rich.utf8)
         assert.is_false(one == other)
         assert.equal("userdata", type(one))
         assert.equal("SSL:Certificate", getmetatable(one).__name)
         assert.equal("table", type(getmetatable(one).__index))
         assert.truthy(tostring(one):find "^X509 certificate: 0x%x+$")
      end
   end)
end)
