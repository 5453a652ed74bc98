-- A real mosquitto with a client library of Nmap's, with a client that has luamqtt's habits, and its own clients at the
-- other end.
local certificates = require "spec.support.certificates"
local luasec = require "spec.programs.support.luasec"
local mosquitto = require "spec.programs.support.mosquitto"
local process = require "spec.support.process"

local MODULES = { modules = { luasec.here .. "/spec/programs/support/lent" } }

local EXPECTED = [[
any|0|true
any|100|true
any|16384|true
any|20480|true
any|100000|true
TLSv1.3|alive
tlsv1_2|0|true
tlsv1_2|100|true
tlsv1_2|16384|true
tlsv1_2|20480|true
tlsv1_2|100000|true
TLSv1.2|alive
wrong CA|handshake: certificate verify failed
certificate|taken
no certificate|false|true
]]

describe("mosquitto", function()
   local broker

   setup(function()
      broker = mosquitto.start()
   end)

   teardown(function()
      if broker then
         broker:stop()
      end
   end)

   for _, protocol in ipairs({ "any", "tlsv1_2" }) do
      it("sends nselib's client what others publish, with " .. protocol, function()
         luasec.build("lua5.4")
         local client = process.start({
            "lua5.4",
            "spec/programs/mqtt_nselib.lua",
            broker.port,
            "spec/" .. protocol,
            protocol,
            certificates.ca.certfile,
         }, { environment = luasec.environment("lua5.4", MODULES) })
         client:wait_for("subscribes\ttrue")
         mosquitto.publish(broker.port, "spec/" .. protocol, "short")
         mosquitto.publish(broker.port, "spec/" .. protocol, ("0123456789"):rep(2048))
         mosquitto.publish(broker.port, "spec/" .. protocol, ("9876543210"):rep(20000))
         mosquitto.publish(broker.port, "spec/" .. protocol, "end")
         assert.same(0, client:wait(), client:told())
         for _, line in ipairs({ "5\tshort\n", "20480\t0123456789\n", "200000\t9876543210\n", "3\tend\n" }) do
            assert.is_truthy(client:output():find("spec/" .. protocol .. "\t" .. line, 1, true), client:output())
         end
      end)
   end

   for _, lua in ipairs({ "lua5.4", "luajit" }) do
      it("gives a client with luamqtt's habits long messages whole, with " .. lua, function()
         local watcher = mosquitto.subscribe(broker.port, "habits/" .. lua)
         assert.same(EXPECTED, luasec.run(lua, "spec/programs/mqtt_client.lua", {
            broker.port,
            "habits/" .. lua,
            certificates.ca.certfile,
            certificates.other_ca.certfile,
            broker.certificate_port,
            certificates.client_ec.chainfile,
            certificates.client_ec.keyfile,
         }))
         watcher:wait_for(("m"):rep(20480))
         watcher:stop()
         assert.matches("as client" .. broker.certificate_port .. " %(p2, c1, k60, u'client ec'%)", broker:output())
      end)
   end
end)
