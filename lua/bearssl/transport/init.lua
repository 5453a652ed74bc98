-- Transports carry ciphertext between a connection of the core and the world. transport.new(object) makes the one for
-- what the user has, which is never taken for one itself. A transport is a table with
--
--    fill(core, deadline)    brings ciphertext into the core: core:feed(bytes) or core:fill(descriptor), and
--                            core:feed_end() at the end of the stream. Returns true when something was
--                            brought (or the end), otherwise nil, message, code:
--                               "wantread"    nothing there, and the deadline is 0
--                               "timeout"     the deadline has passed
--                               "transport_failed"  it failed
--    flush(core, deadline)   sends all the output the core has. Returns true when none is left, otherwise nil,
--                            message, code ("wantwrite", "timeout", "transport_failed"). What could not be sent yet
--                            stays, here or in the core; pending() tells.
--    pending(core)           whether output waits that has not been sent
--    close()                 closes what lies below, if it is the transport's to close
--    descriptor()            the descriptor to wait for, or nil
--    polls                   true when flush(core, 0) and fill(core, 0) come back at once
--    has_arrived()           optional: whether fill(core, 0) would bring something that the descriptor does not tell of
--    send(core, data, i, j, deadline)   optional: encrypts and sends; the index of the last byte when all is sent,
--                            otherwise nil, message, code, index of the last byte that was encrypted
--
-- deadline: in seconds of core.monotonic(); nil waits for ever, 0 never waits.
-- fill and flush may yield. One coroutine may be in fill while another is in flush.
local core = require "bearssl.core"
local describe = require("bearssl.options").describe

local look = require("bearssl.own").look

local transport = {}

--- precede(carrier, received) makes a transport begin with what its user has read of it already.
function transport.precede(carrier, received)
   local own_fill = rawget(carrier, "fill")
   carrier.received = received
   function carrier:fill(object)
      local taken = object:feed(self.received) or #self.received
      if taken < #self.received then
         self.received = self.received:sub(taken + 1)
      else
         self.received, self.fill = nil, own_fill
      end
      return true
   end
end

--- remaining(deadline) is how long an operation may still take: nil for ever, 0 when the time is over.
function transport.remaining(deadline)
   if not deadline then return nil end
   if deadline == 0 then return 0 end
   local left = deadline - core.monotonic()
   return left > 0 and left or 0
end

local function index(object, name) return object[name] end

local function field(object, name)
   local ok, value = pcall(index, object, name)
   return ok and value or nil
end

local function has(object, ...)
   for i = 1, select("#", ...) do
      local value = field(object, (select(i, ...)))
      local meta = type(value) == "table" and getmetatable(value)
      if type(value) ~= "function" and not (meta and meta.__call) then return false end
   end
   return true
end

-- Whether an object is one of a library's that is loaded: without it there can be none.
local function belongs(library, object)
   local loaded = package.loaded[library]
   local kind = type(loaded) == "table" and loaded.type
   return type(kind) == "function" and kind(object) ~= nil
end

-- What cannot carry TLS, or not as it is: the message, or nil.
local function refuse(object)
   local shown = tostring(object)
   if shown:find("^udp") then return "a UDP socket carries no TLS: give a TCP socket" end
   if shown:find("^tcp{server}") then return "a listening socket carries no TLS: give what its accept returns" end
   if shown:find("^tcp{master}") then return "the socket is not connected: connect it first" end
   if has(object, "dohandshake", "getpeercertificate") then
      return "a LuaSec connection speaks TLS itself: give the TCP socket below it, before ssl.wrap"
   end
   if io.type(object) then
      return "a file of Lua's waits for all that it is asked to read: give a descriptor or a socket"
   end
   return nil
end

-- Those that wait by themselves, in their own loop, have no use for another's way to wait.
local function no_wait(wait, what)
   return wait and ("%s by itself: the option 'wait' is for a LuaSocket object or a descriptor"):format(what) or nil
end

local function is_copas(object)
   return (tostring(object):find("copas", 1, true) or package.loaded.copas and has(field(object, "socket"), "getfd"))
      and has(object, "send", "receive")
end

-- Which of our modules carries such an object, the name of its constructor, and what it is that waits by itself.
local function recognize(object, kind)
   if look("stream", object) then return "functions", "over_stream", "a stream waits" end
   if belongs("cqueues.socket", object) then return "cqueues", "new", "a socket of cqueues waits" end
   if kind == "userdata" and has(object, "read_start", "read_stop", "try_write") then
      return "luv", "new", "a handle of luv waits"
   end
   local refused = refuse(object)
   if refused then return nil, refused end
   if kind == "userdata" and has(object, "getfd") then return "descriptor", "new" end
   if kind == "table" and has(object, "read", "write") then
      return "functions", "new", "a table of read and write functions waits"
   end
   if kind == "table" and is_copas(object) then return "copas", "new", "a socket of Copas waits" end
   if has(object, "receiveany", "send", "settimeout") and not has(object, "getfd") then
      return "cosocket", "new", "a cosocket waits"
   end
   if has(object, "getfd") then return "descriptor", "new" end
   return nil, nil
end

--- new(object [, wait]) is the transport for a LuaSocket object, a descriptor number, a Copas socket, a cosocket, a
-- socket of cqueues, one of our own streams (TLS within TLS), or a table of functions. wait: the function of the option
-- of that name, for what has a descriptor. Returns nil and what is wrong.
function transport.new(object, wait)
   local kind = type(object)
   if wait then wait = require "bearssl.transport.waiting"(wait) end
   if kind == "number" then
      if object % 1 ~= 0 or object < 0 or object >= 2 ^ 31 then
         return nil, "a descriptor is an integer from 0 to 2147483647, not " .. describe(object)
      end
      return require("bearssl.transport.descriptor").new(object, wait)
   end
   if kind ~= "table" and kind ~= "userdata" then
      return nil, "a transport is a socket, a descriptor number or a table of functions, not a " .. kind
   end
   local module, constructor, waits = recognize(object, kind)
   if module then
      local refused = waits and no_wait(wait, waits)
      if refused then return nil, refused end
      return require("bearssl.transport." .. module)[constructor](object, wait)
   elseif constructor then
      return nil, constructor
   end
   local message = "no transport is known for %s: give a LuaSocket TCP socket, a descriptor number, an nginx cosocket, "
      .. "a Copas or cqueues socket, a luv handle, or a table with read and write functions"
   return nil, message:format(describe(object))
end

return transport
