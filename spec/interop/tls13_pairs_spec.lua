-- TLS 1.3 with OpenSSL and GnuTLS, in both directions: suites, groups, kinds of certificates and the turns that a
-- connection can take, combined so that any two of them meet.
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local ours = require "spec.support.ours"
local peers13 = require "spec.support.peers13"
local process = require "spec.support.process"
local temporary = require "spec.support.temporary"

local LINE, EARLY = "Hello, world", "the early bird"

local CERTIFICATES = { "rsa", "ec", "ec384", "ec521", "rsa_pss" }

-- By which scheme each kind of key signs first.
local SCHEMES = {
   rsa = "rsa_pss_rsae_sha256",
   ec = "ecdsa_secp256r1_sha256",
   ec384 = "ecdsa_secp384r1_sha384",
   ec521 = "ecdsa_secp521r1_sha512",
   rsa_pss = "rsa_pss_pss_sha256",
}

local SCENARIOS = {
   "full", "retry", "resumed", "early data accepted", "early data rejected", "mutual", "authenticated later",
   "keys updated",
}

-- rows are the combinations: a scenario and a group give the two others. Modulo 5, each of the four numbers and any
-- two of them take all values.
local rows = {}
for scenario = 1, #SCENARIOS do
   for group = 1, #peers13.groups do
      rows[#rows + 1] = {
         scenario = SCENARIOS[scenario],
         group = peers13.groups[group],
         suite = peers13.suites[(scenario + group) % #peers13.suites + 1],
         certificate = CERTIFICATES[(scenario + 2 * group) % #CERTIFICATES + 1],
      }
   end
end

describe("the combinations", function()
   it("hold every pair", function()
      local lists = { suite = peers13.suites, group = peers13.groups, certificate = CERTIFICATES, scenario = SCENARIOS }
      for one, ones in pairs(lists) do
         for other, others in pairs(lists) do
            local met, count = {}, 0
            for _, row in ipairs(rows) do
               local pair = tostring(row[one]) .. " and " .. tostring(row[other])
               if not met[pair] then count = count + 1 end
               met[pair] = true
            end
            assert.equal(one == other and #ones or #ones * #others, count, one .. " and " .. other)
         end
      end
   end)
end)

-- A group for which a share is sent in vain.
local function another(group)
   return group == "x25519" and "secp256r1" or "x25519"
end

-- Under valgrind every scenario is run once for each peer and direction.
local function title_of(row)
   return ("%s: %s, %s, %s%s"):format(row.scenario, row.suite.name, row.group, row.certificate,
      row.group == "x25519" and "" or " #slow")
end

local function client_certificate(row)
   return certificates["client_" .. row.certificate]
end

-- listen_until reads until the peer has done something that is no data. OpenSSL takes a command for nothing else only
-- when it reads it alone, so nothing may be written to it meanwhile.
local function listen_until(stream, done)
   stream:settimeout(0.01)
   local is_done = process.until_true(10, function()
      local line, message = stream:receive("*l")
      assert.is_nil(line)
      assert.equal("timeout", message)
      return done()
   end)
   stream:settimeout(10)
   assert.is_true(is_done)
end

local function await_updates(stream, count)
   listen_until(stream, function() return stream:info("key_updates_received") == count end)
end

-- What must hold of either side's information.
local function check(row, info, resumed)
   assert.equal("TLSv1.3", info.version)
   assert.equal(row.suite.name, info.cipher_suite)
   assert.equal(row.group, info.group)
   assert.equal(resumed, info.resumed)
   assert.equal(resumed, info.psk)
end

for _, kind in ipairs(peers13.kinds) do
   describe("our client and a server of " .. kind .. ":", function()
      after_each(ours.close_all)

      local count = 0

      -- An OpenSSL server that takes commands does not send lines back: its input does. No two lines are the same, so
      -- that it has read all that was sent when it shows one.
      local function talk(stream, server, line)
         count = count + 1
         line = line .. " " .. count
         assert(stream:send(line .. "\n"))
         if server.input then
            server:wait_for(line .. "\n")
            server:write(line .. "\n")
            assert.equal(line, (stream:receive("*l")))
         else
            assert.equal(peers13.answer(kind, line), (stream:receive("*l")))
         end
      end

      local function start(row, options)
         options = options or {}
         options.certificate = certificates[row.certificate]
         options.suite, options.groups, options.cafile = row.suite, { row.group }, certificates.ca.certfile
         return peers13.server(kind, options)
      end

      local function context_of(row, options)
         options = options or {}
         options.suites, options.min_version = { row.suite.name }, "TLSv1.3"
         options.groups = options.groups or { row.group }
         return ours.client_context(options)
      end

      -- first makes a full handshake, talks, and gives the session.
      local function first(row, server, context)
         local stream = assert(ours.connect(server.port, context))
         talk(stream, server, LINE)
         local info, session = stream:info(), stream:session()
         check(row, info, false)
         assert.equal(SCHEMES[row.certificate], info.signature_algorithm)
         assert.is_true(info.peer_verified)
         stream:close()
         assert.is_true(session:resumable())
         return session, info
      end

      local run = {}

      run["full"] = function(row)
         local server = start(row)
         local _, info = first(row, server, context_of(row))
         assert.is_false(info.hello_retry)
         return server
      end

      run["retry"] = function(row)
         local server = start(row)
         local _, info = first(row, server, context_of(row, { groups = { another(row.group), row.group } }))
         assert.is_true(info.hello_retry)
         return server
      end

      run["resumed"] = function(row)
         local server, context = start(row), context_of(row)
         local session = first(row, server, context)
         local stream = assert(ours.connect(server.port, context, { session = session }))
         talk(stream, server, LINE)
         check(row, stream:info(), true)
         assert.is_nil(stream:info("signature_algorithm"))
         assert.is_true(stream:info("peer_verified"))
         return server
      end

      run["early data accepted"] = function(row)
         local server, context = start(row, { early_data = 10000 }), context_of(row)
         local session = first(row, server, context)
         assert.equal(10000, session:info().max_early_data)
         local stream = assert(ours.connect(server.port, context, { session = session, early_data = EARLY .. "\n" }))
         talk(stream, server, LINE)
         check(row, stream:info(), true)
         assert.equal("accepted", stream:info("early_data"))
         assert.equal(#EARLY + 1, stream:info("early_data_length"))
         -- gnutls-serv reads it and tells nobody
         if kind == "openssl" then server:wait_for(EARLY) end
         return server
      end

      -- An OpenSSL server rejects it because it must ask for another share (RFC 8446 section 4.2.10); its protection
      -- against replays would spend the session in the first of both hellos. gnutls-serv cannot do both, not with
      -- gnutls-cli either: it rejects what comes under the ticket of another process.
      run["early data rejected"] = function(row)
         local openssl = kind == "openssl"
         local server = start(row, { early_data = 10000, arguments = openssl and { "-no_anti_replay" } or nil })
         local context = context_of(row, openssl and { groups = { another(row.group), row.group } } or nil)
         local session = first(row, server, context)
         if not openssl then
            server:stop()
            server = start(row, { early_data = 10000 })
         end
         local stream = assert(ours.connect(server.port, context, {
            session = session, early_data = EARLY .. "\n", early_data_resend = true,
         }))
         assert.equal("rejected", stream:info("early_data"))
         assert.equal(openssl, stream:info("hello_retry"))
         -- and gets it afterwards, without another word
         server:wait_for(EARLY)
         if not openssl then assert.equal(EARLY, (stream:receive("*l"))) end
         talk(stream, server, LINE)
         check(row, stream:info(), openssl)
         return server
      end

      run["mutual"] = function(row)
         local server, own = start(row, { client = "require" }), client_certificate(row)
         local _, info = first(row, server, context_of(row, { certfile = own.chainfile, keyfile = own.keyfile }))
         assert.equal(own.certificate, info.local_certificates[1]:pem())
         assert.equal(SCHEMES[row.certificate], info.local_signature_algorithm)
         return server
      end

      run["authenticated later"] = function(row)
         local server, own = start(row, { client = "later" }), client_certificate(row)
         local stream = assert(ours.connect(server.port, context_of(row, {
            post_handshake_auth = true, certfile = own.chainfile, keyfile = own.keyfile,
         })))
         talk(stream, server, LINE)
         assert.same({}, stream:info("local_certificates") or {})
         if kind == "openssl" then
            server:write("c\n")
            listen_until(stream, function() return #stream:info("local_certificates") > 0 end)
            talk(stream, server, "after it")
            server:wait_for("CN = client")
         else
            assert(stream:send("**REAUTH**\n"))
            assert.equal("Successfully executed command", (stream:receive("*l")))
            talk(stream, server, LINE)
            assert.is_nil(server:output():find("reauth: ", 1, true), server:output())
         end
         check(row, stream:info(), false)
         assert.equal(own.certificate, stream:info("local_certificates")[1]:pem())
         assert.equal(SCHEMES[row.certificate], stream:info("local_signature_algorithm"))
         return server
      end

      run["keys updated"] = function(row)
         local server = start(row, { mode = "commands" })
         local stream = assert(ours.connect(server.port, context_of(row)))
         talk(stream, server, LINE)
         assert(stream:update_keys())
         talk(stream, server, LINE)
         assert.equal(1, stream:info("key_updates_sent"))
         assert.equal(0, stream:info("key_updates_received"))
         assert(stream:update_keys { request = true })
         talk(stream, server, LINE)
         assert.equal(2, stream:info("key_updates_sent"))
         assert.equal(1, stream:info("key_updates_received"))
         if kind == "openssl" then -- gnutls-serv begins none by itself
            server:write(peers13.update.openssl.both)
            await_updates(stream, 2)
            talk(stream, server, LINE)
            assert.equal(3, stream:info("key_updates_sent"))
            assert.equal(2, stream:info("key_updates_received"))
            server:write(peers13.update.openssl.alone)
            await_updates(stream, 3)
            talk(stream, server, LINE)
            assert.equal(3, stream:info("key_updates_sent"))
            assert.equal(3, stream:info("key_updates_received"))
         end
         check(row, stream:info(), false)
         return server
      end

      for _, row in ipairs(rows) do
         it(title_of(row), function() run[row.scenario](row):stop() end)
      end
   end)

   cases.describe("a client of " .. kind .. " and our server:", function(listener)
      after_each(ours.close_all)

      local answer = cases.answer

      local function start(row, options)
         options = options or {}
         options.port, options.cafile = listener.port, certificates.ca.certfile
         options.suite, options.groups = row.suite, options.groups or { row.group }
         return peers13.client(kind, options)
      end

      local function context_of(row, options)
         options = options or {}
         options.suites, options.groups, options.min_version = { row.suite.name }, { row.group }, "TLSv1.3"
         return ours.server_context(certificates[row.certificate], options)
      end

      local function finish(stream, client)
         local info = stream:info()
         stream:close()
         client:close_input()
         assert.equal(0, client:wait(), client:output())
         return info
      end

      local function full(row, context, options)
         local client = start(row, options)
         local stream = assert(listener:accept(context))
         answer(stream, client)
         local info = finish(stream, client)
         check(row, info, false)
         assert.equal(SCHEMES[row.certificate], info.local_signature_algorithm)
         return info
      end

      -- twice accepts a client that comes back with its session: the second stream, before anything was read, and the
      -- client. OpenSSL keeps the session in a file; GnuTLS connects twice by itself.
      local function twice(row, context, options)
         options = options or {}
         if kind == "openssl" then
            local file, early = temporary.path(".session"), options.early_data
            options.arguments, options.early_data = { "-sess_out", file }, nil
            full(row, context, options)
            options.arguments, options.early_data = { "-sess_in", file }, early
            local client = start(row, options)
            return assert(listener:accept(context)), client
         end
         options.arguments = { "--resume", "--waitresumption" }
         local client = start(row, options)
         local stream = assert(listener:accept(context))
         assert.is_nil((stream:receive("*l")))
         check(row, stream:info(), false)
         stream:close()
         return assert(listener:accept(context)), client
      end

      local run = {}

      run["full"] = function(row)
         assert.is_false(full(row, context_of(row)).hello_retry)
      end

      run["retry"] = function(row)
         assert.is_true(full(row, context_of(row), { groups = { another(row.group), row.group } }).hello_retry)
      end

      run["resumed"] = function(row)
         local stream, client = twice(row, context_of(row))
         answer(stream, client)
         check(row, finish(stream, client), true)
         assert.truthy(client:output():find(kind == "openssl" and "\nReused, TLSv1.3" or "This is a resumed session"),
            client:output())
      end

      run["early data accepted"] = function(row)
         local context = context_of(row, { max_early_data = 10000 })
         local stream, client = twice(row, context, { early_data = temporary.write(EARLY .. "\n") })
         assert.equal("accepted", stream:info("early_data"))
         assert.equal(EARLY, (stream:receive("*l")))
         answer(stream, client)
         local info = finish(stream, client)
         check(row, info, true)
         assert.equal(#EARLY + 1, info.early_data_length)
         if kind == "openssl" then
            assert.truthy(client:output():find("Early data was accepted", 1, true), client:output())
         end
      end

      run["early data rejected"] = function(row)
         local asked = 0
         local context = context_of(row, { max_early_data = 10000, handlers = {
            early_data = function()
               asked = asked + 1
               return false
            end,
         } })
         local stream, client = twice(row, context, { early_data = temporary.write(EARLY .. "\n") })
         assert.equal("rejected", stream:info("early_data"))
         answer(stream, client)
         check(row, finish(stream, client), true)
         assert.equal(1, asked)
         if kind == "openssl" then
            assert.truthy(client:output():find("Early data was rejected", 1, true), client:output())
         end
      end

      run["mutual"] = function(row)
         local own = client_certificate(row)
         local context = context_of(row, { verify = "required", cafile = certificates.ca.certfile })
         local info = full(row, context, { certificate = own })
         assert.is_true(info.peer_verified)
         assert.equal(own.certificate, info.peer_certificates[1]:pem())
         assert.equal(SCHEMES[row.certificate], info.signature_algorithm)
      end

      run["authenticated later"] = function(row)
         local own = client_certificate(row)
         local client = start(row, { later = true, certificate = own })
         local stream = assert(listener:accept(context_of(row, { cafile = certificates.ca.certfile })))
         assert.is_true(stream:info("post_handshake_auth"))
         answer(stream, client)
         assert.is_false(stream:info("peer_verified"))
         assert(stream:request_certificate())
         assert(stream:send("a line that makes the client read\n"))
         client:wait_for("makes the client read")
         answer(stream, client)
         local info = finish(stream, client)
         check(row, info, false)
         assert.is_true(info.peer_verified)
         assert.equal(own.certificate, info.peer_certificates[1]:pem())
         assert.equal(SCHEMES[row.certificate], info.signature_algorithm)
      end

      run["keys updated"] = function(row)
         local client = start(row, { commands = true })
         local stream = assert(listener:accept(context_of(row)))
         answer(stream, client)
         client:write(peers13.update[kind].alone)
         await_updates(stream, 1)
         answer(stream, client)
         assert.equal(0, stream:info("key_updates_sent"))
         assert.equal(1, stream:info("key_updates_received"))
         client:write(peers13.update[kind].both)
         await_updates(stream, 2)
         answer(stream, client)
         assert.equal(1, stream:info("key_updates_sent"))
         assert.equal(2, stream:info("key_updates_received"))
         assert(stream:update_keys { request = true })
         answer(stream, client)
         answer(stream, client)
         local info = finish(stream, client)
         assert.equal(2, info.key_updates_sent)
         assert.equal(3, info.key_updates_received)
         check(row, info, false)
      end

      for _, row in ipairs(rows) do
         it(title_of(row), function() run[row.scenario](row) end)
      end
   end)
end
