-- Option server_name: a DNS name in A-label form or an address; what else is given raises with what to give instead.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local inside = require "spec.support.inside"
local pump = require "spec.support.pump"

local function seen_by_server(version, name)
   local seen
   local server = assert(bearssl.context {
      mode = "server", certfile = certificates.ec.certfile, keyfile = certificates.ec.keyfile,
      handlers = { client_hello = function(_, hello) seen = hello.server_name or false end },
   })
   local client = assert(bearssl.context { cafile = certificates.ca.certfile, max_version = version })
   local connection = assert(client:connection { server_name = name })
   pump(connection, server:connection {})
   assert.is_true(connection:info().established)
   return seen, connection
end

describe("server_name", function()
   it("raises for what is neither a DNS name nor an address, wherever it is given", function()
      local context = bearssl.context { verify = "none" }
      local leaf = bearssl.certificate.open(certificates.ec.certfile)[1]
      local store = bearssl.trust.new { leaf }
      local transport = { read = function() return nil, "timeout" end, write = function(bytes) return #bytes end }
      local cases = {
         ["example.org:443"] = 'it has a port: give "example.org"',
         ["https://example.org/"] = 'it is a URL, or has a path: give "example.org"',
         ["ex\195\164mple.org"] = "it is not ASCII: give its A-label form",
         ["*.example.org"] = "it is a pattern",
         ["fe80::1%eth0"] = 'it has a zone, which no certificate has: give "fe80::1"',
         ["a..b"] = "it has an empty label", ["."] = "it has an empty label",
         ["300.0.0.1"] = "it is no IPv4 address",
      }
      for name, wanted in pairs(cases) do
         for what, call in pairs {
            connection = function() context:connection { server_name = name } end,
            wrap = function() context:wrap(transport, { server_name = name }) end,
            ["certificate:verify"] = function() leaf:verify { trust = store, server_name = name } end,
         } do
            local ok, message = pcall(call)
            assert.is_false(ok)
            assert.truthy(message:find(what .. ": option 'server_name'", 1, true), message)
            assert.truthy(message:find(wanted, 1, true), message)
         end
         local object, _, code = require("bearssl.core").connection(inside(context).core, { server_name = name })
         assert.is_nil(object)
         assert.equal("bad_name", code)
      end
   end)

   it("is sent without its trailing dot, and compared without it", function()
      for _, version in ipairs({ "TLSv1.3", "TLSv1.2" }) do
         local seen, connection = seen_by_server(version, "example.org.")
         assert.equal("example.org", seen)
         assert.equal("example.org", connection:info().server_name)
         local context = bearssl.context { cafile = certificates.ca.certfile }
         local session = connection:session()
         assert.is_true(session:resumable(inside(connection).context.core, "example.org."))
         assert.is_true(session:resumable(inside(connection).context.core, "example.org"))
         assert.is_false(session:resumable(context, "example.com"))
      end
   end)

   it("is not sent when it is an address", function()
      for _, name in ipairs({ "127.0.0.1", "::1", "[::1]" }) do assert.is_false((seen_by_server(nil, name))) end
   end)
end)
