-- What misuse raises names the function that was called and the line that called it: no file of this library's own, and
-- no function that only it calls.
local bearssl = require "bearssl"
local pump = require "spec.support.pump"
local streams = require "spec.support.streams"

local client, server, root, key

setup(function()
   client, server = streams.client_context(), streams.server_context()
   root, key = assert(bearssl.certificate.selfsigned { subject = "CN=x", ca = true })
end)
teardown(function() client, server, root, key = nil, nil, nil, nil end)
after_each(streams.close)

local function connection()
   local a, b = assert(client:connection { server_name = "localhost" }), assert(server:connection())
   pump(a, b)
   return a
end

-- The classes of doc/types/bearssl.lua, and how to get an object of each.
local makers = {
   Context = function() return client end, Connection = connection,
   Stream = function() return (streams.keep(streams.connected())) end,
   Certificate = function() return root end, Key = function() return key end,
   Trust = function() return bearssl.trust.new { root } end,
   Session = function() return connection():session() end,
   TicketKeys = function() return bearssl.ticket_keys.new() end,
   EchKeys = function() return bearssl.ech.generate { public_name = "example.org" } end,
   Tracer = function() return (bearssl.trace(client:connection { server_name = "x.example" })) end,
   EchOpener = function() return bearssl.ech.generate({ public_name = "example.org" }):opener() end,
   Request = function() return bearssl.request.new { key = key, subject = "CN=x" } end,
   Crl = function() return bearssl.crl.new { issuer = root, issuer_key = key } end,
   OcspResponse = function() return bearssl.ocsp.new { certificate = root, issuer = root, issuer_key = key } end,
}

local function function_of(name)
   local value = bearssl
   for part in name:gsub("^bearssl%.", ""):gmatch("[^.]+") do value = value[part] end
   return value
end

-- 0 stands for nil.
local function wrong_values()
   return {
      [0] = 0, true, 5, -1, 1.5, 1e300, -1e300, 0 / 0, 2 ^ 31, 2 ^ 53, "x", "", "a\0b", {}, { 1 }, { "x" }, { x = 1 },
      print, root, key, coroutine.create(function() end), client,
   }
end

local ENDS = { close = true, fail = true, shutdown = true, release = true }

local function check(what, name, message)
   message = tostring(message)
   assert.falsy(message:find("bearssl/[%w_/]+%.lua:%d+:"), what .. ": " .. message)
   local function_name = message:match("bad argument #%d+ to '([^']*)'")
   -- called by a name that is not in the source, a function of C has none
   assert.truthy(function_name == nil or function_name == name or function_name == "?", what .. ": " .. message)
end

-- Calls a documented function with each of the wrong values, alone and as the second of two.
local function try(owner, name, count)
   local make, values = makers[owner], wrong_values()
   local f = not make and function_of(owner .. "." .. name)
   local object
   for first = 0, #values do
      for second = 0, count > 1 and #values or 0 do
         if make and (object == nil or ENDS[name]) then object = make() end
         local a, b = values[first], values[second]
         if first == 0 then a = nil end
         if second == 0 then b = nil end
         local ok, message = pcall(function()
            if make then object[name](object, a, b) else f(a, b) end
         end)
         if not ok then check(("%s:%s(%s, %s)"):format(owner, name, tostring(a), tostring(b)), name, message) end
      end
   end
end

describe("misuse", function()
   local documented = {}
   for line in io.lines("doc/types/bearssl.lua") do
      local owner, name, parameters = line:match("^function ([%a_.]+)[.:]([%a_]+)%((.-)%)")
      if owner then
         documented[owner] = documented[owner] or {}
         local _, commas = parameters:gsub(",", "")
         documented[owner][name] = parameters == "" and 0 or commas + 1
      end
   end

   -- one of the wrong values is the name of a file, for a tracer
   after_each(function() os.remove "x" end)

   for owner, functions in pairs(documented) do
      it("is told in the caller's words: " .. owner, function()
         for name, count in pairs(functions) do try(owner, name, count) end
      end)
   end

   it("of a connection's and a stream's counts of bytes is told by their names", function()
      local a = connection()
      for _, name in ipairs { "read", "read_early", "drain" } do
         for _, wrong in ipairs { "x", -1, 0.5, 1e300 } do
            local ok, message = pcall(function() a[name](a, wrong) end)
            assert.is_false(ok)
            assert.matches("misuse_spec%.lua:%d+: " .. name .. ": the number of bytes must be an integer", message)
         end
      end
      assert.equal("", a:read(0))
      local stream = streams.keep(streams.connected())
      for name, wrong in pairs { receive = 1e300, receiveany = 0 } do
         local ok, message = pcall(function() stream[name](stream, wrong) end)
         assert.is_false(ok)
         assert.matches("misuse_spec%.lua:%d+: " .. name .. ": the ", message)
      end
      assert.matches("send: i must be an integer, not 1e%+300", select(2, pcall(stream.send, stream, "x", 1e300)))
      for _, wrong in ipairs { "x", 0, 1.5, -1 } do
         assert.matches("getpeercertificate: n must be a positive integer", select(2, pcall(stream.getpeercertificate,
            stream, wrong)))
      end
   end)

   it("of a descriptor raises in wrap", function()
      for _, wrong in ipairs { 2 ^ 31, -1, 1.5, 0 / 0 } do
         local ok, message = pcall(function() client:wrap(wrong, { server_name = "localhost" }) end)
         assert.is_false(ok)
         assert.matches("misuse_spec%.lua:%d+: wrap: a descriptor is an integer from 0 to 2147483647", message)
      end
   end)

   it("of usages and types of names suggests and lists them", function()
      local function issue(given)
         given.issuer, given.issuer_key, given.key = root, key, key
         local ok, message = pcall(function() assert(bearssl.certificate.issue(given)) end)
         return not ok and message or nil
      end
      for part, given in pairs {
         ["option 'key_usage': element 1: unknown usage 'x'; Usages: digitalSignature, "] = { key_usage = { "x" } },
         ["option 'extended_key_usage': unknown usage 'clientauht'; did you mean 'clientAuth'? Usages: any"] = {
            extended_key_usage = "clientauht" },
         ["option 'extended_key_usage': '1.2.' is not known"] = { extended_key_usage = "1.2." },
         ["option 'names': element 1: unknown type 'DSN'; did you mean 'DNS'? Types: DNS, IP,"] = {
            names = { { type = "DSN", value = "x" } } },
      } do
         given.subject = "CN=y"
         local message = issue(given)
         assert.truthy(message and message:find(part, 1, true), message)
         assert.matches("misuse_spec%.lua:%d+: ", message)
      end
      for _, given in ipairs {
         { key_usage = { "contentCommitment", "DIGITALsignature" } },
         { extended_key_usage = { "1.2.3", "serverauth" } },
         { names = { { type = "dns", value = "a.example" } } },
      } do
         given.subject = "CN=y"
         assert.is_nil(issue(given))
      end
   end)
end)
