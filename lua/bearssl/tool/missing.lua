-- What the tool says where require finds no module: what to install, or where Lua should look.
local missing = {}

-- Modules that come in a package of another name: LuaRocks' and Debian's
local PACKAGES = { socket = { "luasocket", "lua-socket" }, mime = { "luasocket", "lua-socket" } }

local function interpreter()
   return type(jit) == "table" and "LuaJIT" or _VERSION
end

local function not_found(module)
   if module:find "^bearssl" then
      return ("%s does not find %s, a part of this library: in a checkout, first `make` and eval \"$(make -s env)\"; "
         .. "elsewhere, LUA_PATH and LUA_CPATH say where it was installed"):format(interpreter(), module)
   end
   local name = module:match "^[^.]+"
   local package = PACKAGES[name] or { name, "lua-" .. name }
   return ("this needs the Lua module %s, which %s does not find: luarocks --lua-version=%s install %s, or the "
      .. "system's package (Debian's is %s)"):format(module, interpreter(), _VERSION:match "%d+%.%d+", package[1],
      package[2])
end

--- told(message) is one line where message is what require says of a module that is not there or cannot be loaded; else
-- nil.
function missing.told(message)
   local module = message:match "module '([^']+)' not found:"
   if module then return not_found(module) end
   local why
   module, why = message:match "error loading module '([^']+)' from file '[^']*':%s*([^\n]*)"
   return module and ("the module %s cannot be loaded: %s"):format(module, why)
end

return missing
