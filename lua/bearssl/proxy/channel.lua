-- What speaks to a proxy before TLS begins: bytes in clear text, over whatever carries TLS afterwards. Each method
-- gives nil, message, code ("timeout", "transport_failed", "limit_exceeded") where it fails, and may yield.
local core = require "bearssl.core"

-- ---- Over a transport ----

-- A transport carries what it takes for a connection of the core: this one has no TLS in it.
local Clear = {}
Clear.__index = Clear

function Clear:feed(bytes)
   self.input = self.input .. bytes
   return #bytes
end

function Clear:feed_end()
   self.ended = true
end

function Clear:drain()
   local bytes = self.output
   self.output = ""
   return bytes
end

function Clear:pending_output()
   return #self.output
end

-- A transport over a descriptor leaves reading and writing to the core, which has no clear text: here the socket does
-- it, without waiting.
function Clear:fill()
   local socket = self.socket
   socket:settimeout(0)
   local bytes, why, partial = socket:receive(4096)
   bytes = bytes or partial
   if bytes and bytes ~= "" then
      self:feed(bytes)
      return true
   elseif why == "timeout" then
      return nil, "wantread", "wantread"
   elseif why == "closed" then
      self.ended = true
      return true
   end
   return nil, tostring(why), "transport_failed"
end

function Clear:flush()
   local socket = self.socket
   socket:settimeout(0)
   while self.output ~= "" do
      local last, why, done = socket:send(self.output)
      self.output = self.output:sub((last or done or 0) + 1)
      if not last then
         if why == "timeout" then return nil, "wantwrite", "wantwrite" end
         return nil, why == "closed" and "connection closed" or tostring(why), "transport_failed"
      end
   end
   return true
end

local Through = {}
Through.__index = Through

function Through:write(bytes)
   local clear = self.clear
   clear.output = clear.output .. bytes
   return self.transport:flush(clear, self.deadline)
end

function Through:more()
   local clear = self.clear
   local before = #clear.input
   while #clear.input == before do
      if clear.ended then return nil, "it closed the connection", "transport_failed" end
      local ok, message, code = self.transport:fill(clear, self.deadline)
      if not ok then return nil, message, code end
   end
   self.buffer = self.buffer .. clear.input
   clear.input = ""
   return true
end

-- What has been read and was not the proxy's, also by a socket into its own buffer.
function Through:rest()
   local socket = self.clear.socket
   while socket and socket.dirty and socket:dirty() do
      if not self.clear:fill() or self.clear.ended then break end
   end
   return self.buffer .. self.clear.input
end

-- ---- Over a socket that waits by itself ----

local Over = {}
Over.__index = Over

local function failed(why, code)
   if why == "timeout" then return nil, "timeout", "timeout" end
   if why == "closed" then return nil, "it closed the connection", "transport_failed" end
   return nil, tostring(why), code ~= why and code or "transport_failed"
end

local function limit(self)
   if not self.deadline then return true end
   local left = self.deadline - core.monotonic()
   if left <= 0 then return failed "timeout" end
   self.socket:settimeout(left)
   return true
end

function Over:write(bytes)
   local ok, message, code = limit(self)
   if not ok then return nil, message, code end
   local last, why, _, reason = self.socket:send(bytes)
   if last then return true end
   return failed(why, reason)
end

-- One byte at a time, so that what stands behind the proxy's words stays where it is.
function Over:more()
   local ok, message, code = limit(self)
   if not ok then return nil, message, code end
   local byte, why, _, reason = self.socket:receive(1)
   if not byte then return failed(why, reason) end
   self.buffer = self.buffer .. byte
   return true
end

-- ---- What both do ----

local methods = {}

--- read(count) is exactly so many bytes.
function methods:read(count)
   while #self.buffer < count do
      local ok, message, code = self:more()
      if not ok then return nil, message, code end
   end
   local bytes = self.buffer:sub(1, count)
   self.buffer = self.buffer:sub(count + 1)
   return bytes
end

--- line(limit) is the next line, of at most so many bytes, without its end.
function methods:line(most)
   local from = 1
   while true do
      local at = self.buffer:find("\n", from, true)
      if (at or #self.buffer) > most then return nil, "its answer is too long", "limit_exceeded" end
      if at then
         local line = self.buffer:sub(1, at - 1):gsub("\r$", "")
         self.buffer = self.buffer:sub(at + 1)
         return line
      end
      from = #self.buffer + 1
      local ok, message, code = self:more()
      if not ok then return nil, message, code end
   end
end

for name, method in pairs(methods) do Through[name], Over[name] = method, method end

local channel = {}

local function deadline_of(seconds)
   return seconds and core.monotonic() + seconds
end

--- over(socket, seconds) speaks over a socket of LuaSocket's or one of our streams, which wait by themselves; so long
-- in all. It reads nothing that stands behind what it is asked for.
function channel.over(socket, seconds)
   return setmetatable({ socket = socket, buffer = "", deadline = deadline_of(seconds) }, Over)
end

--- through(transport, seconds) speaks through what carries TLS; or nil, message. rest() is what it has read too much.
function channel.through(transport, seconds)
   local clear = setmetatable({ input = "", output = "", socket = transport.socket }, Clear)
   if transport.fd and not (clear.socket and clear.socket.send and clear.socket.receive) then
      return nil, "the way to a proxy must have methods send and receive: a bare descriptor has none"
   end
   local deadline = deadline_of(seconds)
   return setmetatable({ transport = transport, clear = clear, buffer = "", deadline = deadline }, Through)
end

return channel
