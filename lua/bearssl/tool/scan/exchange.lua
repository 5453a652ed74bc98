-- What the key exchange of a server is made of: groups that the library does not know, what it signs with, and the
-- prime of its DHE.
local answer = require "bearssl.tool.scan.answer"
local bearssl = require "bearssl"
local bytes = require "bearssl.tool.scan.bytes"
local offers = require "bearssl.tool.scan.offers"
local primes = require "bearssl.tool.scan.primes"
local registry = require "bearssl.tool.scan.registry"
local search = require "bearssl.tool.scan.search"
local suites = require "bearssl.tool.scan.suites"

local exchange = {}

local unpack = table.unpack or unpack -- luacheck: ignore

local GROUPS_AT_A_TIME = 64
local SIGNED = 200 -- bytes of a flight that has a signature in it; an alert has some twenty
local SCHEMES_CERT = 50

local function filtered(list, is_one)
   local rest = {}
   for _, id in ipairs(list) do
      if is_one(registry.suite_name(id)) then rest[#rest + 1] = id end
   end
   return rest
end

local function add_names(names, ids, name_of)
   local has = {}
   for _, name in ipairs(names) do has[name] = true end
   for _, id in ipairs(ids) do
      local name = name_of(id)
      if not has[name] then names[#names + 1] = name end
      has[name] = true
   end
end

-- ---- Groups ----

local function foreign_groups()
   local own, list = {}, {}
   for _, name in ipairs(bearssl.groups()) do own[name] = true end
   for _, id in ipairs(registry.groups) do
      if not own[registry.group_name(id)] then list[#list + 1] = id end
   end
   return list
end

-- Below TLS 1.3 the groups that are offered limit the curve of an ECDSA certificate too (RFC 8422 section 5.1): where
-- all others are refused, the certificate's stands beside them.
local function own_group(report)
   local leaf = report.chain and report.chain[1]
   return leaf and ({ ["P-256"] = 23, ["P-384"] = 24, ["P-521"] = 25 })[leaf.public_key.curve]
end

-- An empty list of shares makes a server say in HelloRetryRequest which group it would have.
local function groups_of(scan, entry, list)
   local version = entry.version
   local candidates = suites.of(entry)
   if version ~= "TLSv1.3" then candidates = filtered(candidates, registry.is_ephemeral_ec) end
   if #candidates == 0 then return {} end
   local own = version ~= "TLSv1.3" and own_group(scan.report)
   local function pick(groups)
      local result = scan.line:ask(offers.build(scan, version, candidates, { groups = groups }),
         version == "TLSv1.3" and answer.has_hello or answer.has_exchange)
      return result.version == version and result.group or nil
   end
   return search.picks(list, GROUPS_AT_A_TIME, function(left)
      local group = pick(left)
      if not group and own then
         left = { unpack(left) }
         left[#left + 1] = own
         group = pick(left)
      end
      return group, scan.line:exhausted() ~= nil
   end)
end

-- ---- Signatures ----

local function schemes_of_12(scan, entry)
   local candidates = filtered(suites.of(entry), function(name)
      return (registry.is_ephemeral_ec(name) or registry.is_ephemeral_dh(name)) and not name:find "_anon_"
   end)
   if #candidates == 0 then return {} end
   return search.picks(registry.schemes, #registry.schemes, function(left)
      return scan.line:ask(offers.build(scan, entry.version, candidates, { schemes = left }),
         answer.has_exchange).scheme, true
   end)
end

-- What TLS 1.3 signs stands in encrypted records. Whether it does can be told by their length.
local function schemes_of_13(scan, entry)
   local candidates = {}
   for _, id in ipairs(registry.schemes) do
      local name = registry.scheme_name(id)
      if not name:find "pkcs1" and not name:find "sha1$" and not name:find "dsa_sha" then
         candidates[#candidates + 1] = id
      end
   end
   local all = { SCHEMES_CERT, bytes.list16(registry.schemes) }
   local retried = false
   local taken = search.accepted(candidates, function(some)
      local result = scan.line:ask(offers.build(scan, entry.version, suites.of(entry), {
         schemes = some, share = true, first = { all },
      }), function(result) return result.retry or (result.encrypted or 0) >= SIGNED end)
      retried = retried or result.retry
      return (result.encrypted or 0) >= SIGNED
   end)
   if retried then
      scan:not_tested "What is signed with in TLS 1.3 was not asked: the server takes neither x25519 nor secp256r1."
   end
   return taken
end

-- ---- DHE ----

local function weaker(scan, entry, candidates, dhe)
   if #candidates == 0 then return dhe end
   local prime = scan.line:ask(offers.build(scan, entry.version, candidates), answer.has_exchange).prime
   local bits = prime and primes.bits(prime)
   if not bits or dhe and dhe.bits and dhe.bits < bits then return dhe end
   local name = primes.name(prime)
   return { bits = bits, group = name, common = name and not name:find "^ffdhe" or nil }
end

local function dhe_of(scan, entry)
   local all = filtered(suites.of(entry), registry.is_ephemeral_dh)
   local dhe = weaker(scan, entry, all, scan.report.dhe)
   return weaker(scan, entry, filtered(all, function(name) return registry.properties(name).export end), dhe)
end

--- run(scan) fills report.foreign_groups, report.signature_schemes and report.dhe.
function exchange.run(scan)
   local report, groups, left = scan.report, {}, foreign_groups()
   local schemes = {}
   for _, entry in ipairs({ scan.best, scan.classic ~= scan.best and scan.classic or nil }) do
      add_names(groups, groups_of(scan, entry, left), registry.group_name)
      if entry.version == "TLSv1.3" then
         add_names(schemes, schemes_of_13(scan, entry), registry.scheme_name)
      elseif entry.version == "TLSv1.2" then
         add_names(schemes, schemes_of_12(scan, entry), registry.scheme_name)
      end
      scan.progress:step(entry.version .. " groups", 0)
   end
   report.foreign_groups, report.signature_schemes = groups, schemes
   for _, entry in ipairs(report.versions) do
      if entry.supported and entry.version ~= "SSLv2" and entry.version ~= "TLSv1.3" then
         report.dhe = dhe_of(scan, entry)
      end
   end
end

return exchange
