-- Runs functions as coroutines, round robin, so that both ends of a conversation live in one process:
--     together(function() … end, function() … end)
-- Inside, with sockets that never wait (settimeout(0)), together.try(f, …) calls f until it no longer
-- answers "wantread", "wantwrite" or "timeout", and lets the others run between. together.wait() lets the
-- others run once. The results of the first function are returned; an error in any of them is raised.
local socket = require "socket"

local together = {}

local LIMIT = 30 -- seconds until a conversation counts as stuck

local unpack = table.unpack or unpack -- luacheck: ignore

local again = { wantread = true, wantwrite = true, timeout = true }
local IDLE = {} -- what a coroutine yields when it could not go on

-- wait lets the others run; the scheduler sleeps a little when nobody could go on.
function together.wait()
   coroutine.yield(IDLE)
end

-- pass lets the others run too, and says that something was done.
function together.pass()
   coroutine.yield()
end

local function pack(...)
   return { n = select("#", ...), ... }
end

-- try is for functions that start again from where they were: handshake, accept, connect, close.
function together.try(f, ...)
   while true do
      local results = pack(f(...))
      if results[1] or not again[results[2]] then
         return unpack(results, 1, results.n)
      end
      together.wait()
   end
end

-- send sends all of it: true, or nil, message.
function together.send(stream, data)
   local first = 1
   while first <= #data do
      local last, message, done = stream:send(data, first)
      if last then
         return true
      end
      if not again[message] then
         return nil, message
      end
      if done and done >= first then
         first = done + 1
         together.pass()
      else
         together.wait()
      end
   end
   return true
end

-- receive is stream:receive(pattern) with what arrived in pieces put together.
function together.receive(stream, pattern)
   local have = ""
   while true do
      local want = pattern
      local data, message, partial = stream:receive(want, have)
      if data then
         return data
      end
      if not again[message] then
         return nil, message, partial
      end
      have = partial or have
      together.wait()
   end
end

local function run(_, ...)
   local threads, results = {}, {}
   for index = 1, select("#", ...) do
      threads[index] = coroutine.create((select(index, ...)))
   end
   local deadline = socket.gettime() + LIMIT
   local living = #threads
   while living > 0 do
      local moved = false
      for index = 1, #threads do
         local thread = threads[index]
         if thread then
            local outcome = pack(coroutine.resume(thread))
            if not outcome[1] then
               local problem = outcome[2]
               if type(problem) == "string" then
                  problem = debug.traceback(thread, ("together, function %d: %s"):format(index, problem))
               end
               error(problem, 0)
            end
            moved = moved or outcome[2] ~= IDLE
            if coroutine.status(thread) == "dead" then
               threads[index] = false
               results[index] = outcome
               living = living - 1
            end
         end
      end
      if not moved then
         socket.sleep(0.0005)
      end
      if socket.gettime() > deadline then
         local stuck = {}
         for index = 1, #threads do
            if threads[index] then
               stuck[#stuck + 1] = debug.traceback(threads[index], "function " .. index)
            end
         end
         error("nothing happens in:\n" .. table.concat(stuck, "\n"), 0)
      end
   end
   return unpack(results[1], 2, results[1].n)
end

return setmetatable(together, { __call = run })
