-- Compressed certificates (RFC 8879) with OpenSSL 3.5 and 4, which Debian builds with zlib and Zstandard, both ways,
-- servers', clients' and late ones; and with Chromium, which has Brotli. Debian's GnuTLS has no algorithm.
local browser = require "spec.support.browser"
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local newer = require "spec.support.newer"
local ours = require "spec.support.ours"
local peers13 = require "spec.support.peers13"
local process = require "spec.support.process"
local tool = require "spec.support.tool"

local CA = certificates.ca.certfile

-- What is offered, and how certificates then come: OpenSSL goes by its peer's order.
local ROWS = {
   { offer = { "zlib" }, ours = "zlib", theirs = "zlib" }, { offer = { "zstd" }, ours = "zstd", theirs = "zstd" },
   { offer = { "zlib", "zstd" }, ours = "zlib", theirs = "zlib" },
   { offer = nil, ours = "zstd", theirs = "zstd" }, { offer = { "brotli" } }, { offer = false },
}

-- watched(seen) are handlers that note the Certificate messages: seen.sent and seen.received.
local function watched(seen)
   return { certificate = function(_, message) seen[message.direction] = message.compression_algorithm or "none" end }
end

local function check(row, seen)
   assert.equal(row.theirs or "none", seen.received)
   assert.equal(row.ours or "none", seen.sent)
end

for _, peer in ipairs(newer.peers) do
   if peer.kind == "openssl" then
      describe("our client and a server of " .. peer.name, function()
         after_each(ours.close_all)

         for _, row in ipairs(ROWS) do
            it("compress with " .. (row.offer and table.concat(row.offer, ", ") or tostring(row.offer)), function()
               local own, seen = certificates.client_chain, {}
               local infos = newer.connect(peer, ours.client_context({
                  certificate_compression = row.offer, certfile = own.chainfile, keyfile = own.keyfile,
                  handlers = watched(seen), min_version = "TLSv1.3",
               }), { certificate = certificates.chain, cafile = CA, arguments = { "-cert_comp" } })
               assert.is_true(infos[1].peer_verified)
               check(row, seen)
            end)
         end
      end)

      cases.describe("a client of " .. peer.name .. " and our server", function(listener)
         after_each(function()
            ours.close_all()
            process.stop_all()
         end)

         for _, row in ipairs(ROWS) do
            it("compress with " .. (row.offer and table.concat(row.offer, ", ") or tostring(row.offer)), function()
               local seen = {}
               local context = ours.server_context(certificates.chain, { certificate_compression = row.offer,
                  verify = "required", cafile = CA, handlers = watched(seen), min_version = "TLSv1.3" })
               local infos = newer.accept(peer, listener, context, { own = certificates.client_chain })
               assert.is_true(infos[1].peer_verified)
               check(row, seen)
            end)
         end

         it("compress a certificate that comes late", function()
            local seen = {}
            local child = peers13.client("openssl", { program = newer.program(peer.client), port = listener.port,
               later = true, certificate = certificates.client_chain, cafile = CA })
            local stream = assert(listener:accept(ours.server_context(certificates.chain, { cafile = CA,
               handlers = watched(seen) })))
            stream:settimeout(20)
            child:write("a line before\n")
            assert.is_true(stream:request_certificate { wait = true })
            assert.equal("zstd", seen.received)
            assert.equal(certificates.client_chain.certificate, stream:info("peer_certificates")[1]:pem())
            stream:close()
         end)
      end)
   end
end

it("Chromium takes a chain that Brotli compressed", function()
   local server = tool.serve("--trace", tool.credential "chain_ec")
   local status, page, errors = browser.chromium(server, certificates.chain_ec)
   assert.equal(0, status, errors)
   assert.equal("TLSv1.3", browser.facts(page).version)
   server:wait_for("sent Certificate [^\n]*compression=brotli, ")
   server:stop()
end)
