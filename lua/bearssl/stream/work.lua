-- What a stream's methods share: who may work when and for how long, moving ciphertext, and the handshake.
--
-- A stream's state has the fields
--    stream      the object that its user holds
--    connection  the state of its connection (connection.lua)
--    transport   what carries it (transport/init.lua), and transport_closed
--    timeout     seconds for each call: nil for ever, 0 never
--    max_line    bytes of a line that receive takes, or nil
--    reader, writer   the coroutine that is at work in a lane, or nil
--    nested      how many calls of one coroutine have found it at work already, or nil
--    established, flushed   the handshake is over; and what it said has left
--    has_early   early data was received
--    held        what a send that was cut short has encrypted and not reported as sent
--    cut         a send was cut short, and the rest has not come: close() must not make that look like the end
--    below       what the transport carries it over, for those who ask the socket (below.lua)
--    allows_truncation   an end of the transport without close_notify counts as the peer's end
--    at_end      whether all that has arrived is used up: true, false, nil for not known
--    wanted      what the call that was cut short waits for: "read", "write", or nil
--    renegotiations, authentications   how many there were before the one that is waited for
--    [1], [2]    while it is ready, which is when a receive or send by the core alone (csrc/lua/descriptor.c) finds
--                nothing of these to mind, nor to change: its connection, and the descriptor or who tells it
local core = require "bearssl.core"
local driver = require "bearssl.driver"
local protect = require "bearssl.protect"

local monotonic, step = core.monotonic, driver.step

local work = {}

-- How long close() and the alert of a failed handshake may wait for a peer that does not read, when the stream
-- itself waits for ever.
local LAST_WAIT = 5
-- While output waits for a peer that does not read, the reader looks after it so often (seconds).
local SLICE = 0.05

--- again: codes that mean "call me again".
work.again = { timeout = true, wantread = true, wantwrite = true }

--- plain: codes that are their own message, as in LuaSocket.
local plain = { timeout = true, wantread = true, wantwrite = true, closed = true }
work.plain = plain

--- deadline_of(self) is when a call that begins must end, in seconds of core.monotonic().
function work.deadline_of(self)
   local timeout = self.timeout
   if not timeout then return nil end
   return timeout > 0 and monotonic() + timeout or 0
end

local doing = {
   reader = "in receive or handshake of this stream", writer = "in send of this stream",
}

-- A wait, read or write function that uses the stream it is called for would be called for ever. From one that raised,
-- which leaves the lock behind as well, it can only be told by how often.
local NESTED = 20

--- lock(self, lane, method): one coroutine reads (or shakes hands) at a time, and one writes; another raises. A lock
-- whose owner has died, or which our own coroutine left behind when a transport raised an error, is free.
function work.lock(self, lane, method)
   self[1] = nil
   local thread, owner = protect.current(), self[lane]
   local nested = 0
   if owner == thread then
      nested = (self.nested or 0) + 1
   elseif owner and (type(owner) ~= "thread" or coroutine.status(owner) ~= "dead") then
      error(("%s: another coroutine is already %s"):format(method, doing[lane]), 3)
   end
   -- nil instead of 0: a state with one field more takes twice the memory
   self.nested = nested > 0 and nested < NESTED and nested or nil
   if nested == NESTED then
      error(("%s: this coroutine is already %s: a wait, read or write function must not use the stream that it is for")
         :format(method, doing[lane]), 3)
   end
   self[lane] = thread
end

--- is_busy(self, lane) tells whether another coroutine is at work in a lane.
local function is_busy(self, lane)
   local owner = self[lane]
   return owner and owner ~= protect.current() and (type(owner) ~= "thread" or coroutine.status(owner) ~= "dead")
end
work.is_busy = is_busy

-- What the peer sent before it closed: its alert says more than "broken pipe". message and code of the alert, or
-- nothing. Data that stands before it is put aside for receive. Whoever reads at the moment finds it himself.
local function alert_of_peer(self)
   local connection, transport = self.connection, self.transport
   local object = connection.core
   while object and not connection.handling and not is_busy(self, "reader") do
      local event, message, code = step(connection)
      object = connection.core
      if event == nil then
         if code and code:find("^alert_") then return message, code end
         return nil
      elseif not object or event ~= "data" and event ~= "wantread" then
         return nil
      elseif event == "data" and not object:hold() or event == "wantread" and not transport:fill(object, 0) then
         return nil
      end
   end
end

--- note(self, message, code) keeps what the call that fails waited for: message, code, as the caller is told them.
local function note(self, message, code)
   local wanted
   self[1] = nil
   -- Closed from elsewhere while this call waited: whatever the transport made of that.
   if not self.connection.core then
      self.wanted = nil
      return "closed", "closed"
   end
   if code == "transport_failed" then
      local text, alert = alert_of_peer(self)
      if alert then message, code = text, alert end
   end
   if code == "wantwrite" then
      wanted = "write"
   elseif code == "wantread" then
      wanted = "read"
   elseif code == "timeout" then
      local object = self.connection.core
      wanted = object and self.transport:pending(object) and "write" or "read"
   end
   self.wanted = wanted
   return plain[code] and code or message or code, code
end
work.note = note

-- Sends what output there is before waiting for the peer: "sent", "blocked", or nil, message, code. During the
-- handshake it must leave before anything can arrive; afterwards the peer may want to send before it reads, so the
-- reader goes on reading; and what cannot send any more may still have something to read.
local function flush_before_fill(self, object, deadline)
   local transport = self.transport
   -- in a renegotiation as in the first handshake
   local polling = self.established and transport.polls and object:renegotiating() ~= "running"
   local ok, message, code = transport:flush(object, polling and 0 or deadline)
   if ok or self.established and (code == "transport_failed" or code == "wantwrite" and not polling) then
      return "sent"
   end
   if polling then return "blocked" end
   return nil, message, code
end

--- fill(self, deadline) brings more ciphertext into the core: true, or nil, message, code.
local function fill(self, deadline)
   local object, transport = self.connection.core, self.transport
   if not object then return nil, driver.CLOSED, "closed" end
   while transport:pending(object) do
      local state, message, code = flush_before_fill(self, object, deadline)
      if not state then return nil, message, code end
      if state == "sent" or deadline == 0 then break end
      local slice = monotonic() + SLICE
      local is_last = deadline and deadline <= slice
      local ok
      ok, message, code = transport:fill(object, is_last and deadline or slice)
      if ok or is_last or code ~= "timeout" then return ok, message, code end
   end
   return transport:fill(object, deadline)
end
work.fill = fill

--- send_last(self) sends, after a failure, the alert that is in the output, without waiting long. Returns nothing.
local function send_last(self)
   local object, transport = self.connection.core, self.transport
   if not object or not transport:pending(object) then return end
   local deadline = self.timeout == 0 and 0 or monotonic() + math.min(self.timeout or LAST_WAIT, LAST_WAIT)
   transport:flush(object, deadline)
end
work.send_last = send_last

--- establish(self, deadline, until_early) finishes the handshake, or with until_early goes on until early data has
-- arrived: true, or nil, message, code.
function work.establish(self, deadline, until_early)
   local connection = self.connection
   while not self.established do
      local event, message, code = step(connection)
      if event == "data" then
         self.established = true
      elseif event == "early_data" then
         -- Whoever wants it early calls receive_early; otherwise it is what receive gives first.
         if until_early then return true end
      elseif event == "wantread" then
         local ok
         ok, message, code = fill(self, deadline)
         if not ok then return nil, note(self, message, code) end
      elseif event == "closed" then
         send_last(self)
         return nil, "the peer closed the connection during the handshake", "closed"
      else
         send_last(self)
         self.wanted = nil
         return nil, message, code
      end
   end
   local object = connection.core
   if object and self.transport:pending(object) then
      local ok, message, code = self.transport:flush(object, deadline)
      if not ok then return nil, note(self, message, code) end
   end
   self.flushed, self.wanted = true, nil
   return true
end

--- deliver_stages(self, any) reports stages that sending made happen, unless a handler runs: whoever runs it will
-- report them. any: also those that only a call for that purpose makes happen.
function work.deliver_stages(self, any)
   local connection = self.connection
   local due = connection.steps_after_send or any and not connection.watches_nothing
   if not due or not connection.core or connection.handling then return end
   local lane = connection.sender
   if not lane then
      lane = {}
      connection.sender = lane
   end
   if driver.is_free(connection, lane) then step(connection, lane) end
end

--- ready(self) tells the core so where it is: after a call by direct(), which has seen the rest.
function work.ready(self)
   if self.reader or self.writer or self.held or self.cut or self.wanted or self.at_end ~= false then return end
   local transport = self.transport
   self[1], self[2] = self.connection.core, transport.socket or transport.fd
end

--- direct(self, lane) is the descriptor and the core's connection, where both can be used without a word from Lua
-- between: nobody watches, no other coroutine is at work, and waiting is C's.
function work.direct(self, lane)
   local connection, transport = self.connection, self.transport
   local object = connection.core
   if object and self.flushed and transport.direct and connection.watches_nothing and not self[lane]
      and not connection.handling and not transport.early and not transport.received then
      return transport:descriptor(), object
   end
end

return work
