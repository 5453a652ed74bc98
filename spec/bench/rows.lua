-- What `make bench` measures, row by row: its group, its text, its unit, what is expected of it, and the scenario.
--     rows(options) → list of { group =, what =, unit =, expected =, prepare =, … }
-- expected: { at_least = } or { at_most = }, of the ratio to the other library, or with of = "ours" of our own figure.
-- more: rounds, once (no turn to warm up), alone (ours only), beside (a library other than LuaSec), theirs_prepare
-- (what the other library does in its turns, if it is not the same).
local certificates = require "spec.support.certificates"
local crowd = require "spec.bench.crowd"
local nginx = require "spec.bench.nginx"
local scenarios = require "spec.bench.scenarios"
local stores = require "spec.bench.stores"

local SUITES = {
   ["AES-128-GCM"] = { "AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256" },
   ["AES-256-GCM"] = { "AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384" },
   ["ChaCha20-Poly1305"] = { "CHACHA20-POLY1305", "TLS_CHACHA20_POLY1305_SHA256" },
   ["AES-128-CBC, SHA-256"] = { "AES128-SHA256" },
}
local BUNDLE = "/etc/ssl/certs/ca-certificates.crt"

local list, options

local function row(group, what, unit, expected, prepare, more)
   if expected and not (expected.at_least or expected.at_most) then
      expected = nil
   end
   local made = { group = group, what = what, unit = unit, expected = expected, prepare = prepare }
   for name, value in pairs(more or {}) do
      made[name] = value
   end
   list[#list + 1] = made
end

-- The settings of a row: version "1.2" or "1.3", authentication "ecdsa" (P-256) or "rsa" (2048 bits), curve, cipher.
local function settings(version, authentication, curve, cipher)
   local certificate = authentication == "ecdsa" and certificates.ec or certificates.rsa
   local names = SUITES[cipher or "AES-128-GCM"]
   return {
      suite = version == "1.3" and names[2] or ("ECDHE-%s-%s"):format(authentication:upper(), names[1]),
      curve = curve,
      cafile = certificates.ca.certfile,
      certfile = certificate.chainfile,
      keyfile = certificate.keyfile,
   }
end

local function without_tickets(given)
   local copy = { tickets = false }
   for name, value in pairs(given) do
      copy[name] = value
   end
   return copy
end

local FULL = {
   ["1.2"] = { ecdsa = { x25519 = 1.3, secp256r1 = 1.3 }, rsa = { x25519 = 1.3, secp256r1 = 1.3 } },
   ["1.3"] = { ecdsa = { x25519 = 1.8, secp256r1 = 1.6 }, rsa = { x25519 = 1.5 } },
}
-- In TLS 1.3 with (EC)DHE, as browsers resume, the key exchange is made again: that cannot be as fast as in TLS 1.2.
local RESUMED = { ["1.2"] = { ecdsa = 4, rsa = 4 }, ["1.3"] = { ecdsa = 3.5, rsa = 4.2 } }
local KEYS = { ecdsa = "ECDSA P-256", rsa = "RSA 2048" }

local function handshake_rows(version)
   local group = ("TLS %s: handshakes a second, one process, AES-128-GCM"):format(version)
   for _, authentication in ipairs({ "ecdsa", "rsa" }) do
      for _, curve in ipairs({ "x25519", "secp256r1" }) do
         local given = settings(version, authentication, curve)
         row(group, ("full, %s, %s"):format(KEYS[authentication], curve), "/s",
            { at_least = FULL[version][authentication][curve] }, scenarios.full_handshakes(given))
      end
   end
   for _, authentication in ipairs({ "ecdsa", "rsa" }) do
      local given = settings(version, authentication, "x25519")
      local full = { theirs_prepare = scenarios.full_handshakes(given) }
      local expected = { at_least = RESUMED[version][authentication] }
      local what = KEYS[authentication] .. ", x25519 : LuaSec's full"
      row(group, "resumed by ticket, " .. what, "/s", expected, scenarios.resumed_handshakes(given), full)
      if version == "1.2" then
         row(group, "resumed by ID, " .. what, "/s", expected,
            scenarios.resumed_handshakes(without_tickets(given)), full)
      end
   end
   group = ("TLS %s: one end's share of a handshake, AES-128-GCM, x25519"):format(version)
   for _, authentication in ipairs({ "ecdsa", "rsa" }) do
      for _, side in ipairs({ "client", "server" }) do
         row(group, ("%s, full, %s"):format(side, KEYS[authentication]), "us", nil,
            scenarios.one_end(settings(version, authentication, "x25519"), side))
      end
   end
   row(group, "server, resumed by ticket", "us", nil,
      scenarios.one_end(settings(version, "ecdsa", "x25519"), "server", true), { alone = true })
   group = ("TLS %s: handshakes a second, two processes, AES-128-GCM"):format(version)
   row(group, "full, ECDSA P-256, x25519, one at a time", "/s", nil,
      scenarios.handshakes_between(settings(version, "ecdsa", "x25519")))
end

local function default_rows()
   local usual = settings("1.3", "ecdsa", "x25519")
   local defaults = { cafile = usual.cafile, certfile = usual.certfile, keyfile = usual.keyfile }
   local group = "Each library's defaults (TLS 1.3): handshakes a second, one process"
   row(group, "full, ECDSA P-256", "/s", nil, scenarios.full_handshakes(defaults))
   row(group, "resumed, the same : LuaSec's full", "/s", nil, scenarios.resumed_handshakes(defaults),
      { theirs_prepare = scenarios.full_handshakes(defaults) })
end

-- What ML-KEM adds, to our own handshake without: at most a quarter.
local function post_quantum_rows()
   local group = "TLS 1.3: handshakes a second, one process, X25519MLKEM768 beside x25519"
   for _, authentication in ipairs({ "ecdsa", "rsa" }) do
      row(group, "full, " .. KEYS[authentication], "/s", authentication == "ecdsa" and { at_least = 0.8 } or nil,
         scenarios.full_handshakes(settings("1.3", authentication, "X25519MLKEM768")), { beside = "bearssl",
            theirs_prepare = scenarios.full_handshakes(settings("1.3", authentication, "x25519")) })
   end
end

local CIPHERS = { "AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305", "AES-128-CBC, SHA-256" }
-- At least so many times the other's rate, in one process and in two.
local BULK = {
   ["1.2"] = { ["AES-128-GCM"] = { 1.2, 1.2 }, ["AES-256-GCM"] = { 1.2, 1.2 } },
   ["1.3"] = { ["AES-128-GCM"] = { 2.2, 1.7 }, ["AES-256-GCM"] = { 1.2, 1.2 }, ["ChaCha20-Poly1305"] = { 1.5, 1.5 } },
}

local function bulk_rows(version)
   local group = ("TLS %s: bulk, 64 KB writes"):format(version)
   for _, cipher in ipairs(CIPHERS) do
      if version == "1.2" or SUITES[cipher][2] then
         local goals = BULK[version][cipher] or {}
         local given = settings(version, cipher:find("CBC") and "rsa" or "ecdsa", "x25519", cipher)
         row(group, cipher .. ", one process", "MB/s", { at_least = goals[1] }, scenarios.bulk_here(given))
         row(group, cipher .. ", two processes", "MB/s", { at_least = goals[2] }, scenarios.bulk_between(given))
      end
   end
end

local function round_trip_rows(version)
   local usual = settings(version, "ecdsa", "x25519")
   local group = ("TLS %s: 64-byte round trips, AES-128-GCM"):format(version)
   row(group, "one process, TCP", "us", { at_most = 0.75 }, scenarios.round_trips_here(usual, "tcp"))
   if pcall(require, "socket.unix") then
      row(group, "one process, Unix sockets", "us", { at_most = 0.6 }, scenarios.round_trips_here(usual, "unix"))
   end
   row(group, "two processes, TCP (mostly the scheduler)", "us", nil, scenarios.round_trips_between(usual))
   if version == "1.2" then
      row(group, "one process, TCP without TLS", "us", nil, scenarios.round_trips_here(usual, "plain"),
         { alone = true })
   end
end

local function memory_rows(version)
   local usual = settings(version, "ecdsa", "x25519")
   local group = ("TLS %s: memory of one idle connection, of %d"):format(version, options.connections)
   local function memory_row(what, side, figure, mode, at_most)
      row(group, what, "bytes", { at_most = at_most, of = "ours" }, scenarios.idle(usual, side, figure, mode), {
         rounds = options.quick and 1 or 3, once = true, theirs_prepare = scenarios.idle(usual, side, figure, "socket"),
      })
   end
   memory_row("server, over a descriptor", "server", "bytes", "descriptor", 4.2 * 1024)
   memory_row("client, over a descriptor", "client", "bytes", "descriptor", 5.9 * 1024)
   memory_row("server, of this on Lua's heap", "server", "lua", "descriptor")
   memory_row("client, of this on Lua's heap", "client", "lua", "descriptor")
   memory_row("server, over a LuaSocket object", "server", "bytes", "socket")
   memory_row("client, over a LuaSocket object", "client", "bytes", "socket")
end

-- Where redis-server and lua-redis, and memcached, are installed.
local function store_rows()
   local group = "A fleet's store, a question: processor time"
   for _, kind in ipairs { "redis", "memcached" } do
      for _, job in ipairs(stores.available(kind) and { "set", "get", "add" } or {}) do
         for _, side in ipairs { "ours", "server" } do
            row(group, ("%s, %s, %s"):format(kind, job, side == "ours" and "ours, sealing included" or "the store's"),
               "us", nil, stores.question(kind, job, side, options.quick and 100 or 30000),
               { once = true, alone = true, rounds = 1 })
         end
      end
   end
end

-- Where /proc tells of other processes' memory.
local function crowd_rows()
   local file = io.open "/proc/self/smaps_rollup"
   if not file then return end
   file:close()
   local count, quick = options.idle, options.quick
   local shares = crowd.shares(count)
   local group = ("%d idle connections of TLS 1.3 at once, %s"):format(count,
      #shares == 1 and "in one process of each side"
      or ("in one process of each side, of %d threads because of the limit of descriptors"):format(#shares))
   local function crowd_row(what, unit, of)
      row(group, what, unit, nil, crowd.figure(count, quick, of), { once = true, alone = true, rounds = 1 })
   end
   crowd_row("server: memory of one, with its coroutine and its place in the loop", "bytes",
      function(made) return made.server end)
   crowd_row("client: memory of one", "bytes", function(made) return made.client end)
   crowd_row("kernel: objects of one, both ends", "bytes", function(made) return made.kernel end)
   crowd_row("made in a second, resumed", "/s", function(made) return made.rate end)
   crowd_row("server: processor time of making one, resumed, and its first request", "us",
      function(made) return made.making end)
   crowd_row(("server: processor time of a request among %d"):format(shares[1]), "us",
      function(made) return made.many.server end)
   crowd_row("server: the same of requests over 10 of these", "us",
      function(made) return made.few.server end)
   crowd_row("client: processor time of a request among them", "us", function(made) return made.many.client end)
   local function state_row(what, unit, field)
      row(group, what, unit, nil, crowd.state_figure(count, function(state) return state[field] end),
         { once = true, alone = true, rounds = 1 })
   end
   state_row("both ends in one process, without sockets: memory of one", "bytes", "bytes")
   state_row("the same: processor time of a request, both ends", "us", "request")
end

local function has_bundle()
   local file = io.open(BUNDLE)
   return file ~= nil and file:close()
end

local function loading_rows()
   local group = "Loading"
   local cafile = certificates.ca.certfile
   local function measured(what, unit, expected, figure, factor, ...)
      row(group, what, unit, expected, scenarios.in_child(figure, factor, ...),
         { once = true, rounds = unit == "KB" and 3 or nil })
   end
   measured("require", "ms", nil, "seconds", 1e3, "require")
   measured("require, memory", "KB", nil, "kilobytes", 1, "require")
   measured("require and a first client context", "ms", nil, "seconds", 1e3, "context", cafile)
   measured("require and a first client context, memory", "KB", nil, "kilobytes", 1, "context", cafile)
   if has_bundle() then
      measured("a client context with the system's CA bundle", "ms", { at_most = 0.1 }, "seconds", 1e3,
         "bundle", BUNDLE, options.quick and "1" or "5")
      measured("the same, memory", "KB", nil, "kilobytes", 1, "bundle", BUNDLE, "1")
   end
end

local function certificate_rows()
   local group = "Certificates, beside luaossl"
   for _, kind in ipairs({ { "p256", "ECDSA P-256" }, { "p384", "ECDSA P-384" }, { "rsa", "RSA 2048" } }) do
      row(group, "verify a chain of three, " .. kind[2], "us", { at_most = 1.2 }, scenarios.verify_chain(kind[1]),
         { beside = "luaossl" })
   end
   if has_bundle() then
      row(group, "a trust store of the system's CA bundle", "ms", nil,
         scenarios.in_child("seconds", 1e3, "trust", BUNDLE, options.quick and "1" or "5"),
         { once = true, beside = "luaossl" })
      row(group, "the same, memory", "KB", nil, scenarios.in_child("kilobytes", 1, "trust", BUNDLE, "1"),
         { once = true, rounds = 3, beside = "luaossl" })
   end
end

local function primitive_rows()
   local group = "Primitives, beside `openssl speed`"
   local more = { once = true, rounds = options.quick and 1 or 3, beside = "OpenSSL" }
   local function primitives(unit, factor, ...)
      for _, name in ipairs({ ... }) do
         row(group, name, unit, nil, scenarios.primitive(name, factor), more)
      end
   end
   primitives("MB/s", 1e-6, "aes-128-gcm", "aes-256-gcm", "chacha20-poly1305", "sha256", "sha384")
   primitives("/s", 1, "x25519", "p256", "p256-sign", "p256-verify", "p384-sign", "p384-verify", "ed25519-sign",
      "ed25519-verify", "rsa2048-sign", "rsa2048-verify")
end

local function nginx_rows()
   if not nginx.available() then
      return
   end
   local group = "An nginx worker that fetches over HTTPS, beside its own sslhandshake: requests a second"
   local more = { once = true, beside = "nginx", rounds = options.quick and 1 or 5 }
   for _, version in ipairs({ "1.2", "1.3" }) do
      row(group, ("TLS %s, full, ECDSA P-256"):format(version), "/s", { at_least = 1.2 },
         nginx.requests(version, "full"), more)
   end
   -- Its Lua module keeps no session of TLS 1.3, whose ticket comes after the handshake.
   row(group, "TLS 1.2, resumed", "/s", { at_least = 1.0 }, nginx.requests("1.2", "resumed"), more)
   row(group, "TLS 1.3, resumed : its own of TLS 1.2", "/s", nil, nginx.requests("1.3", "resumed"),
      { once = true, beside = "nginx", rounds = more.rounds, theirs_prepare = nginx.requests("1.2", "resumed") })
end

return function(given_options)
   list, options = {}, given_options
   for _, version in ipairs({ "1.2", "1.3" }) do
      handshake_rows(version)
      bulk_rows(version)
      round_trip_rows(version)
      memory_rows(version)
   end
   post_quantum_rows()
   default_rows()
   loading_rows()
   certificate_rows()
   primitive_rows()
   nginx_rows()
   store_rows()
   crowd_rows()
   return list
end
