-- A crowd of idle connections over loopback, and one request among them. A process may hold no more descriptors than
-- its limit (ulimit -n, which is raised as far as it may be): where that is less than the crowd, as many processes as
-- it takes hold it, on both sides, all at the same time, and the requests go to the first of them.
local certificates = require "spec.support.certificates"
local interpreter = require "spec.support.interpreter"
local process = require "spec.support.process"
local shell = require "spec.support.shell"

local crowd = {}

-- What a process needs besides its connections.
local OTHER_DESCRIPTORS = 100
local PATIENCE = 1800

local function limit()
   local hard = tonumber((shell.run("ulimit -Hn"):match("%d+")))
   return hard or math.huge
end

--- shares(count) is how many connections each process of a side holds: a list.
function crowd.shares(count)
   local most = limit() - OTHER_DESCRIPTORS
   local processes = math.ceil(count / most)
   local list = {}
   for index = 1, processes do
      list[index] = math.floor(count * index / processes) - math.floor(count * (index - 1) / processes)
   end
   return list
end

local function start(words)
   local argv = { "sh", "-c", 'ulimit -n "$(ulimit -Hn)"; exec "$@"', "sh", interpreter.path,
      "spec/bench/crowd_child.lua" }
   for _, word in ipairs(words) do argv[#argv + 1] = tostring(word) end
   return process.start(argv, { environment = interpreter.environment(), input = true })
end

-- Kilobytes of the kernel's objects: sockets, files, what epoll keeps of them.
local function slab()
   local file = io.open("/proc/meminfo")
   if not file then return nil end
   local text = file:read("*a")
   file:close()
   return tonumber(text:match("\nSlab:%s*(%d+)"))
end

local function mean(children, shares, name)
   local sum, count = 0, 0
   for index, child in ipairs(children) do
      sum = sum + shares[index] * assert(tonumber(child:output():match(name .. " (%S+)")), "no " .. name)
      count = count + shares[index]
   end
   return sum / count
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
   local shares, servers, clients = crowd.shares(count), {}, {}
   local kernel = slab()
   for index, share in ipairs(shares) do
      servers[index] = start({ "server", share, certificates.ec.chainfile, certificates.ec.keyfile })
      clients[index] = start({ "client", share, certificates.ca.certfile, servers[index]:wait_for("ports (%S+)\n") })
   end
   for index in ipairs(shares) do
      clients[index]:wait_for("\ndone", PATIENCE)
      servers[index]:wait_for("\ndone", PATIENCE)
   end
   made = { server = mean(servers, shares, "bytes"), client = mean(clients, shares, "bytes"),
      seconds = mean(clients, shares, "seconds"), making = 1e6 * mean(servers, shares, "made") }
   made.kernel = kernel and (slab() - kernel) * 1024 / count
   local number = quick and 200 or 50000
   requests(clients[1], quick and 20 or 5000, shares[1])
   made.few, made.many = in_turns(clients[1], number / ROUNDS, shares[1])
   for index in ipairs(shares) do
      clients[index]:stop()
      servers[index]:stop()
   end
   return made
end

-- TLS alone, all of it in one process, which no limit of descriptors forbids.
local function measure_state(count)
   local child = start({ "state", count, certificates.ec.chainfile, certificates.ec.keyfile, certificates.ca.certfile })
   child:wait_for("\ndone", PATIENCE)
   child:wait(PATIENCE)
   return { bytes = mean({ child }, { 1 }, "bytes"), request = 1e6 * mean({ child }, { 1 }, "request") }
end

local state

--- state_figure(count, of) is such a scenario of connections without sockets, both ends in one process.
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
      return function() return of(make(count, quick)) or error("no /proc here") end
   end
end

return crowd
