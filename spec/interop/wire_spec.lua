-- tshark reads along on the loopback device: what it sees of the extensions, who speaks to whom, and what TLS 1.3 says
-- when it has our key log.
local certificates = require "spec.support.certificates"
local cases = require "spec.support.server_cases"
local ours = require("spec.support.ours").at_most("TLSv1.2")
local peers13 = require "spec.support.peers13"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local socket = require "socket"
local temporary = require "spec.support.temporary"
local tls12 = require "spec.support.tls12"

local CLIENT_HELLO, SERVER_HELLO, NEW_SESSION_TICKET = "1", "2", "4"
local EXTENDED_MASTER_SECRET, SESSION_TICKET = "23", "35"
local FALLBACK_SCSV = "0x5600"

-- capture watches a port until read() is called, which gives the handshake messages in order:
-- { types = set, from_server =, extensions = set, suites = set }, one per packet. find(kind, after) is the first of
-- them, after that position, with a message of that type, and its position. decrypt(keylog), instead of these two,
-- gives what tshark can decrypt of each connection with these lines: types ("client 1", "server 2" …), and the data of
-- each side as client and server.
local function capture(port)
   local path = temporary.path(".pcapng")
   local child = process.start({ "dumpcap", "-q", "-i", "lo", "-f", "tcp port " .. port, "-w", path })
   child:wait_for("File: ", 20) -- which it writes when the device is open
   local watched = {}

   local function stop()
      socket.sleep(0.5) -- the kernel hands packets over in batches
      child:signal("INT")
      child:wait()
   end

   function watched.decrypt(keylog)
      stop()
      local log = temporary.write(table.concat(keylog, "\n") .. "\n")
      local output = shell.run(shell.join({
         "tshark", "-r", path, "-n", "-2", "-d", "tcp.port==" .. port .. ",tls", "-o", "tls.keylog_file:" .. log,
         "-Y", "tls", "-T", "fields", "-E", "separator=|", "-E", "occurrence=a", "-E", "aggregator=,",
         "-e", "tcp.stream", "-e", "tcp.srcport", "-e", "tls.handshake.type", "-e", "data.data",
      }) .. " 2>/dev/null")
      local connections = {}
      for line in output:gmatch("[^\n]+") do
         local number, source, types, data = line:match("^(%d+)|(%d+)|([^|]*)|([^|]*)$")
         number = tonumber(number) + 1
         connections[number] = connections[number] or { types = {}, client = "", server = "" }
         local connection, side = connections[number], tonumber(source) == port and "server" or "client"
         for kind in types:gmatch("%d+") do table.insert(connection.types, side .. " " .. kind) end
         connection[side] = connection[side] .. data:gsub(",", ""):gsub("%x%x", function(byte)
            return string.char(tonumber(byte, 16))
         end)
      end
      return connections
   end

   function watched.read()
      if watched.messages then return watched.messages end
      stop()
      local output = shell.run(shell.join({
         "tshark", "-r", path, "-n", "-d", "tcp.port==" .. port .. ",tls", "-Y", "tls.handshake", "-T", "fields",
         "-E", "separator=|", "-E", "occurrence=a", "-E", "aggregator=,", "-e", "tcp.srcport",
         "-e", "tls.handshake.type", "-e", "tls.handshake.extension.type", "-e", "tls.handshake.ciphersuite",
      }) .. " 2>/dev/null")
      watched.messages = {}
      for line in output:gmatch("[^\n]+") do
         local source, types, extensions, suites = line:match("^(%d+)|([^|]*)|([^|]*)|([^|]*)")
         local message = { from_server = tonumber(source) == port, types = {}, extensions = {}, suites = {} }
         for kind in types:gmatch("%d+") do message.types[kind] = true end
         for kind in extensions:gmatch("%d+") do message.extensions[kind] = true end
         for suite in suites:gmatch("0x%x+") do message.suites[suite] = true end
         watched.messages[#watched.messages + 1] = message
      end
      return watched.messages
   end

   function watched.find(kind, after)
      for index, message in ipairs(watched.read()) do
         if index > (after or 0) and message.types[kind] then return message, index end
      end
      error("tshark saw no handshake message of type " .. kind .. " after number " .. tostring(after), 2)
   end
   return watched
end

for _, kind in ipairs(tls12.kinds) do
   describe("on the wire between our client and " .. kind, function()
      after_each(function()
         ours.close_all()
         process.stop_all()
      end)

      local function run(server_options, client_options, fallback_scsv)
         local server = tls12.server(kind, server_options)
         local seen = capture(server.port)
         local context, session = ours.client_context(client_options), nil
         for index = 1, 2 do
            local options = { session = session, fallback_scsv = fallback_scsv }
            local stream = assert(ours.connect(server.port, context, options))
            assert.equal(index == 2, stream:info("resumed"))
            assert(stream:send("line\n"))
            assert(stream:receive("*l"))
            session = stream:session()
            stream:close()
         end
         return seen
      end

      it("there are both extensions and a ticket, in a full and in a resumed handshake", function()
         local seen, at = run({}, {}), nil
         for _ = 1, 2 do
            local hello, answer, ticket
            hello, at = seen.find(CLIENT_HELLO, at)
            assert.is_false(hello.from_server)
            assert.is_true(hello.extensions[EXTENDED_MASTER_SECRET] and hello.extensions[SESSION_TICKET])
            assert.is_nil(hello.suites[FALLBACK_SCSV])
            answer, at = seen.find(SERVER_HELLO, at)
            assert.is_true(answer.from_server)
            assert.is_true(answer.extensions[EXTENDED_MASTER_SECRET])
            if answer.extensions[SESSION_TICKET] then
               ticket = seen.find(NEW_SESSION_TICKET, at - 1)
               assert.is_true(ticket.from_server)
            end
         end
      end)

      it("there is neither where both are off, nor the fallback signal", function()
         local seen = run({}, { extended_master_secret = false, tickets = false })
         local hello, at = seen.find(CLIENT_HELLO)
         assert.is_nil(hello.extensions[EXTENDED_MASTER_SECRET] or hello.extensions[SESSION_TICKET])
         local answer = seen.find(SERVER_HELLO, at)
         assert.is_nil(answer.extensions[EXTENDED_MASTER_SECRET] or answer.extensions[SESSION_TICKET])
      end)

      it("there is the fallback signal", function()
         local seen = run({ certificate = certificates.rsa, version = "TLSv1.1" }, {
            min_version = "TLSv1.1", max_version = "TLSv1.1", suites = "compatible",
         }, true)
         assert.is_true(seen.find(CLIENT_HELLO).suites[FALLBACK_SCSV])
      end)
   end)
end

cases.describe("on the wire between openssl and our server", function(listener)
   after_each(function()
      ours.close_all()
      process.stop_all()
   end)

   local function serve(context, ...)
      local client = tls12.client("openssl", { port = listener.port, arguments = { ... } })
      local stream = assert(listener:accept(context))
      cases.answer(stream, client)
      local info = stream:info()
      stream:close()
      client:close_input()
      client:wait()
      return info
   end

   it("there are both extensions and a ticket, in a full and in a resumed handshake", function()
      local context, file = ours.server_context(certificates.ec, {}), temporary.path(".session")
      local seen, at = capture(listener.port), nil
      assert.is_false(serve(context, "-sess_out", file).resumed)
      assert(context:ticket_keys():rotate()) -- a new key brings a new ticket
      assert.is_true(serve(context, "-sess_in", file).resumed)
      for _ = 1, 2 do
         local answer, ticket
         answer, at = seen.find(SERVER_HELLO, at)
         assert.is_true(answer.from_server)
         assert.is_true(answer.extensions[EXTENDED_MASTER_SECRET] and answer.extensions[SESSION_TICKET])
         ticket, at = seen.find(NEW_SESSION_TICKET, at - 1)
         assert.is_true(ticket.from_server)
      end
   end)

   it("there is neither where both are off", function()
      local context = ours.server_context(certificates.ec, { extended_master_secret = false, tickets = false })
      local seen = capture(listener.port)
      serve(context)
      local answer = seen.find(SERVER_HELLO)
      assert.is_nil(answer.extensions[EXTENDED_MASTER_SECRET] or answer.extensions[SESSION_TICKET])
      for _, message in ipairs(seen.read()) do assert.is_nil(message.types[NEW_SESSION_TICKET]) end
   end)
end)

-- Types of handshake messages: 1 ClientHello, 2 ServerHello (and HelloRetryRequest), 4 NewSessionTicket, 5
-- EndOfEarlyData, 8 EncryptedExtensions, 11 Certificate, 13 CertificateRequest, 15 CertificateVerify, 20 Finished, 24
-- KeyUpdate.
describe("on the wire, decrypted with our key log,", function()
   after_each(function()
      ours.close_all()
      process.stop_all()
   end)

   local FULL = {
      "client 1", "server 2", "server 8", "server 11", "server 15", "server 20", "client 20",
   }

   it("a full and a resumed connection of our client say what they should, with early data", function()
      local server = peers13.server("openssl", { certificate = certificates.ec, early_data = 1000 })
      local lines = {}
      local context, session = ours.client_context({
         max_version = "TLSv1.3", handlers = { keylog = function(_, question) lines[#lines + 1] = question.line end },
      }), nil
      local seen = capture(server.port)
      for index = 1, 2 do
         local stream = assert(ours.connect(server.port, context, {
            session = session, early_data = session and "early\n" or nil,
         }))
         assert.equal(index == 2 and "accepted" or nil, stream:info("early_data"))
         assert(stream:send("ping\n"))
         server:wait_for(("ping\n.*"):rep(index))
         server:write("pong\n")
         assert.equal("pong", (stream:receive("*l")))
         if index == 2 then
            assert(stream:update_keys())
            assert(stream:send("again\n"))
            server:wait_for("again")
         end
         session = stream:session()
         stream:close()
      end
      local connections = seen.decrypt(lines)
      assert.equal(2, #connections)
      local full = { (table.unpack or unpack)(FULL) } -- luacheck: ignore
      full[#full + 1] = "server 4"
      full[#full + 1] = "server 4"
      assert.same(full, connections[1].types)
      assert.equal("ping\n", connections[1].client)
      assert.equal("pong\n", connections[1].server)
      assert.same({
         "client 1", "server 2", "server 8", "server 20", "client 5", "client 20", "server 4", "client 24",
      }, connections[2].types)
      assert.equal("early\nping\nagain\n", connections[2].client)
      assert.equal("pong\n", connections[2].server)
   end)

   it("our client's second hello and its certificate are there, and padding is not in the way", function()
      local server = peers13.server("gnutls", {
         certificate = certificates.rsa, client = "require", cafile = certificates.ca.certfile,
         groups = { "secp384r1" },
      })
      local lines = {}
      local seen = capture(server.port)
      local stream = assert(ours.connect(server.port, {
         max_version = "TLSv1.3", groups = { "x25519", "secp384r1" }, record_padding = 100,
         certfile = certificates.client_ec.certfile, keyfile = certificates.client_ec.keyfile,
         handlers = { keylog = function(_, question) lines[#lines + 1] = question.line end },
      }))
      assert(stream:send("ping\n"))
      assert.equal("ping", (stream:receive("*l")))
      stream:close()
      local connection = seen.decrypt(lines)[1]
      assert.same({
         "client 1", "server 2", "client 1", "server 2", "server 8", "server 13", "server 11", "server 15", "server 20",
         "client 11", "client 15", "client 20",
      }, { (table.unpack or unpack)(connection.types, 1, 12) }) -- luacheck: ignore
      assert.equal("ping\n", connection.client)
      assert.equal("ping\n", connection.server)
   end)
end)

cases.describe("on the wire, decrypted with our server's key log,", function(listener)
   after_each(function()
      ours.close_all()
      process.stop_all()
   end)

   it("a connection says what it should, and authenticates the client later", function()
      local lines = {}
      local context = ours.server_context(certificates.ec, {
         max_version = "TLSv1.3", cafile = certificates.ca.certfile,
         handlers = { keylog = function(_, question) lines[#lines + 1] = question.line end },
      })
      local seen = capture(listener.port)
      local client = peers13.client("openssl", {
         port = listener.port, later = true, certificate = certificates.client_ec,
      })
      local stream = assert(listener:accept(context))
      cases.answer(stream, client)
      assert(stream:request_certificate())
      assert(stream:send("more\n"))
      client:wait_for("more")
      cases.answer(stream, client)
      assert(stream:update_keys())
      cases.answer(stream, client)
      assert.is_true(stream:info("peer_verified"))
      stream:close()
      client:close_input()
      client:wait()
      local connection = seen.decrypt(lines)[1]
      assert.same({
         "client 1", "server 2", "server 8", "server 11", "server 15", "server 20", "client 20", "server 4", "server 4",
         "server 13", "client 11", "client 15", "client 20", "server 24",
      }, connection.types)
      -- tshark takes the client's second Finished for the end of a handshake, and reads nothing of it any more
      assert.equal("Hello, world\n", connection.client)
      assert.equal("dlrow ,olleH\nmore\ndlrow ,olleH\ndlrow ,olleH\n", connection.server)
   end)
end)
