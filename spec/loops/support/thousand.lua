-- A client of many connections: opens COUNT to an echo server on PORT, says on each, while all of them stay open, what
-- only this one says, reads it back, and closes them all when its standard input has a line (or ends).
--     lua spec/loops/support/thousand.lua PORT CAFILE COUNT
-- It prints "open COUNT", "answered COUNT" and "closed"; whatever goes wrong ends it with status 1.
local bearssl = require "bearssl"
local new_loop = require("bearssl.tool.loop").new
local socket = require "socket"

local port, cafile, count = tonumber(arg[1]), arg[2], tonumber(arg[3])
local PATIENCE = 60
local AT_ONCE = 50 -- handshakes

local loop = new_loop()
local context = assert(bearssl.context { cafile = cafile })
local session

local function say(...)
   print(...)
   io.stdout:flush()
end

local function ended(ok, message)
   if ok then return end
   io.stderr:write(tostring(message), "\n")
   os.exit(1)
end

local function open()
   local tcp = assert(socket.tcp())
   tcp:settimeout(0)
   local ok, problem = tcp:connect("127.0.0.1", port)
   assert(ok or problem == "timeout", problem)
   assert(loop:wait(tcp, "write", PATIENCE))
   local stream = assert(context:wrap(tcp, { server_name = "localhost", timeout = 0, session = session }))
   assert(loop:handshake(stream, PATIENCE))
   return stream
end

local function line_of(number)
   return ("connection %d says so\n"):format(number)
end

local function ask(stream, number)
   local line, got = line_of(number), ""
   assert(loop:send(stream, line, PATIENCE))
   while #got < #line do got = got .. assert(loop:receive(stream, 4096, PATIENCE)) end
   assert(got == line, "an answer is another's: " .. got)
   session = session or stream:session()
end

local streams = {}

-- Calls f for each number, in so many tasks at once, and then done.
local function each(first, at_once, f, done)
   local next_number, left = first, at_once
   for _ = 1, at_once do
      loop:spawn(function()
         while next_number <= count do
            local number = next_number
            next_number = number + 1
            f(number)
         end
         left = left - 1
         if left == 0 then done() end
      end, ended)
   end
end

local function close_all()
   for number = 1, count do streams[number]:close() end
   say "closed"
end

local function ask_all()
   say("open " .. #streams)
   each(1, count, function(number) ask(streams[number], number) end, function()
      say("answered " .. count)
      io.read "*l"
      close_all()
   end)
end

-- The first one tells the session that the others resume.
loop:spawn(function()
   streams[1] = open()
   ask(streams[1], 1)
   each(2, AT_ONCE, function(number) streams[number] = open() end, ask_all)
end, ended)
loop:run()
