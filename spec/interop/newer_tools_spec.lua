-- The newest curl and Chromium against `bearssl serve`, and `bearssl fetch` and `bearssl probe` against the newest
-- OpenSSL.
local browser = require "spec.support.browser"
local certificates = require "spec.support.certificates"
local dkjson = require "dkjson"
local newer = require "spec.support.newer"
local peers = require "spec.support.peer"
local tool = require "spec.support.tool"

-- Words of the tool, and what its page must say. Both visitors have shares of X25519MLKEM768 and x25519 at once.
local ROWS = {
   { title = "the defaults", words = {}, version = "TLSv1.3", group = "X25519MLKEM768" },
   { title = "TLS 1.3", words = { "--groups", "x25519,secp256r1" }, version = "TLSv1.3", group = "x25519" },
   { title = "HelloRetryRequest", words = { "--groups", "secp384r1" }, version = "TLSv1.3", group = "secp384r1" },
   { title = "TLS 1.2", words = { "--max", "1.2" }, version = "TLSv1.2", group = "x25519" },
}

local function serve(name, words)
   local all = { tool.credential(name) }
   for _, word in ipairs(words) do all[#all + 1] = word end
   return tool.serve((table.unpack or unpack)(all)) -- luacheck: ignore
end

local function check(row, status, page, errors)
   assert.equal(0, status, errors or page)
   local facts = browser.facts(page)
   assert.equal(row.version, facts.version, page)
   assert.equal(row.group, facts.group, page)
end

for _, row in ipairs(ROWS) do
   it("curl and bearssl serve: " .. row.title, function()
      for _, name in ipairs({ "rsa", "chain_ec" }) do
         local server = serve(name, row.words)
         check(row, browser.curl(server))
         server:stop()
      end
   end)

   it("Chromium and bearssl serve: " .. row.title, function()
      local server = serve("chain_ec", row.words)
      check(row, browser.chromium(server, certificates.chain_ec))
      server:stop()
   end)
end

it("curl shows bearssl serve its certificate", function()
   local server = serve("ec", { "--verify", "required", "--cafile", certificates.ca.certfile })
   local own = certificates.client_ec
   local status, page = browser.curl(server, "--cert", own.chainfile, "--key", own.keyfile)
   assert.equal(0, status, page)
   assert.equal("yes", browser.facts(page).peer_verified)
   assert.are_not.equal(0, (browser.curl(server)))
   server:stop()
end)

it("Chromium refuses a key of bearssl serve that it does not know", function()
   local server = serve("ec", { "--trace" })
   local status, page, errors = browser.chromium(server, certificates.ec384)
   assert.equal(1, status)
   assert.same({}, browser.facts(page))
   assert.truthy(errors:find("ERR_CERT_AUTHORITY_INVALID", 1, true), errors)
   server:wait_for("received Alert [^\n]*certificate_unknown")
   server:stop()
end)

for _, name in ipairs({ "openssl", "openssl4" }) do
   describe("the tool and " .. name .. ":", function()
      local server
      setup(function()
         server = peers.openssl_server({
            program = newer.program(name), certificate = certificates.chain_ec, mode = "www", ciphers = "DEFAULT",
         })
      end)
      teardown(function() server:stop() end)

      it("fetch", function()
         for _, case in ipairs({ { "1.2", "TLSv1.2" }, { "1.3", "TLSv1.3" } }) do
            local url = ("https://localhost:%d/"):format(server.port)
            local status, page, errors = tool("fetch", "--cafile", certificates.ca.certfile, "--min", case[1],
               "--max", case[1], url)
            assert.equal(0, status, errors)
            assert.truthy(page:find("Protocol  : " .. case[2], 1, true), page)
         end
      end)

      it("probe", function()
         local status, text, errors = tool("probe", "--cafile", certificates.ca.certfile, "--json",
            "localhost:" .. server.port)
         assert.equal(0, status, errors)
         local report = assert(dkjson.decode(text))
         assert.is_true(report.verified)
         assert.is_true(report.resumption_by_ticket)
         for _, group in ipairs({ "X25519MLKEM768", "x25519", "secp256r1", "secp384r1" }) do
            assert.truthy(table.concat(report.groups, " "):find(group, 1, true), group)
         end
      end)
   end)
end
