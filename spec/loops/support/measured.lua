-- Runs an example whose process tells what it needs: a client that asks for example.org instead of localhost makes it
-- collect its garbage and print how much Lua holds.
--     lua spec/loops/support/measured.lua EXAMPLE WORD…
local bearssl = require "bearssl"

local make_context = bearssl.context

function bearssl.context(given)
   local handler = given.handlers.client_hello
   function given.handlers.client_hello(connection, message)
      if message.server_name == "example.org" then
         collectgarbage()
         collectgarbage()
         print(("memory %.0f"):format(collectgarbage "count"))
         io.stdout:flush()
      end
      return handler(connection, message)
   end
   return make_context(given)
end

local path = table.remove(arg, 1)
assert(loadfile(path))()
