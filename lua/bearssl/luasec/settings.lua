-- What a context of LuaSec's was told, turned into one of the library's; made again where it was told more.
local bearssl_context = require "bearssl.context"
local cipher_string = require "bearssl.luasec.cipher_string"
local core = require "bearssl.core"
local options = require "bearssl.options"
local own = require "bearssl.own"
local unsafe = require "bearssl.luasec.unsafe"

local settings = {}

local VERSIONS = { "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3" }
local EXACT = { tlsv1 = 1, tlsv1_1 = 2, tlsv1_2 = 3, tlsv1_3 = 4 }
local REFUSED = { "no_tlsv1", "no_tlsv1_1", "no_tlsv1_2", "no_tlsv1_3" }

--- new(protocol) is what newcontext begins with, or nil for a protocol that there is not.
function settings.new(protocol)
   if protocol ~= "any" and protocol ~= "sslv23" and not EXACT[protocol] then return nil end
   return {
      protocol = protocol, slots = {}, verify = {}, options = {}, verifyext = {}, suites_13 = cipher_string.default_13,
   }
end

--- changed(state) has what was made of the settings made again.
function settings.changed(state)
   state.built, state.pairs, state.kept = nil, nil, nil
end

--- verifies(state) tells whether the peer's chain is asked for and must be good: as in OpenSSL, any of the flags has a
-- client verify its server, and "peer" alone has a server ask its clients.
function settings.verifies(state)
   local flags = state.verify
   if flags.none then return false end
   return (flags.peer or state.mode == "client" and (flags.client_once or flags.fail_if_no_peer_cert)) and true or false
end

-- Whether any of the suites is for a version.
local function has_suite(names, version)
   local id = core.version_id(version)
   for _, name in ipairs(names) do
      local entry = cipher_string.entry(name)
      if entry and entry.min_version_id <= id and id <= entry.max_version_id then return true end
   end
   return false
end

-- The newest run of versions that are asked for, not refused, and have suites: its bounds, or nil.
local function versions_of(state, suites)
   local lowest, highest = EXACT[state.protocol], EXACT[state.protocol]
   if not lowest then
      -- OpenSSL signs no handshake of the older ones at its usual security level
      lowest, highest = state.level == 0 and 1 or 3, 4
      if state.options.no_ssl_mask then return nil end
   end
   local from, to
   for index = highest, lowest, -1 do
      local open = not state.options[REFUSED[index]] and has_suite(suites, VERSIONS[index])
      if open then
         from, to = index, to or index
      elseif to then
         break
      end
   end
   return from and VERSIONS[from], to and VERSIONS[to]
end

local function suites_of(state)
   local names = {}
   for _, name in ipairs(state.suites_13) do names[#names + 1] = name end
   if not state.suites_12 then state.suites_12 = cipher_string.read "DEFAULT" end
   for _, name in ipairs(state.suites_12) do names[#names + 1] = name end
   return names
end

-- The certificate of a store that issued another, or nil.
local function issuer_of(store, certificate)
   local _, wanted = certificate:issuer()
   for index = 1, store:count() do
      local candidate = store:certificate(index)
      local _, subject = candidate:subject()
      if subject == wanted and candidate:issued(certificate) then return candidate end
   end
   return nil
end

local CHAIN_MAXIMUM = 16

-- A leaf that came alone is sent with what leads to its root, as far as the authorities to trust have it.
local function completed(chain, authorities)
   if #chain > 1 or not authorities then return chain end
   local whole = { chain[1] }
   while #whole < CHAIN_MAXIMUM and not whole[#whole]:is_self_signed() do
      local issuer = issuer_of(authorities.store, whole[#whole])
      if not issuer then break end
      whole[#whole + 1] = issuer
   end
   return whole
end

-- The pairs of certificate and key: one that is without the other is of no use.
local function credentials_of(state)
   local list = {}
   for _, slot in ipairs(state.slots) do
      if slot.chain and slot.key and slot.key:matches(slot.chain[1]) then
         list[#list + 1] = { certificate = completed(slot.chain, state.authorities), key = slot.key }
      end
   end
   return #list > 0 and list or nil
end

-- OpenSSL's depth counts intermediates, and has no bound that anybody reaches.
local _, DEPTH_MAXIMUM = core.bounds("verify", "verify_depth")

local function depth_of(state)
   local depth = state.depth
   if not depth or depth < 0 or depth > DEPTH_MAXIMUM then return DEPTH_MAXIMUM end
   return math.floor(depth)
end

local function tell_client(state, continues)
   if continues then
      unsafe.tell("a client goes on whatever the server's certificate is (lsec_continue): its user must look at "
         .. "getpeerverification()")
   elseif state.goes_on then
      unsafe.tell("a client does not verify the server's certificate (verify is \"none\"): anybody can be in between")
   elseif not state.verify_host then
      unsafe.tell("a client verifies the server's certificate, but not that it is for the name that was asked for "
         .. "(verify_host = true does)")
   end
end

-- Whose chains are judged, and what follows: sets state.trust, state.goes_on and state.verification, and the options.
local function verification_of(state, given)
   local flags = state.verify
   local peer = settings.verifies(state)
   local continues = state.verifyext.lsec_continue and true or false
   state.goes_on = not peer or continues
   state.trust = state.trust or state.authorities and state.authorities.store or core.trust()
   if state.mode == "server" and not peer then
      given.verify = "none"
      return
   end
   local revocation = state.verifyext.crl_check_chain and "path" or state.verifyext.crl_check and "leaf" or nil
   local crls = state.authorities and state.authorities.crls
   given.verify = state.mode == "client" and "required"
      or flags.fail_if_no_peer_cert and "required" or "optional"
   given.trust, given.verify_depth = state.trust, depth_of(state)
   given.revocation, given.crls = revocation, revocation and crls or nil
   state.verification = { verify_depth = given.verify_depth, revocation = revocation, crls = given.crls }
   if state.mode == "client" then tell_client(state, peer and continues) end
end

local function refused() return nil, "no_usable_credential" end

-- Whoever knows its clients by keys alone needs no certificate.
local function without_certificate() end

-- The options of bearssl.context, or nil and OpenSSL's text.
local function given_of(state)
   local suites = suites_of(state)
   local lowest, highest = versions_of(state, suites)
   if not lowest then return nil, "no protocols available" end
   local given = {
      mode = state.mode, min_version = lowest, max_version = highest, suites = suites, groups = state.groups,
      credentials = credentials_of(state),
   }
   verification_of(state, given)
   if state.mode == "client" then
      given.alpn = state.alpn
      if given.verify ~= "none" then given.handlers = { verify = function() return nil, "internal_error" end } end
   else
      given.client_preference = not state.options.cipher_server_preference
      given.session_cache = 0
      if state.options.no_ticket or given.verify ~= "none" then given.tickets = false end
      if not given.credentials then given.handlers = { select = state.psk and without_certificate or refused } end
   end
   return given
end

-- The versions that are left may lack what the rest needs: what cannot be, LuaSec's users hear of in the handshake.
local function make(state)
   local given, text = given_of(state)
   if not given then return { broken = text } end
   local ok, context, message, code = pcall(bearssl_context.new, given)
   if not ok and state.mode == "server" and not given.handlers then
      -- suites that no key of its own can do: LuaSec's handshakes say so, each to its client
      given.handlers = { select = without_certificate }
      ok, context, message, code = pcall(bearssl_context.new, given)
   end
   if not ok then return { broken = options.without_place(context) } end
   if not context then return { broken = message, code = code } end
   return { context = own.look("context", context), object = context, highest = given.max_version }
end

--- build(state) is { context = the state of a context of the library's } for these settings, or { broken = } with a
-- text, for a handshake to fail with.
function settings.build(state)
   if not state.built then state.built = make(state) end
   return state.built
end

local function copy_of(list)
   local copy = {}
   for name, value in pairs(list) do copy[name] = value end
   return copy
end

--- snapshot(state) is what the settings are now, for connections that begin: what the context is told afterwards holds
-- for later ones. It is one table for all that begin under the same settings; its field `origin` is the state.
function settings.snapshot(state)
   if state.kept then return state.kept end
   settings.build(state)
   state.pairs = state.pairs or setmetatable({}, { __mode = "k" })
   local kept = copy_of(state)
   kept.origin, kept.options, kept.slots = state, copy_of(state.options), {}
   for index, slot in ipairs(state.slots) do kept.slots[index] = copy_of(slot) end
   state.kept = kept
   return kept
end

--- credentials(state) is the list of { certificate =, key = } that a context has, or nil.
settings.credentials = credentials_of

--- with_credentials(state, other) is a context of the library's with the settings of one and the certificates of
-- another, which a name has chosen.
function settings.with_credentials(state, other)
   state.pairs = state.pairs or setmetatable({}, { __mode = "k" })
   local built = state.pairs[other]
   if built and built.slots == other.slots and built.revision == other.revision then return built.object end
   local copy = {}
   for name, value in pairs(state) do copy[name] = value end
   copy.slots, copy.built, copy.pairs, copy.kept = other.slots, nil, nil, nil
   built = make(copy)
   built.slots, built.revision = other.slots, other.revision
   state.pairs[other] = built
   return built.object
end

return settings
