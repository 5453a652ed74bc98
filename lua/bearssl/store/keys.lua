-- Ticket keys that the servers of a fleet agree upon through their store, without one that leads.
--
-- Time is cut into periods. For each there is one key, of random bytes: whoever needs it first makes one and puts it
-- into the store if there is none yet; all others take that. The key of the next period is fetched once half of the
-- present one is over. So each server has it before any clock, its own or one that goes faster, says that it seals; and
-- a store that is away for less than half a period is not missed at all.
--
-- Keys could also be derived from one secret and the number of the period, and would need no store. But then whoever
-- comes by that secret, years later, opens every ticket there ever was, and with tickets of TLS 1.2 what was said on
-- the connections. A random key is gone for good once the servers and the store have forgotten it: it expires in the
-- store when it opens nothing more. The fleet's secret only seals it in the store meanwhile.
--
-- While the store is away servers go on with the keys they have: one seals for its period and then for `grace`. After
-- that each server makes its own (ticket_keys do that by themselves), which opens its own tickets alone, and takes up
-- the fleet's keys again when the store is back; what it sealed itself meanwhile it still opens. A store that comes
-- back empty is filled again: each server looks every minute whether what it holds still stands there. Where a server
-- that had just begun made another key meanwhile, the one in the store is the fleet's.
--
-- A value that cannot be opened (of another secret, or damaged) is told of, and is no reason to ask for no other one. A
-- period that is over counts as one without a key; its tickets shake hands in full. For the present period, or the
-- next, a server goes on with what it has: the period's before, within its grace, then one of its own. It does not
-- write over the value, which may be the good one of servers whose secret was changed already, or not yet: two parties
-- that each replaced what the other had put there would never agree, and the servers that do share would lose their key
-- each minute. Nor is that needed, because each period has a name of its own: what is wrong under one lasts until the
-- next, or until the value is gone or good again, which is looked for as often as the store is compared.
local core = require "bearssl.core"
local exported_keys = require "bearssl.store.exported_keys"

local keys = {}

local Keys = {}

local class = require "bearssl.own"
local state_of = class.self_of "store ticket_keys"

local make = class.class("store ticket_keys", Keys, {
   __tostring = function(self)
      state_of(self, "tostring")
      return "bearssl.store.ticket_keys"
   end,
})

-- A call that asks the store is under way for no longer than this, even if its coroutine is never seen again.
local LONGEST_CALL = 60
local NAME_BYTES, SECRET_BYTES = 16, 32
-- How often the store is compared with what is held: so many times in a period, and each minute at least.
local COMPARISONS, MOST_BETWEEN = 8, 60

--- new(store, times, on_error, now) makes the keys over a sealed store. times: period, overlap, grace in seconds.
function keys.new(store, times, on_error, now)
   local own, message, code = core.ticket_keys { rotation = times.period, overlap = times.overlap, time = now }
   if not own then return nil, message, code end
   return make { store = store, times = times, on_error = on_error, own = own, shared = {}, waits = {},
      last_try = -math.huge, compared = now or os.time() }
end

--- keys() is the object for the option ticket_keys of a context.
function Keys:keys()
   return state_of(self, "keys").own
end

local function ends(self, number)
   return (number + 1) * self.times.period
end

local function opens_until(self, number)
   return ends(self, number) + self.times.grace + self.times.overlap
end

-- 48 random bytes: the core makes such for its own keys.
local function new_key()
   local fresh = assert(core.ticket_keys {})
   local name, secret = exported_keys.first(assert(fresh:export()))
   return name .. secret
end

-- The periods have names that tell their length: servers that were told another one do not share keys.
local function name_of(self, number)
   return ("%.0f %.0f"):format(self.times.period, number)
end

local function take(self, number, bytes)
   self.shared[number] = { name = bytes:sub(1, NAME_BYTES), secret = bytes:sub(NAME_BYTES + 1) }
   self.waits[number] = nil
   return true
end

local function between_comparisons(self)
   return math.min(MOST_BETWEEN, self.times.period / COMPARISONS)
end

local function report(self, message)
   if self.on_error then self.on_error(message) end
end

-- Reads the key of a period: its bytes; nil where there is none, nil, message where the store could not be asked, and
-- nil, message, true where something else stands there.
local function read(self, number)
   local bytes, message, is_unreadable = self.store:get("ticket", name_of(self, number))
   if bytes and #bytes ~= NAME_BYTES + SECRET_BYTES then
      return nil, "a ticket key in the store has another length", true
   end
   return bytes, message, is_unreadable
end

-- There is no key to be had for a period, for a while. message: why, where that is to be told.
local function wait(self, number, now, message)
   self.waits[number] = { since = now, message = message }
   if message then report(self, message) end
   return false
end

local function is_due(self, number, now)
   local waits = self.waits[number]
   return not self.shared[number] and (not waits or math.abs(now - waits.since) >= between_comparisons(self))
end

-- Fetches the key of a period, or makes it; only_fetch: of one that is over, nothing is made. → whether there is one,
-- or nil, message where the store could not be asked.
local function fetch(self, number, now, only_fetch)
   local bytes, message, is_unreadable = read(self, number)
   if not bytes and not message then
      if only_fetch then return wait(self, number, now) end
      local made = new_key()
      local added
      added, message = self.store:add("ticket", name_of(self, number), made, opens_until(self, number) - now)
      if added == nil then return nil, message end
      if added then return take(self, number, made) end
      bytes, message, is_unreadable = read(self, number)
   end
   if bytes then return take(self, number, bytes) end
   if is_unreadable then return wait(self, number, now, message) end
   return nil, message or "a ticket key has gone from the store at once"
end

-- Puts a key that is held back into the store, or takes the one that stands there for it. The one that was held goes
-- on opening its tickets: ticket_keys keep what they had. → whether it changed, or nil, message.
local function compare(self, number, now)
   local held = self.shared[number]
   local bytes, message, is_unreadable = read(self, number)
   if is_unreadable then
      report(self, message)
      return false
   end
   if message then return nil, message end
   if bytes then
      if bytes == held.name .. held.secret then return false end
      return take(self, number, bytes)
   end
   local added
   added, message = self.store:add("ticket", name_of(self, number), held.name .. held.secret,
      opens_until(self, number) - now)
   if added == nil then return nil, message end
   return false
end

local function compare_all(self, now)
   local changed, numbers = false, {}
   for number in pairs(self.shared) do numbers[#numbers + 1] = number end
   for _, number in ipairs(numbers) do
      -- it may have been forgotten while the store was asked
      if self.shared[number] then
         local other, message = compare(self, number, now)
         if other == nil then return changed, message end
         changed = changed or other
      end
   end
   self.compared = now
   return changed
end

-- All periods whose keys should be here: number → only_fetch.
local function wanted(self, now)
   local times = self.times
   local present = math.floor(now / times.period)
   local list = {}
   for number = math.floor((now - times.grace - times.overlap) / times.period), present - 1 do
      -- what sealed before this server was there
      if opens_until(self, number) > now then list[#list + 1] = { number = number, only_fetch = true } end
   end
   list[#list + 1] = { number = present }
   if now - present * times.period >= times.period / 2 then list[#list + 1] = { number = present + 1 } end
   return list, present
end

-- Gives the core what is known: the key that seals first, then those that only open, the next period's among them.
local function install(self, present, now)
   local sealing
   for number = present, present - math.ceil(self.times.grace / self.times.period), -1 do
      if self.shared[number] and ends(self, number) + self.times.grace > now then
         sealing = number
         break
      end
   end
   if not sealing then return true end
   local list = {}
   local function put(number)
      local key = self.shared[number]
      if not key then return end
      key.seals_until, key.opens_until = ends(self, number) + self.times.grace, opens_until(self, number)
      list[#list + 1] = key
   end
   put(sealing)
   put(present + 1)
   for number = present, present - exported_keys.MOST, -1 do
      if number ~= sealing and #list < exported_keys.MOST then put(number) end
   end
   return self.own:replace(exported_keys.write(list, self.times.period, self.times.overlap), now)
end

local function forget(self, now)
   for _, list in ipairs { self.shared, self.waits } do
      for number in pairs(list) do
         if opens_until(self, number) <= now then list[number] = nil end
      end
   end
end

-- Only a store that could not be asked ends the round: each further question might take as long to fail.
local function fetch_all(self, list, now)
   local changed = false
   for _, entry in ipairs(list) do
      if is_due(self, entry.number, now) then
         local ok, message = fetch(self, entry.number, now, entry.only_fetch)
         if ok == nil then return changed, message end
         changed = changed or ok
      end
   end
   return changed
end

-- true, or nil, message, and whether that was told before.
local function bring_up(self, now)
   local list, present = wanted(self, now)
   local changed, problem
   forget(self, now)
   if math.abs(now - self.compared) >= between_comparisons(self) then
      changed, problem = compare_all(self, now)
   end
   if not problem then
      local fetched
      fetched, problem = fetch_all(self, list, now)
      changed = changed or fetched
   end
   if changed or self.installed ~= present then
      local ok, message = install(self, present, now)
      if not ok then return nil, message end
      self.installed = present
   end
   if problem then return nil, problem end
   local waits = self.waits[present]
   if waits and waits.message then return nil, waits.message, true end
   return true
end

local function is_under_way(self, now)
   local call = self.call
   return call and coroutine.status(call.thread) ~= "dead" and math.abs(now - call.since) < LONGEST_CALL
end

--- refresh([time]) brings the keys up to the time: true, or nil and a message where the store could not be asked, or
-- has a key of this period that cannot be opened; the keys that are there go on then. To be called often, every few
-- seconds at least: it asks the store only where a key is missing, and not again within a second after a failure. It
-- may yield where the store's socket does.
function Keys:refresh(time)
   local state, now = state_of(self, "refresh"), time or os.time()
   if is_under_way(state, now) then return true end
   if math.abs(now - state.last_try) < 1 and state.problem then return nil, state.problem end
   local thread = coroutine.running()
   state.call = thread and { thread = thread, since = now } or nil
   local ok, message, is_told = bring_up(state, now)
   state.call, state.last_try, state.problem = nil, now, message
   if not ok and not is_told then report(state, message) end
   return ok, message
end

return keys
