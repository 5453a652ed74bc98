-- make demo: a server and a client talk over a real loopback TCP socket, in one process, each a coroutine.
-- The terminal shows the handshake message by message, then a resumed one beside it, then application
-- data, with the time that each took.
local bearssl = require "bearssl"
local ladder = require "bearssl.ladder"
local new_loop = require("bearssl.tool.loop").new
local socket = require "socket"
local terminal = require "bearssl.tool.terminal"

local NAME = "localhost"
local MEGABYTES = 32

-- ---- The server: answers each line with the same line, and "bulk" with a lot of data ----

local BLOCK = ("bearssl for Lua "):rep(4096) -- 64 KiB

local function serve_one(loop, context, tcp)
   tcp:settimeout(0)
   tcp:setoption("tcp-nodelay", true)
   local stream = assert(context:wrap(tcp))
   stream:settimeout(0)
   assert(loop:handshake(stream, 10))
   while true do
      local request, message = loop:receive(stream, 4096, 10)
      if not request then
         assert(message == "closed", message)
         break
      elseif request == "bulk" then
         for _ = 1, MEGABYTES * 16 do assert(loop:send(stream, BLOCK, 10)) end
      else
         assert(loop:send(stream, "you said: " .. request, 10))
      end
   end
   loop:finish(stream, tcp)
end

-- ---- The client ----

local function connect(loop, context, port, session)
   local tcp = assert(socket.connect("127.0.0.1", port))
   tcp:settimeout(0)
   tcp:setoption("tcp-nodelay", true)
   local recorder = ladder.recorder()
   local stream = assert(context:wrap(tcp, {
      server_name = NAME, session = session, handlers = recorder:handlers {
         "client_hello", "hello_retry_request", "server_hello", "encrypted_extensions", "certificate_request",
         "certificate", "certificate_verify", "new_session_ticket", "change_cipher_spec", "finished", "established",
      },
   }))
   stream:settimeout(0)
   recorder:start()
   assert(loop:handshake(stream, 10))
   return stream, tcp, recorder, (socket.gettime() - recorder.began) * 1000
end

local paint = terminal.painter(terminal.colour(1))

local function say(format, ...)
   print(format:format(...))
end

local function talk(loop, stream)
   local began = socket.gettime()
   local text = "hello over TLS"
   assert(loop:send(stream, text, 10))
   local answer = assert(loop:receive(stream, 4096, 10))
   assert(answer == "you said: " .. text)
   say("  %-44s %8.2f ms", ("sent %q, got %q"):format(text, answer), (socket.gettime() - began) * 1000)

   local rounds = 200
   began = socket.gettime()
   for _ = 1, rounds do
      assert(loop:send(stream, "ping", 10))
      assert(loop:receive(stream, 4096, 10))
   end
   say("  %-44s %8.2f ms each", ("%d round trips"):format(rounds), (socket.gettime() - began) * 1000 / rounds)

   began = socket.gettime()
   assert(loop:send(stream, "bulk", 10))
   local received = 0
   while received < MEGABYTES * 1048576 do
      received = received + #assert(loop:receive(stream, 65536, 10))
   end
   local seconds = socket.gettime() - began
   say("  %-44s %8.2f ms, %.0f MB/s", ("received %d MB"):format(MEGABYTES), seconds * 1000,
      received / 1e6 / seconds)
   local info = stream:info()
   say("  %-44s %8d received, %d sent", "records", info.records_received, info.records_sent)
end

local function client(loop, context, port)
   local stream, tcp, full, full_time = connect(loop, context, port)
   local info = stream:info()
   -- a server's tickets come after the handshake, and the client learns of them while it reads
   assert(loop:send(stream, "hello", 10))
   assert(loop:receive(stream, 4096, 10))
   local style = {
      width = math.max(60, terminal.columns(1) or 140), unicode = terminal.unicode(), colour = terminal.colour(1),
      title = ("A full handshake: %s, %s"):format(info.version, info.cipher_suite),
   }
   style.width = math.min(style.width, 100)
   print(full:draw(style))
   local session = assert(stream:session(), "the server gave no session to resume")
   loop:finish(stream, tcp)

   local again, again_tcp, resumed, resumed_time = connect(loop, context, port, session)
   assert(again:info().resumed, "the second handshake was not a resumed one")
   style.width = math.max(60, terminal.columns(1) or 140)
   style.titles = { "Full", "Resumed: a pre-shared key, no certificate, no signature" }
   style.lines, style.title = 2, nil
   print()
   print(ladder.beside(full.entries, resumed.entries, style))

   print()
   print(paint("bold", "Time"))
   say("  %-44s %8.2f ms", "full handshake", full_time)
   say("  %-44s %8.2f ms", "resumed handshake", resumed_time)
   print(paint("bold", "Application data"))
   talk(loop, again)
   loop:finish(again, again_tcp)
end

-- ---- Both of them ----

local function main()
   local certificate, key = assert(bearssl.certificate.selfsigned { names = { NAME }, days = 2 })
   local server_context = assert(bearssl.context { mode = "server", certificate = certificate, key = key })
   local client_context = assert(bearssl.context { trust = assert(bearssl.trust.new { certificate }) })
   local listener = assert(socket.bind("127.0.0.1", 0))
   listener:settimeout(0)
   local _, port = listener:getsockname()
   local loop, failure = new_loop(), nil
   local function failed(ok, message)
      if not ok then
         failure = failure or message
         loop:stop()
      end
   end
   loop:spawn(function()
      for _ = 1, 2 do
         assert(loop:wait(listener, "read", 10))
         local tcp = assert(listener:accept())
         loop:spawn(function() serve_one(loop, server_context, tcp) end, failed)
      end
   end, failed)
   loop:spawn(function() client(loop, client_context, tonumber(port)) end, failed)
   loop:run()
   listener:close()
   if failure then error(failure, 0) end
end

main()
