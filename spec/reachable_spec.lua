-- What a user can reach is what doc/types/bearssl.lua documents, no more and no less: of the module, of its parts, and
-- of each kind of object.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local pair = require "bearssl.transport.pair"

-- What the file of types names: by table ("bearssl.key", "Stream"), name → true.
local function documented()
   local names = {}
   local function add(owner, name)
      names[owner] = names[owner] or {}
      names[owner][name] = true
   end
   local class
   for line in io.lines("doc/types/bearssl.lua") do
      class = line:match("^%-%-%-@class bearssl%.?(%u?%a*)") or class
      local owner, name = line:match("^function ([%w_.]+)[.:]([%w_]+)%(")
      if owner then add(owner, name) end
      name = line:match("^bearssl%.([%w_]+) =")
      if name then add("bearssl", name) end
      owner, name = line:match("^(bearssl%.[%w_]+)%.([%w_]+) =")
      if owner then add(owner, name) end
      name = line:match("^%-%-%-@field ([%w_]+)")
      if name and class == "" then add("bearssl", name) end
      if line:find("^local %a+ = {}") then class = nil end
   end
   return names
end

local function names_of(value)
   local names = {}
   for name in pairs(value) do names[name] = true end
   return names
end

-- What obj:name finds.
local function methods_of(object)
   return names_of(debug.getmetatable(object).__index)
end

local function objects()
   local certificate, key = assert(bearssl.certificate.selfsigned { names = { "example.org" }, ca = true })
   local client = assert(bearssl.context { cafile = certificates.ca.certfile })
   local server = assert(bearssl.context { mode = "server", certificate = certificates.ec.chain,
      key = certificates.ec.key })
   local a = assert(client:connection { server_name = "localhost" })
   local b = assert(server:connection())
   for _ = 1, 10 do
      a:step()
      b:feed(a:drain())
      b:step()
      a:feed(b:drain())
   end
   a:step()
   return {
      Context = client, Connection = a, Stream = assert(client:wrap((pair.new()), { server_name = "localhost" })),
      Certificate = certificate, Key = key, Trust = assert(bearssl.trust.new { certificate }), Session = a:session(),
      Request = assert(bearssl.request.new { key = key, subject = "CN=x" }),
      Crl = assert(bearssl.crl.new { issuer = certificate, issuer_key = key }),
      OcspResponse = assert(bearssl.ocsp.new { issuer = certificate, issuer_key = key, certificate = certificate }),
      TicketKeys = assert(bearssl.ticket_keys.new()),
      EchKeys = assert(bearssl.ech.generate { public_name = "example.org" }),
      Tracer = assert(bearssl.trace(b)), EchOpener = bearssl.ech.generate({ public_name = "example.org" }):opener(),
   }
end

describe("what can be reached is what is documented", function()
   local types = documented()

   it("of the module and its parts", function()
      -- what is loaded when it is asked for, and what the module says of itself
      local lazy
      for index = 1, 10 do
         local name, value = debug.getupvalue(debug.getmetatable(bearssl).__index, index)
         if name == "lazy" then lazy = value end
      end
      local reachable = names_of(bearssl)
      for name in pairs(lazy) do reachable[name] = true end
      assert.same(types.bearssl, reachable)
      local parts = 0
      for name in pairs(reachable) do
         local part = bearssl[name]
         if types["bearssl." .. name] then
            assert.same(types["bearssl." .. name], names_of(part), name)
            parts = parts + 1
         elseif type(part) == "table" then
            assert.is_truthy(#part > 0 or name == "codes", name)
         end
      end
      assert.equal(10, parts)
   end)

   it("of each kind of object, and nothing else stands in it", function()
      local count = 0
      for class, object in pairs(objects()) do
         assert.same(types[class], methods_of(object), class)
         assert.equal("string", type(getmetatable(object)), class)
         if type(object) == "table" then
            for name in pairs(object) do assert.equal("table", type(name), class) end
         end
         count = count + 1
      end
      assert.equal(14, count)
      for class in pairs(types) do
         assert.is_truthy(class:find("^bearssl") or objects()[class], class)
      end
   end)

   it("and what a user sets on an object changes nothing of ours", function()
      local client = objects().Context
      local a, b = pair.new()
      local stream = assert(client:wrap(a, { server_name = "localhost", timeout = 0 }))
      for _, name in ipairs({ "connection", "transport", "timeout", "core", "wanted", "held", "flushed", "established",
         "reader", "settings", "handlers", "holder" }) do
         stream[name], client[name] = "set by a user", "set by a user"
      end
      assert.same({ nil, "wantread", "wantread" }, { stream:handshake() })
      assert.equal("read", stream:want())
      assert.equal("client", client:info().mode)
      assert.is_true(#b.read(100000) > 100)
      assert.is_true(stream:close())
   end)

   -- The fields of a class of doc/types/bearssl.lua: name → whether it is always there.
   local function fields_of(class)
      local fields, found = {}, false
      for line in io.lines("doc/types/bearssl.lua") do
         if line:find "^%-%-%-@class" then found = line:find("^%-%-%-@class bearssl%." .. class .. "$") ~= nil end
         local name, optional = line:match("^%-%-%-@field ([%a_]+)(%??)")
         if found and name then fields[name] = optional == "" end
      end
      return fields
   end

   local function assert_documented(class, ...)
      local fields, seen = fields_of(class), {}
      for index = 1, select("#", ...) do
         for name in pairs((select(index, ...))) do
            assert.is_not_nil(fields[name], ("%s.%s is not in doc/types"):format(class, name))
            seen[name] = (seen[name] or 0) + 1
         end
      end
      for name, always in pairs(fields) do
         if always then assert.equal(select("#", ...), seen[name], class .. "." .. name) end
      end
   end

   it("of what info() tells", function()
      local all = objects()
      local server = assert(bearssl.context { mode = "server", certificate = certificates.ec.chain,
         key = certificates.ec.key, alpn = { "h2" } })
      assert_documented("ContextInfo", all.Context:info(), server:info())
      assert_documented("SessionInfo", all.Session:info())
      assert_documented("Info", all.Connection:info(), all.Stream:info())
      local known = {}
      for _, name in ipairs(core.info_fields()) do known[name] = true end
      assert.same(known, names_of(fields_of "Info"))
      local file = assert(io.open("doc/api.md"))
      local listed = file:read("*a"):match("`info%(%)` fields: `(.-)`%.\n"):gsub("%b()", "")
      file:close()
      local documented_names = {}
      for name in listed:gmatch "[%a_]+" do documented_names[name] = true end
      assert.same(known, documented_names)
   end)

   it("but for bearssl.core, which says that it is private", function()
      assert.is_table(core)
      local file = assert(io.open("doc/api.md"))
      local text = file:read("*a")
      file:close()
      assert.is_truthy(text:find("The module `bearssl.core` is private", 1, true))
   end)
end)
