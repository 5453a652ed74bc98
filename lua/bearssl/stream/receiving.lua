-- The methods of streams that receive.
local driver = require "bearssl.driver"
local options = require "bearssl.options"
local work = require "bearssl.stream.work"

local own = require("bearssl.own").self_of "stream"
local receive_ready = require("bearssl.core").ready_calls(require("bearssl.own").key_of "stream")
local step, check = driver.step, driver.check
local deadline_of, direct, establish, lock, note = work.deadline_of, work.direct, work.establish, work.lock, work.note
local plain = work.plain

local receiving = {}

local MOST = options.MOST_BYTES

-- What receiveany and receive_early give at most when they are not told.
local PIECE = 16384

-- Waits until there is plaintext: true, or nil, message, code. Notes whether all that has arrived is used up.
local function await_data(self, deadline)
   local connection = self.connection
   local event, message, code = step(connection)
   if event == "data" then
      self.at_end = false
      return true
   end
   if event == "wantread" then
      local ok
      ok, message, code = work.fill(self, deadline)
      self.at_end = not ok
      if ok then return true end
      message, code = note(self, message, code)
      return nil, message, code
   end
   self.wanted = nil
   -- Asked for by name, for peers that never send close_notify: whoever cuts the line can end the data where he likes
   -- (RFC 8446 section 6.1).
   if event == "closed" or code == "truncated" and self.allows_truncation then return nil, "closed", "closed" end
   work.send_last(self)
   return nil, code == "closed" and "closed" or message, code
end

local collectors = {
   ["*l"] = function(object, maximum) return object:collect_line(maximum) end,
   ["*a"] = function(object) return object:collect_all() end,
}
collectors.l, collectors.a = collectors["*l"], collectors["*a"]

local function collect_count(object, count)
   return object:collect(count)
end

local function receive(self, collect, count, prefix, deadline)
   if not self.flushed then
      local ok, message, code = establish(self, deadline)
      if not ok then return nil, plain[code] and code or message, prefix, code end
   end
   local connection = self.connection
   while true do
      local object = connection.core
      if not object then return nil, "closed", prefix, "closed" end
      local result, message, code = collect(object, count)
      if result then
         self.wanted = nil
         return prefix ~= "" and prefix .. result or result
      end
      if code then
         self.wanted = nil
         return nil, message, prefix .. object:collected(), code
      end
      local ok
      ok, message, code = await_data(self, deadline)
      if not ok then
         object = connection.core
         local partial = object and object:collected() or ""
         if code == "closed" and collect == collectors["*a"] and partial ~= "" then return prefix .. partial end
         return nil, message, prefix .. partial, code
      end
   end
end

-- A number of bytes by one call into C: the data; or nothing, when the ordinary way has to find out why (what has
-- arrived is kept); or nil, message, code.
local function receive_directly(self, count)
   local fd, object = direct(self, "reader")
   if not fd then return nil end
   self.at_end = false -- not known
   local data, message, code = object:receive_now(fd, count, self.timeout)
   if data then
      self.wanted = nil
      work.ready(self)
   end
   return data, message, code
end

--- receive([pattern [, prefix]]) reads as LuaSocket does. pattern: "*l" (default; a line, without its line feed and
-- without carriage returns), "*a" (all until the peer's end), or a number of bytes; "l" and "a" will do. prefix:
-- a string to put in front; it counts towards a number of bytes. Returns the data; or nil, message, what has
-- arrived so far (prefix included), code. "closed": the peer has ended the conversation; for "*a" that is success,
-- unless there was nothing. "truncated": the transport ended without the peer's close_notify, so that the data may
-- lack its end. "limit_exceeded": a line has more bytes than the option `max_line`, the prefix among them. To go on
-- after "timeout" or "wantread", give the partial result back as prefix.
function receiving:receive(pattern, prefix)
   local ready, problem, reason = receive_ready(self, pattern, prefix)
   if ready then return ready end
   local state = own(self, "receive")
   if reason then
      problem, reason = note(state, problem, reason)
      return nil, problem, state.connection.core:collected(), reason
   end
   if prefix == nil and type(pattern) == "number" and pattern > 0 and pattern <= MOST and pattern % 1 == 0 then
      local data, message, code = receive_directly(state, pattern)
      if data then return data end
      if code then
         message, code = note(state, message, code)
         return nil, message, state.connection.core:collected(), code
      end
   end
   local collect, count
   if pattern == nil then
      collect = collectors["*l"]
   else
      collect = collectors[pattern]
      if not collect then
         count = tonumber(pattern)
         if not count or count % 1 ~= 0 or count < 0 or count > MOST then
            error("receive: the pattern must be \"*l\", \"*a\" or a number of bytes, not "
               .. options.describe(pattern), 2)
         end
         collect = collect_count
      end
   end
   if prefix == nil then
      prefix = ""
   elseif type(prefix) ~= "string" then
      error("receive: the prefix must be a string, not a " .. type(prefix), 2)
   end
   check(state.connection, "receive", 2)
   if count then
      count = count - #prefix
      if count <= 0 then return prefix end
   elseif collect == collectors["*l"] and state.max_line then
      count = math.max(0, state.max_line - #prefix)
   end
   lock(state, "reader", "receive")
   local data, message, partial, code = receive(state, collect, count, prefix, deadline_of(state))
   state.reader = nil
   if data then return data end
   return nil, message, partial, code
end

local function read_some(object, max)
   local bytes = object:read(max)
   return bytes ~= "" and bytes or nil
end

--- receiveany([max]) reads what is there, waiting for one byte at least: a string of at most `max` bytes (16384), or
-- nil, message, "", code as receive does.
function receiving:receiveany(max)
   local state = own(self, "receiveany")
   options.count("receiveany", max, 1)
   check(state.connection, "receiveany", 2)
   lock(state, "reader", "receiveany")
   local data, message, partial, code = receive(state, read_some, max or PIECE, "", deadline_of(state))
   state.reader = nil
   if data then return data end
   return nil, message, partial, code
end

-- ---- Early data ----

local function receive_early(self, max, deadline)
   while true do
      local object = self.connection.core
      if not object then return nil, driver.CLOSED, "closed" end
      local bytes = object:early_data(max)
      if bytes ~= "" then
         self.has_early, self.wanted = true, nil
         -- The client waits for what stands in the output; when it cannot leave yet, the next call sends it.
         if self.transport:pending(object) then self.transport:flush(object, deadline) end
         return bytes
      end
      if self.flushed then return nil, "the handshake is over: what comes now is no early data", "no_early_data" end
      local ok, message, code = establish(self, deadline, true)
      if not ok then return nil, message, code end
   end
end

--- receive_early([max]) is a server's: it shakes hands until early data of the client has arrived, and returns at most
-- `max` bytes of it (16384); or nil, message, "", code as receive does, "no_early_data" when the handshake is over and
-- there is no (more) early data. It takes no pattern, because a line that begins in early data may end after the
-- handshake. Anyone may have sent early data a second time: only do with it what may be done twice. Whoever does not
-- ask for it receives it after the handshake.
function receiving:receive_early(max)
   local state = own(self, "receive_early")
   if state.connection.context.settings.mode ~= "server" then
      error("receive_early: is for servers: a client gives the option 'early_data'", 2)
   end
   options.count("receive_early", max, 1)
   check(state.connection, "receive_early", 2)
   lock(state, "reader", "receive_early")
   local bytes, message, code = receive_early(state, max or PIECE, deadline_of(state))
   state.reader = nil
   if bytes then return bytes end
   return nil, plain[code] and code or message, "", code
end

return receiving
