-- bearssl.codes: every code that the library returns. What the core finds stands in csrc/tls/base/error_table.h; here
-- is what the Lua layer adds, and one code for each alert of a peer.
local core = require "bearssl.core"

local own = {
   declined = { kind = "certificate", message = "the client shows no certificate, and need not" },
   no_early_data = { kind = "end", message = "the handshake is over and there is no early data left" },
   wantread = { kind = "again", message = "a stream that never waits has nothing to read: wait for the descriptor, "
      .. "then call again" },
   wantwrite = { kind = "again", message = "a stream that never waits cannot write: wait for the descriptor, then call "
      .. "again" },
   file_unwritable = { kind = "local", message = "a file cannot be written" },
   file_unreadable = { kind = "input", message = "a file that an option names cannot be read" },
   trust_not_found = { kind = "local", message = "no system trust store was found: give `trust`, `cafile` or "
      .. "`capath`" },
}

-- The alerts by which a peer judges this side's certificate; the others are about the protocol.
local about_certificates = {
   no_certificate = true, bad_certificate = true, unsupported_certificate = true, certificate_revoked = true,
   certificate_expired = true, certificate_unknown = true, unknown_ca = true, certificate_unobtainable = true,
   bad_certificate_status_response = true, bad_certificate_hash_value = true, certificate_required = true,
}

--- The function makes a new table each time, so that what users write into theirs changes nothing here.
return function()
   local codes = {}
   for _, entry in ipairs(core.codes()) do
      codes[entry.code] = { kind = entry.kind, alert = entry.alert, message = entry.message }
   end
   for code, entry in pairs(own) do codes[code] = { kind = entry.kind, message = entry.message } end
   for _, alert in ipairs(core.alerts()) do
      if alert.name ~= "close_notify" then -- that is the code "closed"
         codes["alert_" .. alert.name] = {
            kind = about_certificates[alert.name] and "certificate" or "protocol",
            message = "the peer ended the connection with the alert " .. alert.name,
         }
      end
   end
   return codes
end
