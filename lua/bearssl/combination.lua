-- Options that have no effect beside others: what is asked for is done, or refused with what it needs. Only what was
-- given is looked at; defaults never raise.
local core = require "bearssl.core"

local combination = {}

local NEWEST = core.version_id "TLSv1.3"

-- ---- Contexts ----

-- Options of one kind of context; the core tells of those that are numbers and flags.
local sides = {
   ticket_keys = { "server", "a client only keeps the tickets it is given" },
   ech = { "client", "a server has 'ech_keys'" },
   ech_keys = { "server", "a client takes the list of configurations, as 'ech'" },
   ocsp_response = { "server", "a client asks for one by 'staple'" },
   ocspfile = { "server", "a client asks for one by 'staple'" },
   staple = { "client", "a server staples what 'ocsp_response' or 'ocspfile' give it" },
   extensions = { "client", "a server answers its client's" },
}
for _, row in ipairs(core.context_options()) do
   if row.role then sides[row.name] = { row.role, default = row.default } end
end

-- What only some versions have. "off": given as false it has an effect, since it is on by default; "any": so has 0.
local of_version_13 = {
   key_shares = true, record_padding = true, key_update_after = true, psk_ke = true, retry_cookie = true,
   new_session_count = "any", resumption_count = "any", ticket_count = "any", max_early_data = true,
   early_data_window = true, post_handshake_auth = true,
   certificate_compression = true, middlebox_compatibility = "off", grease = "off",
   ech = true, ech_keys = true, ech_backend = true,
}
local up_to_version_12 = { renegotiation = true, extended_master_secret = "off", dh_bits_minimum = true }

local function is_asked(value, kind)
   if kind == "off" then return value == false or value == "required" end
   return value and (value ~= 0 or kind == "any")
end

local function refuse_versions(given, settings)
   for name, kind in pairs(of_version_13) do
      if is_asked(given[name], kind) and settings.version_max < NEWEST then
         return ("the option '%s' is of TLS 1.3, which the context does not speak: its newest version is %s"):format(
            name, core.version_name(settings.version_max))
      end
   end
   for name, kind in pairs(up_to_version_12) do
      if is_asked(given[name], kind) and settings.version_min >= NEWEST then
         return ("the option '%s' is of TLS 1.2 and older, which the context does not speak"):format(name)
      end
   end
   if given.tickets == "always" and settings.version_max < NEWEST then
      return 'tickets = "always" is of TLS 1.3, which the context does not speak'
   end
   return nil
end

local function has_dhe(suites)
   local wanted = {}
   for _, suite in ipairs(suites) do wanted[suite] = true end
   for _, entry in ipairs(core.suites()) do
      if wanted[entry.id] and entry.key_exchange == "DHE" then return true end
   end
   return false
end

local function refuse_suites(given, settings)
   return given.dh_bits_minimum and not has_dhe(settings.suites)
      and "the option 'dh_bits_minimum' is for suites of DHE, of which 'suites' has none" or nil
end

local function handler_of(given, ...)
   for _, name in ipairs { ... } do
      if given.handlers and given.handlers[name] then return name end
   end
   return nil
end

local function has_trust(given)
   return given.trust or given.cafile or given.capath
end

-- Whether anybody's chain may be judged; on a server also later, or because a connection says so.
local function verifies(given, is_client)
   if is_client and (given.verify or "required") ~= "none" then return true end
   return has_trust(given) or handler_of(given, "verify")
end

local function keeps_sessions(given)
   return given.tickets ~= false or given.session_cache ~= 0 or handler_of(given, "session_load", "session_store")
end

-- ---- Raw public keys (RFC 7250) ----

local function lists_raw(types)
   for _, name in ipairs(types or {}) do
      if name == "raw_public_key" then return #types == 1 and "only" or true end
   end
   return false
end

--- shows_raw(given, is_client): this side may show its raw public key. takes_raw: its peer may; "only": it must.
function combination.shows_raw(given, is_client)
   return lists_raw(is_client and given.client_certificate_types or not is_client and given.server_certificate_types)
end

function combination.takes_raw(given, is_client)
   return lists_raw(is_client and given.server_certificate_types or not is_client and given.client_certificate_types)
end

-- What is wrong with options about certificates where raw public keys alone are shown, or taken, or nil. A client that
-- offers ECH says so in its outer hello too, so that not even a server that rejects it shows a certificate.
local function refuse_certificates(given, settings, is_client)
   local shown, judged = { "ocsp_response", "ocspfile", "certificate_compression" }, { "trust", "cafile", "capath",
      "certificate_authorities", "verify_depth", "verdict_cache", "signature_algorithms_cert" }
   local taken = combination.takes_raw(given, is_client)
   local list
   if is_client then
      list = taken == "only" and judged
   else
      list = combination.shows_raw(given, false) == "only" and shown
      if list and (settings.verify ~= "none" or verifies(given, false)) and taken ~= "only" then
         list = { "ocsp_response", "ocspfile" } -- clients' come compressed
      end
   end
   for _, name in ipairs(list or {}) do
      if given[name] then
         return ("the option '%s' is about certificates, and 'server_certificate_types' has raw public keys alone")
            :format(name)
      end
   end
   return nil
end

-- What is wrong with the types of certificates together with the rest, or nil. settings: as of combination.versions.
local function refuse_types(given, settings)
   local is_client = settings.mode == "client"
   for _, name in ipairs { "server_certificate_types", "client_certificate_types" } do
      local raw = lists_raw(given[name])
      if raw and settings.version_max < NEWEST then
         return ("the option '%s': raw public keys are of TLS 1.3 here, which the context does not speak: its newest "
            .. "version is %s"):format(name, core.version_name(settings.version_max))
      elseif raw == "only" and settings.version_min < NEWEST then
         return ("the option '%s' without \"x509\" needs min_version = \"TLSv1.3\": raw public keys are of TLS 1.3 "
            .. "here"):format(name)
      end
   end
   local taken = is_client and "server_certificate_types" or "client_certificate_types"
   local refused = refuse_certificates(given, settings, is_client)
   if refused then return refused end
   if is_client and combination.shows_raw(given, true) and not handler_of(given, "client_certificate")
      and not (given.key or given.keyfile or given.certificate or given.certfile or given.credentials) then
      return "the option 'client_certificate_types' needs a key to show, or a 'client_certificate' handler that gives "
         .. "one"
   end
   if not combination.takes_raw(given, is_client) then return nil end
   for _, name in ipairs { "crls", "revocation", "staple" } do
      local value = given[name]
      if value and value ~= "if_known" and value ~= "none" and value ~= "if_must" then
         return ("the option '%s' is about certificates: a raw public key, which '%s' takes, cannot be revoked")
            :format(name, taken)
      end
   end
   -- who is asked for a key later is judged by these
   if not is_client and settings.verify == "none" and not has_trust(given) and not given.pins then
      return ("the option '%s' is of no use with verify = \"none\": no client is asked"):format(taken)
   end
   return nil
end

-- Each is an option, and a function(given, is_client) that says what it lacks, or nil.
local needs = {
   { "session_cache", function(given, is_client)
      local name = is_client and handler_of(given, "verify", "client_certificate")
      return name and ("is of no use with a '%s' handler: a resumed connection does not ask it; give the option "
         .. "'session' of the connection where that is right"):format(name)
   end },
   { "ticket_keys", function(given) return given.tickets == false and "are of no use with tickets = false" end },
   { "ticket_count", function(given) return given.tickets == false and "is of no use with tickets = false" end },
   { "max_early_data", function(given)
      return (given.tickets == false or given.ticket_count == 0)
         and "needs tickets: what a client may send early stands in one"
   end },
   { "early_data_window", function(given)
      return (given.max_early_data or 0) == 0 and "needs 'max_early_data': without it no early data is accepted"
   end },
   { "key_shares", function(given)
      return given.groups and given.key_shares > #given.groups
         and ("is above the number of 'groups', which is %d: there is no share to send for more"):format(#given.groups)
   end },
   { "alpn_required", function(given) return not given.alpn and "needs 'alpn', the protocols to choose from" end },
   { "session_lifetime", function(given, is_client)
      return not is_client and not keeps_sessions(given)
         and "is of no use where no session is kept: tickets = false and session_cache = 0"
   end },
   { "password", function(given)
      return not (given.key or given.keyfile or given.certfile or given.certificate or given.credentials)
         and "needs a key that it is for"
   end },
}

-- Tickets are asked for by both numbers (RFC 9149 section 3).
for name, other in pairs { new_session_count = "resumption_count", resumption_count = "new_session_count" } do
   needs[#needs + 1] = { name, function(given)
      if given.tickets == false then return "is of no use with tickets = false" end
      return not given[other] and ("needs '%s' beside it: a client asks for tickets by both numbers"):format(other)
   end }
end
-- What a side says of the certificates that it takes. A server says it when it asks for one, up to TLS 1.2 in a form
-- that has no signature_algorithms_cert; a client names authorities in TLS 1.3 only.
local function of_newest(name, is_its_side)
   needs[#needs + 1] = { name, function(given, is_client)
      local newest = given.max_version and core.version_id(given.max_version)
      return newest and newest < NEWEST and is_its_side(is_client)
         and "is of TLS 1.3 here, which the context does not speak"
   end }
end
of_newest("signature_algorithms_cert", function(is_client) return not is_client end)
of_newest("certificate_authorities", function(is_client) return is_client end)

local function needs_judgement(name)
   return { name, function(given, is_client)
      return not verifies(given, is_client) and (is_client and "needs verification: verify is \"none\""
         or "needs 'trust' or 'cafile': nobody is verified without")
   end }
end
needs[#needs + 1] = needs_judgement "verify_depth"
needs[#needs + 1] = needs_judgement "verdict_cache"
needs[#needs + 1] = needs_judgement "signature_algorithms_cert"
needs[#needs + 1] = needs_judgement "certificate_authorities"
-- What has times of its own is judged anew each time (csrc/tls/x509/verdict_cache.h).
needs[#needs + 1] = { "verdict_cache", function(given)
   local name = given.crls and "crls" or (given.revocation or "if_known") ~= "if_known" and "revocation"
      or given.staple == "required" and "staple"
   return name and ("is of no use beside '%s': where revocation is asked for, each chain is judged anew"):format(name)
end }
-- A client demands these whatever `verify` says; of a server's clients none is judged without trust.
for _, name in ipairs { "pins", "crls", "revocation" } do
   local rule = needs_judgement(name)
   needs[#needs + 1] = { name, function(given, is_client)
      local of_raw = name == "pins" and combination.takes_raw(given, is_client)
      return not is_client and not of_raw and rule[2](given, is_client)
   end }
end
needs[#needs + 1] = { "clock_skew", function(given, is_client)
   local demands = is_client and (given.crls or given.revocation or given.staple == "required" or given.pins)
   return not demands and needs_judgement("clock_skew")[2](given, is_client)
end }

-- Decisions that one side alone makes. Stages happen on both, sent or received.
local deciding = { select = "server", decrypt = "server", early_data = "server", client_certificate = "client" }

-- handlers_of_other_side: one that is never asked decides nothing. The message, or nil.
local function handlers_of_other_side(handlers, is_client)
   for name, side in pairs(deciding) do
      if handlers and handlers[name] and (side == "client") ~= is_client then
         return ("the handler '%s' is for %ss: a %s is never asked"):format(name, side,
            is_client and "client" or "server")
      end
   end
   return nil
end

-- When a handler is asked, as far as the other settings tell: function(settings), and what is to be given otherwise.
local asked = {
   { "psk", function(settings) return settings.version_max >= NEWEST end,
      "external pre-shared keys are of TLS 1.3, which is not spoken" },
   -- about clients that show a certificate: during the handshake where `verify` says so, later where there is trust
   { "verify", function(settings) return settings.mode == "client" or settings.verify ~= "none" or settings.trust end,
      "give verify = \"required\" or \"optional\", and 'trust' or 'cafile'" },
   { "early_data", function(settings) return settings.max_early_data ~= 0 end,
      "give 'max_early_data', without which no early data is accepted" },
}

--- unasked(handlers, settings, selects) is what is wrong with handlers that decide nothing, or nil. settings: of a
-- context, mode, verify, trust, version_min, version_max, suites, max_early_data; selects: a `select` handler may
-- choose others.
function combination.unasked(handlers, settings, selects)
   for _, rule in ipairs(handlers and not selects and asked or {}) do
      if handlers[rule[1]] and not rule[2](settings) then
         return ("the handler '%s' is never asked: %s"):format(rule[1], rule[3])
      end
   end
   return nil
end

--- context(given, is_client) is what is wrong with a context's options together, or nil.
function combination.context(given, is_client)
   if is_client and given.tickets == "always" then
      return 'tickets = "always" is for servers: a client has those that it is given'
   end
   for name, side in pairs(sides) do
      local value = given[name]
      if (value or value == false and side.default) and (side[1] == "client") ~= is_client then
         return ("the option '%s' is for %ss%s"):format(name, side[1], side[2] and ": " .. side[2] or "")
      end
   end
   local of_other_side = handlers_of_other_side(given.handlers, is_client)
   if of_other_side then return of_other_side end
   if (given.new_session_count or given.resumption_count) and (given.new_session_count or 0) == 0
      and (given.resumption_count or 0) == 0 then
      return "the options 'new_session_count' and 'resumption_count' ask for nothing when both are 0: "
         .. "tickets = false asks for no tickets at all"
   end
   for _, rule in ipairs(needs) do
      local name = rule[1]
      local value = given[name]
      local lack = value and value ~= 0 and rule[2](given, is_client)
      if lack then return ("the option '%s' %s"):format(name, lack) end
   end
   return nil
end

--- versions(given, settings) is the same of options that only some versions have, and of handlers that are never asked.
-- settings: what unasked takes, of the versions and suites that the context speaks.
function combination.versions(given, settings)
   return refuse_versions(given, settings) or refuse_suites(given, settings) or refuse_types(given, settings)
      or combination.unasked(given.handlers, settings, handler_of(given, "select"))
end

-- Whether a suite can be used with keys of these types (RFC 5246 section 7.4.2, RFC 8422 sections 2 and 5.1.1).
local function fits_keys(entry, types)
   if entry.authentication == "any" then return true end
   if entry.key_exchange == "RSA" then return types.RSA end
   if entry.key_exchange == "ECDH" then return types.EC end
   if entry.authentication == "RSA" then return types.RSA or types["RSA-PSS"] end
   return types.EC or types.Ed25519
end

--- keys(credentials, settings) is what is wrong with a server's suites beside its credentials, or nil: none of its
-- handshakes could succeed. settings: suites (ids), version_min, version_max.
function combination.keys(credentials, settings)
   local wanted, types, list = {}, {}, {}
   for _, suite in ipairs(settings.suites) do wanted[suite] = true end
   for _, credential in ipairs(credentials) do
      local kind = credential.key:type()
      if not types[kind] then list[#list + 1] = kind end
      types[kind] = true
   end
   local of_rsa = true
   for _, entry in ipairs(core.suites()) do
      if wanted[entry.id] and entry.min_version_id <= settings.version_max
         and entry.max_version_id >= settings.version_min then
         if fits_keys(entry, types) then return nil end
         of_rsa = of_rsa and entry.authentication == "RSA" and entry.key_exchange ~= "ECDH"
      end
   end
   return ("the option 'suites': none of them can be used with the keys of the credentials, which are of type %s; %s")
      :format(table.concat(list, " and "), of_rsa and "they need an RSA key" or "they need a key of another type")
end

-- ---- Connections ----

local OF_CLIENTS = { "ech", "session", "early_data", "early_data_resend", "fallback_scsv" }

local function of_client(given, settings)
   local newest = given.max_version and core.version_id(given.max_version) or settings.version_max
   if given.server_name == nil then
      return "a client needs the option 'server_name': the name or address that the server's certificate must have "
         .. "(server_name = false checks no name)"
   elseif given.session and core.session_mode(given.session) ~= "client" then
      return "the option 'session' is a server's session: a client resumes those that clients were given"
   elseif given.early_data and not given.session then
      return "the option 'early_data' needs a 'session': early data is sent under the keys of one"
   elseif given.early_data and newest < NEWEST then
      return "the option 'early_data' is of TLS 1.3, which the connection does not speak"
   elseif (given.ech or given.ech == nil and settings.has_ech) and newest < NEWEST then
      return "the option 'ech' is of TLS 1.3, which the connection does not speak: a name that is to be hidden is not "
         .. "sent in the clear (ech = false on the connection goes without)"
   elseif given.early_data_resend and not given.early_data then
      return "the option 'early_data_resend' needs 'early_data'"
   elseif given.fallback_scsv and newest >= NEWEST then
      return "the option 'fallback_scsv' says that an attempt with a newer version failed: give the older "
         .. "'max_version' of this one"
   end
   return nil
end

local function of_server(given, settings)
   if given.server_name then
      return "the option 'server_name' is for clients: a server learns the name from its client"
   end
   for _, name in ipairs(OF_CLIENTS) do
      if given[name] then return ("the option '%s' is for clients"):format(name) end
   end
   local newest = given.max_version and core.version_id(given.max_version) or settings.version_max
   if settings.has_ech and newest < NEWEST then
      return "the context's 'ech_keys' are of TLS 1.3, which the connection does not speak"
   end
   if given.pins and not settings.trust and not settings.takes_raw then
      return "the option 'pins' needs a context with 'trust' or 'cafile': nobody is verified without"
   end
   return nil
end

-- The settings that hold for a connection.
local function own_settings(given, settings)
   return {
      mode = settings.mode, trust = settings.trust, suites = settings.suites, verify = given.verify or settings.verify,
      max_early_data = settings.max_early_data,
      version_min = given.min_version and core.version_id(given.min_version) or settings.version_min,
      version_max = given.max_version and core.version_id(given.max_version) or settings.version_max,
   }
end

-- Whether a raw public key can come to be trusted.
local function trusts_raw(given, settings)
   local handler = given.handlers and given.handlers.verify
   if handler == nil then handler = settings.has_verify end
   return given.pins or settings.pins or handler
end

--- connection(given, settings, selects) is what is wrong with a connection's options together, or nil. settings: the
-- context's; selects: it has a `select` handler.
function combination.connection(given, settings, selects)
   local is_client = settings.mode == "client"
   local wrong = (is_client and of_client or of_server)(given, settings)
      or handlers_of_other_side(given.handlers, is_client)
   if wrong then return wrong end
   if settings.takes_raw and not trusts_raw(given, settings) then
      return "raw public keys are trusted by the option 'pins' or by a 'verify' handler, and there is none of them"
   end
   if given.verify and given.verify ~= "none" and not settings.trust and settings.takes_raw ~= "only" then
      return ("verify = %q needs a trust store, and the context has none"):format(given.verify)
   end
   if not given.handlers then return nil end
   if given.handlers.select ~= nil then selects = given.handlers.select end
   return combination.unasked(given.handlers, own_settings(given, settings), selects)
end

return combination
