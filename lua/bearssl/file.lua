-- Reads the files that options name.
local core = require "bearssl.core"

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

--- is_directory(path) tells whether a path is a directory.
function file.is_directory(path)
   return core.path_kind(path) == "directory"
end

--- list(path) is the sorted list of the names in a directory, or nil, message, "file_unreadable".
function file.list(path)
   local names, reason = core.directory(path)
   if not names then
      return nil, ("the directory %s cannot be read: %s"):format(path, reason), "file_unreadable"
   end
   table.sort(names)
   return names
end

return file
