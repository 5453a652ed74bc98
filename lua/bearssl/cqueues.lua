-- TLS with the methods of cqueues' sockets, over one of them, for what is given such sockets, as lua-http is:
--     local cqueues_tls = require "bearssl.cqueues"
--     local secure = assert(cqueues_tls.wrap(context, socket, { server_name = "example.org" }))
--     secure:xwrite("hello\n", "n", timeout)
--     local line, errno = secure:xread("*l", timeout)
-- They answer as cqueues' own do: values, or nil and what the function of onerror() makes of an errno, which is the
-- errno itself. What TLS has to say beyond one is told by failure(). Who needs no such socket gives the socket to
-- context:wrap, and has LuaSocket's methods.
local cqueues = require "cqueues"
local condition = require "cqueues.condition"
local errno = require "cqueues.errno"
local options = require "bearssl.options"
local own_class = require "bearssl.own"
local read_patterns = require "bearssl.cqueues.patterns"

local own = own_class.self_of "cqueues_socket"
local stream_of = own_class.self_of "stream"

local PIECE = 16384
local MAX_LINE = 4096 -- cqueues' own

-- An operation cannot go on before the descriptor, or before what another coroutine does.
local AGAIN, BUSY, END = errno.EAGAIN, "busy", errno.EPIPE

local methods = {}

-- ---- Errors ----

local codes = {
   wantread = AGAIN, wantwrite = AGAIN, timeout = AGAIN, closed = END, transport_failed = errno.ECONNRESET,
   truncated = errno.ECONNRESET,
}

-- What a method of the stream failed with, as an errno.
local function errno_of(state, message, code)
   local why = codes[code] or errno.EPROTO
   if why ~= AGAIN and why ~= END then state.message, state.code = message, code end
   return why
end

local function default_onerror(socket, operation, why, level)
   if why == END or why == errno.ETIMEDOUT then return why end
   local message, code = socket:failure()
   error(("socket:%s: %s%s"):format(operation, errno.strerror(why), code and " (" .. message .. ")" or ""), level)
end

local function fail(state, operation, lane, why)
   if lane == "r" and why == END then return end
   state.errors[lane] = why
   return (state.onerror or default_onerror)(state.self, operation, why, 4)
end

-- ---- One step of the stream ----

local function finish_turn(state, lane)
   state.turn[lane] = nil
   if state.is_awaited then
      state.is_awaited = nil
      state.turned:signal()
   end
end

local function shake_hands(state)
   if state.is_shaken then return nil end
   if state.turn.r then return BUSY end
   state.turn.r = true
   state.stream:settimeout(0)
   local ok, message, code = state.stream:handshake()
   finish_turn(state, "r")
   if not ok then return errno_of(state, message, code) end
   state.is_shaken = true
end

-- Brings some more input: nil, or why not.
local function pull(state)
   if state.ended.r then return END end
   local why = shake_hands(state)
   if why then return why end
   if state.turn.r then return BUSY end
   state.turn.r = true
   state.stream:settimeout(0)
   local bytes, message, _, code = state.stream:receiveany(PIECE)
   finish_turn(state, "r")
   if bytes then return state.input:append(bytes) end
   why = errno_of(state, message, code)
   if why == END then state.ended.r = true end
   return why
end

-- Sends what stands in the output: nil when all has left, or why not.
local function push(state)
   while #state.output > 0 do
      local why = shake_hands(state)
      if why then return why end
      if state.turn.w then return BUSY end
      local bytes = table.concat(state.output)
      state.output = { bytes }
      state.turn.w = true
      state.stream:settimeout(0)
      local last, message, done, code = state.stream:send(bytes)
      finish_turn(state, "w")
      -- what others have given meanwhile stands behind it
      table.remove(state.output, 1)
      done = last or done
      if done < #bytes then table.insert(state.output, 1, bytes:sub(done + 1)) end
      if not last then
         why = errno_of(state, message, code)
         if why == END then state.ended.w = true end
         return why
      end
   end
end

-- ---- Waiting ----

local function deadline_of(state, timeout)
   timeout = timeout or state.timeout
   return timeout and cqueues.monotime() + timeout
end

-- Runs a step until it neither has to wait nor has time: nil, or why not.
local function persist(state, step, deadline)
   while true do
      local why = step(state)
      if why ~= AGAIN and why ~= BUSY then return why end
      local left = deadline and deadline - cqueues.monotime()
      if left and left <= 0 then return errno.ETIMEDOUT end
      if why == BUSY then
         state.is_awaited = true
         cqueues.poll(state.turned, left)
      else
         cqueues.poll(state.self, left)
      end
      if state.closed then return errno.EBADF end
   end
end

-- Two of a mode and a timeout, in either order.
local function mode_and_timeout(first, second)
   if type(first) == "number" then return second, first end
   return first, second
end

-- ---- Reading ----

local function read(state, what, timeout, operation)
   if state.errors.r then return nil, fail(state, operation, "r", state.errors.r) end
   local take = read_patterns(what, 4)
   local deadline = deadline_of(state, timeout)
   local why
   while true do
      local value, is_over = take(state.input, why == END, state.max_line)
      if value or is_over or why == END then return value end
      why = persist(state, pull, deadline)
      if why and why ~= END then return nil, fail(state, operation, "r", why) end
   end
end

--- xread(what [, mode] [, timeout]) reads what: a number of bytes, a negative number for up to so many, "*l", "*L",
-- "*a", "*h" or "*H". The mode is not used: all is binary.
function methods:xread(what, ...)
   local state = own(self, "xread")
   local _, timeout = mode_and_timeout(...)
   return read(state, what, timeout, "read")
end

--- read(what …) reads one after the other.
function methods:read(...)
   local state = own(self, "read")
   local count = math.max(1, select("#", ...))
   local results = {}
   for i = 1, count do
      local value, why = read(state, select(i, ...) or "*l", nil, "read")
      results[i] = value
      if value == nil then
         results[i + 1] = why
         return (table.unpack or unpack)(results, 1, i + 1)
      end
   end
   return (table.unpack or unpack)(results, 1, count)
end

--- lines([what]), xlines(what [, mode] [, timeout]) iterate.
function methods:lines(what)
   local state = own(self, "lines")
   return function() return read(state, what or "*l", nil, "lines") end
end

function methods:xlines(what, ...)
   local state = own(self, "xlines")
   local _, timeout = mode_and_timeout(...)
   return function() return read(state, what, timeout, "read") end
end

--- fill(size [, timeout]) reads ahead until so many bytes are there: true; false at the end, and after an error.
function methods:fill(size, timeout)
   local state = own(self, "fill")
   if state.errors.r then return false, fail(state, "fill", "r", state.errors.r) end
   local deadline = deadline_of(state, timeout)
   while state.input:size() < size do
      local why = persist(state, pull, deadline)
      if why then return false, fail(state, "fill", "r", why) end
   end
   return true
end

--- unget(bytes) puts bytes back, in front of what is read next.
function methods:unget(bytes)
   own(self, "unget").input:put_back(bytes)
   return true
end

-- ---- Writing ----

local function flush(state, timeout, operation)
   if state.errors.w then return false, fail(state, operation, "w", state.errors.w) end
   local why = persist(state, push, deadline_of(state, timeout))
   if why then return false, fail(state, operation, "w", why) end
   return true
end

local function is_buffering(state, mode)
   if not mode or not mode:find "[nlf]" then mode = state.output_mode end
   return mode:find("f", 1, true) ~= nil
end

--- xwrite(data [, mode] [, timeout]) writes: the socket, or nil and what onerror says. In mode "f" it only stands in
-- the output until something else is flushed.
function methods:xwrite(data, ...)
   local state = own(self, "xwrite")
   local mode, timeout = mode_and_timeout(...)
   if state.ended.w or state.errors.w then return nil, fail(state, "flush", "w", state.errors.w or END) end
   if data ~= "" then state.output[#state.output + 1] = data end
   if is_buffering(state, mode) then return self end
   local ok, first, second = flush(state, timeout, "flush")
   if ok then return self end
   return nil, first, second
end

--- write(data …) writes all of these.
function methods:write(...)
   local pieces = { ... }
   for i = 1, select("#", ...) do pieces[i] = tostring(pieces[i]) end
   return self:xwrite(table.concat(pieces))
end

--- flush([mode] [, timeout]) sends what stands in the output: true, or false and what onerror says.
function methods:flush(...)
   local state = own(self, "flush")
   local _, timeout = mode_and_timeout(...)
   return flush(state, timeout, "flush")
end

-- ---- The end ----

-- Sends what stands in the output, and then the end. Before the handshake there is nobody to tell.
local function push_end(state)
   local why = push(state)
   if why or not state.is_shaken then return why end
   if state.turn.w then return BUSY end
   state.turn.w = true
   state.stream:settimeout(0)
   local ok, message, code = state.stream:shutdown "send"
   finish_turn(state, "w")
   if not ok then return errno_of(state, message, code) end
end

--- shutdown([how]) ends a direction: "w" sends what stands in the output, as long as settimeout() says, and tells the
-- peer of the end (close_notify); "r" reads no more, "rw" (the default) both. true; or false and an errno: then the
-- peer has not been told, and after ETIMEDOUT it can be called again.
function methods:shutdown(how)
   local state = own(self, "shutdown")
   how = how or "rw"
   if how:find "r" then state.ended.r = true end
   if how:find "w" and not state.ended.w then
      local why = persist(state, push_end, deadline_of(state))
      if why then return false, why end
      state.ended.w = true
   end
   return true
end

--- close() sends what it can within a second, and close_notify, and closes the socket below. Where something stands in
-- the output that could not be sent, the peer is not told of an end: it sees that something is missing.
function methods:close()
   local state = own(self, "close")
   if state.closed then return end
   if not state.ended.w and state.is_shaken then persist(state, push, cqueues.monotime() + 1) end
   if state.closed then return end
   if state.output[1] then stream_of(state.stream, "close").cut = true end
   state.closed = true
   state.stream:settimeout(1)
   state.stream:close()
   state.turned:signal()
end

--- eof([which]) tells whether a direction has ended: of "r" or "w", or of both.
function methods:eof(which)
   local state = own(self, "eof")
   local reading = state.ended.r and state.input:size() == 0
   if which == "r" then return reading end
   if which == "w" then return state.ended.w end
   return reading, state.ended.w
end

-- ---- Settings and errors ----

--- pending() is how many bytes stand in the input, and in the output.
function methods:pending()
   local state = own(self, "pending")
   local unsent = 0
   for _, bytes in ipairs(state.output) do unsent = unsent + #bytes end
   return state.input:size(), unsent
end

--- onerror([f]) sets what is called with the socket, the operation, an errno and a level, and says what methods return
-- behind nil; nil: errors other than EPIPE and ETIMEDOUT are raised. Returns the one before.
function methods:onerror(...)
   local state = own(self, "onerror")
   local before = state.onerror or default_onerror
   if select("#", ...) > 0 then state.onerror = (...) end
   return before
end

--- error([which]), seterror(which, errno), clearerr([which]): errors stay until they are cleared; of "r", "w" or both.
function methods:error(which)
   local errors = own(self, "error").errors
   if which then return errors[which] end
   return errors.r, errors.w
end

function methods:seterror(which, why)
   local state = own(self, "seterror")
   for lane in which:gmatch "[rw]" do state.errors[lane] = why end
end

function methods:clearerr(which)
   local state = own(self, "clearerr")
   local reading, writing = state.errors.r, state.errors.w
   for lane in (which or "rw"):gmatch "[rw]" do state.errors[lane] = nil end
   return reading, writing
end

--- failure() is the message and code (doc/api.md) of the failure of TLS or of the transport, or nothing.
function methods:failure()
   local state = own(self, "failure")
   return state.message, state.code
end

--- setmode(input, output): of the output's mode, "n", "l" or "f" count: only "f" waits for a flush. setvbuf("full"),
-- setvbuf("line"), setvbuf("no") says the same of all writing. setmaxline(length): longer lines are read in pieces.
-- settimeout(seconds): for methods that are not given one.
function methods:setmode(input, output)
   local state = own(self, "setmode")
   local before = state.output_mode
   for _, mode in ipairs { input or "b", output or "b" } do
      if mode:find "t" then error("setmode: there is no text mode: give \"b\"", 2) end
   end
   if output then state.output_mode = output:find "[nlf]" and output or output .. before:match "[nlf]" end
   return "b", before
end

function methods:setvbuf(mode, size)
   local state = own(self, "setvbuf")
   local size_before = state.buffer_size
   state.buffer_size = size or size_before
   local names = { no = "n", line = "l", full = "f" }
   local before = state.output_mode
   state.output_mode = "b" .. (names[mode] or error("setvbuf: the mode must be \"no\", \"line\" or \"full\"", 2))
   for name, letter in pairs(names) do
      if before:find(letter, 1, true) then return name, size_before end
   end
end

function methods:setmaxline(length)
   own(self, "setmaxline").max_line = length or MAX_LINE
end

function methods:settimeout(seconds)
   own(self, "settimeout").timeout = seconds
end

-- ---- What lies below and around ----

--- pollfd(), events(), timeout(): for cqueues.poll.
function methods:pollfd() return own(self, "pollfd").stream:pollfd() end
function methods:events() return own(self, "events").stream:events() end
function methods:timeout() return own(self, "timeout").stream:timeout() end

--- peername(), localname(): of the socket below. connect(): true, as it is connected.
function methods:peername() return own(self, "peername").socket:peername() end
function methods:localname() return own(self, "localname").socket:localname() end
function methods:connect()
   own(self, "connect")
   return self
end

--- starttls([timeout]) shakes hands, as the first read or write does: the socket, or nil and what onerror says.
function methods:starttls(...)
   local state = own(self, "starttls")
   local _, timeout = mode_and_timeout(...)
   local why = persist(state, shake_hands, deadline_of(state, timeout))
   if why then return nil, fail(state, "starttls", "w", why) end
   return self
end

--- checktls() is what tells of TLS, as luaossl's object does: getCipherInfo().name, getVersion(), getAlpnSelected().
function methods:checktls()
   return own(self, "checktls").telling
end

--- stream() is the stream below (doc/api.md): info(), session(), fail() … What reads and writes is in use.
function methods:stream()
   return own(self, "stream").stream
end

local function telling(stream)
   local self = {}
   function self.getCipherInfo() return { name = stream:info "cipher_suite" } end
   function self.getVersion() return stream:info "version_id" end
   function self.getAlpnSelected() return stream:info "alpn" end
   return self
end

local make = own_class.class("cqueues_socket", methods, {
   __close = function(self) self:close() end,
   __tostring = function(self) return "bearssl.cqueues: " .. tostring(own(self, "tostring").stream) end,
})

local module = {}

--- wrap(context, socket [, options]) is TLS over a socket of cqueues. context: of bearssl.context; options: of
-- context:wrap, but for `timeout`, which counts as settimeout() says. Returns the socket; or nil, message, code.
function module.wrap(context, socket, given)
   options.context("bearssl.cqueues.wrap", context)
   local stream, message, code = context:wrap(socket, given)
   if not stream then return nil, message, code end
   local state = {
      stream = stream, socket = socket, telling = telling(stream), timeout = given and given.timeout,
      input = read_patterns.new_buffer(), output = {}, output_mode = "bl", max_line = MAX_LINE, buffer_size = MAX_LINE,
      errors = {}, ended = { r = false, w = false }, turn = {}, turned = condition.new(),
   }
   state.self = make(state)
   return state.self
end

return module
