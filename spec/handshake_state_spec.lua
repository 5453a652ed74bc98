-- The states of a handshake have names, which messages, info(), `bearssl trace --states` and errors show.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local peer = require "spec.support.peer"
local tls13 = require "spec.support.tls13"
local tool = require "spec.support.tool"

local function contexts(version, options)
   local server = {
      min_version = version, max_version = version, verify = "optional", cafile = certificates.ca.certfile,
   }
   local client = {
      min_version = version, max_version = version,
      certfile = certificates.client_ec.chainfile, keyfile = certificates.client_ec.keyfile,
   }
   for name, value in pairs(options or {}) do server[name] = value end
   return tls13.client(client), tls13.server(server)
end

-- What each side's handshake was in when it sent or received each message.
local function states_of(version)
   local log = { client = {}, server = {} }
   local function note(side)
      local handlers = {}
      for _, stage in ipairs(bearssl.stages) do
         handlers[stage] = function(_, message)
            local direction = message.direction == "received" and "received " or ""
            log[side][direction .. message.stage] = message.state
         end
      end
      return handlers
   end
   local a, b = contexts(version)
   a, b = tls13.established(a, b, { handlers = note "client", server = { handlers = note "server" } })
   return log, a, b
end

describe("the state of a handshake", function()
   it("is told with every message of TLS 1.3", function()
      local log = states_of "TLSv1.3"
      assert.equal("client_start", log.client.client_hello)
      assert.equal("wait_server_hello", log.client["received server_hello"])
      assert.equal("wait_encrypted_extensions", log.client["received encrypted_extensions"])
      assert.equal("wait_certificate_request", log.client["received certificate"])
      assert.equal("wait_certificate_verify", log.client["received certificate_verify"])
      assert.equal("wait_finished", log.client["received finished"])
      assert.equal("wait_client_hello", log.server["received client_hello"])
      assert.equal("flight", log.server.server_hello)
      assert.equal("finish_flight", log.server.finished)
      assert.equal("wait_client_certificate", log.server["received certificate"])
      assert.equal("send_tickets", log.server.new_session_ticket)
      assert.is_nil(log.client["received new_session_ticket"]) -- the handshake is over
   end)

   it("is told with every message of TLS 1.2", function()
      local log = states_of "TLSv1.2"
      assert.equal("wait_server_hello", log.client["received server_hello"])
      assert.equal("wait_certificate", log.client["received certificate"])
      assert.equal("wait_server_key_exchange", log.client["received server_key_exchange"])
      assert.equal("wait_server_hello_done", log.client["received server_hello_done"])
      assert.equal("wait_finished", log.client["received finished"])
      assert.equal("wait_client_hello", log.server["received client_hello"])
      assert.equal("wait_certificate_verify", log.server["received certificate_verify"])
      assert.equal("wait_finished", log.server["received finished"])
   end)

   it("tells what a handler decides", function()
      for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
         local seen = {}
         local function asked(name, answer)
            return function(connection) seen[name] = connection:info("state") return answer end
         end
         local client, server = contexts(version)
         tls13.established(client, server, {
            handlers = { verify = asked("client's verify", true) },
            server = { handlers = { verify = asked("server's verify", true), select = asked "select" } },
         })
         assert.equal("decide_verify", seen["client's verify"], version)
         assert.equal("decide_verify", seen["server's verify"], version)
         assert.is_string(seen.select, version)
      end
   end)

   it("is told by info() while a handshake runs", function()
      for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
         local client, server = contexts(version)
         local a = assert(client:connection { server_name = "localhost" })
         local b = assert(server:connection())
         assert.equal("begin", a:info("state"))
         assert.equal("begin", b:info("state"))
         a:step()
         b:step()
         assert.equal("wait_server_hello", a:info("state"), version)
         assert.equal("wait_client_hello", b:info("state"), version)
         local _, done, other = states_of(version)
         assert.is_nil(done:info("state"))
         assert.is_nil(other:info("state"))
      end
   end)

   it("is named when a message has no place in it", function()
      for version, state in pairs { ["TLSv1.2"] = "wait_server_hello", ["TLSv1.3"] = "wait_server_hello" } do
         local client = contexts(version)
         local a = assert(client:connection { server_name = "localhost" })
         a:step()
         a:drain()
         a:feed("\22\3\3\0\4\14\0\0\0") -- ServerHelloDone
         local event, message, code = a:step()
         assert.is_nil(event)
         assert.equal("unexpected_message", code)
         assert.is_truthy(message:find("(" .. state .. ")", 1, true), message)
      end
   end)

   it("is drawn by trace --states", function()
      local child = peer.openssl_server { certificate = certificates.rsa }
      local status, output, errors = tool("trace", "--cafile", certificates.ca.certfile, "--states", "--width", "120",
         "localhost:" .. child.port)
      child:stop()
      assert.equal(0, status, errors)
      local place = 1
      for _, name in ipairs { "client_start", "wait_server_hello", "wait_encrypted_extensions", "wait_finished" } do
         local _, found = output:find("state  " .. name .. " ", place, true)
         assert.is_truthy(found, name .. " is missing in\n" .. output)
         place = found
      end
   end)
end)
