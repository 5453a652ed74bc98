--- Flips operators of the core, one at a time, and looks whether the tests find it.
--   run.lua DIRECTORY COUNT SEED [FILE ...]       see `make mutants`
-- DIRECTORY is a build of the whole (objects of TLS in tls/, of the C tests' support in core/support, of the binding in
-- lua/). Here the core becomes a shared library, which every test program and the module are linked with, so a mutant
-- costs one object, one link, and the tests up to the first that fails: those of the file's room, then the fastest.
-- The environment says how: COMPILE, SHARED, BEARSSL_LIBS, LUA, and LUA_PATH for the specs.
-- The last lines list the survivors.
local operators = dofile("spec/mutants/operators.lua")
local socket = require("socket")

local ROOMS = { "tls12", "tls13", "handshake", "connection", "x509", "record", "session", "key" }
-- What allocates is wrapped in these, which a shared library hides; the last is linked anew for who survives so far.
local WRAPPED = { x509_allocation = true, issue_allocation = true, connection13_memory = true }
local LAST = "connection13_memory"
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

local directory, count, seed = arg[1], tonumber(arg[2]), tonumber(arg[3])
local only = {}
for i = 4, #arg do only[#only + 1] = arg[i] end
local COMPILE, SHARED = assert(os.getenv("COMPILE")), assert(os.getenv("SHARED"))
local LIBS, LUA = os.getenv("BEARSSL_LIBS") or "-lbearssl", assert(os.getenv("LUA"))
local LIBRARY = "libtlsmutant.so"

local function read(path)
   local file = assert(io.open(path, "rb"))
   local content = file:read("*a")
   file:close()
   return content
end

local function write(path, content)
   local file = assert(io.open(path, "wb"))
   file:write(content)
   file:close()
end

local function lines_of(command)
   local pipe, list = assert(io.popen(command)), {}
   for line in pipe:lines() do list[#list + 1] = line end
   pipe:close()
   return list
end

local function run(command, log)
   local status = os.execute("{ " .. command .. "\n} >" .. (log or "/dev/null") .. " 2>&1")
   return status == true or status == 0
end

local function must(command)
   local log = directory .. "/command.log"
   if not run(command, log) then error(command .. "\n" .. read(log), 0) end
end

-- Numbers that are the same under every Lua (the generator of Park and Miller).
local state = seed % 2147483646 + 1
local function below(n)
   state = state * 16807 % 2147483647
   return state % n + 1
end

-- ---- Building

local function objects_with(changed, instead)
   local list = {}
   for _, object in ipairs(lines_of("ls " .. directory .. "/tls/*/*.o")) do
      list[#list + 1] = object == changed and instead or object
   end
   return table.concat(list, " ")
end

local function link(out, objects)
   return COMPILE:match("^%S+") .. " " .. SHARED .. " -o " .. out .. " " .. objects .. " " .. LIBS
end

local function build_tests()
   local support = table.concat(lines_of("ls " .. directory .. "/core/support/*.o"), " ")
   must(("mkdir -p %s/mutant %s/tests %s/module/bearssl"):format(directory, directory, directory))
   must(link(directory .. "/mutant/" .. LIBRARY, objects_with()))
   local with = ("-L%s/mutant -ltlsmutant -Wl,-rpath,%s/mutant %s"):format(directory, directory, LIBS)
   must(link(directory .. "/module/bearssl/core.so", directory .. "/*/lua/*.o") .. " " .. with)
   local commands = {}
   for _, source in ipairs(lines_of("ls spec/core/*/*_test.c")) do
      local name = source:match("([^/]+)_test%.c$")
      local program = directory .. "/tests/" .. name .. "_test"
      commands[#commands + 1] = ("%s -Icsrc/tls -Ispec/core -o %s %s %s"):format(COMPILE, program, source,
         WRAPPED[name] and "-c" or support .. " " .. with)
   end
   write(directory .. "/commands", table.concat(commands, "\n") .. "\n")
   must("tr '\\n' '\\0' <" .. directory .. "/commands | xargs -0 -P 2 -I '{}' sh -c '{}'")
   return support
end

-- ---- Running

--- Every test: { name =, room =, command =, seconds = }; `seconds` is what it takes when nothing is wrong.
local function all_tests()
   local tests = {}
   for _, source in ipairs(lines_of("ls spec/core/*/*_test.c")) do
      local room, name = source:match("([^/]+)/([^/]+)_test%.c$")
      local program = directory .. "/tests/" .. name .. "_test"
      local script = source:gsub("_test%.c$", ".sh")
      local file = io.open(script)
      if file then file:close() end
      if not WRAPPED[name] then
         tests[#tests + 1] = { name = name, room = room,
            command = file and ("CORPUS=build/corpus sh %s %s"):format(script, program) or program }
      end
   end
   for _, name in ipairs(SPECS) do
      local path = "spec/" .. name .. ".lua"
      local file = io.open(path)
      if file then
         file:close()
         tests[#tests + 1] = { name = name,
            command = ("LUA_CPATH='%s/module/?.so;;' %s $(command -v busted) %s"):format(directory, LUA, path) }
      end
   end
   return tests
end

local function passes(test, seconds)
   -- C tests say how many failed in their last line, and by their status.
   return run(("timeout -k 5 %d sh -c '%s'"):format(seconds, test.command:gsub("'", "'\\''")), directory .. "/test.log")
end

local function measure(tests)
   local sound = {}
   for _, test in ipairs(tests) do
      local began = socket.gettime()
      if passes(test, 300) then
         test.seconds = socket.gettime() - began
         sound[#sound + 1] = test
      else
         print("left out, it fails without a mutant: " .. test.name)
      end
   end
   table.sort(sound, function(a, b) return a.seconds < b.seconds end)
   return sound
end

local function in_order(tests, room)
   local list = {}
   for _, own in ipairs({ true, false }) do
      for _, test in ipairs(tests) do
         if (test.room == room and test.seconds < 5) == own then list[#list + 1] = test end
      end
   end
   return list
end

local function found_by(tests, room)
   for _, test in ipairs(in_order(tests, room)) do
      if not passes(test, math.ceil(test.seconds * 6) + 5) then return test.name end
   end
   return nil
end

local function found_by_last(support, changed, instead)
   local program = directory .. "/tests/last"
   local objects = objects_with(changed, instead)
   local command = "%s -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free -o %s %s/tests/%s_test %s %s %s"
   command = command:format(COMPILE, program, directory, LAST, support, objects, LIBS)
   return not run(("%s && timeout 120 %s"):format(command, program))
end

-- ---- Mutants

local function all_sites()
   local files, sites = only, {}
   if #files == 0 then
      for _, room in ipairs(ROOMS) do
         for _, path in ipairs(lines_of("ls csrc/tls/" .. room .. "/*.c")) do files[#files + 1] = path end
      end
   end
   for _, path in ipairs(files) do
      for _, site in ipairs(operators.sites(read(path))) do
         site.path, site.room, site.file = path, path:match("([^/]+)/([^/]+)%.c$")
         sites[#sites + 1] = site
      end
   end
   return sites
end

local function compile(source, site, object)
   local copy = ("%s/mutant/%s.c"):format(directory, site.file)
   write(copy, source)
   return run(("%s -Icsrc/tls -iquote csrc/tls/%s -c -o %s %s"):format(COMPILE, site.room, object, copy))
end

--- nil when it is no mutant: it does not compile, or to the same.
local function try(site, tests, support)
   local source = read(site.path)
   local object, plain = directory .. "/mutant/mutant.o", directory .. "/mutant/plain.o"
   if not compile(source, site, plain) then error(site.path .. " does not compile", 0) end
   if not compile(operators.apply(source, site), site, object) or read(object) == read(plain) then return nil end
   local changed = ("%s/tls/%s/%s.o"):format(directory, site.room, site.file)
   must(link(directory .. "/mutant/" .. LIBRARY, objects_with(changed, object)))
   local by = found_by(tests, site.room)
   if not by and found_by_last(support, changed, object) then by = LAST end
   return by or false
end

local function describe(site)
   local line = lines_of(("sed -n %dp %s"):format(site.line, site.path))[1]
   return ("%s:%d: %s -> %s: %s"):format(site.path, site.line, site.old, site.new == "" and "nothing" or site.new,
      line:match("^%s*(.-)%s*$"))
end

io.stdout:setvbuf("line")
local support = build_tests()
local tests = measure(all_tests())
local sites, survivors, found, made = all_sites(), {}, 0, 0
print(("%d operators, %d test programs and specs"):format(#sites, #tests))
while made < count and #sites > 0 do
   local site = table.remove(sites, below(#sites))
   local by = try(site, tests, support)
   if by ~= nil then
      made = made + 1
      print(("%3d %s: %s"):format(made, by and "found by " .. by or "SURVIVES", describe(site)))
      if by then found = found + 1 else survivors[#survivors + 1] = describe(site) end
   end
end
print(("mutants: %d of %d found"):format(found, made))
for _, survivor in ipairs(survivors) do print("survivor: " .. survivor) end
