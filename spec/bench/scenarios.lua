-- What is measured. A scenario is a function(library) that prepares it for one library and returns turn, which measures
-- for `options.seconds` and returns the figure, and, if there is something to undo, finish.
local socket = require "socket"
local talk = require "spec.bench.talk"
local interpreter = require "spec.support.interpreter"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local scenarios = {}

-- seconds (of one turn), connections (idle ones).
local options = { seconds = 0.25, connections = 1000 }
scenarios.options = options

-- ---- Turns ----

-- turn(work, clock) repeats work(count) until the time of one turn is over: seconds for one.
local function turn(clock, batch, work)
   local start, count = clock(), 0
   local now
   repeat
      work(batch)
      count = count + batch
      now = clock()
   until now - start >= options.seconds
   return (now - start) / count
end

-- Both ends in this process: its own processor time is all that is used, and what else the machine does counts little.
local processor, wall = os.clock, socket.gettime

local listener = assert(socket.bind("127.0.0.1", 0, 128))
local _, port = listener:getsockname()
port = tonumber(port)

local function rate(seconds)
   return 1 / seconds
end

local function contexts(library, given)
   return { client = library.client_context(given), server = library.server_context(given) }
end

function scenarios.full_handshakes(given)
   return function(library)
      local pair = contexts(library, given)
      return function()
         return rate(turn(processor, 1, function()
            local client, server = talk.both(library, pair, listener, port)
            client:close()
            server:close()
         end))
      end
   end
end

-- one_end(given, side, resumed) is what one end of a handshake costs, "client" or "server": both take turns in this
-- process, and only the processor time of that one's calls counts. resumed: by a ticket; otherwise it is a full one.
function scenarios.one_end(given, side, resumed)
   return function(library)
      local pair = contexts(library, given)
      local session
      if resumed then
         local client, server = talk.both(library, pair, listener, port)
         talk.pass(server, client, "x")
         session = assert(client:session(), "the server gave no session")
         client:close()
         server:close()
      end
      return function()
         local spent, count, start = 0, 0, processor()
         repeat
            local times
            local client, server
            client, server, times = talk.timed(library, pair, listener, port, session)
            client:close()
            server:close()
            spent, count = spent + times[side], count + 1
         until processor() - start >= options.seconds
         return 1e6 * spent / count
      end
   end
end

function scenarios.resumed_handshakes(given)
   return function(library)
      local pair = contexts(library, given)
      local client, server = talk.both(library, pair, listener, port)
      -- In TLS 1.3 the ticket comes behind the handshake.
      talk.pass(server, client, "x")
      local session = assert(client:session(), "the server gave no session")
      client:close()
      server:close()
      return function()
         client, server = talk.both(library, pair, listener, port, session)
         assert(client:info("resumed"), "the session was not resumed")
         client:close()
         server:close()
         return rate(turn(processor, 1, function()
            client, server = talk.both(library, pair, listener, port, session)
            client:close()
            server:close()
         end))
      end
   end
end

-- TCP alone, so that one sees how much of a short exchange is the kernel's.
local function plain_pair()
   local client = assert(socket.connect("127.0.0.1", port))
   local server = assert(listener:accept())
   client:setoption("tcp-nodelay", true)
   server:setoption("tcp-nodelay", true)
   return client, server
end

local MESSAGE = ("x"):rep(64)
local BLOCK = ("bearssl for Lua "):rep(4096)

local function close_both(client, server)
   return function()
      client:close()
      server:close()
   end
end

-- over: "tcp", "unix" (a cheaper kernel, so that more of the figure is the library's), or "plain", TCP without TLS.
function scenarios.round_trips_here(given, over)
   return function(library)
      local client, server
      if over == "plain" then
         client, server = plain_pair()
      elseif over == "unix" then
         local raw_client, raw_server = talk.unix_pair(temporary.path(".socket"))
         client, server = talk.shake_hands(library, contexts(library, given), raw_client, raw_server)
      else
         client, server = talk.both(library, contexts(library, given), listener, port)
      end
      client:settimeout(nil)
      server:settimeout(nil)
      return function()
         return 1e6 * turn(processor, 50, function(count)
            talk.round_trips(client, server, MESSAGE, count)
         end)
      end, close_both(client, server)
   end
end

function scenarios.bulk_here(given)
   return function(library)
      local client, server = talk.both(library, contexts(library, given), listener, port)
      return function()
         return #BLOCK / 1e6 / turn(processor, 8, function(count)
            for _ = 1, count do
               talk.pass(client, server, BLOCK)
            end
         end)
      end, close_both(client, server)
   end
end

local function start_child(words, input)
   local argv = { interpreter.path, "spec/bench/child.lua" }
   for _, word in ipairs(words) do
      argv[#argv + 1] = word
   end
   return process.start(argv, { environment = interpreter.environment(), input = input })
end

-- with_server(library, given, make): make(context, port) gives turn and finish; the server lives in a child process.
local function with_server(given, make)
   return function(library)
      local child = start_child({ "serve", library.name, given.suite, given.curve, given.certfile, given.keyfile })
      local number = tonumber((child:wait_for("port (%d+)")))
      local run, finish = make(library, library.client_context(given), number)
      return run, function()
         if finish then
            finish()
         end
         child:stop()
      end
   end
end

function scenarios.handshakes_between(given)
   return with_server(given, function(library, context, number)
      return function()
         return rate(turn(wall, 1, function()
            talk.connect(library, context, number):close()
         end))
      end
   end)
end

function scenarios.round_trips_between(given)
   return with_server(given, function(library, context, number)
      local connection = talk.connect(library, context, number)
      return function()
         return 1e6 * turn(wall, 200, function(count)
            talk.ask_echo(connection, MESSAGE, count)
         end)
      end, function()
         connection:close()
      end
   end)
end

function scenarios.bulk_between(given)
   return with_server(given, function(library, context, number)
      local connection = talk.connect(library, context, number)
      return function()
         return #BLOCK / 1e6 / turn(wall, 160, function(count)
            talk.ask_sink(connection, BLOCK, count)
         end)
      end, function()
         connection:close()
      end
   end)
end

-- A program of ours measures our primitives (primitives.c), its own measures OpenSSL's.
function scenarios.primitive(name, factor)
   return function(library)
      return function()
         if library.rate then
            return factor * library.rate(name)
         end
         local said = shell.run({ assert(os.getenv("PRIMITIVES"), "PRIMITIVES is not set: run `make bench`"), name,
            options.seconds })
         return factor * tonumber(said)
      end
   end
end

local function child_figure(words, name)
   local child = start_child(words)
   assert(child:wait(60) == 0, child:output())
   return tonumber(child:output():match(name .. " (%S+)"))
end

function scenarios.in_child(name, factor, ...)
   local words = { ... }
   return function(library)
      return function()
         local argv = { words[1], library.name }
         for i = 2, #words do
            argv[#argv + 1] = words[i]
         end
         return factor * assert(child_figure(argv, name), "no " .. name .. " in the child's output")
      end
   end
end

-- A chain of three: root, intermediate, leaf, with keys of one kind ("rsa", "p256" or "p384").
local function make_chain(kind)
   local core = require "bearssl.core"
   local root_key, key = assert(core.generate_key(kind)), assert(core.generate_key(kind))
   local function issue(fields)
      fields.not_before, fields.not_after = os.time() - 86400, os.time() + 86400
      return assert(core.issue(fields))
   end
   local usage = { "keyCertSign" }
   local root = issue({ subject = "CN=Root", issuer_key = root_key, ca = true, key_usage = usage })
   local intermediate = issue({ subject = "CN=Intermediate", issuer = root, issuer_key = root_key, public_key = key,
      ca = true, key_usage = usage })
   local leaf = issue({ subject = "CN=leaf", issuer = intermediate, issuer_key = key, public_key = key,
      names = { { type = "DNS", value = "localhost" } }, key_usage = { "digitalSignature" },
      extended_key_usage = { "serverAuth" } })
   return root:pem(), { leaf:pem(), intermediate:pem() }
end

function scenarios.verify_chain(kind)
   local root, chain
   return function(library)
      if not root then
         root, chain = make_chain(kind)
      end
      local verify = library.verifier(root, chain)
      return function()
         return 1e6 * turn(processor, 10, function(count)
            for _ = 1, count do
               verify()
            end
         end)
      end
   end
end

-- A pair of processes gives the figures of several rows: what both wrote is kept for the next row's same turn.
local idle_output = {}

local function idle_pair(library, given, mode)
   local count = tostring(options.connections)
   local server = start_child({ "idle_server", library.name, given.suite, given.curve, given.certfile, given.keyfile,
      count, mode }, true)
   local number = server:wait_for("port (%d+)")
   local client = start_child({ "idle_client", library.name, given.suite, given.curve, given.cafile, count, mode,
      number }, true)
   client:wait_for("\ndone", 120)
   server:wait_for("\ndone", 120)
   local output = { server = server:output(), client = client:output() }
   client:stop()
   server:stop()
   return output
end

function scenarios.idle(given, side, figure, mode)
   return function(library)
      local key = ("%s %s %s"):format(library.name, given.suite, mode)
      idle_output[key] = idle_output[key] or {}
      local turns, number = idle_output[key], 0
      return function()
         number = number + 1
         turns[number] = turns[number] or idle_pair(library, given, mode)
         local text = turns[number][side]:match(figure .. " (%S+)") or error("no /proc/self/smaps_rollup here")
         return tonumber(text)
      end
   end
end

return scenarios
