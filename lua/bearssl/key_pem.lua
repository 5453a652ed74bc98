-- A private key as PEM.
local core = require "bearssl.core"
local options = require "bearssl.options"

local is = options.is

local function filled(value)
   return (type(value) ~= "string" or value == "") and "a string that is not empty" or nil
end

local pem_options = { password = filled, iterations = is.bounded("key", "iterations") }

--- key_pem(key, options) is what key:pem gives (methods.lua); it raises without a place.
return function(self, given)
   if type(given) == "string" then given = { password = given } end
   if given == nil then given = {} end
   options.check(given, pem_options, "key:pem", -1)
   if given.iterations and not given.password then
      error("key:pem: 'iterations' makes sense only with a 'password'", 0)
   end
   local text, message, code = core.own_methods.key_pem(self, given.password, given.iterations)
   return text, message, code
end
