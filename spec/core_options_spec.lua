-- Options of bearssl.core: their bounds stand in the core, and the Lua layer takes them from there.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local core_pair = require "spec.support.core_pair"

local WEEK = 7 * 86400

local rows = core.context_options()

local function misuse(pattern, f, ...)
   local ok, message = pcall(f, ...)
   assert.is_false(ok, "nothing was raised for " .. pattern)
   assert.matches(pattern, message)
end

local function options_of(row, value)
   return { role = row.role, mode = row.role, verify = "none", [row.name] = value }
end

local function make(row, value) return core.context(options_of(row, value)) end

-- A context of the Lua layer with one option.
local function make_above(row, value)
   local options = options_of(row, value)
   options.role = nil
   -- what it needs to have an effect
   options.trust = certificates.ca.certificate
   if row.name == "early_data_window" then options.max_early_data = 1 end
   if row.name == "dh_bits_minimum" then options.suites = { "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" } end
   if row.name == "new_session_count" then options.resumption_count = 0 end
   if row.name == "resumption_count" then options.new_session_count = 0 end
   if row.role == "server" then options.certificate, options.key = certificates.ec.chain, certificates.ec.key end
   return bearssl.context(options)
end

local function numbers()
   local list = {}
   for _, row in ipairs(rows) do
      if row.kind ~= "boolean" and row.kind ~= "choice" then list[#list + 1] = row end
   end
   return list
end

describe("a context of the core", function()
   it("refuses what is out of bounds, and names the option and them", function()
      assert.is_true(#numbers() >= 13)
      for _, row in ipairs(numbers()) do
         local range = ("option '%s' must be an? %%w+ from %.0f to %.0f"):format(row.name, row.minimum, row.maximum)
         for _, value in ipairs { row.minimum - 1, -1, row.maximum + 1, 0 / 0, math.huge } do
            misuse(range, make, row, value)
         end
         if row.kind == "integer" then misuse(range, make, row, row.minimum + 0.5) end
         for _, value in ipairs { "8", true, {} } do misuse("option '" .. row.name .. "' must be", make, row, value) end
      end
   end)

   it("takes what is within, both ends included, and shows it", function()
      for _, row in ipairs(numbers()) do
         for _, value in ipairs(row.values or { row.minimum, row.maximum }) do
            local context, message = make(row, value)
            assert.truthy(context, ("%s = %.0f: %s"):format(row.name, value, tostring(message)))
            assert.equal(value, context:info()[row.name], row.name)
         end
      end
   end)

   it("takes each word of a choice and shows it, and refuses others", function()
      local count = 0
      for _, row in ipairs(rows) do
         if row.kind == "choice" then
            count = count + 1
            for _, value in ipairs(row.values) do
               assert.equal(value, assert(make(row, value)):info()[row.name])
            end
            for _, value in ipairs { "nonsense", 1, {} } do misuse("option '" .. row.name .. "'", make, row, value) end
         end
      end
      assert.is_true(count >= 1)
   end)

   it("refuses numbers between those that a choice has", function()
      misuse("option 'max_fragment_length' must be 512, 1024, 2048 or 4096", core.context,
         { max_fragment_length = 513 })
   end)

   it("refuses what only the other kind has a use for", function()
      for _, row in ipairs(rows) do
         if row.role then
            local other = row.role == "client" and "server" or "client"
            local value = row.kind == "boolean" or row.maximum
            misuse(("option '%s' is for %ss"):format(row.name, row.role), core.context,
               { role = other, [row.name] = value })
         end
      end
   end)

   it("refuses flags that are none", function()
      for _, row in ipairs(rows) do
         if row.kind == "boolean" then
            for _, value in ipairs { 1, "yes", {} } do
               misuse("option '" .. row.name .. "' must be a boolean", make, row, value)
            end
         end
      end
   end)

   it("shows the defaults, and flags as they are given", function()
      local shown = { client = assert(core.context { role = "client" }):info(),
         server = assert(core.context { role = "server" }):info() }
      for _, row in ipairs(rows) do
         assert.equal(row.default, shown[row.role or "client"][row.name], row.name)
         if row.kind == "boolean" then
            -- the one needs the other
            local given = row.name == "extended_master_secret" and false or not row.default
            assert.equal(given, assert(make(row, given)):info()[row.name], row.name)
         end
      end
      assert.is_nil(shown.server.key_shares)
      assert.is_false(shown.server.grease)
      assert.equal(0, shown.client.ticket_count)
   end)

   it("has the bounds that are documented", function()
      misuse("'key_shares' must be an integer from 1 to 4", core.context, { key_shares = 16 })
      misuse("'session_lifetime' must be an integer from 1 to 604800", core.context,
         { session_lifetime = 68 * 52 * WEEK })
      misuse("'session_cache' must be an integer from 0 to 100000000", core.context, { session_cache = 100000001 })
      misuse("'early_data_window' must be", core.context, { role = "server", early_data_window = WEEK + 1 })
      misuse("'verify_depth' must be an integer from 0 to 16", core.context, { verify_depth = -1 })
      misuse("'record_size' must be an integer from 512 to 16384", core.context, { record_size = 511 })
      misuse("'version_min' must be", core.context, { version_min = 0x300 })
      misuse("'version_max' must be", core.context, { version_max = 0x305 })
   end)
end)

describe("objects among the options", function()
   -- A table of options that closes `object`, its option `name`, as soon as another one is read.
   local function treacherous(options, name, object, later)
      return setmetatable(options, { __index = function(_, option)
         if option == name then return object end
         if option == later then debug.getmetatable(object).__close(object) end
      end })
   end

   it("are the call's own, whoever closes them meanwhile", function()
      local store = core_pair.trust()
      local context = assert(core.context(treacherous({ role = "client" }, "trust", store, "verify")))
      assert.has_error(function() store:count() end)
      local server = core_pair.server_context()
      local client = assert(core.connection(context, { server_name = "localhost" }))
      core_pair.shake(client, assert(core.connection(server, {})))
      assert.is_true(client:info().peer_verified)

      local session = client:session()
      local other = assert(core.connection(context,
         treacherous({ server_name = "localhost" }, "session", session, "verify")))
      assert.has_error(function() session:id() end)
      core_pair.shake(other, assert(core.connection(server, {})))
      assert.is_true(other:info().established)

      local keys = assert(core.ticket_keys {})
      assert(core.context(treacherous({ role = "server" }, "ticket_keys", keys, "extensions")))
      assert.has_error(function() keys:count() end)
   end)

   it("are the call's own in what methods and answers read, too", function()
      local leaf = core_pair.certificate "rsa"
      local store = core_pair.trust()
      assert.is_true((core.own_methods.trust_verify(store, { leaf }, treacherous({}, "store", store, "purpose"))))
      assert.has_error(function() store:count() end)

      local selected = core_pair.server_context { session_cache = 0 }
      local client, server = core_pair.pair(nil, nil, { decision_mask = core_pair.ALL_DECISIONS })
      core_pair.shake(client, server, { select = function()
         return treacherous({}, "context", selected, "credential")
      end })
      assert.has_error(function() selected:role() end)
      assert.is_true(client:info().established)
   end)
end)

describe("the Lua layer", function()
   it("has the core's bounds of a context", function()
      for _, row in ipairs(numbers()) do
         local above, pattern = row.maximum + 1, ("an integer from %d to %d"):format(row.minimum, row.maximum)
         if row.kind == "seconds" then
            above, pattern = 1e16, "a number of seconds, at most"
            misuse("a number of seconds, not negative", make_above, row, -1)
         elseif row.values then
            pattern = "512, 1024, 2048 or 4096"
         end
         misuse(("bearssl.context: option '%s' must be %s"):format(row.name, pattern), make_above, row, above)
         local context = assert(make_above(row, row.maximum))
         assert.equal(row.maximum, context:info()[row.name], row.name)
      end
   end)

   it("has the core's bounds of everything else", function()
      local leaf, key = bearssl.certificate.load(certificates.rsa.certificate)[1], bearssl.key.generate("p256")
      local function verify(options)
         options.trust = certificates.ca.certificate
         return leaf:verify(options)
      end
      misuse("'verify_depth' must be an integer from 0 to 16", verify, { verify_depth = 17 })
      misuse("'min_rsa_bits' must be an integer from 1024 to 4096", verify, { min_rsa_bits = 5000 })
      misuse("'clock_skew' must be a number of seconds, at most", verify, { clock_skew = math.huge })
      misuse("'time' must be a number of seconds since the epoch", verify, { time = 1e300 })
      misuse("'rotation' must be an integer from 1 to 31536000", bearssl.ticket_keys.new, { rotation = 31536001 })
      misuse("'time' must be a number of seconds since the epoch", bearssl.ticket_keys.new, { time = math.huge })
      misuse("'path_length' must be an integer from 0 to 255", bearssl.certificate.selfsigned,
         { key = key, subject = "CN=a", ca = true, path_length = 256 })
      misuse("'iterations' must be an integer from 1000 to 10000000", key.pem, key,
         { password = "x", iterations = 999 })
      misuse("a multiple of 8 from 2048 to 4096", bearssl.key.generate, "rsa", 4104)
      local context = assert(bearssl.context { trust = certificates.ca.certificate })
      misuse("at most 32768 bytes", context.connection, context, { server_name = "a", early_data = ("x"):rep(32769) })
   end)
end)

describe("other options of the core", function()
   local store, leaf

   setup(function()
      store = assert(core.trust())
      assert(core.trust_add(store, certificates.ca.certificate))
      leaf = assert(core.certificates(certificates.rsa.certificate))[1]
   end)
   teardown(function() store, leaf = nil, nil end)

   it("of verification have bounds", function()
      local function verify(options) return core.own_methods.trust_verify(store, { leaf }, options) end
      for _, case in ipairs {
         { "verify_depth", -1 }, { "verify_depth", 17 }, { "min_rsa_bits", 1023 }, { "min_rsa_bits", 4097 },
         { "clock_skew", -1 }, { "clock_skew", 9e15 },
      } do
         local minimum, maximum = core.bounds("verify", case[1])
         misuse(("option '%s' must be an? %%w+ from %.0f to %.0f"):format(case[1], minimum, maximum), verify,
            { [case[1]] = case[2] })
      end
      assert.is_true((verify { verify_depth = 1, min_rsa_bits = 1024, clock_skew = 0.5 }))
      assert.is_true((verify { verify_depth = 16 }))
   end)

   it("of ticket keys have bounds, also in what was exported", function()
      for _, name in ipairs { "rotation", "overlap" } do
         for _, value in ipairs { 0, -1, 31536001, 1.5 } do
            misuse(("option '%s' must be an integer from 1 to 31536000"):format(name), core.ticket_keys,
               { [name] = value })
         end
         local keys = assert(core.ticket_keys { [name] = 31536000 })
         local exported = keys:export()
         local stretched, count = exported:gsub("\1\225\51\128", "\1\225\51\129")
         assert.equal(1, count)
         assert.equal("bad_ticket_keys", select(3, core.ticket_keys_import(stretched)))
         assert.is_true(keys:replace(exported))
         assert.equal("bad_ticket_keys", select(3, keys:replace(stretched)))
      end
   end)

   it("of connections and issuing have bounds", function()
      local context = assert(core.context { verify = "none" })
      for _, name in ipairs { "version_min", "version_max" } do
         misuse(("option '%s' must be an integer from 769 to 772"):format(name), core.connection, context,
            { [name] = 5 })
      end
      assert.equal("illegal_parameter", select(3, core.connection(context, { early_data = ("x"):rep(32769) })))
      local key = assert(core.generate_key "p256")
      misuse("option 'path_length' must be an integer of 0 to 255", core.issue,
         { issuer_key = key, not_after = os.time() + 86400, ca = true, path_length = 256 })
   end)

   it("are asked for by their names", function()
      assert.same({ 1, 31536000, 86400 }, { core.bounds("ticket_keys", "overlap") })
      assert.has_error(function() core.bounds("ticket_keys", "underlap") end)
      assert.has_error(function() core.bounds("tickets", "overlap") end)
      assert.is_true(core.is_time(0))
      for _, value in ipairs { math.huge, -math.huge, 0 / 0, 9e15, "0", {} } do assert.is_false(core.is_time(value)) end
   end)
end)
