-- Sessions of clients that resume by themselves: kept by server name in the context's cache, or by handlers.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local peer = require "spec.support.peer"
local ours = require "spec.support.ours"
local pump = require "spec.support.pump"

local FILES = { certfile = certificates.ec.chainfile, keyfile = certificates.ec.keyfile }

local function client(version, options)
   local all = { max_version = version, cafile = certificates.ca.certfile }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(bearssl.context(all))
end

local function server(options)
   local all = { mode = "server", certfile = FILES.certfile, keyfile = FILES.keyfile }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(bearssl.context(all))
end

local function connect(c, s, options)
   local all = { server_name = "localhost" }
   for name, value in pairs(options or {}) do all[name] = value end
   local a, b = assert(c:connection(all)), assert(s:connection())
   return a, b, pump(a, b)
end

local function resumes(c, s, options)
   local a, b, result = connect(c, s, options)
   assert.is_true(a:info "established", result.client.message)
   assert.equal(a:info "resumed", b:info "resumed")
   return a:info "resumed"
end

for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
   describe("a client's context of " .. version, function()
      it("resumes by itself, again and again", function()
         -- without tickets TLS 1.2 has session IDs
         for _, tickets in ipairs(version == "TLSv1.2" and { true, false } or { true }) do
            local c, s = client(version), server { tickets = tickets }
            assert.is_false(resumes(c, s))
            for _ = 1, 5 do assert.is_true(resumes(c, s)) end
         end
      end)

      it("resumes only to the server of that name, and not without one", function()
         local c, s = client(version, { verify = "none" }), server()
         assert.is_false(resumes(c, s))
         assert.is_false(resumes(c, s, { server_name = "other.example" }))
         assert.is_true(resumes(c, s, { server_name = "localhost." }))
         assert.is_true(resumes(c, s, { server_name = "LocalHost" }))
         assert.is_false(resumes(c, s, { server_name = false }))
         assert.is_false(resumes(c, s, { server_name = false }))
         assert.is_false(resumes(c, s, { server_name = "127.0.0.1" }))
         assert.is_true(resumes(c, s, { server_name = "127.0.0.1" }))
      end)

      it("resumes nothing where it is told so, or where there is no cache", function()
         local c, s = client(version), server()
         assert.is_false(resumes(c, s))
         assert.is_false(resumes(c, s, { session = false }))
         assert.is_true(resumes(c, s))
         c:flush_sessions()
         assert.equal(0, c:info().sessions)
         assert.is_false(resumes(c, s))
         c = client(version, { session_cache = 0 })
         assert.is_false(resumes(c, s))
         assert.is_false(resumes(c, s))
         assert.equal(0, c:info().sessions)
         assert.equal(100, client(version):info().session_cache)
      end)

      it("takes the session that it is given, and no other in its place", function()
         local c, s = client(version), server()
         local a = connect(c, s)
         local given = assert(a:session())
         assert.is_true(resumes(c, s, { session = given }))
         assert.is_false(resumes(c, server(), { session = given }))
         -- one that does not fit
         a = connect(client(version, { alpn = { "x" } }), server { alpn = { "x" } })
         assert.is_false(resumes(c, s, { session = assert(a:session()) }))
      end)

      it("resumes only under the rules that the peer was judged by", function()
         local c, s = client(version), server { ticket_count = 1 }
         assert.is_false(resumes(c, s))
         assert.is_false(resumes(c, s, { verify = "none" }))
         assert.is_false(resumes(c, s, { pins = { bearssl.certificate.open(FILES.certfile)[1]:pin() } }))
         assert.is_true(resumes(c, s))
         assert.is_true(resumes(c, s, { verify = "none" }))
      end)

      it("resumes nothing by itself where a handler has a say in who is who", function()
         local own = certificates.client_ec
         local s = server { verify = "optional", cafile = certificates.ca.certfile }
         local c = client(version, { certificate = own.chain, key = own.key })
         for _, handlers in ipairs { { verify = function() end }, { client_certificate = function() end } } do
            assert.is_false(resumes(c, s, { handlers = handlers }))
            assert.is_false(resumes(c, s, { handlers = handlers }))
            assert.equal(0, c:info().sessions)
         end
         assert.is_false(resumes(c, s))
         assert.is_true(resumes(c, s))
         assert.is_false(resumes(c, s, { handlers = { client_certificate = function() return false end } }))
         local ok, message = pcall(client, version, { session_cache = 5, handlers = { verify = function() end } })
         assert.is_false(ok)
         assert.matches("'session_cache' is of no use with a 'verify' handler", message)
         assert.equal(0, client(version, { handlers = { verify = function() end } }):info().session_cache)
      end)

      it("offers what the connection's own versions allow, and wastes nothing else", function()
         local c, s = client(nil, { min_version = "TLSv1.2" }), server { ticket_count = 1 }
         for _, limits in ipairs { { max_version = "TLSv1.2" }, { min_version = "TLSv1.3" } } do
            assert.is_false(resumes(c, s, limits))
         end
         for _ = 1, 2 do
            assert.is_true(resumes(c, s, { max_version = "TLSv1.2" }))
            assert.is_true(resumes(c, s, { min_version = "TLSv1.3" }))
            assert.is_true(resumes(c, s))
         end
      end)

      it("forgets what a server gave whose connection fails", function()
         local c, s = client(version), server()
         local a, b = connect(c, s)
         assert.is_true(c:info().sessions > 0)
         assert(b:write "x")
         local bytes = b:drain()
         a:feed(bytes:sub(1, -2) .. string.char((bytes:byte(-1) + 1) % 256))
         assert.equal("bad_record_mac", select(3, a:step()))
         assert.equal(0, c:info().sessions)
         assert.is_false(resumes(c, s))
      end)

      it("goes on when its server has forgotten", function()
         local c = client(version)
         assert.is_false(resumes(c, server()))
         assert.is_false(resumes(c, server()))
         local s = server()
         assert.is_false(resumes(c, s))
         assert.is_true(resumes(c, s))
      end)

      it("keeps nothing of a handshake that failed", function()
         local c = assert(bearssl.context { max_version = version, trust = certificates.other_ca.certificate })
         local _, _, result = connect(c, server())
         assert.equal("unknown_ca", result.client.code)
         assert.equal(0, c:info().sessions)
      end)

      it("keeps so many names, those used last", function()
         local c, s = client(version, { session_cache = 2, verify = "none" }), server()
         local function to(name) return resumes(c, s, { server_name = name .. ".example" }) end
         assert.is_false(to "a")
         assert.is_false(to "b")
         assert.is_true(to "a")
         assert.is_false(to "c") -- and b is out
         assert.is_true(to "a")
         assert.is_false(to "b")
         assert.is_false(to "c")
      end)
   end)
end

describe("tickets of TLS 1.3 in a client's cache", function()
   it("are used once, and four are kept", function()
      local c, s = client "TLSv1.3", server { ticket_count = 6 }
      connect(c, s)
      assert.equal(4, c:info().sessions)
      -- four connections at once, each with one of its own
      local used, seen = {}, {}
      for index = 1, 5 do
         used[index] = { assert(c:connection { server_name = "localhost" }), assert(s:connection { handlers = {
            client_hello = function(_, hello) seen[index] = hello.psk_offered and hello.raw or nil end } }) }
         used[index][1]:step()
      end
      for _, pair in ipairs(used) do pump(pair[1], pair[2]) end
      for index = 1, 4 do assert.is_true(used[index][1]:info "resumed") end
      assert.is_false(used[5][1]:info "resumed")
      assert.is_nil(seen[5])
      assert.equal(4, c:info().sessions)
   end)
end)

describe("a store of a client's own", function()
   for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
      it("is asked before ClientHello, and told by name, in " .. version, function()
         local store, asked = {}, {}
         local handlers = {
            session_store = function(_, question)
               store[question.server_name] = question.session:export()
            end,
            session_load = function(_, question)
               asked[#asked + 1] = question
               return store[question.server_name]
            end,
         }
         local s = server()
         for index = 1, 3 do
            -- each is another process
            assert.equal(index > 1, resumes(client(version, { handlers = handlers }), s))
         end
         assert.equal(3, #asked)
         assert.same({ server_name = "localhost", early_data = false }, asked[1])
         assert.is_false(resumes(client(version, { handlers = handlers }), s, { session = false }))
         assert.equal(3, #asked)
         store.localhost = "nonsense"
         assert.is_false(resumes(client(version, { handlers = handlers }), s))
      end)
   end

   it("may be a server's at the same time", function()
      local store = {}
      local handlers = {
         session_store = function(_, question)
            local key = question.session:info().mode == "client" and question.server_name or question.session_id
            store[key] = question.session:export()
         end,
         session_load = function(_, question) return store[question.session_id or question.server_name] end,
      }
      local s = server { handlers = handlers, session_cache = 0 }
      assert.is_false(resumes(client("TLSv1.3", { handlers = handlers }), s))
      assert.is_true(resumes(client("TLSv1.3", { handlers = handlers }),
         server { handlers = handlers, session_cache = 0 }))
   end)
end)

describe("a client that resumes by itself", function()
   after_each(ours.close_all)

   for _, kind in ipairs { "openssl", "gnutls" } do
      it("does so with a server of " .. kind, function()
         local listener = peer[kind .. "_server"] { certificate = certificates.ec }
         local context = ours.client_context {}
         for index = 1, 3 do
            local stream = assert(ours.connect(listener.port, context))
            assert(stream:send "line\n")
            assert.truthy(stream:receive "*l")
            assert.equal(index > 1, stream:info "resumed")
            stream:close()
         end
      end)
   end
end)
