-- A server in front of others (RFC 9849, split mode): it opens hellos, by whose name it finds the server behind, and
-- passes on everything else.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pair = require "bearssl.transport.pair"

local PUBLIC_NAME = "beta.example"
local keys = assert(bearssl.ech.generate { public_name = PUBLIC_NAME, maximum_name_length = 30 })

local function client(options)
   local all = { ech = keys:config_list(), cafile = certificates.ca.certfile }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(bearssl.context(all))
end

-- One that knows of no Encrypted ClientHello.
local function other_client(options)
   local all = { cafile = certificates.ca.certfile }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(bearssl.context(all))
end

local function behind(options)
   local all = {
      mode = "server", ech_backend = true, certfile = certificates.ec.chainfile, keyfile = certificates.ec.keyfile,
   }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(bearssl.context(all))
end

-- A client, an opener and a server behind it. `size`: of the pieces in which the client's bytes come. Returns both
-- ends, the names that were told, and the opener.
local function shake(a_context, b_context, options, size)
   local a = assert(a_context:connection(options or { server_name = "localhost" }))
   local b = assert(b_context:connection())
   local opener, names, result = keys:opener(), {}, {}
   for _ = 1, 12 do
      local event, _, code = a:step()
      result.client = event or code
      local bytes = a:drain()
      local most = size or #bytes + 1
      for at = 1, #bytes, most do
         local records, name, failure = opener:feed(bytes:sub(at, at + most - 1))
         if records then
            assert.equal(#records, b:feed(records))
            names[#names + 1] = name
            b:step()
         else
            assert.equal("wantread", failure, name)
         end
      end
      event, _, code = b:step()
      result.server = event or code
      a:feed(b:drain())
   end
   return a, b, names, opener, result
end

local function accepted(a, b)
   assert.is_true(a:info("established"))
   assert.is_true(b:info("established"))
   assert.equal("accepted", a:info("ech"))
   assert.equal("accepted", b:info("ech"))
   assert.equal("localhost", b:info("server_name"))
end

local RETRY = { groups = { "x25519", "secp256r1" }, key_shares = 1 }

-- The bytes of a client's first flight.
local function first_flight(options, connection)
   local a = assert(client(options):connection(connection or { server_name = "localhost" }))
   a:step()
   return a:drain(), a
end

-- The bytes of a client's second hello, and an opener that has opened the first.
local function second_flight()
   local bytes, a = first_flight(RETRY)
   local opener = keys:opener()
   local b = assert(behind { groups = { "secp256r1" } }:connection())
   b:feed((assert(opener:feed(bytes))))
   b:step()
   a:feed(b:drain())
   a:step()
   return a:drain(), opener
end

describe("a server in front of others", function()
   for _, size in ipairs { false, 1, 7, 1000 } do
      it(("opens a hello that comes in pieces of %s bytes"):format(size or "all its"), function()
         local a, b, names, opener = shake(client(), behind(), nil, size or nil)
         accepted(a, b)
         assert.same({ "localhost" }, names)
         assert.is_true(opener:done())
         assert.equal("anything", (opener:feed "anything"))
      end)

      it(("opens the one after HelloRetryRequest too, in pieces of %s bytes"):format(size or "all its"), function()
         local a, b, names, opener = shake(client(RETRY), behind { groups = { "secp256r1" } }, nil, size or nil)
         accepted(a, b)
         assert.is_true(a:info("hello_retry"))
         assert.same({ "localhost", "localhost" }, names)
         assert.is_true(opener:done())
      end)
   end

   it("passes on what is resumed, with early data, and with early data that a HelloRetryRequest refuses", function()
      local a_context, b_context = client(RETRY), behind { max_early_data = 1000 }
      local first, other = shake(a_context, b_context)
      accepted(first, other)
      local session = first:session()
      for _, size in ipairs { false, 1 } do
         local a, b, names = shake(a_context, b_context, {
            server_name = "localhost", session = session, early_data = "early",
         }, size or nil)
         accepted(a, b)
         assert.is_true(a:info("resumed"))
         assert.equal("accepted", a:info("early_data"))
         assert.equal("early", b:read())
         assert.same({ "localhost" }, names)
         session = a:session()
      end
      local retrying = behind { max_early_data = 1000, groups = { "secp256r1" } }
      session = shake(a_context, retrying):session()
      for _, size in ipairs { false, 1 } do
         local a, b, names, opener = shake(a_context, retrying, {
            server_name = "localhost", session = session, early_data = "early",
         }, size or nil)
         accepted(a, b)
         assert.is_true(a:info("hello_retry"))
         assert.is_true(a:info("resumed"))
         assert.equal("rejected", a:info("early_data"))
         assert.same({ "localhost", "localhost" }, names)
         assert.is_true(opener:done())
         session = a:session()
      end
   end)

   it("knows of no name where the hello has none", function()
      local records, name = keys:opener():feed((first_flight({ verify = "none" }, { server_name = false })))
      assert.truthy(records)
      assert.is_nil(name)
   end)

   it("gives back what is not for its keys, and a stream goes on with it", function()
      local others = assert(bearssl.ech.generate { public_name = PUBLIC_NAME })
      local front = assert(bearssl.context {
         mode = "server", ech_keys = keys, certfile = certificates.beta.chainfile, keyfile = certificates.beta.keyfile,
      })
      for text, case in pairs {
         ["another key"] = { client { ech = others:config_list() }, "localhost", "ech_required" },
         ["GREASE"] = { other_client(), PUBLIC_NAME },
         ["TLS 1.2"] = { other_client { max_version = "TLSv1.2" }, PUBLIC_NAME },
      } do
         local left, right = pair.new()
         local a = assert(case[1]:wrap(left, { server_name = case[2] }))
         a:settimeout(0)
         assert.is_nil((a:handshake()))
         local opener, received = keys:opener(), nil
         local came = ""
         while not received do
            local bytes = assert(right.read(100))
            came = came .. bytes
            local records, rest, code = opener:feed(bytes)
            if records == false then received = rest else assert.equal("wantread", code, text) end
         end
         assert.equal(came, received)
         assert.has_error(function() opener:feed "x" end)
         assert.is_false(opener:done())
         local b = assert(front:wrap(right, { received = received, timeout = 0 }))
         local code, ok, message
         for _ = 1, 6 do
            b:handshake()
            ok, message, code = a:handshake()
         end
         if case[3] then
            assert.equal(case[3], code, text)
            assert.equal(keys:config_list(), a:info("ech_retry_configs"))
         else
            assert.is_true(ok, message)
            assert.truthy(a:send("hello"))
            assert.equal("hello", (b:receive(5)))
         end
      end
   end)

   it("gives back what is no hello at all, as soon as it is known", function()
      local hello = first_flight()
      for text, bytes in pairs {
         ["HTTP"] = "GET / HTTP/1.0\r\n\r\n", ["an alert"] = "\21\3\1\0\2\2\0", ["an empty record"] = "\22\3\1\0\0",
         ["another message"] = "\22\3\1\0\4\2\0\0\9", ["a hello that is too long"] = "\22\3\1\0\4\1\255\255\255",
         ["an alert within"] = hello:sub(1, 3) .. "\0\4" .. hello:sub(6, 9) .. "\21\3\1\0\2\2\0",
         ["more than a hello"] = hello:sub(1, 3) .. string.char(math.floor((#hello - 4) / 256), (#hello - 4) % 256)
            .. hello:sub(6) .. "\1",
         ["a byte that is wrong"] = hello:sub(1, -2) .. string.char((hello:byte(-1) + 1) % 256),
      } do
         local records, received = keys:opener():feed(bytes)
         assert.is_false(records, text)
         assert.equal(bytes, received)
      end
      local opener, fed = keys:opener(), 0
      repeat
         local records = opener:feed("\22\3\1\0\1\1")
         fed = fed + 1
      until records == false or fed > 70000
      assert.is_true(fed < 10, fed)
      opener, fed = keys:opener(), 0
      local records = opener:feed("\22\3\1\0\4\1\0\255\252")
      assert.is_nil(records)
      repeat
         records = opener:feed("\22\3\1\0\1x")
         fed = fed + 1
      until records == false or fed > 70000
      assert.equal(65532, fed)
   end)

   it("refuses a second hello that does not belong to the first, and tells the client", function()
      local outer = second_flight()
      local at = assert(outer:find("\22", 1, true))
      if outer:byte() == 20 then at = 7 end
      local first = first_flight(RETRY)
      local plain = assert(bearssl.context { verify = "none", grease = false }):connection { server_name = "localhost" }
      plain:step()
      for text, case in pairs {
         ["one of another connection"] = { outer:sub(at), "decrypt_error", 51 },
         ["the first one again"] = { first, "illegal_parameter", 47 },
         ["one without the extension"] = { plain:drain(), "missing_extension", 109 },
         ["one that is cut off"] = { outer:sub(at, at + 2) .. "\0\4" .. outer:sub(at + 5, at + 8) .. "\21\3\3\0\2\2\0",
            "decode_error", 50 },
      } do
         local opener = keys:opener()
         assert.truthy(opener:feed(first))
         local records, message, code, alert = opener:feed(case[1])
         assert.is_nil(records, text)
         assert.equal(case[2] == "decrypt_error" and "bad_ech" or case[2], code, text .. ": " .. tostring(message))
         assert.equal(string.char(21, 3, 3, 0, 2, 2, case[3]), alert)
         assert.has_error(function() opener:feed "" end)
         assert.is_false(opener:done())
      end
      local good, opener = second_flight()
      local records, name = opener:feed(good)
      assert.truthy(records)
      assert.equal("localhost", name)
      assert.is_nil(records:find(PUBLIC_NAME, 1, true))
   end)

   it("raises for what is no bytes, and for what is no opener", function()
      local opener = keys:opener()
      for _, value in ipairs { 5, true, {} } do assert.has_error(function() opener:feed(value) end) end
      assert.has_error(function() opener:feed() end)
      assert.has_error(function() opener.feed({}, "x") end)
      assert.has_error(function() keys:opener {} end)
      assert.has_error(function() keys.opener {} end)
      assert.has_error(function() client():wrap((pair.new()), { server_name = "localhost", received = 5 }) end)
      assert.equal("bearssl.ech_opener", tostring(opener))
   end)
end)

describe("a stream", function()
   it("begins with what was received of its transport already, however much", function()
      local a_context, b_context = other_client(), behind { ech_backend = false }
      local a = assert(a_context:connection { server_name = "localhost" })
      local b
      local left, right = pair.new()
      a:step()
      b = assert(b_context:wrap(right, { received = a:drain(), timeout = 0 }))
      assert.is_nil((b:handshake()))
      a:feed((left.read(100000)))
      a:step()
      a:write(("x"):rep(50000))
      local rest = a:drain()
      a:write(("y"):rep(50000))
      rest = rest .. a:drain()
      left.write(rest)
      assert.is_true(b:handshake())
      assert.truthy(b:receive(50000))
   end)
end)
