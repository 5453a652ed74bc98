-- bearssl.store over a store in memory that can be broken: what is sealed, how ticket keys are agreed upon, and what
-- the strike register refuses. With real stores and servers: spec/fleet.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local exported_keys = require "bearssl.store.exported_keys"
local pool = require "bearssl.store.pool"
local register = require "bearssl.store.register"
local sealed = require "bearssl.store.sealed"
local store = require "bearssl.store"

-- A store with fields `values` (key → { value, seconds }), `broken` (nothing answers), `run`, `asked` (how often).
local function memory()
   local self = { values = {}, asked = 0, run = "1" }
   local function guard(method)
      return function(_, ...)
         self.asked = self.asked + 1
         if self.broken then return nil, "the store is broken" end
         return method(...)
      end
   end
   self.get = guard(function(key) return self.values[key] and self.values[key][1] end)
   self.set = guard(function(key, value, seconds)
      self.values[key] = { value, seconds }
      return true
   end)
   self.add = guard(function(key, value, seconds)
      if self.values[key] then return false end
      self.values[key] = { value, seconds }
      return true, self.run
   end)
   self.delete = guard(function(key)
      self.values[key] = nil
      return true
   end)
   return self
end

local function keys_of(values)
   local list = {}
   for key in pairs(values) do list[#list + 1] = key end
   table.sort(list)
   return list
end

local SECRET, OTHER = assert(store.new_secret()), assert(store.new_secret())

describe("the sealing of what a fleet's store holds", function()
   local backend, over

   before_each(function()
      backend = memory()
      over = sealed.new(backend, SECRET, "p:")
   end)

   it("shows nothing of a value, takes any bytes, and names its key in hexadecimal digits", function()
      local value = "secret \0 \255\r\n bytes"
      assert.is_true(over:set("session", "\0\255 ", value, 10.5))
      assert.same({ "p:session:00ff20" }, keys_of(backend.values))
      local bytes, seconds = backend.values["p:session:00ff20"][1], backend.values["p:session:00ff20"][2]
      assert.equal(11, seconds)
      assert.is_nil(bytes:find("secret", 1, true))
      assert.equal(value, over:get("session", "\0\255 "))
      assert.is_true(over:set("session", "empty", "", 1))
      assert.equal("", over:get("session", "empty"))
      assert.is_nil((over:get("session", "absent")))
   end)

   it("opens nothing that was changed, planted, or put under another name", function()
      over:set("session", "a", "of a", 10)
      local good = backend.values["p:session:61"][1]
      local function refuses(bytes, name)
         backend.values["p:session:" .. name] = { bytes, 10 }
         local value, message = over:get("session", name == "61" and "a" or "b")
         assert.is_nil(value)
         assert.truthy(message:find("was not sealed for it under the fleet's secret", 1, true))
      end
      refuses(good, "62")
      for _, index in ipairs { 1, 17, 29, 40, #good } do
         refuses(good:sub(1, index - 1) .. string.char((good:byte(index) + 1) % 256) .. good:sub(index + 1), "61")
      end
      refuses(good:sub(1, -2), "61")
      refuses("", "61")
      refuses("of a", "61")
      sealed.new(backend, OTHER, "p:"):set("session", "a", "planted", 10)
      assert.is_nil((over:get("session", "a")))
      -- of another kind, with the same name
      backend.values["p:ticket:61"] = { good, 10 }
      assert.is_nil((over:get("ticket", "a")))
   end)

   it("changes its secret without a break: the first of a list seals, each opens", function()
      over:set("session", "a", "of a", 10)
      local both = sealed.new(backend, { OTHER, SECRET }, "p:")
      assert.equal("of a", both:get("session", "a"))
      both:set("session", "b", "of b", 10)
      assert.is_nil((over:get("session", "b")))
      assert.equal("of b", sealed.new(backend, { SECRET, OTHER }, "p:"):get("session", "b"))
      local raw = SECRET:gsub("..", function(digits) return string.char(tonumber(digits, 16)) end)
      assert.equal("of a", sealed.new(backend, raw, "p:"):get("session", "a"))
   end)

   it("is left out where the store is nobody else's", function()
      local plain = sealed.new(backend, false, "p:")
      assert.is_true(plain:set("session", "a", "as it is", 10))
      assert.equal("as it is", backend.values["p:session:61"][1])
      assert.equal("as it is", plain:get("session", "a"))
   end)

   it("takes no value that is too long", function()
      local ok, message = over:set("session", "a", ("x"):rep(65537), 10)
      assert.is_nil(ok)
      assert.equal("65537 bytes are too many for the store", message)
   end)
end)

describe("the encoding of exported ticket keys", function()
   it("is the core's", function()
      local keys = bearssl.ticket_keys.new { rotation = 300, overlap = 70000, time = 2 ^ 33 + 5 }
      local name, secret = exported_keys.first(keys:export())
      assert.equal(keys:export(), exported_keys.write({ { name = name, secret = secret, seals_until = 2 ^ 33 + 305,
         opens_until = 2 ^ 33 + 70305 } }, 300, 70000))
   end)
end)

describe("ticket keys that a fleet shares", function()
   local backend
   local START = 1000 * 3600 -- where a period begins

   before_each(function() backend = memory() end)

   local function server(now, more)
      local given = { secret = SECRET, time = now }
      for name, value in pairs(more or {}) do given[name] = value end
      return assert(store.ticket_keys(backend, given))
   end

   -- whether what one seals now another opens
   local function opens(one, other)
      local exported = one:keys():export()
      local sealing = exported_keys.first(exported)
      return other:keys():export():find(sealing, 1, true) ~= nil
   end

   it("are made by whoever comes first, once", function()
      local a, b, c = server(START), server(START), server(START)
      for _, each in ipairs { a, b, c } do assert.is_true(each:refresh(START + 10)) end
      assert.equal(1, #keys_of(backend.values))
      assert.is_true(opens(a, b) and opens(b, c) and opens(c, a))
      -- until nothing opens by it: a period, the grace of one more, and the overlap
      local _, entry = next(backend.values)
      assert.equal(3600 - 10 + 3600 + 7200, entry[2])
   end)

   it("rotate at the same time, and a clock that goes faster or slower does no harm", function()
      local a, b = server(START), server(START)
      local before
      for _, time in ipairs { 10, 1790 } do
         assert.is_true(a:refresh(START + time))
         assert.is_true(b:refresh(START + time))
         before = a:keys():export()
      end
      assert.is_true(a:refresh(START + 1801))
      assert.is_true(b:refresh(START + 1802))
      -- the next one is here, and does not seal yet
      assert.equal(exported_keys.first(before), exported_keys.first(a:keys():export()))
      -- a's clock is ahead by a minute
      assert.is_true(a:refresh(START + 3605))
      assert.is_true(b:refresh(START + 3545))
      assert.not_equal(exported_keys.first(before), exported_keys.first(a:keys():export()))
      assert.equal(exported_keys.first(before), exported_keys.first(b:keys():export()))
      assert.is_true(opens(a, b) and opens(b, a))
      -- and who begins anew has both
      local c = server(START + 3605)
      assert.is_true(c:refresh(START + 3605))
      assert.is_true(opens(a, c) and opens(b, c) and opens(c, a) and opens(c, b))
   end)

   it("ask the store only when something is missing", function()
      local a = server(START)
      assert.is_true(a:refresh(START + 1))
      local asked = backend.asked
      for second = 2, 50 do assert.is_true(a:refresh(START + second)) end
      assert.equal(asked, backend.asked)
   end)

   it("are gone from the store, and from a new server, when they open nothing more", function()
      local a = server(START, { period = 100, overlap = 100, grace = 0 })
      assert.is_true(a:refresh(START + 1))
      local name = exported_keys.first(a:keys():export())
      assert.is_true(a:refresh(START + 101))
      assert.is_truthy(a:keys():export():find(name, 1, true))
      assert.is_true(a:refresh(START + 201))
      assert.is_nil(a:keys():export():find(name, 1, true))
   end)

   it("outlive the store: half a period unnoticed, a period of grace, then each server has its own", function()
      local errors = {}
      local a = server(START, { on_error = function(message) errors[#errors + 1] = message end })
      local b = server(START)
      assert.is_true(a:refresh(START + 1801))
      assert.is_true(b:refresh(START + 1801))
      backend.broken = true
      -- the next period's key is here already
      local first = exported_keys.first(a:keys():export())
      local function both(time)
         assert.same({ nil, "the store is broken" }, { a:refresh(START + time) })
         assert.is_nil((b:refresh(START + time)))
      end
      both(3601)
      assert.not_equal(first, exported_keys.first(a:keys():export()))
      both(5401)
      assert.same({ "the store is broken", "the store is broken" }, errors)
      assert.is_true(opens(a, b))
      -- a third period without a key of its own: that of the second goes on
      local last = exported_keys.first(a:keys():export())
      both(7201)
      assert.equal(last, exported_keys.first(a:keys():export()))
      assert.is_true(opens(a, b))
      backend.broken = false
      assert.is_true(a:refresh(START + 9000))
      assert.is_true(b:refresh(START + 9000))
      assert.not_equal(last, exported_keys.first(a:keys():export()))
      assert.is_true(opens(a, b) and opens(b, a))
      assert.is_truthy(a:keys():export():find(last, 1, true))
   end)

   it("are put back into a store that came back empty", function()
      local a, b = server(START), server(START)
      assert.is_true(a:refresh(START + 1801))
      assert.is_true(b:refresh(START + 1801))
      backend.values = {}
      assert.is_true(a:refresh(START + 1870))
      local c = server(START + 1871)
      assert.is_true(c:refresh(START + 1871))
      assert.is_true(opens(a, c) and opens(c, b))
   end)

   it("become one again where two servers made two for the same period", function()
      local a, b = server(START), server(START)
      assert.is_true(a:refresh(START + 1))
      local old = exported_keys.first(a:keys():export())
      backend.values = {}
      assert.is_true(b:refresh(START + 2))
      assert.is_false(opens(a, b))
      assert.is_true(a:refresh(START + 70))
      assert.is_true(opens(a, b) and opens(b, a))
      -- what a sealed before it still opens
      assert.is_truthy(a:keys():export():find(old, 1, true))
   end)

   it("are not taken from a store that somebody else wrote to", function()
      local other = assert(store.ticket_keys(backend, { secret = OTHER, time = START }))
      assert.is_true(other:refresh(START))
      local a = server(START)
      local ok, message = a:refresh(START)
      assert.is_nil(ok)
      assert.truthy(message:find("was not sealed for it", 1, true))
      assert.is_false(opens(other, a))
      -- tickets go on, under its own key
      assert.equal(1, a:keys():count())
   end)

   -- the key in the store of a period
   local function stored(number)
      return "bearssl:ticket:" .. (("3600 %.0f"):format(number):gsub(".", function(character)
         return ("%02x"):format(character:byte())
      end))
   end

   local function garble(number)
      assert.is_truthy(backend.values[stored(number)])
      backend.values[stored(number)][1] = "garbled"
   end

   it("of a past period that cannot be opened are told of, count as absent, and hinder no other", function()
      local a = server(START)
      assert.is_true(a:refresh(START))
      assert.is_true(a:refresh(START + 1800))
      assert.is_true(a:refresh(START + 3600))
      garble(1000)
      local told = {}
      local b = server(START + 5400, { on_error = function(message) told[#told + 1] = message end })
      assert.is_true(b:refresh(START + 5400))
      assert.equal(1, #told)
      assert.truthy(told[1]:find("was not sealed for it", 1, true))
      assert.is_true(opens(a, b) and opens(b, a))
      assert.is_truthy(backend.values[stored(1002)])
      assert.is_true(b:refresh(START + 5401))
      assert.equal(1, #told)
      -- and is asked for again: what others hold comes back
      backend.values[stored(1000)] = nil
      assert.is_true(a:refresh(START + 5470))
      assert.is_true(b:refresh(START + 5471))
      -- three periods', and the one that it was made with
      assert.equal(4, b:keys():count())
   end)

   it("of this period that cannot be opened leave a server with one of its own, until the next", function()
      local problem = {}
      local a = server(START, { on_error = function(message) problem[#problem + 1] = message end })
      assert.is_true(a:refresh(START))
      garble(1000)
      local told = 0
      local more = { on_error = function() told = told + 1 end }
      local b, c = server(START + 10, more), server(START + 10)
      for _, each in ipairs { b, c } do
         for second = 10, 15 do
            local ok, message = each:refresh(START + second)
            assert.is_nil(ok)
            assert.truthy(message:find("was not sealed for it", 1, true))
         end
         assert.equal(1, each:keys():count())
      end
      assert.equal(1, told)
      assert.is_false(opens(a, b))
      -- nobody's value is written over: it may be another's good one
      assert.equal("garbled", backend.values[stored(1000)][1])
      -- a server that has the key goes on with it
      assert.is_true(a:refresh(START + 61))
      assert.equal(1, #problem)
      for _, each in ipairs { a, b, c } do each:refresh(START + 1801) end
      assert.is_truthy(backend.values[stored(1001)])
      for _, each in ipairs { a, b, c } do assert.is_true(each:refresh(START + 3601)) end
      assert.is_true(opens(a, b) and opens(b, c) and opens(c, a))
   end)

   it("that cannot be opened are asked for again, and taken when they can", function()
      local a = server(START)
      assert.is_true(a:refresh(START))
      local good = backend.values[stored(1000)][1]
      garble(1000)
      local b = server(START + 10)
      assert.is_nil((b:refresh(START + 10)))
      backend.values[stored(1000)][1] = good
      assert.is_nil((b:refresh(START + 12)))
      assert.is_true(b:refresh(START + 71))
      assert.is_true(opens(a, b) and opens(b, a))
   end)

   it("change their secret as the guide says, without a period that is not shared", function()
      local function with(secret, now)
         local made = server(now, { secret = secret })
         assert.is_true(made:refresh(now), now)
         return made
      end
      local a = with(SECRET, START)
      local b = with({ SECRET, OTHER }, START + 10)
      -- the next period's, the last one under the old secret
      assert.is_true(b:refresh(START + 1800))
      local c = with({ OTHER, SECRET }, START + 1800)
      assert.is_true(opens(a, b) and opens(b, c))
      -- one and a half periods, grace and overlap
      local now = START + 1800 + 5400 + 3600 + 7200
      for time = START + 1800, now, 600 do assert.is_true(c:refresh(time)) end
      local told = 0
      local d = server(now, { secret = OTHER, on_error = function() told = told + 1 end })
      assert.is_true(d:refresh(now))
      assert.equal(0, told)
      assert.is_true(opens(c, d) and opens(d, c))
   end)

   it("compare all that is held, also behind one that cannot be opened", function()
      local a = server(START)
      assert.is_true(a:refresh(START))
      assert.is_true(a:refresh(START + 1801))
      assert.is_true(a:refresh(START + 3601 + 1800))
      local before = keys_of(backend.values)
      assert.equal(3, #before)
      for garbled = 1000, 1002 do
         backend.values = { [stored(garbled)] = { "garbled", 10 } }
         assert.is_true(a:refresh(START + 5401 + 70 * (garbled - 999)))
         assert.same(before, keys_of(backend.values))
      end
   end)

   it("take a past period's key when others put it back into a store that was emptied", function()
      local a = server(START)
      assert.is_true(a:refresh(START))
      local name = exported_keys.first(a:keys():export())
      assert.is_true(a:refresh(START + 1801))
      assert.is_true(a:refresh(START + 3601))
      backend.values = {}
      local b = server(START + 3602)
      assert.is_true(b:refresh(START + 3602))
      assert.is_nil(b:keys():export():find(name, 1, true))
      assert.is_true(a:refresh(START + 3670))
      assert.is_true(b:refresh(START + 3671))
      assert.is_truthy(b:keys():export():find(name, 1, true))
   end)

   it("are refused where the store would not keep them for so long", function()
      backend.longest_life = 2592000
      local function make(period)
         return store.ticket_keys(backend, { secret = SECRET, period = period, overlap = 10 })
      end
      -- one and a half periods, one of grace, the overlap
      assert.is_truthy(make((2592000 - 10) / 2.5))
      local ok, message = pcall(make, (2592000 - 10) / 2.5 + 1)
      assert.is_false(ok)
      assert.truthy(message:find("this store keeps nothing for more than 2592000 seconds", 1, true), message)
      assert.equal(2592000, require("bearssl.store.memcached").new({ port = 1 }).longest_life)
   end)

   it("are asked for once at a time, and a coroutine that ends in between hinders nobody", function()
      local a = server(START)
      local inner = backend.get
      backend.get = function(...)
         coroutine.yield()
         return inner(...)
      end
      local first = coroutine.wrap(function() return a:refresh(START) end)
      first()
      local asked = backend.asked
      assert.is_true(a:refresh(START))
      assert.equal(asked, backend.asked)
      local ok
      repeat ok = first() until ok ~= nil
      assert.is_true(ok)
      assert.equal(1, #keys_of(backend.values))
   end)
end)

describe("the register of early data that a fleet shares", function()
   local backend, over
   local real_time, now = os.time, nil

   before_each(function()
      backend = memory()
      over = sealed.new(backend, SECRET, "")
      now = 1000000
      os.time = function(...) return select("#", ...) > 0 and real_time(...) or now end -- luacheck: ignore
   end)
   after_each(function() os.time = real_time end) -- luacheck: ignore

   local ID = ("i"):rep(32)

   -- a register that has been kept for long enough
   local function kept()
      local made = register.new(over, 5)
      assert.is_false((made:claim("first", 10)))
      now = now + 32
      return made
   end

   it("says yes once, whoever asks", function()
      local a, b = kept(), register.new(over, 5)
      assert.is_true((a:claim(ID, 10)))
      assert.is_false((b:claim(ID, 10)))
      assert.is_false((a:claim(ID, 10)))
      assert.is_true((b:claim(("j"):rep(32), 10)))
      assert.equal(2 * 10 + 2 * 5 + 1, backend.values["early:" .. ("69"):rep(32)][2])
   end)

   it("accepts nothing before it has been kept for as long as a strike lives", function()
      local a = register.new(over, 5)
      for second = 0, 31 do
         now = 1000000 + second
         assert.is_false((a:claim("id" .. second, 10)), second)
      end
      now = now + 1
      assert.is_true((a:claim("id", 10)))
   end)

   it("accepts nothing while the store is away, and for a while after it came back empty", function()
      local a = kept()
      backend.broken = true
      local ok, message = a:claim(ID, 10)
      assert.is_nil(ok)
      assert.equal("the store is broken", message)
      backend.broken, backend.values = false, {}
      assert.is_false((a:claim(ID, 10)))
      now = now + 31
      assert.is_false((a:claim("other", 10)))
      now = now + 1
      assert.is_true((a:claim("third", 10)))
   end)

   it("accepts nothing for a while after another start of the store, which read back an old snapshot", function()
      local a = kept()
      assert.is_true((a:claim(ID, 10)))
      backend.values["early:" .. ("69"):rep(32)] = nil
      backend.run = "2"
      assert.is_false((a:claim(ID, 10)))
      assert.is_false((a:claim("other", 10)))
      now = now + 32
      assert.is_true((a:claim("third", 10)))
   end)

   it("does not trust a note from the future, nor one that is not the fleet's", function()
      local a = kept()
      now = now - 1000
      assert.is_false((a:claim("x", 10)))
      now = now + 32
      assert.is_true((a:claim("y", 10)))
      backend.values["register:7369" .. "6e6365"] = { "0 1", 10 }
      assert.is_nil((a:claim("z", 10)))
   end)

   it("begins anew where its note cannot be opened, and accepts nothing while two secrets fight over it", function()
      local a = kept()
      local b = register.new(sealed.new(backend, OTHER, ""), 5)
      local ok, message = b:claim("a", 10)
      assert.is_nil(ok)
      assert.truthy(message:find("was not sealed for it", 1, true))
      for second = 1, 100, 10 do
         now = now + second
         assert.is_not_true((a:claim("a" .. second, 10)))
         assert.is_not_true((b:claim("b" .. second, 10)))
      end
      now = now + 31
      assert.is_false((b:claim("c", 10)))
      now = now + 1
      assert.is_true((b:claim("d", 10)))
   end)
end)

describe("handlers over a fleet's store", function()
   local function contexts(backend, given, more)
      local options = { mode = "server", certificate = certificates.ec.chain, key = certificates.ec.key,
         handlers = store.handlers(backend, given), session_cache = 0 }
      for name, value in pairs(more or {}) do options[name] = value end
      return assert(bearssl.context(options))
   end

   local function converse(client_context, server_context, session)
      local a = assert(client_context:connection { server_name = "localhost", session = session or false })
      local b = assert(server_context:connection())
      for _ = 1, 6 do
         a:step()
         b:feed(a:drain())
         b:step()
         a:feed(b:drain())
      end
      a:step()
      return a, b
   end

   local function client_of(version)
      return assert(bearssl.context { cafile = certificates.ca.certfile, max_version = version, session_cache = 0 })
   end

   for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
      it("let one server resume another's sessions of " .. version, function()
         local backend = memory()
         local one, other = contexts(backend, { secret = SECRET }), contexts(backend, { secret = SECRET })
         local client = client_of(version)
         local a = converse(client, one)
         local session = assert(a:session())
         assert.is_true(#keys_of(backend.values) > 0)
         local again, b = converse(client, other, session)
         assert.is_true(again:info().resumed)
         assert.is_true(b:info().resumed)
         assert.is_false(converse(client, contexts(backend, { secret = OTHER }), session):info().resumed)
      end)
   end

   it("mean a full handshake and no failure while the store is broken, and tell of it", function()
      local backend, told = memory(), {}
      local context = contexts(backend, { secret = SECRET, on_error = function(message) told[#told + 1] = message end })
      local client = client_of("TLSv1.2")
      local session = assert((converse(client, context)):session())
      backend.broken = true
      local a, b = converse(client, context, session)
      assert.is_true(a:info().established and b:info().established)
      assert.is_false(a:info().resumed)
      assert.same({ "the store is broken", "the store is broken" }, told)
   end)

   it("have the register by the window of the connection's own context", function()
      local backend, asked = memory(), {}
      local claim = store.handlers(backend, { secret = SECRET, early_data = true, clock_skew = 0 }).early_data
      local context = assert(bearssl.context { mode = "server", certificate = certificates.ec.chain,
         key = certificates.ec.key, max_early_data = 100, early_data_window = 33, handlers = { early_data = claim } })
      local connection = assert(context:connection())
      backend.add = function(_, key, _, seconds)
         asked[#asked + 1] = { key, seconds }
         return false
      end
      local session = { id = function() return ("i"):rep(32) end }
      assert.is_false(claim(connection, { session = session }))
      assert.same({ { "bearssl:early:" .. ("69"):rep(32), 67 } }, asked)
      assert.is_false(claim(connection, {}))
   end)

   it("raise for what makes no sense", function()
      local function raises(part, f, ...)
         local ok, message = pcall(f, ...)
         assert.is_false(ok)
         assert.truthy(message:find(part, 1, true), message)
      end
      raises("this one has no 'get'", store.handlers, {}, { secret = SECRET })
      raises("this one has no 'get'", store.ticket_keys, nil, { secret = SECRET })
      raises("give 'secret'", store.handlers, memory())
      raises("96 hexadecimal digits", store.handlers, memory(), { secret = "short" })
      raises("96 hexadecimal digits", store.handlers, memory(), { secret = {} })
      raises("unknown option 'sessoins'; did you mean 'sessions'?", store.handlers, memory(), { sessoins = true })
      raises("grace and overlap may be 6 periods together", store.ticket_keys, memory(),
         { secret = SECRET, period = 60, overlap = 3600 })
      raises("one argument too many", store.handlers, memory(), { secret = SECRET }, 1)
      local _, message = pcall(store.handlers, memory(), { secret = "a very secret thing" })
      assert.is_nil(message:find("very secret", 1, true))
   end)
end)

describe("the connections to a store", function()
   local log, clients, made

   local function new(given)
      log, clients = {}, 0
      made = pool.new {
         connect = given.connect or function()
            clients = clients + 1
            return { number = clients }
         end,
         close = function(client) log[#log + 1] = "closed " .. client.number end,
         limit = given.limit or 4, retry = given.retry or 0,
      }
   end

   it("are kept, and each serves one question at a time", function()
      new {}
      assert.equal("x", made:ask(function() return "x" end))
      assert.equal(1, made:ask(function(client) return client.number end))
      local first = coroutine.wrap(function()
         return made:ask(function(client)
            coroutine.yield()
            return client.number
         end)
      end)
      first()
      assert.equal(2, made:ask(function(client) return client.number end))
      assert.equal(1, first())
      assert.is_nil((made:ask(function() return nil end)))
   end)

   it("are closed after a failure; one that was idle is tried again with a fresh one", function()
      new {}
      made:ask(function() return true end)
      assert.equal(2, made:ask(function(client)
         if client.number == 1 then error("connection error: closed", 0) end
         return client.number
      end))
      assert.same({ "closed 1" }, log)
      local value, message = made:ask(function() error("connection error: timeout", 0) end)
      assert.is_nil(value)
      assert.equal("connection error: timeout", message)
      assert.same({ "closed 1", "closed 2" }, log)
   end)

   it("are not sought for a while after a failure", function()
      new { retry = 0.2, connect = function()
         clients = clients + 1
         return nil, "refused"
      end }
      assert.same({ nil, "refused" }, { made:ask(function() end) })
      local _, message = made:ask(function() end)
      assert.equal("nothing is asked for a while, because: refused", message)
      assert.equal(1, clients)
      local until_then = core.monotonic() + 0.21
      while core.monotonic() < until_then do end -- luacheck: ignore
      made:ask(function() end)
      assert.equal(2, clients)
   end)

   it("are so many at most, and what a coroutine left behind is given back", function()
      new { limit = 1 }
      local function hold()
         local thread = coroutine.create(function()
            made:ask(function() coroutine.yield() end)
         end)
         coroutine.resume(thread)
         return thread
      end
      local held = hold()
      local _, message = made:ask(function() return true end)
      assert.equal("1 questions are under way, and no more are asked at once", message)
      assert.equal("suspended", coroutine.status(held))
      held = nil -- luacheck: ignore
      collectgarbage()
      collectgarbage()
      assert.is_true(made:ask(function() return true end))
   end)
end)
