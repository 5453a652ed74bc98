-- What our client must do with any server: cases for spec/interop/*_server_spec.lua, each of which
-- describes its peer:
--    kind            "openssl" or "gnutls": its name in spec.support.suites
--    start(options)  starts a server; options of peer.*_server, with `alpn` (list), `client` ("none",
--                    "request", "require"), `cafile`, `tickets` false, `debug` true when the output must
--                    tell about alerts
--    answer(line)    what the server sends back for a line
--    alert(name)     a pattern of the server's output when our client sent this alert
local assert = require "luassert"
local busted = require "busted"
local certificates = require "spec.support.certificates"
local ours = require("spec.support.ours").at_most("TLSv1.2")
local suites = require "spec.support.suites"

local describe, it = busted.describe, busted.it -- modules have no globals of busted

local cases = {}

local VERSIONS = { "TLSv1.0", "TLSv1.1", "TLSv1.2" }

-- talk sends a line and checks the answer.
local function talk(peer, stream, line)
   line = line or "Hello, world"
   assert(stream:send(line .. "\n"))
   assert.equal(peer.answer(line), stream:receive("*l"))
end
cases.talk = talk

-- once connects, talks, closes and returns the connection's information.
local function once(peer, server, context, options)
   local stream = assert(ours.connect(server.port, context, options))
   talk(peer, stream)
   local info = stream:info()
   assert.is_true(stream:close())
   return info
end
cases.once = once

-- lazily starts each server at its first use.
local function servers(peer, defaults)
   local running = {}
   return function(name)
      if not running[name] then
         local options = { certificate = certificates[name] }
         for key, value in pairs(defaults or {}) do
            options[key] = value
         end
         running[name] = peer.start(options)
      end
      return running[name]
   end
end

function cases.suites(peer)
   describe("cipher suites", function()
      local server = servers(peer)
      for _, suite in ipairs(suites.of(peer.kind)) do
         for _, version in ipairs(VERSIONS) do
            if version >= suite.version then
               it(suite.name .. " in " .. version, function()
                  local info = once(peer, server(suite.certificate), {
                     suites = { suite.name },
                     min_version = version,
                     max_version = version,
                     -- below TLS 1.2 the server signs with MD5 and SHA-1 or SHA-1
                  })
                  assert.equal(suite.name, info.cipher_suite)
                  assert.equal(version, info.version)
                  assert.is_true(info.peer_verified)
                  assert.equal("ok", info.verdict)
                  assert.is_false(info.resumed)
               end)
            end
         end
      end

      it("are all that this library has, or it is known why not", function()
         local known = {}
         for _, suite in ipairs(suites.all) do
            known[suite.name] = true
         end
         local count = 0
         for _, name in ipairs(require("bearssl").suites()) do
            if name:find("_WITH_", 1, true) then -- those of TLS 1.3 have no key exchange in their names
               assert.is_true(known[name], name)
               count = count + 1
            end
         end
         assert.equal(#suites.all, count)
      end)

      it("takes the modern policy", function()
         local info = once(peer, server("ec"), {})
         assert.equal("TLSv1.2", info.version)
         assert.truthy(info.cipher_suite:find("^TLS_ECDHE_ECDSA_WITH_"))
      end)

      it("takes the compatible policy with the oldest version", function()
         local info = once(peer, server("rsa"), {
            suites = "compatible",
            min_version = "TLSv1.0",
            max_version = "TLSv1.0",
         })
         assert.equal("TLSv1.0", info.version)
      end)
   end)
end

-- groups: the names that the peer has.
function cases.groups(peer, groups)
   describe("groups", function()
      local server = servers(peer)
      for _, group in ipairs(groups) do
         it(group, function()
            local info = once(peer, server("rsa"), { groups = { group } })
            assert.equal(group, info.group)
         end)
      end
      it("is not set with static RSA", function()
         local info = once(peer, server("rsa"), { suites = { "TLS_RSA_WITH_AES_128_GCM_SHA256" } })
         assert.is_nil(info.group)
      end)
   end)
end

function cases.keys(peer)
   describe("server keys", function()
      local server = servers(peer)
      local schemes = {
         rsa = "^rsa_p[%l%d_]+_sha%d+$",
         rsa3072 = "^rsa_p[%l%d_]+_sha%d+$",
         rsa4096 = "^rsa_p[%l%d_]+_sha%d+$",
         ec = "^ecdsa_",
         ec384 = "^ecdsa_",
         ec521 = "^ecdsa_",
         chain = "^rsa_p[%l%d_]+_sha%d+$",
         chain_ec = "^ecdsa_",
      }
      for _, name in ipairs({ "rsa", "rsa3072", "rsa4096", "ec", "ec384", "ec521", "chain", "chain_ec" }) do
         it(name, function()
            local info = once(peer, server(name), {})
            assert.truthy(info.signature_algorithm:find(schemes[name]), info.signature_algorithm)
            assert.equal(certificates[name].certificate, info.peer_certificates[1]:pem())
            local _, blocks = certificates[name].chain:gsub("BEGIN", "")
            assert.equal(blocks, #info.peer_certificates)
         end)
      end

      for _, hash in ipairs({ "sha256", "sha384", "sha512" }) do
         for _, kind in ipairs({ "rsa_pkcs1_", "rsa_pss_rsae_" }) do
            it("signs with " .. kind .. hash .. " when only that is offered", function()
               local info = once(peer, server("rsa"), {
                  signature_algorithms = { kind .. hash }, max_version = "TLSv1.2",
               })
               assert.equal("TLSv1.2", info.version)
               assert.equal(kind .. hash, info.signature_algorithm)
            end)
         end
      end
   end)
end

-- What our client refuses, with which code, and which alert the server gets to see. The purpose is
-- checked as strictly as the dates.
local REFUSED = {
   { "expired", "certificate_expired", "certificate_expired" },
   { "notyet", "certificate_not_yet_valid", "certificate_expired" },
   { "wronghost", "name_mismatch", "bad_certificate" },
   { "selfsigned", "self_signed", "unknown_ca" },
   { "untrusted", "unknown_ca", "unknown_ca" },
   { "under_leaf", "not_a_ca", "unknown_ca" },
   { "weak", "weak_key", "insufficient_security" },
   { "sha1", "weak_signature", "insufficient_security" },
   { "purpose", "wrong_purpose", "unsupported_certificate" },
}

function cases.refusals(peer)
   describe("certificates that it refuses", function()
      local server = servers(peer, { debug = true })
      for _, case in ipairs(REFUSED) do
         local name, code, alert = case[1], case[2], case[3]
         it(name .. " with " .. code, function()
            local stream, message, failure = ours.connect(server(name).port, {})
            assert.is_nil(stream)
            assert.equal(code, failure, message)
            server(name):wait_for(peer.alert(alert))
         end)

         it(name .. " is taken with verify none", function()
            local info = once(peer, server(name), { verify = "none" })
            assert.is_false(info.peer_verified)
         end)

         it(name .. ' is reported with verify = "report"', function()
            local info = once(peer, server(name), { verify = "report" })
            assert.same({ false, false }, { info.peer_verified, info.peer_accepted })
            assert.equal(code, info.verdict)
         end)
      end

      it("by address too", function()
         once(peer, server("rsa"), {}, { server_name = "127.0.0.1" })
         once(peer, server("rsa"), {}, { server_name = "::1" })
         local _, _, code = ours.connect(server("rsa").port, {}, { server_name = "127.0.0.2" })
         assert.equal("name_mismatch", code)
      end)

      it("by any of its names", function()
         once(peer, server("rsa"), {}, { server_name = "example.org" })
         once(peer, server("wildcard"), {}, { server_name = "a.wild.example" })
         local _, _, code = ours.connect(server("wildcard").port, {}, { server_name = "a.b.wild.example" })
         assert.equal("name_mismatch", code)
      end)

      it("not when no name is asked for", function()
         once(peer, server("wronghost"), {}, { server_name = false })
      end)
   end)
end

function cases.resumption(peer)
   describe("resumption by session ID", function()
      local server = servers(peer, { tickets = false })

      local function first(name, context, options)
         local stream = assert(ours.connect(server(name).port, context, options))
         talk(peer, stream)
         assert.is_false(stream:info("resumed"))
         local session = assert(stream:session())
         stream:close()
         assert.is_true(session:resumable())
         return session
      end

      for _, version in ipairs(VERSIONS) do
         it("in " .. version, function()
            local context = ours.client_context({
               suites = "compatible",
               min_version = version,
               max_version = version,
            })
            local session = first("rsa", context)
            local info = once(peer, server("rsa"), context, { session = session })
            assert.is_true(info.resumed)
            assert.equal(version, info.version)
            assert.is_true(info.peer_verified)
            assert.equal(1, #info.peer_certificates)
         end)
      end

      it("many times over, and from its exported string", function()
         local context = ours.client_context({})
         local session = first("ec", context)
         for _ = 1, 3 do
            local copy = assert(require("bearssl").session.import(session:export()))
            assert.is_true(once(peer, server("ec"), context, { session = copy }).resumed)
         end
      end)

      it("in another process", function()
         local context = ours.client_context({})
         local session = first("ec", context)
         local file = require("spec.support.temporary").write(session:export())
         local child = require("spec.support.interpreter").script(
            [[
               local port, file, cafile = arg[1], arg[2], arg[3]
               local bearssl = require "bearssl"
               local session = assert(bearssl.session.import(assert(io.open(file, "rb")):read("*a")))
               local socket = assert(require("socket").connect("127.0.0.1", tonumber(port)))
               local context = assert(bearssl.context({ cafile = cafile, max_version = "TLSv1.2" }))
               local stream = assert(context:wrap(socket, { server_name = "localhost", session = session }))
               assert(stream:handshake())
               print("resumed: " .. tostring(stream:info("resumed")))
               stream:close()
            ]],
            { server("ec").port, file, certificates.ca.certfile }
         )
         child:wait_for("resumed: true")
         assert.equal(0, child:wait())
      end)

      it("does not happen under another name", function()
         local context = ours.client_context({})
         local session = first("ec", context)
         local info = once(peer, server("ec"), context, { session = session, server_name = "example.org" })
         assert.is_false(info.resumed)
      end)

      it("does not happen when the first connection was not verified", function()
         local session = first("ec", ours.client_context({ verify = "none" }))
         local info = once(peer, server("ec"), ours.client_context({}), { session = session })
         assert.is_false(info.resumed)
         assert.is_true(info.peer_verified)
      end)

      it("falls back to a full handshake when the server has forgotten", function()
         local context = ours.client_context({})
         local session = first("rsa", context)
         local other = peer.start({ certificate = certificates.rsa, tickets = false })
         local info = once(peer, other, context, { session = session })
         assert.is_false(info.resumed)
         other:stop()
      end)
   end)
end

-- client_certificates: peer.no_certificate is the alert that the server sends when none comes,
-- peer.unknown_ca and peer.expired for others that it refuses.
function cases.client_certificates(peer)
   describe("client certificates", function()
      local server = servers(peer, { client = "require", cafile = certificates.ca.certfile })

      for _, name in ipairs({ "client_rsa", "client_ec", "client_ec384", "client_chain" }) do
         for _, version in ipairs(VERSIONS) do
            it(name .. " in " .. version, function()
               local info = once(peer, server("rsa"), {
                  certfile = certificates[name].chainfile,
                  keyfile = certificates[name].keyfile,
                  suites = "compatible",
                  min_version = version,
                  max_version = version,
               })
               assert.equal(certificates[name].certificate, info.local_certificates[1]:pem())
               if version == "TLSv1.2" then
                  assert.truthy(info.local_signature_algorithm)
               end
            end)
         end
      end

      it("come from the handler", function()
         local asked
         local info = once(peer, server("ec"), {
            handlers = {
               client_certificate = function(_, question)
                  asked = question
                  return { certificate = certificates.client_ec.certificate, key = certificates.client_ec.key }
               end,
            },
         })
         assert.equal(1, #info.local_certificates)
         assert.is_true(#asked.certificate_types > 0)
         assert.is_true(#asked.signature_algorithms > 0)
         assert.is_table(asked.certificate_authorities)
      end)

      -- The server's alert arrives in the handshake, or when one reads after it.
      local function refused(name, alert)
         local credential = name and certificates[name]
         local stream, message, code = ours.connect(server("rsa").port, {
            certfile = credential and credential.chainfile,
            keyfile = credential and credential.keyfile,
         })
         if stream then
            local data, _
            data, message, _, code = stream:receive("*l")
            assert.is_nil(data)
         end
         assert.equal("alert_" .. alert, code, message)
      end

      it("are required", function()
         refused(nil, peer.no_certificate)
      end)
      it("of a stranger are refused", function()
         refused("client_untrusted", peer.unknown_ca)
      end)
      it("out of date are refused", function()
         refused("client_expired", peer.expired)
      end)

      it("may be left out where they are optional", function()
         local optional = peer.start({
            certificate = certificates.rsa,
            client = "request",
            cafile = certificates.ca.certfile,
         })
         local info = once(peer, optional, {})
         assert.same({}, info.local_certificates or {})
         info = once(peer, optional, {
            certfile = certificates.client_ec.certfile,
            keyfile = certificates.client_ec.keyfile,
         })
         assert.equal(1, #info.local_certificates)
         optional:stop()
      end)
   end)
end

function cases.alpn(peer)
   describe("ALPN", function()
      local server = servers(peer, { alpn = { "h2", "http/1.1" } })
      local silent = servers(peer, { debug = true })

      it("finds a common protocol", function()
         assert.equal("http/1.1", once(peer, server("ec"), { alpn = { "smtp", "http/1.1" } }).alpn)
         assert.equal("h2", once(peer, server("ec"), { alpn = { "h2" } }).alpn)
      end)
      it("is nil when not offered", function()
         assert.is_nil(once(peer, server("ec"), {}).alpn)
      end)
      it("is nil when the server does not answer it", function()
         assert.is_nil(once(peer, silent("ec"), { alpn = { "h2" } }).alpn)
      end)
      it("can be required", function()
         local stream, message, code = ours.connect(silent("ec").port, { alpn = { "h2" }, alpn_required = true })
         assert.is_nil(stream)
         assert.equal("no_application_protocol", code, message)
         silent("ec"):wait_for(peer.alert("no_application_protocol"))
      end)
      it("ends when the server knows none", function()
         local stream, message, code = ours.connect(server("ec").port, { alpn = { "smtp" } })
         assert.is_nil(stream)
         assert.equal("alert_no_application_protocol", code, message)
      end)
   end)
end

-- records: the sizes of records, both ways.
function cases.records(peer)
   describe("records", function()
      local server = servers(peer)
      local line = ("0123456789abcdef"):rep(640) -- 10 KB
      for _, size in ipairs({ 512, 1000, 16384 }) do
         it(("of at most %d bytes are sent"):format(size), function()
            local stream = assert(ours.connect(server("ec").port, { record_size = size }))
            local before = stream:info("records_sent")
            talk(peer, stream, line)
            assert.equal(math.ceil((#line + 1) / size), stream:info("records_sent") - before)
            stream:close()
         end)
      end

      it("are reported one by one to the handler of application_data", function()
         local lengths = {}
         local stream = assert(ours.connect(server("ec").port, {
            record_size = 1000,
            handlers = {
               application_data = function(_, message)
                  if message.direction == "sent" then
                     lengths[#lengths + 1] = message.length
                  end
               end,
            },
         }))
         talk(peer, stream, ("x"):rep(2500))
         stream:close()
         assert.same({ 1000, 1000, 501 }, lengths)
      end)
   end)
end

-- failures: peer.no_version is the alert for a client that is too old.
function cases.failures(peer)
   describe("alerts of the server", function()
      local server = servers(peer)

      it("no shared suite: handshake_failure", function()
         local stream, message, code = ours.connect(server("ec").port, {
            suites = { "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
         })
         assert.is_nil(stream)
         assert.equal("alert_handshake_failure", code, message)
      end)

      it("no shared version: protocol_version", function()
         local new = peer.start({ certificate = certificates.ec, only13 = true })
         local stream, message, code = ours.connect(new.port, {})
         assert.is_nil(stream)
         assert.equal("alert_" .. (peer.no_version or "protocol_version"), code, message)
         new:stop()
      end)

      it("a version too old for us: protocol_version", function()
         local old = peer.start({ certificate = certificates.rsa, only10 = true, debug = true })
         -- a suite that the old version has too, so that the server goes on
         local stream, message, code = ours.connect(old.port, { suites = { "TLS_RSA_WITH_AES_128_CBC_SHA" } })
         assert.is_nil(stream)
         assert.equal("protocol_version", code, message)
         old:wait_for(peer.alert("protocol_version"))
         old:stop()
      end)
   end)
end

return cases
