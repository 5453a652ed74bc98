-- A real mosquitto with TLS at a loopback port, and its own clients:
--     local broker = mosquitto.start()
--     broker.port               TLS for anybody
--     broker.certificate_port   for who has a certificate
--     mosquitto.publish(port, topic, text)     by mosquitto_pub, over TLS
--     mosquitto.subscribe(port, topic)         mosquitto_sub as a process that writes what it is sent, once it is there
local certificates = require "spec.support.certificates"
local peer = require "spec.support.peer"
local port = require "spec.support.port"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local mosquitto = {}

local SETTINGS = [[
per_listener_settings false
allow_anonymous true
persistence false
log_type all
@USER@

listener @PORT@ 127.0.0.1
cafile @CA@
certfile @CERTIFICATE@
keyfile @KEY@

listener @OTHER@ 127.0.0.1
cafile @CA@
certfile @CERTIFICATE@
keyfile @KEY@
require_certificate true
use_identity_as_username true
]]

local function find(name)
   return shell.which(name) or "/usr/sbin/" .. name
end

function mosquitto.start()
   local values = {
      PORT = port.free(),
      OTHER = port.free(),
      CA = certificates.ca.certfile,
      CERTIFICATE = certificates.rsa.chainfile,
      KEY = certificates.rsa.keyfile,
      USER = shell.run("id -u"):find("^0\n") and "user root" or "",
   }
   local broker = process.start({ find("mosquitto"), "-c", temporary.write(SETTINGS:gsub("@(%u+)@", values)) })
   broker.port, broker.certificate_port = values.PORT, values.OTHER
   peer.ready(broker, broker.port)
   return peer.ready(broker, broker.certificate_port)
end

local function words(name, number, topic)
   return { name, "-h", "localhost", "-p", number, "--cafile", certificates.ca.certfile, "-t", topic, "-q", "1" }
end

function mosquitto.publish(number, topic, text)
   local all = words("mosquitto_pub", number, topic)
   all[#all + 1] = "-f"
   all[#all + 1] = temporary.write(text)
   return shell.run(all)
end

function mosquitto.subscribe(number, topic)
   local all = words("mosquitto_sub", number, topic)
   table.insert(all, 1, "-oL") -- or it writes when its buffer is full only
   table.insert(all, 1, "stdbuf")
   all[#all + 1] = "-d"
   local child = process.start(all)
   child:wait_for("Subscribed")
   return child
end

return mosquitto
