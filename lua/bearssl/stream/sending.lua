-- The method of streams that sends.
local driver = require "bearssl.driver"
local options = require "bearssl.options"
local renegotiation = require "bearssl.stream.renegotiation"
local work = require "bearssl.stream.work"

local own = require("bearssl.own").self_of "stream"
local direct, plain = work.direct, work.plain
local _, send_ready = require("bearssl.core").ready_calls(require("bearssl.own").key_of "stream")

local sending = {}

-- A send that was cut short between encrypting and sending reports at least so many bytes as not sent, and
-- knows them again when they come back.
local HELD_BACK = 64

-- Encrypts and sends data[i … j]: the index of the last byte when all is sent, or nil, message, code, index of the
-- last byte that was encrypted.
local function send_through(self, object, data, i, j, deadline)
   local transport = self.transport
   if transport.send then return transport:send(object, data, i, j, deadline) end
   local last = i - 1
   while true do
      if last < j then
         local done, message, code = object:write(data, last + 1, j)
         if not done then return nil, message, code, last end
         last = done
      end
      local ok, message, code = transport:flush(object, deadline)
      if not ok then return nil, message, code, last end
      if last >= j then return last end
      object = self.connection.core
      if not object then return nil, driver.CLOSED, "closed", last end
   end
end

-- When a send is cut short after its last byte was encrypted, the caller must still come back until the record has
-- left. So the end of the data is reported as not sent, and skipped when it comes again.
local function skip_held(self, data, i, j)
   local held = self.held
   if not held or j < i then return i end
   self.held = nil
   local count = math.min(#held, j - i + 1)
   if data:sub(i, i + count - 1) ~= held:sub(1, count) then return i end
   if count < #held then self.held = held:sub(count + 1) end
   return i + count
end

local function hold_back(self, data, i, j)
   if j < i then return i - 1 end
   local first = math.max(i, j - HELD_BACK + 1)
   self.held = data:sub(first, j) .. (self.held or "")
   return first - 1
end

-- A server that has accepted early data may send before the handshake is over (RFC 8446 section 2.3, "0.5-RTT").
local function may_send_early(self)
   local object = self.connection.core
   return self.has_early and object and object:write("") ~= nil
end

-- sealed: the index of the last byte that a direct send has encrypted already.
local function send(self, data, i, j, deadline, sealed)
   local connection = self.connection
   if not self.flushed and not may_send_early(self) then
      work.lock(self, "reader", "send")
      local ok, message, code = work.establish(self, deadline)
      self.reader = nil
      if not ok then return nil, plain[code] and code or message, i - 1, code end
   end
   local object = connection.core
   if not object then return nil, "closed", i - 1, "closed" end
   local start = sealed and sealed + 1 or skip_held(self, data, i, j)
   local last, message, code
   last, message, code, sealed = send_through(self, object, data, start, j, deadline)
   while not last and code == "not_ready" and object:renegotiating() == "running" do
      local ok
      ok, message, code = renegotiation.clear_way(self, "send", deadline)
      object = connection.core
      if not ok or not object then
         self.cut = sealed < j or self.cut
         return nil, message or "closed", sealed, code or "closed"
      end
      last, message, code, sealed = send_through(self, object, data, sealed + 1, j, deadline)
   end
   if last then
      if self.cut then self.cut = nil end
   elseif sealed < j then
      self.cut = true
   else
      sealed = hold_back(self, data, i, j)
   end
   -- before that, whoever finishes the handshake reports them
   if self.flushed then work.deliver_stages(self) end
   if last then
      self.wanted = nil
      return j
   end
   message, code = work.note(self, message, code)
   return nil, message, sealed, code
end

local function index_of(value, length, default, name)
   if value == nil then return default end
   if type(value) ~= "number" or value % 1 ~= 0 or math.abs(value) > options.MOST_BYTES then
      error(("send: %s must be an integer, not %s"):format(name, options.describe(value)), 3)
   end
   if value < 0 then value = length + value + 1 end
   return value
end

--- send(data [, i [, j]]) sends the bytes i … j of data (default all; negative indices count from the end). Returns
-- the index of the last byte sent; or nil, message, the index of the last byte sent, code. After "timeout" and
-- "wantwrite" go on by send(data, that index + 1, j): the same bytes must follow.
function sending:send(data, i, j)
   local done, _, code, last = send_ready(self, data, i, j)
   if done then return done end
   local state = own(self, "send")
   if type(data) == "number" then data = tostring(data) end
   if type(data) ~= "string" then error("send: the data must be a string, not a " .. type(data), 2) end
   local length = #data
   if not code and i == nil and j == nil and not state.held and not state.cut then
      local fd, object = direct(state, "writer")
      if fd then
         done, _, code, last = object:send_all(fd, data)
         if done then
            state.wanted = nil
            work.ready(state)
            return done
         end
      end
   end
   -- The ordinary way waits, or finds the same failure again.
   local sealed = code == "wantwrite" and last or nil
   i, j = index_of(i, length, 1, "i"), index_of(j, length, length, "j")
   if i < 1 then i = 1 end
   if j > length then j = length end
   -- While another coroutine's handler runs, a stream that can be written to can still be.
   driver.check(state.connection, "send", 2, state.flushed or state.has_early)
   work.lock(state, "writer", "send")
   local message, sent
   last, message, sent, code = send(state, data, i, j, work.deadline_of(state), sealed)
   state.writer = nil
   if last then return last end
   return nil, message, sent, code
end

return sending
