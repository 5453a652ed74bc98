-- Prosody with clients: STARTTLS and TLS from the first byte, channel binding, HTTPS, its own checks, and a reload.
local certificates = require "spec.support.certificates"
local luasec = require "spec.programs.support.luasec"
local process = require "spec.support.process"
local prosody = require "spec.programs.support.prosody"
local sendxmpp = require "spec.programs.support.sendxmpp"
local shell = require "spec.support.shell"

-- What a release offers to bind to, and what a handshake comes to that it offers it in.
local RELEASES = {
   { name = "0.12", version = "TLSv1.2", binding = "tls%-unique", global = 'ssl = { protocol = "tlsv1_2" }' },
   {
      name = "0.12", version = "TLSv1.2", binding = "tls%-unique", with = "select",
      global = 'ssl = { protocol = "tlsv1_2" } network_backend = "select"',
   },
   { name = "13", version = "TLSv1.3", binding = "tls%-exporter" },
}

-- certificate_at asks openssl for the subject and the issuer that a port of a server shows.
local function certificate_at(server, number, starttls)
   local words = { "openssl", "s_client", "-connect", server.address .. ":" .. number, "-servername", "localhost" }
   for _, word in ipairs(starttls and { "-starttls", "xmpp", "-xmpphost", "localhost" } or {}) do
      words[#words + 1] = word
   end
   return shell.run(shell.join(words) .. " 2>/dev/null </dev/null | openssl x509 -noout -issuer -serial")
end

for _, release in ipairs(RELEASES) do
   describe("Prosody " .. release.name .. " with " .. (release.with or "epoll"), function()
      local server, listener

      setup(function()
         server = prosody.prepare({
            release = release.name,
            hosts = { "localhost" },
            certificates = { localhost = certificates.rsa },
            global = release.global,
            modules = ', "bosh"',
            https = true,
         })
         server:account("alice@localhost", "secret")
         server:account("bob@localhost", "secret too")
         server:run()
         listener = sendxmpp.listen(server, "bob@localhost", "secret too", {})
      end)

      teardown(function()
         if listener then
            listener:stop()
         end
         server:stop()
      end)

      it("runs with what is to stand for LuaSec", function()
         assert.same(luasec.original and "original" or "ours", luasec.loaded(server.process.pid))
      end)

      for _, way in ipairs({ { name = "STARTTLS" }, { name = "direct TLS", direct = true } }) do
         it("binds the client's password to the channel, by " .. way.name, function()
            local status, output = sendxmpp.send(server, "alice@localhost", "secret", {
               direct = way.direct,
               mechanism = "SCRAM-SHA-1-PLUS",
               debug = true,
               to = "bob@localhost",
               text = "bound by " .. way.name,
            })
            assert.same(0, status, output)
            assert.matches("mechanism='SCRAM%-SHA%-1%-PLUS'>", output)
            assert.matches("<success", output)
            listener:wait_for("bound by " .. way.name)
            assert.matches("Stream encrypted %(" .. release.version .. " with [%w_-]+%)", server:log())
            assert.matches("Channel binding '" .. release.binding .. "' supported", server:log())
         end)
      end

      it("carries a long message", function()
         local text = ("0123456789"):rep(100) .. "\n"
         assert.same(0, (sendxmpp.send(server, "alice@localhost", "secret", {
            to = "bob@localhost", text = text:rep(100) .. "and no more",
         })))
         listener:wait_for("and no more")
         assert.is_truthy(listener:output():find(text:rep(100), 1, true))
      end)

      if release.with then
         return -- Prosody tells nothing of failed handshakes there, and does not survive its own reload
      end

      it("tells what a client says that does not trust the certificate", function()
         local status, output = sendxmpp.send(server, "alice@localhost", "secret", {
            direct = true, cafile = certificates.other_ca.certfile, to = "bob@localhost", text = "never",
         })
         assert.not_same(0, status)
         assert.matches("certificate signed by unknown authority", output)
         server.process:wait_for("TLS handshake error: %S+ alert bad certificate")
      end)

      it("refuses a wrong password, and what is not TLS", function()
         local status = sendxmpp.send(server, "alice@localhost", "wrong", { to = "bob@localhost", text = "never" })
         assert.not_same(0, status)
         shell.try(("curl -s -m 5 http://%s:%d/"):format(server.address, server.ports.direct))
         server.process:wait_for("TLS handshake error: http request")
         assert.is_nil(listener:output():find("never"))
      end)

      it("serves HTTPS", function()
         local place = "localhost:" .. server.ports.https
         assert.matches("It works", shell.run({
            "curl", "-sS", "--cacert", certificates.ca.certfile, "--resolve", place .. ":" .. server.address,
            "https://" .. place .. "/http-bind",
         }))
      end)

      it("checks its configuration and its certificates", function()
         local status, output = server:control("check", "config")
         assert.same(0, status, output)
         assert.matches("All checks passed", output)
         status, output = server:control("check", "certs")
         assert.same(0, status, output)
         assert.matches("All checks passed", output)
      end)

      it("tells of a certificate that has expired or is another host's", function()
         for name, said in pairs({ expired = "Certificate has expired", wronghost = "Not valid for" }) do
            local other = prosody.prepare({
               release = release.name,
               hosts = { "localhost" },
               certificates = { localhost = certificates[name] },
               host = ('ssl = { certificate = "%s", key = "%s" }'):format(
                  certificates[name].chainfile, certificates[name].keyfile),
            })
            local status, output = other:control("check", "certs")
            assert.not_same(0, status, output)
            assert.matches(said:lower(), output:lower())
         end
      end)

      it("shows in its shell how a client's connection is protected", function()
         local status, output = server:control("shell", "c2s:show_tls()")
         assert.same(0, status, output)
         assert.matches("bob@localhost/[^\n]*| " .. release.version .. " +| [%w_-]+", output)
      end)

      it("has another certificate after a reload, and keeps who is there", function()
         local before = certificate_at(server, server.ports.direct)
         assert.same(before, certificate_at(server, server.ports.c2s, true))
         server:install("localhost", certificates.ec)
         local status, output = server:control("reload")
         assert.same(0, status, output)
         local wanted = shell.run({
            "openssl", "x509", "-noout", "-issuer", "-serial", "-in", certificates.ec.certfile,
         })
         assert.not_same(before, wanted)
         local now
         process.until_true(5, function()
            now = certificate_at(server, server.ports.direct)
            return now == wanted
         end)
         assert.same(wanted, now)
         assert.same(wanted, certificate_at(server, server.ports.c2s, true))
         assert.same(0, (sendxmpp.send(server, "alice@localhost", "secret", { to = "bob@localhost", text = "after" })))
         listener:wait_for("after")
      end)

      it("ran without a fault", function()
         assert.is_nil(server:log():match("\n%S+%s+error\t[^\n]*"))
         assert.is_nil(server:log():match("[^\n]*[Tt]raceback[^\n]*"))
      end)
   end)
end
