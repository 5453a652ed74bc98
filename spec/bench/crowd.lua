-- A crowd of idle connections over loopback, and one request among them. A process may hold no more descriptors
-- than its limit (ulimit -n, which is raised as far as it may be). Where that is less than the crowd, each side's
-- process has as many threads, with a Lua state and a table of descriptors of their own (threads.c), as it takes.
-- The requests go to the first of them.
local certificates = require "spec.support.certificates"
local interpreter = require "spec.support.interpreter"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local stores = require "spec.bench.stores"

local crowd = {}

-- What a process needs besides its connections.
local OTHER_DESCRIPTORS = 100
local PATIENCE = 1800

local function limit()
   local hard = tonumber((shell.run("ulimit -Hn"):match("%d+")))
   return hard or math.huge
end

--- shares(count) is how many connections each thread of a side holds: a list.
function crowd.shares(count)
   local most = limit() - OTHER_DESCRIPTORS
   local threads = math.ceil(count / most)
   local list = {}
   for index = 1, threads do
      list[index] = math.floor(count * index / threads) - math.floor(count * (index - 1) / threads)
   end
   return list
end

local SCRIPT = "spec/bench/crowd_child.lua"

local function start(threads, words)
   local argv = { "sh", "-c", 'ulimit -n "$(ulimit -Hn)"; exec "$@"', "sh" }
   if threads > 1 then
      argv[#argv + 1] = os.getenv("THREADS") or error("THREADS is not set: run `make bench`")
      argv[#argv + 1] = threads
   else
      argv[#argv + 1] = interpreter.path
   end
   argv[#argv + 1] = SCRIPT
   for _, word in ipairs(words) do argv[#argv + 1] = tostring(word) end
   return process.start(argv, { environment = interpreter.environment(), input = true })
end

local function read(path)
   local file = assert(io.open(path), "no /proc here")
   local text = file:read("*a")
   file:close()
   return text
end

-- Bytes that a process holds which are no file's.
local function memory_of(child)
   return 1024 * tonumber(read(("/proc/%d/smaps_rollup"):format(child.pid)):match("\nAnonymous:%s*(%d+)"))
end

-- Bytes of the kernel's objects: sockets, files, what epoll keeps of them.
local function slab()
   return 1024 * tonumber(read("/proc/meminfo"):match("\nSlab:%s*(%d+)"))
end

-- Waits until each thread has said something: a list of what stood in the pattern.
local function wait_for_all(child, threads, pattern)
   local list
   process.until_true(PATIENCE, function()
      list = {}
      for found in child:output():gmatch(pattern) do list[#list + 1] = found end
      return #list >= threads or not child:running()
   end)
   if #list < threads then error(child:told()) end
   return list
end

local function requests(client, count, between)
   local before = #client:output()
   client:write(("requests %d between %d\n"):format(count, between))
   process.until_true(PATIENCE, function() return client:output():find("server %S+ client %S+\n", before) end)
   local server, own = client:output():match("server (%S+) client (%S+)\n", before)
   return { server = 1e6 * tonumber(server), client = 1e6 * tonumber(own) }
end

-- Over ten of them and over all, in turns: the medians of both.
local ROUNDS = 5

local function median(list, side)
   table.sort(list, function(a, b) return a[side] < b[side] end)
   return list[math.ceil(#list / 2)][side]
end

local function in_turns(client, number, share)
   local few, many = {}, {}
   for round = 1, ROUNDS do
      few[round] = requests(client, number, 10)
      many[round] = requests(client, number, share)
   end
   return { server = median(few, "server"), client = median(few, "client") },
      { server = median(many, "server"), client = median(many, "client") }
end

local made

local function make(count, quick)
   if made then return made end
   local shares = crowd.shares(count)
   local threads, counts = #shares, table.concat(shares, ",") .. ","
   local kernel = slab()
   local server = start(threads, { "server", counts, certificates.ec.chainfile, certificates.ec.keyfile })
   -- a client's thread takes whichever server's thread was first to say its ports: all have the same share, but for one
   local ports = table.concat(wait_for_all(server, threads, "ports (%S+)\n"), ";") .. ";"
   local server_before, spent = memory_of(server), stores.processor_of(server.pid)
   local client = start(threads, { "client", counts, certificates.ca.certfile, ports })
   local seconds = wait_for_all(client, threads, "seconds (%S+)\ndone")
   table.sort(seconds, function(a, b) return tonumber(a) > tonumber(b) end)
   wait_for_all(server, threads, "(done)\n")
   made = {
      server = (memory_of(server) - server_before) / count, client = memory_of(client) / count,
      making = 1e6 * (stores.processor_of(server.pid) - spent) / count, rate = count / tonumber(seconds[1]),
      kernel = (slab() - kernel) / count,
   }
   local number = quick and 200 or 50000
   requests(client, quick and 20 or 5000, shares[1])
   made.few, made.many = in_turns(client, number / ROUNDS, shares[1])
   client:stop()
   server:stop()
   return made
end

-- TLS alone, without sockets.
local function measure_state(count)
   local child = start(1, { "state", count .. ",", certificates.ec.chainfile, certificates.ec.keyfile,
      certificates.ca.certfile })
   local request = wait_for_all(child, 1, "request (%S+)\n")[1]
   child:wait_for("\ndone", PATIENCE)
   local bytes = memory_of(child) / count
   child:stop()
   return { bytes = bytes, request = 1e6 * tonumber(request) }
end

local state

--- state_figure(count, of) is a scenario of connections without sockets, both ends in one process.
function crowd.state_figure(count, of)
   return function()
      return function()
         state = state or measure_state(count)
         return of(state)
      end
   end
end

--- figure(count, quick, of) is a scenario: of(what was measured of a crowd of that size) is the figure. All rows share
-- one crowd.
function crowd.figure(count, quick, of)
   return function()
      return function() return of(make(count, quick))  end
   end
end

return crowd
