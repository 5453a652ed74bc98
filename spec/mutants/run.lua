--- Flips operators of the core, one at a time, and looks whether the tests find it.
--   run.lua DIRECTORY COUNT SEED [FILE ...]       see `make mutants`
-- DIRECTORY has the two builds (builds.lua); two mutants are tried at once (try.lua). A FILE may name one line,
-- FILE:LINE. The last lines list the survivors, whose remains stay in DIRECTORY/NUMBER.
local shell = dofile("spec/mutants/shell.lua")
local operators = dofile("spec/mutants/operators.lua")
local builds = dofile("spec/mutants/builds.lua")

local ROOMS = { "tls12", "tls13", "handshake", "connection", "x509", "record", "session", "key" }

local directory, count, seed = arg[1], tonumber(arg[2]), tonumber(arg[3])
local TRY = ("%s spec/mutants/try.lua %s"):format(os.getenv("LUA"), directory)

-- Numbers that are the same under every Lua (the generator of Park and Miller).
local state = seed % 2147483646 + 1
local function below(n)
   state = state * 16807 % 2147483647
   return state % n + 1
end

local function all_files()
   local files = {}
   for i = 4, #arg do files[#files + 1] = arg[i] end
   if #files > 0 then return files end
   for _, room in ipairs(ROOMS) do
      for _, path in ipairs(shell.lines_of("ls csrc/tls/" .. room .. "/*.c")) do files[#files + 1] = path end
   end
   return files
end

local function all_sites()
   local sites = {}
   for _, named in ipairs(all_files()) do
      local path, line = named:match("^(.-):(%d+)$")
      path = path or named
      for i, site in ipairs(operators.sites(assert(shell.read(path), path))) do
         site.path, site.index = path, i
         if not line or site.line == tonumber(line) then sites[#sites + 1] = site end
      end
   end
   return sites
end

local function describe(site)
   local line = shell.lines_of(("sed -n %dp %s"):format(site.line, site.path))[1]
   return ("%s:%d: %s -> %s: %s"):format(site.path, site.line, site.old, site.new == "" and "nothing" or site.new,
      line:match("^%s*(.-)%s*$"))
end

--- Calls `each` with every line that the task prints for the mutants, two of which are at work at once.
local function at_once(list, task, each)
   local commands = {}
   for _, m in ipairs(list) do
      commands[#commands + 1] = ("%s %s %d %s %d%s"):format(TRY, task, m.number, m.path, m.index,
         task == "make" and (" && echo %d"):format(m.number) or "")
   end
   shell.write(directory .. "/commands", table.concat(commands, "\n") .. "\n")
   local pipe = assert(io.popen("tr '\\n' '\\0' <" .. directory .. "/commands | xargs -0 -P 2 -n 1 sh -c"))
   for line in pipe:lines() do each(line) end
   pipe:close()
end

--- `count` mutants in the order in which they were drawn.
local function draw(sites)
   local mutants, drawn = {}, 0
   while #mutants < count and #sites > 0 do
      local list, good = {}, {}
      while #mutants + #list < count and #sites > 0 do
         drawn = drawn + 1
         list[#list + 1] = table.remove(sites, below(#sites))
         list[#list].number = drawn
      end
      at_once(list, "make", function(line) good[tonumber(line)] = true end)
      for _, site in ipairs(list) do
         if good[site.number] then mutants[#mutants + 1] = site end
      end
   end
   return mutants
end

io.stdout:setvbuf("line")
for _, build in ipairs({ builds.plain(directory), builds.sanitized(directory) }) do
   builds.prepare(build)
   builds.measure(build)
end
local sites = all_sites()
print(("%d operators"):format(#sites))
local mutants = draw(sites)
local by_number, done, survivors = {}, 0, {}
for _, mutant in ipairs(mutants) do by_number[mutant.number] = mutant end
at_once(mutants, "test", function(line)
   local number, by = line:match("^(%d+) (.+)$")
   local mutant = assert(by_number[tonumber(number)], line)
   done = done + 1
   print(("%3d %s: %s"):format(done, by == "-" and "SURVIVES" or "found by " .. by, describe(mutant)))
   if by == "-" then survivors[#survivors + 1] = describe(mutant) end
end)
print(("mutants: %d of %d found"):format(done - #survivors, #mutants))
for _, survivor in ipairs(survivors) do print("survivor: " .. survivor) end
