-- One open object of each class of the core, what closes them, and a program:
--     closed_underneath.lua CLASS
-- calls each method of the class with a collector that closes everything, at each of the first allocations, and prints
-- "N of M": how many of M calls had everything closed before they came back. It is a program of its own because a small
-- heap can be collected at nearly every allocation. The spec of the same name tells why.
package.path = "./?.lua;" .. package.path
local collector = require "spec.support.collector"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"

local closed_underneath = {}
local NOW = 1800000000
closed_underneath.NOW = NOW

local unpack = table.unpack or unpack -- luacheck: ignore unpack

-- close does what the end of a block does in Lua 5.4 (`<close>`), under every Lua: no program without the debug library
-- reaches __gc.
local function close(object)
   pcall(debug.getmetatable(object).__gc, object)
end

-- at_allocation runs f in a finalizer: at the nth time that the collector finds something from now on.
local function at_allocation(n, f)
   local live = true
   local function arm()
      local function finalize()
         if not live then return end
         n = n - 1
         if n < 0 then f() else arm() end
      end
      if newproxy then -- luacheck: ignore
         getmetatable(newproxy(true)).__gc = finalize -- luacheck: ignore
      else
         setmetatable({}, { __gc = finalize })
      end
   end
   arm()
   return function() live = false end
end

-- eagerly runs f while nearly every allocation is a whole collection.
local function eagerly(f)
   if _VERSION == "Lua 5.4" then
      collectgarbage("incremental", 1, 1000, 30)
   else
      collector.set("pause", 1)
      collector.set("stepmul", 1000000)
   end
   collectgarbage() -- the pause holds from the end of a collection
   f()
end

local function load_certificate(name) return assert(core.certificates(certificates[name].certificate))[1] end

local revoked, response

local function make_connection(context, session)
   return assert(core.connection(context, { server_name = "localhost", session = session }))
end

local function established()
   local trust = assert(core.trust())
   core.trust_add(trust, certificates.ca.certificate)
   local client_context = assert(core.context({ role = "client", trust = trust }))
   local credential = {
      chain = assert(core.certificates(certificates.chain_ec.chain)), key = assert(core.key(certificates.chain_ec.key)),
   }
   local server_context = assert(core.context({
      role = "server", version_max = 0x0303, session_cache = 10, credentials = { credential },
   }))
   local client, server = make_connection(client_context), assert(core.connection(server_context, {}))
   for _ = 1, 8 do
      client:step()
      server:feed(client:drain())
      server:step()
      client:feed(server:drain())
   end
   return client, server
end

local exported

-- prepare makes what takes time, once.
local function prepare()
   if exported then return end
   local client = established()
   assert(client:info().established)
   exported = assert(assert(client:session()):export())
   local issuer, key = load_certificate("ca"), assert(core.key(certificates.ca.key))
   revoked = assert(core.build_crl({ issuer = issuer, issuer_key = key, this_update = NOW, next_update = NOW + 86400,
      revoked = { { serial = load_certificate("chain_ec"):serial(), date = NOW, reason = "keyCompromise" } } })):der()
   response = assert(core.build_ocsp_response({ certificate = load_certificate("chain_ec"), issuer = issuer, key = key,
      this_update = NOW })):der()
end

-- world makes one open object of each class.
function closed_underneath.world()
   prepare()
   local w = { trust = assert(core.trust()), ticket_keys = assert(core.ticket_keys({})) }
   core.trust_add(w.trust, certificates.ca.certificate)
   w.certificate, w.ca = load_certificate("chain_ec"), load_certificate("ca")
   w.key = assert(core.key(certificates.chain_ec.key))
   w.request = assert(core.build_request({ key = w.key, subject = "CN=a",
      names = { { type = "DNS", value = "a.example" } } }))
   w.crl, w.ocsp_response = assert(core.crls(revoked))[1], assert(core.ocsp_response(response))
   w.session = assert(core.session_import(exported))
   w.context = assert(core.context({ role = "client", trust = w.trust }))
   w.connection = make_connection(w.context, w.session)
   return w
end

function closed_underneath.close_all(w)
   for _, object in pairs(w) do close(object) end
end

-- What methods are called with: every argument that some method wants.
local function argument_lists(w)
   return {
      {}, { "sha256", ("d"):rep(32) }, { "1.3.6.1" }, { 1, 2 }, { "secret", 1000 }, { "2.5.29.17" },
      { w.certificate }, { w.ca, NOW, 10 }, { w.certificate, w.ca, NOW }, { w.context, 12 }, { w.context, "localhost" },
      { { certificates.ca.certificate, certificates.ec.certificate } }, { certificates.ca.certificate },
      { { w.certificate, w.ca }, { server_name = "localhost", time = NOW, crls = { w.crl } } },
   }
end

-- what tostring and == do beside the methods
local function metamethods(methods)
   local all = { tostring = tostring, ["=="] = function(a, b) return a == b end }
   if methods == core.methods "trust" then -- what a store's user does not see
      all.add, all.add_certificate, all.replace = core.trust_add, core.trust_add_certificate, core.trust_replace
   end
   for name, method in pairs(methods) do
      if type(method) == "function" then all[name] = method end
   end
   return all
end

local function try_all(class)
   local w, closed, called = closed_underneath.world(), 0, 0
   for name, method in pairs(metamethods(core.methods(class))) do
      for list = 1, #argument_lists({}) do
         for n = 0, 2 do
            local arguments, now_closed = argument_lists(w)[list], false
            local stop = at_allocation(n, function()
               closed_underneath.close_all(w)
               now_closed = true
            end)
            called = called + 1
            local ok, message = pcall(method, w[class], unpack(arguments))
            assert(ok or type(message) == "string" or type(message) == "table", name)
            stop()
            if now_closed then closed = closed + 1 end
            if now_closed or name == "free" or name == "retire" then w = closed_underneath.world() end
         end
      end
   end
   return closed, called
end

if arg and arg[0] and arg[0]:find("closed_underneath.lua", 1, true) then
   eagerly(function() print(("%d of %d"):format(try_all(arg[1]))) end)
end

return closed_underneath
