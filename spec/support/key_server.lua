-- A process that holds a private key and uses it for others over a TCP socket: what keyless TLS talks to.
-- One line per request, binary fields in base64:
--     sign NAME DIGEST       → the signature; a hash, or "rsa_pss_rsae_HASH", "rsa_pss_pss_HASH"
--     decrypt CIPHERTEXT     → the plaintext ("-" when it cannot be decrypted)
--     hold                   → "held": from now on answers wait until somebody sends
--     release                → "released"
--     waiting                → the number of answers that wait
-- It uses the openssl program, so nothing of this library signs.
local interpreter = require "spec.support.interpreter"
local loopback = require "spec.support.loopback"

local key_server = {}

local SOURCE = [=[
local mime = require "mime"
local shell = require "spec.support.shell"
local socket = require "socket"
local temporary = require "spec.support.temporary"

local key = arg[1]
local held, waiting = false, {}

local function openssl(operation, input, options)
   local from, to = temporary.write(input), temporary.path()
   local command = { "openssl", "pkeyutl", operation, "-inkey", key, "-in", from, "-out", to }
   for _, option in ipairs(options) do
      command[#command + 1] = "-pkeyopt"
      command[#command + 1] = option
   end
   local status = shell.try(command)
   return status == 0 and mime.b64(temporary.read(to)) or "-"
end

local is_rsa = shell.run({ "openssl", "pkey", "-in", key, "-noout", "-text" }):find("modulus") ~= nil

local function answer(words)
   if words[1] == "sign" then
      local hash = words[2]:match("^rsa_pss_%a+_(%w+)$")
      local options = { "digest:" .. (hash or words[2]) }
      if hash then
         options[2], options[3], options[4] = "rsa_padding_mode:pss", "rsa_pss_saltlen:digest", "rsa_mgf1_md:" .. hash
      elseif is_rsa then
         options[2] = "rsa_padding_mode:pkcs1"
      end
      return openssl("-sign", mime.unb64(words[3]), options)
   elseif words[1] == "decrypt" then
      return openssl("-decrypt", mime.unb64(words[2]), { "rsa_padding_mode:pkcs1" })
   end
   return "?"
end

local listener = assert(socket.bind("127.0.0.1", 0))
print("key server on " .. select(2, listener:getsockname()))
io.stdout:flush()

local clients = {}
local function serve(client)
   local line = client:receive("*l")
   if not line then
      client:close()
      for index, other in ipairs(clients) do
         if other == client then
            table.remove(clients, index)
            return
         end
      end
   end
   local words = {}
   for word in line:gmatch("%S+") do
      words[#words + 1] = word
   end
   if words[1] == "hold" then
      held = true
      client:send("held\n")
   elseif words[1] == "release" then
      held = false
      for _, entry in ipairs(waiting) do
         entry.client:send(entry.text .. "\n")
      end
      waiting = {}
      client:send("released\n")
   elseif words[1] == "waiting" then
      client:send(#waiting .. "\n")
   else
      local text = answer(words)
      if held then
         waiting[#waiting + 1] = { client = client, text = text }
      else
         client:send(text .. "\n")
      end
   end
end

while true do
   local set = { listener }
   for _, client in ipairs(clients) do
      set[#set + 1] = client
   end
   for _, ready in ipairs((socket.select(set, nil, 1))) do
      if ready == listener then
         clients[#clients + 1] = listener:accept()
      else
         serve(ready)
      end
   end
end
]=]

-- start gives a process with `port`; child:ask(line) sends a line and returns the answer.
function key_server.start(certificate)
   local child = interpreter.script(SOURCE, { certificate.keyfile })
   child.port = tonumber((child:wait_for("key server on (%d+)")))
   function child.ask(self, line)
      local socket = loopback.connect(self.port)
      assert(socket:send(line .. "\n"))
      local reply = assert(socket:receive("*l"))
      socket:close()
      return reply
   end
   return child
end

return key_server
