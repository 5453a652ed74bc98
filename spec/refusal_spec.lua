-- How a handler ends a handshake: a code that has an alert is sent and told, and everything else is text. No answer of
-- a handler reads as "call me again" or as an orderly end.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pair = require "bearssl.transport.pair"
local together = require "spec.support.together"

local unpack = table.unpack or unpack
local chain = assert(bearssl.certificate.load(certificates.ec.chain))

local function contexts(version)
   local client = assert(bearssl.context { cafile = certificates.ca.certfile, max_version = version, handlers = {
      psk = function() return false end,
   } })
   local server = assert(bearssl.context { mode = "server", certificate = chain, key = bearssl.key.external(chain[1]),
      handlers = { sign = function(_, question)
         return assert(bearssl.key.load(certificates.ec.key)):sign(question.scheme or question.hash, question.digest)
      end } })
   return client, server
end

local function pack(...) return { n = select("#", ...), ... } end

-- What both sides' handshakes return where this handler of the server gives these results.
local function refused(version, name, ...)
   local results = pack(...)
   local client, server = contexts(version)
   local one, other = pair.new { wait = coroutine.yield }
   local a = assert(client:wrap(one, { server_name = "localhost" }))
   local b = assert(server:wrap(other, { handlers = { [name] = function()
      return unpack(results, 1, results.n)
   end } }))
   local theirs, ours
   together(function() theirs = pack(a:handshake()) end, function() ours = pack(b:handshake()) end)
   return theirs, ours
end

describe("a reason", function()
   for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
      for _, name in ipairs { "sign", "select", "client_hello" } do
         local code = name == "sign" and "sign_failed" or "refused"
         local alert = name == "sign" and "alert_internal_error" or "alert_access_denied"

         it(("of %s in %s that is a word of this side is text"):format(name, version), function()
            for _, reason in ipairs {
               "timeout", "closed", "wantread", "wantwrite", "truncated", "busy", "not_ready", "transport_failed",
               "file_unreadable", "trust_not_found", "ok", "user_canceled", "close_notify", "no such word",
            } do
               local theirs, ours = refused(version, name, nil, reason)
               assert.same({ nil, ("the '%s' handler refused: %s"):format(name, reason), code, n = 3 }, ours)
               assert.equal(alert, theirs[3])
            end
         end)

         it(("of %s in %s may come with a sentence"):format(name, version), function()
            local _, ours = refused(version, name, nil, "timeout", "the key service does not answer")
            assert.same({ nil, "the key service does not answer", code, n = 3 }, ours)
            local theirs
            theirs, ours = refused(version, name, nil, "unrecognized_name", "nobody lives here")
            assert.same({ nil, "nobody lives here", "unrecognized_name", n = 3 }, ours)
            assert.equal("alert_unrecognized_name", theirs[3])
            _, ours = refused(version, name, nil, "timeout", 5)
            assert.equal("handler_error", ours[3])
         end)

         it(("of %s in %s may be what a function of the library failed with"):format(name, version), function()
            local theirs, ours = refused(version, name, bearssl.certificate.load "nonsense")
            local _, message = bearssl.certificate.load "nonsense"
            assert.same({ nil, message, code, n = 3 }, ours)
            assert.equal(alert, theirs[3])
            theirs, ours = refused(version, name, nil, "it is revoked", "certificate_revoked")
            assert.same({ nil, "it is revoked", "certificate_revoked", n = 3 }, ours)
            assert.equal("alert_certificate_revoked", theirs[3])
         end)
      end
   end

   it("of connection:fail and the core's is the same", function()
      local client = contexts "TLSv1.3"
      for reason, code in pairs { timeout = "refused", unknown_ca = "unknown_ca", ["no more"] = "refused" } do
         local connection = assert(client:connection { server_name = "localhost" })
         connection:fail(reason)
         assert.equal(code, select(3, connection:step()))
         connection = assert(client:connection { server_name = "localhost" })
         connection:fail(reason, "a sentence")
         assert.same({ nil, "a sentence", code }, { connection:step() })
      end
      local connection = assert(client:connection { server_name = "localhost" })
      for _, wrong in ipairs { { 1 }, { "" }, { {} }, { "unknown_ca", 1 } } do
         assert.has_error(function() connection:fail(wrong[1], wrong[2]) end)
      end
   end)
end)
