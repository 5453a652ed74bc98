-- KeyUpdate of TLS 1.3 (RFC 8446 section 4.6.3): how many there are, and what they wait for.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pump = require "spec.support.pump"
local tls13 = require "spec.support.tls13"

local client, server, established = tls13.client, tls13.server, tls13.established

-- Moves what `from` has to say, to `to`; what `to` reads, and whether it goes on.
local function move(from, to)
   local bytes, text = from:drain(), ""
   repeat
      local taken = #bytes > 0 and assert(to:feed(bytes)) or 0
      bytes = bytes:sub(taken + 1)
      local status, message
      repeat
         status, message = to:step()
         if status == "data" then text = text .. to:read() end
      until status ~= "data"
      assert.equal("wantread", status, message)
   until #bytes == 0
   return text
end

local function until_status(step, wanted)
   for _ = 1, 20 do
      if step() == wanted then return end
   end
   error("it does not come to " .. wanted, 2)
end

describe("requests for new keys", function()
   for _, asked in ipairs { "client", "server" } do
      it("in one flight have one answer, of the " .. asked, function()
         local a, b = established(client(), server())
         local from, to = b, a
         if asked == "server" then from, to = a, b end
         move(b, a)
         for _ = 1, 5 do assert(from:update_keys { request = true }) end
         assert.equal("", move(from, to))
         assert.equal(5, to:info "key_updates_received")
         assert.equal(1, to:info "key_updates_sent")
         move(to, from)
         assert.equal(1, from:info "key_updates_received")
         -- once more, with data in between: the answer goes before the data that follows
         for index = 1, 3 do
            assert(from:update_keys { request = true })
            assert(from:write(("data %d."):format(index)))
         end
         assert.equal("data 1.data 2.data 3.", move(from, to))
         assert.equal(8, to:info "key_updates_received")
         local sent = to:info "key_updates_sent"
         assert.is_true(sent >= 2 and sent <= 4)
         assert.equal(7, to:write "answer.")
         assert.equal("answer.", move(to, from))
         assert.equal(sent, from:info "key_updates_received")
      end)
   end

   it("are answered before data that is written first", function()
      local a, b = established(client(), server())
      move(b, a)
      assert(b:update_keys { request = true })
      a:feed(b:drain())
      until_status(function() return (a:step()) end, "wantread")
      assert.equal(1, a:info "key_updates_sent")
      a:write "x"
      assert.equal("x", move(a, b))
      assert.equal(1, b:info "key_updates_received")
   end)
end)

describe("KeyUpdate and a late authentication whose signature is still made", function()
   local own = certificates.client_ec

   -- The client stands in its `sign` handler, with half a flight.
   local function signing(options)
      local all = {
         post_handshake_auth = true, certificate = own.chain, key = bearssl.key.external(
            assert(bearssl.certificate.load(own.certificate))[1]),
         handlers = { sign = function(_, question)
            coroutine.yield "signing"
            return assert(bearssl.key.load(own.key)):sign(question.scheme, question.digest)
         end },
      }
      for name, value in pairs(options or {}) do all[name] = value end
      local a, b = established(client(all), server { cafile = certificates.ca.certfile, verify = "none" })
      move(b, a)
      local step = coroutine.wrap(function()
         while true do coroutine.yield((a:step())) end
      end)
      return a, b, step
   end

   local function ends(a, b, step, text)
      until_status(step, "wantread")
      assert.equal(text, move(a, b))
      assert.is_true(b:info "peer_verified")
      b:write "welcome"
      a:feed(b:drain())
      assert.equal("data", step())
      assert.equal("welcome", a:read())
   end

   it("that the peer asked for goes before its messages, and not between them", function()
      local a, b, step = signing()
      assert(b:update_keys { request = true })
      assert(b:request_certificate())
      a:feed(b:drain())
      until_status(step, "signing")
      assert.equal(5, a:write "hello")
      ends(a, b, step, "hello")
      assert.equal(1, b:info "key_updates_received")
   end)

   it("that is due after so many records does so too", function()
      local a, b, step = signing { key_update_after = 1 }
      assert(b:request_certificate())
      a:feed(b:drain())
      until_status(step, "signing")
      assert.equal(5, a:write "hello")
      assert.equal(6, a:write " again")
      ends(a, b, step, "hello again")
      assert.is_true(b:info "key_updates_received" >= 1)
   end)

   it("is no matter where so much is written meanwhile that the output is full", function()
      local a, b, step = signing()
      assert(b:request_certificate())
      a:feed(b:drain())
      until_status(step, "signing")
      local total, count = 0, nil
      for _ = 1, 10 do
         count = a:write(("x"):rep(20000))
         total = total + count
         if count < 20000 then break end
      end
      assert.is_true(count < 20000)
      ends(a, b, step, ("x"):rep(total))
   end)
end)

describe("update_keys of both at once", function()
   it("crosses on the way, and each is answered once", function()
      local a, b = established(client(), server())
      move(b, a)
      assert(a:update_keys { request = true })
      assert(b:update_keys { request = true })
      local result = pump(a, b)
      assert.equal("wantread", result.client.status, result.client.message)
      assert.equal("wantread", result.server.status, result.server.message)
      for _, side in ipairs { a, b } do
         assert.equal(2, side:info "key_updates_sent")
         assert.equal(2, side:info "key_updates_received")
      end
   end)
end)
