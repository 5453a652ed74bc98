-- Options that other libraries have, or that belong elsewhere: the error says what they are called here.
local bearssl = require "bearssl"

local function problem(options)
   local ok, message = pcall(function() bearssl.context(options) end)
   assert.is_false(ok)
   return message
end

describe("an option of another library", function()
   for name, expected in pairs {
      protocol = "min_version", options = "tickets", ciphers = "suites", ciphersuites = "suites", curve = "groups",
      curveslist = "groups", depth = "verify_depth", verifyext = '"report"', dhparam = "RFC 7919", dane = "pins",
      ca = "cafile", cert = "certfile", passphrase = "password", ALPNProtocols = "alpn", minVersion = "min_version",
      rejectUnauthorized = '"none"', servername = "server_name", server_hostname = "server_name",
      server_name = "wrap", session = "wrap", timeout = "wrap", psk = "handler 'psk'",
   } do
      it(name .. " is told by its name here", function()
         local message = problem { [name] = "x" }
         assert.truthy(message:find("bearssl.context: unknown option '" .. name .. "'; ", 1, true), message)
         assert.truthy(message:find(expected, 1, true), message)
         assert.truthy(message:find("other_names_spec.lua:", 1, true), message)
         assert.is_nil(message:find("did you mean", 1, true), message)
      end)
   end

   it("verify has other values", function()
      for value, expected in pairs {
         peer = '"required"', client_once = "renegotiation", fail_if_no_peer_cert = '"required"',
      } do
         for _, given in ipairs { value, { value, "none" } } do
            local message = problem { verify = given }
            assert.truthy(message:find(("LuaSec's verify = %q is "):format(value), 1, true), message)
            assert.truthy(message:find(expected, 1, true), message)
         end
      end
      assert.truthy(problem { verify = true }:find('"required"', 1, true))
      assert.truthy(problem { verify = false }:find('"none"', 1, true))
   end)

   it("that nobody has is answered with the list of all", function()
      assert.truthy(problem { cafiel = "x" }:find("did you mean 'cafile'? Options: alpn, ", 1, true))
   end)
end)
