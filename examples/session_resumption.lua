-- Resumes a session: the second connection needs no certificate and no signature. The session is
-- exported to a string in between, as if it went into a file or a shared dictionary; it holds a secret.
--     lua5.4 examples/session_resumption.lua HOST PORT [CAFILE]
local bearssl = require "bearssl"
local socket = require "socket"

local host, port, cafile = arg[1], tonumber(arg[2]), arg[3]
assert(host and port, "usage: session_resumption.lua HOST PORT [CAFILE]")

-- A session is only resumed under the same server name, policy and verification level, so both
-- connections come from one context (or from two with the same options).
local context = assert(bearssl.context { cafile = cafile })

local function connect(session)
   local stream = assert(context:wrap(assert(socket.connect(host, port)), {
      server_name = host, session = session, timeout = 10,
   }))
   local began = socket.gettime()
   assert(stream:handshake())
   print(("%s handshake: %.1f ms"):format(stream:info("resumed") and "resumed" or "full",
      (socket.gettime() - began) * 1000))
   -- In TLS 1.3 sessions come after the handshake, with whatever the client reads; here the server says nothing else.
   stream:settimeout(0.1)
   for _ = 1, 20 do
      if stream:session() then break end
      stream:receiveany()
   end
   local new = stream:session()
   stream:close()
   return new
end

local session = connect()
if not session then
   print "the server gives no sessions"
   os.exit(1)
end
local exported = session:export()
print(("the session: %d bytes, until %s"):format(#exported, os.date("%H:%M:%S", math.floor(session:expires()))))
connect(assert(bearssl.session.import(exported)))
