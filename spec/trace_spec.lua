-- bearssl.trace(object): the ladder as text and as a picture, and packets; and that it is not felt by who is traced.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local loopback = require "spec.support.loopback"
local packets = require "bearssl.trace.packets"
local pump = require "spec.support.pump"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"
local together = require "spec.support.together"

local function contexts(options, server_options)
   local client = { cafile = certificates.ca.certfile }
   for name, value in pairs(options or {}) do client[name] = value end
   local server = { mode = "server" }
   for name, value in pairs(server_options or {}) do server[name] = value end
   if not server.certfile then
      server.certfile, server.keyfile = certificates.ec.chainfile, certificates.ec.keyfile
   end
   return assert(bearssl.context(client)), assert(bearssl.context(server))
end

local function pair(options, server_options)
   local client, server = contexts(options, server_options)
   return assert(client:connection { server_name = "localhost" }), assert(server:connection())
end

-- The blocks of a pcapng file in network order: a list of { kind, body }.
local function blocks_of(bytes)
   local function number(at)
      local a, b, c, d = bytes:byte(at, at + 3)
      return ((a * 256 + b) * 256 + c) * 256 + d
   end
   local list, at = {}, 1
   while at <= #bytes do
      local length = number(at + 4)
      assert.equal(0, length % 4)
      assert.equal(length, number(at + length - 4))
      list[#list + 1] = { kind = number(at), body = bytes:sub(at + 8, at + length - 5) }
      at = at + length
   end
   assert.equal(#bytes + 1, at)
   return list
end

local function pcap_of(tracer)
   local path = temporary.path(".pcapng")
   assert.is_true(tracer:pcap(path))
   return blocks_of(temporary.read(path)), path
end

local function secrets_of(blocks)
   local found, place
   for i, block in ipairs(blocks) do
      if block.kind == 10 then found, place = block.body:sub(9):gsub("%z+$", ""), i end
   end
   return found, place
end

local function svg_of(tracer)
   local path = temporary.path(".svg")
   assert.is_true(tracer:svg(path))
   return temporary.read(path), path
end

describe("a tracer", function()
   it("draws what both sides saw, with what handlers said", function()
      local a, b = pair { handlers = { verify = function() end } }
      local one, other = assert(bearssl.trace(a)), assert(bearssl.trace(b))
      pump(a, b)
      assert(a:write "ping")
      pump(a, b)
      local text = one:text()
      local at = 1
      for _, name in ipairs { "TLSv1.3, TLS_AES_", "-- ClientHello ", "<- ServerHello ", "<= Certificate ",
         ".. handler 'verify' ", "verdict  ok", "== Finished ", ".. established ", "== ApplicationData " } do
         local _, found = text:find(name, at, true)
         assert.is_truthy(found, name .. " is missing in\n" .. text)
         at = found
      end
      assert.matches("-- ClientHello ", other:text(), 1, true)
      assert.is_nil(other:text():find("handler", 1, true))
   end)

   it("keeps secrets only where it is asked to, in front of the packets, in a file for its owner alone", function()
      local a, b = pair()
      local one, other = assert(bearssl.trace(a, { secrets = true })), assert(bearssl.trace(b))
      pump(a, b)
      local blocks, path = pcap_of(one)
      assert.equal("-rw-------", shell.run("ls -l " .. shell.quote(path)):match "^%S+")
      local log, place = secrets_of(blocks)
      for _, label in ipairs { "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
         "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET" } do
         assert.matches(label .. " %x+ %x+\n", log)
      end
      assert.equal(3, place)
      assert.same({ 0x0A0D0D0A, 1, 10, 6 }, { blocks[1].kind, blocks[2].kind, blocks[3].kind, blocks[4].kind })
      local without = pcap_of(other)
      assert.is_nil((secrets_of(without)))
      assert.is_true(#without > 8)
   end)

   it("makes the file anew, whoever could read the one before, and follows no link", function()
      local a, b = pair()
      local tracer = assert(bearssl.trace(a, { secrets = true }))
      pump(a, b)
      local path, target = temporary.write("old", ".pcapng"), temporary.write "precious"
      shell.run { "chmod", "666", path }
      assert.is_true(tracer:pcap(path))
      assert.equal("-rw-------", shell.run("ls -l " .. shell.quote(path)):match "^%S+")
      local link = temporary.path ".link"
      shell.run { "ln", "-s", target, link }
      assert.is_true(tracer:pcap(link))
      assert.equal("precious", temporary.read(target))
      for _, bad in ipairs { "/nowhere/at/all", temporary.make_directory() } do
         for _, method in ipairs { "pcap", "svg" } do
            local done, message, code = tracer[method](tracer, bad)
            assert.same({ nil, "file_unwritable" }, { done, code }, message)
            assert.matches(bad, message, 1, true)
         end
      end
      assert.equal("local", bearssl.codes.file_unwritable.kind)
   end)

   it("hears all that goes over a socket, and is not felt", function()
      local client, server = contexts()
      local a, b = loopback.pair()
      local port = select(2, a:getsockname())
      local one, other = assert(client:wrap(a, { server_name = "localhost", timeout = 0 })),
         assert(server:wrap(b, { timeout = 0 }))
      local tracer, theirs = assert(bearssl.trace(one, { secrets = true })), assert(bearssl.trace(other))
      local body = ("0123456789"):rep(30000)
      local received
      together(function()
         assert(together.try(one.handshake, one))
         assert.is_true(together.send(one, body))
         assert.equal("thanks", (together.receive(one, 6)))
         one:close()
      end, function()
         assert(together.try(other.handshake, other))
         received = together.receive(other, #body)
         together.send(other, "thanks")
         other:close()
      end)
      assert.equal(body, received)
      local function sizes(blocks)
         local bytes, ports = 0, {}
         for _, block in ipairs(blocks) do
            if block.kind == 6 then
               local packet = block.body:sub(21)
               local ip = packet:byte(17) * 256 + packet:byte(18)
               local header = math.floor(packet:byte(47) / 16) * 4
               bytes = bytes + ip - 20 - header
               ports[packet:byte(35) * 256 + packet:byte(36)] = true
            end
         end
         return bytes, ports
      end
      local mine, ports = sizes(pcap_of(tracer))
      assert.is_true(mine > #body)
      assert.is_true(ports[tonumber(port)])
      -- what one side sent after the other had closed nobody received
      assert.is_true(math.abs(mine - (sizes(pcap_of(theirs)))) < 100)
      assert.matches("ApplicationData x%d+", tracer:text())
   end)

   it("says how it failed, and marks it in the picture", function()
      local a, b = pair(nil, { certfile = certificates.selfsigned.certfile, keyfile = certificates.selfsigned.keyfile })
      local tracer = assert(bearssl.trace(a))
      pump(a, b)
      assert.matches("\nfailed: .+%(self_signed%)", tracer:text())
      local picture = svg_of(tracer)
      assert.matches('class="double bad"', picture, 1, true)
      assert.matches("(self_signed)", picture, 1, true)
   end)

   it("lets no name of a peer's be markup, nor turn the writing round", function()
      local name = "</title><script>alert(1)</script> \"&'" .. "\226\128\174\239\191\191" .. "\7"
      local picture = require("bearssl.trace.svg").draw { {
         title = name, subtitle = name, note = name, server = name, client = name, failure = name,
         entries = { { stage = "certificate", from = "server", at = 0, title = name, fields = { { name, name } },
            length = 1 } },
      } }
      assert.is_nil(picture:find("<script", 1, true))
      assert.is_nil(picture:find("&'", 1, true))
      assert.is_nil(picture:find("[\226\239]\128?\191?[\174\191]"))
      assert.is_nil(picture:find("[%z\1-\9\11-\31]"))
      assert.matches("&lt;script&gt;alert(1)", picture, 1, true)
      local path = temporary.write(picture, ".svg")
      assert.equal("", shell.run("xmllint --noout " .. shell.quote(path) .. " 2>&1"))
   end)

   it("keeps no more than it may, and says so", function()
      local a, b = pair()
      local tracer = assert(bearssl.trace(a, { limit = 1000 }))
      pump(a, b)
      local blocks = pcap_of(tracer)
      assert.matches("only the first %d+ bytes were kept", blocks[1].body)
   end)

   it("forgets at the end, and leaves the connection as it was", function()
      local a, b = pair()
      local tracer = assert(bearssl.trace(a, { secrets = true }))
      pump(a, b)
      assert.is_true(tracer:close())
      assert.is_true(tracer:close())
      local text = tracer:text()
      assert.matches("established", text)
      local done, message, code = tracer:pcap(temporary.path())
      assert.same({ nil, "closed" }, { done, code }, message)
      assert(a:write "more")
      local result = pump(a, b)
      assert.equal("more", result.server.data)
      assert.equal(text, tracer:text())
      -- and another may begin, which says what it has missed
      local late = assert(bearssl.trace(a, { secrets = true }))
      assert(a:write "and more")
      assert.equal("and more", pump(a, b).server.data)
      assert.matches("began after the handshake", late:text())
      late:close()
      a:close()
      a:release()
      assert.same({ nil, "closed" }, { bearssl.trace(a), select(3, bearssl.trace(a)) })
   end)

   it("goes on telling of a connection that has been closed", function()
      local a, b = pair()
      local tracer = assert(bearssl.trace(a, { secrets = true }))
      pump(a, b)
      a:release()
      assert.equal("TLSv1.3", a:info("version"))
      assert.matches("TLSv1.3", tracer:text())
      assert.is_truthy(secrets_of((pcap_of(tracer))))
      tracer:close()
      assert.equal("TLSv1.3", a:info("version"))
   end)

   it("raises for what it does not know", function()
      local a = pair()
      local function fails(pattern, ...)
         local ok, message = pcall(...)
         assert.is_false(ok)
         assert.matches(pattern, message, 1, true)
         assert.matches("trace_spec.lua", message, 1, true)
      end
      fails("takes a stream or a connection, not a table", function() bearssl.trace {} end)
      fails("unknown option 'secret'; did you mean 'secrets'?", function() bearssl.trace(a, { secret = true }) end)
      fails("option 'limit' must be an integer, not negative", function() bearssl.trace(a, { limit = -1 }) end)
      fails("one argument too many", function() bearssl.trace(a, nil, 1) end)
      local tracer = bearssl.trace(a)
      fails("has a tracer already", function() bearssl.trace(a) end)
      fails("pcap: the path must be a string", function() tracer:pcap(nil) end)
      fails("svg: the path must be a string", function() tracer:svg "a\0b" end)
      fails("text: unknown option 'wide'", function() tracer:text { wide = 1 } end)
      fails("must be called on a tracer", function() tracer.text() end)
   end)
end)

describe("an address in packets", function()
   it("is what its text says", function()
      for text, bytes in pairs {
         ["127.0.0.1"] = "\127\0\0\1", ["::1"] = ("\0"):rep(15) .. "\1", ["::"] = ("\0"):rep(16),
         ["2001:db8::a:1"] = "\32\1\13\184" .. ("\0"):rep(8) .. "\0\10\0\1",
         ["fe80::1%eth0"] = "\254\128" .. ("\0"):rep(13) .. "\1",
         ["::ffff:192.0.2.1"] = ("\0"):rep(10) .. "\255\255\192\0\2\1",
      } do
         assert.equal(bytes, packets.address(text), text)
      end
      for _, text in ipairs { "", "localhost", "1.2.3", "256.0.0.1", "1:2:3", ":::", "1::2::3", "12345::" } do
         assert.is_nil(packets.address(text), text)
      end
   end)
end)

describe("a tracer that is lost", function()
   it("makes place for another", function()
      local client = pair()
      bearssl.trace(client, { secrets = true })
      local tracer = bearssl.trace(client)
      assert.is_false(pcall(bearssl.trace, client))
      assert.is_true(tracer:close())
   end)
end)
