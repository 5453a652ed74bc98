-- What the stores' options have in common, and how those over LuaSocket connect.
local options = require "bearssl.options"

local is = options.is

local checks = {}

local MOST_SECONDS = 3600

local server = {
   host = is.string, port = is.integer(1, 65535), timeout = is.duration(MOST_SECONDS),
   retry = is.duration(MOST_SECONDS), connections = is.integer(1, 10000), connect = is["function"],
}

--- server(more) is the specification of options for a store that is reached over TCP.
function checks.server(more)
   local specification = {}
   for name, check in pairs(server) do specification[name] = check end
   for name, check in pairs(more or {}) do specification[name] = check end
   return specification
end

--- options(given, specification, who) are the options, checked, with the defaults of `server`.
function checks.options(given, specification, who)
   if given == nil then given = {} end
   options.check(given, specification, who, 3)
   local complete = { host = "127.0.0.1", timeout = 0.1, retry = 1, connections = 32 }
   for name, value in pairs(given) do complete[name] = value end
   return complete
end

--- connect(given, port) is a connected socket; raises why not. given: host, port, timeout, connect.
function checks.connect(given, port)
   port = given.port or port
   local socket, message = (given.connect or require("bearssl.tcp").connect)(given.host, port, given.timeout)
   if not socket then
      error(("could not connect to %s:%d: %s"):format(given.host, port, tostring(message or "no socket")), 0)
   end
   -- the whole of a call, not each wait in it: who sends a byte now and then holds nobody up
   if socket.settimeout then socket:settimeout(given.timeout, "t") end
   if not given.connect then socket:setoption("tcp-nodelay", true) end
   return socket
end

return checks
