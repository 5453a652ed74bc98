-- What probe asks a server, one thing at a time.
local asking = require "bearssl.tool.probe.asking"
local bearssl = require "bearssl"
local describe = require "bearssl.describe"
local options = require "bearssl.tool.options"

local questions = {}

local PADDING = 21 -- RFC 7685
local SEGMENT, SMALLEST_RECORD = 1460, 512 -- bytes: of TCP over Ethernet; of the option 'record_size'

local function without(list, name)
   local rest = {}
   for _, item in ipairs(list) do
      if item ~= name then rest[#rest + 1] = item end
   end
   return rest
end

local function name_of_suite(message)
   return message and message.cipher_suite and describe.name_of(message.cipher_suite)
end

-- Every suite that the server takes with this version, in the order in which it picks them: offer all,
-- leave out what it picked, until it refuses the rest.
function questions.suites(prober, version, progress)
   local left, taken, refusal = options.suites(version), {}, nil
   local before = #left
   while #left > 0 do
      local result = asking.again(prober, { min_version = version, max_version = version, suites = left },
         "server_hello")
      local hello = result.seen.server_hello
      local name = name_of_suite(hello)
      if not name or (hello.version and hello.version ~= version) then
         refusal = result.code
         break
      end
      taken[#taken + 1] = name
      left = without(left, name)
      progress:step(version .. " " .. name)
   end
   progress:step(version, before - #taken)
   return taken, refusal
end

-- Whether the server goes by its own order: offer two that it takes, in both orders.
function questions.server_order(prober, version, taken)
   if #taken < 2 then return nil end
   local result = asking.again(prober, {
      min_version = version, max_version = version, suites = { taken[2], taken[1] },
   }, "server_hello")
   local name = name_of_suite(result.seen.server_hello)
   return name and name == taken[1]
end

function questions.is_hybrid(group) return group:find "MLKEM" ~= nil end

-- What the server makes of a ClientHello as such: whether one answers that is longer than a TCP segment, as those with
-- a post-quantum key share are, and one in several records (RFC 8446 section 5.1). `first` is the result of a long one.
-- nil: it answers none. Where it takes no long one, all that is asked afterwards is short.
function questions.hello_forms(prober, first)
   local short = {}
   for _, group in ipairs(bearssl.groups()) do
      if not questions.is_hybrid(group) then short[#short + 1] = group end
   end
   local function answers(padding, record_size)
      return asking.again(prober, {
         min_version = bearssl.versions()[1], suites = options.suites(), groups = short, record_size = record_size,
         grease = false,
         extensions = padding > 0 and { { id = PADDING, raw = ("\0"):rep(padding) } } or nil,
      }, "server_hello").seen.server_hello ~= nil
   end
   local long = first.seen.server_hello ~= nil
   if not long and not answers(0) then return nil, nil end
   long = long or answers(SEGMENT)
   if not long then prober.groups = short end
   return long, answers(SMALLEST_RECORD, SMALLEST_RECORD)
end

local curves = { ["P-256"] = "secp256r1", ["P-384"] = "secp384r1", ["P-521"] = "secp521r1" }

-- The group that a server picks when it is offered these. In TLS 1.3 ServerHello tells; what it was after there was a
-- HelloRetryRequest is the second result.
local function group_among(prober, version, suites, groups)
   if version == "TLSv1.3" then
      local seen = asking.again(prober, { min_version = version, suites = suites, groups = groups, key_shares = 1 },
         "server_hello").seen
      local group = seen.server_hello and seen.server_hello.selected_group
      return group and describe.name_of(group), group and seen.hello_retry_request ~= nil
   end
   local result = asking.again(prober, {
      min_version = version, max_version = version, suites = suites, groups = groups,
   }, "server_key_exchange")
   local message = result.seen.server_key_exchange
   return message and message.group and describe.name_of(message.group)
end

-- The groups that are offered also limit the curve of an ECDSA certificate (RFC 8422 section 5.1): where one
-- group alone is refused, the certificate's stands beside it. A server that then prefers that one hides whether
-- it has the other: those are the second list.
function questions.groups(prober, version, taken, leaf, progress)
   if version == "TLSv1.3" then
      local supported = {}
      for _, group in ipairs(bearssl.groups()) do
         progress:step(group)
         if group_among(prober, version, taken, { group }) == group then supported[#supported + 1] = group end
      end
      return supported, {}
   end
   local key = leaf and leaf:public_key()
   local own = key and key.curve and curves[key.curve]
   local ephemeral, supported, hidden = {}, {}, {}
   for _, name in ipairs(taken) do
      if name:find("^TLS_ECDHE_") then ephemeral[#ephemeral + 1] = name end
   end
   for _, group in ipairs(bearssl.groups()) do
      progress:step(group)
      -- those are for TLS 1.3, and those of finite fields for DHE: see dhe_of
      if #ephemeral > 0 and not group:find("^ffdhe") and not questions.is_hybrid(group) then
         local picked = group_among(prober, version, ephemeral, { group })
         if not picked and own and own ~= group then
            picked = group_among(prober, version, ephemeral, { group, own })
            if picked == own then hidden[#hidden + 1] = group end
         end
         if picked == group then supported[#supported + 1] = group end
      end
   end
   return supported, hidden
end

-- The group of DHE that a server picks by itself: its bits and, where RFC 7919 has it, its name; nil where no suite is
-- of DHE. A group that is too short is not read, but told of.
function questions.dhe(prober, entry)
   local suites = {}
   for _, name in ipairs(entry and entry.suites or {}) do
      if name:find("^TLS_DHE_") then suites[#suites + 1] = name end
   end
   if #suites == 0 then return nil end
   local result = asking.again(prober, { min_version = entry.version, max_version = entry.version, suites = suites },
      "server_key_exchange")
   local message = result.seen.server_key_exchange
   if message then
      return { bits = message.dh_bits, group = message.group and describe.name_of(message.group) }
   end
   local bits = result.code == "insufficient_security" and tostring(result.message):match("has (%d+) bits")
   return bits and { bits = tonumber(bits) } or nil
end

function questions.alpn(prober, version, progress)
   local supported = {}
   for _, protocol in ipairs { "h2", "http/1.1" } do
      progress:step("ALPN " .. protocol)
      local result = asking.once(prober, {
         min_version = version, max_version = version, suites = options.suites(version), alpn = { protocol },
      })
      if result.ok and result.info.alpn == protocol then supported[#supported + 1] = protocol end
   end
   return supported
end

-- How the server compresses its certificate for clients that can have it so.
function questions.compressions(prober, suites, progress)
   local supported = {}
   for _, algorithm in ipairs(bearssl.features().certificate_compression) do
      progress:step("compression " .. algorithm)
      local message = asking.again(prober, { min_version = "TLSv1.3", suites = suites,
         certificate_compression = { algorithm } }, "certificate").seen.certificate
      if message and message.compression_algorithm then supported[#supported + 1] = algorithm end
   end
   return supported
end

-- What the server may show of itself: a certificate, as it did, and its bare public key (RFC 7250)?
function questions.certificate_types(prober, suites)
   local message = asking.again(prober, { min_version = "TLSv1.3", suites = suites,
      server_certificate_types = { "raw_public_key" } }, "certificate").seen.certificate
   return message and message.key and { "x509", "raw_public_key" } or { "x509" }
end

function questions.authorities(request)
   local names = {}
   for i, name in ipairs(request and request.certificate_authorities or {}) do names[i] = name.text or "?" end
   return names
end

-- Whether the server asks for another key share with HelloRetryRequest: nil where it has every group of ours, so that
-- nothing makes it ask.
function questions.retries(prober, suites, groups)
   local has = {}
   for _, group in ipairs(groups) do has[group] = true end
   for _, group in ipairs(bearssl.groups()) do
      if not has[group] and groups[1] then
         local picked, retried = group_among(prober, "TLSv1.3", suites, { group, groups[1] })
         return picked == groups[1] and retried or false
      end
   end
   return nil
end

-- Whether the session of a finished handshake is resumed, in its context.
function questions.resumes(prober, result)
   if not result.session then return false end
   local again = asking.once(prober, nil, nil, result)
   return again.ok and again.info.resumed or false
end

-- Whether a client that comes back with an older version than the server's best is refused (RFC 7507): nil where the
-- server takes no older version, so that there is nothing to come back with.
function questions.fallback_protection(prober, versions, best)
   local older
   for _, entry in ipairs(versions) do
      if entry.supported and entry ~= best then older = entry end
   end
   local entry = older or best -- it may have one that is newer than all of ours
   if entry.version >= "TLSv1.3" then return nil end
   local result = asking.again(prober, {
      min_version = entry.version, max_version = entry.version, suites = entry.suites,
   }, "server_hello", true)
   local alert = result.seen.alert
   if alert and alert.description == "inappropriate_fallback" then return true end
   if older and result.seen.server_hello then return false end
   return nil
end

return questions
