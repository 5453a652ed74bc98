-- A store in a dictionary of lua_shared_dict, which all workers of an nginx share: see bearssl.store for what a store
-- is. Each operation is one of nginx's, under its lock, so that of several workers who add a key one alone does.
local options = require "bearssl.options"

local Store = {}

local class = require "bearssl.own"
local own = class.self_of "ngx_shared store"

local function check(key, method)
   if type(key) ~= "string" or key == "" then
      error(("%s: the key must be a string, not %s"):format(method, options.describe(key)), 3)
   end
end

local function check_value(value, ttl, method)
   if type(value) ~= "string" then
      error(("%s: the value must be a string, not %s"):format(method, options.describe(value)), 3)
   end
   if ttl ~= nil and (type(ttl) ~= "number" or ttl ~= ttl) then
      error(("%s: the lifetime must be seconds, not %s"):format(method, options.describe(ttl)), 3)
   end
end

--- get(key) is the value, or nil where there is none any more; nil, message.
function Store:get(key)
   local dictionary = own(self, "get").dictionary
   check(key, "get")
   local value, message = dictionary:get(key)
   if value == nil and type(message) == "string" then return nil, message end
   return value
end

--- set(key, value [, ttl]) keeps a string for so many seconds (nil: for ever; none left: it is forgotten): true, or
-- nil, message. A full dictionary gives up what was not used for longest, which for sessions costs a handshake.
function Store:set(key, value, ttl)
   local dictionary = own(self, "set").dictionary
   check(key, "set")
   check_value(value, ttl, "set")
   if ttl and ttl <= 0 then
      dictionary:delete(key)
      return true
   end
   local good, message = dictionary:set(key, value, ttl or 0)
   if good then return true end
   return nil, message
end

--- add(key, value [, ttl]) keeps it unless the key is there: true; false where it is; nil, message, where that cannot
-- be said: a full dictionary gives nothing up for it, since what was added must be found for as long as it was to be.
function Store:add(key, value, ttl)
   local dictionary = own(self, "add").dictionary
   check(key, "add")
   check_value(value, ttl, "add")
   if ttl and ttl <= 0 then return nil, "the lifetime is over" end
   local good, message = dictionary:safe_add(key, value, ttl or 0)
   if not good and message == "no memory" then
      dictionary:flush_expired()
      good, message = dictionary:safe_add(key, value, ttl or 0)
   end
   if good then return true end
   if message == "exists" then return false end
   return nil, message
end

--- delete(key) forgets it: true, also where there was none.
function Store:delete(key)
   local dictionary = own(self, "delete").dictionary
   check(key, "delete")
   dictionary:delete(key)
   return true
end

local make = class.class("ngx_shared store", Store, {
   __tostring = function(self)
      own(self, "tostring")
      return "bearssl.store.ngx_shared"
   end,
})

local METHODS = { "get", "set", "safe_add", "delete", "flush_expired" }

local function is_dictionary(value)
   if type(value) ~= "table" then return false end
   for _, name in ipairs(METHODS) do
      if type(value[name]) ~= "function" then return false end
   end
   return true
end

local ngx_shared = {}

--- new(dictionary) is a store in ngx.shared.NAME: that object, or its name. Raises where there is none of the name, and
-- outside of nginx. What must not be lost (strikes of early data) wants a dictionary of its own: `set` may push out
-- what `add` has kept in the same one.
function ngx_shared.new(dictionary, ...)
   options.surplus("bearssl.store.ngx_shared.new", dictionary, ...)
   local found = dictionary
   if type(dictionary) == "string" then
      if type(ngx) ~= "table" then
         error("bearssl.store.ngx_shared.new: needs nginx with its Lua module, which this program does not run in", 2)
      end
      found = ngx.shared[dictionary]
      if not found then
         error(("bearssl.store.ngx_shared.new: there is no dictionary %q: nginx.conf needs lua_shared_dict %s 10m;")
            :format(dictionary, dictionary), 2)
      end
   end
   if not is_dictionary(found) then
      error("bearssl.store.ngx_shared.new: takes ngx.shared.NAME or its name, not " .. options.describe(dictionary), 2)
   end
   return make { dictionary = found }
end

return ngx_shared
