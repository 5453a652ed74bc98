-- Streams: a connection over a transport, with LuaSocket's methods and return conventions.
--     stream:handshake()                true, or nil, message, code
--     stream:receive(pattern, prefix)   data, or nil, message, partial, code
--     stream:send(data, i, j)           index of the last byte, or nil, message, index of the last byte sent, code
--     stream:read_early(max)            a server's: early data, or nil, message, code
-- Codes that mean "call me again": "timeout" (the time was over), and for streams that never wait (settimeout(0))
-- "wantread" and "wantwrite" (until the descriptor can be read or written). "closed" is the peer's orderly end,
-- "truncated" an end of the transport without it.
local after_handshake = require "bearssl.after_handshake"
local core = require "bearssl.core"
local describe = require("bearssl.options").describe
local driver = require "bearssl.driver"
local protect = require "bearssl.protect"
local renegotiation = require "bearssl.renegotiation"

local Connection = require "bearssl.connection"

local monotonic = core.monotonic
local own = require "bearssl.own" ("stream", "connection")
local step, check = driver.step, driver.check

local Stream = {}
Stream.__index = Stream

-- How long close() and the alert of a failed handshake may wait for a peer that does not read, when the stream
-- itself waits for ever.
local LAST_WAIT = 5
-- While output waits for a peer that does not read, the reader looks after it so often (seconds).
local SLICE = 0.05
-- A send that was cut short between encrypting and sending reports at least so many bytes as not sent, and
-- knows them again when they come back.
local HELD_BACK = 64

--- new(context, transport, options): context:wrap() has checked them. Returns the stream, or nil, message, code.
function Stream.new(context, transport, options)
   local self = setmetatable({
      transport = transport, timeout = options.timeout, max_line = options.max_line,
   }, Stream)
   local connection, message, code = Connection.new(context, options, self)
   if not connection then return nil, message, code end
   self.connection = connection
   return self
end

local function deadline_of(self)
   local timeout = self.timeout
   if not timeout then return nil end
   return timeout > 0 and monotonic() + timeout or 0
end

-- One coroutine reads (or shakes hands) at a time, and one writes. A lock whose owner has died, or which our
-- own coroutine left behind when a transport raised an error, is free.
local function lock(self, name, method)
   local thread, owner = protect.current(), self[name]
   if owner and owner ~= thread and (type(owner) ~= "thread" or coroutine.status(owner) ~= "dead") then
      error(("%s: another coroutine is already %s"):format(method,
         name == "reader" and "in receive or handshake of this stream" or "in send of this stream"), 3)
   end
   self[name] = thread
end

local again = { timeout = true, wantread = true, wantwrite = true }

-- Messages for codes that are their own message, as in LuaSocket.
local plain = { timeout = true, wantread = true, wantwrite = true, closed = true }

-- Whether another coroutine is at work in a lane.
local function is_busy(self, name)
   local owner = self[name]
   return owner and owner ~= protect.current() and (type(owner) ~= "thread" or coroutine.status(owner) ~= "dead")
end

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

local function note(self, message, code)
   local wanted
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

-- Brings more ciphertext into the core: true, or nil, message, code.
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

-- After a failure: sends the alert that is in the output, without waiting long. Returns nothing.
local function send_last(self)
   local object, transport = self.connection.core, self.transport
   if not object or not transport:pending(object) then return end
   local deadline = self.timeout == 0 and 0 or monotonic() + math.min(self.timeout or LAST_WAIT, LAST_WAIT)
   transport:flush(object, deadline)
end

-- Finishes the handshake, or with until_early goes on until early data has arrived: true, or nil, message, code.
local function establish(self, deadline, until_early)
   local connection = self.connection
   while not self.established do
      local event, message, code = step(connection)
      if event == "data" then
         self.established = true
      elseif event == "early_data" then
         -- Whoever wants it early calls read_early; otherwise it is what receive gives first.
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

--- handshake() shakes hands: true; or nil, message, code. After "wantread", "wantwrite" and "timeout" it can be
-- called again; any other code is final: "certificate_expired", "unknown_ca", "alert_handshake_failure" …
-- Calling it once more when it is done is harmless. It waits as long as settimeout says, in all.
function Stream:handshake()
   own(self, "handshake")
   check(self.connection, "handshake", 2)
   if self.flushed then return true end
   lock(self, "reader", "handshake")
   local ok, message, code = establish(self, deadline_of(self))
   self.reader = nil
   if ok then return true end
   return nil, message, code
end

Stream.dohandshake = Stream.handshake

local function read_early(self, max, deadline)
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

--- read_early([max]) is a server's: it shakes hands until early data of the client has arrived, and returns at most
-- `max` bytes of it (16384), or nil, message, code: "no_early_data" when the handshake is over and there is no (more)
-- early data, otherwise as handshake(). Anyone may have sent early data a second time: only do with it what may be done
-- twice. Whoever does not ask for it receives it after the handshake.
function Stream:read_early(max)
   own(self, "read_early")
   if self.connection.context.settings.mode ~= "server" then
      error("read_early: is for servers: a client gives the option 'early_data'", 2)
   elseif max == nil then
      max = 16384
   elseif type(max) ~= "number" or max < 1 or max % 1 ~= 0 then
      error("read_early: the number of bytes must be a positive integer, not " .. describe(max), 2)
   end
   check(self.connection, "read_early", 2)
   lock(self, "reader", "read_early")
   local bytes, message, code = read_early(self, max, deadline_of(self))
   self.reader = nil
   if bytes then return bytes end
   return nil, message, code
end

-- ---- Renegotiation ----

local tools = { fill = fill, note = note, send_last = send_last, establish = establish }

--- renegotiate([options]) shakes hands once more on the established connection (RFC 5746; up to TLS 1.2), which the
-- context must allow: a client starts it, a server asks its client to. It waits for the end, as long as settimeout
-- says; data that arrives before is kept for receive, up to 1 MiB ("wantread" then: receive it). options: verify
-- (server): "none", "optional" or "required" from now on. true; or nil, message, code: "no_renegotiation" (not allowed
-- here, a peer without RFC 5746, or the peer refuses: the connection goes on as it was), "unsupported_version" (TLS
-- 1.3); after "wantread", "wantwrite" and "timeout" it can be called again; any other code is final.
function Stream:renegotiate(given)
   own(self, "renegotiate")
   local connection = self.connection
   check(connection, "renegotiate", 2)
   local verify = connection:check_renegotiate(given, "renegotiate", 2)
   lock(self, "reader", "renegotiate")
   local ok, message, code = renegotiation.run(tools, self, verify, deadline_of(self))
   self.reader = nil
   if ok then return true end
   return nil, message, code
end

-- A renegotiation stands in the way of whoever wants to send: true when it is over, or nil, message, code.
local function clear_way(self, method, deadline)
   -- Whoever receives goes on with it, and only then can be sent.
   if is_busy(self, "reader") or self.connection.handling then return nil, note(self, "wantread", "wantread") end
   lock(self, "reader", method)
   local ok, message, code = renegotiation.finish(tools, self, deadline)
   self.reader = nil
   if ok then return true end
   return nil, message, code
end

-- ---- Receiving ----

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
      ok, message, code = fill(self, deadline)
      self.at_end = not ok
      if ok then return true end
      message, code = note(self, message, code)
      return nil, message, code
   end
   self.wanted = nil
   if event == "closed" then return nil, "closed", "closed" end
   send_last(self)
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

-- The descriptor and the core's connection, where both can be used without a word from Lua between: nobody watches,
-- no other coroutine is at work, and waiting is C's.
local function direct(self, lane)
   local connection, transport = self.connection, self.transport
   local object = connection.core
   if object and self.flushed and transport.direct and connection.watches_nothing and not self[lane]
      and not connection.handling and not transport.early then
      return transport:descriptor(), object
   end
end

-- A number of bytes by one call into C: the data; or nothing, when the ordinary way has to find out why (what has
-- arrived is kept); or nil, message, code.
local function receive_directly(self, count)
   local fd, object = direct(self, "reader")
   if not fd then return nil end
   self.at_end = false -- not known
   local data, message, code = object:receive_now(fd, count, self.timeout)
   if data then self.wanted = nil end
   return data, message, code
end

--- receive([pattern [, prefix]]) reads as LuaSocket does. pattern: "*l" (default; a line, without its line feed and
-- without carriage returns), "*a" (all until the peer's end), or a number of bytes; "l" and "a" will do. prefix:
-- a string to put in front; it counts towards a number of bytes. Returns the data; or nil, message, what has
-- arrived so far (prefix included), code. "closed": the peer has ended the conversation; for "*a" that is success,
-- unless there was nothing. "truncated": the transport ended without the peer's close_notify, so that the data may
-- lack its end. "limit_exceeded": a line has more bytes than the option `max_line`, the prefix among them. To go on
-- after "timeout" or "wantread", give the partial result back as prefix.
function Stream:receive(pattern, prefix)
   own(self, "receive")
   if prefix == nil and type(pattern) == "number" and pattern > 0 and pattern % 1 == 0 then
      local data, message, code = receive_directly(self, pattern)
      if data then return data end
      if code then
         message, code = note(self, message, code)
         return nil, message, self.connection.core:collected(), code
      end
   end
   local collect, count
   if pattern == nil then
      collect = collectors["*l"]
   else
      collect = collectors[pattern]
      if not collect then
         count = tonumber(pattern)
         if not count or count % 1 ~= 0 or count < 0 then
            error("receive: the pattern must be \"*l\", \"*a\" or a number of bytes, not " .. describe(pattern), 2)
         end
         collect = collect_count
      end
   end
   if prefix == nil then
      prefix = ""
   elseif type(prefix) ~= "string" then
      error("receive: the prefix must be a string, not a " .. type(prefix), 2)
   end
   check(self.connection, "receive", 2)
   if count then
      count = count - #prefix
      if count <= 0 then return prefix end
   elseif collect == collectors["*l"] and self.max_line then
      count = math.max(0, self.max_line - #prefix)
   end
   lock(self, "reader", "receive")
   local data, message, partial, code = receive(self, collect, count, prefix, deadline_of(self))
   self.reader = nil
   if data then return data end
   return nil, message, partial, code
end

local function read_some(object, max)
   local bytes = object:read(max)
   return bytes ~= "" and bytes or nil
end

--- receiveany([max]) reads what is there, waiting for one byte at least: a string of at most `max` bytes (16384), or
-- nil, message, "", code as receive does.
function Stream:receiveany(max)
   own(self, "receiveany")
   if max == nil then
      max = 16384
   elseif type(max) ~= "number" or max < 1 or max % 1 ~= 0 then
      error("receiveany: the number of bytes must be a positive integer, not " .. describe(max), 2)
   end
   check(self.connection, "receiveany", 2)
   lock(self, "reader", "receiveany")
   local data, message, partial, code = receive(self, read_some, max, "", deadline_of(self))
   self.reader = nil
   if data then return data end
   return nil, message, partial, code
end

-- ---- Sending ----

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

-- Reports stages that sending made happen, unless a handler runs: whoever runs it will report them.
-- any: also those that only a call for that purpose makes happen.
local function deliver_stages(self, any)
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

-- A server that has accepted early data may send before the handshake is over (RFC 8446 section 2.3, "0.5-RTT").
local function may_send_early(self)
   local object = self.connection.core
   return self.has_early and object and object:write("") ~= nil
end

-- sealed: the index of the last byte that a direct send has encrypted already.
local function send(self, data, i, j, deadline, sealed)
   local connection = self.connection
   if not self.flushed and not may_send_early(self) then
      lock(self, "reader", "send")
      local ok, message, code = establish(self, deadline)
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
      ok, message, code = clear_way(self, "send", deadline)
      object = connection.core
      if not ok or not object then return nil, message or "closed", sealed, code or "closed" end
      last, message, code, sealed = send_through(self, object, data, sealed + 1, j, deadline)
   end
   if not last and sealed >= j then sealed = hold_back(self, data, i, j) end
   -- before that, whoever finishes the handshake reports them
   if self.flushed then deliver_stages(self) end
   if last then
      self.wanted = nil
      return j
   end
   message, code = note(self, message, code)
   return nil, message, sealed, code
end

local function index_of(value, length, default, name)
   if value == nil then return default end
   if type(value) ~= "number" or value % 1 ~= 0 then
      error(("send: %s must be an integer, not %s"):format(name, describe(value)), 3)
   end
   if value < 0 then value = length + value + 1 end
   return value
end

--- send(data [, i [, j]]) sends the bytes i … j of data (default all; negative indices count from the end). Returns
-- the index of the last byte sent; or nil, message, the index of the last byte sent, code. After "timeout" and
-- "wantwrite" go on by send(data, that index + 1, j): the same bytes must follow.
function Stream:send(data, i, j)
   own(self, "send")
   if type(data) == "number" then data = tostring(data) end
   if type(data) ~= "string" then error("send: the data must be a string, not a " .. type(data), 2) end
   local length = #data
   local sealed
   if i == nil and j == nil and not self.held then
      local fd, object = direct(self, "writer")
      if fd then
         local done, _, code, last = object:send_all(fd, data)
         if done then
            self.wanted = nil
            return done
         end
         -- The ordinary way waits, or finds the same failure again.
         if code == "wantwrite" then sealed = last end
      end
   end
   i, j = index_of(i, length, 1, "i"), index_of(j, length, length, "j")
   if i < 1 then i = 1 end
   if j > length then j = length end
   local connection = self.connection
   -- While another coroutine's handler runs, a stream that can be written to can still be.
   check(connection, "send", 2, self.flushed or self.has_early)
   lock(self, "writer", "send")
   local last, message, sent, code = send(self, data, i, j, deadline_of(self), sealed)
   self.writer = nil
   if last then return last end
   return nil, message, sent, code
end

-- ---- The end ----

--- shutdown("send") tells the peer that nothing more will come (close_notify); reading goes on until the peer does
-- the same. true, or nil, message, code; after "timeout" and "wantwrite" it can be called again.
function Stream:shutdown(how)
   own(self, "shutdown")
   if how ~= nil and how ~= "send" then
      error("shutdown: only \"send\" can be shut down; close() ends both directions", 2)
   end
   local connection = self.connection
   check(connection, "shutdown", 2, self.flushed)
   local object = connection.core
   if not object then return nil, "closed", "closed" end
   local deadline = deadline_of(self)
   if object:renegotiating() == "running" then
      local clear, message, code = clear_way(self, "shutdown", deadline)
      if not clear then return nil, message, code end
   end
   object:close()
   local ok, message, code = self.transport:flush(object, deadline)
   deliver_stages(self)
   if ok then return true end
   message, code = note(self, message, code)
   return nil, message, code
end

-- Lets the handlers see the alert that was sent, and `closed`. What was received and not read is dropped.
local function report_end(connection)
   if not connection.steps_after_send then return end
   local object = connection.core
   local sender = connection.sender
   while object and not connection.handling and not (sender and sender.handling) do
      object:feed_end()
      if step(connection) ~= "data" then return end
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
-- transport (a bare descriptor stays open: it belongs to whoever opened it). Always true; closing again is harmless.
-- info() and session() go on giving what they gave last. It waits at most as long as settimeout says, and never
-- more than 5 seconds.
function Stream:close()
   own(self, "close")
   local connection = self.connection
   local object = connection.core
   if object then
      object:close()
      send_last(self)
      report_end(connection)
      if connection.core then take_unread(self, object) end
      connection:release()
   end
   local transport = self.transport
   if not self.transport_closed then
      self.transport_closed = true
      transport:close()
   end
   self.wanted = nil
   return true
end

-- For `local stream <close>` of Lua 5.4.
function Stream:__close()
   self:close()
end

-- A stream that nobody holds any more is just collected: the core's finalizer frees and wipes, and sends nothing, since
-- a finalizer runs at any time and must not do I/O.

-- ---- What event loops and curious callers ask ----

--- settimeout(seconds) sets how long each later call may wait in all: nil for ever, 0 never. true. A second argument
-- (LuaSocket's "b" or "t") is accepted and means nothing: the time is always that of the whole call.
function Stream:settimeout(seconds)
   own(self, "settimeout")
   if seconds ~= nil and type(seconds) ~= "number" then
      error("settimeout: the time must be a number of seconds or nil, not a " .. type(seconds), 2)
   end
   if seconds and seconds < 0 then seconds = nil end
   self.timeout = seconds
   return true
end

--- getfd() is the transport's descriptor, or nil when it has none or is closed.
function Stream:getfd()
   own(self, "getfd")
   if self.transport_closed then return nil end
   return self.transport:descriptor()
end

--- dirty() tells whether a receive finds something (data, or the end) without waiting for the descriptor, because it
-- has arrived already. An event loop must not wait for the descriptor then. With handlers it may be true although a
-- receive will have to wait: what has arrived cannot be decrypted without calling them.
function Stream:dirty()
   own(self, "dirty")
   local connection = self.connection
   local object = connection.core
   if not object then return false end
   if object:buffered() > 0 then return true end
   if self.at_end ~= false then return false end
   if not connection.watches_nothing then return true end
   self.at_end = object:step() == "wantread"
   return not self.at_end
end

--- want() is what the call that was cut short waits for: "read", "write", or nil when none was.
function Stream:want()
   own(self, "want")
   return self.wanted
end

tools.lock, tools.deadline_of, tools.deliver_stages, tools.again = lock, deadline_of, deliver_stages, again
for name, method in pairs(after_handshake(tools)) do Stream[name] = method end
for name, method in pairs(require "bearssl.stream_info") do Stream[name] = method end

return Stream
