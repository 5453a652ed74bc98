-- Waiting for the end of what goes on between two streams beside their data: a renegotiation, a late authentication.
local driver = require "bearssl.driver"
local work = require "bearssl.stream.work"

--- finish(self, deadline, running) drives a stream for as long as the core's method of the name `running` says that it
-- goes on: true, or nil, message, code. Data that the peer sends before is put aside for receive.
return function(self, deadline, running)
   local connection = self.connection
   local object = connection.core
   while object and object[running](object) do
      local event, message, code = driver.step(connection)
      local ok
      if event == "data" then
         ok, message, code = object:hold()
         if code == "limit_exceeded" then
            return nil, work.note(self, "wantread", "wantread")
         elseif not ok then
            return nil, message, code
         end
      elseif event == "wantread" then
         if object[running](object) then
            ok, message, code = work.fill(self, deadline)
            if not ok then return nil, work.note(self, message, code) end
         end
      elseif event == "closed" then
         return nil, "closed", "closed"
      else
         work.send_last(self)
         self.wanted = nil
         return nil, message, code
      end
      object = connection.core
   end
   if not object then return nil, driver.CLOSED, "closed" end
   local ok, message, code = self.transport:flush(object, deadline)
   if not ok then return nil, work.note(self, message, code) end
   return true
end
