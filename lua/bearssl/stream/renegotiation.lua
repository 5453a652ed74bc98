-- A stream's renegotiation (RFC 5746).
local driver = require "bearssl.driver"
local finish = require "bearssl.stream.finish"
local work = require "bearssl.stream.work"

local renegotiation = {}

--- clear_way(self, method, deadline): a renegotiation stands in the way of whoever wants to send: true when it is over,
-- or nil, message, code.
function renegotiation.clear_way(self, method, deadline)
   -- Whoever receives goes on with it, and only then can be sent.
   if work.is_busy(self, "reader") or self.connection.handling then
      return nil, work.note(self, "wantread", "wantread")
   end
   work.lock(self, "reader", method)
   local ok, message, code = finish(self, deadline, "renegotiating")
   self.reader = nil
   if ok then return true end
   return nil, message, code
end

--- run(self, verify, deadline) is stream:renegotiate().
function renegotiation.run(self, verify, deadline)
   if not self.flushed then
      local ok, message, code = work.establish(self, deadline)
      if not ok then return nil, message, code end
   end
   local object = self.connection.core
   if not object then return nil, driver.CLOSED, "closed" end
   -- After a timeout it is still the same one, which may have ended meanwhile.
   local before = self.renegotiations
   if not before then
      before = object:info().renegotiations
      local ok, message, code = self.transport:flush(object, deadline)
      if not ok then return nil, work.note(self, message, code) end
      ok, message, code = object:renegotiate(verify)
      if not ok then return nil, message, code end
      self.renegotiations = before
   end
   local ok, message, code = finish(self, deadline, "renegotiating")
   if not ok then return nil, message, code end
   self.renegotiations = nil
   object = self.connection.core
   if object and object:info().renegotiations == before then
      return nil, "the peer refuses to renegotiate", "no_renegotiation"
   end
   self.wanted = nil
   return true
end

return renegotiation
