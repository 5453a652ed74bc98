-- Makes files that hold secrets: nobody but their owner ever reads them, from the first byte on.
local core = require "bearssl.core"

local private_file = {}

--- quote(path) is a word of the shell's.
function private_file.quote(path)
   return "'" .. path:gsub("'", "'\\''") .. "'"
end

--- create(path, bytes [, mask [, quiet]]) makes a file. Lua cannot say with which mode: the shell does, and sees no secret but on
-- its standard input. It refuses what is there already, also a symbolic link (noclobber). mask: as of umask ("077");
-- quiet: the shell says nothing. true, or nil, message.
function private_file.create(path, bytes, mask, quiet)
   -- where it cannot, somebody must still read: SIGPIPE would end this process
   local command = ("umask %s && set -C && cat >%s || cat >/dev/null"):format(mask or "077",
      private_file.quote(path:sub(1, 1) == "-" and "./" .. path or path))
   if quiet then command = "exec 2>/dev/null; " .. command end
   local called, pipe = pcall(io.popen, command, "w")
   if not called or not pipe then return nil, ("cannot write %s: no shell"):format(path) end
   pipe:write(bytes)
   pipe:close() -- Lua 5.1 does not say whether it worked
   local file = io.open(path, "rb")
   local written = file and file:read("*a")
   if file then file:close() end
   if written ~= bytes then return nil, ("cannot write %s"):format(path) end
   return true
end

-- Why a path cannot be written, as the system says it, as far as it can be asked.
local function why(path)
   local kind, reason = core.path_kind(path:match "^(.*/)[^/]*$" or ".")
   if kind then return path end
   return path .. ": " .. reason:match "[^:]*$":gsub("^ ", "")
end

--- replace(path, bytes) makes a file for its owner alone, instead of one that is there. A device or a pipe is written
-- to. true, or nil, message, "file_unwritable".
function private_file.replace(path, bytes)
   local kind = core.path_kind(path)
   local done, message
   if kind == "directory" then
      message = ("cannot write the file: %s: Is a directory"):format(path)
   elseif kind == "other" then
      return private_file.write(path, bytes)
   else
      -- what stands there, or a link to it, may be for others to read
      os.remove(path)
      done, message = private_file.create(path, bytes, nil, true)
      if not done then message = "cannot write the file: " .. why(path) end
   end
   if done then return true end
   return nil, message, "file_unwritable"
end

--- write(path, bytes) writes what is no secret. true, or nil, message, "file_unwritable".
function private_file.write(path, bytes)
   local file, message = io.open(path, "wb")
   local done
   if file then
      done, message = file:write(bytes)
      local closed, reason = file:close()
      if done and not closed then done, message = nil, reason end
   end
   if done then return true end
   return nil, "cannot write the file: " .. tostring(message), "file_unwritable"
end

return private_file
