-- What is given and not understood raises: an unknown option, a wrong type, one argument too many. Nothing of it passes
-- for "no options": whoever misspells the server's name must not get a certificate that is good for every server.
local bearssl = require "bearssl"

local function fails(pattern, f, ...)
   local ok, message = pcall(f, ...)
   assert.is_false(ok, "no error with " .. pattern)
   assert.truthy(tostring(message):find(pattern, 1, true), ("%q is missing in %q"):format(pattern, tostring(message)))
   return message
end

-- An authority and a certificate from it, for www.example.org.
local cast
local function made()
   if cast then return cast end
   cast = {}
   cast.root, cast.root_key = assert(bearssl.certificate.selfsigned { subject = "CN=Root", ca = true })
   cast.key = bearssl.key.generate "p256"
   cast.leaf = assert(bearssl.certificate.issue {
      key = cast.key, issuer = cast.root, issuer_key = cast.root_key, names = { "www.example.org" },
   })
   cast.store = assert(bearssl.trust.new { cast.root })
   cast.empty = assert(bearssl.trust.new())
   return cast
end

describe("certificate:verify", function()
   it("takes one table, and looks at all of it", function()
      local w = made()
      local ok, path = w.leaf:verify { trust = w.store, server_name = "www.example.org" }
      assert.is_true(ok)
      assert.equal(2, #path)
      local function verdict(code, given)
         local none, message, found, index = w.leaf:verify(given)
         assert.is_nil(none)
         assert.equal(code, found, message)
         assert.equal(1, index)
      end
      verdict("unknown_ca", { server_name = "wrong.example", trust = w.empty })
      verdict("name_mismatch", { server_name = "wrong.example", trust = w.store })
      verdict("unknown_ca", { trust = {} })
      verdict("unknown_ca", { chain = {}, trust = w.empty })
      for _, trust in ipairs { w.store, w.root, { w.root }, w.root:pem(), { w.root:pem() } } do
         assert.is_true((w.leaf:verify { trust = trust }))
      end
      for _, chain in ipairs { { w.root }, w.root, w.root:pem(), { w.leaf, w.root:pem() }, {} } do
         assert.is_true((w.leaf:verify { trust = w.store, chain = chain }))
      end
   end)

   it("trusts what the system trusts where nothing else is said", function()
      local w = made()
      local none, message, code = w.leaf:verify()
      assert.is_nil(none)
      assert.is_true(code == "unknown_ca" or code == "trust_not_found", message)
      assert.equal(code, (select(3, w.leaf:verify {})))
      assert.equal(code, (select(3, w.leaf:verify { trust = "system" })))
   end)

   it("raises for what it does not know, and for arguments of another form", function()
      local w = made()
      fails("certificate:verify: unknown option 'servername'; did you mean 'server_name'?", w.leaf.verify, w.leaf,
         { servername = "www.example.org" })
      fails("certificate:verify: takes one table of options", w.leaf.verify, w.leaf, nil,
         { server_name = "www.example.org" })
      fails("certificate:verify: takes one table of options", w.leaf.verify, w.leaf, {}, w.store)
      fails("certificate:verify: the options must be a table", w.leaf.verify, w.leaf, w.store)
      fails("certificate:verify: unknown option 1 (a number)", w.leaf.verify, w.leaf, { w.root })
      fails("option 'trust' must be a trust store, PEM, a list of certificates or \"system\", not 5 (a number)",
         w.leaf.verify, w.leaf, { trust = 5 })
      fails("option 'trust'", w.leaf.verify, w.leaf, { trust = { w.key } })
      fails("option 'chain' must be PEM, or a list of certificate objects, not true", w.leaf.verify, w.leaf,
         { chain = true })
      fails("option 'chain'", w.leaf.verify, w.leaf, { chain = { server_name = "www.example.org" } })
      fails("option 'purpose' must be", w.leaf.verify, w.leaf, { purpose = "sport" })
      fails("surplus_spec.lua", function() w.leaf:verify { nonsense = 1 } end)
   end)

   it("takes plain tables only: what one inherits would be passed over", function()
      local w = made()
      local defaults = { __index = { server_name = "wrong.example" } }
      fails("must be a plain table", w.leaf.verify, w.leaf, setmetatable({ trust = w.store }, defaults))
      fails("must be a plain table", w.store.verify, w.store, { w.leaf }, setmetatable({}, defaults))
      fails("must be a plain table", bearssl.context, setmetatable({}, defaults))
      fails("must be a plain table", bearssl.context, { verify = "none",
         handlers = setmetatable({}, { __index = { verify = function() return false end } }) })
      fails("must be a plain list", bearssl.context, { pins = setmetatable({}, { __index = { "x" } }) })
      fails("must be a plain list", bearssl.context, { mode = "server", credentials = setmetatable({}, defaults) })
      fails("the list has holes", bearssl.context, { mode = "server", credentials = { {}, nil, {} } })
      fails("not a table with names", bearssl.context, { verify = "none", extensions = { { id = 65000, raw = "" },
         foo = 1 } })
   end)
end)

describe("trust:verify", function()
   it("has its options checked like every table of options", function()
      local w = made()
      assert.is_true((w.store:verify({ w.leaf }, { server_name = "www.example.org" })))
      assert.equal("name_mismatch", (select(3, w.store:verify({ w.leaf }, { server_name = "wrong.example" }))))
      fails("trust:verify: unknown option 'servername'; did you mean 'server_name'?", w.store.verify, w.store,
         { w.leaf }, { servername = "wrong.example" })
      fails("trust:verify: unknown option 'trust'", w.store.verify, w.store, { w.leaf }, { trust = w.store })
      fails("trust:verify: the options must be a table, not \"wrong.example\"", w.store.verify, w.store, { w.leaf },
         "wrong.example")
      fails("trust:verify: option 'pins'", w.store.verify, w.store, { w.leaf }, { pins = { "short" } })
      fails("trust:verify: one argument too many", w.store.verify, w.store, { w.leaf }, nil, { server_name = "x" })
      fails("surplus_spec.lua", function() w.store:verify({ w.leaf }, { nonsense = 1 }) end)
   end)
end)

describe("an argument too many", function()
   -- function → the most arguments it takes, good ones
   local function functions()
      local w = made()
      local request = bearssl.request.new { key = w.key, subject = "CN=x" }
      local crl = bearssl.crl.new { issuer = w.root, issuer_key = w.root_key }
      local ocsp = bearssl.ocsp.new { certificate = w.leaf, issuer = w.root, issuer_key = w.root_key }
      local keys, ech = bearssl.ticket_keys.new(), bearssl.ech.generate { public_name = "example.org" }
      return {
         ["bearssl.certificate.load"] = { w.leaf:pem() }, ["bearssl.certificate.open"] = { "." },
         ["bearssl.certificate.issue"] = { {
            key = w.key, issuer = w.root, issuer_key = w.root_key, subject = "CN=x",
         } },
         ["bearssl.certificate.selfsigned"] = { { subject = "CN=x" } },
         ["bearssl.key.load"] = { w.key:pem(), "x" }, ["bearssl.key.open"] = { "none", "x" },
         ["bearssl.key.generate"] = { "rsa", 2048 }, ["bearssl.key.external"] = { w.leaf },
         ["bearssl.trust.load"] = { w.leaf:pem() }, ["bearssl.trust.open"] = { "." },
         ["bearssl.trust.new"] = { { w.leaf } }, ["bearssl.trust.system"] = {},
         ["bearssl.crl.load"] = { crl:pem() }, ["bearssl.crl.open"] = { "none" },
         ["bearssl.crl.new"] = { { issuer = w.root, issuer_key = w.root_key } },
         ["bearssl.ocsp.load"] = { ocsp:der() }, ["bearssl.ocsp.open"] = { "none" },
         ["bearssl.ocsp.request"] = { w.leaf, w.root },
         ["bearssl.ocsp.new"] = { { certificate = w.leaf, issuer = w.root, issuer_key = w.root_key } },
         ["bearssl.request.load"] = { request:pem() }, ["bearssl.request.open"] = { "none" },
         ["bearssl.request.new"] = { { key = w.key, subject = "CN=x" } },
         ["bearssl.session.import"] = { "none" }, ["bearssl.ticket_keys.new"] = { {} },
         ["bearssl.ticket_keys.import"] = { keys:export() },
         ["bearssl.ech.generate"] = { { public_name = "example.org" } }, ["bearssl.ech.load"] = { ech:pem() },
         ["bearssl.ech.open"] = { "none" },
         ["bearssl.ech.configs"] = { ech:config_list() }, ["bearssl.ech.check"] = { ech:config_list() },
         ["bearssl.suites"] = { "modern" }, ["bearssl.groups"] = {}, ["bearssl.versions"] = {},
         ["bearssl.signature_algorithms"] = {}, ["bearssl.kernels"] = {}, ["bearssl.context"] = { { verify = "none" } },
      }
   end

   local function find(name)
      local value = bearssl
      for part in name:gsub("^bearssl%.", ""):gmatch("[^.]+") do value = value[part] end
      return value
   end

   it("raises in every function of a module, in its name", function()
      for name, arguments in pairs(functions()) do
         local f = assert(find(name), name)
         local message = fails(name .. ": one argument too many: a table", function()
            arguments[#arguments + 1] = { server_name = "x" }
            local ok, problem = pcall(f, (table.unpack or unpack)(arguments))
            if not ok then error(problem, 0) end
         end)
         assert.falsy(message:find("lua/bearssl/", 1, true), message)
      end
   end)

   it("is none where it is nil, or a number that gsub gives", function()
      local pem = made().leaf:pem()
      assert.equal(1, #bearssl.certificate.load(pem:gsub("\r", "")))
      assert.equal(1, #bearssl.certificate.load(pem, nil))
   end)

   it("is a number too, but right behind a text", function()
      local w = made()
      for name, f in pairs {
         ["bearssl.groups"] = function() bearssl.groups(5) end,
         ["bearssl.suites"] = function() bearssl.suites("modern", 5) end,
         ["bearssl.trust.system"] = function() bearssl.trust.system(1) end,
         ["bearssl.trust.load"] = function() bearssl.trust.load(w.root:pem(), 5, 6) end,
         ["trust:reload"] = function() w.store:reload({ w.root }, 5) end,
         ["certificate:pin"] = function() w.leaf:pin(5) end,
         ["certificate:fingerprint"] = function() w.leaf:fingerprint("sha256", 5, 6) end,
         ["key:bits"] = function() w.key:bits(5) end,
      } do
         fails(name .. ": one argument too many", f)
      end
      assert.equal(w.leaf:fingerprint(), w.leaf:fingerprint(("SHA256"):lower():gsub("x", "")))
   end)

   -- What doc/types/bearssl.lua says of functions that are not a stream's or a connection's, whose own arguments are
   -- all that they look at, as LuaSocket's: { owner =, name =, count = }.
   local function documented()
      local list = {}
      for line in io.lines("doc/types/bearssl.lua") do
         local owner, name, parameters = line:match("^function ([%a_.]+)[.:]([%a_]+)%((.-)%)")
         if owner and owner ~= "Stream" and owner ~= "Connection" then
            local _, commas = parameters:gsub(",", "")
            list[#list + 1] = { owner = owner, name = name, count = parameters == "" and 0 or commas + 1 }
         end
      end
      return list
   end

   local function all_objects()
      local w = made()
      local certificates = require "spec.support.certificates"
      local client = assert(bearssl.context { cafile = certificates.ca.certfile })
      local server = assert(bearssl.context { mode = "server", certificate = certificates.ec.chain,
         key = certificates.ec.key })
      local connection = assert(client:connection { server_name = "localhost" })
      require "spec.support.pump"(connection, assert(server:connection()))
      return {
         Tracer = bearssl.trace(connection),
         Context = client, Certificate = w.leaf, Key = w.key, Trust = w.store, Session = connection:session(),
         EchKeys = bearssl.ech.generate { public_name = "example.org" },
         EchOpener = bearssl.ech.generate({ public_name = "example.org" }):opener(),
         TicketKeys = bearssl.ticket_keys.new(), Request = bearssl.request.new { key = w.key, subject = "CN=x" },
         Crl = bearssl.crl.new { issuer = w.root, issuer_key = w.root_key },
         OcspResponse = bearssl.ocsp.new { certificate = w.leaf, issuer = w.root, issuer_key = w.root_key },
      }
   end

   it("raises wherever it stands, in every function and method that is documented", function()
      local all, tried = all_objects(), 0
      for _, entry in ipairs(documented()) do
         local object = all[entry.owner]
         local f = object and object[entry.name] or not object and find(entry.owner .. "." .. entry.name)
         for _, surplus in ipairs { 5, true } do
            local arguments = {}
            local count = entry.count + (object and 1 or 0)
            arguments[1] = object
            arguments[count + 1] = surplus
            local ok, message = pcall(f, (table.unpack or unpack)(arguments, 1, count + 1))
            local what = ("%s:%s with a %s too many"):format(entry.owner, entry.name, type(surplus))
            assert.is_false(ok, what)
            assert.is_truthy(message:find("too many", 1, true) or message:find("takes one table", 1, true),
               what .. ": " .. message)
            tried = tried + 1
         end
      end
      assert.is_true(tried > 220, tried)
   end)

   it("raises in the methods of a context that take options", function()
      local context = bearssl.context { verify = "none" }
      local transport = { read = function() return nil, "timeout" end, write = function(bytes) return #bytes end }
      fails("wrap: one argument too many", context.wrap, context, transport, { server_name = "a" }, { verify = "none" })
      fails("connection: one argument too many", context.connection, context, { server_name = "a" }, 5)
      fails("info: one argument too many: \"typo\"", context.info, context, "typo")
      fails("wrap: the options must be a table", context.wrap, context, transport, "a")
      fails("connection: the options must be a table", context.connection, context, "a")
   end)

   it("names no function that is not there, and none is left out", function()
      local listed = functions()
      for _, module in ipairs { "certificate", "key", "trust", "crl", "ocsp", "request", "session", "ticket_keys",
         "ech" } do
         assert.is_nil(getmetatable(bearssl[module]), module)
         for name, value in pairs(bearssl[module]) do
            if type(value) == "function" and name ~= "each_file" and name ~= "gather" and name ~= "pem"
               and name ~= "reload" then
               assert.truthy(listed[("bearssl.%s.%s"):format(module, name)], module .. "." .. name)
            end
         end
      end
   end)

   it("raises in every method of an object", function()
      local w = made()
      local objects = {
         certificate = w.leaf, key = w.key, trust = w.store, ticket_keys = bearssl.ticket_keys.new(),
         ech_keys = bearssl.ech.generate { public_name = "example.org" },
         request = bearssl.request.new { key = w.key, subject = "CN=x" },
         crl = bearssl.crl.new { issuer = w.root, issuer_key = w.root_key },
         ocsp_response = bearssl.ocsp.new { certificate = w.leaf, issuer = w.root, issuer_key = w.root_key },
      }
      local tried = 0
      for class, object in pairs(objects) do
         for name, method in pairs(require("bearssl.core").methods(class)) do
            local message = fails("", method, object, nil, nil, nil, nil, nil, { server_name = "x" })
            local told = message:find("too many", 1, true) or message:find("takes one table", 1, true)
            assert.truthy(told, ("%s:%s: %s"):format(class, name, message))
            tried = tried + 1
         end
      end
      assert.is_true(tried > 80, tried)
   end)
end)

describe("what is given in place of an option", function()
   it("raises when it is of another type", function()
      local w = made()
      local crl = bearssl.crl.new { issuer = w.root, issuer_key = w.root_key }
      local ocsp = bearssl.ocsp.new { certificate = w.leaf, issuer = w.root, issuer_key = w.root_key }
      local request = bearssl.request.new { key = w.key, subject = "CN=x" }
      local keys = bearssl.ticket_keys.new()
      for _, value in ipairs { true, {}, "x", print } do
         for name, f in pairs {
            expires_in = function() w.leaf:expires_in(value) end, issued = function() w.leaf:issued(value) end,
            matches = function() w.key:matches(value) end, generate = function() bearssl.key.generate("rsa", value) end,
            status = function() ocsp:status(w.leaf, w.root, value) end,
            crl = function() crl:verify(w.root, value) end, contains = function() w.store:contains(value) end,
            rotate = function() keys:rotate(value) end, replace = function() keys:replace(keys:export(), value) end,
            external = function() bearssl.key.external(value) end, suites = function() bearssl.suites(value) end,
            policy = function() bearssl.context { suites = value } end,
            new = function() bearssl.ticket_keys.new { rotation = value } end,
         } do
            assert.is_false((pcall(f)), name .. " takes " .. type(value))
         end
      end
      for _, value in ipairs { true, 5 } do
         for name, f in pairs {
            pem = function() w.key:pem(value) end, matches = function() w.leaf:matches(value) end,
            fingerprint = function() w.leaf:fingerprint(value) end,
            reload = function() w.store:reload(value) end, keys = function() bearssl.ticket_keys.new(value) end,
            trust = function() bearssl.trust.new(value) end, crl = function() crl:revoked(value) end,
            suites = function() bearssl.suites(value) end, extension = function() w.leaf:extension(value) end,
         } do
            assert.is_false((pcall(f)), name .. " takes " .. type(value))
         end
      end
      fails("unknown option 'pasword'; did you mean 'password'?", w.key.pem, w.key, { pasword = "x" })
      fails("unknown option 'rotations'", bearssl.ticket_keys.new, { rotations = 5 })
      fails("unknown option 'ca'", bearssl.request.new, { key = w.key, ca = true })
      fails("unknown option 'days_valid'", bearssl.crl.new, { days_valid = 5 })
      fails("unknown option 'state'", bearssl.ocsp.new, { state = "good" })
      assert.truthy(request)
   end)

   it("raises when it is a table with names where a list belongs", function()
      local w = made()
      fails("bearssl.trust.new: ", bearssl.trust.new, { server_name = "x" })
      fails("bearssl.trust.new: ", bearssl.trust.new, { w.root, cafile = "x" })
      fails("bearssl.trust.new: ", bearssl.trust.new, { { certificate = w.root } })
      fails("trust:reload: ", w.store.reload, bearssl.trust.new { w.root }, { certificate = w.root })
      fails("", w.store.verify, w.store, { certificate = w.leaf })
      fails("", w.store.verify, w.store, { w.leaf, server_name = "x" })
      fails("revoked", bearssl.crl.new, { issuer = w.root, issuer_key = w.root_key, revoked = { serial = "5" } })
      fails("'subject'", bearssl.certificate.selfsigned, { subject = { { "CN", "x" }, CN = "y" } })
      fails("'names'", bearssl.certificate.selfsigned, { names = { { type = "DNS", value = "x", critical = true } } })
      fails("'extensions'", bearssl.certificate.selfsigned,
         { subject = "CN=x", extensions = { { oid = "1.2.3", value = "\5\0", kritical = true } } })
   end)
end)
