-- ssl.core: what LuaSec's own Lua modules are made of. Few programs use it.
local connection = require "bearssl.luasec.connection"

--- info(conn) is a line of OpenSSL's about the cipher, its bits, and the protocol.
local function info(conn)
   local facts, message = conn:info()
   if not facts then return nil, message end
   return ("%s %s Kx=%s Au=%s Enc=%s Mac=%s"):format(facts.cipher, facts.protocol, facts.key, facts.authentication,
      facts.encryption, facts.mac), facts.bits, facts.algbits, facts.protocol
end

--- compression(conn) is nil: there is none; nil, "closed" where the connection is not connected.
local function compression(conn)
   local _, message = conn:info()
   return nil, message
end

return {
   SOCKET_INVALID = -1,
   create = function(ctx)
      local conn, message = connection.create(ctx)
      return conn, message
   end,
   setfd = connection.setfd, setmethod = connection.setmethod, info = info, compression = compression,
   copyright = function() return require("bearssl.luasec.ssl")._COPYRIGHT end,
}
