-- Whatever a method holds may be closed while it runs: by a finalizer at any of its allocations, by a metamethod of the
-- options it reads. Here everything is, at each step: an answer or an error, never a crash. Run under AddressSanitizer
-- (`make sanitize`) it also finds what is only read.
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
require "bearssl.methods" -- keeps verify of the core
local interpreter = require "spec.support.interpreter"
local shell = require "spec.support.shell"
local underneath = require "spec.support.closed_underneath"

local close_all, world, NOW = underneath.close_all, underneath.world, underneath.NOW

describe("what is closed underneath", function()
   for _, class in ipairs({ "certificate", "key", "request", "crl", "ocsp_response", "trust", "session", "ticket_keys",
      "context", "connection" }) do
      it("at any allocation does no harm: every method of a " .. class, function()
         -- The interpreter may be a command with options.
         local output = shell.run(interpreter.path .. " spec/support/closed_underneath.lua " .. class)
         local closed, called = output:match("(%d+) of (%d+)\n$")
         assert.is_true(tonumber(called) >= 200, output)
         -- Lua 5.2 collects least often
         local least = _VERSION == "Lua 5.2" and 1 or tonumber(called) / 4
         assert.is_true(tonumber(closed) >= least, output)
      end)
   end

   -- trap gives the options of `fields`; when `option` is read, everything is closed and collected.
   local function trap(fields, option, w)
      return setmetatable({}, { __index = function(_, name)
         if name == option then
            close_all(w)
            collectgarbage()
         end
         return fields[name]
      end })
   end

   -- recorded gives the options that f reads, in order.
   local function read_by(f, fields)
      local names = {}
      f(setmetatable({}, { __index = function(_, name)
         names[#names + 1] = name
         return fields[name]
      end }))
      return names
   end

   local makers = {
      context = function(w)
         return core.context, { role = "server", trust = w.trust, ticket_keys = w.ticket_keys, crls = { w.crl },
            verify = "optional", credentials = { { chain = { w.certificate }, key = w.key } }, alpn = { "h2" } }
      end,
      connection = function(w)
         return function(options) return core.connection(w.context, options) end,
            { server_name = "localhost", session = w.session, verify = "optional" }
      end,
      ["trust:verify"] = function(w)
         return function(options) return core.own_methods.trust_verify(w.trust, { w.certificate, w.ca }, options) end,
            { server_name = "localhost", time = NOW, crls = { w.crl }, ocsp_responses = { w.ocsp_response } }
      end,
      issue = function(w)
         return core.issue, { public_key = w.request, issuer = w.ca, issuer_key = w.key, not_after = NOW }
      end,
      build_request = function(w) return core.build_request, { key = w.key, subject = "CN=a" } end,
      build_crl = function(w) return core.build_crl, { issuer = w.ca, issuer_key = w.key, this_update = NOW } end,
      build_ocsp_response = function(w)
         return core.build_ocsp_response, { certificate = w.certificate, issuer = w.ca, key = w.key, responder = w.ca }
      end,
   }

   for name, make in pairs(makers) do
      it("by a metamethod does no harm: the options of " .. name, function()
         local tried = 0
         local f, fields = make(world())
         for _, option in ipairs(read_by(function(options) pcall(f, options) end, fields)) do
            local w = world()
            local call, given = make(w)
            local ok, message = pcall(call, trap(given, option, w))
            assert.is_true(ok or type(message) == "string", option)
            tried = tried + 1
         end
         assert.is_true(tried > 3, tried)
      end)
   end

   it("by a metamethod does no harm: the answer to select", function()
      local mask = 0
      for i, name in ipairs(core.decisions()) do if name == "select" then mask = mask + 2 ^ (i - 1) end end
      local function server_context()
         return assert(core.context({ role = "server", credentials = { {
            chain = assert(core.certificates(certificates.chain_ec.chain)),
            key = assert(core.key(certificates.chain_ec.key)) } } }))
      end
      for _, option in ipairs({ "context", "credential", "alpn", "ocsp_response", "version_min", "suites" }) do
         local w = world()
         local other = server_context()
         local server = assert(core.connection(server_context(), { decision_mask = mask }))
         w.connection:step()
         server:feed(w.connection:drain())
         assert.equal("decision", server:step())
         local ok, answered = pcall(server.answer, server, trap({ context = other }, option, { other }))
         assert.equal(option ~= "context", ok, answered)
         other = nil -- luacheck: ignore
         collectgarbage()
         server:step()
         assert.is_table(server:info())
      end
   end)

   it("hides metatables: __gc is not called by hand", function()
      for name, object in pairs(world()) do
         local class = name == "ca" and "certificate" or name
         assert.equal("bearssl." .. class, getmetatable(object))
      end
   end)

   it("bounds what build_message reads in one another", function()
      local suite = {}
      suite.id = suite
      local ok, message = pcall(core.build_message, { stage = "client_hello", cipher_suites = { suite } })
      assert.is_false(ok)
      assert.matches("cipher_suites", message)
      local deep = setmetatable({}, { __index = function(self) return self end })
      ok, message = pcall(core.build_message, { stage = "client_hello", cipher_suites = { deep } })
      assert.is_false(ok)
      assert.matches("cipher_suites", message)
   end)
end)
