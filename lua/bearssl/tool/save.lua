-- Files that the tool makes, some of which hold secrets. Each is written beside its place and then moved there: whoever
-- is interrupted or killed leaves no half of one.
local core = require "bearssl.core"

local save = {}

local function fail(message, ...)
   error({ failure = message:format(...), code = "file_unwritable" }, 0)
end

--- quote(path) is a word of the shell's.
function save.quote(path)
   return "'" .. path:gsub("'", "'\\''") .. "'"
end

--- directory(path) makes one, and those above it, if need be.
function save.directory(path)
   if core.path_kind(path) == "directory" then return end
   os.execute("mkdir -p -- " .. save.quote(path) .. " 2>/dev/null")
end

--- refuse(path, force) ends the subcommand when there is such a file, unless it may be overwritten.
function save.refuse(path, force)
   if not force and core.path_kind(path) then fail("%s is there already; --force overwrites it", path) end
end

local count = 0

-- A name that nobody else uses, and that nobody could know before.
local function beside(path)
   count = count + 1
   local place, name = path:match "^(.*/)([^/]*)$"
   local address = tostring({}):match "%x+$"
   return ("%s.%s.%s%d%d.part"):format(place or "", name or path, address, os.time() % 100000, count)
end

--- write(path, bytes, mask) makes a file, in the place of one that is there (of a symbolic link, not of what it leads
-- to). mask: what others may not do, as umask takes it; "077" is for secrets, which nobody but the owner may read.
function save.write(path, bytes, mask)
   local kind = core.path_kind(path)
   if kind == "directory" then fail("cannot write %s: it is a directory", path) end
   local part = kind == "other" and path or beside(path)
   if mask == "077" and kind ~= "other" then
      local made, message = core.private_file(part)
      if not made then fail("cannot write %s: %s", path, (message:gsub("^.*: ", ""))) end
   end
   local file, message = io.open(part, "wb")
   if not file then fail("cannot write %s: %s", path, (message:gsub("^.*: ", ""))) end
   local written, reason = file:write(bytes)
   local closed, late = file:close()
   local moved = written and closed
   if moved and part ~= path then moved, late = os.rename(part, path) end
   if moved then return end
   if part ~= path then os.remove(part) end
   fail("cannot write %s: %s", path, (tostring(reason or late):gsub("^.*: ", "")))
end

return save
