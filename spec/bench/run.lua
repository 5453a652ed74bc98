-- Measures bearssl beside LuaSec. `make bench`, or `make bench BENCHFLAGS="--quick"`; see --help.
local HELP = [[
Usage: lua spec/bench/run.lua [--quick] [--json FILE] [--only PATTERN] [--rounds N] [--ours] [--list]

Both libraries are measured in the same run, in turns, so that only ratios need to be believed.

  --quick         a few seconds: shows that everything runs, and little else
  --json FILE     also write the results there ("-": write nothing else to standard output)
  --only PATTERN  rows whose group or text contains this (plain text, any case)
  --rounds N      turns for each library (9)
  --seconds S     time of one turn (0.25)
  --connections N idle connections (1000)
  --ours          leave LuaSec out, for profilers
  --list          only list the rows
]]

local socket = require "socket"
local figures = require "spec.bench.figures"
local libraries = require "spec.bench.libraries"
local talk = require "spec.bench.talk"
local certificates = require "spec.support.certificates"
local interpreter = require "spec.support.interpreter"
local process = require "spec.support.process"
local shell = require "spec.support.shell"

local function parse_options(words)
   local options = { rounds = 9, seconds = 0.25, connections = 1000 }
   local flags = { ["--quick"] = "quick", ["--ours"] = "ours", ["--list"] = "list" }
   local values = { ["--json"] = "json", ["--only"] = "only", ["--rounds"] = "rounds", ["--seconds"] = "seconds",
      ["--connections"] = "connections" }
   local i = 1
   while i <= #words do
      local word = words[i]
      if word == "--help" then
         io.stdout:write(HELP)
         os.exit(0)
      elseif flags[word] then
         options[flags[word]] = true
         if word == "--quick" then
            options.rounds, options.seconds, options.connections = 2, 0.02, 50
         end
      elseif values[word] and words[i + 1] then
         i = i + 1
         local name = values[word]
         options[name] = type(options[name]) == "number" and tonumber(words[i]) or words[i]
      else
         io.stderr:write(("bench: cannot use '%s'\n%s"):format(word, HELP))
         os.exit(2)
      end
      i = i + 1
   end
   return options
end

local options = parse_options(arg)

local SUITES = {
   ["AES-128-GCM"] = "AES128-GCM-SHA256",
   ["AES-256-GCM"] = "AES256-GCM-SHA384",
   ["ChaCha20-Poly1305"] = "CHACHA20-POLY1305",
   ["AES-128-CBC, SHA-256"] = "AES128-SHA256",
}

-- The settings of a row: authentication "ecdsa" (P-256) or "rsa" (2048 bits), a curve, a cipher.
local function settings(authentication, curve, cipher)
   local certificate = authentication == "ecdsa" and certificates.ec or certificates.rsa
   return {
      suite = ("ECDHE-%s-%s"):format(authentication:upper(), SUITES[cipher or "AES-128-GCM"]),
      curve = curve,
      cafile = certificates.ca.certfile,
      certfile = certificate.chainfile,
      keyfile = certificate.keyfile,
   }
end

local function contexts(library, given)
   return { client = library.client_context(given), server = library.server_context(given) }
end

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

-- A scenario's prepare(library) returns turn() → a number, and finish(). compare() runs the turns A B, B A, A B …
local function compare(row, sides)
   local samples = { {}, {} }
   local turns, finishers = {}, {}
   for i, side in ipairs(sides) do
      turns[i], finishers[i] = (side.prepare or row.prepare)(side.library)
      if not row.once then
         turns[i]() -- what is lazily made is made now
      end
   end
   for round = 1, row.rounds or options.rounds do
      for step = 1, #sides do
         local i = round % 2 == 1 and step or #sides + 1 - step
         local list = samples[i]
         collectgarbage()
         list[#list + 1] = turns[i]()
      end
   end
   for i in ipairs(sides) do
      if finishers[i] then
         finishers[i]()
      end
   end
   return samples[1], samples[2]
end

-- ---- Scenarios ----

local listener = assert(socket.bind("127.0.0.1", 0, 128))
local _, port = listener:getsockname()
port = tonumber(port)

local function rate(seconds)
   return 1 / seconds
end

local function full_handshakes(given)
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

local function resumed_handshakes(given)
   return function(library)
      local pair = contexts(library, given)
      local client, server = talk.both(library, pair, listener, port)
      local session = assert(client:session(), "the server gave no session")
      client:close()
      server:close()
      return function()
         return rate(turn(processor, 1, function()
            client, server = talk.both(library, pair, listener, port, session)
            client:close()
            server:close()
         end)), assert(client:info("resumed"), "the session was not resumed")
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

local function round_trips_here(given)
   return function(library)
      local client, server
      if library then
         client, server = talk.both(library, contexts(library, given), listener, port)
      else
         client, server = plain_pair()
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

local function bulk_here(given)
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

local function handshakes_between(given)
   return with_server(given, function(library, context, number)
      return function()
         return rate(turn(wall, 1, function()
            talk.connect(library, context, number):close()
         end))
      end
   end)
end

local function round_trips_between(given)
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

local function bulk_between(given)
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

local function child_figure(words, name)
   local child = start_child(words)
   assert(child:wait(60) == 0, child:output())
   return tonumber(child:output():match(name .. " (%S+)"))
end

local function in_child(name, factor, ...)
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

local function idle(given, side, figure, mode)
   return function(library)
      local key = library.name .. mode
      idle_output[key] = idle_output[key] or {}
      local turns, number = idle_output[key], 0
      return function()
         number = number + 1
         turns[number] = turns[number] or idle_pair(library, given, mode)
         return tonumber(assert(turns[number][side]:match(figure .. " (%S+)"), "no /proc/self/smaps_rollup here"))
      end
   end
end

-- ---- Rows ----

local BUNDLE = "/etc/ssl/certs/ca-certificates.crt"

local rows = {}

local function row(group, what, unit, expected, prepare, more)
   local made = { group = group, what = what, unit = unit, expected = expected, prepare = prepare }
   for name, value in pairs(more or {}) do
      made[name] = value
   end
   rows[#rows + 1] = made
end

local function define_rows()
   local usual = settings("ecdsa", "x25519")
   local group = "Handshakes a second, one process, AES-128-GCM"
   row(group, "full, ECDSA P-256, x25519", "/s", nil, full_handshakes(usual))
   row(group, "full, ECDSA P-256, secp256r1", "/s", nil, full_handshakes(settings("ecdsa", "secp256r1")))
   row(group, "full, RSA 2048, x25519", "/s", nil, full_handshakes(settings("rsa", "x25519")))
   row(group, "full, RSA 2048, secp256r1", "/s", nil, full_handshakes(settings("rsa", "secp256r1")))
   row(group, "resumed, ECDSA P-256, x25519 : LuaSec's full", "/s", { at_least = 4 }, resumed_handshakes(usual),
      { theirs_prepare = full_handshakes(usual) })
   row(group, "resumed, RSA 2048, x25519 : LuaSec's full", "/s", { at_least = 4 },
      resumed_handshakes(settings("rsa", "x25519")), { theirs_prepare = full_handshakes(settings("rsa", "x25519")) })
   group = "Handshakes a second, two processes, AES-128-GCM"
   row(group, "full, ECDSA P-256, x25519, one at a time", "/s", nil, handshakes_between(usual))

   group = "Bulk, 64 KB writes"
   for _, cipher in ipairs({ "AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305", "AES-128-CBC, SHA-256" }) do
      local expected = cipher:find("GCM") and { at_least = 1.2 } or nil
      local given = settings(cipher:find("CBC") and "rsa" or "ecdsa", "x25519", cipher)
      row(group, cipher .. ", one process", "MB/s", expected, bulk_here(given))
      row(group, cipher .. ", two processes", "MB/s", expected, bulk_between(given))
   end

   group = "64-byte round trips, AES-128-GCM"
   row(group, "one process", "us", { at_most = 0.65 }, round_trips_here(usual))
   row(group, "two processes (mostly the scheduler)", "us", nil, round_trips_between(usual))
   row(group, "one process, plain TCP without TLS", "us", nil,
      function()
         return round_trips_here()(nil)
      end, { alone = true })

   group = ("Memory of one idle connection, of %d"):format(options.connections)
   local function memory_row(what, side, figure, mode, expected)
      row(group, what, "bytes", expected, idle(usual, side, figure, mode), {
         rounds = options.quick and 1 or 3, once = true, theirs_prepare = idle(usual, side, figure, "socket"),
      })
   end
   local six = { at_most = 6144, of = "ours" }
   memory_row("server, over a descriptor", "server", "bytes", "descriptor", six)
   memory_row("client, over a descriptor", "client", "bytes", "descriptor", six)
   memory_row("server, of this on Lua's heap", "server", "lua", "descriptor")
   memory_row("client, of this on Lua's heap", "client", "lua", "descriptor")
   memory_row("server, over a LuaSocket object", "server", "bytes", "socket")
   memory_row("client, over a LuaSocket object", "client", "bytes", "socket")

   group = "Loading"
   local cafile = certificates.ca.certfile
   row(group, "require", "ms", nil, in_child("seconds", 1e3, "require"), { once = true })
   row(group, "require, memory", "KB", nil, in_child("kilobytes", 1, "require"), { once = true, rounds = 3 })
   row(group, "require and a first client context", "ms", nil, in_child("seconds", 1e3, "context", cafile),
      { once = true })
   row(group, "require and a first client context, memory", "KB", nil, in_child("kilobytes", 1, "context", cafile),
      { once = true, rounds = 3 })
   local file = io.open(BUNDLE)
   if file then
      file:close()
      local again = options.quick and "1" or "5"
      row(group, "a client context with the system's CA bundle", "ms", { at_most = 0.1 },
         in_child("seconds", 1e3, "bundle", BUNDLE, again), { once = true })
      row(group, "the same, memory of one", "KB", nil, in_child("kilobytes", 1, "bundle", BUNDLE, "1"),
         { once = true, rounds = 3 })
   end
end

-- ---- The report ----

local function first_line(command)
   local status, output = shell.try(command)
   return status == 0 and output:match("[^\n]+") or nil
end

local function describe_machine(theirs)
   local model = first_line("sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1") or first_line("uname -m")
   return {
      lua = type(jit) == "table" and jit.version or _VERSION,
      bearssl = libraries.bearssl.version,
      luasec = theirs and theirs.version or "none",
      openssl = first_line("openssl version") or "unknown",
      processor = ("%s, %s cores"):format(model or "unknown", first_line("getconf _NPROCESSORS_ONLN") or "?"),
      load = first_line("cut -d ' ' -f 1-3 /proc/loadavg") or "unknown",
      rounds = options.rounds,
      seconds = options.seconds,
   }
end

local function selected(entry)
   if not options.only then
      return true
   end
   return (entry.group .. " " .. entry.what):lower():find(options.only:lower(), 1, true) ~= nil
end

local function measure(entry, theirs)
   local sides = { { library = libraries.bearssl } }
   if theirs and not entry.alone then
      sides[2] = { library = theirs, prepare = entry.theirs_prepare }
   end
   local ours_samples, their_samples = compare(entry, sides)
   entry.ours = figures.summary(ours_samples)
   if their_samples and #their_samples > 0 then
      entry.theirs = figures.summary(their_samples)
      entry.ratio = figures.ratios(ours_samples, their_samples)
   end
end

local function write_json(path, machine, measured)
   local list = {}
   for _, entry in ipairs(measured) do
      list[#list + 1] = {
         group = entry.group, what = entry.what, unit = entry.unit, bearssl = entry.ours, luasec = entry.theirs,
         ratio = entry.ratio, expected = entry.expected,
      }
   end
   local text = require("dkjson").encode({ machine = machine, rows = list }, { indent = true }) .. "\n"
   if path == "-" then
      io.stdout:write(text)
   else
      local file = assert(io.open(path, "w"))
      file:write(text)
      file:close()
   end
end

local function main()
   libraries.bearssl.load()
   local theirs, missing
   if not options.ours then
      theirs, missing = libraries.LuaSec.load()
   end
   define_rows()
   local function say(text)
      if options.json ~= "-" then
         print(text or "")
         io.stdout:flush()
      end
   end
   if options.list then
      for _, entry in ipairs(rows) do
         print(entry.group .. ": " .. entry.what)
      end
      return
   end
   local machine = describe_machine(theirs)
   say(("%s; %s; %s with %s"):format(machine.lua, machine.bearssl, machine.luasec, machine.openssl))
   say(("%s; load %s; %d turns of %s s for each, in turns"):format(machine.processor, machine.load, options.rounds,
      tostring(options.seconds)))
   say("TLS 1.2, one suite, one curve and the same certificate for both, real TCP over loopback. \"One process\": both")
   say("ends take turns in one process and its processor time counts: the work of both ends, no waiting. \"Two")
   say("processes\": a blocking client here and a server in a child process, by the clock. Ratios are bearssl's to")
   say("LuaSec's, turn by turn; of times and bytes less is better, of rates more.")
   for _, text in ipairs(libraries.differences) do
      say(text)
   end
   if not theirs and not options.ours then
      say("LuaSec is not here: " .. tostring(missing):match("[^\n]+"))
   end
   local group
   local measured = {}
   for _, entry in ipairs(rows) do
      if selected(entry) then
         if entry.group ~= group then
            group = entry.group
            say()
            say(group)
            say(figures.heading())
         end
         measure(entry, theirs)
         measured[#measured + 1] = entry
         say(figures.line(entry))
      end
   end
   if options.json then
      write_json(options.json, machine, measured)
   end
   if #measured == 0 then
      io.stderr:write("bench: no row matches; --list shows them\n")
      os.exit(2)
   end
end

local ok, message = xpcall(main, debug.traceback)
process.stop_all()
if not ok then
   io.stderr:write("bench: ", tostring(message), "\n")
   os.exit(1)
end
