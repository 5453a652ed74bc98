-- Measures bearssl beside LuaSec, and beside luaossl for certificates. `make bench`, or
-- `make bench BENCHFLAGS="--quick"`; see --help.
local HELP = [[
Usage: lua spec/bench/run.lua [--quick] [--json FILE] [--only PATTERN] [--rounds N] [--ours] [--list]

All libraries are measured in the same run, in turns, so that only ratios need to be believed.

  --quick         a few seconds: shows that everything runs, and little else
  --json FILE     also write the results there ("-": write nothing else to standard output)
  --only PATTERN  rows whose group or text contains this (plain text, any case)
  --rounds N      turns for each library (9)
  --seconds S     time of one turn (0.25)
  --connections N idle connections (1000)
  --ours          leave the other libraries out, for profilers
  --list          only list the rows
]]

local figures = require "spec.bench.figures"
local libraries = require "spec.bench.libraries"
local scenarios = require "spec.bench.scenarios"
local certificates = require "spec.support.certificates"
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
scenarios.options.seconds, scenarios.options.connections = options.seconds, options.connections

local SUITES = {
   ["AES-128-GCM"] = { "AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256" },
   ["AES-256-GCM"] = { "AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384" },
   ["ChaCha20-Poly1305"] = { "CHACHA20-POLY1305", "TLS_CHACHA20_POLY1305_SHA256" },
   ["AES-128-CBC, SHA-256"] = { "AES128-SHA256" },
}

-- The settings of a row: version "1.2" or "1.3", authentication "ecdsa" (P-256) or "rsa" (2048 bits), curve, cipher.
local function settings(version, authentication, curve, cipher)
   local certificate = authentication == "ecdsa" and certificates.ec or certificates.rsa
   local names = SUITES[cipher or "AES-128-GCM"]
   return {
      suite = version == "1.3" and names[2] or ("ECDHE-%s-%s"):format(authentication:upper(), names[1]),
      curve = curve,
      cafile = certificates.ca.certfile,
      certfile = certificate.chainfile,
      keyfile = certificate.keyfile,
   }
end

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

local function without_tickets(given)
   local copy = { tickets = false }
   for name, value in pairs(given) do
      copy[name] = value
   end
   return copy
end

local function handshake_rows(version)
   local function given(authentication, curve)
      return settings(version, authentication, curve)
   end
   local usual, rsa = given("ecdsa", "x25519"), given("rsa", "x25519")
   local group = ("TLS %s: handshakes a second, one process, AES-128-GCM"):format(version)
   row(group, "full, ECDSA P-256, x25519", "/s", nil, scenarios.full_handshakes(usual))
   row(group, "full, ECDSA P-256, secp256r1", "/s", nil, scenarios.full_handshakes(given("ecdsa", "secp256r1")))
   row(group, "full, RSA 2048, x25519", "/s", nil, scenarios.full_handshakes(rsa))
   row(group, "full, RSA 2048, secp256r1", "/s", nil, scenarios.full_handshakes(given("rsa", "secp256r1")))
   -- With (EC)DHE, as browsers resume in TLS 1.3, the key exchange is made again: that cannot be as fast as in TLS 1.2.
   local expected = version == "1.2" and { at_least = 4 } or nil
   row(group, "resumed by ticket, ECDSA P-256, x25519 : LuaSec's full", "/s", expected,
      scenarios.resumed_handshakes(usual), { theirs_prepare = scenarios.full_handshakes(usual) })
   if version == "1.2" then
      row(group, "resumed by ID, ECDSA P-256, x25519 : LuaSec's full", "/s", expected,
         scenarios.resumed_handshakes(without_tickets(usual)), { theirs_prepare = scenarios.full_handshakes(usual) })
   end
   row(group, "resumed by ticket, RSA 2048, x25519 : LuaSec's full", "/s", expected,
      scenarios.resumed_handshakes(rsa), { theirs_prepare = scenarios.full_handshakes(rsa) })
   group = ("TLS %s: handshakes a second, two processes, AES-128-GCM"):format(version)
   row(group, "full, ECDSA P-256, x25519, one at a time", "/s", nil, scenarios.handshakes_between(usual))
end

local function default_rows()
   local usual = settings("1.3", "ecdsa", "x25519")
   local defaults = { cafile = usual.cafile, certfile = usual.certfile, keyfile = usual.keyfile }
   local group = "Each library's defaults (TLS 1.3): handshakes a second, one process"
   row(group, "full, ECDSA P-256", "/s", nil, scenarios.full_handshakes(defaults))
   row(group, "resumed, the same : LuaSec's full", "/s", nil, scenarios.resumed_handshakes(defaults),
      { theirs_prepare = scenarios.full_handshakes(defaults) })
end

local function bulk_rows(version)
   local group = ("TLS %s: bulk, 64 KB writes"):format(version)
   for _, cipher in ipairs({ "AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305", "AES-128-CBC, SHA-256" }) do
      if version == "1.2" or SUITES[cipher][2] then
         local expected = cipher:find("GCM") and { at_least = 1.2 } or nil
         local given = settings(version, cipher:find("CBC") and "rsa" or "ecdsa", "x25519", cipher)
         row(group, cipher .. ", one process", "MB/s", expected, scenarios.bulk_here(given))
         row(group, cipher .. ", two processes", "MB/s", expected, scenarios.bulk_between(given))
      end
   end
end

local function round_trip_rows(version)
   local usual = settings(version, "ecdsa", "x25519")
   local group = ("TLS %s: 64-byte round trips, AES-128-GCM"):format(version)
   local fast = { at_most = 0.65 }
   row(group, "one process, TCP", "us", fast, scenarios.round_trips_here(usual, "tcp"))
   if pcall(require, "socket.unix") then
      row(group, "one process, Unix sockets", "us", fast, scenarios.round_trips_here(usual, "unix"))
   end
   row(group, "two processes, TCP (mostly the scheduler)", "us", nil, scenarios.round_trips_between(usual))
   if version == "1.2" then
      row(group, "one process, TCP without TLS", "us", nil, scenarios.round_trips_here(usual, "plain"),
         { alone = true })
   end
end

local function memory_rows(version)
   local usual = settings(version, "ecdsa", "x25519")
   local group = ("TLS %s: memory of one idle connection, of %d"):format(version, options.connections)
   local function memory_row(what, side, figure, mode, expected)
      row(group, what, "bytes", expected, scenarios.idle(usual, side, figure, mode), {
         rounds = options.quick and 1 or 3, once = true, theirs_prepare = scenarios.idle(usual, side, figure, "socket"),
      })
   end
   local six = { at_most = 6144, of = "ours" }
   memory_row("server, over a descriptor", "server", "bytes", "descriptor", six)
   memory_row("client, over a descriptor", "client", "bytes", "descriptor", six)
   memory_row("server, of this on Lua's heap", "server", "lua", "descriptor")
   memory_row("client, of this on Lua's heap", "client", "lua", "descriptor")
   memory_row("server, over a LuaSocket object", "server", "bytes", "socket")
   memory_row("client, over a LuaSocket object", "client", "bytes", "socket")
end

local function define_rows()
   for _, version in ipairs({ "1.2", "1.3" }) do
      handshake_rows(version)
      bulk_rows(version)
      round_trip_rows(version)
      memory_rows(version)
   end
   default_rows()
   local group = "Loading"
   local cafile = certificates.ca.certfile
   row(group, "require", "ms", nil, scenarios.in_child("seconds", 1e3, "require"), { once = true })
   row(group, "require, memory", "KB", nil, scenarios.in_child("kilobytes", 1, "require"), { once = true, rounds = 3 })
   row(group, "require and a first client context", "ms", nil, scenarios.in_child("seconds", 1e3, "context", cafile),
      { once = true })
   row(group, "require and a first client context, memory", "KB", nil,
      scenarios.in_child("kilobytes", 1, "context", cafile), { once = true, rounds = 3 })
   local file = io.open(BUNDLE)
   if file then
      file:close()
      local again = options.quick and "1" or "5"
      row(group, "a client context with the system's CA bundle", "ms", { at_most = 0.1 },
         scenarios.in_child("seconds", 1e3, "bundle", BUNDLE, again), { once = true })
      row(group, "the same, memory", "KB", nil, scenarios.in_child("kilobytes", 1, "bundle", BUNDLE, "1"),
         { once = true, rounds = 3 })
   end

   group = "Certificates, beside luaossl"
   local beside = { beside = "luaossl" }
   row(group, "verify a chain of three, ECDSA P-256", "us", nil, scenarios.verify_chain("p256"), beside)
   row(group, "verify a chain of three, RSA 2048", "us", nil, scenarios.verify_chain("rsa"), beside)
   if file then
      row(group, "a trust store of the system's CA bundle", "ms", nil,
         scenarios.in_child("seconds", 1e3, "trust", BUNDLE, options.quick and "1" or "5"),
         { once = true, beside = "luaossl" })
      row(group, "the same, memory", "KB", nil, scenarios.in_child("kilobytes", 1, "trust", BUNDLE, "1"),
         { once = true, rounds = 3, beside = "luaossl" })
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
   if entry.beside and theirs then
      theirs = libraries[entry.beside].load()
   end
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
         ratio = entry.ratio, expected = entry.expected, beside = entry.beside,
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
   say("One version, one suite, one curve and one certificate for both, real TCP over loopback. \"One process\": both")
   say("ends take turns in one process and its processor time counts: the work of both ends, no waiting. \"Two")
   say("processes\": a blocking client here and a server in a child process, by the clock. Ratios are bearssl's to")
   say("LuaSec's (or to luaossl's), turn by turn; of times and bytes less is better, of rates more.")
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
            say(figures.heading(entry.beside))
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
