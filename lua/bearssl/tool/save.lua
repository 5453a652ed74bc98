-- Files that the tool makes, some of which hold secrets.
local private_file = require "bearssl.private_file"

local save = {}

local function fail(message, ...)
   error({ failure = message:format(...) }, 0)
end

save.quote = private_file.quote

--- refuse(path, force) ends the subcommand when there is such a file; with force it goes.
function save.refuse(path, force)
   local file = io.open(path, "rb")
   if not file then return end
   file:close()
   if not force then fail("%s is there already; --force overwrites it", path) end
   os.remove(path)
end

--- write(path, bytes, mask) makes a file; see private_file.create.
function save.write(path, bytes, mask)
   local done, message = private_file.create(path, bytes, mask)
   if not done then fail("%s", message) end
end

return save
