-- The methods of streams that end the conversation.
local driver = require "bearssl.driver"
local release = require("bearssl.connection").release
local renegotiation = require "bearssl.stream.renegotiation"
local requests = require "bearssl.requests"
local work = require "bearssl.stream.work"

local own = require("bearssl.own").self_of "stream"

local ending = {}

--- fail(reason [, text]) ends the handshake or the connection with an alert, which is sent as far as close() would wait
-- for that. reason: a code that has an alert ("certificate_refused"), or any text: code "refused", alert access_denied.
-- text: the message of the failure, which whatever is called next returns, also in another coroutine; a word of the
-- library's, such as "timeout", is told as "refused: timeout". It can be called at any time, and ends nothing twice.
-- true; or nil, "closed", "closed".
function ending:fail(reason, text)
   local state = own(self, "fail")
   local message = requests.fail(reason, text, 2)
   local object = state.connection.core
   if not object then return nil, "closed", "closed" end
   object:fail(reason, message)
   work.send_last(state)
   work.deliver_stages(state)
   return true
end

--- shutdown("send") tells the peer that nothing more will come (close_notify); reading goes on until the peer does
-- the same. true, or nil, message, code; after "timeout" and "wantwrite" it can be called again. It raises while
-- another coroutine sends: that would be cut short, and look complete.
function ending:shutdown(how)
   local state = own(self, "shutdown")
   if how ~= nil and how ~= "send" then
      error("shutdown: only \"send\" can be shut down; close() ends both directions", 2)
   end
   driver.check(state.connection, "shutdown", 2, state.flushed)
   local object = state.connection.core
   if not object then return nil, "closed", "closed" end
   if work.is_busy(state, "writer") then
      error("shutdown: another coroutine is already in send of this stream", 2)
   end
   local deadline = work.deadline_of(state)
   if object:renegotiating() == "running" then
      local clear, message, code = renegotiation.clear_way(state, "shutdown", deadline)
      if not clear then return nil, message, code end
   end
   object:close()
   local ok, message, code = state.transport:flush(object, deadline)
   work.deliver_stages(state)
   if ok then return true end
   message, code = work.note(state, message, code)
   return nil, message, code
end

-- Lets the handlers see the alert that was sent, and `closed`. What was received and not read is dropped.
local function report_end(connection)
   if not connection.steps_after_send then return end
   local object = connection.core
   local sender = connection.sender
   while object and not connection.handling and not (sender and sender.handling) do
      object:feed_end()
      if driver.step(connection) ~= "data" then return end
      object = connection.core
      if object then object:read() end
   end
end

-- A socket that is closed while something lies in it unread is reset, and what it has not sent yet is lost. So what the
-- peer's TLS has said by itself is taken out: the tickets of TLS 1.3, which come to a client that only sends, too.
local function take_unread(self, object)
   if not self.established or not self.transport.polls then return end
   for _ = 1, 16 do
      local event = object:step()
      if event == "wantread" then
         if not self.transport:fill(object, 0) then return end
      elseif event ~= "stage" and event ~= "decision" then
         return
      end
   end
end

--- close() ends the conversation: sends what is left and close_notify, without waiting for the peer's, and closes the
-- transport (a bare descriptor stays open: it belongs to whoever opened it). After a send that was cut short and not
-- gone on with, or in the middle of one, there is no close_notify: the peer must see that something is missing, and
-- finds the end "truncated". Always true; closing again is harmless.
-- info() and session() go on giving what they gave last. It waits at most as long as settimeout says, and never
-- more than 5 seconds.
function ending:close()
   local state = own(self, "close")
   local connection = state.connection
   local object = connection.core
   state[1], state[2] = nil, nil
   if object then
      local is_cut = state.flushed and (state.cut or state.writer)
      if not is_cut then object:close() end
      work.send_last(state)
      report_end(connection)
      if connection.core then take_unread(state, object) end
      release(connection)
   end
   if not state.transport_closed then
      state.transport_closed = true
      state.transport:close()
   end
   state.wanted = nil
   return true
end

return ending
