-- Transport over a socket of cqueues: C reads and writes its descriptor, cqueues waits for it, also outside of a loop.
-- What the socket has read into its own buffer, as after a STARTTLS, comes first.
local descriptor = require "bearssl.transport.descriptor"

local cqueues_transport = {}

local function wait(fd, direction, seconds)
   local cqueues = require "cqueues"
   local wanted = { pollfd = fd, events = direction == "r" and "r" or "w" }
   -- poll also returns for other reasons: what it gives tells which
   local ready, other = cqueues.poll(wanted, seconds)
   if ready == wanted or other == wanted then return true end
   if ready == nil and other ~= nil then return nil, tostring(other), "transport_failed" end
   return nil, "timeout", "timeout"
end

-- The socket as the transport over a descriptor sees one.
local function as_socket(socket)
   local errno = require "cqueues.errno"
   local self = {}
   function self.getfd()
      local open, fd = pcall(socket.pollfd, socket) -- raises when it is closed
      return open and type(fd) == "number" and fd or nil
   end
   function self.dirty()
      return (socket:pending()) > 0
   end
   function self.settimeout() end
   -- Nothing waits here. In binary: a socket in text mode would change line ends.
   function self.receive(_, count)
      local bytes, why = socket:recv(-count, "bn")
      if bytes then return bytes end
      if why == errno.EAGAIN then return nil, "timeout", "" end
      return nil, (why == nil or why == errno.EPIPE) and "closed" or errno.strerror(why), ""
   end
   function self.send(_, bytes)
      local count, why = socket:send(bytes, 1, #bytes, "bn")
      if count == #bytes then return count end
      return nil, why == errno.EAGAIN and "timeout" or errno.strerror(why), count
   end
   function self.close()
      socket:close()
   end
   return self
end

--- new(cqueues socket) → transport, or nil, message.
function cqueues_transport.new(socket)
   local _, unsent = socket:pending()
   if unsent and unsent > 0 then
      local ok, reason = socket:flush()
      if not ok then return nil, "the cqueues socket could not send what stood in its buffer: " .. tostring(reason) end
   end
   return descriptor.new(as_socket(socket), wait)
end

return cqueues_transport
