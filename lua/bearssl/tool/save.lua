-- Files that the tool makes, some of which hold secrets.
local save = {}

local function fail(message, ...)
   error({ failure = message:format(...) }, 0)
end

--- quote(path) is a word of the shell's.
function save.quote(path)
   return "'" .. path:gsub("'", "'\\''") .. "'"
end

--- refuse(path, force) ends the subcommand when there is such a file; with force it goes.
function save.refuse(path, force)
   local file = io.open(path, "rb")
   if not file then return end
   file:close()
   if not force then fail("%s is there already; --force overwrites it", path) end
   os.remove(path)
end

--- write(path, bytes, mask) makes a file. Lua cannot say with which mode: the shell does, and sees no secret but on its
-- standard input. It refuses what is there already, also a symbolic link (noclobber).
function save.write(path, bytes, mask)
   local pipe = io.popen(("umask %s && set -C && cat >%s"):format(mask,
      save.quote(path:sub(1, 1) == "-" and "./" .. path or path)), "w")
   if not pipe then fail("cannot write %s: no shell", path) end
   pipe:write(bytes)
   pipe:close() -- Lua 5.1 does not say whether it worked
   local file = io.open(path, "rb")
   local written = file and file:read("*a")
   if file then file:close() end
   if written ~= bytes then fail("cannot write %s", path) end
end

return save
