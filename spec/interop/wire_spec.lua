-- tshark reads along on the loopback device: what it sees of the extensions, and who speaks to whom.
local certificates = require "spec.support.certificates"
local cases = require "spec.support.server_cases"
local ours = require("spec.support.ours").at_most("TLSv1.2")
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
-- them, after that position, with a message of that type, and its position.
local function capture(port)
   local path = temporary.path(".pcapng")
   local child = process.start({ "dumpcap", "-q", "-i", "lo", "-f", "tcp port " .. port, "-w", path })
   child:wait_for("File: ", 20) -- which it writes when the device is open
   local watched = {}

   function watched.read()
      if watched.messages then return watched.messages end
      socket.sleep(0.5) -- the kernel hands packets over in batches
      child:signal("INT")
      child:wait()
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

      local function run(server_options, client_options)
         local server = tls12.server(kind, server_options)
         local seen = capture(server.port)
         local context, session = ours.client_context(client_options), nil
         for index = 1, 2 do
            local stream = assert(ours.connect(server.port, context, { session = session }))
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
            fallback = true, min_version = "TLSv1.1", max_version = "TLSv1.1", suites = "compatible",
         })
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
