-- The directory of one test run. It is removed when this process ends, however it ends: a watchdog
-- process, which holds the other end of a pipe, then stops the run's processes and removes the files.
-- A child process that finds BEARSSL_SPEC_DIR in its environment shares its parent's directory.
local shell = require "spec.support.shell"

local temporary = {}

local root, watchdog
local count = 0

local WATCHDOG = [[
trap '' INT TERM HUP PIPE
cat >/dev/null
for file in "$1"/pids/*; do
    [ -f "$file" ] && kill -9 "${file##*/}" 2>/dev/null
done
for again in 1 2 3 4 5 6 7 8 9 10; do
    rm -rf "$1" 2>/dev/null && break # what was just stopped may still write its exit status
    sleep 0.05
done
]]

-- directory is the run's own directory.
function temporary.directory()
   if not root then
      root = os.getenv("BEARSSL_SPEC_DIR")
      if not root then
         root = shell.run("mktemp -d \"${TMPDIR:-/tmp}/bearssl-spec.XXXXXX\""):match("[^\n]+")
         shell.run({ "mkdir", root .. "/pids", root .. "/certificates" })
         watchdog = assert(io.popen("exec sh -c " .. shell.join({ WATCHDOG, "watchdog", root }), "w"))
         watchdog:setvbuf("no")
      end
   end
   return root
end

-- shared is the directory of what several runs beside each other use: .ci/suite gives one to all spec files.
function temporary.shared()
   return os.getenv("BEARSSL_SPEC_SHARED") or temporary.directory()
end

-- path is a new name in it, which nothing has yet.
function temporary.path(suffix)
   count = count + 1
   local unique = tostring({}):match("0x(%x+)") or "0"
   return ("%s/%s-%d%s"):format(temporary.directory(), unique, count, suffix or "")
end

function temporary.make_directory()
   local path = temporary.path(".d")
   shell.run({ "mkdir", "-p", path })
   return path
end

-- write puts bytes into a new file (or the one given) and returns its path.
function temporary.write(bytes, suffix, path)
   path = path or temporary.path(suffix)
   local file = assert(io.open(path, "wb"))
   assert(file:write(bytes))
   assert(file:close())
   return path
end

function temporary.read(path)
   local file = io.open(path, "rb")
   if not file then
      return nil
   end
   local bytes = file:read("*a")
   file:close()
   return bytes
end

return temporary
