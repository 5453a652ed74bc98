-- Stands between a connection of the core and whoever moves its ciphertext, and hears every byte that goes by. It has
-- the methods of the core's connection; what it does not listen to is handed on.
local tap = {}

-- Keeps each method as a field the first time that it is asked for.
local function hand_on(object)
   return function(self, name)
      local method = object[name]
      if type(method) ~= "function" then return method end
      local function call(_, ...) return method(object, ...) end
      rawset(self, name, call)
      return call
   end
end

-- Tells the pieces that core:flush has appended: each string is followed by how much of it was sent; what was not sent
-- stands alone.
local function tell_sent(pieces, heard)
   for i = 1, #pieces do
      if type(pieces[i]) == "number" then heard("sent", pieces[i - 1]:sub(1, pieces[i])) end
   end
end

-- core:send_all, in steps that can be listened to.
local function send_all(self, fd, data, i, j)
   local last, final = (i or 1) - 1, j or #data
   repeat
      local done, message, code = self:write(data, last + 1, final)
      if not done then return nil, message, code, last end
      local written = done > last
      last = done
      local ok
      ok, message, code = self:flush(fd)
      -- what goes out slowly may still leave room for more
      if not ok and (code ~= "wantwrite" or not written or last >= final) then return nil, message, code, last end
   until last >= final
   return last
end

--- new(object, heard) is the tap of a connection of the core. heard(direction, bytes): direction: "sent" or "received";
-- bytes nil: the end of that direction.
function tap.new(object, heard)
   local self = { send_all = send_all }

   function self.feed(_, bytes)
      local taken, message, code = object:feed(bytes)
      if taken then heard("received", bytes:sub(1, taken)) end
      return taken, message, code
   end

   function self.feed_end()
      heard("received", nil)
      return object:feed_end()
   end

   function self.drain(_, max)
      local bytes, message, code = object:drain(max)
      if bytes then heard("sent", bytes) end
      return bytes, message, code
   end

   function self.fill(_, fd)
      local pieces = {}
      local count, message, code = object:fill(fd, pieces)
      if count then heard("received", count > 0 and pieces[1] or nil) end
      return count, message, code
   end

   function self.flush(_, fd)
      local pieces = {}
      local ok, message, code = object:flush(fd, pieces)
      tell_sent(pieces, heard)
      return ok, message, code
   end

   -- "something else must be done first": by the methods above
   function self.receive_now()
      return nil
   end

   function self.retire()
      heard("sent", nil)
      return object:retire()
   end

   return setmetatable(self, { __index = hand_on(object), __tostring = function() return tostring(object) end })
end

return tap
