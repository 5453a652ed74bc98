-- Extensions of one's own, max_fragment_length and the options around them: between two sides of ours, with a peer
-- whose messages are rewritten on the way, and with OpenSSL and GnuTLS.
local bearssl = require "bearssl"
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local mime = require "mime"
local ours = require "spec.support.ours"
local pump = require "spec.support.pump"
local temporary = require "spec.support.temporary"
local tls12 = require "spec.support.tls12"

local CUSTOM = 0xFDE8

local function misuse(pattern, f, ...)
   local ok, message = pcall(f, ...)
   assert.is_false(ok)
   assert.truthy(tostring(message):find(pattern, 1, true), message)
end

local function extension_of(message, id)
   for _, extension in ipairs(message.extensions) do
      if extension.id == id then return extension.raw, extension.value end
   end
   return nil
end

local function server_context(options)
   options = options or {}
   options.mode = "server"
   options.certfile, options.keyfile = certificates.ec.certfile, certificates.ec.keyfile
   options.max_version = "TLSv1.2"
   return assert(bearssl.context(options))
end

-- shake gives both connections, pump's result, and the messages of both hellos as the other side saw them.
local function shake(client_options, server_options, tamper)
   local hellos = {}
   client_options.cafile, client_options.max_version = certificates.ca.certfile, client_options.max_version or "TLSv1.2"
   local client = assert(assert(bearssl.context(client_options)):connection {
      server_name = "localhost",
      handlers = { server_hello = function(_, message) hellos.server = message end },
   })
   local server = assert(server_context(server_options):connection {
      handlers = { client_hello = function(_, message) hellos.client = message end },
   })
   return client, server, pump(client, server, { tamper = tamper }), hellos
end

-- answering is a server that adds an extension to its ServerHello.
local function answering(kind, data)
   local done = false
   return function(output, from, records)
      if from ~= "server" or done then return output end
      done = true
      local first, rest = records[1].body, output:sub(6 + #records[1].body)
      local length = first:byte(2) * 65536 + first:byte(3) * 256 + first:byte(4)
      local hello = assert(core.parse_message(first:sub(1, 4 + length)))
      assert.equal("server_hello", hello.stage)
      local list = {}
      for index, extension in ipairs(hello.extensions) do list[index] = { id = extension.id, raw = extension.raw } end
      list[#list + 1] = { id = kind, raw = data }
      hello.extensions = list
      return pump.record(22, assert(core.build_message(hello)) .. first:sub(5 + length)) .. rest
   end
end

describe("extensions of one's own", function()
   it("stand in the ClientHello, as the server's stage sees it", function()
      local client, _, result, hellos = shake({ extensions = {
         { id = CUSTOM, raw = "some \0 data" }, { id = 0xFDE9, raw = "" },
         { id = 0xFFFF, raw = ("x"):rep(9000) },
      } })
      assert.equal("wantread", result.client.status, result.client.message)
      assert.equal("some \0 data", (extension_of(hellos.client, CUSTOM)))
      assert.equal("", (extension_of(hellos.client, 0xFDE9)))
      assert.equal(("x"):rep(9000), (extension_of(hellos.client, 0xFFFF)))
      assert.is_nil(extension_of(hellos.server, CUSTOM))
      assert.is_true(client:info("established"))
   end)

   it("are sent again when resuming", function()
      local context = assert(bearssl.context {
         cafile = certificates.ca.certfile, max_version = "TLSv1.2", extensions = { { id = CUSTOM, raw = "mine" } },
      })
      local seen = {}
      local server = server_context { handlers = { client_hello = function(_, message)
         seen[#seen + 1] = extension_of(message, CUSTOM)
      end } }
      local session
      for index = 1, 2 do
         local a = assert(context:connection { server_name = "localhost", session = session })
         local result = pump(a, assert(server:connection()))
         assert.equal("wantread", result.client.status, result.client.message)
         assert.equal(index == 2, a:info("resumed"))
         session = a:session()
      end
      assert.same({ "mine", "mine" }, seen)
   end)

   it("are answered in the server_hello stage", function()
      local client, _, result, hellos = shake({ extensions = { { id = CUSTOM, raw = "?" } } }, {},
         answering(CUSTOM, "the answer"))
      assert.equal("the answer", (extension_of(hellos.server, CUSTOM)))
      -- only the transcript tells that the server did not write this
      assert.is_nil(result.client.status)
      assert.are_not.equal("alert_unsupported_extension", result.server.code)
      assert.is_false(client:info("established"))
   end)

   it("that were not offered must not be answered", function()
      local _, _, result = shake({}, {}, answering(CUSTOM, "the answer"))
      assert.is_nil(result.client.status)
      assert.equal("alert_unsupported_extension", result.server.code)
   end)

   it("are refused when they cannot be sent", function()
      local function extensions(list)
         return function() bearssl.context { verify = "none", extensions = list } end
      end
      misuse("must be a list of { id =, raw = }", extensions("x"))
      misuse("must be a list, not a table with names", extensions({ id = 1, raw = "" }))
      misuse("element 1 must be { id =, raw = }", extensions({ { id = CUSTOM } }))
      misuse("element 1 must be { id =, raw = }", extensions({ { raw = "" } }))
      misuse("element 1: unknown option 'type'", extensions({ { type = CUSTOM, raw = "" } }))
      misuse("an integer from 0 to 65535", extensions({ { id = 65536, raw = "" } }))
      misuse("an integer from 0 to 65535", extensions({ { id = 1.5, raw = "" } }))
      misuse("must be a string", extensions({ { id = CUSTOM, raw = 1 } }))
      misuse("extension 65000 stands twice", extensions({ { id = CUSTOM, raw = "" }, { id = CUSTOM, raw = "x" } }))
      for _, kind in ipairs { 0, 1, 5, 10, 13, 16, 18, 23, 35, 0xFF01 } do
         misuse("an extension that the library handles itself", extensions({ { id = kind, raw = "" } }))
      end
      misuse("more than 16383 bytes", extensions({ { id = CUSTOM, raw = ("x"):rep(16384) } }))
      misuse("must not be empty", extensions({}))
   end)
end)

-- The types and data in a hello's extension block, by its bytes alone.
local function block_of(body, name)
   local position = 35
   position = position + 1 + body:byte(position)
   if name == "client_hello" then
      position = position + 2 + body:byte(position) * 256 + body:byte(position + 1)
      position = position + 1 + body:byte(position)
   else
      position = position + 3
   end
   local list, last = {}, position + 1 + body:byte(position) * 256 + body:byte(position + 1)
   position = position + 2
   while position <= last do
      local a, b, c, d = body:byte(position, position + 3)
      list[#list + 1] = { a * 256 + b, body:sub(position + 4, position + 3 + c * 256 + d) }
      position = position + 4 + c * 256 + d
   end
   assert.equal(#body, last)
   return list
end

local function seen_by(message)
   local list = {}
   for index, extension in ipairs(message.extensions) do list[index] = { extension.id, extension.raw } end
   return list
end

local function ids(list)
   local result = {}
   for index, entry in ipairs(list) do result[index] = entry[1] end
   table.sort(result)
   return result
end

describe("handlers see every extension", function()
   after_each(ours.close_all)

   it("of both hellos, on both sides, as they stand on the wire", function()
      local ocsp = assert(bearssl.ocsp.new {
         certificate = certificates.ec.certificate, status = "good",
         issuer = certificates.ca.certificate, issuer_key = certificates.ca.key,
      }):der()
      local client_context = assert(bearssl.context {
         cafile = certificates.ca.certfile, alpn = { "h2", "http/1.1" }, max_fragment_length = 4096,
         max_version = "TLSv1.2",
         extensions = { { id = CUSTOM, raw = "mine" }, { id = 0x0A0A, raw = "" } },
      })
      local context = server_context { alpn = { "h2" }, ocsp_response = ocsp }
      local session
      for index = 1, 2 do
         local seen = {}
         local function handlers()
            local function note(_, message) seen[#seen + 1] = message end
            return { client_hello = note, server_hello = note }
         end
         local client = assert(client_context:connection {
            server_name = "localhost", session = session, handlers = handlers(),
         })
         local result = pump(client, assert(context:connection { handlers = handlers() }))
         assert.is_true(client:info("established"), result.client.message)
         assert.equal(index == 2, client:info("resumed"))
         session = client:session()
         assert.equal(4, #seen)
         local count = { client_hello = { sent = 0, received = 0 }, server_hello = { sent = 0, received = 0 } }
         for _, message in ipairs(seen) do
            count[message.stage][message.direction] = count[message.stage][message.direction] + 1
            local body = result.messages[message.stage == "client_hello" and 1 or 2].body
            assert.equal(body, message.raw:sub(5))
            assert.same(block_of(body, message.stage), seen_by(message))
            local expected = { 0, 1, 5, 10, 11, 13, 16, 18, 23, 35, 0x0A0A, CUSTOM, 0xFF01 }
            if message.stage == "server_hello" then
               expected = index == 1 and { 0, 1, 5, 11, 16, 23, 35, 0xFF01 } or { 1, 16, 23, 0xFF01 }
            end
            assert.same(expected, ids(seen_by(message)))
         end
         assert.same({ client_hello = { sent = 1, received = 1 }, server_hello = { sent = 1, received = 1 } }, count)
      end
   end)

   it("that openssl answers, an unknown one too", function()
      local file = temporary.write("-----BEGIN SERVERINFO FOR SPEC-----\n"
         .. mime.b64(string.char(0xFD, 0xE8, 0, 10) .. "the answer") .. "\n-----END SERVERINFO FOR SPEC-----\n")
      local server = tls12.server("openssl", { arguments = { "-serverinfo", file } })
      local seen
      local stream = assert(ours.connect(server.port, {
         max_version = "TLSv1.2", extensions = { { id = CUSTOM, raw = "" } },
      }, {
         handlers = { server_hello = function(_, message) seen = message end },
      }))
      assert.equal("the answer", (extension_of(seen, CUSTOM)))
      assert.same(block_of(seen.raw:sub(5), "server_hello"), seen_by(seen))
      assert(stream:send("line\n"))
      assert.equal("enil", (stream:receive("*l")))
      stream:close()
      -- who does not ask gets none
      stream = assert(ours.connect(server.port, { max_version = "TLSv1.2" }, {
         handlers = { server_hello = function(_, message) seen = message end },
      }))
      assert.is_nil(extension_of(seen, CUSTOM))
      stream:close()
      server:stop()
   end)

   for _, kind in ipairs(tls12.kinds) do
      it("that " .. kind .. "'s client sends", function()
         local listener, seen = ours.listen(), nil
         local client = tls12.client(kind, { port = listener.port })
         local stream = assert(listener:accept(server_context(), {
            handlers = { client_hello = function(_, message) seen = message end },
         }))
         cases.answer(stream, client)
         stream:close()
         client:close_input()
         client:wait()
         assert.same(block_of(seen.raw:sub(5), "client_hello"), seen_by(seen))
         -- those that we do not handle are shown as well: encrypt_then_mac
         assert.truthy(extension_of(seen, 22))
         listener:close()
      end)
   end
end)

describe("options for clients", function()
   it("are refused by servers", function()
      for name, value in pairs {
         extensions = { { id = CUSTOM, raw = "" } }, max_fragment_length = 512, staple = "required",
      } do
         misuse(("the option '%s' is for clients"):format(name), server_context, { [name] = value })
      end
   end)

   it("are shown by info()", function()
      local info = assert(bearssl.context { verify = "none", max_fragment_length = 1024 }):info()
      assert.equal(1024, info.max_fragment_length)
      assert.equal("if_must", info.staple)
      assert.equal("none", assert(bearssl.context { verify = "none", staple = "none" }):info().staple)
      assert.is_nil(assert(bearssl.context { verify = "none" }):info().max_fragment_length)
   end)

   it("status_request is asked for by default, and can be left out", function()
      local _, _, _, hellos = shake({})
      assert.is_true(hellos.client.status_request)
      assert.truthy(extension_of(hellos.client, 18))
      _, _, _, hellos = shake({ staple = "none" })
      assert.is_false(hellos.client.status_request)
      assert.is_nil(extension_of(hellos.client, 18))
   end)
end)

describe("max_fragment_length", function()
   after_each(ours.close_all)

   local LENGTHS = { 512, 1024, 2048, 4096 }

   -- What a record may be longer than its plaintext (with the suites used here).
   local OVERHEAD = 64

   local function longest(records, from)
      local length = 0
      for _, record in ipairs(records) do
         if record.from == from and record.type == 23 then length = math.max(length, #record.body) end
      end
      return length
   end

   for _, length in ipairs(LENGTHS) do
      it("of " .. length .. " is agreed on and kept by both sides", function()
         local client, server, result, hellos = shake({ max_fragment_length = length })
         assert.equal("wantread", result.client.status, result.client.message)
         assert.equal(length, hellos.client.max_fragment_length)
         assert.truthy(extension_of(hellos.server, 1))
         assert.equal(length, client:info("max_fragment_length"))
         assert.equal(length, server:info("max_fragment_length"))
         local data = ("0123456789abcdef"):rep(600)
         for _, sides in ipairs { { client, server, "client" }, { server, client, "server" } } do
            local from, sent = 1, ""
            while from <= #data do
               local last = sides[1]:write(data, from)
               if last >= from then from = last + 1 end
               sent = sent .. sides[1]:drain()
            end
            local records = pump.records(sent)
            for _, record in ipairs(records) do record.from = sides[3] end
            assert.is_true(longest(records, sides[3]) <= length + OVERHEAD)
            assert.is_true(longest(records, sides[3]) >= length)
            local received = ""
            repeat
               local length_before = #sent + #received
               sent = sent:sub(sides[2]:feed(sent) + 1)
               assert(sides[2]:step())
               received = received .. sides[2]:read()
            until #received == #data or #sent + #received == length_before
            assert.equal(data, received)
         end
      end)

      it("of " .. length .. " is asked of openssl s_server and gnutls-serv", function()
         for _, kind in ipairs(tls12.kinds) do
            local server = tls12.server(kind, {})
            local stream = assert(ours.connect(server.port, { max_fragment_length = length }))
            assert.equal(length, stream:info("max_fragment_length"))
            -- GnuTLS 3.7.9 agrees, keeps to it in its handshake, and then echoes all in one record, whatever its size
            local line = ("0123456789abcdef"):rep(kind == "openssl" and 500 or length / 16 - 1)
            assert(stream:send(line .. "\n"))
            assert.equal(tls12.answer(kind, line), (stream:receive("*l")))
            stream:close()
            server:stop()
         end
      end)
   end

   it("is not asked for by itself", function()
      local client, server, _, hellos = shake({})
      assert.is_nil(hellos.client.max_fragment_length)
      assert.is_nil(client:info("max_fragment_length"))
      assert.is_nil(server:info("max_fragment_length"))
   end)

   it("of another length than asked for is refused", function()
      local _, _, result = shake({ max_fragment_length = 512 }, {}, function(output, from)
         local first, last = output:find("\0\1\0\1\1", 1, true)
         if from ~= "server" or not first then return output end
         return output:sub(1, last - 1) .. "\2" .. output:sub(last + 1)
      end)
      assert.is_nil(result.client.status)
      assert.equal("alert_illegal_parameter", result.server.code)
   end)

   it("must be one of four", function()
      for _, value in ipairs { 0, 513, 8192, "512", true } do
         misuse("must be 512, 1024, 2048 or 4096", bearssl.context, { verify = "none", max_fragment_length = value })
      end
   end)

   it("shortens record_size, never lengthens it", function()
      local client = shake({ max_fragment_length = 2048, record_size = 512 })
      local data = ("x"):rep(4000)
      client:write(data)
      local records = pump.records(client:drain())
      for _, record in ipairs(records) do assert.is_true(#record.body <= 512 + OVERHEAD) end
   end)
end)

cases.describe("max_fragment_length, openssl and our server:", function(listener)
   after_each(ours.close_all)

   for _, length in ipairs { 512, 1024, 2048, 4096 } do
      it("of " .. length, function()
         local context = server_context()
         local client = tls12.client("openssl", {
            port = listener.port, arguments = { "-maxfraglen", tostring(length) },
         })
         local stream, message = listener:accept(context)
         assert(stream, message)
         assert.equal(length, stream:info("max_fragment_length"))
         local line = ("0123456789abcdef"):rep(500)
         assert(stream:send(line .. "the end\n"))
         assert.truthy(client:wait_for("the end"))
         assert.truthy(client:output():find(line .. "the end", 1, true))
         cases.answer(stream, client)
         stream:close()
         client:close_input()
         assert.equal(0, client:wait(), client:output())
      end)
   end

   it("with an extension that nobody knows", function()
      local seen
      local context = server_context { handlers = { client_hello = function(_, message)
         seen = extension_of(message, CUSTOM)
      end } }
      local client = tls12.client("openssl", { port = listener.port, arguments = { "-serverinfo", "65000" } })
      local stream, message = listener:accept(context)
      assert(stream, message)
      cases.answer(stream, client)
      stream:close()
      client:close_input()
      assert.equal(0, client:wait(), client:output())
      assert.equal("", seen)
   end)
end)
