-- The state of a context, connection or stream, for specs that look behind what a user sees.
local own = require "bearssl.own"

return function(object)
   return own.look("stream", object) or own.look("connection", object) or own.look("context", object)
end
