-- What carries a stream of bearssl.resty: a cosocket as bearssl.transport.cosocket takes it, in whose place another one
-- can be put. A cosocket belongs to one request of nginx's; a TLS connection outlives it, in a pool.
local Link = {}
Link.__index = Link

--- new(socket, timeouts) → link. link.socket: the cosocket below, nil while the connection lies idle; link.timeouts:
-- { connect, send, read } in milliseconds, of its present user, 0 for those of nginx's directives.
function Link.new(socket, timeouts)
   return setmetatable({ socket = socket, timeouts = timeouts }, Link)
end

function Link:receiveany(max)
   local socket = self.socket
   if not socket then return nil, "closed" end
   return socket:receiveany(max)
end

function Link:send(bytes)
   local socket = self.socket
   if not socket then return nil, "closed" end
   return socket:send(bytes)
end

-- 0: what the user said, or else the directives do.
function Link:settimeout(milliseconds)
   local socket = self.socket
   if not socket then return end
   if milliseconds > 0 then
      socket:settimeout(milliseconds)
   else
      local timeouts = self.timeouts
      socket:settimeouts(timeouts[1], timeouts[2], timeouts[3])
   end
end

function Link:close()
   local socket = self.socket
   self.socket = nil
   if socket then socket:close() end
end

return Link
