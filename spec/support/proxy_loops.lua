-- Runs a function that connects inside of an event loop: loops.NAME(f), where f gets a connector for bearssl.connect.
local lend = require "spec.support.lend"

local loops = {}

function loops.cqueues(f)
   local cqueues, sockets = require "cqueues", require "cqueues.socket"
   local loop = cqueues.new()
   loop:wrap(function()
      f(function(host, port)
         local socket = sockets.connect(host, port)
         assert(socket:connect(10))
         return socket
      end)
   end)
   assert(loop:loop(60))
end

function loops.copas(f)
   package.loaded["socket.http"] = nil -- Copas wants to be first
   lend "coxpcall"
   local copas, socket = lend "copas", require "socket"
   local is_done, problem = false, nil
   copas.addthread(function()
      copas.setErrorHandler(function(message) is_done, problem = true, message end)
      f(function(host, port) return copas.wrap(assert(socket.connect(host, port))) end)
      is_done = true
   end)
   while not is_done do copas.step(0.05) end
   assert(not problem, problem)
end

function loops.luv(f)
   local uv = require "luv"
   local is_done = false
   coroutine.wrap(function()
      local thread = coroutine.running()
      f(function(host, port)
         local handle = uv.new_tcp()
         handle:connect(host, port, function(why) assert(coroutine.resume(thread, why)) end)
         local why = coroutine.yield()
         if why then return nil, why end
         return handle
      end)
      is_done = true
   end)()
   uv.run()
   assert(is_done)
end

return loops
