-- The newest curl and Chromium against `bearssl serve`, whose page tells about the connection, and `bearssl fetch` and
-- `bearssl probe` against the newest OpenSSL.
local certificates = require "spec.support.certificates"
local dkjson = require "dkjson"
local interpreter = require "spec.support.interpreter"
local newer = require "spec.support.newer"
local peers = require "spec.support.peer"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

-- What a browser or curl is served with: words of the tool, and what its page must say. Both have shares of
-- X25519MLKEM768 and x25519 at once.
local ROWS = {
   { title = "TLS 1.3", words = {}, version = "TLSv1.3", group = "x25519" },
   { title = "HelloRetryRequest", words = { "--groups", "secp384r1" }, version = "TLSv1.3", group = "secp384r1" },
   { title = "TLS 1.2", words = { "--max", "1.2" }, version = "TLSv1.2", group = "x25519" },
}

local function serve(certificate, words)
   local all = { "serve", "--listen", "127.0.0.1:0", "--cert", certificate.chainfile, "--key", certificate.keyfile }
   for _, word in ipairs(words) do all[#all + 1] = word end
   local server = interpreter.tool(all)
   server.port = tonumber((server:wait_for("listening on 127%.0%.0%.1:(%d+)")))
   return server
end

-- told reads the page about a connection, as curl or as a browser gets it.
local function told(page)
   local facts = {}
   for name, value in page:gmatch("([%w_]+)  +([^\n]+)") do facts[name] = value end
   for name, value in page:gmatch('<th align="left">([%w_]+)</th><td>([^<]*)</td>') do facts[name] = value end
   return facts
end

local function check(row, page)
   local facts = told(page)
   assert.equal(row.version, facts.version, page)
   assert.equal(row.group, facts.group, page)
end

describe("curl and bearssl serve:", function()
   local function curl(server, ...)
      return shell.try(newer.program("curl", "--silent", "--show-error", "--max-time", "30", "--noproxy", "*",
         "--cacert", certificates.ca.certfile, ("https://localhost:%d/"):format(server.port), ...))
   end

   for _, row in ipairs(ROWS) do
      it(row.title, function()
         for _, name in ipairs({ "rsa", "chain_ec" }) do
            local server = serve(certificates[name], row.words)
            local status, page = curl(server)
            assert.equal(0, status, page)
            check(row, page)
            server:stop()
         end
      end)
   end

   it("a client's certificate", function()
      local server = serve(certificates.ec, { "--verify", "required", "--cafile", certificates.ca.certfile })
      local own = certificates.client_ec
      local status, page = curl(server, "--cert", own.chainfile, "--key", own.keyfile)
      assert.equal(0, status, page)
      assert.equal("yes", told(page).peer_verified)
      assert.are_not.equal(0, (curl(server)))
      server:stop()
   end)
end)

describe("Chromium and bearssl serve:", function()
   -- The pin of the only key that it takes without knowing who signed its certificate.
   local function pin_of(certificate)
      return shell.run(("openssl x509 -in %s -pubkey -noout | openssl pkey -pubin -outform der"
         .. " | openssl dgst -sha256 -binary | openssl base64"):format(shell.quote(certificate.certfile)))
         :match("[^\n]+")
   end

   -- open gives the browser's exit status and the page as it has it.
   local function open(server, pinned)
      local browser = process.start(newer.program("chromium", "--no-sandbox", "--disable-gpu",
         "--user-data-dir=" .. temporary.make_directory(), "--ignore-certificate-errors-spki-list=" .. pin_of(pinned),
         "--dump-dom", ("https://127.0.0.1:%d/"):format(server.port)), { separate = true })
      return browser:wait(30 * (tonumber(os.getenv("SLOWDOWN") or "") or 1)), browser:output(), browser:errors()
   end

   for _, row in ipairs(ROWS) do
      it(row.title, function()
         local server = serve(certificates.chain_ec, row.words)
         local status, page, errors = open(server, certificates.chain_ec)
         assert.equal(0, status, errors)
         check(row, page)
         server:stop()
      end)
   end

   it("refuses a key that it does not know", function()
      local server = serve(certificates.ec, { "--trace" })
      local status, page, errors = open(server, certificates.ec384)
      assert.equal(1, status)
      assert.same({}, told(page))
      assert.truthy(errors:find("ERR_CERT_AUTHORITY_INVALID", 1, true), errors)
      server:wait_for("received Alert [^\n]*certificate_unknown")
      server:stop()
   end)
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

      local function tool(command, ...)
         local child = interpreter.tool({ command, "--cafile", certificates.ca.certfile, ... }, { separate = true })
         assert.equal(0, child:wait(60), child:told())
         return child:output(), child:errors()
      end

      it("fetch", function()
         for _, case in ipairs({ { "1.2", "TLSv1.2" }, { "1.3", "TLSv1.3" } }) do
            local url = ("https://localhost:%d/"):format(server.port)
            local page = tool("fetch", "--min", case[1], "--max", case[1], url)
            assert.truthy(page:find("Protocol  : " .. case[2], 1, true), page)
         end
      end)

      it("probe", function()
         local report = assert(dkjson.decode((tool("probe", "--json", "localhost:" .. server.port))))
         assert.is_true(report.verified)
         assert.is_true(report.resumption_by_ticket)
         for _, group in ipairs({ "x25519", "secp256r1", "secp384r1" }) do
            assert.truthy(table.concat(report.groups, " "):find(group, 1, true), group)
         end
      end)
   end)
end
