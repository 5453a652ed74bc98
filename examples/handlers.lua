-- Handlers that yield. The server's private key is somewhere else: its `sign` handler asks another task
-- for the signature (a key service, an HSM, another process) and yields until it comes. The client's
-- `verify` handler thinks for a while too. Both run in the coroutine that called handshake().
--     lua5.4 examples/handlers.lua CERT KEY
local bearssl = require "bearssl"
local new_loop = require("bearssl.tool.loop").new -- the tool's, which is private: any loop will do
local socket = require "socket"

local certfile, keyfile = arg[1], arg[2]
assert(certfile and keyfile, "usage: handlers.lua CERT KEY")
local chain = assert(bearssl.certificate.open(certfile))
local loop = new_loop()

-- The key service: a task that has the key, and a list of questions.
local service = { questions = {} }

function service.run()
   local key = assert(bearssl.key.open(keyfile))
   while not service.stopped do
      local question = table.remove(service.questions, 1)
      if question then
         print("key service: signing a " .. question.hash .. " digest for " .. question.scheme)
         question.signature = assert(key:sign(question.scheme, question.digest))
      end
      loop:sleep(0.01)
   end
end

function service.sign(_, question)
   local entry = { scheme = question.scheme, hash = question.hash, digest = question.digest }
   table.insert(service.questions, entry)
   while not entry.signature do loop:sleep(0.005) end -- yields; other connections go on meanwhile
   return entry.signature
end

local server_context = assert(bearssl.context {
   mode = "server",
   -- certificate alone: the key is external, so only the handler can sign
   certificate = chain, key = bearssl.key.external(chain[1]),
   handlers = { sign = service.sign },
})

local client_context = assert(bearssl.context {
   trust = bearssl.trust.new(),
   handlers = {
      -- the library's verdict comes along; only the word "accept" overrules it
      verify = function(_, question)
         print("verify: the library says " .. question.verdict)
         loop:sleep(0.02) -- as if asking a database
         if question.chain[1]:fingerprint() == chain[1]:fingerprint() then return "accept" end
         return nil, "unknown_ca"
      end,
      -- a stage: watch, or end the handshake by returning nil and a reason
      server_hello = function(_, message)
         print("server_hello: " .. message.version .. ", " .. message.cipher_suite)
      end,
   },
})

local listener = assert(socket.bind("127.0.0.1", 0))
listener:settimeout(0)
local _, port = listener:getsockname()

local failure
local function ended(ok, message)
   if ok then return end
   failure = failure or message
   loop:stop()
end

loop:spawn(service.run, ended)
loop:spawn(function()
   assert(loop:wait(listener, "read", 10))
   local tcp = listener:accept()
   tcp:settimeout(0)
   local stream = assert(server_context:wrap(tcp))
   stream:settimeout(0)
   assert(loop:handshake(stream, 10))
   assert(loop:send(stream, "hello\n", 10))
   loop:finish(stream, tcp)
end, ended)
loop:spawn(function()
   local tcp = assert(socket.connect("127.0.0.1", tonumber(port)))
   tcp:settimeout(0)
   local stream = assert(client_context:wrap(tcp, { server_name = "localhost" }))
   stream:settimeout(0)
   assert(loop:handshake(stream, 10))
   print("client received: " .. assert(loop:receive(stream, 100, 10)))
   loop:finish(stream, tcp)
   service.stopped = true
end, ended)
loop:run()
if failure then error(failure, 0) end
print "done"
