-- TLS_FALLBACK_SCSV (RFC 7507) with OpenSSL and GnuTLS: whoever comes back with an older version than both sides
-- have is told so.
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local ours = require("spec.support.ours").at_most("TLSv1.2")
local tls12 = require "spec.support.tls12"

for _, kind in ipairs(tls12.kinds) do
   cases.describe("a fallback of " .. kind .. " and our server", function(listener)
      after_each(ours.close_all)

      local function serve(highest, options)
         local context = ours.server_context(certificates.rsa, {
            min_version = "TLSv1.0", max_version = highest, suites = "compatible",
         })
         options.port = listener.port
         local client = tls12.client(kind, options)
         local stream, message, code, failed = listener:accept(context)
         if stream then cases.answer(stream, client) end
         local version = stream and stream:info("version");
         (stream or failed):close()
         client:close_input()
         client:wait()
         return version, code, client:output(), message
      end

      for _, version in ipairs({ "TLSv1.0", "TLSv1.1" }) do
         it("to " .. version .. " is refused with inappropriate_fallback", function()
            local taken, code, output = serve("TLSv1.2", { version = version, fallback = true })
            assert.is_nil(taken)
            assert.equal("inappropriate_fallback", code)
            local alert = kind == "openssl" and "alert inappropriate fallback" or "alert %[86%]"
            assert.truthy(output:find(alert), output)
         end)

         it("to " .. version .. " is right where the server has nothing newer", function()
            local taken, code, _, message = serve(version, { version = version, fallback = true })
            assert.equal(version, taken, message or code)
         end)

         it("to " .. version .. " without the signal is an old client", function()
            assert.equal(version, (serve("TLSv1.2", { version = version })))
         end)
      end

      it("to the newest version is none", function()
         assert.equal("TLSv1.2", (serve("TLSv1.2", { version = "TLSv1.2", fallback = true })))
      end)
   end)

   describe("a fallback of our client and " .. kind, function()
      after_each(ours.close_all)

      local function connect(server, version, fallback)
         local stream, message, code = ours.connect(server.port, {
            min_version = "TLSv1.0", max_version = version, suites = "compatible",
         }, { fallback_scsv = fallback })
         if not stream then return nil, code, message end
         assert(stream:send("line\n"))
         assert.equal(tls12.answer(kind, "line"), (stream:receive("*l")))
         return stream:info("version")
      end

      for _, version in ipairs({ "TLSv1.0", "TLSv1.1" }) do
         it("to " .. version .. " is refused by a server with a newer one", function()
            local server = tls12.server(kind, { certificate = certificates.rsa })
            local taken, code, message = connect(server, version, true)
            assert.is_nil(taken)
            assert.equal("alert_inappropriate_fallback", code, message)
            assert.equal(version, connect(server, version))
            server:stop()
         end)

         it("to " .. version .. " is taken by a server that has nothing newer", function()
            local server = tls12.server(kind, { certificate = certificates.rsa, version = version })
            assert.equal(version, connect(server, version, true))
            server:stop()
         end)
      end
   end)
end
