-- Keys and certificates in the forms in which people have them: PKCS#7 bundles, OpenSSH's keys, scrypt, large RSA keys.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local refused = require "spec.support.refused_for"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

-- openssl runs a command with OUT for a path, and returns what it wrote there, and the path.
local function openssl(command)
   local path = temporary.path()
   shell.run(("openssl %s 2>/dev/null"):format((command:gsub("OUT", path))))
   return temporary.read(path), path
end

describe("a PKCS#7 bundle", function()
   local expected = { certificates.rsa, certificates.ca }
   local command = ("crl2pkcs7 -nocrl -certfile %s -certfile %s -out OUT "):format(certificates.rsa.certfile,
      certificates.ca.certfile)
   local pem, path = openssl(command)
   local der = openssl(command .. "-outform DER")

   local function is_expected(list)
      assert.equal(2, #list)
      for index, one in ipairs(list) do
         assert.equal(bearssl.certificate.load(expected[index].certificate)[1]:der(), one:der())
      end
   end

   it("is a list of certificates, in PEM and DER", function()
      is_expected(assert(bearssl.certificate.load(pem)))
      is_expected(assert(bearssl.certificate.load(der)))
      is_expected(assert(bearssl.certificate.load((pem:gsub("PKCS7", "CMS")))))
      is_expected(assert(bearssl.certificate.open(path)))
      assert.equal(3, #assert(bearssl.certificate.load(certificates.ec.certificate .. pem)))
   end)

   it("goes wherever a bundle of certificates goes", function()
      local der_path = temporary.write(der)
      assert.equal(2, assert(bearssl.trust.load(der)):count())
      assert.equal(2, assert(bearssl.trust.open(path)):count())
      assert.equal(2, assert(bearssl.trust.new { pem }):count())
      assert.equal(2, assert(bearssl.trust.open(der_path)):count())
      assert(bearssl.context { mode = "client", cafile = path })
      assert(bearssl.context { mode = "client", trust = der })
      assert(bearssl.context { mode = "client", trust = { path, der } })
      assert(bearssl.context { mode = "server", certificate = pem, key = certificates.rsa.key })
      assert(bearssl.context { mode = "server", certfile = der_path, keyfile = certificates.rsa.keyfile })
   end)

   it("is none when it signs something, or holds no certificate", function()
      local signer = (" -in %s -signer %s -inkey %s -outform DER -out OUT"):format(temporary.write("text"),
         certificates.rsa.certfile, certificates.rsa.keyfile)
      for _, options in ipairs { "-nodetach", "" } do
         local signed = openssl("smime -sign -binary " .. options .. signer)
         refused("bad_certificate", "signs something", bearssl.certificate.load(signed))
         refused("bad_certificate", "signs something", bearssl.trust.load(signed))
      end
      local enveloped = openssl(("smime -encrypt -binary -in %s -outform DER -out OUT %s"):format(
         temporary.write("text"), certificates.rsa.certfile))
      refused("bad_certificate", "PKCS#7 with enveloped data", bearssl.certificate.load(enveloped))
      local crls = openssl("crl2pkcs7 -nocrl -out OUT")
      refused("bad_certificate", "without a certificate", bearssl.certificate.load(crls))
   end)

   it("breaks wherever it is cut, and no byte makes it crash", function()
      for length = 1, #der - 1, 13 do assert.is_nil((bearssl.certificate.load(der:sub(1, length)))) end
      for at = 1, #der, 3 do
         local changed = der:sub(1, at - 1) .. string.char((der:byte(at) + 1) % 256) .. der:sub(at + 1)
         local list, message, code = bearssl.certificate.load(changed)
         assert.is_true(list ~= nil or type(message) == "string" and type(code) == "string")
      end
   end)
end)

describe("an OpenSSH key", function()
   local function generate(arguments, password)
      local path = temporary.path()
      shell.run(("ssh-keygen -q %s -N '%s' -f %s"):format(arguments, password or "", path))
      return path
   end

   local kinds = {
      { "-t rsa -b 2048", "RSA", 2048 }, { "-t ecdsa -b 256", "EC", 256 },
      { "-t ecdsa -b 384", "EC", 384 }, { "-t ecdsa -b 521", "EC", 521 }, { "-t ed25519", "Ed25519", 256 },
   }
   for _, kind in ipairs(kinds) do
      it("is read: " .. kind[1], function()
         local path = generate(kind[1])
         local key = assert(bearssl.key.open(path))
         assert.equal(kind[2], (key:type()))
         if kind[2] ~= "Ed25519" then assert.equal(kind[3], (key:bits())) end
         shell.run("openssl pkey -check -noout -in " .. temporary.write((key:pem())))
         if kind[2] ~= "Ed25519" then
            local public = shell.run("ssh-keygen -i -m PKCS8 -f " .. temporary.write((key:public_pem())))
            assert.equal(public:match("^%S+ %S+"), temporary.read(path .. ".pub"):match("^%S+ %S+"))
         end
         -- a certificate of it: it signs what its public half verifies
         assert.is_true(assert(bearssl.certificate.selfsigned { key = key, names = { "x" } }):is_self_signed())
      end)
   end

   it("is refused under a password, with the command that converts it", function()
      local path = generate("-t ed25519", "secret")
      for _, password in ipairs { "secret", false } do
         refused("unsupported_encryption", "ssh-keygen -p -m PKCS8 -f FILE",
            bearssl.key.open(path, password or nil))
      end
      path = generate("-t ecdsa", "secret")
      shell.run("ssh-keygen -p -m PKCS8 -P secret -N secret -f " .. path)
      assert(bearssl.key.open(path, "secret"))
      path = generate("-t ecdsa -m PEM", "secret") -- "Proc-Type: 4,ENCRYPTED"
      assert(bearssl.key.open(path, "secret"))
      refused("bad_password", "does not decrypt", bearssl.key.open(path, "Secret"))
   end)

   it("that is damaged or cut short is none", function()
      local text = temporary.read(generate("-t ecdsa"))
      local core = require "bearssl.core"
      local der = core.pem_blocks(text)[1][2]
      local function load(bytes)
         local base64 = shell.run("openssl base64 -in " .. temporary.write(bytes))
         return bearssl.key.load("-----BEGIN OPENSSH PRIVATE KEY-----\n" .. base64
            .. "-----END OPENSSH PRIVATE KEY-----\n")
      end
      assert(load(der))
      for length = 3, #der - 32, 29 do
         local key, _, code = load(der:sub(1, length))
         assert.is_nil(key)
         assert.is_string(code)
      end
   end)
end)

describe("an RSA key of more than 4096 bits", function()
   it("is named with the limit wherever it comes", function()
      local key = temporary.path()
      shell.run("openssl genrsa -out " .. key .. " 4104 2>/dev/null")
      local _, root = openssl("req -x509 -key " .. key .. " -subj /CN=big -out OUT")
      local _, request = openssl("req -new -key " .. key .. " -subj /CN=big -out OUT")
      local _, small = openssl("req -new -key " .. certificates.ec.keyfile .. " -subj /CN=small -out OUT")
      local _, leaf = openssl(("x509 -req -in %s -CA %s -CAkey %s -set_serial 1 -out OUT"):format(small, root, key))
      refused("unsupported_key", "an RSA key of 4104 bits, which cannot be used: RSA of 1024 to 4096 bits",
         bearssl.key.open(key))
      local store = assert(bearssl.trust.open(root))
      refused("unsupported_certificate", "an RSA key of 4104 bits, which is not supported: at most 4096",
         store:verify(bearssl.certificate.open(leaf)))
      refused("unsupported_certificate", "an RSA key of 4104 bits, which is not supported: at most 4096",
         store:verify(bearssl.certificate.open(root)))
      refused("unsupported_certificate", "an RSA key of 4104 bits, which cannot be used: RSA of 1024 to 4096 bits",
         bearssl.request.open(request):verify())
      refused("unsupported_certificate", "an RSA key of 4104 bits, which cannot be used: RSA of 1024 to 4096 bits",
         bearssl.key.external(bearssl.certificate.open(root)[1]))
   end)
end)
