-- echo([count]) starts examples/server.lua, which answers so many connections (1): its port, and the process.
local certificates = require "spec.support.certificates"
local process = require "spec.support.process"

local LUA = os.getenv "LUA" or "lua5.4"

return function(count)
   local own = certificates.ec
   local server = process.start { LUA, "examples/server.lua", own.chainfile, own.keyfile, "0", tostring(count or 1) }
   return tonumber(server:wait_for "listening on 127%.0%.0%.1:(%d+)"), server
end
