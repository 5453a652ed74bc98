-- What Prosody says of certificates and keys that cannot be used, by what it is answered; a key with a password; and
-- the oldest list of suites that it knows by name.
local certificates = require "spec.support.certificates"
local prosody = require "spec.programs.support.prosody"
local sendxmpp = require "spec.programs.support.sendxmpp"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

-- Each host's settings, and what is said of it; nil: nothing.
local function hosts()
   local key = temporary.path(".key")
   shell.run({
      "openssl", "rsa", "-aes256", "-passout", "pass:word", "-in", certificates.rsa.keyfile, "-out", key,
   })
   local chain = certificates.rsa.chainfile
   return {
      ["localhost"] = { key = key, certificate = chain, password = "word" },
      ["wrong.example"] = { key = key, certificate = chain, password = "other", said = ".key': Reason: " },
      ["absent.example"] = { key = "/nonexistent", certificate = chain, said = "Failed to load '/nonexistent'" },
      ["other.example"] = {
         key = certificates.ec.keyfile, certificate = chain, said = "private key does not match public key",
      },
      ["text.example"] = {
         key = certificates.rsa.keyfile,
         certificate = "spec/programs/prosody_settings_spec.lua",
         said = "Check that the file contains a certificate",
      },
   }
end

for _, release in ipairs({ "0.12", "13" }) do
   describe("Prosody " .. release, function()
      local server

      after_each(function()
         server:stop()
      end)

      it("names what is wrong with a host's certificate, and asks for a key's password", function()
         local all, lines = hosts(), {}
         for host, settings in pairs(all) do
            lines[#lines + 1] = ("VirtualHost %q\nssl = { key = %q, certificate = %q, password = %q }\n"):format(
               host, settings.key, shell.run({ "realpath", "-m", settings.certificate }):match("[^\n]+"),
               settings.password or "")
         end
         server = prosody.prepare({
            release = release, hosts = {}, certificates = {}, global = table.concat(lines),
         })
         server:account("alice@localhost", "secret")
         server:run()
         for host, settings in pairs(all) do
            if settings.said then
               local pattern = settings.said:gsub("%p", "%%%0") .. "[^\n]*for " .. host:gsub("%p", "%%%0")
               server.process:wait_for(host == "other.example" and "for other%.example: " .. settings.said or pattern)
            end
         end
         local status, output = sendxmpp.send(server, "alice@localhost", "secret", {
            to = "alice@localhost", text = "with a password",
         })
         assert.same(0, status, output)
         assert.is_nil(server:log():match("certmanager%s+error\t[^\n]*for localhost[^\n]*"))
      end)

      it("takes its old list of suites, of classes with + and !", function()
         server = prosody.prepare({
            release = release,
            hosts = { "localhost" },
            certificates = { localhost = certificates.rsa },
            global = 'tls_profile = "legacy"',
         })
         server:account("alice@localhost", "secret")
         server:run()
         local status, output = sendxmpp.send(server, "alice@localhost", "secret", {
            to = "alice@localhost", text = "old", direct = true,
         })
         assert.same(0, status, output)
         assert.is_nil(server:log():match("\n%S+%s+error\t[^\n]*"))
      end)
   end)
end
