-- A peer that breaks the rules of what TLS 1.2 grew: session tickets (RFC 5077), the extended master secret (RFC 7627)
-- and OCSP stapling (RFC 6066). Each attempt ends with the right code on one side and the right alert on the other.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local hostile = require "spec.robustness.hostile"
local pump = require "spec.support.pump"

local message = hostile.message

local EMS, TICKET, STATUS, SCT = 23, 35, 5, 18
local OTHER = { client = "server", server = "client" }

local ALERTS = {
   unexpected_message = "unexpected_message", decode_error = "decode_error", illegal_parameter = "illegal_parameter",
   unsupported_extension = "unsupported_extension", unexpected_master_secret = "handshake_failure",
   bad_finished = "decrypt_error", no_extended_master_secret = "handshake_failure",
   bad_ocsp_response = "bad_certificate_status_response",
}

-- refused: the attacker's flights are edited; its victim fails with this code, the attacker hears of the alert that
-- belongs to it, and nothing is left behind.
local function refused(code, attacker, contexts, edit, options)
   local victim = OTHER[attacker]
   local result = hostile.run {
      contexts = contexts, attacker = attacker, edit = edit, client = options and options.client,
   }
   local side = result[victim]
   assert.is_nil(side.status, "the victim goes on: " .. tostring(side.status))
   assert.equal(code, side.code, side.message)
   assert.is_false(side.info.established)
   assert.is_string(side.message)
   -- after ChangeCipherSpec the alert is protected, and only the attacker can tell
   local alert = hostile.alert(result, victim)
   if alert ~= "protected" then assert.equal(ALERTS[code], alert) end
   if result[attacker].code and result[attacker].code ~= "bad_record_mac" then
      assert.equal("alert_" .. ALERTS[code], result[attacker].code, result[attacker].message)
   end
   assert.is_nil(result[victim .. "_connection"]:session())
   assert.is_true(side.info.memory < 8192, "memory: " .. tostring(side.info.memory))
   return result
end

-- each calls change(items, index) for the message of a name, wherever it stands.
local function each(name, change)
   return function(items)
      local index = hostile.find(items, name)
      if index then change(items, index) end
      return items
   end
end

local function drop(items, index) table.remove(items, index) end
local function twice(items, index) table.insert(items, index, items[index]) end
local function before(item) return function(items, index) table.insert(items, index, item) end end
local function behind(item) return function(items, index) table.insert(items, index + 1, item) end end

-- hello changes the extensions of a hello: change(list) for a list of { id =, raw = }.
local function hello(name, change)
   return each(name, function(items, index)
      local parsed = assert(core.parse_message(pump.message(items[index].type, items[index].body)))
      local list = {}
      for position, extension in ipairs(parsed.extensions) do
         list[position] = { id = extension.id, raw = extension.raw }
      end
      change(list)
      parsed.extensions = list
      items[index].body = assert(core.build_message(parsed)):sub(5)
   end)
end

local function add(id, raw)
   return function(list) list[#list + 1] = { id = id, raw = raw or "" } end
end

local function remove(id)
   return function(list)
      for index = #list, 1, -1 do
         if list[index].id == id then table.remove(list, index) end
      end
   end
end

local function set(id, raw)
   return function(list)
      remove(id)(list)
      add(id, raw)(list)
   end
end

local function find(list, id)
   for _, extension in ipairs(list) do
      if extension.id == id then return extension.raw end
   end
   return nil
end

local function make(server, client)
   local contexts = {}
   server, client = server or {}, client or {}
   server.max_version, client.max_version = "TLSv1.2", "TLSv1.2"
   contexts.client, contexts.server = hostile.contexts(server, client)
   return contexts
end

-- first is a whole handshake: the client's session, and the ticket that came.
local function first(contexts)
   local ticket
   local client, server = hostile.pair(contexts.client, contexts.server, {
      handlers = { new_session_ticket = function(_, stage) ticket = stage.raw:sub(11) end },
   })
   local result = pump(client, server)
   assert.is_true(client:info("established"), result.client.message)
   return assert(client:session()), ticket
end

local function u16(number) return string.char(math.floor(number / 256), number % 256) end

local function ticket_message(ticket, lifetime)
   return message(4, (lifetime or "\0\0\28\32") .. u16(#ticket) .. ticket)
end

-- with_ticket is the session with another ticket in it.
local function with_ticket(session, old, new)
   local exported = session:export()
   local from, to = exported:find(u16(#old) .. old, 1, true)
   assert.is_number(from)
   return assert(bearssl.session.import(exported:sub(1, from - 1) .. u16(#new) .. new .. exported:sub(to + 1)))
end

-- goes_on: a session comes to a full handshake, which is as good as any.
local function goes_on(contexts, session, by)
   local client, server = hostile.pair(contexts.client, contexts.server, { session = session })
   local result = pump(client, server)
   assert.is_true(client:info("established"), ("%s: %s"):format(by, tostring(result.client.message)))
   assert.is_true(server:info("established"), by)
   assert.is_false(client:info("resumed"), by)
   assert.is_false(server:info("resumed"), by)
   assert.is_true(client:info("peer_verified"), by)
   return client, server, result
end

describe("a hostile server and tickets:", function()
   local both, without, refusing

   setup(function()
      both, without, refusing = make(), make(nil, { tickets = false }), make({ tickets = false })
   end)

   teardown(function() both, without, refusing = nil, nil, nil end)

   it("a ticket that was promised and does not come", function()
      refused("unexpected_message", "server", both, each("new_session_ticket", drop))
      -- a server that resumes speaks first
      refused("unexpected_message", "server", refusing, hello("server_hello", add(TICKET)),
         { client = { session = first(refusing) } })
   end)

   it("a ticket twice", function()
      refused("unexpected_message", "server", both, each("new_session_ticket", twice))
   end)

   it("a ticket at any other place", function()
      for _, name in ipairs { "server_hello", "certificate", "server_key_exchange", "server_hello_done" } do
         refused("unexpected_message", "server", both, each(name, before(ticket_message("too early"))))
      end
   end)

   it("a ticket that nobody promised", function()
      for _, contexts in ipairs { without, refusing } do
         refused("unexpected_message", "server", contexts, function(items)
            local index = hostile.find(items, 20)
            if index then table.insert(items, index, ticket_message("a ticket")) end
         end)
      end
      local session = first(both)
      assert(both.server:ticket_keys():rotate()) -- so that the session is given a new one
      refused("unexpected_message", "server", both, hello("server_hello", remove(TICKET)),
         { client = { session = session } })
   end)

   it("the extension when it was not offered, with data in it, or twice", function()
      refused("unsupported_extension", "server", without, hello("server_hello", add(TICKET)))
      refused("decode_error", "server", both, hello("server_hello", set(TICKET, "x")))
      refused("illegal_parameter", "server", both, hello("server_hello", add(TICKET)))
   end)

   it("malformed tickets", function()
      for _, body in ipairs { "", "\0\0\28\32", "\0\0\28\32\0", "\0\0\28\32\0\5abcd", "\0\0\28\32\0\3abcd" } do
         refused("decode_error", "server", both, each("new_session_ticket", function(items, index)
            items[index] = message(4, body)
         end))
      end
   end)

   -- What the client made of it: spec/core/tls12/ticket_test.c. Here the server's own Finished gives the change away.
   it("tickets of any length and lifetime are read, and count for the transcript", function()
      for _, length in ipairs { 0, 1, 16384, 65535 } do
         for _, lifetime in ipairs { "\0\0\0\0", "\0\0\0\1", "\255\255\255\255" } do
            refused("bad_finished", "server", both, each("new_session_ticket", function(items, index)
               items[index] = ticket_message(("t"):rep(length), lifetime)
            end))
         end
      end
   end)

   it("a server that takes a ticket without knowing it", function()
      local session = first(both)
      -- the echo of the session ID is the client's own: it says that the session is resumed
      local offered
      local result = hostile.run {
         contexts = make(), client = { session = session },
         tamper = function(bytes, from, records)
            local body = records[1].body
            if from == "client" and not offered then
               offered = assert(core.parse_message(body)).session_id
            elseif from == "server" and body:byte(1) == 2 then
               local length = body:byte(3) * 256 + body:byte(4)
               local parsed = assert(core.parse_message(body:sub(1, 4 + length)))
               assert.equal("", parsed.session_id)
               parsed.session_id = offered
               return pump.record(22, assert(core.build_message(parsed)) .. body:sub(5 + length))
            end
            return bytes
         end,
      }
      assert.equal(32, #offered)
      assert.is_nil(result.client.status)
      assert.equal("unexpected_message", result.client.code, result.client.message)
      assert.equal("alert_unexpected_message", result.server.code)
   end)
end)

describe("a hostile client and tickets:", function()
   local contexts

   setup(function() contexts = make() end)
   teardown(function() contexts = nil end)

   it("a ticket changed anywhere means a full handshake", function()
      local session, ticket = first(contexts)
      assert.is_true(#ticket > 100)
      -- name of the key, nonce, ciphertext, tag
      for position = 1, #ticket, 3 do
         local changed = ticket:sub(1, position - 1) .. string.char((ticket:byte(position) + 64) % 256)
            .. ticket:sub(position + 1)
         goes_on(contexts, with_ticket(session, ticket, changed), "byte " .. position)
      end
   end)

   it("a ticket cut short, made longer, or made up, means a full handshake", function()
      local session, ticket = first(contexts)
      for _, length in ipairs { 1, 15, 16, 17, 27, 28, 29, 43, 44, 45, #ticket - 1 } do
         goes_on(contexts, with_ticket(session, ticket, ticket:sub(1, length)), length .. " bytes")
      end
      goes_on(contexts, with_ticket(session, ticket, ticket .. "\0"), "longer")
      goes_on(contexts, with_ticket(session, ticket, ticket .. ticket), "twice")
      goes_on(contexts, with_ticket(session, ticket, ("\0"):rep(#ticket)), "zeros")
      goes_on(contexts, with_ticket(session, ticket, ("x"):rep(15000)), "15000 bytes")
   end)

   it("a ticket longer than what is read of a ClientHello means no handshake, but for who reads more", function()
      local session, ticket = first(contexts)
      local client, server = hostile.pair(contexts.client, contexts.server,
         { session = with_ticket(session, ticket, ("x"):rep(60000)) })
      local result = pump(client, server)
      assert.equal("limit_exceeded", result.server.code)
      assert.equal("alert_decode_error", result.client.code)
      local wide = make { client_hello_limit = 131396 }
      session, ticket = first(wide)
      goes_on(wide, with_ticket(session, ticket, ("x"):rep(60000)), "60000 bytes")
   end)

   it("a ticket with no room in a ClientHello is left out", function()
      local session, ticket = first(contexts)
      local client, _, result = goes_on(contexts, with_ticket(session, ticket, ("x"):rep(65535)), "65535 bytes")
      local parsed = assert(core.parse_message(pump.message(1, result.messages[1].body)))
      assert.equal("", find(parsed.extensions, TICKET))
      -- and the new one is used
      local again, server = hostile.pair(contexts.client, contexts.server, { session = client:session() })
      pump(again, server)
      assert.is_true(again:info("resumed"))
   end)

   it("a ticket of another key, of another server, and of another version of the encoding", function()
      local session, ticket = first(contexts)
      goes_on(make(), session, "another server")
      local _, other = first(make())
      assert.equal(#ticket, #other)
      goes_on(contexts, with_ticket(session, ticket, other), "another key")
   end)

   it("a ticket with the secret of another session", function()
      local session, ticket = first(contexts)
      local _, other = first(contexts)
      -- the server resumes what the ticket says, which the client does not know
      local client, server = hostile.pair(contexts.client, contexts.server, {
         session = with_ticket(session, ticket, other),
      })
      local result = pump(client, server)
      assert.is_nil(result.client.status)
      assert.is_false(client:info("established"))
      assert.is_false(server:info("established"))
      assert.equal("bad_record_mac", result.client.code)
      assert.is_string(result.server.code)
   end)

   it("a session ID longer than 32 bytes beside a ticket", function()
      local session = first(contexts)
      refused("decode_error", "client", contexts, each("client_hello", function(items, index)
         local body = items[index].body
         assert.equal(32, body:byte(35))
         items[index].body = body:sub(1, 34) .. "\33x" .. body:sub(36)
      end), { client = { session = session } })
   end)

   it("the server's own messages", function()
      for _, item in ipairs { ticket_message("a ticket"), message(22, "\1\0\0\1x") } do
         refused("unexpected_message", "client", contexts, each("client_key_exchange", before(item)))
         refused("unexpected_message", "client", contexts, each("client_key_exchange", behind(item)))
      end
   end)
end)

describe("the extended master secret and a hostile", function()
   local with, client_without, server_without

   setup(function()
      with = make()
      client_without = make(nil, { extended_master_secret = false })
      server_without = make({ extended_master_secret = false })
   end)

   teardown(function() with, client_without, server_without = nil, nil, nil end)

   it("server: the extension when it was not offered, with data in it, or twice", function()
      refused("unsupported_extension", "server", client_without, hello("server_hello", add(EMS)))
      refused("decode_error", "server", with, hello("server_hello", set(EMS, "x")))
      refused("illegal_parameter", "server", with, hello("server_hello", add(EMS)))
   end)

   it("client: the extension with data in it, or twice", function()
      refused("decode_error", "client", with, hello("client_hello", set(EMS, "x")))
      refused("illegal_parameter", "client", with, hello("client_hello", add(EMS)))
   end)

   it("network: taken out of one hello or both", function()
      -- one side computes another master secret than the other, and cannot read what it is sent
      for _, case in ipairs { { "server", "server_hello" }, { "client", "client_hello" } } do
         local result = hostile.run { contexts = with, attacker = case[1], edit = hello(case[2], remove(EMS)) }
         assert.is_false(result.client.info.established)
         assert.is_false(result.server.info.established)
      end
      local strict = make(nil, { extended_master_secret = "required" })
      refused("no_extended_master_secret", "server", strict, hello("server_hello", remove(EMS)))
      strict = make({ extended_master_secret = "required" })
      refused("no_extended_master_secret", "client", strict, hello("client_hello", remove(EMS)))
   end)

   for _, tickets in ipairs { true, false } do
      local by = tickets and ", by ticket" or ", by ID"

      -- RFC 7627 section 5.3
      it("server: it changes when a session is resumed" .. by, function()
         local contexts = make({ tickets = tickets })
         local session = first(contexts)
         assert.is_true(session:info().extended_master_secret)
         refused("no_extended_master_secret", "server", contexts, hello("server_hello", remove(EMS)),
            { client = { session = session } })
         contexts = make({ tickets = tickets, extended_master_secret = false })
         session = first(contexts)
         assert.is_false(session:info().extended_master_secret)
         refused("unexpected_master_secret", "server", contexts, hello("server_hello", add(EMS)),
            { client = { session = session } })
      end)

      it("client: it changes when a session is resumed" .. by, function()
         local contexts = make({ tickets = tickets })
         refused("no_extended_master_secret", "client", contexts, hello("client_hello", remove(EMS)),
            { client = { session = first(contexts) } })
         -- the other way round is a full handshake, which the client did not ask for in these words
         contexts = make({ tickets = tickets }, { extended_master_secret = false })
         local result = hostile.run {
            contexts = contexts, attacker = "client", edit = hello("client_hello", add(EMS)),
            client = { session = first(contexts) },
         }
         assert.is_false(result.server.info.resumed)
         assert.is_nil(result.client.status)
         assert.equal("unsupported_extension", result.client.code)
         assert.equal("alert_unsupported_extension", result.server.code)
      end)
   end

   it("server: it is answered though our own option turned it off for both", function()
      local contexts = make({ extended_master_secret = false }, { extended_master_secret = false })
      refused("unsupported_extension", "server", contexts, hello("server_hello", add(EMS)))
      refused("unexpected_master_secret", "server", server_without, hello("server_hello", add(EMS)),
         { client = { session = first(server_without) } })
   end)
end)

describe("a hostile server and stapling:", function()
   local stapling, plain, unasked, response

   setup(function()
      local root = certificates.ca
      response = assert(bearssl.ocsp.new {
         certificate = certificates.ec.certificate, issuer = root.certificate, issuer_key = root.key, status = "good",
      }):der()
      stapling, plain = make({ ocsp_response = response }), make()
      unasked = make({ ocsp_response = response }, { staple = "none" })
   end)

   teardown(function() stapling, plain, unasked, response = nil, nil, nil, nil end)

   local function status(kind, bytes)
      local length = #bytes
      return message(22, string.char(kind, math.floor(length / 65536), math.floor(length / 256) % 256, length % 256)
         .. bytes)
   end

   it("what it staples is taken as it is", function()
      local result = hostile.run { contexts = stapling }
      assert.is_true(result.client.info.established, result.client.message)
      assert.equal(response, result.client.info.ocsp_response)
   end)

   it("CertificateStatus out of order or twice", function()
      refused("unexpected_message", "server", stapling, each("certificate_status", twice))
      refused("unexpected_message", "server", stapling, each("certificate_status", function(items, index)
         items[index], items[index - 1] = items[index - 1], items[index]
      end))
      refused("unexpected_message", "server", stapling, each("certificate_status", function(items, index)
         items[index], items[index + 1] = items[index + 1], items[index]
      end))
      for _, name in ipairs { "server_hello", "server_hello_done" } do
         refused("unexpected_message", "server", stapling, each(name, before(status(1, response))))
      end
      refused("unexpected_message", "server", stapling, function(items)
         local index = hostile.find(items, 20)
         if index then table.insert(items, index, status(1, response)) end
      end)
   end)

   it("CertificateStatus that nobody agreed to", function()
      for _, contexts in ipairs { plain, unasked } do
         refused("unexpected_message", "server", contexts, each("certificate", behind(status(1, response))))
      end
      refused("unexpected_message", "server", stapling, hello("server_hello", remove(STATUS)))
   end)

   it("CertificateStatus in a resumed handshake", function()
      local session = first(stapling)
      refused("unexpected_message", "server", stapling, each("server_hello", behind(status(1, response))),
         { client = { session = session } })
   end)

   it("CertificateStatus of another type, empty, or malformed", function()
      local function changed(code, body)
         refused(code, "server", stapling, each("certificate_status", function(items, index)
            items[index] = body
         end))
      end
      changed("illegal_parameter", status(2, response))
      changed("illegal_parameter", status(0, response))
      changed("decode_error", status(1, ""))
      changed("decode_error", message(22, ""))
      changed("decode_error", message(22, "\1"))
      changed("decode_error", message(22, "\1\0\0\4abc"))
      changed("decode_error", message(22, "\1\0\0\2abc"))
      changed("bad_ocsp_response", status(1, "no response at all"))
      changed("bad_ocsp_response", status(1, ("x"):rep(60000)))
   end)

   it("status_request when it was not offered, answered with data, or twice", function()
      refused("unsupported_extension", "server", unasked, hello("server_hello", add(STATUS)))
      refused("decode_error", "server", stapling, hello("server_hello", set(STATUS, "\1\0\0\0\0")))
      refused("decode_error", "server", stapling, hello("server_hello", set(STATUS, "x")))
      refused("illegal_parameter", "server", stapling, hello("server_hello", add(STATUS)))
   end)

   it("signed certificate timestamps that nobody asked for, or that are malformed", function()
      refused("unsupported_extension", "server", unasked, hello("server_hello", add(SCT, "\0\3\0\1x")))
      for _, raw in ipairs { "", "\0\0", "\0\3\0\2x", "\0\2\0\0" } do
         refused("decode_error", "server", plain, hello("server_hello", add(SCT, raw)))
      end
   end)

   it("a ClientHello whose status_request is malformed, and one of another type", function()
      for _, raw in ipairs { "", "\1", "\1\0\0\0", "\1\0\1\0\0", "\1\0\0\0\0x" } do
         refused("decode_error", "client", stapling, hello("client_hello", set(STATUS, raw)))
      end
      -- of another type: not for us, and no answer
      local seen = {}
      local result = hostile.run {
         contexts = stapling, attacker = "client", edit = hello("client_hello", set(STATUS, "\2anything")),
         server = { handlers = { server_hello = function(_, stage) seen = stage.extensions end } },
      }
      assert.is_nil(find(seen, STATUS))
      assert.is_false(result.server.info.established)
   end)
end)
