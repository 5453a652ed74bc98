-- nselib's client of PostgreSQL: asks for TLS, starts it, logs in with an MD5 password, and asks one thing. Words:
-- the port, "any" or another protocol of LuaSec, and a file of the CA, or of another.
local nmap = require "nmap"
local load = require("nselib").load
local pgsql = load "pgsql"

nmap.parameters = { mode = "client", protocol = arg[2], verify = "peer", cafile = arg[3] }

local v3 = pgsql.v3
local stream = nmap.new_socket()
assert(stream:connect("127.0.0.1", tonumber(arg[1])))
print("asks", pgsql.requestSSL(stream))
local done, reason = stream:reconnect_ssl()
print("begins", done, reason)
if not done then
   os.exit(0)
end
local started, response = v3.sendStartup(stream, "md5", "postgres")
print("starts", started, started and response.authtype == pgsql.AuthenticationType.MD5)
print("wrong password", (function()
   local other = nmap.new_socket()
   other:connect("127.0.0.1", tonumber(arg[1]))
   pgsql.requestSSL(other)
   other:reconnect_ssl()
   local _, asked = v3.sendStartup(other, "md5", "postgres")
   local answer, why = v3.loginRequest(other, asked, "md5", "wrong", asked.salt)
   other:close()
   return answer, why
end)())
local parameters
done, parameters = v3.loginRequest(stream, response, "md5", "secret", response.salt)
print("logs in", done)
for _, parameter in ipairs(parameters[1]) do
   if parameter.name == "server_encoding" then
      print("is told", parameter.value)
   end
end
local question = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()\0"
stream:send("Q" .. string.pack(">I4", #question + 4) .. question)
local data = ""
repeat
   local received, more = stream:receive()
   data = data .. (received and more or "")
until not received or data:find("SELECT 1\0", 1, true)
print("reads", data:match("TLSv1%.%d"))
stream:close()
