-- A real PostgreSQL with a client library of Nmap's, and with a client of its protocol that uses LuaSec as pgmoon does:
-- channel binding, a client's certificate, and long messages both ways.
local certificates = require "spec.support.certificates"
local luasec = require "spec.programs.support.luasec"
local postgresql = require "spec.programs.support.postgresql"

local MODULES = { modules = { luasec.here .. "/spec/programs/support/lent" } }

local EXPECTED = [[
any|TLSv1.3 true
rows|3000|3000
long question|1048576
tlsv1_2|TLSv1.2 true
rows|3000|3000
long question|1048576
wrong password|false|password authentication failed for user "scram"
wrong binding|false|SCRAM channel binding check failed
wrong CA|false|handshake: certificate verify failed
certificate|client ec|/CN=client ec/O=bearssl for Lua
no certificate|false|connection requires a valid client certificate
]]

describe("PostgreSQL", function()
   local server

   setup(function()
      server = postgresql.start()
   end)

   teardown(function()
      if server then
         server:stop()
      end
   end)

   local CASES = { { protocol = "any", version = "TLSv1.3" }, { protocol = "tlsv1_2", version = "TLSv1.2" } }
   for _, case in ipairs(CASES) do
      it("is asked by nselib's client, " .. case.version, function()
         local output = luasec.run("lua5.4", "spec/programs/pgsql_nselib.lua", {
            server.port, case.protocol, certificates.ca.certfile,
         }, MODULES)
         assert.same({
            "asks\ttrue",
            "begins\ttrue\tnil",
            "starts\ttrue\ttrue",
            "wrong password\tfalse\tExpected AuthRequest; got something else",
            "logs in\ttrue",
            "is told\tUTF8",
            "reads\t" .. case.version,
            "",
         }, require("pl.stringx").split(output, "\n"))
      end)
   end

   it("is refused by nselib's client where another signed its certificate", function()
      local output = luasec.run("lua5.4", "spec/programs/pgsql_nselib.lua", {
         server.port, "any", certificates.other_ca.certfile,
      }, MODULES)
      assert.same("asks\ttrue\nbegins\tfalse\tcertificate verify failed\n", output)
   end)

   for _, lua in ipairs({ "lua5.4", "luajit" }) do
      it("binds a password to its certificate, and takes a client's, with " .. lua, function()
         assert.same(EXPECTED, luasec.run(lua, "spec/programs/postgresql_client.lua", {
            server.port,
            certificates.ca.certfile,
            certificates.other_ca.certfile,
            certificates.client_ec.chainfile,
            certificates.client_ec.keyfile,
         }))
      end)
   end
end)
