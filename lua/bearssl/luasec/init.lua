-- bearssl.luasec: LuaSec's interface over this library, for programs that know LuaSec.
--     require("bearssl.luasec").install()      -- from then on require "ssl" and "ssl.https" are ours
-- doc/guides/luasec.md says what is the same and what is not.
local unsafe = require "bearssl.luasec.unsafe"

local luasec = { ssl = require "bearssl.luasec.ssl" }

-- LuaSec's names → ours.
local MODULES = {
   ssl = "ssl", ["ssl.context"] = "context", ["ssl.x509"] = "x509", ["ssl.config"] = "config", ["ssl.core"] = "core",
   ["ssl.https"] = "https",
}

--- install() has require "ssl", "ssl.https", "ssl.context", "ssl.x509", "ssl.config" and "ssl.core" give this library's
-- modules, also where LuaSec is loaded already: call it first. Returns the table of `ssl`.
function luasec.install(...)
   require("bearssl.options").surplus("bearssl.luasec.install", nil, ...)
   for name, own in pairs(MODULES) do
      local function load() return require("bearssl.luasec." .. own) end
      package.preload[name] = load
      -- what needs LuaSocket is loaded when it is asked for
      package.loaded[name] = own ~= "https" and load() or nil
   end
   return luasec.ssl
end

return setmetatable(luasec, {
   -- on_unsafe: a function(what, traceback) that is told once for each of LuaSec's unsafe defaults that is used.
   __newindex = function(self, name, value)
      if name ~= "on_unsafe" then return rawset(self, name, value) end
      if value ~= nil and type(value) ~= "function" then
         error("bearssl.luasec: on_unsafe must be a function or nil, not a " .. type(value), 2)
      end
      unsafe.hook = value
      unsafe.forget()
   end,
   __index = function(self, name)
      if name == "on_unsafe" then return unsafe.hook end
      for _, own in pairs(MODULES) do
         if name == own then
            local module = require("bearssl.luasec." .. own)
            rawset(self, name, module)
            return module
         end
      end
      return nil
   end,
})
