-- Whether a stream can lie idle and be taken up by somebody else: the handshake is over, everything that was written
-- has left, everything that came has been read, and neither side waits for the other.
local core = require "bearssl.core"
local driver = require "bearssl.driver"
local look = require("bearssl.own").look
local work = require "bearssl.stream.work"

local UNREAD = "unread data in buffer"

-- What is under way: a light thread's call, a renegotiation, a certificate that was asked for, early data.
local function under_way(state, object)
   if work.is_busy(state, "reader") then return "socket busy reading" end
   if work.is_busy(state, "writer") then return "socket busy writing" end
   if not state.flushed then return "the handshake is not over" end
   if state.held or state.cut or state.transport.broken then return "what was sent has not left" end
   if object:renegotiating() then return "a renegotiation is under way" end
   if object:authenticating() then return "the server waits for a certificate" end
   return nil
end

-- How long a server's first tickets may take, in seconds: they come by themselves, and nginx closes an idle connection
-- on which anything arrives.
local TICKET_WAIT = 0.05

local function await_tickets(stream, state, object)
   if stream:info("version") == "TLSv1.3" and not stream:session() then
      state.transport:fill(object, core.monotonic() + TICKET_WAIT)
   end
end

--- idle(stream, is_new) is true when it can; otherwise nil and why not, in nginx's words where it has them. Handlers
-- may run: of tickets that came with the last data. is_new: it has never been idle.
return function(stream, is_new)
   local state = look("stream", stream)
   local object = state.connection.core
   if not object then return nil, "closed" end
   local _, failure = object:failure()
   if failure then return nil, "closed" end
   local reason = under_way(state, object)
   if reason then return nil, reason end
   local transport = state.transport
   if transport:pending(object) then
      local sent, message = transport:flush(object, nil)
      if not sent then return nil, message end
   end
   if transport.rest then return nil, UNREAD end
   if is_new then await_tickets(stream, state, object) end
   local event = driver.step(state.connection)
   if event == "data" then return nil, UNREAD end
   if event ~= "wantread" or not state.connection.core then return nil, "closed" end
   -- a part of a record, whose rest has not come; or an answer of ours to what has
   if object:buffered() > 0 then return nil, UNREAD end
   if transport:pending(object) then
      local sent, message = transport:flush(object, nil)
      if not sent then return nil, message end
   end
   return true
end
