-- LuaSec's connections: a stream of the library's behind LuaSec's methods, conventions and messages.
--
-- A connection's state has the fields
--    context          what its context was told when it began (settings.lua)
--    fd, socket       the descriptor; and the object that was wrapped, where it is that which must close it
--    carrier          the transport (transport/descriptor.lua)
--    stream, work     the library's stream, from the first dohandshake on, and its state
--    connected, failed, closed   how far it has come; failed: "System error" is all that comes
--    cannot_send      the same of sending alone: what the peer has said can still be read
--    timeout          seconds of settimeout
--    server_name      what sni() was given; names, strict: on a server
--    judged, refused, raised   see judgement.lua and handlers.lua
--    received, sent, since   statistics
--    ahead, at        what has been read and not given away, and where it begins
local Descriptor = require "bearssl.transport.descriptor"
local Stream = require "bearssl.stream"
local alert_text = require "bearssl.luasec.alert_text"
local context_module = require "bearssl.luasec.context"
local core = require "bearssl.core"
local handlers = require "bearssl.luasec.handlers"
local look_own = require("bearssl.own").look
local object = require "bearssl.luasec.object"
local settings = require "bearssl.luasec.settings"

local text = object.text
local look_context = context_module.look

local connection, methods = {}, {}

local function suffix(state)
   return state.closed and " (closed)" or ""
end

-- ---- The end ----

-- A socket of LuaSocket's that closes descriptors: each has a buffer of 8 KB, so that connections do not keep theirs.
-- It is made before it is needed: that may be in a finalizer at the end of the Lua state, after which LuaJIT would
-- finalize what is made there when LuaSocket's code is gone.
local closer

local function closing_socket()
   if not closer then
      local ok, luasocket = pcall(require, "socket")
      closer = ok and luasocket.tcp() or nil
   end
   return closer
end

-- Whether a socket is better kept, to close the descriptor that was its own.
local function closes_itself(socket)
   local ok, close = pcall(function() return socket.close end)
   return ok and close ~= nil and not tostring(socket):find "^tcp{"
end

local function close_descriptor(state)
   local fd = state.fd
   state.fd = -1
   if type(fd) ~= "number" or fd < 0 then return end
   local socket = state.socket or closer
   if not socket then return end
   socket:setfd(fd)
   socket:close()
end

local function close(state)
   if state.closed then return end
   state.closed = true
   if state.stream then
      -- it does not wait for a peer that does not read
      state.work.timeout = 0
      pcall(state.stream.close, state.stream)
   end
   state.connected, state.names = false, nil
   close_descriptor(state)
end

local look
local function finish(self)
   local state = look(self)
   if state then close(state) end
end

local make, check
make, look, check = object.class("SSL:Connection", "SSL connection", methods, {
   suffix = suffix, __gc = finish, __close = finish,
})

--- create(ctx) is a connection that has no descriptor yet; nil, "invalid mode" where its context is neither a client's
-- nor a server's. Raises "invalid context" for anything else.
function connection.create(ctx)
   local context = look_context(ctx)
   if not context then error("bad argument #1 to 'create' (invalid context)", 3) end
   if not context.mode then return nil, "invalid mode" end
   return make {
      context = settings.snapshot(context), fd = -1, received = 0, sent = 0, since = core.monotonic(),
      look = look_context,
   }
end

--- attach(conn, socket) gives it what it runs over, which has no descriptor from then on.
function connection.attach(conn, socket)
   local state = check(conn, "setfd")
   local fd = socket:getfd()
   state.socket, state.fd = closes_itself(socket) and socket or nil, fd
   if not state.socket then closing_socket() end
   if type(fd) == "number" and fd >= 0 then
      state.carrier = Descriptor.new(socket)
      state.carrier.socket = nil -- the descriptor is ours, not the socket's
   end
   socket:setfd(-1)
end

--- setfd(conn, fd) does it with a bare descriptor.
function connection.setfd(conn, fd)
   local state = check(conn, "setfd")
   state.fd = tonumber(fd) or -1
   closing_socket()
   state.carrier = state.fd >= 0 and Descriptor.new(math.floor(state.fd)) or nil
end

--- setmethod(name, function) gives every connection a method.
function connection.setmethod(name, method)
   methods[text(name, "setmethod", 1)] = method
end

-- ---- Waiting ----

local MODES = { b = true, t = true, r = true }

--- settimeout(seconds [, mode]): how long each call may take; nil or negative: for ever. mode: "b", "t" or "r", which
-- all mean that: LuaSec's block timeout counts from the beginning of a call too. 1.
function methods:settimeout(seconds, mode)
   local state = check(self, "settimeout")
   if seconds ~= nil and not tonumber(seconds) then
      error(("bad argument #2 to 'settimeout' (number expected, got %s)"):format(type(seconds)), 2)
   end
   if mode ~= nil and not MODES[text(mode, "settimeout", 3):sub(1, 1)] then
      error("bad argument #3 to 'settimeout' (invalid timeout mode)", 2)
   end
   state.timeout = tonumber(seconds)
   if state.stream then state.stream:settimeout(state.timeout) end
   return 1
end

local again = { wantread = "wantread", wantwrite = "wantwrite" }

-- LuaSec knows no "timeout": it says what the call waited for.
local function waited(state, code)
   if code == "timeout" then return state.work.wanted == "write" and "wantwrite" or "wantread" end
   return again[code]
end

-- What a failure of the library's is called. what: the field that says so from then on.
local function failure(state, message, code, what)
   if code == "closed" then return "closed" end
   if code == "truncated" and state.context.options.ignore_unexpected_eof then return "closed" end
   state[what or "failed"] = true
   if state.refused then
      state.refused = nil
      return "certificate verify failed"
   end
   -- hardly a message that came too early or too late, but something that is no record
   if state.connected and code == "unexpected_message" then return "wrong version number" end
   local version = not state.closed and state.stream:info("version") or nil
   return alert_text.of(code, message, state.context.mode == "server", version)
end

-- ---- The handshake ----

-- What a client tells the server: a name that the library would not send, such as one with a space, is no name.
local function name_to_send(state)
   local name = state.server_name
   if not name then return false end
   return core.server_name(name) and name or false
end

-- The stream, or nil and a text.
local function open(state)
   if not state.carrier then return nil, "Bad file descriptor" end
   local built = settings.build(state.context)
   if built.broken then return nil, built.broken end
   local verify = built.context.settings.verify
   local given = { handlers = handlers.of(state, verify ~= "none") }
   if state.context.mode == "client" then given.server_name = name_to_send(state) end
   local stream, message = Stream.new(built.context, state.carrier, given)
   if not stream then return nil, message end
   state.stream, state.work = stream, look_own("stream", stream)
   -- Younger than the core's connection, so that it is finalized first and the peer can still be told.
   state.guard = core.userdata { __gc = function() close(state) end }
   stream:settimeout(state.timeout)
   return stream
end

--- dohandshake(): true; or false and a message: "wantread", "wantwrite", "closed", or what went wrong.
function methods:dohandshake()
   local state = check(self, "dohandshake")
   if state.closed then return false, "closed" end
   if state.connected then return true end
   if state.failed then return false, "System error" end
   if not state.stream then
      local _, message = open(state)
      if message then
         state.failed = true
         return false, message
      end
   end
   local ok, message, code = state.stream:handshake()
   if ok then
      state.connected = true
      -- What the handlers decide is decided: the quick ways of sending and receiving are free from here on.
      state.work.connection.watches_nothing = true
      return true
   end
   local wanted = waited(state, code)
   if wanted then return false, wanted end
   local raised = state.raised
   local problem = failure(state, message, code)
   if raised then
      state.raised = nil
      error(raised[1], 0)
   end
   return false, problem
end

-- ---- Names and protocols ----

local function check_names(map)
   if type(map) ~= "table" then
      error(("bad argument #2 to 'sni' (table expected, got %s)"):format(type(map)), 3)
   end
   for name, ctx in pairs(map) do
      if type(name) ~= "string" then error("bad argument #2 to 'sni' (the names must be strings)", 3) end
      if not look_context(ctx) then error("bad argument #2 to 'sni' (SSL:Context expected)", 3) end
   end
end

--- sni(name) of a client: what it asks the server for. sni(map [, strict]) of a server: name → context; the table is
-- looked up later; strict: a name that is not there ends the handshake.
function methods:sni(name, strict)
   local state = check(self, "sni")
   if state.context.mode == "server" then
      check_names(name)
      state.names, state.strict = name, strict and true or false
   else
      name = text(name, "sni", 2)
      if #name <= 255 then state.server_name = name ~= "" and name or nil end
   end
   return true
end

--- getsniname() is the name that the client asks for, or nil.
function methods:getsniname()
   local state = check(self, "getsniname")
   if state.context.mode == "client" then return state.server_name end
   return state.stream and state.stream:info("server_name") or nil
end

--- getalpn() is the protocol that was agreed upon, or nil.
function methods:getalpn()
   local state = check(self, "getalpn")
   return state.connected and state.stream:info("alpn") or nil
end

-- ---- Data ----

--- send(data [, i [, j]]) sends a part of a string: the index of the last byte sent; or nil, message, that index.
function methods:send(data, i, j)
   local state = check(self, "send")
   data = text(data, "send", 2)
   i, j = tonumber(i) or 1, tonumber(j) or -1
   i, j = math.floor(i), math.floor(j)
   if i < 0 then i = #data + i + 1 end
   if j < 0 then j = #data + j + 1 end
   i, j = math.max(i, 1), math.min(j, #data)
   if i > j then return i - 1, nil, nil end
   if not state.connected then return nil, "closed", i - 1 end
   if state.failed or state.cannot_send then return nil, "System error", i - 1 end
   local last, message, sent, code
   if i == 1 and j == #data then
      last, message, sent, code = state.stream:send(data)
   else
      last, message, sent, code = state.stream:send(data, i, j)
   end
   if last then
      state.sent = state.sent + last - i + 1
      return last, nil, nil
   end
   state.sent = state.sent + sent - i + 1
   return nil, waited(state, code) or failure(state, message, code, "cannot_send"), sent
end

-- "*l", "*a", or a number of bytes.
local function pattern_of(pattern)
   if pattern == nil then return "*l" end
   if type(pattern) == "string" and pattern:find "^%*[la]" then return pattern:sub(1, 2) end
   local count = tonumber(pattern)
   if (type(pattern) == "number" or type(pattern) == "string") and count and count >= 0 and count < 2 ^ 53 then
      return math.floor(count)
   end
   error("bad argument #2 to 'receive' (invalid receive pattern)", 3)
end

-- What receive finds out as its first failure: nil, message, partial.
local function refused(state, message, partial, code)
   return nil, waited(state, code) or failure(state, message, code), partial
end

-- A line is looked for here and not by the stream, because LuaSec's statistics count carriage returns and line feeds,
-- which are not given away. What came behind it waits in `ahead`, from the byte `at` on.
local PIECE = 8192

-- More bytes into an empty `ahead`: true, or nil, message, code. deadline: when the call that wants them must end.
local function read_ahead(state, deadline)
   if deadline then state.stream:settimeout(math.max(0, deadline - core.monotonic())) end
   local bytes, message, _, code = state.stream:receiveany(PIECE)
   if deadline then state.stream:settimeout(state.timeout) end
   if not bytes then return nil, message, code end
   state.ahead, state.at = bytes, 1
   return true
end

-- Takes at most `count` bytes out of it, or all.
local function take_ahead(state, count)
   local ahead, at = state.ahead, state.at
   if not ahead then return "" end
   local last = count and math.min(#ahead, at + count - 1) or #ahead
   state.received = state.received + last - at + 1
   if last == #ahead then
      state.ahead = nil
   else
      state.at = last + 1
   end
   return ahead:sub(at, last)
end

local function without_returns(line)
   return (line:gsub("\r", ""))
end

local function receive_line(state, prefix)
   local parts = { prefix }
   local timeout = state.timeout
   local deadline = timeout and timeout > 0 and core.monotonic() + timeout
   while true do
      if not state.ahead then
         local ok, message, code = read_ahead(state, deadline)
         if not ok then return refused(state, message, table.concat(parts), code) end
      end
      local ending = state.ahead:find("\n", state.at, true)
      local piece = take_ahead(state, ending and ending - state.at + 1)
      parts[#parts + 1] = without_returns(ending and piece:sub(1, -2) or piece)
      if ending then return table.concat(parts), nil, nil end
   end
end

-- receive(0) waits until there is something.
local function await(state)
   if not state.ahead then
      local ok, message, code = read_ahead(state)
      if not ok then return refused(state, message, "", code) end
   end
   return "", nil, nil
end

--- receive([pattern [, prefix]]): LuaSocket's; the data; or nil, message, what came with the prefix before it.
function methods:receive(pattern, prefix)
   local state = check(self, "receive")
   pattern = pattern_of(pattern)
   prefix = prefix == nil and "" or text(prefix, "receive", 3)
   local count = type(pattern) == "number" and pattern or nil
   if count and prefix ~= "" and count <= #prefix then return prefix, nil, nil end
   if not state.connected then return nil, "closed", prefix end
   if state.failed then return nil, "System error", prefix end
   if pattern == "*l" then return receive_line(state, prefix) end
   if count == 0 then return await(state) end
   local lead = prefix
   if state.ahead then
      lead = prefix .. take_ahead(state, count and count - #prefix)
      if count and #lead == count then return lead, nil, nil end
   end
   local data, message, partial, code
   if lead == "" then
      data, message, partial, code = state.stream:receive(pattern)
   else
      data, message, partial, code = state.stream:receive(pattern, lead)
   end
   if data then
      state.received = state.received + #data - #lead
      return data, nil, nil
   end
   state.received = state.received + #partial - #lead
   local _, problem = refused(state, message, partial, code)
   if problem == "closed" and pattern == "*a" and #partial > #prefix then return partial, nil, nil end
   return nil, problem, partial
end

--- dirty() tells whether a receive finds something without waiting for the descriptor.
function methods:dirty()
   local state = check(self, "dirty")
   if not state.connected or state.failed then return false end
   return state.ahead ~= nil or state.stream:dirty()
end

--- want() is what the call that was cut short waits for: "nothing", "read" or "write".
function methods:want()
   local state = check(self, "want")
   return state.work and state.work.wanted or "nothing"
end

--- getfd() is the descriptor, -1 after close.
function methods:getfd()
   return check(self, "getfd").fd
end

--- getstats() is bytes received, bytes sent, and the seconds since it began.
function methods:getstats()
   local state = check(self, "getstats")
   return state.received, state.sent, core.monotonic() - state.since
end

--- setstats([received [, sent [, age]]]) sets them: 1.
function methods:setstats(received, sent, age)
   local state = check(self, "setstats")
   state.received, state.sent = tonumber(received) or state.received, tonumber(sent) or state.sent
   if tonumber(age) then state.since = core.monotonic() - age end
   return 1
end

--- close() sends close_notify, as far as that can be done without waiting, and closes the descriptor.
function methods:close()
   close(check(self, "close"))
end

--- shutdown() sends close_notify and goes on reading: true; or false and "wantwrite", or a message.
function methods:shutdown()
   local state = check(self, "shutdown")
   if not state.connected or state.failed then return true end
   local ok, message, code = state.stream:shutdown()
   if ok then return true end
   return false, waited(state, code) or failure(state, message, code, "cannot_send")
end

require "bearssl.luasec.telling"(methods, check)

return connection
