-- What happens to bytes on the way, and to the way itself: every byte of a handshake altered, cut into single
-- bytes, cut off, reset or held back at every message. A clear nil, message, code each time, and nothing left.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local hostile = require "spec.robustness.hostile"
local loopback = require "spec.support.loopback"
local pump = require "spec.support.pump"
local socket = require "socket"

local OTHER = { client = "server", server = "client" }

local function memory()
   collectgarbage("collect")
   collectgarbage("collect")
   return collectgarbage("count") * 1024
end

-- Bytes of the process, where the system tells.
local function resident()
   local file = io.open("/proc/self/statm")
   if not file then return nil end
   local pages = file:read("*a"):match("^%d+ (%d+)")
   file:close()
   return tonumber(pages) * 4096
end

describe("bytes on the way", function()
   local contexts, mutual, session

   setup(function()
      contexts, mutual = {}, {}
      contexts.client, contexts.server = hostile.contexts()
      local own = { certificate = certificates.client_ec.chain, key = certificates.client_ec.key }
      mutual.client, mutual.server = hostile.contexts({ verify = "required", trust = certificates.ca.certificate }, own)
      local result = hostile.run({ contexts = contexts })
      session = assert(result.client_connection:session())
   end)

   teardown(function() contexts, mutual, session = nil, nil, nil end)

   -- flips one byte of the stream of `from`; true when the handshake had such a byte.
   local function flip(which, from, position, mask, client_options)
      local seen, reached = 0, false
      local touched_length = false
      local result = hostile.run({ contexts = which, client = client_options, tamper = function(bytes, name)
         if name ~= from then return bytes end
         local first = seen
         seen = seen + #bytes
         if position < first or position >= seen then return bytes end
         reached = true
         local index = position - first + 1
         -- is it the length in a record's header? Then the victim may wait for more.
         local start = 1
         while start <= #bytes do
            local length = bytes:byte(start + 3) * 256 + bytes:byte(start + 4)
            if index == start + 3 or index == start + 4 then touched_length = true end
            start = start + 5 + length
         end
         local byte = bytes:byte(index)
         local flipped = (byte % (2 * mask) >= mask) and byte - mask or byte + mask
         return bytes:sub(1, index - 1) .. string.char(flipped) .. bytes:sub(index + 1)
      end })
      if not reached then return false end
      local victim = result[OTHER[from]]
      local both = result.client.info.established and result.server.info.established
      local where = ("byte %d of the %s ^ %d"):format(position, from, mask)
      if position == 2 then
         -- The minor version in a record's header means nothing before ServerHello was read (RFC 5246 appendix E.1).
         assert.is_true(both, where)
         return true
      end
      assert.is_false(both, where)
      assert.is_false(victim.info.established and victim.status == "data", where)
      if victim.status then
         -- It waits: for the rest of a record or of a message that claims to be longer.
         assert.equal("wantread", victim.status, where)
         local connection = result[OTHER[from] .. "_connection"]
         connection:feed()
         local status, message, code = connection:step()
         assert.is_nil(status, where)
         assert.equal("truncated", code, where)
         assert.is_string(message)
      else
         assert.is_string(victim.message, where)
         assert.is_string(victim.code, where)
         assert.is_nil(victim.code:find("internal"), where .. ": " .. victim.code)
         if not victim.code:find("^alert_") and victim.code ~= "truncated" and victim.code ~= "closed" then
            assert.is_string(hostile.alert(result, OTHER[from]), where .. ": no alert for " .. victim.code)
         end
      end
      return true, touched_length
   end

   local function flip_all(which, client_options, stride, masks)
      for _, from in ipairs({ "client", "server" }) do
         local position = 0
         for _, mask in ipairs(masks) do
            position = 0
            while flip(which, from, position, mask, client_options and client_options()) do
               position = position + stride
            end
         end
         assert.is_true(position > 80, "the flights were shorter than expected")
      end
   end

   it("altered: one byte in eleven of a full handshake", function()
      flip_all(contexts, nil, 11, { 1 })
   end)

   it("altered: every byte of a full handshake #slow", function()
      flip_all(contexts, nil, 1, { 1, 128 })
   end)

   it("altered: every byte of a mutual handshake #slow", function()
      flip_all(mutual, nil, 1, { 4 })
   end)

   it("altered: every byte of a resumed handshake", function()
      flip_all(contexts, function()
         local result = hostile.run({ contexts = contexts })
         return { session = assert(result.client_connection:session()) }
      end, 3, { 2 })
   end)

   it("one by one: full, mutual and resumed", function()
      for _, which in ipairs({ contexts, mutual }) do
         local result = hostile.run({ contexts = which, chunk = 1 })
         assert.equal("data", pump(result.client_connection, result.server_connection).client.status == "wantread"
            and "data")
         assert.is_true(result.client.info.established)
         assert.is_true(result.server.info.established)
      end
      contexts.client, contexts.server = hostile.contexts()
      local first = hostile.run({ contexts = contexts })
      session = assert(first.client_connection:session())
      local result = hostile.run({ contexts = contexts, chunk = 1, client = { session = session } })
      assert.is_true(result.client.info.resumed)
      assert.is_true(result.server.info.resumed)
   end)

   it("ending after every byte", function()
      for _, from in ipairs({ "client", "server" }) do
         local limit = 0
         repeat
            local left, cut = limit, false
            local client, server = hostile.pair(contexts.client, contexts.server)
            local result = pump(client, server, { tamper = function(bytes, name)
               if name ~= from then return bytes end
               if #bytes > left then
                  bytes, cut = bytes:sub(1, left), true
               end
               left = left - #bytes
               return bytes
            end })
            local victim = from == "client" and server or client
            if cut then
               assert.equal("wantread", result[OTHER[from]].status)
               victim:feed()
               local status, message, code = victim:step()
               assert.is_nil(status)
               assert.equal("truncated", code, message)
            end
            limit = limit + 13
         until not cut
         assert.is_true(limit > 200)
      end
   end)

   it("leave nothing behind when a thousand handshakes fail", function()
      local function fail_some(count)
         for index = 1, count do
            local position = index % 900
            local seen = 0
            hostile.run({ contexts = contexts, tamper = function(bytes, from)
               local first = seen
               seen = seen + #bytes
               if from == "server" and position >= first and position < seen then
                  local i = position - first + 1
                  return bytes:sub(1, i - 1) .. "\170" .. bytes:sub(i + 1)
               end
               return bytes
            end })
         end
      end
      fail_some(100)
      local before, before_resident = memory(), resident()
      local pooled = contexts.server:info().pooled_buffers + contexts.client:info().pooled_buffers
      fail_some(300)
      local after, after_resident = memory(), resident()
      assert.is_true(after - before < 65536, ("%d bytes of Lua memory more"):format(after - before))
      if before_resident and not os.getenv("LABEL") then
         assert.is_true(after_resident - before_resident < 4 * 1024 * 1024,
            ("%d bytes of memory more"):format(after_resident - before_resident))
      end
      -- every buffer is back: no more of them than connections that waited for the collector at once
      local now = contexts.server:info().pooled_buffers + contexts.client:info().pooled_buffers
      assert.is_true(pooled >= 2 and now >= pooled and now <= 32, ("pooled: %d, then %d"):format(pooled, now))
   end)
end)

-- ---- Over sockets ----

-- A raw end of a TCP connection whose bytes come from a sans-I/O connection, message by message.
local function attack(context, victim_stream, raw, options, count, ending, patience)
   local peer = assert(context:connection(options))
   local hidden
   local sent = 0
   raw:settimeout(0)
   victim_stream:settimeout(0)
   local deadline = socket.gettime() + 30
   while true do
      assert(socket.gettime() < deadline, "the handshake does not end")
      local ok, message, code = victim_stream:handshake()
      if ok then return true, sent, "done", peer end
      if code ~= "wantread" and code ~= "wantwrite" then return nil, message, code, peer end
      peer:step()
      local items
      items, hidden = hostile.items((pump.records(peer:drain())), hidden)
      for _, item in ipairs(items) do
         if sent == count then
            ending(raw)
            victim_stream:settimeout(patience)
            return victim_stream:handshake()
         end
         sent = sent + 1
         raw:settimeout(5)
         assert(raw:send(hostile.bytes({ item }, 0x0303)))
         raw:settimeout(0)
      end
      local bytes, reason, partial = raw:receive(65536)
      bytes = bytes or partial
      if bytes and bytes ~= "" then
         peer:feed(bytes)
      elseif reason == "closed" then
         peer:feed()
      end
      if #items == 0 and (not bytes or bytes == "") then socket.sleep(0.001) end
   end
end

describe("a peer that", function()
   local contexts

   setup(function()
      contexts = {}
      contexts.client, contexts.server = hostile.contexts()
   end)
   teardown(function() contexts = nil end)

   local endings = {
      ["closes"] = { codes = { truncated = true }, act = function(raw) raw:close() end },
      ["shuts down its sending side"] = { codes = { truncated = true }, act = function(raw) raw:shutdown("send") end },
      ["resets"] = { codes = { transport_failed = true }, act = function(raw)
         raw:setoption("linger", { on = true, timeout = 0 })
         raw:close()
      end },
      ["stalls"] = { codes = { timeout = true }, act = function() end },
   }

   for name, ending in pairs(endings) do
      for _, role in ipairs({ "server", "client" }) do
         it(name .. " at each message of a " .. role, function()
            local established
            for count = 0, 12 do
               local client_socket, server_socket = loopback.pair()
               local mine, raw = client_socket, server_socket
               if role == "client" then mine, raw = server_socket, client_socket end
               local stream = role == "server" and assert(contexts.client:wrap(mine, { server_name = "localhost" }))
                  or assert(contexts.server:wrap(mine))
               local ok, message, code = attack(contexts[role], stream, raw,
                  role == "client" and { server_name = "localhost" } or {}, count, ending.act,
                  name == "stalls" and 0.05 or 10)
               if ok then
                  established = count
               else
                  assert.is_string(message)
                  assert.is_true(ending.codes[code] or false, ("after %d messages: %s, %s"):format(count, message,
                     tostring(code)))
                  if name == "stalls" then assert.equal("timeout", message) end
                  -- and once more: the same failure, not a crash
                  if name ~= "stalls" then
                     local again, _, second = stream:handshake()
                     assert.is_nil(again)
                     assert.is_string(second)
                  end
                  local data, _, partial, receive_code = stream:receive(1)
                  assert.is_nil(data)
                  assert.equal("", partial)
                  assert.is_string(receive_code)
                  local sent, _, last, send_code = stream:send("x")
                  assert.is_nil(sent)
                  assert.equal(0, last)
                  assert.is_string(send_code)
               end
               assert.is_true(stream:close())
               assert.is_true(stream:close())
               raw:close()
               if ok then break end
            end
            assert.is_number(established, "the handshake was never let through")
            assert.is_true(established >= (role == "server" and 5 or 3), "messages: " .. tostring(established))
         end)
      end
   end

   it("goes away while data flows: what arrived is returned, and the end is told from a clean one", function()
      for _, how in ipairs({ "close_notify", "close", "reset" }) do
         local client_socket, raw = loopback.pair()
         local client = assert(contexts.client:wrap(client_socket, { server_name = "localhost" }))
         local peer = assert(contexts.server:connection({}))
         client:settimeout(0)
         raw:settimeout(0)
         repeat
            local done = client:handshake()
            peer:step()
            raw:send(peer:drain())
            local bytes, _, partial = raw:receive(65536)
            peer:feed(bytes or partial)
            peer:step()
            raw:send(peer:drain())
         until done
         assert.equal(7, peer:write("partial"))
         if how == "close_notify" then peer:close() end
         raw:send(peer:drain())
         if how == "reset" then
            socket.sleep(0.01)
            client:settimeout(1)
            assert.equal("part", client:receive(4))
            raw:setoption("linger", { on = true, timeout = 0 })
         end
         raw:close()
         client:settimeout(5)
         local data, message, partial, code = client:receive(100)
         assert.is_nil(data)
         if how == "reset" then
            assert.equal("ial", partial)
            assert.equal("transport_failed", code)
         else
            assert.equal("partial", partial)
            assert.equal(how == "close_notify" and "closed" or "truncated", code, message)
         end
         client:close()
      end
   end)

   it("does not read: send stops at the timeout and says how far it came", function()
      local client_socket, raw = loopback.pair()
      local client = assert(contexts.client:wrap(client_socket, { server_name = "localhost" }))
      local peer = assert(contexts.server:connection({}))
      client:settimeout(0)
      raw:settimeout(0)
      repeat
         local done = client:handshake()
         peer:step()
         raw:send(peer:drain())
         local bytes, _, partial = raw:receive(65536)
         peer:feed(bytes or partial)
         peer:step()
         raw:send(peer:drain())
      until done
      client:settimeout(0.2)
      local data = ("0123456789"):rep(2000000)
      local sent, message, last, code = client:send(data)
      assert.is_nil(sent)
      assert.equal("timeout", message)
      assert.equal("timeout", code)
      assert.is_true(last > 0 and last < #data)
      assert.equal("write", client:want())
      local started = socket.gettime()
      assert.is_true(client:close())
      assert.is_true(socket.gettime() - started < 3, "close does not wait for ever")
      raw:close()
   end)
end)

describe("functions as a transport that", function()
   local contexts
   setup(function()
      contexts = {}
      contexts.client, contexts.server = hostile.contexts()
   end)
   teardown(function() contexts = nil end)

   local function shake(read, write)
      local stream = assert(contexts.client:wrap({ read = read, write = write }, { server_name = "localhost" }))
      return stream, pcall(stream.handshake, stream)
   end
   local function take(bytes) return #bytes end

   it("fail, are told", function()
      local _, ok, result, message, code = shake(function() return nil, "no route to host" end, take)
      assert.is_true(ok)
      assert.is_nil(result)
      assert.equal("transport_failed", code)
      assert.matches("no route to host", message)
      _, ok, result, message, code = shake(function() return nil, "closed" end, take)
      assert.is_true(ok)
      assert.is_nil(result)
      assert.equal("truncated", code, message)
      _, ok, result, message, code = shake(function() return nil, "timeout" end,
         function() return nil, "broken pipe" end)
      assert.is_true(ok)
      assert.is_nil(result)
      assert.equal("transport_failed", code)
      assert.matches("broken pipe", message)
   end)

   it("raise, leave the stream usable", function()
      local stream, ok, message = shake(function() error("read broke") end, take)
      assert.is_false(ok)
      assert.matches("read broke", message)
      assert.has_no.errors(function() stream:close() end)
      stream, ok, message = shake(take, function() error({ "write broke" }) end)
      assert.is_false(ok)
      assert.is_table(message)
      pcall(stream.close, stream)
   end)

   it("return nonsense, are named", function()
      for _, nonsense in ipairs({ 42, true, {} }) do
         local stream, ok, message = shake(function() return nonsense end, take)
         if ok then
            assert.is_nil(message)
         else
            assert.matches("transport's read", tostring(message))
         end
         stream:close()
      end
      for _, nonsense in ipairs({ "12", true, {} }) do
         local stream, ok, message = shake(function() return nil, "timeout" end, function() return nonsense end)
         assert.is_false(ok)
         assert.matches("transport's write", tostring(message))
         pcall(stream.close, stream)
      end
   end)

   it("claim to have taken more bytes than there were", function()
      local stream, ok = shake(function() return nil, "timeout" end, function(bytes) return #bytes * 10 end)
      assert.is_boolean(ok)
      stream:close()
   end)

   it("bring garbage for ever", function()
      local stream, ok, result, _, code = shake(function(n) return ("\0"):rep(n) end, take)
      assert.is_true(ok)
      assert.is_nil(result)
      assert.equal("unexpected_message", code)
      stream:close()
   end)

   it("bring nothing for ever, one empty string after the other", function()
      local count = 0
      local stream, ok, result, _, code = shake(function()
         count = count + 1
         if count > 1000 then return nil, "closed" end
         return ""
      end, take)
      assert.is_true(ok)
      assert.is_nil(result)
      assert.is_string(code)
      stream:close()
   end)
end)

describe("core.parse_message", function()
   it("never crashes on random bytes", function()
      local seed = 12345
      local function random()
         seed = (seed * 1103515245 + 12345) % 2147483648
         return math.floor(seed / 65536) % 256
      end
      for _ = 1, 3000 do
         local bytes = {}
         for index = 1, random() % 80 do bytes[index] = string.char(random()) end
         local body = table.concat(bytes)
         local kind = ({ 0, 1, 2, 4, 8, 11, 12, 13, 14, 15, 16, 20, 22, 24 })[random() % 14 + 1]
         local result, message, code = core.parse_message(pump.message(kind, body),
            { version = 0x0303, suite = 0xC02B })
         if not result then
            assert.is_string(message)
            assert.is_string(code)
         end
      end
   end)

   it("accepts the library's constants", function()
      assert.is_true(#bearssl.stages > 10)
      assert.is_true(#bearssl.decisions > 5)
   end)
end)
