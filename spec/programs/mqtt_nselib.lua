-- nselib's client of MQTT: subscribes to a topic and says how long the messages are and what they begin with, until
-- one is "end". Words: the port, the topic, a protocol of LuaSec, and a file of the CA.
local nmap = require "nmap"
local load = require("nselib").load
local mqtt = load "mqtt"

nmap.parameters = { mode = "client", protocol = arg[3], verify = "peer", cafile = arg[4] }

local port = { number = tonumber(arg[1]), protocol = "tcp", version = { service_tunnel = "ssl" } }
local client = mqtt.Helper:new("127.0.0.1", port)
local done, reason = client:connect({ client_id = "nselib" })
print("connects", done, done and "" or reason)
if not done then
   os.exit(0)
end
print("subscribes", client:request("SUBSCRIBE", { filters = { { filter = arg[2] } } }, "SUBACK"))
io.stdout:flush()
repeat
   local received, message = client:receive({ "PUBLISH" }, 20)
   if not received then
      error(message)
   end
   print(message.topic, #message.payload, message.payload:sub(1, 10))
   io.stdout:flush()
until message.payload == "end"
client:close()
