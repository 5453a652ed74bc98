-- Busted's helper (see .busted). It loads what must live for the whole run, since busted unloads the
-- modules that a spec file requires; and it stops the processes that a spec file left running, which
-- happens even when a test or a teardown raised an error.
local busted = require "busted"

package.path = "./?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path

require "spec.support.certificates"
local process = require "spec.support.process"

busted.subscribe({ "file", "end" }, function()
   process.stop_all()
   return nil, true
end)

return true
