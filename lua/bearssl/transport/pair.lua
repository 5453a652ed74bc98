-- Two transports joined in memory, for specs and for trying things out without a network:
--     local a, b = pair.new()                                   -- never waits: "wantread", "wantwrite"
--     local a, b = pair.new { wait = coroutine.yield }          -- waits by calling wait() until there is something
-- Give each to context:wrap as its transport.
local options_of = require "bearssl.options"

local is = options_of.is

local pair = {}

local specification = {
   capacity = is.integer(1, 2 ^ 31 - 1), chunk = is.integer(1, 2 ^ 31 - 1),
   wait = function(value) return type(value) ~= "function" and "a function" or nil end,
}

local function new_queue()
   return { pieces = {}, first = 1, last = 0, size = 0 }
end

local function push(queue, bytes)
   queue.last = queue.last + 1
   queue.pieces[queue.last] = bytes
   queue.size = queue.size + #bytes
end

local function pull(queue, max)
   local piece = queue.pieces[queue.first]
   if not piece then return nil end
   if #piece > max then
      queue.pieces[queue.first] = piece:sub(max + 1)
      piece = piece:sub(1, max)
   else
      queue.pieces[queue.first] = nil
      queue.first = queue.first + 1
   end
   queue.size = queue.size - #piece
   return piece
end

local function new_end(incoming, outgoing, options)
   local capacity, wait = options.capacity or 65536, options.wait
   local limit
   local self = {}
   function self.read(n)
      while true do
         if incoming.gone then return nil, "closed" end -- by this end, perhaps while it waited
         local bytes = pull(incoming, options.chunk or n)
         if bytes then return bytes end
         if incoming.closed then return nil, "closed" end
         if not wait or limit == 0 then return nil, "timeout" end
         wait()
      end
   end
   function self.write(bytes)
      while true do
         if outgoing.closed or outgoing.gone then return nil, "broken pipe" end
         local room = capacity - outgoing.size
         if room > 0 then
            if #bytes > room then bytes = bytes:sub(1, room) end
            push(outgoing, bytes)
            return #bytes
         end
         if not wait or limit == 0 then return nil, "timeout" end
         wait()
      end
   end
   function self.settimeout(seconds) limit = seconds end
   function self.close()
      outgoing.closed = true
      incoming.gone = true
      self.closed = true
   end
   return self
end

--- new([options]) → two tables of functions. options: capacity (bytes each direction holds, 65536), chunk (at most
-- so many bytes per read), wait (function called while there is nothing to read or no room; without it the
-- functions return nil, "timeout").
function pair.new(options)
   if options ~= nil then options_of.check(options, specification, "bearssl.transport.pair.new", 2) end
   options = options or {}
   local there, back = new_queue(), new_queue()
   return new_end(back, there, options), new_end(there, back, options)
end

return pair
