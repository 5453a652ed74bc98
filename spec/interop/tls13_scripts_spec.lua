-- TLS 1.3, and TLS 1.2 where one side has nothing newer, with Node's tls and Python's ssl, in both directions. Neither
-- has early data.
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local dkjson = require "dkjson"
local ours = require "spec.support.ours"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local tls12 = require "spec.support.tls12"

local PEERS = {
   node = { shell.which("node") or "nodejs", "spec/interop/node_peer.js" },
   python = { shell.which("/usr/bin/python3") or "python3", "spec/interop/python_peer.py" },
}

local CERTIFICATES = { "rsa", "ec", "ec384", "ec521", "rsa_pss" }
local VERSIONS = { "TLSv1.2", "TLSv1.3" }

local function start(name, job)
   local child = process.start({ PEERS[name][1], PEERS[name][2], dkjson.encode(job) })
   if job.role == "server" then child.port = tonumber((child:wait_for("port (%d+)", 20))) end
   return child
end

for name in pairs(PEERS) do
   describe("our client and a server of " .. name .. ":", function()
      local running = {}

      after_each(function()
         ours.close_all()
         for index, child in pairs(running) do
            child:stop()
            running[index] = nil
         end
      end)

      local function serve(job)
         job.role = "server"
         local certificate = job.certificate or certificates.ec
         job.certificate, job.certfile, job.keyfile = nil, certificate.chainfile, certificate.keyfile
         running[#running + 1] = start(name, job)
         return running[#running]
      end

      local function ask(stream, line)
         assert(stream:send((line or "hello") .. "\n"))
         local told = assert(dkjson.decode((assert(stream:receive("*l")))))
         assert.equal(line or "hello", told.line)
         return told
      end

      local function connect(server, context, options)
         local stream = assert(ours.connect(server.port, context, options))
         local told = ask(stream)
         local info = stream:info()
         assert.equal(info.version, told.version)
         assert.equal(info.resumed, told.resumed)
         if told.exported then
            assert.equal(told.exported, tls12.hex(assert(stream:export_keying_material("EXPORTER-spec", 32))))
         end
         local session = stream:session()
         stream:close()
         return info, session, told
      end

      for _, certificate in ipairs(CERTIFICATES) do
         it("a full and a resumed handshake, with a certificate of kind " .. certificate, function()
            local server, context = serve({ certificate = certificates[certificate] }), ours.client_context({})
            local info, session = connect(server, context)
            assert.equal("TLSv1.3", info.version)
            assert.is_true(info.peer_verified)
            info = connect(server, context, { session = session })
            assert.is_true(info.resumed)
            assert.is_true(info.psk)
         end)
      end

      for _, side in ipairs({ "server", "client" }) do
         it("TLS 1.2 where the " .. side .. " has nothing newer, resumed too", function()
            for _, certificate in ipairs({ "ec", "rsa" }) do
               local server = serve({
                  certificate = certificates[certificate], maximum = side == "server" and "TLSv1.2" or nil,
               })
               local context = ours.client_context({ max_version = side == "client" and "TLSv1.2" or nil })
               local info, session = connect(server, context)
               assert.equal("TLSv1.2", info.version)
               info = connect(server, context, { session = session })
               assert.equal("TLSv1.2", info.version)
               assert.is_true(info.resumed)
            end
         end)
      end

      it("HelloRetryRequest, and none", function()
         local server = serve({ group = "P-384" })
         local info = connect(server, { groups = { "x25519", "secp384r1" } })
         assert.equal("secp384r1", info.group)
         assert.is_true(info.hello_retry)
         info = connect(server, { groups = { "secp384r1" } })
         assert.is_false(info.hello_retry)
      end)

      for _, version in ipairs(VERSIONS) do
         it("client certificates in " .. version, function()
            local server = serve({ cafile = certificates.ca.certfile, maximum = version })
            for _, own in ipairs({ "client_ec", "client_rsa", "client_ec521" }) do
               local info, session, told = connect(server, {
                  certfile = certificates[own].chainfile, keyfile = certificates[own].keyfile,
               })
               assert.equal(version, info.version)
               assert.equal(own:gsub("_", " "), told.peer)
               assert.equal(certificates[own].certificate, info.local_certificates[1]:pem())
               assert.is_true(session:resumable())
            end
            local stream, message, code = ours.connect(server.port, {})
            if stream then code = select(4, stream:receive("*l")) end
            assert.equal(version == "TLSv1.3" and "alert_certificate_required" or "alert_handshake_failure", code,
               message)
         end)
      end

      it("ALPN", function()
         local server = serve({ alpn = { "http/1.1" } })
         local info, _, told = connect(server, { alpn = { "h2", "http/1.1" } })
         assert.equal("http/1.1", info.alpn)
         assert.equal("http/1.1", told.alpn)
      end)

      it("a key update from our side", function()
         local server = serve({})
         local stream = assert(ours.connect(server.port, {}))
         ask(stream)
         assert(stream:update_keys { request = true })
         ask(stream, "under new keys")
         assert.equal(1, stream:info("key_updates_received"))
         ask(stream, "again")
      end)

      if name == "python" then
         it("the client is authenticated later", function()
            local server = serve({ cafile = certificates.ca.certfile, later = true })
            local own = certificates.client_ec
            local stream = assert(ours.connect(server.port, {
               post_handshake_auth = true, certfile = own.chainfile, keyfile = own.keyfile,
            }))
            assert.is_nil(ask(stream).peer)
            ask(stream, "authenticate")
            assert.equal("client ec", ask(stream).peer)
            assert.equal(own.certificate, stream:info("local_certificates")[1]:pem())
         end)
      end
   end)

   cases.describe("a client of " .. name .. " and our server:", function(listener)
      after_each(ours.close_all)

      -- serve takes the job's connections: what we and the client know about each.
      local function serve(context, job)
         job.role, job.port, job.cafile = "client", listener.port, certificates.ca.certfile
         local child, infos = start(name, job), {}
         for index = 1, job.times or 1 do
            local stream = assert(listener:accept(context))
            assert.equal("hello", (stream:receive("*l")))
            assert(stream:send("an answer\n"))
            infos[index] = stream:info()
            infos[index].exported = tls12.hex(assert(stream:export_keying_material("EXPORTER-spec", 32)))
            stream:receive("*l")
            stream:close()
         end
         assert.equal(0, child:wait(20), child:output())
         local count = 0
         for line in child:output():gmatch("[^\n]+") do
            count = count + 1
            local told, info = assert(dkjson.decode(line)), infos[count]
            assert.equal("an answer", told.line)
            -- Node forgets it when it resumes
            if name ~= "node" or not told.resumed then assert.equal("localhost", told.peer) end
            assert.equal(info.version, told.version)
            assert.equal(info.resumed, told.resumed)
            assert.equal(info.alpn, told.alpn)
            if told.exported then assert.equal(told.exported, info.exported) end
         end
         assert.equal(#infos, count)
         return infos
      end

      for _, certificate in ipairs(CERTIFICATES) do
         it("a full and two resumed handshakes, with a certificate of kind " .. certificate, function()
            local infos = serve(ours.server_context(certificates[certificate], {}), { times = 3 })
            for index, info in ipairs(infos) do
               assert.equal("TLSv1.3", info.version)
               assert.equal(index > 1, info.resumed)
            end
         end)
      end

      for _, side in ipairs({ "server", "client" }) do
         it("TLS 1.2 where the " .. side .. " has nothing newer, resumed too", function()
            for _, tickets in ipairs({ true, false }) do
               local context = ours.server_context(certificates.ec, {
                  max_version = side == "server" and "TLSv1.2" or nil, tickets = tickets,
               })
               local infos = serve(context, { times = 2, maximum = side == "client" and "TLSv1.2" or nil })
               for index, info in ipairs(infos) do
                  assert.equal("TLSv1.2", info.version)
                  assert.equal(index > 1, info.resumed)
                  assert.equal(tickets, info.ticket)
               end
            end
         end)
      end

      it("HelloRetryRequest", function()
         local info = serve(ours.server_context(certificates.ec, { groups = { "secp521r1" } }), {})[1]
         assert.is_true(info.hello_retry)
         assert.equal("secp521r1", info.group)
      end)

      for _, version in ipairs(VERSIONS) do
         it("client certificates in " .. version, function()
            local context = ours.server_context(certificates.ec, {
               verify = "required", cafile = certificates.ca.certfile, max_version = version,
            })
            for _, own in ipairs({ "client_ec", "client_rsa", "client_ec521" }) do
               local infos = serve(context, {
                  certfile = certificates[own].chainfile, keyfile = certificates[own].keyfile, times = 2,
               })
               for index, info in ipairs(infos) do
                  assert.equal(version, info.version)
                  assert.equal(index > 1, info.resumed)
                  assert.is_true(info.peer_verified)
                  assert.equal(certificates[own].certificate, info.peer_certificates[1]:pem())
               end
            end
            local child = start(name, {
               role = "client", port = listener.port, cafile = certificates.ca.certfile,
            })
            local stream, message, code, failed = listener:accept(context)
            assert.is_nil(stream)
            assert.equal("certificate_required", code, message)
            failed:close()
            assert.equal(1, child:wait(20))
            local alert = version == "TLSv1.3" and "CERTIFICATE_REQUIRED" or "HANDSHAKE_FAILURE"
            assert.truthy(child:output():find(alert, 1, true), child:output())
         end)
      end

      it("ALPN", function()
         local context = ours.server_context(certificates.ec, { alpn = { "http/1.1" } })
         assert.equal("http/1.1", serve(context, { alpn = { "h2", "http/1.1" } })[1].alpn)
      end)

      if name == "python" then
         it("the client is authenticated later", function()
            local own = certificates.client_ec
            local child = start(name, {
               role = "client", port = listener.port, cafile = certificates.ca.certfile, later = true,
               certfile = own.chainfile, keyfile = own.keyfile,
            })
            local context = ours.server_context(certificates.ec, { cafile = certificates.ca.certfile })
            local stream = assert(listener:accept(context))
            assert.equal("hello", (stream:receive("*l")))
            assert.is_true(stream:info("post_handshake_auth"))
            assert(stream:request_certificate())
            assert(stream:send("an answer\n"))
            assert.equal("hello again", (stream:receive("*l")))
            assert.is_true(stream:info("peer_verified"))
            assert.equal(own.certificate, stream:info("peer_certificates")[1]:pem())
            assert(stream:send("another\n"))
            stream:receive("*l")
            stream:close()
            assert.equal(0, child:wait(20), child:output())
         end)
      end
   end)
end
