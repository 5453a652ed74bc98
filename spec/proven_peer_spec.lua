-- Who info(), sessions and tickets name: only who has proven it, in every version, on both sides. Late authentications:
-- late_authentication_spec.lua; hostile peers of TLS 1.3: spec/core/tls13/hostile13_late_test.c.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pump = require "spec.support.pump"

local OWN = certificates.client_ec
local OFF = {} -- stands for false, where false takes an option out
-- A signature that is well formed and wrong.
local FORGED = "\48\6\2\1\1\2\1\1"

local function set(all, name, value)
   if value == false then value = nil elseif value == OFF then value = false end
   all[name] = value
end

local function client(version, options)
   local all = {
      max_version = version, cafile = certificates.ca.certfile, certfile = OWN.chainfile, keyfile = OWN.keyfile,
   }
   for name, value in pairs(options or {}) do set(all, name, value) end
   return assert(bearssl.context(all))
end

local function server(options)
   local all = {
      mode = "server", cafile = certificates.ca.certfile, verify = "required",
      certfile = certificates.ec.chainfile, keyfile = certificates.ec.keyfile,
   }
   for name, value in pairs(options or {}) do set(all, name, value) end
   return assert(bearssl.context(all))
end

-- Handlers of every stage that note who is named in it: "nobody" or "somebody" behind the stage's name.
local function watcher(log)
   local handlers = {}
   for _, stage in ipairs(bearssl.stages) do
      handlers[stage] = function(connection, message)
         local info = connection:info()
         local named = info.peer_verified or #info.peer_certificates > 0 or #info.peer_path > 0 or info.psk or info.psk_identity
            or info.signature_algorithm or info.ocsp_response
            or message.direction == "received" and connection:session()
         log[#log + 1] = { stage = stage, direction = message.direction, named = named and true or false }
      end
   end
   return handlers
end

-- Before the peer's Finished was right nobody is named, and at the end somebody is. (Up to TLS 1.2 the stage `finished`
-- comes before it is checked, in TLS 1.3 behind that.)
local function check(log, what)
   local finished, established = false, false
   for _, entry in ipairs(log) do
      if entry.stage == "finished" and entry.direction == "received" then finished = true end
      if entry.stage == "established" then established = true end
      local where = ("%s: %s %s"):format(what, tostring(entry.direction), entry.stage)
      if not finished then assert.is_false(entry.named, where) end
      if established then assert.is_true(entry.named, where) end
   end
   assert.is_true(finished and established, what)
end

local function shake(c, s, options, tamper)
   options = options or {}
   options.server_name = "localhost"
   local mine, theirs = {}, {}
   options.handlers = watcher(mine)
   local a, b = assert(c:connection(options)), assert(s:connection { handlers = watcher(theirs) })
   return a, b, pump(a, b, { tamper = tamper }), mine, theirs
end

-- verdict: what was found wrong with the chain; nil where nothing was.
local function names_nobody(connection, verdict)
   local info = connection:info()
   assert.is_false(info.peer_verified)
   assert.same({}, info.peer_certificates)
   assert.same({}, info.peer_path)
   assert.is_nil(info.psk_identity)
   assert.is_nil(info.signature_algorithm)
   assert.is_false(info.resumable)
   assert.is_nil(connection:session())
   assert.is_false(info.peer_accepted)
   assert.equal(verdict, info.verdict)
end

for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
   describe("a handshake of " .. version, function()
      it("names the peers when they have proven who they are", function()
         local c, s = client(version), server()
         local a, b, result, mine, theirs = shake(c, s)
         assert.is_true(a:info "established" and b:info "established", result.client.message or result.server.message)
         check(mine, "client")
         check(theirs, "server")
         assert.equal(OWN.certificate, b:info("peer_certificates")[1]:pem())
         -- and so does a resumed one
         a, b, result, mine, theirs = shake(c, s, { session = assert(a:session()) })
         assert.is_true(a:info "resumed" and b:info "resumed", result.client.message or result.server.message)
         check(mine, "client, resumed")
         check(theirs, "server, resumed")
         assert.is_true(b:info "peer_verified")
      end)

      it("that fails for a client without the private key names nobody", function()
         local chain = assert(bearssl.certificate.open(OWN.chainfile))
         local asked = 0
         local thief = client(version, { certificate = chain, key = bearssl.key.external(chain[1]), certfile = false,
            keyfile = false, handlers = { sign = function()
               asked = asked + 1
               return FORGED
            end } })
         local _, b, result = shake(thief, server())
         assert.equal(1, asked)
         assert.equal("bad_signature", result.server.code)
         names_nobody(b)
      end)

      it("that fails for a server without the private key names nobody", function()
         local chain = assert(bearssl.certificate.open(certificates.ec.chainfile))
         local thief = server { certificate = chain, key = bearssl.key.external(chain[1]), certfile = false,
            keyfile = false, handlers = { sign = function() return FORGED end } }
         local a, b, result = shake(client(version), thief)
         assert.equal("bad_signature", result.client.code)
         names_nobody(a)
         names_nobody(b)
      end)

      it("that fails because the chain is bad has the verdict on it", function()
         local a, _, result = shake(client(version, { handlers = {
            verify = function() return nil, "access_denied" end,
         } }), server())
         assert.is_nil(result.client.status)
         names_nobody(a)
         local stranger = certificates.client_untrusted
         local _, b
         _, b, result = shake(client(version, { certfile = stranger.certfile, keyfile = stranger.keyfile }), server())
         assert.equal("unknown_ca", result.server.code)
         names_nobody(b, "unknown_ca")
      end)

      it("that is given up names nobody", function()
         local a = assert(client(version):connection { server_name = "localhost" })
         local b = assert(server():connection())
         a:step()
         b:feed(a:drain())
         b:step()
         names_nobody(b)
         b:close()
         names_nobody(b)
         b:release()
         names_nobody(b)
      end)
   end)
end

describe("a wrong Finished of TLS 1.2", function()
   -- Without the extended master secret a hello that was changed on the way gives the same keys and other Finished.
   local marker = { { id = 0x4D4D, raw = "marker" } }
   local function change(bytes) return (bytes:gsub("marker", "MARKER")) end

   it("of a client names nobody", function()
      local function damage(bytes, from, records)
         if from == "client" and #records > 1 and records[#records - 1].type == 20 then
            return bytes:sub(1, -2) .. string.char((bytes:byte(-1) + 1) % 256)
         end
         return bytes
      end
      local _, b, result, _, theirs = shake(client("TLSv1.2"), server(), nil, damage)
      assert.equal("bad_record_mac", result.server.code)
      names_nobody(b)
      assert.is_nil(b:info "client_verify_data")
      for _, entry in ipairs(theirs) do assert.is_false(entry.named, entry.stage) end
   end)

   it("of a server that resumes names nobody", function()
      local c, s = client("TLSv1.2", { extensions = marker, extended_master_secret = OFF }), server()
      local a = shake(c, s)
      local session = assert(a:session())
      local mine, result, _
      a, _, result, mine = shake(c, s, { session = session }, change)
      assert.equal("bad_finished", result.client.code)
      assert.is_true(a:info "resumed")
      names_nobody(a)
      assert.is_nil(a:info "server_verify_data")
      for _, entry in ipairs(mine) do assert.is_false(entry.named, entry.stage) end
   end)
end)

describe("an external pre-shared key", function()
   local function psk(key) return { psk = function() return { identity = "someone", key = key } end } end

   it("names its holder when Finished has proven it", function()
      local key = ("k"):rep(32)
      local c = client("TLSv1.3", { certfile = false, keyfile = false })
      local s = server { verify = "none" }
      local log, theirs = {}, {}
      local mine_handlers, their_handlers = watcher(log), watcher(theirs)
      mine_handlers.psk, their_handlers.psk = psk(key).psk, psk(key).psk
      local a = assert(c:connection { server_name = "localhost", handlers = mine_handlers })
      local b = assert(s:connection { handlers = their_handlers })
      local result = pump(a, b)
      assert.equal("someone", b:info "psk_identity", result.server.message)
      check(log, "client")
      check(theirs, "server")
   end)

   it("names nobody after a handshake that failed", function()
      local key = ("k"):rep(32)
      local c = client("TLSv1.3", { certfile = false, keyfile = false })
      local handlers = psk(key)
      handlers.finished = function(_, message)
         if message.direction == "received" then return nil, "access_denied" end
      end
      local a = assert(c:connection { server_name = "localhost", handlers = psk(key) })
      local b = assert(server { verify = "none" }:connection { handlers = handlers })
      local result = pump(a, b)
      assert.is_nil(result.server.status)
      names_nobody(b)
      assert.is_false(b:info "psk")
   end)
end)

describe("a renegotiation that fails", function()
   local function pair_of(handlers)
      local c, s = client("TLSv1.2", { renegotiation = true, handlers = handlers.client }),
         server { renegotiation = true, handlers = handlers.server }
      local a, b = assert(c:connection { server_name = "localhost" }), assert(s:connection())
      local result = pump(a, b)
      assert.is_true(b:info "peer_verified", result.server.message)
      assert.is_not_nil(b:session() or a:session())
      return a, b
   end

   it("names nobody any more", function()
      local refuse = false
      local a, b = pair_of { server = { verify = function()
         if refuse then return nil, "access_denied" end
      end } }
      refuse = true
      assert.is_true(b:renegotiate { verify = "required" })
      local result = pump(a, b)
      assert.is_nil(result.server.status)
      names_nobody(b)
      assert.is_true(b:info "established")
      names_nobody(a)
   end)

   it("takes nothing back when it is refused or the connection closed", function()
      local a, b = pair_of {}
      assert.is_true(a:renegotiate())
      a:step()
      a:close()
      assert.is_true(a:info "peer_verified")
      a:release()
      assert.is_true(a:info "peer_verified")
      assert.is_true(b:info "peer_verified")
   end)
end)

describe("early data", function()
   it("of a known client is not said to be the client's before the end", function()
      local c, s = client("TLSv1.3"), server { max_early_data = 1000 }
      local a = shake(c, s)
      local seen = {}
      local b = assert(s:connection { handlers = { early_data = function(connection, question)
         seen.asked = connection:info "peer_verified"
         seen.session = question.session:info().peer_verified
      end } })
      a = assert(c:connection { server_name = "localhost", session = assert(a:session()), early_data = "first" })
      a:step()
      b:feed(a:drain())
      assert.equal("early_data", (b:step()))
      assert.equal("first", b:read_early())
      assert.is_false(b:info "peer_verified")
      assert.same({}, b:info "peer_certificates")
      assert.same({ asked = false, session = true }, seen)
      pump(a, b)
      assert.equal("accepted", b:info "early_data")
      assert.is_true(b:info "peer_verified")
   end)
end)
