-- What bearssl.trace makes: it watches one connection beside the program that uses it, and draws or writes what it saw.
--     local tracer = bearssl.trace(stream, { secrets = true })
--     stream:handshake()
--     tracer:pcap "handshake.pcapng"     -- Wireshark and tshark open it decrypted
--     tracer:svg "handshake.svg"
--     tracer:close()
local core = require "bearssl.core"
local driver = require "bearssl.driver"
local encode = require("bearssl.hex").encode
local ladder = require "bearssl.ladder"
local options = require "bearssl.options"
local tap = require "bearssl.trace.tap"

local class = require "bearssl.own"
local look, own = class.look, class.self_of "tracer"

local trace = {}
local methods = {}

-- Bytes of ciphertext that are kept, unless `limit` says otherwise, and messages.
local LIMIT = 16777216
local MESSAGES = 4096

-- ---- Time ----

-- A function that gives the time of day, with its fractions where LuaSocket tells them; it never goes back.
local function time_of_day()
   local began, socket = core.monotonic(), package.loaded.socket
   local now = type(socket) == "table" and socket.gettime and socket.gettime() or os.time()
   return function() return now + (core.monotonic() - began) end
end

-- ---- Addresses ----

-- { address =, port = } as a stream's method tells them, or nil: of the socket below, which may raise.
local function told_by(stream, name)
   local called, address, port = pcall(stream[name], stream)
   port = called and tonumber(port)
   if not port or type(address) ~= "string" then return nil end
   return { address = address, port = port }
end

-- ---- Watching ----

-- The two randoms of a hello that was encrypted: the key log goes by the inner one, the wire by the outer one.
local function note_randoms(self, message)
   if message.stage ~= "client_hello" or type(message.random) ~= "string" then return end
   if message.ech == "inner" then
      self.inner = encode(message.random)
   elseif not self.outermost then
      self.outermost = encode(message.random)
   end
   if self.inner and self.outermost and self.inner ~= self.outermost then
      self.outer[self.inner] = self.outermost
   end
end

-- Data makes one arrow for as long as nothing else comes between.
local function note_data(self, message)
   local entries = self.recorder.entries
   local last = entries[#entries]
   if last and last.count and last.direction == message.direction and last.early == message.early then
      last.count, last.length = last.count + 1, last.length + (message.length or 0)
      last.title = ("ApplicationData x%d"):format(last.count)
      return
   end
   self.recorder:note(message)
   last = entries[#entries]
   last.count, last.direction, last.early = 1, message.direction, message.early
   last.message = { early = message.early }
end

local function note_stage(self, message)
   note_randoms(self, message)
   if #self.recorder.entries >= MESSAGES then
      self.cut = true
   elseif message.stage == "application_data" then
      note_data(self, message)
   else
      self.recorder:note(message)
   end
end

-- What a handler has answered, as far as it is no secret: a `sign` or `psk` handler gives bytes.
local function answer_of(name, ok, count, answer, reason)
   if not ok then return "the handler raised an error" end
   local is_nil = answer == nil and (reason ~= nil or name == "verify" and count > 0)
   if answer == false or is_nil then
      return type(reason) == "string" and "refused: " .. reason or "refused"
   end
   if answer == nil then return "as it would be without a handler" end
   if name == "verify" and type(answer) == "string" then return answer end
   return answer == true and "yes" or "given"
end

local function note_answer(self, name, ...)
   local asked = self.asked
   self.asked = nil
   -- Everybody is asked `keylog`, for us; sessions are stored by the handful.
   if name == "keylog" or name == "session_store" or #self.recorder.entries >= MESSAGES then return end
   local fields = {}
   if asked and asked.verdict then fields[1] = { "verdict", tostring(asked.verdict) } end
   fields[#fields + 1] = { "answer", answer_of(name, ...) }
   if asked then fields[#fields + 1] = { "took", ("%.2f ms"):format((core.monotonic() - asked.at) * 1000) } end
   self.recorder:remark(("handler '%s'"):format(name), fields)
end

local function observer(self)
   return {
      stage = function(message) note_stage(self, message) end,
      asked = function(name, question)
         if name == "keylog" then
            if self.secrets then self.lines[#self.lines + 1] = question.line end
            return
         end
         self.asked = { at = core.monotonic(), verdict = question and question.verdict }
      end,
      answered = function(name, ...) note_answer(self, name, ...) end,
   }
end

-- Notes ciphertext for the packets.
local function hear(self, direction, bytes)
   if bytes == "" then return end
   local from = self.mode
   if direction == "received" then from = from == "client" and "server" or "client" end
   if bytes then
      if self.kept + #bytes > self.limit then
         self.full = true
         return
      elseif self.full then
         return -- a gap would read as bytes that were lost
      end
      self.kept = self.kept + #bytes
   elseif self.ended[from] then
      return
   else
      self.ended[from] = true
   end
   self.chunks[#self.chunks + 1] = { time = self.now(), from = from, bytes = bytes }
end

local function attach(self, connection, stream)
   local object = connection.core
   self.connection, self.object = connection, object
   self.before = {
      watches_nothing = connection.watches_nothing, steps_after_send = connection.steps_after_send,
   }
   local watched = { keylog = self.secrets or nil }
   for name in pairs(connection.handlers) do watched[name] = true end
   for _, name in ipairs(core.stages()) do watched[name] = true end
   object:watch(driver.masks(watched))
   self.tap = tap.new(object, function(direction, bytes) hear(self, direction, bytes) end)
   connection.core, connection.tracer = self.tap, observer(self)
   connection.tracer.state = self
   connection.watches_nothing, connection.steps_after_send = false, true
   if stream then stream[1], stream[2] = nil, nil end -- from where its data would pass us by
end

-- How it ended, for a connection that has failed: the sentence, or nil.
local function failure_of(self)
   local connection = self.connection
   local object = connection and (connection.core or connection.retired)
   if not object then return self.failure end
   local _, message, code = object:failure()
   if message and code ~= "closed" then
      return ("%s (%s)"):format(connection.failure or message, tostring(code))
   end
   return nil
end

local function detach(self)
   local connection = self.connection
   if not connection then return end
   self.failure = failure_of(self)
   if connection.core == self.tap then
      local stages, decisions = driver.masks(connection.handlers)
      self.object:watch(stages, decisions)
      connection.core = self.object
   end
   if connection.retired == self.tap then connection.retired = self.object end
   connection.tracer = nil
   connection.watches_nothing = self.before.watches_nothing
   connection.steps_after_send = self.before.steps_after_send
   self.connection, self.object, self.tap = nil, nil, nil
end

-- ---- What was seen ----

local LATE = "the trace began after the handshake: what was said before is missing, and nothing can be decrypted"

local function comments(self)
   local list = {}
   if self.late then list[#list + 1] = LATE end
   if self.full then
      list[#list + 1] = ("only the first %d bytes were kept: option 'limit' of bearssl.trace"):format(self.kept)
   end
   if #self.lines > 0 then
      list[#list + 1] = "this file holds the secrets of the connection: whoever has it reads what was said"
   end
   return list
end

--- capture(tracer) is what pcapng.encode takes of one connection.
local function capture(self)
   local from, to = self.address, self.peer
   if self.mode == "server" then from, to = to, from end
   return {
      mode = self.mode, began = self.began, chunks = self.chunks, lines = self.lines, outer = self.outer,
      client = from, server = to, comments = comments(self),
   }
end

local function check_path(path, method)
   if type(path) ~= "string" or path == "" or path:find "%z" then
      error(("%s: the path must be a string, neither empty nor with a NUL in it, not %s"):format(method,
         options.describe(path)), 3)
   end
end

--- pcap(path) writes what went over the wire as a pcapng file, with the secrets inside where option `secrets` asked for
-- them: then whoever has the file reads the connection. It is made for its owner alone (mode 0600), instead of one that
-- is there. true, or nil, message, code: "file_unwritable"; "closed" after close().
function methods:pcap(path, ...)
   local state = own(self, "pcap")
   options.surplus("pcap", path, ...)
   check_path(path, "pcap")
   local done, message, code = trace.write_pcap(path, { self })
   if done then return true end
   if state.closed then return nil, message, "closed" end
   return nil, message, code
end

local function heading(self)
   local info = self.connection and self.connection.core
   info = info or self.connection and self.connection.retired
   info = info and info:info() or self.info
   local parts = {}
   if info and info.established then
      parts[#parts + 1] = tostring(info.version)
      parts[#parts + 1] = info.cipher_suite and tostring(info.cipher_suite) or nil
      parts[#parts + 1] = info.group and tostring(info.group) or nil
      if info.resumed then parts[#parts + 1] = "resumed" end
   end
   return table.concat(parts, ", "), info
end

--- svg(path) draws it as a picture. true, or nil, message, code: "file_unwritable".
function methods:svg(path, ...)
   local state = own(self, "svg")
   options.surplus("svg", path, ...)
   check_path(path, "svg")
   local subtitle, info = heading(state)
   local picture = require("bearssl.trace.svg").draw { {
      entries = state.recorder.entries, subtitle = subtitle, failure = failure_of(state),
      server = info and info.server_name or nil, note = state.late and LATE or nil,
      title = state.mode == "server" and "Handshake, as the server saw it" or "Handshake, as the client saw it",
   } }
   local done, message, code = require("bearssl.trace.writing").write(path, picture)
   return options.result(done, message, code)
end

local text_options = {
   width = function(value) return (type(value) ~= "number" or value < 48 or value > 1000 or value % 1 ~= 0)
      and "an integer from 48 to 1000" or nil end,
   unicode = options.is.boolean, fields = options.is.boolean,
}

--- text([options]) is the ladder as text. options: width (80), unicode (false: ASCII only), fields (true).
function methods:text(given, ...)
   local state = own(self, "text")
   options.surplus("text", nil, ...)
   local style = {}
   if given ~= nil then
      options.check(given, text_options, "text", 2)
      for name, value in pairs(given) do style[name] = value end
   end
   local subtitle = heading(state)
   style.title = subtitle ~= "" and subtitle or nil
   local drawn = ladder.draw(state.recorder.entries, style)
   local failure = failure_of(state)
   if failure then drawn = drawn .. "\nfailed: " .. require("bearssl.describe").printable(failure, style.unicode) end
   if state.late then drawn = drawn .. "\n" .. LATE end
   return drawn
end

--- close() ends the watching, and forgets the secrets and the ciphertext; text() and svg() go on giving what was seen.
-- It can be called at any time, and again. true.
function methods:close(...)
   local state = own(self, "close")
   options.surplus("close", nil, ...)
   local _, info = heading(state)
   state.info = info
   detach(state)
   state.closed, state.chunks, state.lines, state.kept = true, {}, {}, 0
   return true
end

local make = class.class("tracer", methods, {
   __close = function(self) self:close() end,
   __tostring = function(self)
      local state = own(self, "tostring")
      return ("bearssl.tracer: %d messages%s"):format(#state.recorder.entries, state.closed and " (closed)" or "")
   end,
})

--- write_pcap(path, tracers) writes one file of several connections. true, or nil, message, code.
function trace.write_pcap(path, tracers)
   local captures = {}
   for i, tracer in ipairs(tracers) do
      local state = look("tracer", tracer)
      if state.closed then return nil, "the tracer is closed: it has forgotten what went over the wire", "closed" end
      captures[i] = capture(state)
   end
   local bytes = require("bearssl.trace.pcapng").encode(captures)
   return require("bearssl.trace.writing").replace(path, bytes)
end

local function integer(value)
   if type(value) == "number" and value % 1 == 0 and value >= 0 and value <= options.MOST_BYTES then return nil end
   return "an integer, not negative"
end

local known = { secrets = options.is.boolean, limit = integer }

-- Nobody can close a tracer that was lost: it ends here, and makes place. A `__gc` could come in the middle of a step.
local function is_held(state)
   collectgarbage()
   if state.holder[1] then return true end
   detach(state)
   return false
end

--- new(object, given) is bearssl.trace, in the name of whose caller it raises.
function trace.new(object, given)
   local stream = look("stream", object)
   local connection = stream and stream.connection or look("connection", object)
   if not connection then
      error("bearssl.trace: takes a stream or a connection, not " .. options.describe(object), 3)
   end
   if given ~= nil then options.check(given, known, "bearssl.trace", 3) end
   given = given or {}
   if connection.tracer and is_held(connection.tracer.state) then
      error("bearssl.trace: the connection has a tracer already: close it first", 3)
   end
   if not connection.core then return nil, driver.CLOSED, "closed" end
   local now = time_of_day()
   local info = connection.core:info()
   local self = {
      mode = info.mode, now = now, began = now(), secrets = given.secrets, limit = given.limit or LIMIT,
      chunks = {}, kept = 0, lines = {}, outer = {}, ended = {}, late = info.established or nil,
      recorder = ladder.recorder { mode = info.mode, clock = now },
   }
   self.recorder:start()
   if stream then self.address, self.peer = told_by(object, "getsockname"), told_by(object, "getpeername") end
   attach(self, connection, stream)
   local tracer = make(self)
   self.holder = setmetatable({ tracer }, { __mode = "v" })
   return tracer
end

return trace
