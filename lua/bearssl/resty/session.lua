-- What sslhandshake returns for a later handshake: the sessions of one connection. In TLS 1.3 a server gives them while
-- data is read, after the handshake: so what is resumed is looked up when it is wanted.
local options = require "bearssl.options"

local class = require "bearssl.own"
local own = class.self_of "resty session"

local Handle = {}

--- session() is the newest session of that connection, an object of bearssl.session (which can be exported to
-- ngx.shared); nil as long as there is none.
function Handle:session()
   local state = own(self, "session")
   return state.stream:session()
end

local make = class.class("resty session", Handle, {
   __tostring = function(self)
      own(self, "tostring")
      return "bearssl.resty.session"
   end,
})

local session = {}

--- new(stream) is the handle of a connection.
function session.new(stream)
   return make { stream = stream }
end

--- of(value) is the session that an argument of sslhandshake stands for, or nil: the context's own is taken then.
function session.of(value)
   if options.is_object(value, "session") then return value end
   local handle = class.look("resty session", value)
   return handle and handle.stream:session() or nil
end

return session
