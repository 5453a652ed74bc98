-- Measures bearssl beside LuaSec, and beside luaossl for certificates. `make bench`, or
-- `make bench BENCHFLAGS="--quick"`; see --help.
local HELP = [[
Usage: lua spec/bench/run.lua [--quick] [--json FILE] [--svg FILE] [--only PATTERN] [--rounds N]
                                [--seconds S] [--connections N] [--idle N] [--ours] [--list]

All libraries are measured in the same run, in turns, so that only ratios need to be believed.

  --quick         a few seconds: shows that everything runs, and little else
  --json FILE     also write the results there ("-": write nothing else to standard output)
  --svg FILE      also draw the ratios there
  --only PATTERN  rows whose group or text contains this (plain text, any case)
  --rounds N      turns for each library (9)
  --seconds S     time of one turn (0.25)
  --connections N idle connections (1000)
  --idle N        idle connections of the crowd (100000)
  --ours          leave the other libraries out, for profilers
  --list          only list the rows
]]

local figures = require "spec.bench.figures"
local libraries = require "spec.bench.libraries"
local picture = require "spec.bench.picture"
local rows_of = require "spec.bench.rows"
local scenarios = require "spec.bench.scenarios"
local process = require "spec.support.process"
local shell = require "spec.support.shell"

local function parse_options(words)
   local options = { rounds = 9, seconds = 0.25, connections = 1000, idle = 100000 }
   local flags = { ["--quick"] = "quick", ["--ours"] = "ours", ["--list"] = "list" }
   local values = { ["--json"] = "json", ["--svg"] = "svg", ["--only"] = "only", ["--rounds"] = "rounds",
      ["--seconds"] = "seconds", ["--connections"] = "connections", ["--idle"] = "idle" }
   local i = 1
   while i <= #words do
      local word = words[i]
      if word == "--help" then
         io.stdout:write(HELP)
         os.exit(0)
      elseif flags[word] then
         options[flags[word]] = true
         if word == "--quick" then
            options.rounds, options.seconds, options.connections, options.idle = 2, 0.02, 50, 100
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
   local rows = rows_of(options)
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
   say("LuaSec's (or of who is named in the heading), turn by turn; of times and bytes less is better, of rates more.")
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
   if options.svg then
      picture.write(options.svg, machine, measured)
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
