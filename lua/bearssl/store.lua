-- bearssl.store: several servers that resume each other's sessions, through a store that they share.
--     local store = require "bearssl.store"
--     local backend = require("bearssl.store.redis").new { host = "10.0.0.5" }
--     local keys = assert(store.ticket_keys(backend, { secret = secret }))
--     local context = assert(bearssl.context { mode = "server", ticket_keys = keys:keys(), max_early_data = 16384,
--        handlers = store.handlers(backend, { secret = secret, early_data = true }), … })
--     keys:refresh()      -- every few seconds
-- A backend is an object with get(key), set(key, value, seconds), add(key, value, seconds) and delete(key):
-- bearssl.store.redis, .resty_redis, .memcached, .ngx_shared, or one's own. doc/guides/fleet.md shows the whole.
local exported_keys = require "bearssl.store.exported_keys"
local options = require "bearssl.options"
local sealed = require "bearssl.store.sealed"

local store = {}

local is = options.is
local METHODS = { "get", "set", "add", "delete" }
local DAY = 86400

local function is_prefix(value)
   if type(value) == "string" and #value <= 64 and not value:find "[^!-~]" then return nil end
   return "at most 64 printable characters without spaces"
end

local function common(more)
   more.secret, more.prefix, more.on_error = sealed.check_secret, is_prefix, is["function"]
   return more
end

local keys_specification = common {
   period = is.integer(2, 365 * DAY), overlap = is.integer(1, 365 * DAY), grace = is.integer(0, 365 * DAY),
   time = is.time,
}
local handlers_specification = common {
   sessions = is.boolean, early_data = is.boolean, clock_skew = is.integer(0, DAY),
}

local function check(who, backend, given, specification)
   for _, name in ipairs(METHODS) do
      local kind = type(backend)
      if kind ~= "table" and kind ~= "userdata" or type(backend[name]) ~= "function" then
         error(("%s: a store has the methods get, set, add and delete; this one has no '%s'"):format(who, name), 3)
      end
   end
   if given == nil then given = {} end
   options.check(given, specification, who, 3)
   if given.secret == nil then
      error(who .. ": give 'secret', which the servers of the fleet alone know (store.new_secret() makes one), or "
         .. "false where nobody else can read or write the store", 3)
   end
   return sealed.new(backend, given.secret, given.prefix or "bearssl:")
end

--- new_secret() is a new secret for a fleet, 96 hexadecimal digits; or nil, message, "no_random". Keep it like a
-- private key, in a file that each server reads.
function store.new_secret(...)
   options.surplus("bearssl.store.new_secret", nil, ...)
   local fresh, message, code = require("bearssl.core").ticket_keys {}
   if not fresh then return nil, message, code end
   local name, secret = exported_keys.first(assert(fresh:export()))
   return require("bearssl.hex").encode(name .. secret)
end

--- ticket_keys(backend, options) makes ticket keys that all servers with the same store, secret and times share.
-- options: secret (of new_secret, a list of them of which the first seals, or false for a store that nobody else can
-- reach); period: seconds for which a key seals (3600); overlap: for which it opens tickets after that (7200); grace:
-- for which it goes on sealing while the store is away (a period), and opens accordingly longer; prefix: what the keys
-- in the store begin with ("bearssl:"); on_error: function(message) for what the store could not do; time: seconds
-- since the epoch, where that is not now.
-- Returns an object, or nil, message, code ("no_random"): keys() is the object for a context's ticket_keys;
-- refresh([time]) is to be called every few seconds, before the first connection too: true, or nil, message when the
-- store could not be asked. Raises for options that make no sense.
function store.ticket_keys(backend, given, ...)
   options.surplus("bearssl.store.ticket_keys", given, ...)
   local over = check("bearssl.store.ticket_keys", backend, given, keys_specification)
   local period, overlap = given.period or 3600, given.overlap or 7200
   local grace = given.grace or period
   if math.ceil((grace + overlap) / period) + 2 > exported_keys.MOST then
      error(("bearssl.store.ticket_keys: grace and overlap may be %d periods together, no more"):format(
         exported_keys.MOST - 2), 2)
   end
   -- the next period's key comes into the store when half of the present one is left
   local longest = math.ceil(1.5 * period) + grace + overlap
   if backend.longest_life and longest > backend.longest_life then
      error(("bearssl.store.ticket_keys: a key is in the store for %d seconds (one and a half periods, grace and "
         .. "overlap), and this store keeps nothing for more than %d seconds"):format(longest, backend.longest_life), 2)
   end
   return require("bearssl.store.keys").new(over, { period = period, overlap = overlap, grace = grace }, given.on_error,
      given.time)
end

local function reporter(given)
   return given.on_error or function() end
end

local function add_sessions(handlers, over, given)
   local report = reporter(given)
   function handlers.session_store(_, question)
      -- a session of TLS 1.2 whose client only has a ticket has no name
      if question.session_id == "" then return end
      local ok, message = over:set("session", question.session_id, question.session:export(), question.lifetime)
      if not ok then report(message) end
   end
   function handlers.session_load(_, question)
      local id = question.session_id
      -- The client invents the name. What sends early data may be answered once, of which the register takes care.
      if not id or #id == 0 or #id > 32 or question.early_data and not given.early_data then return nil end
      local exported, message = over:get("session", id)
      if message then report(message) end
      return exported
   end
end

-- The window that the connection's own context checks a ticket's age by.
local function window_of(holder)
   local own = require "bearssl.own"
   local state = own.look("stream", holder) or own.look("connection", holder)
   local connection = state.connection
   return (connection.selected or connection.context).core:info().early_data_window
end

local function add_early_data(handlers, over, given)
   local report = reporter(given)
   local register = require("bearssl.store.register").new(over, given.clock_skew or 5)
   function handlers.early_data(holder, question)
      local id = question.session and question.session:id()
      if not id or #id < 16 then return false end
      local ok, message = register:claim(id, window_of(holder))
      if not ok then report(message) end
      return ok == true
   end
end

--- handlers(backend, options) is a table of handlers for a server's context: session_store and session_load keep its
-- sessions in the store; early_data, with the option of that name, notes there which ticket has brought some, and
-- accepts none that has, nor any while the store cannot be asked.
-- options: secret, prefix, on_error as of ticket_keys; sessions: whether sessions are kept there (true); early_data:
-- whether there is the register (false); clock_skew: seconds by which the clocks of two servers may differ (5).
-- Raises for options that make no sense.
function store.handlers(backend, given, ...)
   options.surplus("bearssl.store.handlers", given, ...)
   local over = check("bearssl.store.handlers", backend, given, handlers_specification)
   local handlers = {}
   if given.sessions ~= false then add_sessions(handlers, over, given) end
   if given.early_data then add_early_data(handlers, over, given) end
   return handlers
end

return store
