-- Ticket requests (RFC 9149): a client asks for numbers of tickets, a server gives at most so many.
local bearssl = require "bearssl"
local tls13 = require "spec.support.tls13"

local client, server, established, session_of = tls13.client, tls13.server, tls13.established, tls13.session

describe("a ticket request", function()
   local function tickets(client_options, server_options, session)
      local count, seen = 0, {}
      local a, b = established(client(client_options), server(server_options), { session = session,
         handlers = tls13.recorder(seen, { new_session_ticket = function() count = count + 1 end }) })
      return count, a, b, seen
   end

   it("brings as many tickets as are asked for, and no more than the server has to give", function()
      for _, case in ipairs { { 0, 4, 0 }, { 1, 4, 1 }, { 4, 4, 4 }, { 9, 4, 4 }, { 255, 16, 16 }, { 3, 0, 0 } } do
         local asked, cap, expected = case[1], case[2], case[3]
         local count, a, b, seen = tickets({ new_session_count = asked, resumption_count = 7 }, { ticket_count = cap })
         assert.equal(expected, count)
         assert.equal(expected, a:info "expected_tickets")
         assert.equal(expected, b:info "expected_tickets")
         assert.equal(asked, seen["sent client_hello"].new_session_count)
         assert.equal(7, seen["sent client_hello"].resumption_count)
         assert.equal(expected, seen["received encrypted_extensions"].expected_tickets)
      end
   end)

   it("counts a resumed connection's tickets of their own", function()
      for _, case in ipairs { { 0, 0 }, { 1, 1 }, { 3, 3 }, { 200, 5 } } do
         local options = { new_session_count = 2, resumption_count = case[1], session_cache = 0 }
         local c, s = client(options), server { ticket_count = 5 }
         local count = 0
         local a = established(c, s, { session = session_of(c, s),
            handlers = { new_session_ticket = function() count = count + 1 end } })
         assert.is_true(a:info "resumed")
         assert.equal(case[2], count)
         assert.equal(case[2], a:info "expected_tickets")
      end
   end)

   it("stays the same after HelloRetryRequest", function()
      local _, a, _, seen = tickets({ new_session_count = 3, resumption_count = 0,
         groups = { "x25519", "secp256r1" } }, { groups = { "secp256r1" }, ticket_count = 8 })
      assert.is_true(a:info "hello_retry")
      assert.equal(3, a:info "expected_tickets")
      assert.equal(3, seen["sent client_hello"].new_session_count)
   end)

   it("is not made, nor answered, without being asked for", function()
      local count, a, b, seen = tickets({}, { ticket_count = 3 })
      assert.equal(3, count)
      assert.is_nil(a:info "expected_tickets")
      assert.is_nil(b:info "expected_tickets")
      assert.is_nil(seen["sent client_hello"].new_session_count)
   end)

   it("needs both numbers, TLS 1.3, tickets and a client", function()
      local function misuse(text, options)
         local ok, message = pcall(bearssl.context, options)
         assert.is_false(ok)
         assert.truthy(message:find(text, 1, true), message)
      end
      misuse("'new_session_count' needs 'resumption_count'", { new_session_count = 1 })
      misuse("'resumption_count' needs 'new_session_count'", { resumption_count = 1 })
      misuse("ask for nothing when both are 0", { new_session_count = 0, resumption_count = 0 })
      misuse("is of no use with tickets = false", { new_session_count = 1, resumption_count = 1, tickets = false })
      misuse("is of TLS 1.3", { new_session_count = 1, resumption_count = 0, max_version = "TLSv1.2" })
      misuse("must be an integer from 0 to 255", { new_session_count = 256, resumption_count = 0 })
      misuse("is for clients", { mode = "server", new_session_count = 1, resumption_count = 0 })
   end)
end)
