-- Prosody with another server: both with the drop-in, and one of them with LuaSec itself, each way. They find each
-- other by a name server of their own, and authenticate by their certificates.
local certificates = require "spec.support.certificates"
local luasec = require "spec.programs.support.luasec"
local names = require "spec.programs.support.names"
local process = require "spec.support.process"
local prosody = require "spec.programs.support.prosody"
local sendxmpp = require "spec.programs.support.sendxmpp"

local GLOBAL = [[
unbound = { resolvconf = false, hoststxt = false, trustfile = "/dev/null", forward = "127.0.0.1@%d" }
s2s_secure_auth = true
ssl = { cafile = "%s" }
]]

-- Whom the second of a pair is; the first is Debian 12's with the drop-in.
local PAIRS = {
   { name = "a newer one, both with the drop-in", release = "13" },
   { name = "the same with LuaSec", release = "0.12", original = true },
   { name = "a newer one with LuaSec", release = "13", original = true },
}

describe("Prosody among servers", function()
   local running = {}

   local function keep(what)
      running[#running + 1] = what
      return what
   end

   after_each(function()
      for index = #running, 1, -1 do
         running[index]:stop()
         running[index] = nil
      end
   end)

   -- pair starts both, and clients that listen at them unless `trusted` says whom the second one trusts.
   local function pair(second, trusted)
      local alpha = prosody.prepare({
         release = "0.12", certificates = { ["alpha.example"] = certificates.alpha }, hosts = {},
      })
      local beta = prosody.prepare({
         release = second.release,
         original = second.original,
         certificates = { ["beta.example"] = certificates.beta },
         hosts = {},
      })
      local server = keep(names.start({
         ["alpha.example"] = { address = alpha.address, port = alpha.ports.s2s },
         ["beta.example"] = { address = beta.address, port = beta.ports.s2s },
      }))
      for host, each in pairs({ ["alpha.example"] = alpha, ["beta.example"] = beta }) do
         each:configure({
            hosts = { host },
            s2s = true,
            global = GLOBAL:format(server.port, each == beta and trusted or certificates.ca.certfile),
         })
         each:account("user@" .. host, "secret")
         keep(each):run()
      end
      return alpha, beta
   end

   -- send goes from the user of one server to the user of another.
   local function send(from, host, to, text)
      local status, output = sendxmpp.send(from, "user@" .. host, "secret", { to = "user@" .. to, text = text })
      assert.same(0, status, output)
   end

   for _, second in ipairs(PAIRS) do
      it("exchanges messages with " .. second.name, function()
         local alpha, beta = pair(second)
         assert.same(luasec.original and "original" or "ours", luasec.loaded(alpha.process.pid))
         assert.same((luasec.original or second.original) and "original" or "ours", luasec.loaded(beta.process.pid))
         local at_alpha = keep(sendxmpp.listen(alpha, "user@alpha.example", "secret", {}))
         local at_beta = keep(sendxmpp.listen(beta, "user@beta.example", "secret", {}))
         send(alpha, "alpha.example", "beta.example", "there")
         at_beta:wait_for("there")
         send(beta, "beta.example", "alpha.example", "and back")
         at_alpha:wait_for("and back")
         for _, each in ipairs({ alpha, beta }) do
            local log = each:log()
            for _, direction in ipairs({ "s2sout", "s2sin" }) do
               assert.matches(direction .. "%x+%s+info\tStream encrypted %(TLSv1.3 with ", log)
               assert.matches(direction .. "%x+%s+debug\tcertificate chain validation result: valid", log)
               assert.matches(direction .. "%x+%s+debug\tcertificate identity validation result: valid", log)
            end
            assert.matches("mechanism='EXTERNAL'", log)
         end
      end)
   end

   it("tells why it does not trust the other", function()
      local alpha, beta = pair({ release = "13" }, certificates.other_ca.certfile)
      send(beta, "beta.example", "alpha.example", "refused")
      assert.is_truthy(process.until_true(10, function()
         return beta:log():find("s2sout%x+%s+debug\tcertificate chain validation result: invalid")
      end))
      assert.matches("certificate error%(s%) at depth %d: [%w -]+ certificate", beta:log())
      assert.is_nil(alpha:log():find("is now authenticated", 1, true))
   end)
end)
