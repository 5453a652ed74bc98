-- Streams: a connection over a transport, with LuaSocket's methods and return conventions.
--     stream:handshake()                true, or nil, message, code
--     stream:receive(pattern, prefix)   data, or nil, message, partial, code
--     stream:send(data, i, j)           index of the last byte, or nil, message, index of the last byte sent, code
-- Codes that mean "call me again": "timeout" (the time was over), and for streams that never wait (settimeout(0))
-- "wantread" and "wantwrite" (until the descriptor can be read or written). "closed" is the peer's orderly end,
-- "truncated" an end of the transport without it. What the methods share, and what a stream's state is made of, stands
-- in stream/work.lua.
local driver = require "bearssl.driver"
local work = require "bearssl.stream.work"

local Connection = require "bearssl.connection"
local options = require "bearssl.options"

local class = require "bearssl.own"
local own = class.self_of "stream"

local methods = {}
for _, part in ipairs { "receiving", "sending", "ending", "after_handshake", "below" } do
   for name, method in pairs(require("bearssl.stream." .. part)) do methods[name] = method end
end
require "bearssl.telling"(methods, own)

-- After the handshake: true, or nil, message, code where the connection has been closed or has failed since.
local function still_there(state)
   local object = state.connection.core
   if not object then return nil, "closed", "closed" end
   local _, message, code = object:failure()
   if not message then return true end
   return nil, message, code
end

--- handshake() shakes hands: true; or nil, message, code. After "wantread", "wantwrite" and "timeout" it can be
-- called again; any other code is final: "certificate_expired", "unknown_ca", "alert_handshake_failure" …
-- Calling it once more when it is done is harmless: true, unless the connection has ended since. It waits as long as
-- settimeout says, in all.
function methods:handshake()
   local state = own(self, "handshake")
   driver.check(state.connection, "handshake", 2)
   if state.flushed then return still_there(state) end
   work.lock(state, "reader", "handshake")
   local ok, message, code = work.establish(state, work.deadline_of(state))
   state.reader = nil
   if ok then return true end
   return nil, message, code
end

methods.dohandshake = methods.handshake

-- ---- What event loops and curious callers ask ----

-- As in LuaSocket, a negative time is for ever.
local function seconds_to_wait(seconds)
   return seconds and seconds >= 0 and seconds or nil
end

--- settimeout(seconds) sets how long each later call may wait in all: nil (or a negative number) for ever, 0 never.
-- true. A second argument (LuaSocket's "b" or "t") is accepted and means nothing: the time is that of the whole call.
function methods:settimeout(seconds)
   local state = own(self, "settimeout")
   if seconds ~= nil and options.is.number(seconds) then
      error("settimeout: the time must be a number of seconds or nil, not " .. options.describe(seconds), 2)
   end
   state.timeout = seconds_to_wait(seconds)
   return true
end

--- getfd() is the transport's descriptor, or nil when it has none or is closed.
function methods:getfd()
   local state = own(self, "getfd")
   if state.transport_closed then return nil end
   return state.transport:descriptor()
end

--- dirty() tells whether a receive finds something (data, or the end) without waiting for the descriptor, because it
-- has arrived already. An event loop must not wait for the descriptor then. With handlers it may be true although a
-- receive will have to wait: what has arrived cannot be decrypted without calling them.
function methods:dirty()
   local state = own(self, "dirty")
   local connection = state.connection
   local object = connection.core
   if not object then return false end
   if object:buffered() > 0 or state.transport.received then return true end
   if state.at_end ~= false then return false end
   if not connection.watches_nothing then return true end
   state.at_end = object:step() == "wantread"
   if state.at_end then state[1] = nil end
   return not state.at_end
end

--- want() is what the call that was cut short waits for: "read", "write", or nil when none was.
function methods:want()
   return own(self, "want").wanted
end

--- getpeercertificate([n]) is the n-th certificate of the peer's chain (1, the default, is its own), or nil.
function methods:getpeercertificate(n)
   own(self, "getpeercertificate")
   if n ~= nil and (type(n) ~= "number" or n < 1 or n % 1 ~= 0) then
      error("getpeercertificate: n must be a positive integer, not " .. options.describe(n), 2)
   end
   local list = self:info("peer_certificates")
   return list and list[n or 1]
end

--- getstats() is the number of bytes of ciphertext received, and sent.
function methods:getstats()
   own(self, "getstats")
   local info = self:info()
   return info.bytes_received or 0, info.bytes_sent or 0
end

-- A stream that nobody holds any more is just collected: the core's finalizer frees and wipes, and sends nothing, since
-- a finalizer runs at any time and must not do I/O.
local make = class.class("stream", methods, {
   -- For `local stream <close>` of Lua 5.4.
   __close = function(self) self:close() end,
   __tostring = function(self)
      local state = own(self, "tostring")
      local connection = state.connection
      local name = not connection.core and "closed" or state.established and "established" or "handshake"
      local address = tostring(connection.core):match("0x%x+ ?") or ""
      return ("bearssl.stream: %s (%s, %s)"):format(address, connection.context.settings.mode, name)
   end,
})

local Stream = {}

--- new(context, transport, given, below): context:wrap() has checked them; context: its state; below: what the
-- transport carries it over. Returns the stream, or nil, message, code.
function Stream.new(context, transport, given, below)
   local state = {
      transport = transport, timeout = seconds_to_wait(given.timeout), max_line = given.max_line, below = below,
      allows_truncation = given.truncation == "allow" or nil,
   }
   if given.received and given.received ~= "" then
      require("bearssl.transport").precede(transport, given.received)
   end
   state.stream = make(state)
   local message, code
   state.connection, message, code = Connection.open(context, given, state.stream)
   if not state.connection then return nil, message, code end
   return state.stream
end

return Stream
