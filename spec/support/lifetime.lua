-- What the specs of dying objects share. An error, never a crash: they also run under AddressSanitizer and valgrind.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local decisions_of = require "spec.support.decisions_of"

local lifetime = {}

-- collect runs the collector twice: what a finalizer let go dies too.
function lifetime.collect()
   collectgarbage("collect")
   collectgarbage("collect")
end

-- full_options gives a server's and a client's options with everything: client authentication, ALPN, sessions.
function lifetime.full_options()
   return {
      mode = "server", certificate = certificates.chain_ec.chain, key = certificates.chain_ec.key,
      trust = certificates.ca.certificate, verify = "required", alpn = { "h2", "http/1.1" },
   }, {
      mode = "client", certificate = certificates.client_ec.chain, key = certificates.client_ec.key,
      trust = certificates.ca.certificate, alpn = { "http/1.1" },
   }
end

-- all_handlers gives one function to every stage and decision of a "client" or a "server".
function lifetime.all_handlers(side, f)
   local handlers = {}
   for _, name in ipairs(bearssl.stages) do handlers[name] = f end
   for _, name in ipairs(decisions_of(side)) do handlers[name] = f end
   return handlers
end

return lifetime
