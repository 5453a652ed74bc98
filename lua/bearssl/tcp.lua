-- TCP connections of LuaSocket's, for those parts of the library that connect by themselves.
local tcp = {}

--- connect(host, port, seconds) is a connected socket, whose timeout is so many seconds (nil: none); or nil and
-- LuaSocket's message. Each address that the name has is tried. Raises where LuaSocket is not installed.
function tcp.connect(host, port, seconds)
   local socket, message = require("socket").tcp()
   if not socket then return nil, message end
   socket:settimeout(seconds)
   local ok
   ok, message = socket:connect(host, port)
   if ok then return socket end
   socket:close()
   return nil, message
end

return tcp
