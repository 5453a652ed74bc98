-- Transport over a descriptor, which C reads and writes directly: a LuaSocket TCP object, anything else with
-- getfd(), or a descriptor number. A socket object is kept alive, and closed with the stream; a bare number
-- belongs to whoever opened it, and stays open. An event loop needs to bring nothing but its way to wait.
local core = require "bearssl.core"

local Descriptor = { polls = true }
Descriptor.__index = Descriptor

local monotonic = core.monotonic

-- What LuaSocket has read and not handed out yet (the peer may have sent its first message together with
-- what came before it).
local function take_buffered(socket)
   if type(socket.dirty) ~= "function" or not socket:dirty() then return nil end
   local pieces = {}
   socket:settimeout(0)
   repeat
      local bytes, _, partial = socket:receive(8192)
      pieces[#pieces + 1] = bytes or partial
   until not bytes and (not partial or partial == "") or not socket:dirty()
   return #pieces > 0 and table.concat(pieces) or nil
end

--- new(socket or number [, wait [, close]]) → transport, or nil, message. wait(descriptor, direction, seconds) waits
-- until the descriptor can be read ("r") or written ("w"), at most so many seconds (nil: for ever): true, or nil,
-- message, code ("timeout", "transport_failed"); it may yield. Without it C waits. close() replaces the socket's own
-- close.
function Descriptor.new(object, wait, close)
   local self = setmetatable({
      fd = object, wait = wait or core.wait, direct = wait == nil, close_below = close,
   }, Descriptor)
   if type(object) == "number" then return self end
   local fd = object:getfd()
   if type(fd) ~= "number" or fd < 0 then
      return nil, "the socket is closed, or was never connected: it has no descriptor"
   end
   self.socket, self.fd, self.early = object, fd, take_buffered(object)
   return self
end

local CLOSED = "the transport is closed"

-- The descriptor is asked for each time: a socket that was closed behind our back has none, and its number
-- may be another's by now.
local function fd_of(self)
   local socket = self.socket
   if not socket then return self.fd end
   local fd = socket:getfd()
   return fd and fd >= 0 and fd or nil
end

-- What waiting and the core have no other message for is its own, as in LuaSocket.
local function short(code)
   return nil, code, code
end

-- Waits for a direction: true, or nil, message, code.
local function wait_for(self, fd, direction, deadline)
   if deadline == 0 then return short(direction == "r" and "wantread" or "wantwrite") end
   local left
   if deadline then
      left = deadline - monotonic()
      if left <= 0 then return short "timeout" end
   end
   return self.wait(fd, direction, left)
end

function Descriptor:fill(object, deadline)
   local early = self.early
   if early then
      local taken = object:feed(early)
      self.early = taken < #early and early:sub(taken + 1) or nil
      return true
   end
   while true do
      local fd = fd_of(self)
      if not fd then return nil, CLOSED, "transport_failed" end
      local ok, message, code = object:fill(fd)
      if ok or code == "full" then return true end
      if code == "wantread" then ok, message, code = wait_for(self, fd, "r", deadline) end
      if not ok then return nil, message, code end
   end
end

function Descriptor:flush(object, deadline)
   while true do
      local fd = fd_of(self)
      if not fd then return nil, CLOSED, "transport_failed" end
      local ok, message, code = object:flush(fd)
      if ok then return true end
      if code == "wantwrite" then ok, message, code = wait_for(self, fd, "w", deadline) end
      if not ok then return nil, message, code end
   end
end

function Descriptor:send(object, data, i, j, deadline)
   local last = i - 1
   while true do
      local fd = fd_of(self)
      if not fd then return nil, CLOSED, "transport_failed", last end
      local done, message, code, sealed = object:send_all(fd, data, last + 1, j)
      if done then return done end
      last = sealed or last
      local ok
      if code == "wantwrite" then ok, message, code = wait_for(self, fd, "w", deadline) end
      if not ok then return nil, message, code, last end
   end
end

function Descriptor:pending(object)
   return (object:pending_output() or 0) > 0
end

function Descriptor:descriptor()
   return fd_of(self)
end

function Descriptor:close()
   local socket, close = self.socket, self.close_below
   self.socket, self.fd, self.early, self.close_below = nil, nil, nil, nil
   if close then
      close()
   elseif socket then
      socket:close()
   end
end

return Descriptor
