-- TLS 1.3 after the handshake and around it: key updates, records and their lengths, versions, options that make no
-- sense.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local ours = require "spec.support.ours"
local pair = require "bearssl.transport.pair"
local pump = require "spec.support.pump"
local tls13 = require "spec.support.tls13"
local together = require "spec.support.together"

local client, server = tls13.client, tls13.server
local recorder, shake, established = tls13.recorder, tls13.shake, tls13.established

after_each(function() ours.close_all() end)

local function misuse(pattern, f, ...)
   local ok, message = pcall(f, ...)
   assert.is_false(ok, "no error; expected: " .. pattern)
   assert.matches(pattern, tostring(message))
   return message
end

local function count(list, name)
   local found = 0
   for _, item in ipairs(list) do
      if item == name then found = found + 1 end
   end
   return found
end

-- Both directions still work.
local function talk(a, b)
   assert(a:write "ping")
   assert(b:write "pong")
   local result = pump(a, b)
   assert.equal("ping", result.server.data)
   assert.equal("pong", result.client.data)
end

describe("key updates", function()
   it("change the keys of one side, or of both", function()
      local seen, theirs = {}, {}
      local a, b = established(client(), server(), {
         handlers = recorder(seen), server = { handlers = recorder(theirs) },
      })
      assert.is_true(a:update_keys())
      talk(a, b)
      assert.equal(1, a:info "key_updates_sent")
      assert.equal(0, a:info "key_updates_received")
      assert.equal(1, b:info "key_updates_received")
      assert.is_false(seen["sent key_update"].update_requested)
      assert.is_false(theirs["received key_update"].update_requested)
      assert.is_true(b:update_keys { request = true })
      talk(a, b)
      -- the answer goes ahead of what is sent next
      talk(a, b)
      assert.equal(2, a:info "key_updates_sent")
      assert.equal(1, a:info "key_updates_received")
      assert.equal(1, b:info "key_updates_sent")
      assert.equal(2, b:info "key_updates_received")
      assert.is_true(theirs["sent key_update"].update_requested)
      for _ = 1, 20 do
         assert.is_true(a:update_keys())
         assert.is_true(b:update_keys { request = true })
         talk(a, b)
      end
   end)

   it("come by themselves after so many records", function()
      local a, b = established(client { key_update_after = 10 }, server())
      local sent = {}
      for i = 1, 100 do
         sent[i] = ("%d;"):format(i)
         assert(a:write(sent[i]))
         if i % 7 == 0 then pump(a, b) end
      end
      pump(a, b)
      assert.is_true(a:info "key_updates_sent" >= 9, a:info "key_updates_sent")
      assert.equal(a:info "key_updates_sent", b:info "key_updates_received")
      talk(a, b)
   end)

   it("work on streams", function()
      local seen = {}
      local left, right = pair.new { wait = coroutine.yield }
      local a = assert(client():wrap(left, { server_name = "localhost", handlers = recorder(seen) }))
      local b = assert(server():wrap(right))
      together(function()
         assert(a:handshake())
         assert.is_true(a:update_keys { request = true })
         assert.equal(1, count(seen, "sent key_update"))
         assert(a:send "ping")
         assert.equal("pong", a:receive(4))
      end, function()
         assert.equal("ping", b:receive(4))
         assert.is_true(b:update_keys())
         assert.is_true(b:send_ticket())
         assert(b:send "pong")
      end)
      assert.equal(1, a:info "key_updates_sent")
      assert.equal(2, a:info "key_updates_received")
   end)

   it("are answered over sockets, while nobody watches", function()
      local listening = ours.listen()
      local loopback = require "spec.support.loopback"
      local a = assert(client():wrap(loopback.connect(listening.port), { server_name = "localhost", timeout = 0 }))
      local b = assert(server():wrap(loopback.accept(listening.listener), { timeout = 0 }))
      listening:close()
      together(function()
         assert(together.try(a.handshake, a))
         for _ = 1, 5 do
            assert.is_true(a:update_keys { request = true })
            assert.is_true(together.send(a, ("x"):rep(50000)))
         end
         assert.equal(("y"):rep(1000), together.receive(a, 1000))
      end, function()
         assert(together.try(b.handshake, b))
         assert.equal(250000, #together.receive(b, 250000))
         assert.is_true(together.send(b, ("y"):rep(1000)))
      end)
      assert.equal(5, a:info "key_updates_sent")
      assert.equal(5, b:info "key_updates_received")
      assert.is_true(b:info "key_updates_sent" >= 1)
      a:close()
      b:close()
   end)

   it("belong to TLS 1.3, after the handshake", function()
      local a = assert(server():connection())
      for _, method in ipairs { "update_keys", "send_ticket", "request_certificate" } do
         assert.same({ "n", "not_ready" }, { a[method](a) == nil and "n", (select(3, a[method](a))) })
      end
      local _, b = established(client { min_version = "TLSv1.2" }, server { min_version = "TLSv1.2" },
         { max_version = "TLSv1.2" })
      for _, method in ipairs { "update_keys", "send_ticket", "request_certificate" } do
         assert.equal("unsupported_version", select(3, b[method](b)))
      end
      local left = pair.new()
      local stream = assert(server():wrap(left, { timeout = 0 }))
      assert.equal("not_ready", select(3, stream:update_keys()))
      stream:close()
      for _, method in ipairs { "update_keys", "send_ticket", "request_certificate" } do
         assert.equal("closed", select(3, stream[method](stream)))
      end
   end)
end)

describe("records of TLS 1.3", function()
   -- The lengths of the records of application data that one side sent.
   local function lengths(result, from, after)
      local list = {}
      for i = (after or 0) + 1, #result.records do
         local record = result.records[i]
         if record.from == from and record.type == 23 then list[#list + 1] = #record.body end
      end
      return list
   end

   it("are not longer than the peer takes", function()
      local a, b, result = established(client { record_size_limit = 1000 }, server())
      assert.equal(1000, b:info "record_size_limit")
      for _, length in ipairs(lengths(result, "server")) do assert.is_true(length <= 1000 + 16, length) end
      b:write(("x"):rep(10000))
      result = pump(a, b)
      assert.equal(10000, #result.client.data)
      for _, length in ipairs(lengths(result, "server")) do assert.is_true(length <= 1000 + 16, length) end
      a:write(("x"):rep(10000))
      assert.equal(10000, #pump(a, b).server.data)
      -- only what both know of is agreed upon
      assert.is_nil(established(client(), server { record_size_limit = 64 }):info "record_size_limit")
      a, b = established(client { record_size_limit = 16384 }, server { record_size_limit = 64 })
      assert.equal(64, a:info "record_size_limit")
      a:write(("x"):rep(1000))
      result = pump(a, b)
      assert.equal(1000, #result.server.data)
      for _, length in ipairs(lengths(result, "client")) do assert.is_true(length <= 64 + 16, length) end
   end)

   it("are padded", function()
      local a, b = established(client { record_padding = 256 }, server())
      for _, size in ipairs { 1, 100, 255, 256, 1000 } do
         a:write(("x"):rep(size))
         local result = pump(a, b)
         assert.equal(size, #result.server.data)
         local list = lengths(result, "client")
         assert.equal(1, #list)
         assert.equal(0, (list[1] - 16) % 256)
         assert.is_true(list[1] - 16 > size)
      end
      b:write "short"
      assert.equal(5 + 1 + 16, lengths(pump(a, b), "server")[1])
   end)

   it("are padded within what the peer takes", function()
      local a, b = established(client { record_padding = 16384, record_size_limit = 16384 },
         server { record_size_limit = 500 })
      a:write(("x"):rep(700))
      local result = pump(a, b)
      assert.equal(700, #result.server.data)
      for _, length in ipairs(lengths(result, "client")) do assert.is_true(length <= 500 + 16, length) end
   end)

   it("that are altered end the connection", function()
      local a, b = established(client(), server())
      a:write "hello"
      local bytes = a:drain()
      b:feed(bytes:sub(1, -2) .. string.char((bytes:byte(-1) + 1) % 256))
      assert.equal("bad_record_mac", select(3, b:step()))
      a:feed(b:drain())
      a:step()
      assert.equal("alert_bad_record_mac", select(3, a:step()))
   end)

   it("end with close_notify, each direction by itself", function()
      local a, b = established(client(), server())
      a:close()
      b:feed(a:drain())
      assert.equal("closed", b:step())
      assert.equal(4, b:write "late")
      a:feed(b:drain())
      assert.equal("data", a:step())
      assert.equal("late", a:read())
      b:close()
      a:feed(b:drain())
      assert.equal("closed", a:step())
   end)
end)

describe("versions", function()
   local function version(client_options, server_options, options)
      local c, s = { min_version = "TLSv1.2" }, { min_version = "TLSv1.2" }
      for name, value in pairs(client_options or {}) do c[name] = value end
      for name, value in pairs(server_options or {}) do s[name] = value end
      local a, b, result = shake(client(c), server(s), options)
      if not a:info "established" then return nil, result.client.code, result.server.code end
      assert.equal(a:info "version", b:info "version")
      return a:info "version"
   end

   it("meet at the highest that both have", function()
      assert.equal("TLSv1.3", version())
      assert.equal("TLSv1.2", version({ max_version = "TLSv1.2" }))
      assert.equal("TLSv1.2", version({}, { max_version = "TLSv1.2" }))
      local none, _, code = version({ min_version = "TLSv1.3" }, { max_version = "TLSv1.2" })
      assert.is_nil(none)
      assert.equal("no_common_version", code)
      none, _, code = version({ max_version = "TLSv1.2" }, { min_version = "TLSv1.3" })
      assert.is_nil(none)
      assert.equal("no_common_version", code)
   end)

   it("may be a connection's own", function()
      assert.equal("TLSv1.2", version({}, {}, { max_version = "TLSv1.2" }))
      assert.equal("TLSv1.2", version({}, {}, { server = { max_version = "TLSv1.2" } }))
      assert.equal("TLSv1.3", version({}, {}, { min_version = "TLSv1.3" }))
      assert.is_nil((version({}, { max_version = "TLSv1.2" }, { min_version = "TLSv1.3" })))
   end)

   it("are those that there is a suite for", function()
      for suite, expected in pairs {
         TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 = "TLSv1.2", TLS_AES_128_GCM_SHA256 = "TLSv1.3",
      } do
         local c = assert(bearssl.context { cafile = certificates.ca.certfile, suites = { suite } })
         local a = established(c, server { min_version = "TLSv1.2" })
         assert.equal(expected, a:info "version")
      end
      local info = assert(bearssl.context {
         cafile = certificates.ca.certfile, suites = { "TLS_AES_128_GCM_SHA256" },
      }):info()
      assert.equal("TLSv1.3", info.min_version)
      info = assert(bearssl.context {
         cafile = certificates.ca.certfile, suites = { "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
      }):info()
      assert.equal("TLSv1.2", info.max_version)
   end)
end)

describe("misuse in TLS 1.3", function()
   local function make(options)
      options.verify = options.mode ~= "server" and "none" or nil
      if options.mode == "server" then
         options.certfile, options.keyfile = certificates.ec.certfile, certificates.ec.keyfile
      end
      return bearssl.context(options)
   end

   it("of a context's options names the option", function()
      misuse("'key_shares' must be an integer from 1 to 4, not 0", make, { key_shares = 0 })
      misuse("'ticket_count' must be an integer from 0 to 16", make, { mode = "server", ticket_count = 17 })
      misuse("'max_early_data' must be an integer", make, { mode = "server", max_early_data = -1 })
      misuse("'record_size_limit' must be an integer from 64 to 16384", make, { record_size_limit = 63 })
      misuse("'record_padding' must be an integer", make, { record_padding = "x" })
      misuse("'key_update_after' must be an integer", make, { key_update_after = 0 })
      misuse("'grease' must be true or false", make, { grease = 1 })
      for _, name in ipairs { "ticket_count", "max_early_data", "early_data_window" } do
         misuse("option '" .. name .. "' is for servers", make, { [name] = 10 })
      end
      misuse("option 'retry_cookie' is for servers", make, { retry_cookie = true })
      misuse("option 'key_shares' is for clients", make, { mode = "server", key_shares = 2 })
      misuse("option 'post_handshake_auth' is for clients", make, { mode = "server", post_handshake_auth = true })
      misuse("'ticket_count' is of no use with tickets = false", make,
         { mode = "server", tickets = false, ticket_count = 1 })
      misuse("'max_early_data' needs tickets", make, { mode = "server", tickets = false, max_early_data = 1 })
      misuse("'max_early_data' needs tickets", make, { mode = "server", ticket_count = 0, max_early_data = 1 })
      misuse("option 'max_version': none of the cipher suites is for TLSv1.3", make,
         { max_version = "TLSv1.3", suites = { "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" } })
      misuse("option 'min_version': none of the cipher suites is for TLSv1.2", make,
         { min_version = "TLSv1.2", suites = { "TLS_AES_128_GCM_SHA256" } })
      misuse("option 'signature_algorithms': none of them is for TLSv1.3", make,
         { max_version = "TLSv1.3", signature_algorithms = { "rsa_pkcs1_sha256" } })
   end)

   it("is not that a context signs only as TLS 1.2 does: it speaks no more than that", function()
      local context = assert(make { signature_algorithms = { "rsa_pkcs1_sha256", "rsa_pkcs1_sha384" } })
      assert.equal("TLSv1.2", context:info().max_version)
   end)

   it("of a connection's options names the option", function()
      local c, s = client(), server { max_early_data = 100 }
      local session = tls13.session(c, s)
      local function connect(options)
         options.server_name = "localhost"
         return c:connection(options)
      end
      misuse("'early_data' must be a string", connect, { session = session, early_data = 5 })
      misuse("'early_data': must have at most 32768 bytes", connect,
         { session = session, early_data = ("x"):rep(32769) })
      misuse("'early_data' needs a 'session'", connect, { early_data = "x" })
      misuse("'early_data_resend' needs 'early_data'", connect, { session = session, early_data_resend = true })
      misuse("'early_data' is for clients", s.connection, s, { early_data = "x" })
      misuse("the context speaks TLSv1.3 to TLSv1.3", connect, { max_version = "TLSv1.2", min_version = "TLSv1.2" })
      misuse("unknown version 'TLSv1.9'", connect, { max_version = "TLSv1.9" })
      misuse("min_version TLSv1.3 is above max_version TLSv1.2", connect, { max_version = "TLSv1.2" })
      local both = client { min_version = "TLSv1.2" }
      misuse("'min_version': the context speaks TLSv1.2 to TLSv1.3", both.connection, both,
         { server_name = "localhost", min_version = "TLSv1.1" })
   end)

   it("of exporters raises", function()
      local a = established(client(), server())
      misuse("the label must be a string", a.export_early_keying_material, a, "", 10)
      misuse("the length must be an integer", a.export_early_keying_material, a, "EXPORTER-x", 0)
   end)

   it("of the early_data handler is its fault", function()
      local c, s = client(), server { max_early_data = 100, handlers = { early_data = function() return "yes" end } }
      local session = tls13.session(c, s)
      local _, _, result = shake(c, s, { session = session, early_data = "x" })
      assert.equal("handler_error", result.server.code)
      assert.matches("must return true to accept early data, false to reject it", result.server.message)
   end)
end)
