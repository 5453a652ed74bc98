-- Key logs: files of secrets in the format of NSS (RFC 9850), by which Wireshark reads a connection.
local core = require "bearssl.core"

local keylog_file = {}

local open = {} -- path → file: contexts that name the same one write whole lines, one after the other

local function append_to(path)
   if not core.path_kind(path) then
      local made, message = core.private_file(path)
      -- another process may have made one meanwhile; behind a symbolic link that leads nowhere there would be one that
      -- others may read
      if not made and not core.path_kind(path) then return nil, message end
   end
   return io.open(path, "a")
end

--- open(path) is a handler `keylog` that appends each secret to a file, or nil, message, "file_unreadable". A new file
-- is its owner's alone to read: whoever reads it reads the connections. One that is there keeps its mode.
function keylog_file.open(path)
   local file = open[path]
   if not file then
      local message
      file, message = append_to(path)
      if not file then return nil, "cannot write the key log: " .. message, "file_unreadable" end
      file:setvbuf "line"
      open[path] = file
   end
   return function(_, question) file:write(question.line, "\n") end
end

--- beside(path, handler) is open(path), whose handler calls another one, if there is one, as well.
function keylog_file.beside(path, handler)
   local write, message, code = keylog_file.open(path)
   if not write or not handler then return write, message, code end
   return function(connection, question)
      write(connection, question)
      return handler(connection, question)
   end
end

return keylog_file
