-- Reads the files that options name.
local file = {}

--- read(path [, what]) is the content of a file, or nil, message, "file_unreadable". what: how messages
-- call it ("certfile").
function file.read(path, what)
   local handle, reason = io.open(path, "rb")
   local bytes
   if handle then
      bytes, reason = handle:read("*a")
      handle:close()
   end
   if bytes then return bytes end
   reason = tostring(reason or "it cannot be read")
   if not reason:find(path, 1, true) then reason = path .. ": " .. reason end
   return nil, ("the %s cannot be read: %s"):format(what or "file", reason), "file_unreadable"
end

--- exists(path) tells whether a file can be opened.
function file.exists(path)
   local handle = io.open(path, "rb")
   if not handle then return false end
   handle:close()
   return true
end

--- is_directory(path) tells whether a path is a directory: one can be opened (on POSIX) but not read.
function file.is_directory(path)
   local handle = io.open(path, "rb")
   if not handle then return false end
   local _, _, number = handle:read(0)
   local _, _, again = handle:read(1)
   handle:close()
   return number == 21 or again == 21 -- EISDIR
end

local function by_lfs(path)
   local ok, lfs = pcall(require, "lfs")
   if not ok then return nil end
   local listed, iterate, state = pcall(lfs.dir, path)
   if not listed then return nil, tostring(iterate) end
   local names = {}
   for name in iterate, state do names[#names + 1] = name end
   return names
end

local function by_shell(path)
   local command = "ls -1 '" .. path:gsub("'", "'\\''") .. "/' 2>/dev/null"
   local opened, pipe = pcall(io.popen, command)
   if not opened or not pipe then return nil end
   local names = {}
   for name in pipe:lines() do names[#names + 1] = name end
   pipe:close()
   return names
end

--- list(path) is the sorted list of the names in a directory, or nil, message, "file_unreadable". Lua has no
-- such function: lfs does it where it is installed, else `ls`.
function file.list(path)
   local names, reason = by_lfs(path)
   if not names and not reason then names = by_shell(path) end
   if not names then
      return nil, ("the directory %s cannot be read: %s"):format(path, reason or "no lfs, and no shell"),
         "file_unreadable"
   end
   table.sort(names)
   return names
end

return file
