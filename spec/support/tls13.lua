-- What the specs of TLS 1.3 share: contexts, handshakes between two connections without I/O, and what each side saw.
local bearssl = require "bearssl"
local assert = require "luassert"
local certificates = require "spec.support.certificates"
local pump = require "spec.support.pump"

local tls13 = {}

function tls13.client(options)
   local all = { min_version = "TLSv1.3" }
   for name, value in pairs(options or {}) do all[name] = value end
   if all.verify ~= "none" and not all.trust then all.cafile = certificates.ca.certfile end
   return assert(bearssl.context(all))
end

function tls13.server(options)
   local all = { mode = "server", min_version = "TLSv1.3" }
   for name, value in pairs(options or {}) do all[name] = value end
   if not all.certfile and not all.certificate and not all.certificates then
      all.certfile, all.keyfile = certificates.ec.chainfile, certificates.ec.keyfile
   end
   return assert(bearssl.context(all))
end

-- Handlers that note each stage in the list, as "sent client_hello", and its message under that name.
function tls13.recorder(log, more)
   local handlers = {}
   for _, stage in ipairs(bearssl.stages) do
      handlers[stage] = function(_, message)
         local name = (message.direction and message.direction .. " " or "") .. message.stage
         log[#log + 1] = name
         log[name] = log[name] or message
      end
   end
   for name, handler in pairs(more or {}) do handlers[name] = handler end
   return handlers
end

-- Shakes hands: the client's connection, the server's, and pump's result. options are the client's connection's;
-- options.server the server's; options.pump pump's.
function tls13.shake(client_context, server_context, options)
   local own = { server_name = "localhost" }
   for name, value in pairs(options or {}) do own[name] = value end
   local server_options, pump_options = own.server, own.pump
   own.server, own.pump = nil, nil
   local a = assert(client_context:connection(own))
   local b = assert(server_context:connection(server_options))
   return a, b, pump(a, b, pump_options)
end

-- The same, which must succeed on both sides.
function tls13.established(client_context, server_context, options)
   local a, b, result = tls13.shake(client_context, server_context, options)
   assert.is_true(a:info("established"), tostring(result.client.message))
   assert.is_true(b:info("established"), tostring(result.server.message))
   return a, b, result
end

function tls13.session(client_context, server_context, options)
   local a = tls13.established(client_context, server_context, options)
   return assert(a:session(), "the client has no session")
end

return tls13
