-- What the servers of a fleet put into their store, encrypted and authenticated: a session holds a master secret, and a
-- ticket key opens every ticket. So who reads the store learns how many sessions there are and when; who writes it can
-- take values away, or put an older value of the same name back, but can make none, nor pass one name's value off as
-- another's.
--
-- The sealing is that of tickets (ticket.c): ChaCha20-Poly1305 under a key of 32 bytes that is named by 16, with a
-- nonce that depends on what is sealed. The name under which a value stands goes in front of it, sealed with it.
local core = require "bearssl.core"
local exported_keys = require "bearssl.store.exported_keys"
local hex = require "bearssl.hex"

local sealed = {}

local Sealed = {}
Sealed.__index = Sealed

local SECRET_BYTES = 48
-- A session with the longest chain of a client that a ticket would carry is shorter.
local LONGEST_VALUE = 65536

local function bytes_of(secret)
   if #secret == SECRET_BYTES then return secret end
   if #secret ~= 2 * SECRET_BYTES or secret:find "%X" then return nil end
   return hex.decode(secret)
end

local function secrets_of(given)
   return type(given) == "table" and given or { given }
end

--- check_secret is a check of options: false, a secret, or a list of them.
function sealed.check_secret(given)
   local must = "a secret of 96 hexadecimal digits (or 48 bytes), a list of up to 8 of them, or false"
   if given == false then return nil end
   local count = 0
   for _, secret in ipairs(secrets_of(given)) do
      -- never shown
      if type(secret) ~= "string" or not bytes_of(secret) then return must, "must be " .. must end
      count = count + 1
   end
   if count == 0 or count > exported_keys.MOST then return must, "must be " .. must end
   return nil
end

--- new(backend, secret, prefix) is a store over a store; its methods take names and values of any bytes. secret: as
-- check_secret passes it; the first of a list seals, each opens, so that a fleet can change it machine by machine.
-- prefix: what the backend's keys begin with.
function sealed.new(backend, secret, prefix)
   local keys
   if secret then
      local list = {}
      for index, each in ipairs(secrets_of(secret)) do
         local bytes = bytes_of(each)
         list[index] = { name = bytes:sub(1, 16), secret = bytes:sub(17), seals_until = exported_keys.FOREVER,
            opens_until = exported_keys.FOREVER }
      end
      keys = assert(core.ticket_keys_import(exported_keys.write(list)))
   end
   return setmetatable({ backend = backend, keys = keys, prefix = prefix }, Sealed)
end

local function key_of(self, kind, name)
   return self.prefix .. kind .. ":" .. hex.encode(name)
end

local function seal(self, key, value)
   if #key > 255 then return nil, "the name is too long" end
   if #value > LONGEST_VALUE then return nil, ("%d bytes are too many for the store"):format(#value) end
   if not self.keys then return value end
   return core.seal(self.keys, string.char(#key) .. key .. value)
end

local function open(self, key, bytes)
   if not self.keys then return bytes end
   local opened = core.unseal(self.keys, bytes)
   local front = string.char(#key) .. key
   if not opened or opened:sub(1, #front) ~= front then
      return nil, "what stands under " .. key .. " was not sealed for it under the fleet's secret", true
   end
   return opened:sub(#front + 1)
end

--- get(kind, name) is the value, nil for none, or nil, message when it could not be asked; nil, message, true
-- where there is a value that is not the fleet's.
function Sealed:get(kind, name)
   local key = key_of(self, kind, name)
   local bytes, message = self.backend:get(key)
   if not bytes then return nil, message end
   if type(bytes) ~= "string" then return nil, "the store gave a " .. type(bytes) .. " for a value", true end
   return open(self, key, bytes)
end

local function put(self, method, kind, name, value, seconds)
   local key = key_of(self, kind, name)
   local bytes, message = seal(self, key, value)
   if not bytes then return nil, message end
   return self.backend[method](self.backend, key, bytes, math.ceil(seconds))
end

--- set(kind, name, value, seconds) is true, or nil, message.
function Sealed:set(kind, name, value, seconds)
   return put(self, "set", kind, name, value, seconds)
end

--- add(kind, name, value, seconds) is true and what the backend tells besides; false where there is a value; or nil,
-- message.
function Sealed:add(kind, name, value, seconds)
   return put(self, "add", kind, name, value, seconds)
end

return sealed
