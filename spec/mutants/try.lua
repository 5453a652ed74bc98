--- One mutant:  try.lua DIRECTORY make|test NUMBER PATH SITE
-- `make` compiles it, in DIRECTORY/NUMBER, and fails when it is no mutant: it does not compile, or to the same.
-- `test` runs the tests up to the first that finds it, and prints "NUMBER NAME", with "-" for none. Who survives the
-- plain build is tried in the sanitized one.
-- DIRECTORY/finders remembers which test found what, over all runs, so that the likely ones come first.
local shell = dofile("spec/mutants/shell.lua")
local operators = dofile("spec/mutants/operators.lua")
local builds = dofile("spec/mutants/builds.lua")
local doors = dofile("spec/mutants/doors.lua")

local directory, task, number, path = arg[1], arg[2], arg[3], arg[4]
local room, file = path:match("([^/]+)/([^/]+)%.c$")
local own = directory .. "/" .. number
local copy = ("%s/%s.c"):format(own, file)

local function compile(build, source, object)
   shell.write(copy, source)
   return shell.run(("%s -Icsrc/tls -iquote csrc/tls/%s -c -o %s %s"):format(build.compile, room, object, copy))
end

local function mutated()
   local source = shell.read(path)
   return operators.apply(source, operators.sites(source)[tonumber(arg[5])])
end

local function make()
   local build, object, plain = builds.plain(directory), own .. "/mutant.o", own .. "/plain.o"
   shell.must("mkdir -p " .. own)
   if not compile(build, shell.read(path), plain) then error(path .. " does not compile", 0) end
   return compile(build, mutated(), object) and shell.read(object) ~= shell.read(plain)
end

--- How many each test has found, in this file and in this room.
local function finds()
   local in_file, in_room = {}, {}
   for line in (shell.read(directory .. "/finders") or ""):gmatch("[^\n]+") do
      local where, name = line:match("^(%S+) (.+)$")
      if where == path then in_file[name] = (in_file[name] or 0) + 1 end
      if where:match("([^/]+)/[^/]+$") == room then in_room[name] = (in_room[name] or 0) + 1 end
   end
   return in_file, in_room
end

--- Those that can reach the room; what promises most in a second comes first.
local function in_order(all)
   local in_file, in_room = finds()
   local tests = {}
   for _, test in ipairs(all) do
      if doors.reaches(test.source, room) then tests[#tests + 1] = test end
   end
   for _, test in ipairs(tests) do
      local promise = 0.1 + (test.room == room and 2 or 0) + (test.name:find(file, 1, true) and 8 or 0)
         + 4 * (in_file[test.name] or 0) + (in_room[test.name] or 0)
      test.worth = promise / (test.seconds + 0.05)
   end
   table.sort(tests, function(a, b)
      if a.worth ~= b.worth then return a.worth > b.worth end
      return a.name < b.name
   end)
   return tests
end

--- A test must fail twice: it may have waited too long once, for others.
local function found_in(build, object)
   local changed = ("%s/tls/%s/%s.o"):format(build.directory, room, file)
   builds.link(build, own, changed, object)
   for _, test in ipairs(in_order(builds.measured(build))) do
      local seconds = math.ceil(test.seconds * 6) + 10
      if not builds.passes(test, own, seconds) and not builds.passes(test, own, seconds) then
         return test.name
      end
   end
   return builds.found_by_wrapped(build, own, room, changed, object)
end

local function found()
   local by = found_in(builds.plain(directory), own .. "/mutant.o")
   if by then return by, by end
   local build, object = builds.sanitized(directory), own .. "/sanitized.o"
   if not compile(build, mutated(), object) then error(path .. " does not compile for the sanitizers", 0) end
   by = found_in(build, object)
   return by and by .. " under the sanitizers"
end

if task == "make" then os.exit(make() and 0 or 1) end
local by, plainly = found()
if plainly then shell.write(directory .. "/finders", path .. " " .. by .. "\n", "ab") end
io.write(number .. " " .. (by or "-") .. "\n")
if by then shell.must("rm -rf " .. own) end
