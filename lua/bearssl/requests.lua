-- What connections and streams may be asked for after the handshake, checked: each function raises for misuse, in the
-- name of the method's caller. connection: its state; level: as error()'s, seen from the method.
local options = require "bearssl.options"

local requests = {}

local update_options = { request = options.is.boolean }

--- update_keys(options, level) tells whether the peer is asked for new keys too.
function requests.update_keys(given, level)
   if given == nil then return false end
   options.check(given, update_options, "update_keys", level + 1)
   return given.request or false
end

--- fail(reason, text, level) is the message to fail with.
function requests.fail(reason, text, level)
   if type(reason) ~= "string" or reason == "" then
      error("fail: the reason must be a code or a text, not " .. options.describe(reason), level + 1)
   elseif text ~= nil and type(text) ~= "string" then
      error("fail: the text must be a string, not " .. options.describe(text), level + 1)
   end
   return require("bearssl.sentence").of(reason, text)
end

--- for_servers(connection, method, level)
function requests.for_servers(connection, method, level)
   if connection.context.settings.mode == "client" then
      error(method .. ": is for servers: a client cannot ask for that", level + 1)
   end
end

local renegotiate_options = { verify = require("bearssl.verification").modes "server" }

--- renegotiate(connection, options, level) is the mode to verify by, or nil.
function requests.renegotiate(connection, given, level)
   if given == nil then return nil end
   options.check(given, renegotiate_options, "renegotiate", level + 1)
   local settings = (connection.selected or connection.context).settings
   if given.verify and settings.mode == "client" then
      error("renegotiate: the option 'verify' is for servers: a client verifies as before", level + 1)
   elseif given.verify and given.verify ~= "none" and not settings.trust then
      error(("renegotiate: verify = %q needs a trust store, and the context has none"):format(given.verify), level + 1)
   end
   return given.verify
end

return requests
