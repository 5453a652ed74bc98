-- Child processes, the same way on every Lua (lua-posix is not there for all): a shell starts the
-- program, tells its process id, waits for it, and notes its exit status in a file.
local shell = require "spec.support.shell"
local socket = require "socket"
local temporary = require "spec.support.temporary"

local process = {}
local Process = {}
Process.__index = Process

local alive = {} -- pid -> process: everything that was started and not yet stopped

-- sh is enough, except that only bash can close descriptors above 9, which children must not inherit:
-- an inherited socket would stay open when the test closes it.
local SHELL = shell.which("bash") or "sh"
local LAUNCH = [[
for path in /dev/fd/*; do
    number=${path##*/}
    case $number in
    [0-2]) ;;
    [3-9]) eval "exec $number>&-" ;;
    *) [ -z "${BASH_VERSION-}" ] || eval "exec $number>&-" ;;
    esac
done
state=$1 pids=$2 directory=$3 input=$4 output=$5 errors=$6
shift 6
cd "$directory" || exit 1
if [ "$errors" = - ]; then
    "$@" <"$input" >"$output" 2>&1 &
else
    "$@" <"$input" >"$output" 2>"$errors" &
fi
pid=$!
: >"$pids/$pid"
echo $pid
exec >/dev/null 2>&1
wait $pid
echo $? >"$state.part"
mv "$state.part" "$state"
rm -f "$pids/$pid"
]]

-- start runs a program. argv: its words. options:
--    environment  name -> value, added to the present one
--    directory    where it runs
--    input        true: what write() gives; or the path of a file; nothing: /dev/null
--    separate     true: standard error goes to its own file, see errors()
function process.start(argv, options)
   options = options or {}
   local self = setmetatable({ argv = argv, name = argv[1] }, Process)
   local base = temporary.path()
   self.output_path = base .. ".out"
   self.errors_path = options.separate and base .. ".err" or nil
   self.status_path = base .. ".status"
   local input = "/dev/null"
   if options.input == true then
      input = base .. ".in"
      shell.run({ "mkfifo", input })
   elseif options.input then
      input = options.input
   end
   local words = { "env", "BEARSSL_SPEC_DIR=" .. temporary.directory() }
   for name, value in pairs(options.environment or {}) do
      words[#words + 1] = name .. "=" .. value
   end
   for _, word in ipairs(argv) do
      words[#words + 1] = tostring(word)
   end
   local pipe = assert(io.popen(shell.join({
      SHELL,
      "-c",
      LAUNCH,
      "launch",
      self.status_path,
      temporary.directory() .. "/pids",
      options.directory or ".",
      input,
      self.output_path,
      self.errors_path or "-",
   }) .. " " .. shell.join(words) .. " &"))
   self.pid = tonumber(pipe:read("*l"))
   pipe:close()
   assert(self.pid, "cannot start " .. argv[1])
   alive[self.pid] = self
   if options.input == true then
      self.input = assert(io.open(input, "wb"))
      self.input:setvbuf("no")
   end
   return self
end

-- output is what the program wrote until now (on both outputs unless `separate` was set).
function Process:output()
   return temporary.read(self.output_path) or ""
end

function Process:errors()
   return self.errors_path and temporary.read(self.errors_path) or ""
end

-- told is the end of what the program wrote, for error messages.
local TOLD = 4000
local function told(self)
   local text = self:output() .. self:errors()
   return #text > TOLD and "…" .. text:sub(-TOLD) or text
end
Process.told = told

-- write gives bytes to the program's standard input (option `input = true`).
function Process:write(bytes)
   return self.input:write(bytes)
end

function Process:close_input()
   if self.input then
      self.input:close()
      self.input = nil
   end
end

-- status is the exit status once the program has ended (128 + number for a signal), or nil.
function Process:status()
   if not self.ended then
      local text = temporary.read(self.status_path)
      self.ended = text and tonumber(text:match("%d+"))
      if self.ended then
         alive[self.pid] = nil
      end
   end
   return self.ended
end

function Process:running()
   return self:status() == nil
end

local SLOWDOWN = tonumber(os.getenv("SLOWDOWN") or "") or 1

local function within(seconds, condition)
   local deadline = socket.gettime() + seconds
   local pause = 0.001
   while true do
      local result = condition()
      if result then
         return result
      end
      if socket.gettime() > deadline then
         return nil
      end
      socket.sleep(pause)
      pause = math.min(pause * 1.5, 0.02)
   end
end

-- until_true returns what a condition is as soon as that is something, or nil after so many seconds, of which a slow
-- machine gets more (SLOWDOWN).
local function until_true(seconds, condition)
   return within(seconds * SLOWDOWN, condition)
end
process.until_true = until_true

-- wait_for returns the captures of a Lua pattern as soon as the output matches it. It raises an error
-- with the output after `timeout` seconds (10; see until_true), or when the program ends without having written it.
function Process:wait_for(pattern, timeout)
   local found, ended
   until_true(timeout or 10, function()
      ended = self:status()
      local text = self:output() .. self:errors()
      if text:find(pattern) then
         found = text
      end
      return found or ended
   end)
   if found then
      return found:match(pattern)
   end
   error(
      ("%s %s without writing %q; it wrote:\n%s"):format(
         self.name,
         ended and "ended (status " .. ended .. ")" or ("timed out after %g s"):format((timeout or 10) * SLOWDOWN),
         pattern,
         told(self)
      ),
      2
   )
end

-- wait returns the exit status; it raises an error when the program has not ended after `timeout`
-- seconds (10).
function Process:wait(timeout)
   local status = until_true(timeout or 10, function()
      return self:status()
   end)
   if not status then
      error(("%s timed out: it goes on after %g s; it wrote:\n%s"):format(self.name, (timeout or 10) * SLOWDOWN,
         told(self)), 2)
   end
   self:close_input()
   return status
end

-- signal sends one. A program of several threads goes on answering for a moment after a STOP: that one is waited for.
function Process:signal(name)
   if not self:running() then
      return
   end
   shell.try(("kill -%s %d"):format(name, self.pid))
   if name == "STOP" then
      assert(until_true(5, function()
         return shell.run(("ps -o state= -p %d"):format(self.pid)):find "T"
      end), "it does not stop")
   end
end

-- stop ends the program (TERM, then KILL) and returns its exit status. Stopping twice is harmless.
function Process:stop()
   self:close_input()
   if self:running() then
      self:signal("TERM")
      local status = within(3, function()
         return self:status()
      end)
      if not status then
         self:signal("KILL")
         self:wait(5)
      end
   end
   return self:status()
end

-- stop_all ends everything that runs, and returns the names of what did.
function process.stop_all()
   local names, list = {}, {}
   for _, child in pairs(alive) do
      list[#list + 1] = child
   end
   for _, child in ipairs(list) do
      child:close_input()
      if child:running() then
         names[#names + 1] = child.name
         child:signal("TERM")
      end
   end
   for _, child in ipairs(list) do
      child:stop()
   end
   return names
end

return process
