-- TLS for programs of callbacks over luv: an object with the methods of luv's streams, over one of them.
--     local luv_tls = require "bearssl.luv"
--     local secure = assert(luv_tls.wrap(context, handle, { server_name = "example.org" }))
--     secure:handshake(function(problem, code) … end)
--     secure:read_start(function(problem, bytes, code) … end)
--     secure:write("hello", function(problem, code) … end)
-- Callbacks are called by luv's loop, never within the call that they are given to, in a coroutine: they may yield, as
-- handlers may. problem is nil, or a sentence; code: doc/api.md. Who prefers to write coroutines gives the handle to
-- context:wrap.
local options = require "bearssl.options"
local own_class = require "bearssl.own"
local below = require "bearssl.transport.luv"
local protect = require "bearssl.protect"

local own = own_class.self_of "luv_stream"
local stream_of = own_class.self_of "stream"
local resume = below.resume

local PIECE = 65536 -- bytes that a callback is given at most

local methods = {}

-- ---- What begins in the loop's next turn ----

local waiting, turn = {}, nil

local function run_waiting()
   -- one that raises leaves the others to the next turn
   while waiting[1] do resume(coroutine.create(table.remove(waiting, 1))) end
   turn:close()
   turn = nil
end

local function later(run)
   waiting[#waiting + 1] = run
   if turn then return end
   turn = below.library().new_timer()
   turn:start(0, 1, run_waiting)
end

-- ---- The coroutine that shakes hands and reads ----

local function call(callback, ...)
   if callback then callback(...) end
end

-- Waits until somebody calls go_on.
local function park(state)
   local thread = protect.outermost()
   state.parked = thread
   repeat coroutine.yield() until state.parked ~= thread
end

local function go_on(state)
   local thread = state.parked
   if not thread then return end
   later(function()
      if state.parked ~= thread then return end
      state.parked = nil
      resume(thread)
   end)
end

local start_writing

local function shake_hands(state)
   local ok, message, code = state.stream:handshake()
   state.shaken = true
   -- what fails after close() does so before or after its turn in the loop: libuv's versions differ
   if not ok and state.closing then message, code = "closed", "closed" end
   if not ok then state.problem, state.code = message, code end
   while state.on_handshake[1] do
      local callback = table.remove(state.on_handshake, 1)
      if ok then callback() else callback(message, code) end
   end
   start_writing(state)
   return ok, message, code
end

-- Data that arrived while read_stop() held waits for the next read_start().
local function reader_of(state)
   while not state.on_read and not state.closing do park(state) end
   return state.on_read
end

local function read(state)
   local ok, problem, reason = shake_hands(state)
   if not ok then return call(reader_of(state), problem, nil, reason) end
   while reader_of(state) do
      local bytes, message, _, code = state.stream:receiveany(PIECE)
      local on_read = reader_of(state)
      if bytes then
         call(on_read, nil, bytes)
      elseif code == "closed" then
         return call(on_read)
      else
         call(on_read, message, nil, code)
         if code ~= "timeout" then return end
      end
   end
end

local function start(state)
   if state.started then return end
   state.started = true
   later(function() read(state) end)
end

-- ---- The coroutine that writes ----

local function write_one(state, item)
   if state.code then return nil, state.problem, state.code end
   local ok, message, third, code
   if item.shutdown then
      ok, message, code = state.stream:shutdown "send"
   else
      ok, message, third, code = state.stream:send(item.data)
   end
   -- of what was cut short by a timeout nothing may come after
   if not ok then state.problem, state.code = message, code or third end
   if not ok and state.closing then state.problem, state.code = "closed", "closed" end
   return ok, state.problem, state.code
end

local function write(state)
   -- the first stands in the queue until it is told; close() tells it, and all behind it, that it comes too late
   while state.queue[1] do
      local item = state.queue[1]
      local ok, message, code = write_one(state, item)
      if item ~= state.queue[1] then break end
      table.remove(state.queue, 1)
      state.queued = state.queued - #item.data
      if item.callback then
         if ok then item.callback() else item.callback(message, code) end
      end
   end
   state.writing = false
end

function start_writing(state)
   if state.writing or not state.shaken then return end
   state.writing = true
   later(function() write(state) end)
end

-- ---- Methods ----

local function check_callback(method, callback, is_needed)
   local kind = type(callback)
   if kind == "function" or callback == nil and not is_needed then return end
   error(("%s: the callback must be a function, not %s"):format(method, options.describe(callback)), 3)
end

--- handshake(callback) shakes hands, which the first read_start or write does as well: callback(), or callback(problem,
-- code). true; or nil, "closed", "closed".
function methods:handshake(callback)
   local state = own(self, "handshake")
   check_callback("handshake", callback)
   if state.closing then return nil, "closed", "closed" end
   if callback and state.shaken then
      later(function() callback(state.problem, state.code) end)
   else
      state.on_handshake[#state.on_handshake + 1] = callback
   end
   start(state)
   return true
end

--- read_start(callback) calls callback(nil, bytes) for what arrives; callback() at the peer's end (close_notify);
-- callback(problem, nil, code) when it fails, "truncated" for an end of the transport without close_notify. A second
-- callback replaces the first. true; or nil, "closed", "closed".
function methods:read_start(callback)
   local state = own(self, "read_start")
   check_callback("read_start", callback, true)
   if state.closing then return nil, "closed", "closed" end
   state.on_read = callback
   go_on(state)
   start(state)
   return true
end

--- read_stop() holds back what arrives until the next read_start(), and so the peer. true.
function methods:read_stop()
   own(self, "read_stop").on_read = nil
   return true
end

--- write(data [, callback]) sends a string, or a list of strings, after what was given before, and after the handshake:
-- callback(), or callback(problem, code). true; or nil, "closed", "closed".
function methods:write(data, callback)
   local state = own(self, "write")
   if type(data) == "table" then data = table.concat(data) end
   if type(data) ~= "string" then
      error("write: the data must be a string or a list of strings, not " .. options.describe(data), 2)
   end
   check_callback("write", callback)
   if state.closing then return nil, "closed", "closed" end
   state.queue[#state.queue + 1] = { data = data, callback = callback }
   state.queued = state.queued + #data
   start(state)
   start_writing(state)
   return true
end

--- get_write_queue_size() is how many bytes of write() have not been sent.
function methods:get_write_queue_size()
   return own(self, "get_write_queue_size").queued
end

--- shutdown([callback]) tells the peer, after all that was written, that nothing more will come (close_notify); what it
-- still says is read: callback(), or callback(problem, code). true; or nil, "closed", "closed".
function methods:shutdown(callback)
   local state = own(self, "shutdown")
   check_callback("shutdown", callback)
   if state.closing then return nil, "closed", "closed" end
   state.queue[#state.queue + 1] = { data = "", shutdown = true, callback = callback }
   start(state)
   start_writing(state)
   return true
end

-- Tells all who wait for something that it comes too late: whether something was to be written.
local function tell_closed(state)
   local queue, on_handshake, is_cut = state.queue, state.on_handshake, false
   state.queue, state.queued, state.on_handshake = {}, 0, {}
   local function tell(callback)
      if callback then later(function() callback("closed", "closed") end) end
   end
   for _, callback in ipairs(on_handshake) do tell(callback) end
   for _, item in ipairs(queue) do
      is_cut = is_cut or #item.data > 0
      tell(item.callback)
   end
   return is_cut
end

--- close([callback]) sends close_notify and closes the handle. What was not written yet is told "closed", and then
-- there is no close_notify: the peer sees that something is missing. shutdown() before it, and close() in its callback,
-- lets all leave. callback() comes when the handle is closed, which may wait for the peer, some seconds at most. Nobody
-- is told anything after it.
function methods:close(callback)
   local state = own(self, "close")
   check_callback("close", callback)
   if state.closing then error("close: the stream is closed already", 2) end
   state.closing, state.on_read = true, nil
   later(function()
      local inner = stream_of(state.stream, "close")
      local transport = inner.transport
      -- one that is closed already, or is not luv's, tells of no end
      local tells = transport.is_cut ~= nil and not inner.transport_closed
      if tell_closed(state) then inner.cut, transport.is_cut = true, true end
      local function on_closed() later(function() call(callback) end) end
      if tells then transport.on_closed = on_closed end
      state.stream:close()
      go_on(state)
      if not tells then on_closed() end
   end)
end

--- is_closing() tells whether close() was called.
function methods:is_closing()
   return own(self, "is_closing").closing
end

--- stream() is the stream below (doc/api.md): info(), session(), getpeercertificate(), fail() … What reads and writes
-- is in use.
function methods:stream()
   return own(self, "stream").stream
end

local make = own_class.class("luv_stream", methods, {
   __close = function(self) if not self:is_closing() then self:close() end end,
   __tostring = function(self) return "bearssl.luv: " .. tostring(own(self, "tostring").stream) end,
})

local luv = {}

--- wrap(context, handle [, options]) is TLS over a connected handle of luv's. context: of bearssl.context; options:
-- of context:wrap; `timeout` counts for the handshake, and for each time that nothing arrives or leaves. Returns the
-- object; or nil, message, code.
function luv.wrap(context, handle, given)
   options.context("bearssl.luv.wrap", context)
   local stream, message, code = context:wrap(handle, given)
   if not stream then return nil, message, code end
   return make { stream = stream, on_handshake = {}, queue = {}, queued = 0, closing = false }
end

return luv
