-- A server that begins in the clear text of a protocol, as its real ones do, and then echoes over TLS, COUNT times:
--     lua spec/support/starttls_server.lua PROTOCOL CERT KEY COUNT [FAULT]
-- FAULT: "refuse" (the server does not offer TLS), "inject" (words stand behind its last one), "endless", "silent",
-- "dribble" (a byte now and then), "escape" (controls of a terminal)
local bearssl = require "bearssl"
local socket = require "socket"

local protocol, certfile, keyfile, count, fault = arg[1], arg[2], arg[3], tonumber(arg[4]), arg[5]
local tcp

local function say(text) assert(tcp:send(text)) end
local function hear(pattern)
   local line = assert(tcp:receive "*l")
   assert(line:find(pattern), ("%q does not match %s"):format(line, pattern))
   return line
end
local function hear_until(pattern)
   local text = ""
   while not text:find(pattern) do text = text .. assert(tcp:receive(1)) end
   return text
end

-- Each is the dialogue up to the server's last word, which is returned.
local dialogues = {}

function dialogues.smtp(offers)
   say "220-mail.example ESMTP\r\n220 hello\r\n"
   hear "^EHLO "
   say("250-mail.example\r\n" .. (offers and "250-STARTTLS\r\n" or "") .. "250 8BITMIME\r\n")
   hear "^STARTTLS"
   return "220 go ahead\r\n"
end

function dialogues.imap(offers)
   say "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"
   local line = hear "^%S+ %u+"
   if line:find "CAPABILITY" then -- which s_client asks for
      say("* CAPABILITY IMAP4rev1 STARTTLS\r\n" .. line:match "^%S+" .. " OK done\r\n")
      line = hear "^%S+ STARTTLS"
   end
   return line:match "^%S+" .. (offers and " OK begin\r\n" or " NO not here\r\n")
end

function dialogues.pop3(offers)
   say "+OK ready\r\n"
   hear "^STLS"
   return offers and "+OK begin\r\n" or "-ERR not here\r\n"
end

function dialogues.ftp(offers)
   say "220-welcome\r\n all of you\r\n220 ready\r\n"
   local line = hear "^%u+"
   if line:find "^FEAT" then
      say "211-features\r\n AUTH TLS\r\n211 end\r\n"
      line = hear "^AUTH TLS"
   end
   assert(line:find "^AUTH TLS")
   return offers and "234 begin\r\n" or "502 not here\r\n"
end

function dialogues.nntp(offers)
   say "200 ready\r\n"
   local line = hear "^%u+"
   if line:find "^CAPABILITIES" then
      say "101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n"
      line = hear "^STARTTLS"
   end
   assert(line:find "^STARTTLS")
   return offers and "382 begin\r\n" or "580 not here\r\n"
end

function dialogues.sieve(offers)
   say('"IMPLEMENTATION" "example"\r\n' .. (offers and '"STARTTLS"\r\n' or "") .. "OK\r\n")
   hear "^STARTTLS"
   return 'OK "begin"\r\n'
end

function dialogues.xmpp(offers)
   hear_until "<stream:stream[^>]*>"
   say "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
   say "xmlns:stream='http://etherx.jabber.org/streams' id='1'>"
   local starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
   say("<stream:features>" .. (offers and starttls or "") .. "</stream:features>")
   hear_until "<starttls[^>]*/>"
   return "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
end

function dialogues.postgres(offers)
   assert(assert(tcp:receive(8)) == "\0\0\0\8\4\210\22\47")
   return offers and "S" or "N"
end

function dialogues.mysql(offers)
   local capabilities = offers and "\255\255" or "\255\247"
   local greeting = "\10" .. "8.0.99\0" .. "\1\0\0\0" .. "saltsalt" .. "\0" .. capabilities .. "\33" .. "\2\0"
      .. "\255\193" .. "\21" .. ("\0"):rep(10) .. "saltsaltsalt\0" .. "caching_sha2_password\0"
   say(string.char(#greeting) .. "\0\0\0" .. greeting)
   local head = assert(tcp:receive(4))
   assert(head == "\32\0\0\1", "the request has 32 bytes")
   assert(math.floor(assert(tcp:receive(32)):byte(2) / 8) % 2 == 1, "the request asks for TLS")
   return ""
end

function dialogues.ldap(offers)
   local _, length = assert(tcp:receive(2)):byte(1, 2)
   assert(assert(tcp:receive(length)):find("1.3.6.1.4.1.1466.20037", 1, true))
   local body = "\10\1" .. (offers and "\0" or "\52") .. "\4\0\4\0"
   return "\48" .. string.char(#body + 5) .. "\2\1\1" .. "\120" .. string.char(#body) .. body
end

local context = assert(bearssl.context { mode = "server", certfile = certfile, keyfile = keyfile })
local listener = assert(socket.bind("127.0.0.1", 0))
print("listening on 127.0.0.1:" .. select(2, listener:getsockname()))
io.stdout:flush()

for _ = 1, count do
   tcp = assert(listener:accept())
   tcp:settimeout(10)
   local ok, problem = pcall(function()
      if fault == "silent" then return tcp:receive "*a" end
      if fault == "escape" then return say "554 \27[31mno\7\27]0;title\7\r\n" end
      if fault == "dribble" then
         while tcp:send "x" do socket.sleep(0.1) end
         return
      end
      if fault == "endless" then
         while tcp:send(("x"):rep(10000)) do end
         return
      end
      local last = dialogues[protocol](fault ~= "refuse")
      say(last .. (fault == "inject" and "220 words\r\n" or ""))
      if fault == "refuse" then return end
      local stream = assert(context:wrap(tcp, { timeout = 10 }))
      assert(stream:handshake())
      local line = stream:receive "*l"
      if line then stream:send("you said " .. line .. "\n") end
      stream:close()
   end)
   tcp:close()
   if not ok then print(problem) end
   io.stdout:flush()
end
