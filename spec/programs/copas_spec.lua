-- Copas 4 with its own HTTP client: servers by parameters, by context and by name, and their clients, in one loop.
local certificates = require "spec.support.certificates"
local luasec = require "spec.programs.support.luasec"
local shell = require "spec.support.shell"

local EXPECTED = [[
simple|localhost
chunks|210000
redirect|localhost|200
no way down|nil|Unallowed insecure redirect https to http
verified|localhost|200
refused|false|TLS/SSL handshake failed: certificate verify failed
post|true
thirty at once|30
named|beta.example|200
named otherwise|other.example|200
strict alpha.example|alpha.example|one|two|alpha.example
strict beta.example|beta.example|one|two|beta.example
strict otherwise|false|TLS/SSL handshake failed: tlsv1 unrecognized name
context|alpha.example|line|nil|timeout|
statistics|5|5
silent server|nil|timeout
ended|closed:without an end|closed:without an end|closed:
refusals|handshake failed: callback failed;handshake failed: tlsv1 alert unknown ca
]]

describe("Copas", function()
   local words = {}
   for _, name in ipairs({ "rsa", "alpha", "beta" }) do
      words[#words + 1] = certificates[name].chainfile
      words[#words + 1] = certificates[name].keyfile
   end
   words[#words + 1] = certificates.ca.certfile
   words[#words + 1] = certificates.other_ca.certfile

   for _, lua in ipairs({ "lua5.4", "lua5.1", "luajit" }) do
      it("serves and fetches with " .. lua, function()
         local modules = {
            shell.run({ "spec/support/newer", "--group", "copas" }):match("[^\n]+") .. "/src",
            luasec.here .. "/spec/programs/support/lent",
         }
         local output = luasec.run(lua, "spec/programs/copas_program.lua", words, { modules = modules })
         assert.same(EXPECTED, output)
      end)
   end
end)
