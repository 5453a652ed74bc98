-- What README says, as it stands there: its client and server run, and so does each of the five handlers, which does
-- what its comment says.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local peer = require "spec.support.peer"
local port = require "spec.support.port"
local process = require "spec.support.process"
local pump = require "spec.support.pump"
local temporary = require "spec.support.temporary"

local LUA = os.getenv "LUA" or "lua5.4"

local function read(path)
   local file = assert(io.open(path))
   local content = file:read "*a"
   file:close()
   return content
end

-- The blocks of a section: the comment that each begins with → its text.
local function blocks_of(section)
   local text = read("README.md"):match("\n## " .. section .. "\n(.-)\n## ")
   local blocks, count = {}, 0
   for block in text:gmatch("```lua\n(.-)```") do
      blocks[block:match("^%-%- ([%w' ]*[%w'])")], count = block, count + 1
   end
   return blocks, count
end

local blocks, count = blocks_of "Handlers"

-- Runs a block where the names that it uses are known; its handlers.
local function handlers_of(task, names)
   local block = assert(blocks[task], task)
   local _, lines = block:gsub("\n", "")
   assert.is_true(lines <= 4, task)
   local environment = setmetatable({ handlers = {} }, { __index = function(_, name)
      if names[name] ~= nil then return names[name] end
      return _G[name]
   end })
   local chunk
   if setfenv then -- luacheck: ignore
      chunk = assert(loadstring(block)) -- luacheck: ignore
      setfenv(chunk, environment) -- luacheck: ignore
   else
      chunk = assert(load(block, task, "t", environment))
   end
   chunk()
   return environment.handlers
end

local function server(options, name)
   local own = certificates[name or "ec"]
   local all = { mode = "server", certfile = own.chainfile, keyfile = own.keyfile }
   for option, value in pairs(options or {}) do all[option] = value end
   return assert(bearssl.context(all))
end

local function client(options)
   local all = { cafile = certificates.ca.certfile }
   for option, value in pairs(options or {}) do all[option] = value end
   return assert(bearssl.context(all))
end

local function shake(c, s, options)
   options = options or {}
   options.server_name = options.server_name or "localhost"
   local a, b = assert(c:connection(options)), assert(s:connection())
   return a, b, pump(a, b)
end

-- README's first client, the one over a socket, and the server, with another port than theirs.
local function programs(number)
   local text, found = read "README.md", {}
   for _, section in ipairs { "A client", "A server" } do
      for block in text:match("\n## " .. section .. "\n(.-)\n## "):gmatch "```lua\n(.-)```" do
         found[#found + 1] = block:gsub("8443", number)
      end
   end
   local first, over_socket, accepting = (table.unpack or unpack)(found) -- luacheck: ignore
   -- to the server beside it, as its comment says of authorities
   first = first:gsub("local options = [^\n]*\n%-%- [^\n]*: (options = )", "local %1")
      :gsub('"example.org", 443', ('"localhost", %d'):format(number))
   return first, first .. over_socket, accepting
end

describe("README's client and server", function()
   after_each(process.stop_all)

   it("are whole programs, which speak with each other", function()
      local directory = temporary.make_directory()
      for name, path in pairs { ["server.pem"] = certificates.ec.chainfile, ["server.key"] = certificates.ec.keyfile,
         ["ca.pem"] = certificates.ca.certfile } do
         temporary.write(temporary.read(path), nil, directory .. "/" .. name)
      end
      local number = port.free()
      local first, second, accepting = programs(number)
      local function start(text)
         return process.start({ LUA, temporary.write(text, ".lua") }, { directory = directory })
      end
      peer.ready(start(accepting), number)
      local child = start(first)
      assert.equal(0, child:wait(20), child:told())
      assert.equal("you said: GET / HTTP/1.0\n", (child:output():gsub("\n\n$", "\n")))
      child = start(second)
      assert.equal(0, child:wait(20), child:told())
   end)
end)

describe("README's handlers", function()
   it("are five", function() assert.equal(5, count) end)

   it("watch names", function()
      local printed
      local handlers = handlers_of("watch which names are asked for", { print = function(name) printed = name end })
      local a = shake(client(), server { handlers = handlers })
      assert.is_true(a:info "established")
      assert.equal("localhost", printed)
   end)

   it("choose a certificate by name", function()
      local contexts = { ["beta.example"] = server({}, "beta") }
      local handlers = handlers_of("a certificate by name", { contexts = contexts })
      local s = server { handlers = handlers }
      assert.is_true(shake(client(), s, { server_name = "beta.example" }):info "peer_verified")
      assert.is_true(shake(client(), s):info "peer_verified")
   end)

   it("pin a key", function()
      local function code(name, known)
         local pin = assert(bearssl.certificate.load(certificates[name].chain))[1]:pin()
         local handlers = handlers_of("pin a key", { pins = known and { [pin] = true } or {} })
         local _, _, result = shake(client { handlers = handlers }, server({}, name))
         return result.client.code
      end
      assert.is_nil(code("ec", true))
      assert.equal("certificate_refused", code("ec", false))
      assert.equal("certificate_expired", code("expired", true))
   end)

   it("sign elsewhere", function()
      local key = assert(bearssl.key.load(certificates.ec.key))
      local handlers = handlers_of("the private key lives elsewhere", { key_server = function(scheme, message)
         local digest = require("spec.support.hash").raw("sha256", message)
         return key:sign(scheme, digest)
      end })
      local s = assert(bearssl.context { mode = "server", certfile = certificates.ec.chainfile, key = "external",
         handlers = handlers })
      assert.is_true(shake(client(), s):info "peer_verified")
   end)

   it("keep sessions", function()
      local store = {}
      local handlers = handlers_of("a server's sessions in a store of one's own", { store = store })
      local c = client()
      for index = 1, 2 do -- each server is another process
         local a = shake(c, server { handlers = handlers, session_cache = 0 })
         assert.equal(index == 2, a:info "resumed")
      end
   end)
end)
