-- A peer whose messages come in the wrong order, twice, not at all, too short, too long, or with things between
-- them that do not belong there: the handshake ends with the right code and the right alert (RFC 5246 section
-- 7.2.2), on both sides, and nothing is left behind.
local hostile = require "spec.robustness.hostile"

local message, record, raw = hostile.message, hostile.record, hostile.raw

local function set(...)
   local result = {}
   for index = 1, select("#", ...) do
      result[(select(index, ...))] = true
   end
   return result
end

-- Which alert goes with which code.
local ALERTS = {
   unexpected_message = "unexpected_message", decode_error = "decode_error", limit_exceeded = "decode_error",
   record_overflow = "record_overflow", protocol_version = "protocol_version",
   illegal_parameter = "illegal_parameter", bad_record_mac = "bad_record_mac",
   certificate_required = "handshake_failure", bad_finished = "decrypt_error", bad_signature = "decrypt_error",
}

local OTHER = { client = "server", server = "client" }

describe("a hostile peer", function()
   local full, mutual, optional, static

   setup(function()
      local certificates = require "spec.support.certificates"
      local function make(server, client)
         local result = {}
         result.client, result.server = hostile.contexts(server, client)
         return result
      end
      full = make()
      local own = { certificate = certificates.client_ec.chain, key = certificates.client_ec.key }
      mutual = make({ verify = "required", trust = certificates.ca.certificate }, own)
      optional = make({ verify = "optional", trust = certificates.ca.certificate }, own)
      static = make({ identity = "rsa", suites = { "TLS_RSA_WITH_AES_128_GCM_SHA256" } },
         { suites = { "TLS_RSA_WITH_AES_128_GCM_SHA256" } })
   end)

   teardown(function()
      full, mutual, optional, static = nil, nil, nil, nil
   end)

   -- The victim fails with one of these codes and tells its peer so by the alert that belongs to it.
   local function refused(contexts, attacker, edit, ...)
      local victim = OTHER[attacker]
      local result = hostile.run({ contexts = contexts, attacker = attacker, edit = edit })
      local side = result[victim]
      assert.is_nil(side.status, "the victim goes on: " .. tostring(side.status))
      assert.is_true(set(...)[side.code] or false, ("code %s: %s"):format(tostring(side.code), tostring(side.message)))
      assert.is_false(side.info.established)
      assert.is_string(side.message)
      assert.is_nil(side.message:find("0x%x%x%x"), side.message)
      local alert = hostile.alert(result, victim)
      if alert ~= "protected" then assert.equal(ALERTS[side.code], alert, side.message) end
      -- nothing is held for it
      assert.is_true(side.info.memory < 8192, "memory: " .. tostring(side.info.memory))
      return result
   end

   local function accepted(contexts, attacker, edit)
      local result = hostile.run({ contexts = contexts, attacker = attacker, edit = edit })
      assert.is_true(result.client.info.established, result.client.message)
      assert.is_true(result.server.info.established, result.server.message)
      return result
   end

   -- edits of one flight by the name of a message
   local function at(name, change)
      return function(items)
         local index = hostile.find(items, name)
         if index then
            change(items, index)
         end
         return items
      end
   end

   local function drop(items, index) table.remove(items, index) end
   local function repeat_it(items, index) table.insert(items, index, items[index]) end
   local function truncate(items, index)
      local item = items[index]
      items[index] = message(item.type, item.body:sub(1, -2))
   end
   local function extend(items, index)
      local item = items[index]
      items[index] = message(item.type, item.body .. "\0")
   end
   local function empty(items, index) items[index] = message(items[index].type, "") end
   local function too_long(items, index)
      items[index] = raw("\22\3\3\0\4" .. string.char(items[index].type) .. "\2\0\1")
   end
   local function insert(item)
      return function(items, index) table.insert(items, index, item) end
   end

   local flights = {
      { attacker = "server", contexts = function() return full end,
         "server_hello", "certificate", "server_key_exchange", "server_hello_done" },
      { attacker = "server", contexts = function() return mutual end,
         "server_hello", "certificate", "server_key_exchange", "certificate_request", "server_hello_done" },
      { attacker = "server", contexts = function() return static end,
         "server_hello", "certificate", "server_hello_done" },
      { attacker = "client", contexts = function() return full end, "client_hello", "client_key_exchange" },
      { attacker = "client", contexts = function() return mutual end,
         "client_hello", "certificate", "client_key_exchange", "certificate_verify" },
      { attacker = "client", contexts = function() return static end, "client_hello", "client_key_exchange" },
   }

   -- A peer waits for a message that never comes; when the transport ends it is cut short.
   local function waits(contexts, attacker, edit)
      local victim = OTHER[attacker]
      local result = hostile.run({ contexts = contexts, attacker = attacker, edit = edit, close = false })
      assert.equal("wantread", result[victim].status, result[victim].message)
      local connection = result[victim .. "_connection"]
      assert.is_false(connection:info("established"))
      connection:feed()
      local status, text, code = connection:step()
      assert.is_nil(status)
      assert.equal("truncated", code)
      assert.is_string(text)
   end

   for number, flight in ipairs(flights) do
      local who = ("flight %d of a %s"):format(number, flight.attacker)
      for index, name in ipairs(flight) do
         local what = who .. ", " .. name
         local last = index == #flight
         local function contexts() return flight.contexts() end

         it(what .. " missing", function()
            local final = name == "server_hello_done" or name == "client_hello"
            if name == "certificate_request" then
               -- a client cannot miss it; the server does, when there is no certificate
               refused(contexts(), flight.attacker, at(name, drop), "alert_unexpected_message")
            elseif final then
               waits(contexts(), flight.attacker, at(name, drop))
            else
               refused(contexts(), flight.attacker, at(name, drop), "unexpected_message")
            end
         end)

         it(what .. " twice", function()
            refused(contexts(), flight.attacker, at(name, repeat_it), "unexpected_message")
         end)

         it(what .. " truncated or with trailing bytes", function()
            if name ~= "server_hello_done" then
               refused(contexts(), flight.attacker, at(name, truncate), "decode_error")
               refused(contexts(), flight.attacker, at(name, empty), "decode_error")
            end
            refused(contexts(), flight.attacker, at(name, extend), "decode_error")
         end)

         it(what .. " of an absurd length", function()
            refused(contexts(), flight.attacker, at(name, too_long), "limit_exceeded")
         end)

         if not last and name ~= "client_hello" then
            it(what .. " after its successor", function()
               refused(contexts(), flight.attacker, at(name, function(items, i)
                  items[i], items[i + 1] = items[i + 1], items[i]
               end), "unexpected_message")
            end)
         end

         it(what .. " with something foreign in front", function()
            local function foreign(item, ...)
               refused(contexts(), flight.attacker, at(name, insert(item)), ...)
            end
            foreign(message(99, "x"), "unexpected_message")
            foreign(message(20, ("x"):rep(12)), "unexpected_message")
            foreign(message(24, "\0"), "unexpected_message", "decode_error")
            foreign(record(23, "data"), "unexpected_message")
            foreign(record(22, ""), "decode_error")
            foreign(record(20, "\1"), "unexpected_message")
            foreign(record(20, "\2"), "unexpected_message")
            foreign(record(20, "\1\1"), "unexpected_message")
            foreign(record(20, ""), "unexpected_message", "decode_error")
            foreign(record(21, "\2"), "decode_error")
            foreign(record(21, "\1\0\1\0"), "decode_error")
            foreign(record(21, ""), "decode_error")
            foreign(raw("\24\3\3\0\1x"), "unexpected_message")
            foreign(raw("\0\3\3\0\1x"), "unexpected_message")
            foreign(raw("\22\3\3\64\1"), "record_overflow")
            foreign(raw("\22\3\3\255\255"), "record_overflow")
            foreign(raw("\22\2\0\0\1x"), "protocol_version")
            foreign(raw("\22\4\0\0\1x"), "protocol_version")
            if name ~= "client_hello" and name ~= "server_hello" then
               foreign(raw("\22\3\1\0\1x"), "protocol_version")
            end
         end)

         it(what .. " and a fatal alert", function()
            for _, code in ipairs({ 10, 20, 40, 47, 80 }) do
               local victim = OTHER[flight.attacker]
               local result = hostile.run({ contexts = contexts(), attacker = flight.attacker,
                  edit = at(name, function(items, i)
                     for _ = i, #items do table.remove(items) end
                     items[i] = record(21, string.char(2, code))
                  end) })
               assert.is_nil(result[victim].status)
               assert.matches("^alert_%l", result[victim].code)
               for _, sent in ipairs(result.records) do
                  assert.is_false(sent.from == victim and sent.type == 21, "an alert must not answer an alert")
               end
            end
         end)

         it(what .. " and close_notify", function()
            local victim = OTHER[flight.attacker]
            local result = hostile.run({ contexts = contexts(), attacker = flight.attacker,
               edit = at(name, insert(record(21, "\1\0"))) })
            assert.is_nil(result[victim].status)
            assert.equal("closed", result[victim].code)
         end)

         it(what .. " and warnings, which are passed over, but not for ever", function()
            local function warnings(count)
               return at(name, function(items, i)
                  for _ = 1, count do table.insert(items, i, record(21, "\1\112")) end
               end)
            end
            accepted(contexts(), flight.attacker, warnings(3))
            refused(contexts(), flight.attacker, warnings(100), "unexpected_message")
         end)
      end
   end

   it("HelloRequest during the handshake is passed over, but not for ever", function()
      local function requests(count)
         return at("certificate", function(items, i)
            for _ = 1, count do table.insert(items, i, message(0, "")) end
         end)
      end
      accepted(full, "server", requests(3))
      refused(full, "server", requests(100), "unexpected_message")
      refused(full, "server", at("certificate", insert(message(0, "x"))), "decode_error")
      -- and means nothing to a server
      refused(full, "client", at("client_key_exchange", insert(message(0, ""))), "unexpected_message")
   end)

   it("messages of the other role are refused", function()
      refused(full, "server", at("server_hello", function(items, i)
         items[i] = message(1, ("x"):rep(60))
      end), "unexpected_message", "decode_error", "illegal_parameter")
      refused(full, "client", at("client_hello", function(items, i)
         items[i] = message(14, "")
      end), "unexpected_message")
   end)

   it("a message may be cut into records at any byte", function()
      local function cut(items)
         local list = {}
         for _, item in ipairs(items) do
            if item.kind == "message" then
               local bytes = require("spec.support.pump").message(item.type, item.body)
               for index = 1, #bytes do list[#list + 1] = record(22, bytes:sub(index, index)) end
            else
               list[#list + 1] = item
            end
         end
         return list
      end
      for _, contexts in ipairs({ full, mutual, static }) do
         accepted(contexts, "server", cut)
         accepted(contexts, "client", cut)
      end
   end)

   it("several messages may share a record", function()
      local function join(items)
         local list, bytes = {}, ""
         for _, item in ipairs(items) do
            if item.kind == "message" then
               bytes = bytes .. require("spec.support.pump").message(item.type, item.body)
            else
               if bytes ~= "" then list[#list + 1] = record(22, bytes) end
               bytes = ""
               list[#list + 1] = item
            end
         end
         if bytes ~= "" then list[#list + 1] = record(22, bytes) end
         return list
      end
      for _, contexts in ipairs({ full, mutual, static }) do
         accepted(contexts, "server", join)
         accepted(contexts, "client", join)
      end
   end)

   it("no message may span ChangeCipherSpec", function()
      refused(full, "client", at(20, function(items, i)
         table.insert(items, i, record(22, "\20\0\0\12abc"))
      end), "unexpected_message")
      refused(full, "client", at("client_key_exchange", function(items, i)
         local bytes = require("spec.support.pump").message(16, items[i].body)
         items[i] = record(22, bytes:sub(1, 20))
         table.insert(items, i + 2, record(22, bytes:sub(21)))
      end), "unexpected_message")
      refused(full, "server", at(20, function(items, i)
         table.insert(items, i, record(22, "\20\0\0\12abc"))
      end), "unexpected_message")
   end)

   describe("ChangeCipherSpec", function()
      for _, attacker in ipairs({ "client", "server" }) do
         it("of a " .. attacker .. ": twice, missing, with other content", function()
            refused(full, attacker, at(20, repeat_it), "bad_record_mac")
            refused(full, attacker, at(20, function(items, i) items[i] = record(20, "\0") end), "unexpected_message")
            refused(full, attacker, at(20, function(items, i) items[i] = record(20, "\1\1") end), "unexpected_message")
            local result = hostile.run({ contexts = full, attacker = attacker, edit = at(20, drop) })
            assert.is_false(result[OTHER[attacker]].info.established)
         end)

         it("of a " .. attacker .. " without Finished behind it", function()
            waits(full, attacker, function(items)
               local index = hostile.find(items, 20)
               if index then table.remove(items, index + 1) end
            end)
         end)

         it("of a " .. attacker .. " with something in the clear behind it", function()
            for _, item in ipairs({ record(22, "\20\0\0\12abcdefghijkl"), record(23, ("x"):rep(40)),
               record(21, "\1\0") }) do
               refused(full, attacker, at(20, function(items, i)
                  for _ = i + 1, #items do table.remove(items) end
                  items[i + 1] = item
               end), "bad_record_mac")
            end
         end)
      end
   end)

   describe("client authentication", function()
      it("needs the proof that goes with the certificate", function()
         refused(mutual, "client", at("certificate_verify", drop), "unexpected_message")
         refused(optional, "client", at("certificate_verify", drop), "unexpected_message")
         refused(mutual, "client", at("certificate_verify", function(items, i)
            local body = items[i].body
            items[i] = message(15, body:sub(1, -2) .. string.char((body:byte(-1) + 1) % 256))
         end), "bad_signature")
      end)

      it("that is required cannot be left out", function()
         refused(mutual, "client", at("certificate", function(items, i)
            items[i] = message(11, "\0\0\0")
         end), "certificate_required")
      end)

      it("that was not asked for is refused", function()
         refused(full, "client", at("client_key_exchange", insert(message(11, "\0\0\0"))), "unexpected_message")
         refused(full, "client", at(20, insert(message(15, "\4\3\0\4abcd"))), "unexpected_message")
      end)

      it("of a certificate that cannot be read", function()
         local result = hostile.run({ contexts = mutual, attacker = "client",
            edit = at("certificate", function(items, i) items[i] = message(11, "\0\0\7\0\0\4abcd") end) })
         assert.equal("bad_certificate", result.server.code)
         assert.equal("bad_certificate", hostile.alert(result, "server"))
      end)
   end)

   describe("what is no TLS at all", function()
      local greetings = {
         http = "GET / HTTP/1.0\r\n\r\n", ssh = "SSH-2.0-OpenSSH_9.2\r\n", smtp = "220 mail.example ESMTP\r\n",
         sslv2 = "\128\46\1\3\1\0\21\0\0\0\16" .. ("x"):rep(37), zeros = ("\0"):rep(64), ones = ("\255"):rep(64),
      }
      for name, bytes in pairs(greetings) do
         it(name .. " is refused by its first bytes", function()
            local client, server = hostile.pair(full.client, full.server)
            for _, connection in ipairs({ client, server }) do
               connection:step()
               connection:drain()
               connection:feed(bytes)
               local status, text, code = connection:step()
               assert.is_nil(status)
               assert.equal("unexpected_message", code)
               assert.is_string(text)
               assert.equal("\21\3\1\0\2\2\10", connection:drain())
            end
         end)
      end
   end)
end)
