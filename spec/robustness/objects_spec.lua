-- The core's objects and functions, called wrongly: an error, never a crash.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local hostile = require "spec.robustness.hostile"
local inside = require "spec.support.inside"
local lifetime = require "spec.support.lifetime"

local collect = lifetime.collect

describe("the core's objects", function()
   it("stand calls on the wrong thing", function()
      local objects = {}
      local client_context, server_context = hostile.contexts()
      local client = hostile.pair(client_context, server_context)
      objects.connection, objects.context = inside(client).core, inside(client_context).core
      objects.certificate = assert(bearssl.certificate.load(certificates.ec.certificate))[1]
      objects.key = assert(bearssl.key.load(certificates.ec.key))
      objects.trust = assert(bearssl.trust.load(certificates.ca.certificate))
      for _, object in pairs(objects) do
         for name, method in pairs(debug.getmetatable(object).__index) do
            if type(method) == "function" then
               for _, wrong in pairs({ 1, "x", true, {}, io.stdout, print }) do
                  assert.is_false(pcall(method, wrong), name)
               end
               assert.is_false(pcall(method), name)
               for other_name, other in pairs(objects) do
                  if other ~= object and debug.getmetatable(other) ~= debug.getmetatable(object) then
                     assert.is_false(pcall(method, other), name .. " on a " .. other_name)
                  end
               end
            end
         end
      end
   end)

   it("stand a second __gc", function()
      local client_context, server_context = hostile.contexts()
      local client = hostile.pair(client_context, server_context)
      client:step()
      local certificate = assert(bearssl.certificate.load(certificates.ec.certificate))[1]
      local key = assert(bearssl.key.load(certificates.ec.key))
      local trust = assert(bearssl.trust.load(certificates.ca.certificate))
      for _, object in ipairs({ inside(client).core, certificate, key, trust, inside(client_context).core }) do
         local gc = debug.getmetatable(object).__gc
         if type(gc) == "function" then
            gc(object)
            gc(object)
            for _, method in pairs(debug.getmetatable(object).__index) do
               if type(method) == "function" then pcall(method, object) end
            end
            assert.is_string(tostring(object))
         end
      end
      collect()
   end)

   it("stand any argument", function()
      -- not those that wait, or that change what the process does
      local left_out = { exit = true, wait = true, poll = true }
      for name, f in pairs(core) do
         if type(f) == "function" and not left_out[name] and not name:find("signal") then
            for _, value in pairs({ -1, 0.5, 1e300, 0 / 0, "", "\0", ("x"):rep(70000), true, {}, { {} }, print }) do
               pcall(f, value)
               pcall(f, value, value)
               pcall(f, {}, value)
            end
            pcall(f)
         end
      end
   end)
end)
