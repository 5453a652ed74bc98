-- Writes the files that tracers make.
local core = require "bearssl.core"

local writing = {}

local function failed(path, message)
   message = tostring(message)
   if not message:find(path, 1, true) then message = path .. ": " .. message end
   return nil, "cannot write the file: " .. message, "file_unwritable"
end

--- write(path, bytes) writes a file. true, or nil, message, "file_unwritable".
function writing.write(path, bytes)
   local file, message = io.open(path, "wb")
   if not file then return failed(path, message) end
   local written, reason = file:write(bytes)
   local closed, late = file:close()
   if written and closed then return true end
   return failed(path, reason or late)
end

--- replace(path, bytes) makes a file for its owner alone, in the place of one that is there, which others may be able
-- to read; of a symbolic link in the place of the link. A device or a pipe is written to. true, or nil, message,
-- "file_unwritable".
function writing.replace(path, bytes)
   local kind = core.path_kind(path)
   if kind == "directory" then return failed(path, "Is a directory") end
   if kind ~= "other" then
      os.remove(path)
      local made, message = core.private_file(path)
      if not made then return failed(path, message) end
   end
   return writing.write(path, bytes)
end

return writing
