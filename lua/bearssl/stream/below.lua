-- The methods of streams that are about the socket below, for programs that ask it: they are passed on to it.
local options = require "bearssl.options"
local own = require("bearssl.own").self_of "stream"

local below = {}

-- A socket of cqueues has other names, and tells the family first.
local of_cqueues = { getpeername = "peername", getsockname = "localname" }

local function index(object, name) return object[name] end

local function field(object, name)
   if type(object) == "number" then return nil end
   local ok, value = pcall(index, object, name)
   return ok and type(value) == "function" and value or nil
end

-- A handle of luv has a table for an address.
local function unpacked(address, ...)
   if type(address) ~= "table" then return address, ... end
   return address.ip, address.port, address.family
end

local function pass_on(self, name, ...)
   local state = own(self, name)
   local object = state.below
   if state.transport_closed or object == nil then return nil, "closed", "closed" end
   local method, other = field(object, name), of_cqueues[name] and field(object, of_cqueues[name])
   if method then return unpacked(method(object, ...)) end
   if other then
      local family, host, port = other(object)
      if not family then return nil, tostring(host) end
      return host, port, family
   end
   -- Copas keeps the LuaSocket object in a field
   object = type(object) == "table" and object.socket
   method = object and field(object, name)
   if method then return method(object, ...) end
   return nil, ("the transport has no %s"):format(name)
end

--- getpeername() is what the socket below gives: of LuaSocket the peer's address, port and family. nil, message where
-- it has none, and nil, "closed", "closed" after close().
function below:getpeername(...)
   return pass_on(self, "getpeername", ...)
end

--- getsockname() is the same of this side.
function below:getsockname(...)
   return pass_on(self, "getsockname", ...)
end

--- setoption(name [, value]) sets an option of the socket below, such as "tcp-nodelay" of LuaSocket.
function below:setoption(name, ...)
   own(self, "setoption")
   if type(name) ~= "string" then
      error("setoption: the option's name must be a string, not " .. options.describe(name), 2)
   end
   local ok, value, message, code = pcall(pass_on, self, "setoption", name, ...)
   if not ok then
      -- the socket raises in its own words, about a function that the caller does not know
      error("setoption: " .. (tostring(value):match "%((.*)%)$" or tostring(value)), 2)
   end
   return options.result(value, message, code)
end

return below
