-- A stream's renegotiation (RFC 5746). stream.lua lends what it has of its own: tools.fill, note, send_last, establish.
local driver = require "bearssl.driver"
local finish = require "bearssl.finish"

local renegotiation = {}

--- finish(tools, stream, deadline) drives a renegotiation to its end: true, or nil, message, code.
function renegotiation.finish(tools, stream, deadline)
   return finish(tools, stream, deadline, "renegotiating")
end

--- run(tools, stream, verify, deadline) is stream:renegotiate().
function renegotiation.run(tools, stream, verify, deadline)
   if not stream.flushed then
      local ok, message, code = tools.establish(stream, deadline)
      if not ok then return nil, message, code end
   end
   local object = stream.connection.core
   if not object then return nil, driver.CLOSED, "closed" end
   -- After a timeout it is still the same one, which may have ended meanwhile.
   local before = stream.renegotiations
   if not before then
      before = object:info().renegotiations
      local ok, message, code = stream.transport:flush(object, deadline)
      if not ok then return nil, tools.note(stream, message, code) end
      ok, message, code = object:renegotiate(verify)
      if not ok then return nil, message, code end
      stream.renegotiations = before
   end
   local ok, message, code = renegotiation.finish(tools, stream, deadline)
   if not ok then return nil, message, code end
   stream.renegotiations = nil
   object = stream.connection.core
   if object and object:info().renegotiations == before then
      return nil, "the peer refuses to renegotiate", "no_renegotiation"
   end
   stream.wanted = nil
   return true
end

return renegotiation
