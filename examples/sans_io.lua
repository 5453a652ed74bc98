-- TLS without any socket: two connections, and a loop that carries the bytes between them. The same calls
-- put TLS over whatever moves bytes: a message queue, a serial line, a test.
--     lua5.4 examples/sans_io.lua CERT KEY
local bearssl = require "bearssl"

local certfile, keyfile = arg[1], arg[2]
assert(certfile and keyfile, "usage: sans_io.lua CERT KEY")
local server = assert(assert(bearssl.context {
   mode = "server", certfile = certfile, keyfile = keyfile,
}):connection())
local client = assert(assert(bearssl.context { cafile = certfile, verify = "none" })
   :connection { server_name = "localhost" })

-- Moves what one side has to say to the other, as far as it takes it.
local carried = {}
local function carry(from, to, pending)
   pending = pending .. from:drain()
   if pending == "" then return pending, 0 end
   local taken = assert(to:feed(pending))
   return pending:sub(taken + 1), taken
end

local to_server, to_client = "", ""
local greeted, answered = false, false
for round = 1, 100 do
   local client_event = assert(client:step())
   local server_event = assert(server:step())
   if client_event == "data" then
      if not greeted then
         greeted = true
         assert(client:write("hello from the client") > 0)
      end
      local bytes = client:read()
      if bytes ~= "" then
         print("client read: " .. bytes)
         client:close()
      end
   end
   if server_event == "data" then
      local bytes = server:read()
      if bytes ~= "" then
         print("server read: " .. bytes)
         assert(server:write("hello from the server") > 0)
         answered = true
      end
   elseif server_event == "closed" then
      print("server: the client said goodbye, after " .. round .. " rounds")
      break
   end
   local up, down
   to_server, up = carry(client, server, to_server)
   to_client, down = carry(server, client, to_client)
   if up + down > 0 then carried[#carried + 1] = ("%d up, %d down"):format(up, down) end
end
assert(answered, "the conversation did not end")
print("bytes carried: " .. table.concat(carried, "; "))
