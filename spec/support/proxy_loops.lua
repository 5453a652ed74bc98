-- Runs a function that connects inside of an event loop: loops.NAME(f), where f gets a connector for bearssl.connect.
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
   local copas, socket = require "copas", require "socket"
   local done, problem
   copas.addthread(function()
      done, problem = pcall(f, function(host, port)
         local wrapped = copas.wrap(socket.tcp())
         assert(wrapped:connect(host, port))
         return wrapped
      end)
   end)
   copas.loop()
   assert(done, problem)
end

function loops.luv(f)
   local uv = require "luv"
   local done, problem
   coroutine.wrap(function()
      local thread = coroutine.running()
      done, problem = xpcall(f, debug.traceback, function(host, port)
         local handle = uv.new_tcp()
         handle:connect(host, port, function(why) assert(coroutine.resume(thread, why)) end)
         local why = coroutine.yield()
         if why then return nil, why end
         return handle
      end)
   end)()
   uv.run()
   assert(done, problem)
end

return loops
