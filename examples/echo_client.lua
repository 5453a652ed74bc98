-- An echo client, for examples/server.lua: says each line of its input, and prints what comes back.
--     echo hello | lua5.4 examples/echo_client.lua CAFILE [PORT [HOST]]
local bearssl = require "bearssl"

local cafile, port, host = arg[1], tonumber(arg[2]) or 8443, arg[3] or "localhost"
assert(cafile, "usage: echo_client.lua CAFILE [PORT [HOST]]")

local stream = assert(bearssl.connect(host, port, { context = { cafile = cafile }, timeout = 10 }))
for line in io.lines() do
   assert(stream:send(line .. "\n"))
   print(assert(stream:receive "*l"))
end
stream:close()
