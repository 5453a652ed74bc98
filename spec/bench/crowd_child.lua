-- One of the processes that hold a crowd of idle connections: lua spec/bench/crowd_child.lua JOB …; or a thread of one
-- (threads.c), whose number is in THREAD.
--     server COUNTS CERTFILE KEYFILE        prints "ports N,N,", holds as many connections as COUNTS ("N,N,") says for
--                                           the thread, each a task of the tool's loop, which waits by epoll where
--                                           there is one, and prints "done"
--     client COUNTS CAFILE PORTS            makes them, one after the other, each with the session of the one before;
--                                           PORTS: "N,N,;N,;" of each thread. Prints "seconds S" and "done". The first
--                                           makes N requests over M connections far apart when it reads "requests N
--                                           between M" from standard input, and prints "server S client S" (processor
--                                           time of one request; the client's processor time is its thread's process's)
--     state COUNTS CERTFILE KEYFILE CAFILE  holds COUNT connections, both ends of each, without sockets: what the one
--                                           writes is given to the other; prints "request S", the processor time of
--                                           both for one request, and "done"
-- Each waits then until it is stopped.
local bearssl = require "bearssl"
local new_loop = require("bearssl.tool.loop").new
local socket = require "socket"

-- In one piece: other threads say something too.
local function say(text)
   io.stdout:write(text .. "\n")
   io.stdout:flush()
end

-- The descriptor alone is what a connection needs of LuaSocket.
local function descriptor_of(tcp)
   tcp:setoption("tcp-nodelay", true)
   local descriptor = tcp:getfd()
   tcp:setfd(-1)
   return descriptor
end

local WARM_UP = 3
-- A client's port is of one connection to one port of the server's, and there are some 28000.
local FOR_ONE_PORT = 25000
local REQUEST = ("x"):rep(63) .. "\n"
local REPLY = ("y"):rep(64)

local THIS = rawget(_G, "THREAD") or 1

-- nth(list, separator, n) is a part of a list in which each part has the separator behind it.
local function nth(list, separator, n)
   for part in list:gmatch("([^" .. separator .. "]*)" .. separator) do
      n = n - 1
      if n == 0 then return part end
   end
   error "there are more threads than parts"
end

local function wait_for_ever()
   while true do socket.sleep(3600) end
end

local jobs = {}

function jobs.server(count, certfile, keyfile)
   local context = assert(bearssl.context { mode = "server", certfile = certfile, keyfile = keyfile, ticket_count = 1 })
   local loop = new_loop()
   local listeners, ports = {}, {}
   for index = 1, math.ceil((count + WARM_UP) / FOR_ONE_PORT) do
      local listener = assert(socket.bind("127.0.0.1", 0, 4096))
      listener:settimeout(0)
      listeners[index], ports[index] = listener, select(2, listener:getsockname()) .. ","
   end
   say("ports " .. table.concat(ports))
   local open = 0

   local function serve(stream)
      assert(loop:handshake(stream, 60))
      while true do
         local request = loop:receive(stream, 64)
         if not request then break end
         local reply = request:find "^processor" and ("%-64s"):format(os.clock()) or REPLY
         assert(loop:send(stream, reply, 60))
         if request:find "^full" then
            collectgarbage()
            collectgarbage()
            say("done")
         end
      end
      stream:close()
   end

   local function take(listener)
      local tcp = listener:accept()
      if not tcp then return end
      open = open + 1
      local stream = assert(context:wrap(descriptor_of(tcp), { timeout = 0 }))
      loop:spawn(function() serve(stream) end)
      -- what a handshake leaves for the collector is not the connection's
      if open % 100 == 0 then collectgarbage "step" end
   end

   for _, listener in ipairs(listeners) do
      loop:spawn(function()
         while true do
            loop:wait(listener, "read")
            take(listener)
         end
      end)
   end
   loop.on_error = function(message)
      say("failed: " .. message)
      os.exit(1)
   end
   loop:run()
end

local function ask(stream, request)
   assert(stream:send(request))
   return assert(stream:receive(64))
end

function jobs.client(count, cafile, given_ports)
   local ports, turn = {}, 0
   for port in nth(given_ports, ";", THIS):gmatch "%d+" do ports[#ports + 1] = tonumber(port) end
   local context = assert(bearssl.context { cafile = cafile, session_cache = 0 })
   local session
   local function open()
      turn = turn % #ports + 1
      local stream = assert(context:wrap(descriptor_of(assert(socket.connect("127.0.0.1", ports[turn]))),
         { server_name = "localhost", session = session or false }))
      assert(stream:handshake())
      ask(stream, REQUEST)
      session = stream:session()
      return stream
   end
   for _ = 1, WARM_UP do open():close() end
   local held, start = {}, socket.gettime()
   for index = 1, count do
      held[index] = open()
      if index % 100 == 0 then collectgarbage "step" end
   end
   local seconds = socket.gettime() - start
   ask(held[1], ("%-63s\n"):format("full"))
   collectgarbage()
   collectgarbage()
   say(("seconds %.6f\ndone"):format(seconds))
   if THIS > 1 then wait_for_ever() end
   for line in io.lines() do
      local requests, between = line:match("requests (%d+) between (%d+)")
      requests, between = tonumber(requests), math.min(tonumber(between), count)
      local function processor() return tonumber(ask(held[1], ("%-63s\n"):format("processor"))) end
      -- far from each other: a step that has no divisor in common with most counts
      local at, step = 0, between > 7919 and 7919 or 1
      collectgarbage()
      local of_server, own = processor(), os.clock()
      for _ = 1, requests do
         at = (at + step) % between
         ask(held[at + 1], REQUEST)
      end
      own = os.clock() - own
      say(("server %.9f client %.9f"):format((processor() - of_server) / requests, own / requests))
   end
end

-- Gives each end what the other has to say, until none has anything.
local function pass(a, b)
   repeat
      a:step()
      local out = a:drain()
      if #out > 0 then b:feed(out) end
      b:step()
      local back = b:drain()
      if #back > 0 then a:feed(back) end
   until #out == 0 and #back == 0
end

local function exchange(client, server)
   assert(client:write(REQUEST))
   pass(client, server)
   assert(#server:read() == #REQUEST)
   assert(server:write(REPLY))
   pass(server, client)
   assert(#client:read() == #REPLY)
end

function jobs.state(count, certfile, keyfile, cafile)
   local contexts = {
      server = assert(bearssl.context { mode = "server", certfile = certfile, keyfile = keyfile, ticket_count = 1 }),
      client = assert(bearssl.context { cafile = cafile, session_cache = 0 }),
   }
   local session
   local function open()
      local client = assert(contexts.client:connection { server_name = "localhost", session = session or false })
      local server = assert(contexts.server:connection())
      pass(client, server)
      exchange(client, server)
      session = client:session()
      return client, server
   end
   local clients, servers = {}, {}
   for index = 1, count do
      clients[index], servers[index] = open()
      if index % 100 == 0 then collectgarbage "step" end
   end
   local requests, at = math.min(count, 50000), 0
   local start = os.clock()
   for _ = 1, requests do
      at = (at + 7919) % count
      exchange(clients[at + 1], servers[at + 1])
   end
   say(("request %.9f"):format((os.clock() - start) / requests))
   collectgarbage()
   collectgarbage()
   say("done")
   wait_for_ever()
end

jobs[arg[1]](tonumber(nth(arg[2], ",", THIS)), arg[3], arg[4], arg[5])
