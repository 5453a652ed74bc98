--- The two builds that mutants are tried in, and the tests of each.
-- In each the core is a shared library, which every test program and the module are linked with and which is found by
-- LD_LIBRARY_PATH, so a mutant costs one object, one link, and the tests up to the first that fails. The tests that
-- wrap what allocates cannot do so in a shared library: they are linked with the mutant's objects.
-- The environment says how: COMPILE, SANITIZERS, BEARSSL_LIBS, and what the specs need.
local shell = dofile("spec/mutants/shell.lua")
local doors = dofile("spec/mutants/doors.lua")
local socket = require("socket")

local builds = {}

builds.LIBRARY = "libtlsmutant.so"
local WRAPS = " -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc"
local WRAPPED = {
   x509_allocation = WRAPS, issue_allocation = WRAPS, handshake_memory = WRAPS,
   connection13_memory = WRAPS .. ",--wrap=free",
}
local SPECS = {
   "tls13_spec", "tls12_spec", "tls12_extensions_spec", "tls13_records_spec", "tls13_sessions_spec", "session_spec",
   "core_connection_spec", "core_objects_spec", "core_options_spec", "late_authentication_spec", "proven_peer_spec",
   "renegotiation_spec", "handshake_state_spec", "downgrade_spec", "chains_spec", "context_spec", "core_messages_spec",
   "defects_spec", "ladder_spec", "certificate_rules_spec", "issue_spec", "handed_in_spec", "handshake_end_spec",
   "judgement_spec", "key_use_spec", "negotiation_spec", "sign_spec", "verify_spec", "select_spec", "refusal_spec",
   "client_sessions_spec", "connection_options_spec", "every_option_spec", "early_data_clock_spec", "key_update_spec",
   "server_name_spec", "decrypt_spec", "core_module_issue_spec", "system_bundle_spec", "robustness/messages_spec",
   "robustness/fields_spec", "robustness/tls12_extensions_spec", "robustness/errors_spec", "codes_spec",
}

local COMPILE = assert(os.getenv("COMPILE"))
local LIBS, LUA = os.getenv("BEARSSL_LIBS") or "-lbearssl", assert(os.getenv("LUA"))

--- `directory` has the objects of the core in tls/, of the C tests' support in core/support, of the binding in
-- LUA/lua/.
function builds.plain(directory) return { directory = directory .. "/plain", compile = COMPILE, specs = SPECS } end

--- The C tests alone: the interpreter that runs the specs knows nothing of sanitizers.
function builds.sanitized(directory)
   local flags = " -g -fno-omit-frame-pointer " .. assert(os.getenv("SANITIZERS"))
   return { directory = directory .. "/sanitized", compile = COMPILE .. flags, specs = {} }
end

--- The core's objects, with `instead` for one of them.
local function core_with(build, changed, instead)
   local list = {}
   for _, object in ipairs(shell.lines_of("ls " .. build.directory .. "/tls/*/*.o")) do
      list[#list + 1] = object == changed and instead or object
   end
   return table.concat(list, " ")
end

local function support_of(build)
   return table.concat(shell.lines_of("ls " .. build.directory .. "/core/support/*.o"), " ")
end

--- Makes DIRECTORY/libtlsmutant.so.
function builds.link(build, directory, changed, instead)
   shell.must(("%s -shared -o %s/%s %s %s"):format(build.compile, directory, builds.LIBRARY,
      core_with(build, changed, instead), LIBS))
end

local function sources_of_tests()
   local list = {}
   for _, source in ipairs(shell.lines_of("ls spec/core/*/*_test.c")) do
      local room, name = source:match("([^/]+)/([^/]+)_test%.c$")
      list[#list + 1] = { source = source, room = room, name = name }
   end
   return list
end

--- Makes the test programs that are missing or older than what they are made of.
function builds.prepare(build)
   local own, commands = build.directory, {}
   shell.must(("mkdir -p %s/library %s/tests %s/module/bearssl"):format(own, own, own))
   builds.link(build, own .. "/library")
   local with = ("-L%s/library -ltlsmutant %s"):format(own, LIBS)
   if #build.specs > 0 then
      shell.must(("%s -shared -o %s/module/bearssl/core.so %s/*/lua/*.o %s"):format(build.compile, own, own, with))
   end
   local support = support_of(build)
   for _, test in ipairs(sources_of_tests()) do
      local out = ("%s/tests/%s_test%s"):format(own, test.name, WRAPPED[test.name] and ".o" or "")
      local newer = ("find %s csrc/tls spec/core/support -newer %s -name '*.h'"
         .. " -o -newer %s -name '*.c' -path 'spec/core/*'"):format(test.source, out, out)
      commands[#commands + 1] = ('[ -e %s ] && [ -z "$(%s)" ] || %s -Icsrc/tls -Ispec/core -o %s %s %s'):format(
         out, newer, build.compile, out, test.source, WRAPPED[test.name] and "-c" or support .. " " .. with)
   end
   shell.write(own .. "/commands", table.concat(commands, "\n") .. "\n")
   shell.must("tr '\\n' '\\0' <" .. own .. "/commands | xargs -0 -P 2 -n 1 sh -c")
end

--- Every test: { name =, room =, command = }.
function builds.tests(build)
   local tests, own = {}, build.directory
   for _, test in ipairs(sources_of_tests()) do
      local script = test.source:gsub("_test%.c$", ".sh")
      if not WRAPPED[test.name] then
         test.command = ("%s/tests/%s_test"):format(own, test.name)
         if shell.read(script) then test.command = ("CORPUS=build/corpus sh %s %s"):format(script, test.command) end
         tests[#tests + 1] = test
      end
   end
   for _, name in ipairs(build.specs) do
      if shell.read("spec/" .. name .. ".lua") then
         tests[#tests + 1] = { name = name,
            command = ("LUA_CPATH='%s/module/?.so;;' %s $(command -v busted) spec/%s.lua"):format(own, LUA, name) }
      end
   end
   return tests
end

--- Whether the test finds nothing wrong with the library in `directory`.
-- C tests say how many failed in their last line, and by their status.
function builds.passes(test, directory, seconds)
   local command = ("LD_LIBRARY_PATH=%s timeout -k 5 %d sh -c %s"):format(directory, seconds, shell.quote(test.command))
   return shell.run(command, directory .. "/test.log")
end

--- The same for each test that wraps what allocates and can reach the room; the first that fails, or nil.
function builds.found_by_wrapped(build, directory, room, changed, instead)
   local objects, support = core_with(build, changed, instead), support_of(build)
   local names = {}
   for _, test in ipairs(sources_of_tests()) do
      if WRAPPED[test.name] and doors.reaches(test.source, room) then names[#names + 1] = test.name end
   end
   for _, name in ipairs(names) do
      local program = directory .. "/wrapped"
      shell.must(("%s%s -o %s %s/tests/%s_test.o %s %s %s"):format(build.compile, WRAPPED[name], program,
         build.directory, name, support, objects, LIBS))
      local script = shell.lines_of(("ls spec/core/*/%s.sh 2>/dev/null"):format(name))[1]
      local command = script and ("CORPUS=build/corpus sh %s %s"):format(script, program) or program
      if not shell.run("timeout -k 5 240 " .. (script and "env " or "") .. command, directory .. "/test.log") then
         return name
      end
   end
   return nil
end

--- How long each test takes when nothing is wrong, as "SECONDS NAME"; who fails then is left out, and named.
-- Those of the last time hold as long as nothing was made since.
function builds.measure(build)
   local own = build.directory
   local times = own .. "/times"
   if shell.read(times) and #shell.lines_of(("find %s/tests %s/tls %s/core csrc spec lua -newer %s ! -name '*.log' "
      .. "-type f ! -path 'spec/mutants/*' 2>/dev/null"):format(own, own, own, times)) == 0 then
      return
   end
   local list = {}
   for _, test in ipairs(builds.tests(build)) do
      local began = socket.gettime()
      if builds.passes(test, own .. "/library", 300) then
         list[#list + 1] = ("%.3f %s\n"):format(socket.gettime() - began, test.name)
      else
         print("left out, it fails without a mutant: " .. own .. " " .. test.name)
      end
   end
   shell.write(times, table.concat(list))
end

--- The tests that were measured, each with its `seconds`.
function builds.measured(build)
   local seconds, sound = {}, {}
   for line in assert(shell.read(build.directory .. "/times")):gmatch("[^\n]+") do
      local took, name = line:match("^(%S+) (.+)$")
      seconds[name] = tonumber(took)
   end
   for _, test in ipairs(builds.tests(build)) do
      test.seconds = seconds[test.name]
      if test.seconds then sound[#sound + 1] = test end
   end
   return sound
end

return builds
