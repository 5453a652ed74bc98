-- bearssl.ticket_keys: the secrets under which a server seals sessions into tickets (RFC 5077), so that it need not
-- remember them. Servers that hold the same keys resume each other's sessions:
--     local keys = assert(bearssl.ticket_keys.new { rotation = 3600, overlap = 7200 })
--     local context = assert(bearssl.context { mode = "server", ticket_keys = keys, … })
-- keys:export() is a string for the other processes; each of them does keys:replace(string) when it changes. Whoever
-- has it can read every connection that was resumed from these tickets, and the ones that they were made in: keep it
-- like a private key.
local core = require "bearssl.core"
local options = require "bearssl.options"

local ticket_keys = {}

local is = options.is
local specification = {
   rotation = is.bounded("ticket_keys", "rotation"), overlap = is.bounded("ticket_keys", "overlap"),
   time = is.time,
}

--- new([options]) makes keys. rotation: seconds for which a key seals new tickets; then the next ticket makes a new
-- one. overlap: seconds for which it opens tickets after that. 86400 each. time: seconds since the epoch, where that is
-- not now. Returns the object; or nil, message, code ("no_random"). Its methods:
--
-- rotate([time]) makes a new key at once; export() → string; replace(string [, time]) takes over what another process
-- exported and keeps its own keys, where they still open, behind them (nil, message, "bad_ticket_keys" for anything
-- else); count() → number of keys, at most 8.
function ticket_keys.new(given, ...)
   options.surplus("bearssl.ticket_keys.new", given, ...)
   if given == nil then given = {} end
   options.check(given, specification, "bearssl.ticket_keys.new", 2)
   return core.ticket_keys(given)
end

--- import(string) is the object of what keys:export() gave; or nil, message, "bad_ticket_keys".
function ticket_keys.import(bytes, ...)
   options.surplus("bearssl.ticket_keys.import", bytes, ...)
   if type(bytes) ~= "string" then
      error("bearssl.ticket_keys.import: exported keys are a string, not a " .. type(bytes), 2)
   end
   return core.ticket_keys_import(bytes)
end

return ticket_keys
