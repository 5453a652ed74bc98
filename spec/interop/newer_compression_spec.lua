-- Compressed certificates (RFC 8879) with NSS, the library of Firefox, and with curl. OpenSSL and Chromium:
-- spec/interop/certificate_compression_spec.lua.
local browser = require "spec.support.browser"
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local newer = require "spec.support.newer"
local ours = require "spec.support.ours"
local tool = require "spec.support.tool"

local nss
for _, peer in ipairs(newer.peers) do
   if peer.kind == "nss" then nss = peer end
end

cases.describe("a client of NSS", function(listener)
   after_each(ours.close_all)

   for _, row in ipairs({
      { title = "takes what zlib compressed", arguments = { "--zlib-certificate-compression" }, sent = "zlib" },
      { title = "takes a certificate as it is where it has not offered more", sent = "none" },
   }) do
      it(row.title, function()
         local sent
         local context = ours.server_context(certificates.chain, { handlers = { certificate = function(_, message)
            if message.direction == "sent" then sent = message.compression_algorithm or "none" end
         end } })
         newer.accept(nss, listener, context, { arguments = row.arguments })
         assert.equal(row.sent, sent)
      end)
   end
end)

for _, algorithm in ipairs({ "zlib", "zstd" }) do
   it("curl takes what bearssl serve compresses by " .. algorithm, function()
      local server = tool.serve("--trace", "--compression", algorithm, tool.credential "chain")
      local status, page = browser.curl(server)
      assert.equal(0, status, page)
      server:wait_for("sent Certificate [^\n]*compression=" .. algorithm)
      server:stop()
   end)
end
