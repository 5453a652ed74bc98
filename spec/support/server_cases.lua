-- What our server must do with any client: cases for spec/interop/*_client_spec.lua, each of which
-- describes its peer:
--    kind             "openssl" or "gnutls": its name in spec.support.suites
--    start(options)   starts a client with a pipe as its input; options:
--                     port, server_name, cafile, suite (of spec.support.suites), version, group,
--                     certificate (its own), alpn (list), only13
--    alert(name)      a pattern of its output when our server sent this alert
local assert = require "luassert"
local busted = require "busted"
local certificates = require "spec.support.certificates"
local ours = require("spec.support.ours").at_most("TLSv1.2")
local suites = require "spec.support.suites"

-- modules have no globals of busted
local describe, it, setup, teardown = busted.describe, busted.it, busted.setup, busted.teardown

local cases = {}

local VERSIONS = { "TLSv1.0", "TLSv1.1", "TLSv1.2" }

-- answer reads a line, sends it back reversed and checks that the client got it.
local function answer(stream, client)
   client:write("Hello, world\n")
   assert.equal("Hello, world", (stream:receive("*l")))
   assert(stream:send("dlrow ,olleH\n"))
   client:wait_for("dlrow ,olleH")
end
cases.answer = answer

-- once serves one client: handshake, a line each way, close. Returns the connection's information.
local function once(peer, listener, context, options, connection_options)
   options.port = listener.port
   local client = peer.start(options)
   local stream, message, _, failed = listener:accept(context, connection_options)
   if not stream then
      failed:close()
      client:close_input()
      error(message .. "\n" .. client:output(), 2)
   end
   answer(stream, client)
   local info = stream:info()
   assert.is_true(stream:close())
   client:close_input()
   assert.equal(0, client:wait(), client:output())
   return info
end
cases.once = once

-- fails serves one client that must not come through: message, code, and the client when it has ended.
local function fails(peer, listener, context, options, connection_options)
   options.port = listener.port
   local client = peer.start(options)
   local stream, message, code, failed = listener:accept(context, connection_options)
   if stream then -- the client judges after our handshake is over
      local data, _
      data, message, _, code = stream:receive("*l")
      assert.is_nil(data)
      failed = stream
   end
   failed:close()
   client:close_input()
   client:wait()
   return message, code, client
end
cases.fails = fails

local function describe_with_listener(title, body)
   describe(title, function()
      local listener = setmetatable({}, {
         __index = function(self, key)
            local real = rawget(self, "real")
            if not real then
               real = ours.listen()
               rawset(self, "real", real)
            end
            return real[key]
         end,
      })
      teardown(function()
         listener:close()
      end)
      body(listener)
   end)
end
cases.describe = describe_with_listener

local function context_of_everything(certificate, options)
   options = options or {}
   options.suites = options.suites or suites.names()
   options.min_version = options.min_version or "TLSv1.0"
   return ours.server_context(certificate, options)
end

function cases.suites(peer)
   describe_with_listener("cipher suites", function(listener)
      local context
      setup(function()
         context = context_of_everything({ certificates.rsa, certificates.ec })
      end)
      for _, suite in ipairs(suites.of(peer.kind)) do
         for _, version in ipairs(VERSIONS) do
            if version >= suite.version then
               it(suite.name .. " in " .. version, function()
                  local info = once(peer, listener, context, {
                     suite = suite,
                     version = version,
                     cafile = certificates.ca.certfile,
                  })
                  assert.equal(suite.name, info.cipher_suite)
                  assert.equal(version, info.version)
                  assert.is_false(info.resumed)
               end)
            end
         end
      end

      it("takes its own order of suites, or the client's", function()
         local list = { "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" }
         for _, order in ipairs({ list, { list[2], list[1] } }) do
            local own = ours.server_context(certificates.rsa, { suites = order })
            assert.equal(order[1], once(peer, listener, own, {}).cipher_suite)
         end
         -- both peers prefer AES-256
         local theirs = ours.server_context(certificates.rsa, { suites = list, client_preference = true })
         assert.equal(list[2], once(peer, listener, theirs, {}).cipher_suite)
      end)
   end)
end

function cases.groups(peer, groups)
   describe_with_listener("groups", function(listener)
      for _, group in ipairs(groups) do
         it(group, function()
            local context = ours.server_context(certificates.rsa, {})
            local info = once(peer, listener, context, { group = group, cafile = certificates.ca.certfile })
            assert.equal(group, info.group)
         end)
      end
   end)
end

function cases.keys(peer)
   describe_with_listener("server keys", function(listener)
      for _, name in ipairs({ "rsa", "rsa3072", "rsa4096", "ec", "ec384", "ec521", "chain", "chain_ec" }) do
         it(name, function()
            local context = ours.server_context(certificates[name], {})
            local info = once(peer, listener, context, { cafile = certificates.ca.certfile })
            assert.truthy(info.local_signature_algorithm)
            local _, blocks = certificates[name].chain:gsub("BEGIN", "")
            assert.equal(blocks, #info.local_certificates)
         end)
      end
   end)
end

function cases.client_certificates(peer)
   describe_with_listener("client certificates", function(listener)
      local required, optional
      setup(function()
         required = context_of_everything(certificates.rsa, {
            verify = "required",
            cafile = certificates.ca.certfile,
            suites = "compatible",
         })
         optional = context_of_everything(certificates.ec, {
            verify = "optional",
            cafile = certificates.ca.certfile,
            suites = "compatible",
         })
      end)

      for _, name in ipairs({ "client_rsa", "client_ec", "client_ec384", "client_chain" }) do
         for _, version in ipairs(VERSIONS) do
            it(name .. " in " .. version, function()
               local info = once(peer, listener, required, { certificate = certificates[name], version = version })
               assert.is_true(info.peer_verified)
               assert.equal("ok", info.verdict)
               assert.equal(certificates[name].certificate, info.peer_certificates[1]:pem())
               if version == "TLSv1.2" then
                  assert.truthy(info.signature_algorithm)
               end
            end)
         end
      end

      it("may be left out where they are optional", function()
         local info = once(peer, listener, optional, {})
         assert.is_false(info.peer_verified)
         info = once(peer, listener, optional, { certificate = certificates.client_ec })
         assert.is_true(info.peer_verified)
      end)

      it("left out where they are required: handshake_failure", function()
         local message, code, client = fails(peer, listener, required, {})
         assert.equal("certificate_required", code, message)
         assert.truthy(client:output():find(peer.alert("handshake_failure")), client:output())
      end)

      for name, reason in pairs({
         client_untrusted = { "unknown_ca", "unknown_ca" },
         client_expired = { "certificate_expired", "certificate_expired" },
         ec = { "wrong_purpose", "unsupported_certificate" },
      }) do
         it(name .. " is refused with " .. reason[1], function()
            for _, context in ipairs({ required, optional }) do
               local message, code, client = fails(peer, listener, context, { certificate = certificates[name] })
               assert.equal(reason[1], code, message)
               assert.truthy(client:output():find(peer.alert(reason[2])), client:output())
            end
         end)
      end

      it("are judged by the handler", function()
         local question
         local accepting = { handlers = {
            verify = function(_, asked)
               question = asked
               return "accept"
            end,
         } }
         local info = once(peer, listener, required, { certificate = certificates.client_untrusted }, accepting)
         assert.equal("unknown_ca", question.verdict)
         assert.equal(certificates.client_untrusted.certificate, question.chain[1]:pem())
         assert.equal(certificates.client_untrusted.certificate, info.peer_certificates[1]:pem())
         assert.same({ false, true }, { info.peer_verified, info.peer_accepted })

         local refusing = { handlers = {
            verify = function()
               return nil, "certificate_revoked"
            end,
         } }
         local message, code, client =
            fails(peer, listener, required, { certificate = certificates.client_ec }, refusing)
         assert.equal("certificate_revoked", code, message)
         assert.truthy(client:output():find(peer.alert("certificate_revoked")), client:output())
      end)
   end)
end

function cases.alpn(peer)
   describe_with_listener("ALPN", function(listener)
      local context, strict
      setup(function()
         context = ours.server_context(certificates.ec, { alpn = { "h2", "http/1.1" } })
         strict = ours.server_context(certificates.ec, { alpn = { "h2" }, alpn_required = true })
      end)
      it("takes the server's first choice that the client has", function()
         assert.equal("h2", once(peer, listener, context, { alpn = { "http/1.1", "h2" } }).alpn)
         assert.equal("http/1.1", once(peer, listener, context, { alpn = { "smtp", "http/1.1" } }).alpn)
      end)
      it("is nil when not offered", function()
         assert.is_nil(once(peer, listener, context, {}).alpn)
      end)
      it("ends with no_application_protocol when it is required and nothing is common", function()
         local message, code, client = fails(peer, listener, strict, { alpn = { "smtp" } })
         assert.equal("no_application_protocol", code, message)
         assert.truthy(client:output():find(peer.alert("no_application_protocol")), client:output())
      end)
   end)
end

function cases.names(peer)
   describe_with_listener("server names", function(listener)
      local names = {
         alpha = "alpha.example",
         beta = "beta.example",
         wildcard = "some.wild.example",
         rsa = "localhost",
      }
      local context
      setup(function()
         context = ours.server_context({
            certificates.rsa,
            certificates.alpha,
            certificates.beta,
            certificates.wildcard,
         })
      end)
      for name, host in pairs(names) do
         it("select the certificate of " .. host, function()
            local info = once(peer, listener, context, { server_name = host, cafile = certificates.ca.certfile })
            assert.equal(host, info.server_name)
            assert.equal(certificates[name].certificate, info.local_certificates[1]:pem())
         end)
      end

      it("are known to the select handler, which chooses or refuses", function()
         local seen
         local options = { handlers = {
            select = function(_, hello)
               seen = hello
               if hello.server_name == "refused.example" then
                  return nil, "unrecognized_name"
               end
               return { certificate = "beta" }
            end,
         } }
         local info = once(peer, listener, context, { server_name = "alpha.example" }, options)
         assert.equal("alpha.example", seen.server_name)
         assert.is_true(#seen.cipher_suites > 0)
         assert.equal(certificates.beta.certificate, info.local_certificates[1]:pem())

         local message, code, client =
            fails(peer, listener, context, { server_name = "refused.example" }, options)
         assert.equal("unrecognized_name", code, message)
         assert.truthy(client:output():find(peer.alert("unrecognized_name")), client:output())
      end)
   end)
end

function cases.failures(peer)
   describe_with_listener("alerts to the client", function(listener)
      it("no shared suite: handshake_failure", function()
         local context = ours.server_context(certificates.ec, {})
         local message, code, client = fails(peer, listener, context, {
            suite = suites.of(peer.kind)[#suites.of(peer.kind)], -- RSA
         })
         assert.equal("handshake_failure", code, message)
         assert.truthy(client:output():find(peer.alert("handshake_failure")), client:output())
      end)

      it("no shared version: protocol_version", function()
         local context = ours.server_context(certificates.rsa, {})
         for _, options in ipairs({ { version = "TLSv1.0" }, { version = "TLSv1.1" }, { only13 = true } }) do
            local message, code, client = fails(peer, listener, context, options)
            assert.equal("protocol_version", code, message)
            assert.truthy(client:output():find(peer.alert("protocol_version")), client:output())
         end
      end)
   end)
end

return cases
