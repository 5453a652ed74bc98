-- OpenSSL and GnuTLS as peers with and without the extensions that TLS 1.2 grew: the extended master secret
-- (RFC 7627) and session tickets (RFC 5077), without TLS 1.3. For both kinds:
--     tls12.server(kind, options)   certificate, client ("none", "request", "require"), cafile, ems, tickets (false
--                                   turns them off), version, arguments
--     tls12.client(kind, options)   port, certificate (its own), ems, tickets, version, arguments, fallback
--     tls12.answer(kind, line)      what the server sends back for a line
--     tls12.has_ems(kind, output)   what a client says about it: true, false
local certificates = require "spec.support.certificates"
local peers = require "spec.support.peer"
local temporary = require "spec.support.temporary"

local tls12 = { kinds = { "openssl", "gnutls" } }

local config

-- openssl has no word on the command line for this.
local function without_ems()
   config = config or temporary.write([[
openssl_conf = openssl
[openssl]
ssl_conf = ssl
[ssl]
system_default = system
[system]
Options = -ExtendedMasterSecret
]])
   return { OPENSSL_CONF = config }
end

local VERSIONS = { ["TLSv1.0"] = "-tls1", ["TLSv1.1"] = "-tls1_1", ["TLSv1.2"] = "-tls1_2" }

local function append(list, ...)
   for index = 1, select("#", ...) do list[#list + 1] = (select(index, ...)) end
end

local function priority_of(options)
   local priority = peers.GNUTLS_ALL
   if options.version then
      priority = priority:gsub("%+VERS%-[^:]+:", "") .. ":+VERS-" .. options.version:gsub("v", "")
   end
   if not options.version then priority = priority .. ":-VERS-TLS1.3" end
   if options.ems == false then priority = priority .. ":%NO_SESSION_HASH" end
   if options.tickets == false then priority = priority .. ":%NO_TICKETS" end
   if options.fallback then priority = priority .. ":%FALLBACK_SCSV" end
   return priority
end

function tls12.server(kind, options)
   options = options or {}
   local certificate, arguments = options.certificate or certificates.ec, {}
   if kind == "openssl" then
      if options.client == "request" or options.client == "require" then
         append(arguments, options.client == "require" and "-Verify" or "-verify", "5", "-verify_return_error",
            "-CAfile", options.cafile)
      end
      if options.tickets == false then append(arguments, "-no_ticket") end
      append(arguments, options.version and VERSIONS[options.version] or "-no_tls1_3")
      for _, word in ipairs(options.arguments or {}) do append(arguments, word) end
      return peers.openssl_server {
         certificate = certificate, arguments = arguments, mode = options.mode,
         environment = options.ems == false and without_ems() or nil,
      }
   end
   if options.tickets == false then append(arguments, "--noticket") end
   for _, word in ipairs(options.arguments or {}) do append(arguments, word) end
   return peers.gnutls_server {
      certificate = certificate, client = options.client, cafile = options.cafile, arguments = arguments,
      priority = priority_of(options),
   }
end

function tls12.client(kind, options)
   local arguments = {}
   local certificate = options.certificate
   if kind == "openssl" then
      append(arguments, "-nocommands", "-no_ign_eof")
      if certificate then append(arguments, "-cert", certificate.certfile, "-key", certificate.keyfile) end
      if options.tickets == false then append(arguments, "-no_ticket") end
      append(arguments, options.version and VERSIONS[options.version] or "-no_tls1_3")
      if options.fallback then append(arguments, "-fallback_scsv") end
      for _, word in ipairs(options.arguments or {}) do append(arguments, word) end
      return peers.openssl_client {
         port = options.port, cafile = options.cafile, arguments = arguments, input = true,
         environment = options.ems == false and without_ems() or nil,
      }
   end
   if certificate then
      append(arguments, "--x509certfile", certificate.chainfile, "--x509keyfile", certificate.keyfile)
   end
   if options.tickets == false then append(arguments, "--noticket") end
   for _, word in ipairs(options.arguments or {}) do append(arguments, word) end
   return peers.gnutls_client {
      port = options.port, cafile = options.cafile, arguments = arguments, input = true,
      priority = priority_of(options),
   }
end

function tls12.answer(kind, line)
   return kind == "openssl" and line:reverse() or line
end

function tls12.has_ems(kind, output)
   if kind == "openssl" then return output:match("Extended master secret: (%w+)") == "yes" end
   return output:find("- Options:[^\n]*extended master secret") ~= nil
end

function tls12.hex(bytes)
   return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

return tls12
