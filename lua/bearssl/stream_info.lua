-- What a stream tells of its connection: its methods besides those that move bytes (stream.lua).
local own = require "bearssl.own" ("stream", "connection")

local Info = {}

--- info([field]) is a table of what is known and negotiated, or one field of it: mode, established, version,
-- cipher_suite, alpn, resumed, verdict … (doc/api.md).
function Info:info(field)
   own(self, "info")
   return self.connection:info(field)
end

--- session() is the session object that a later connection can resume (option `session`), or nil.
function Info:session()
   own(self, "session")
   return self.connection:session()
end

--- export_keying_material(label, length [, context]) is keying material for a protocol above (RFC 5705); see
-- connection.lua. nil, message, code: "not_ready", "unsafe_binding", "closed".
function Info:export_keying_material(label, length, context)
   own(self, "export_keying_material")
   return self.connection:export_keying_material(label, length, context)
end

--- export_early_keying_material(label, length [, context]) is the same of the early exporter (RFC 8446 section 7.5), on
-- connections whose early data was accepted; see connection.lua.
function Info:export_early_keying_material(label, length, context)
   own(self, "export_early_keying_material")
   return self.connection:export_early_keying_material(label, length, context)
end

--- channel_binding(type) is "tls-unique", "tls-server-end-point" or "tls-exporter" of this connection; see
-- connection.lua. nil, message, code: "not_ready", "unsafe_binding", "closed".
function Info:channel_binding(kind)
   own(self, "channel_binding")
   return self.connection:channel_binding(kind)
end

--- getpeercertificate([n]) is the n-th certificate of the peer's chain (1, the default, is its own), or nil.
function Info:getpeercertificate(n)
   own(self, "getpeercertificate")
   local list = self.connection:info("peer_certificates")
   return list and list[n or 1]
end

--- getstats() is the number of bytes of ciphertext received, and sent.
function Info:getstats()
   own(self, "getstats")
   local info = self.connection:info()
   return info.bytes_received or 0, info.bytes_sent or 0
end

function Info:__tostring()
   local connection = self.connection
   local state = not connection.core and "closed" or self.established and "established" or "handshake"
   local address = tostring(connection.core):match("0x%x+ ?") or ""
   return ("bearssl.stream: %s (%s, %s)"):format(address, connection.context.settings.mode, state)
end

return Info
