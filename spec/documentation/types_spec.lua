-- doc/types and doc/api.md have every option and every method that there is, and none that there is not. What the
-- module and its objects hold is compared in spec/reachable_spec.lua; here are the options, what is loaded by a name of
-- its own, and the reference.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pair = require "bearssl.transport.pair"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local api = temporary.read "doc/api.md"

local function sorted(names)
   local list = {}
   for name in pairs(names) do list[#list + 1] = name end
   table.sort(list)
   return list
end

-- ---- What doc/types says

local classes, functions, methods = {}, {}, {}
setup(function()
   for _, path in ipairs { "bearssl", "bearssl_luv", "bearssl_cqueues" } do
      local class, owners, params = nil, {}, {}
      for line in io.lines("doc/types/" .. path .. ".lua") do
         local name = line:match "^%-%-%-@class ([%w_.]+)"
         if name then
            class = { name = name, parent = line:match "^%-%-%-@class [%w_.]+: ([%w_.]+)", fields = {} }
            classes[name] = class
         end
         local field, text = line:match "^%-%-%-@field ([%w_]+)(.*)$"
         if field then class.fields[field] = text end
         local parameter, kind = line:match "^%-%-%-@param ([%w_]+)%?? (.*)$"
         if parameter then params[parameter] = kind end
         local own = line:match "^local (%w+) = {}"
         if own and class then owners[own] = class.name end
         local owner, method = line:match "^function ([%w_.]+)[:.]([%w_]+)%("
         if owner then
            owner = owners[owner] or owner
            methods[owner] = methods[owner] or {}
            methods[owner][method] = true
            functions[owner .. "." .. method], params = params, {}
         end
      end
   end
end)

-- What stands behind the type of a field, if something does.
local function explanation(text)
   text = text:gsub("^%??%s*", ""):gsub('"[^"]*"', "x"):gsub("%b()", "x"):gsub("%b{}", "x"):gsub("([:,|]) ", "%1")
   return text:match "^%S+ +(%S.*)$"
end

-- The options of a class, with those of its parents; or of what is written out: `{a: string, b?: number}`.
local function options_in(kind)
   local names = {}
   local inner = kind:match "(%b{})"
   if inner then
      inner = inner:sub(2, -2):gsub("%b{}", ""):gsub("%b()", "")
      for name in (", " .. inner):gmatch ", ([%w_]+)%??:" do names[name] = true end
      return names
   end
   local class = classes[kind:match "bearssl[%w_.]*"]
   assert(class, kind)
   while class do
      for name in pairs(class.fields) do names[name] = true end
      class = classes[class.parent or ""]
   end
   return names
end

-- ---- What there is

-- Those that a function names when it is given one that it does not know.
local function options_of(f, ...)
   local ok, message = pcall(f, ...)
   assert.is_false(ok)
   local names = {}
   for name in assert(tostring(message):match "Options: ([%w_, ]*)", message):gmatch "[%w_]+" do names[name] = true end
   return names
end

local function upvalue_class(f, what, seen)
   seen = seen or {}
   if seen[f] then return nil end
   seen[f] = true
   for index = 1, 60 do
      local name, value = debug.getupvalue(f, index)
      if not name then return nil end
      if type(value) == "table" and rawget(value, "__name") == "bearssl." .. what then return value.__index end
      local found = type(value) == "function" and upvalue_class(value, what, seen)
      if found then return found end
   end
end

local WRONG = { zzzz = 1 }

local function takers()
   local ca, key = certificates.ca, certificates.ca.key
   local root = assert(bearssl.certificate.load(ca.certificate))[1]
   local client = assert(bearssl.context { cafile = ca.certfile })
   local server = assert(bearssl.context { mode = "server", certificate = certificates.ec.chain,
      key = certificates.ec.key, max_version = "TLSv1.3" })
   local stream = assert(client:wrap((pair.new()), { server_name = "localhost" }))
   local accepted = assert(server:wrap((pair.new())))
   local backend = { get = error, set = error, add = error, delete = error }
   local trust = assert(bearssl.trust.new { root })
   local store = require "bearssl.store"
   return {
      { "bearssl.ContextOptions", bearssl.context, WRONG },
      { "bearssl.ConnectionOptions", client.connection, client, WRONG },
      { "bearssl.WrapOptions", client.wrap, client, (pair.new()), WRONG },
      { "bearssl.ConnectOptions", bearssl.connect, "localhost", 1, WRONG },
      { "bearssl.Credential", bearssl.context, { mode = "server", credentials = { WRONG } } },
      { "bearssl.IssueOptions", bearssl.certificate.issue, WRONG },
      { "bearssl.CertificateVerifyOptions", root.verify, root, WRONG },
      { "bearssl.VerifyOptions", trust.verify, trust, { root }, WRONG },
      { "bearssl.EchKeyOptions", bearssl.ech.generate, WRONG },
      { "bearssl.TraceOptions", bearssl.trace, stream, WRONG },
      { "bearssl.TraceText", function() assert(bearssl.trace(stream)):text(WRONG) end },
      { "bearssl.RenegotiateOptions", accepted.renegotiate, accepted, WRONG },
      { "bearssl.UpdateKeysOptions", stream.update_keys, stream, WRONG },
      { "bearssl.RequestCertificateOptions", accepted.request_certificate, accepted, WRONG },
      { "bearssl.store.HandlerOptions", store.handlers, backend, { secret = false, zzzz = 1 } },
      { "bearssl.store.KeyOptions", store.ticket_keys, backend, { secret = false, zzzz = 1 } },
      { "bearssl.transport.PairOptions", pair.new, WRONG },
      { "bearssl.request.new", bearssl.request.new, WRONG },
      { "bearssl.crl.new", bearssl.crl.new, { issuer = root, issuer_key = key, zzzz = 1 } },
      { "bearssl.ocsp.new", bearssl.ocsp.new, WRONG },
      { "bearssl.ticket_keys.new", bearssl.ticket_keys.new, WRONG },
      { "bearssl.Key.pem", function() bearssl.key.generate("p256"):pem(WRONG) end },
   }
end

local function documented(kind)
   if classes[kind] then return options_in(kind) end
   return options_in(functions[kind].options)
end

describe("the options", function()
   it("are those of doc/types, no more and no less", function()
      for _, entry in ipairs(takers()) do
         assert.same(sorted(options_of((table.unpack or unpack)(entry, 2))), sorted(documented(entry[1])), entry[1])
      end
   end)

   it("of the backends of a store are all in doc/types", function()
      local all = {}
      for _, name in ipairs { "redis", "memcached", "resty_redis" } do
         for option in pairs(options_of(require("bearssl.store." .. name).new, WRONG)) do all[option] = true end
      end
      assert.same(sorted(all), sorted(documented "bearssl.store.BackendOptions"))
   end)

   it("of bearssl.resty are those of doc/types", function()
      local terms = require "bearssl.resty.terms"
      local names = options_of(terms.settings, WRONG, false, "resty", 1)
      assert.same(sorted(names), sorted(documented "bearssl.resty.Options"))
   end)

   it("stand in doc/api.md, each in code", function()
      local missing = {}
      for _, entry in ipairs(takers()) do
         for name in pairs(options_of((table.unpack or unpack)(entry, 2))) do
            if not api:find("[`{ (]" .. name .. "`") and not api:find("[{%s,]" .. name .. " ?=[^=]") then
               missing[#missing + 1] = entry[1] .. ": " .. name
            end
         end
      end
      assert.same({}, missing)
   end)

   it("are each explained in doc/types, and codes that it names are codes", function()
      for class, entry in pairs(classes) do
         for name, text in pairs(entry.fields) do
            if class:find "Options$" or class:find "Credential$" or class:find "Text$" then
               assert.is_truthy(explanation(text), class .. ": " .. name)
            end
         end
      end
      for line in io.lines "doc/types/bearssl.lua" do
         local codes = line:match "^%-%-%-@return bearssl%.Code%? code (.*)$"
         for code in (codes or ""):gmatch '"([%w_]+)"' do assert.is_table(bearssl.codes[code], code) end
      end
   end)

   it("of a context have the same defaults in doc/types as in doc/api.md", function()
      local count = 0
      for row in api:match("\n## Contexts\n.-\n(|.-)\n\n"):gmatch "[^\n]+" do
         local names, kind = row:match "^| ([^|]*) | ([^|]*) |"
         kind = kind or ""
         local default = kind:match ", (%d+)$" or kind:match ", (true)$" or kind:match ", (false)$"
         if default then
            for name in names:gmatch "`([%w_]+)`" do
               assert.is_truthy(classes["bearssl.ContextOptions"].fields[name]:find(default, 1, true), name)
               count = count + 1
            end
         end
      end
      assert.is_true(count > 15)
   end)

   it("of a context are the rows of its table there", function()
      local rows = {}
      for row in api:match("\n## Contexts\n.-\n(|.-)\n\n"):gmatch "[^\n]+" do
         for name in (row:match "^| (.-) |" or ""):gmatch "`([%w_]+)`" do rows[name] = true end
      end
      assert.same(sorted(options_of(bearssl.context, WRONG)), sorted(rows))
   end)
end)

describe("the methods", function()
   -- class of doc/types → where the reference has it
   local SECTIONS = {
      Context = "", Connection = "Sans-I/O connections", Stream = "Streams", Certificate = "Certificates, keys",
      Key = "Certificates, keys", Trust = "Certificates, keys", Session = "Certificates, keys",
      Request = "Certificates, keys", Crl = "Certificates, keys", OcspResponse = "Certificates, keys",
      TicketKeys = "Tickets", EchKeys = "Encrypted ClientHello", EchOpener = "Encrypted ClientHello",
      Tracer = "Seeing it", ["luv.Secure"] = "Callbacks of luv", ["cqueues.Secure"] = "A socket for cqueues",
   }

   local function section(title)
      if title == "" then return api end
      local from = assert(api:find("\n##[#]? " .. title:gsub("%p", "%%%0")), title)
      return api:sub(from, (api:find("\n## ", from + 4) or 0) - 1)
   end

   it("of every class stand in its section of doc/api.md", function()
      local missing = {}
      for class, title in pairs(SECTIONS) do
         local text = section(title)
         for name in pairs(assert(methods["bearssl." .. class], class)) do
            if not text:find("%f[%w_]" .. name .. "%(") and not text:find("`" .. name .. "`", 1, true) then
               missing[#missing + 1] = class .. ":" .. name
            end
         end
      end
      table.sort(missing)
      assert.same({}, missing)
   end)

   it("that doc/api.md calls are there", function()
      local ours = {}
      for object in ("key keys stream context secure opener tracer certificate trust store"):gmatch "%w+" do
         ours[object] = true
      end
      local all = {}
      for _, names in pairs(methods) do
         for name in pairs(names) do all[name] = true end
      end
      for object, name in api:gmatch "%f[%w_]([%w_]+):([%a_]+)%(" do
         if ours[object] then assert.is_true(all[name], object .. ":" .. name) end
      end
   end)

   it("of what has a module of its own are those of doc/types", function()
      assert.same(sorted(upvalue_class(require("bearssl.luv").wrap, "luv_stream")),
         sorted(methods["bearssl.luv.Secure"]))
      assert.same(sorted(upvalue_class(require("bearssl.cqueues").wrap, "cqueues_socket")),
         sorted(methods["bearssl.cqueues.Secure"]))
      assert.same(sorted(upvalue_class(require("bearssl.resty.socket").new, "resty socket")),
         sorted(classes["bearssl.resty.Socket"].fields))
      assert.same(sorted(upvalue_class(require("bearssl.resty.session").new, "resty session")),
         sorted(classes["bearssl.resty.Session"].fields))
   end)
end)

describe("the handlers", function()
   it("are those of doc/types, and of the tables of doc/handshake.md and doc/api.md", function()
      local page = temporary.read "doc/handshake.md"
      local all, decisions = {}, {}
      for _, name in ipairs(bearssl.stages) do
         all[name] = true
         assert.is_truthy(page:find("\n| `" .. name .. "` |", 1, true), name)
      end
      for _, name in ipairs(bearssl.decisions) do
         all[name], decisions[name] = true, true
         assert.is_truthy(api:find("\n| `" .. name .. "` |", 1, true), name)
      end
      assert.same(sorted(all), sorted(classes["bearssl.Handlers"].fields))
      local told = {}
      for row in page:match "\n| decision |[^\n]*\n[^\n]*\n(.-\n)$":gmatch "[^\n]+" do
         for name in row:match("^| (.-) |"):gmatch "`([%a_]+)`" do told[name] = true end
      end
      assert.same(sorted(decisions), sorted(told))
   end)
end)

describe("the objects of bearssl.store", function()
   local function methods_of(object)
      for name in pairs(object) do assert.equal("table", type(name), name) end -- nothing of what it is made of
      assert.is_string(getmetatable(object))
      return sorted(debug.getmetatable(object).__index)
   end

   it("show their methods and nothing else", function()
      local values = {}
      local backend = { get = function(_, key) return values[key] end, set = error, add = error, delete = error }
      local keys = assert(require("bearssl.store").ticket_keys(backend, { secret = false }))
      assert.same(sorted(classes["bearssl.store.TicketKeys"].fields), methods_of(keys))
      assert.same({ "add", "delete", "get", "longest_life", "set" },
         methods_of(require("bearssl.store.memcached").new {}))
      for _, name in ipairs { "redis", "resty_redis" } do
         assert.same({ "add", "delete", "get", "set" },
            sorted(upvalue_class(require("bearssl.store." .. name).new, name .. " store")), name)
      end
      assert.same({ "add", "delete", "get", "longest_life", "set" }, sorted(classes["bearssl.store.Backend"].fields))
   end)
end)

describe("a module", function()
   local MODULES = { store = "bearssl.store", resty = "bearssl.resty", luv = "luv", cqueues = "cqueues",
      ["transport.pair"] = "bearssl.transport.pair" }

   it("of its own has what doc/types says, and doc/api.md names it", function()
      for name, class in pairs(MODULES) do
         local said = classes[class] and classes[class].fields or methods[class]
         assert.same(sorted(said), sorted(require("bearssl." .. name)), name)
         for field in pairs(said) do assert.is_truthy(api:find("[.:]" .. field .. "%("), field) end
      end
      local luasec = require "bearssl.luasec"
      for field in pairs(luasec) do assert.is_string(classes["bearssl.luasec"].fields[field], field) end
      for field in pairs(classes["bearssl.luasec"].fields) do
         assert.is_truthy(field == "on_unsafe" or luasec[field], field)
      end
   end)

   it("that a user may load is named in doc/api.md", function()
      for _, name in ipairs { "bearssl.luv", "bearssl.cqueues", "bearssl.store", "bearssl.store.redis",
         "bearssl.store.memcached", "bearssl.store.resty_redis", "bearssl.store.ngx_shared", "bearssl.resty",
         "bearssl.luasec", "bearssl.luasec.auto" } do
         assert.is_truthy(api:find('"' .. name .. '"', 1, true), name)
      end
   end)

   it("that the guides and examples load is one of these, or of the tool's", function()
      local text = shell.run "cat README.md doc/guides/*.md examples/*.lua"
      for name in text:gmatch 'require%s*%(?"(bearssl%.[%w_.]+%w)"' do
         -- the demo draws as the tool does
         if name ~= "bearssl.tool.loop" and name ~= "bearssl.tool.terminal" and name ~= "bearssl.ladder" then
            assert.is_truthy(api:find('"' .. name .. '"', 1, true), name)
         end
      end
   end)
end)
