-- What one spec file at a time may do, where several run beside each other: make a certificate, run make.
local shell = require "spec.support.shell"
local socket = require "socket"
local temporary = require "spec.support.temporary"

local lock = {}

local PATIENCE = 240 * (tonumber(os.getenv("SLOWDOWN") or "") or 1)

-- hold runs f while nobody else holds the lock of this name.
function lock.hold(name, f)
   local path = temporary.shared() .. "/" .. name .. ".lock"
   local deadline = socket.gettime() + PATIENCE
   while shell.try({ "mkdir", path }) ~= 0 do
      if socket.gettime() > deadline then
         error("another run holds " .. path)
      end
      socket.sleep(0.05)
   end
   local ok, message = pcall(f)
   shell.run({ "rmdir", path })
   if not ok then
      error(message, 0)
   end
end

return lock
