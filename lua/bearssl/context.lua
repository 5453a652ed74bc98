-- bearssl.context(options): what many connections share. doc/api.md lists the options.
local checks = require "bearssl.checks"
local combination = require "bearssl.combination"
local core = require "bearssl.core"
local driver = require "bearssl.driver"
local options = require "bearssl.options"
local verification = require "bearssl.verification"
local versions = require "bearssl.versions"

local is = options.is
local class = require "bearssl.own"
local own = class.self_of "context"

local Context = {}
local make_context

-- Versions are checked when they are converted, so that this table needs no list of them.
local handlers = is.handlers(core.stages(), core.decisions())
local is_list = is.list(function() return nil end, "tables")

local function credentials(value)
   if type(value) ~= "table" then return "a list of { certificate =, key =, name = }" end
   local must, exact = is_list(value)
   if must then return must, exact end
   for index, entry in ipairs(value) do
      local ok, message = pcall(options.check, entry, checks.credential, ("element %d"):format(index), -1)
      if not ok then return "", message end
   end
   return nil
end

local certificate_type = is.one_of { "x509", "raw_public_key" }
local is_types = is.filled(is.list(certificate_type, "certificate types"), "X.509 certificates")

local function certificate_types(value)
   local must, exact = is_types(value)
   if must then return must, exact end
   if value[1] == value[2] then return "", ('"%s" stands twice'):format(value[1]) end
   return nil
end

local extension_options = { id = is.integer(0, 65535), raw = is.string }

local function extensions(value)
   if type(value) ~= "table" then return "a list of { id =, raw = }" end
   local must, exact = is_list(value)
   if must then return must, exact end
   local seen = {}
   for index, entry in ipairs(value) do
      local ok, message = pcall(options.check, entry, extension_options, ("element %d"):format(index), -1)
      if not ok then return "", message end
      if not entry.id or not entry.raw then return "", ("element %d must be { id =, raw = }"):format(index) end
      if seen[entry.id] then return "", ("element %d: extension %d stands twice"):format(index, entry.id) end
      seen[entry.id] = true
   end
   return nil
end

local function certificate_compression(value)
   if value == false then return nil end
   if type(value) == "table" and next(value) == nil and getmetatable(value) == nil then
      return "", "must not be empty: leave it out for the default, or give false for none"
   end
   local must, exact = checks.names(value)
   return must and "a list of names, or false for none", exact
end

local are_certificates = is.filled(is.certificates, "the default")

local function certificate_authorities(value)
   if type(value) == "boolean" or options.is_object(value, "trust") then return nil end
   if type(value) ~= "table" then return "true, false, a trust store or a list of certificates" end
   return are_certificates(value)
end

local is_trusted = is.any('a trust store, a certificate object, a PEM string, a path or "system"', is.string,
   is.object "trust", is.object "certificate", is.certificates)
local are_trusted = is.filled(is.list(is_trusted, "what is trusted"), "the system's certificates")

local function trusted(value)
   if type(value) == "string" or options.is_object(value, "trust") then return nil end
   if type(value) ~= "table" then return 'a trust store, a PEM string, "system" or a list of what is trusted' end
   return are_trusted(value)
end

local context_options = {
   mode = is.one_of({ "client", "server" }),
   min_version = is.string, max_version = is.string,
   suites = checks.suites, groups = checks.names, signature_algorithms = checks.names,
   signature_algorithms_cert = checks.names,
   certificate_compression = certificate_compression,
   certificate_authorities = certificate_authorities,
   alpn = is.filled(is.list(checks.protocol_name, "protocol names"), "no protocol at all"),
   trust = trusted,
   cafile = is.path, capath = is.path,
   verify = verification.mode, credentials = is.filled(credentials, "none"),
   server_certificate_types = certificate_types, client_certificate_types = certificate_types,
   ticket_keys = is.object("ticket_keys"), ech = is.string, ech_keys = is.object("ech_keys"),
   extensions = is.filled(extensions, "none"),
   handlers = handlers, clock = is["function"], keylogfile = is.path,
}
for name, check in pairs(verification.checks) do context_options[name] = check end
for name, check in pairs(checks.credential) do context_options[name] = check end
context_options.name = nil -- one credential of several has one

-- Numbers and flags, which the core takes as they are: it says which there are, and their bounds.
local plain_options = core.context_options()
for _, option in ipairs(plain_options) do context_options[option.name] = is.option(option) end
context_options.tickets = is.any('true, false or "always"', is.boolean, is.one_of { "always" })

local function server_name(value)
   if value == false then return nil end
   if type(value) ~= "string" then return "a DNS name, an IP address, or false" end
   if value == "" then return "", "must not be empty; false stands for no name" end
   return is.server_name(value)
end

-- What a ticket may allow at most is another matter: so much is kept until the handshake is over.
local _, EARLY_DATA_MAXIMUM = core.bounds("connection", "early_data")

local function early_data(value)
   if type(value) ~= "string" then return "a string" end
   if #value > EARLY_DATA_MAXIMUM then return "", ("must have at most %d bytes"):format(EARLY_DATA_MAXIMUM) end
   return nil
end

local function session(value)
   if value == false or options.is_object(value, "session") then return nil end
   return "a session object, or false for none"
end

local function ech(value)
   if value ~= false and type(value) ~= "string" then return "an ECHConfigList, or false for none" end
   return nil
end

local connection_options = {
   alpn = is.filled(context_options.alpn, "the context's protocols"),
   pins = is.filled(context_options.pins, "the context's pins"),
   server_name = server_name, session = session, ech = ech, verify = verification.mode, handlers = handlers,
   early_data = early_data, early_data_resend = is.boolean, fallback_scsv = is.boolean, min_version = is.string,
   max_version = is.string,
}
local wrap_options = {
   received = is.string, timeout = is.number, max_line = is.integer(1, 2 ^ 31 - 1), wait = is["function"],
   truncation = is.one_of { "refuse", "allow" },
}
for name, check in pairs(connection_options) do wrap_options[name] = check end

-- Raises for misuse, returns what a file or an object is to blame for.
local function judge(value, message, code)
   if value == nil and code == "misuse" then error("bearssl.context: " .. message, 0) end
   return value, message, code
end

-- Options of names → ids in the core's options.
local function convert_names(given, into)
   local fields = {
      { "suites", "suites", "suite_ids" },
      { "groups", "groups", "group_ids" },
      { "signature_algorithms", "signature_schemes", "scheme_ids" },
      { "signature_algorithms_cert", "signature_schemes_cert", "scheme_ids" },
      { "certificate_compression", "certificate_compression", "compression_ids" },
      { "min_version", "version_min", "version_id" },
      { "max_version", "version_max", "version_id" },
   }
   for _, field in ipairs(fields) do
      local option, target, convert = field[1], field[2], field[3]
      local value = given[option]
      if option == "suites" and value == nil then value = "modern" end
      if option == "certificate_compression" and value == nil then
         value = require("bearssl.names").certificate_compression()
      end
      if value then
         local ids, message = require("bearssl.names")[convert](value)
         if not ids then error(("bearssl.context: option '%s': %s"):format(option, message), 0) end
         into[target] = ids
      end
   end
   versions.fit("bearssl.context", given, into)
end

local TYPE_IDS = { x509 = 0, raw_public_key = 2 }

local function type_ids(types)
   local ids = {}
   for index, name in ipairs(types or {}) do ids[index] = TYPE_IDS[name] end
   return types and ids
end

local function gather_credentials(given)
   local list, named = {}, {}
   local credential
   local function add(fields, label)
      credential = credential or require "bearssl.credential"
      local made, message, code = credential.gather(fields, given.password,
         combination.shows_raw(given, given.mode ~= "server"))
      if not made then return nil, label and code ~= "misuse" and label .. message or message, code end
      list[#list + 1] = made
      if fields.name then
         if named[fields.name] then
            return nil, ("two credentials have the name '%s'"):format(fields.name), "misuse"
         end
         named[fields.name] = made
      end
      return true
   end
   if given.certificate or given.key or given.certfile or given.keyfile
      or given.ocsp_response or given.ocspfile then
      local ok, message, code = add(given)
      if not ok then return nil, message, code end
   end
   for index, fields in ipairs(given.credentials or {}) do
      local ok, message, code = add(fields, ("credentials[%d]: "):format(index))
      if not ok then return nil, message, code end
   end
   return list, named
end

local function gather_trust(given, needed)
   local value = given.trust
   if given.cafile or given.capath then
      if value ~= nil then return nil, "give either 'trust' or 'cafile' and 'capath', not both", "misuse" end
      return require("bearssl.trust_files").gather(given.cafile, given.capath)
   end
   if value == nil then
      if not needed then return false end
      value = "system"
   end
   if value == "system" then return require("bearssl.trust").system() end
   if type(value) == "string" then
      local store = core.trust()
      local count, message, code = require("bearssl.bundle").trust_add(store, value)
      if count then return store end
      return require("bearssl.handed_in").refused(value, "the options 'cafile' and 'capath'", message, code)
   end
   if type(value) == "table" and not options.is_object(value, "trust") then
      return require("bearssl.trust_files").collect(value)
   end
   return value
end

-- Whose names are sent: a boolean, a store, or nil for the default.
local function gather_authorities(given)
   local value = given.certificate_authorities
   if type(value) ~= "table" or options.is_object(value, "trust") then return value end
   return require("bearssl.trust").new(value)
end

-- The keys of a server's tickets: false for none; or nil, message, code. By default a server has some of its own,
-- unless its handlers keep sessions: clients prefer tickets, and a ticket tells another process nothing.
local function ticket_keys_of(given, is_client)
   if is_client or given.tickets == false then return false end
   if given.ticket_keys then return given.ticket_keys end
   local handlers_given = given.handlers or {}
   if given.tickets == nil and (handlers_given.session_load or handlers_given.session_store) then return false end
   return core.ticket_keys { time = given.clock and driver.time_of(given.clock) }
end

-- Tickets of TLS 1.3 after a full handshake: clients that open several connections at once use each only once.
local DEFAULT_TICKET_COUNT = 2
local DEFAULT_SESSION_CACHE = { server = 1000, client = 100 }

-- By default sessions are kept in memory, unless handlers keep them. What a client's handlers said of one connection
-- need not hold for the next, so that none is resumed by itself there (csrc/tls/handshake/client_session.c).
local function default_cache(given, is_client)
   local handlers_given = given.handlers or {}
   if is_client then
      for _, name in ipairs { "session_load", "session_store", "verify", "client_certificate" } do
         if handlers_given[name] then return 0 end
      end
   end
   return DEFAULT_SESSION_CACHE[is_client and "client" or "server"]
end

-- By default a client remembers that a chain was good; a server, whose clients are strangers with chains of their own,
-- does not (csrc/tls/x509/verdict_cache.h).
local DEFAULT_VERDICT_CACHE = 64

-- The options that the core takes as they are; a server keeps sessions and gives tickets without being told to.
local function plain_settings(given, is_client, into)
   for _, option in ipairs(plain_options) do into[option.name] = given[option.name] end
   if given.tickets == "always" then into.tickets, into.tickets_always = true, true end
   into.session_cache = given.session_cache or default_cache(given, is_client)
   into.verdict_cache = given.verdict_cache or is_client and DEFAULT_VERDICT_CACHE or 0
   if not is_client then
      into.ticket_count = given.tickets ~= false and (given.ticket_count or DEFAULT_TICKET_COUNT) or 0
   end
   return into
end

local function refuse(wrong)
   if wrong then error("bearssl.context: " .. wrong, 0) end
end

-- A `select` handler may give each connection its own credential and suites.
local function handler_selects(given)
   return given.handlers and given.handlers.select
end

local function build(given)
   local mode = given.mode or "client"
   local is_client = mode == "client"
   refuse(combination.context(given, is_client))
   local verify = given.verify or (is_client and "required" or "none")
   refuse(verification.mode_of(verify, mode))
   local settings = plain_settings(given, is_client, {
      role = mode, verify = verify, alpn = given.alpn, extensions = given.extensions,
   })
   convert_names(given, settings)
   settings.server_certificate_types = type_ids(given.server_certificate_types)
   settings.client_certificate_types = type_ids(given.client_certificate_types)
   refuse(combination.versions(given, {
      mode = mode, verify = verify, trust = given.trust or given.cafile or given.capath,
      max_early_data = given.max_early_data or 0,
      version_min = settings.version_min, version_max = settings.version_max, suites = settings.suites,
   }))
   local list, named, code = judge(gather_credentials(given))
   if not list then return nil, named, code end
   if not is_client and #list == 0 and not handler_selects(given) then
      error("bearssl.context: a server needs a certificate and its key (certfile and keyfile, certificate and key, "
         .. "or credentials), or a select handler that gives them", 0)
   end
   settings.credentials = list
   if not is_client and given.suites and #list > 0 and not handler_selects(given) then
      refuse(combination.keys(list, settings))
   end
   for name in pairs(verification.checks) do settings[name] = given[name] end
   local message
   settings, message, code = verification.convert(settings)
   if not settings then return nil, message, code end
   local trust
   local only_raw = combination.takes_raw(given, is_client) == "only"
   trust, message, code = judge(gather_trust(given, is_client and verify ~= "none" and not only_raw))
   if trust == nil then return nil, message, code end
   if not trust and not is_client and verify ~= "none" and not only_raw then
      error(("bearssl.context: verify = %q needs the clients' authorities: give 'trust' or 'cafile'"):format(verify), 0)
   end
   settings.trust = trust or nil
   settings.certificate_authorities, message, code = gather_authorities(given)
   if code then return nil, message, code end
   local ticket_keys
   ticket_keys, message, code = ticket_keys_of(given, is_client)
   if ticket_keys == nil then return nil, message, code end
   settings.ticket_keys = ticket_keys or nil
   settings.ech, settings.ech_keys = given.ech, given.ech_keys
   if given.ech then
      local good
      good, message, code = require("bearssl.ech").check(given.ech)
      if not good then return nil, message, code end
   end
   -- what is made with the context goes by its clock from the first
   settings.time = not is_client and given.clock and driver.time_of(given.clock) or nil
   local object
   object, message, code = core.context(settings)
   if not object and code == "limit_exceeded" then
      -- the core has one reason for both: without names only a chain is left
      settings.certificate_authorities = false
      if given.certificate_authorities and core.context(settings) then
         error("bearssl.context: option 'certificate_authorities': the names are none, or together longer than 12000 "
            .. "bytes: give a list of the certificates that matter", 0)
      end
      message = "a credential's chain has more than 64 certificates, or is too long with its OCSP response: "
         .. "no peer would take it"
   end
   if not object and code == "illegal_parameter" and given.extensions then
      error("bearssl.context: option 'extensions': an extension that the library handles itself, or more than 16383 "
         .. "bytes of raw", 0)
   end
   if not object then return nil, message, code end
   local handlers_given = driver.merge({}, given.handlers)
   if given.keylogfile then
      local keylog_file = require "bearssl.keylog_file"
      handlers_given.keylog, message, code = keylog_file.beside(given.keylogfile, handlers_given.keylog)
      if not handlers_given.keylog then return nil, message, code end
   end
   local stage_mask, decision_mask = driver.masks(handlers_given)
   return make_context {
      core = object, named = named, clock = given.clock, trust = trust or nil,
      handlers = handlers_given, stage_mask = stage_mask, decision_mask = decision_mask,
      settings = {
         mode = mode, verify = verify, trust = trust and true, alpn = given.alpn,
         suites = settings.suites, groups = settings.groups, schemes = settings.signature_schemes,
         schemes_cert = settings.signature_schemes_cert, compressions = settings.certificate_compression or {},
         version_min = settings.version_min, version_max = settings.version_max,
         max_early_data = given.max_early_data or 0,
         pins = given.pins and true, has_verify = handlers_given.verify and true,
         has_ech = (given.ech or given.ech_keys) and true,
         shows_raw = combination.shows_raw(given, is_client), takes_raw = combination.takes_raw(given, is_client),
         server_certificate_types = given.server_certificate_types or { "x509" },
         client_certificate_types = given.client_certificate_types or { "x509" },
         ticket_keys = settings.ticket_keys, staple = is_client and (given.staple or "if_must") or nil,
         tickets = is_client and given.tickets ~= false or ticket_keys and (given.tickets or true) or false,
      },
   }
end

-- What is wrong with the options, and what to give instead where another library calls it so.
local function raise_with_hint(problem, given)
   local hint
   if type(given) == "table" and getmetatable(given) == nil then
      for name, value in pairs(given) do
         hint = hint or require("bearssl.other_names").of_option(name, value, context_options)
      end
   end
   if hint then
      problem = problem:gsub("; did you mean '[^']*'%? Options: .*$", ""):gsub("; Options: .*$", "") .. "; " .. hint
   end
   error(problem, 4)
end

--- new(options) → context, or nil, message, code when a file, a certificate or a key cannot be used:
-- "file_unreadable", "bad_pem", "bad_der", "bad_key", "encrypted_key", "bad_password", "key_mismatch", "bad_crl",
-- "trust_not_found". Misuse
-- raises: an unknown option, a wrong type, an unknown name, a server without a certificate. Options (all optional
-- for a client): mode, min_version, max_version, suites, groups, signature_algorithms, alpn, alpn_required,
-- server_certificate_types, client_certificate_types, trust,
-- cafile, capath, verify, verify_depth, certificate, key, certfile, keyfile, credentials, session_cache,
-- session_lifetime (seconds), record_size (bytes), client_preference, tickets, ticket_keys (of bearssl.ticket_keys),
-- ech (an ECHConfigList; client), ech_keys (of bearssl.ech), ech_backend (server),
-- signature_algorithms_cert, certificate_authorities (boolean, a trust store or certificates), certificate_compression
-- (list of names, or false), extended_master_secret (boolean or "required"), dh_bits_minimum (client),
-- max_fragment_length, extensions (client), ocsp_response, ocspfile (server), handlers, clock, password,
-- crls, pins, clock_skew (seconds), revocation, staple, verdict_cache, keylogfile; of TLS 1.2 renegotiation (boolean);
-- of TLS 1.3 key_shares, grease, post_handshake_auth (client), retry_cookie, ticket_count, max_early_data (bytes),
-- new_session_count, resumption_count (client),
-- early_data_window (seconds; server),
-- middlebox_compatibility, psk_ke, record_size_limit, record_padding (bytes), key_update_after (records);
-- of a server client_hello_limit (bytes).
local function new(given)
   if given == nil then given = {} end
   local good, problem = pcall(options.check, given, context_options, "bearssl.context", -1)
   if not good then raise_with_hint(problem, given) end
   local ok, context, message, code = pcall(build, given)
   if not ok then options.raise(context, 3) end
   return context, message, code
end

local function check_connection(self, given, specification, who)
   if given == nil then given = {} end
   options.check(given, specification, who, 3)
   if given.min_version or given.max_version then
      local ok, message = pcall(versions.of_connection, who, given, self.settings)
      if not ok then options.raise(message, 3) end
   end
   local wrong = verification.mode_of(given.verify, self.settings.mode)
      or combination.connection(given, self.settings, self.handlers.select)
   if wrong then error(who .. ": " .. wrong, 3) end
   return given
end

--- wrap(transport, options) makes a stream. transport: a LuaSocket TCP object, a descriptor number, an nginx
-- cosocket, a Copas socket, another stream, or { read =, write =, settimeout =, close = }. options: server_name
-- (string; a client must give it, or false), session (session object), early_data (a client's; needs a session),
-- early_data_resend, min_version, max_version, verify, handlers, timeout (seconds; nil blocks), max_line (bytes of a
-- line that receive("*l") takes; nil: any number), wait (function(descriptor, "read" or "write", seconds): how an event
-- loop waits; true, or nil, "timeout"), received (string: what its user has read of the transport already), truncation
-- ("refuse", the default; "allow": an end of the transport without close_notify is a good end). Returns the stream, or
-- nil, message, code. The handshake happens with handshake(), or with the first send or receive.
function Context:wrap(transport, given, ...)
   local state = own(self, "wrap")
   options.surplus("wrap", given, ...)
   if transport == nil then error("wrap: the transport is missing", 2) end
   given = check_connection(state, given, wrap_options, "wrap")
   local carrier, message = require("bearssl.transport").new(transport, given.wait)
   if not carrier then error("wrap: " .. message, 2) end
   return require("bearssl.stream").new(state, carrier, given, transport)
end

--- connection(options) makes a sans-I/O connection (connection.lua). options: those of wrap, but for timeout.
function Context:connection(given, ...)
   local state = own(self, "connection")
   options.surplus("connection", given, ...)
   given = check_connection(state, given, connection_options, "connection")
   return require("bearssl.connection").new(state, given)
end

--- flush_sessions() forgets the sessions that the context keeps in memory.
function Context:flush_sessions(...)
   local state = own(self, "flush_sessions")
   options.surplus("flush_sessions", nil, ...)
   state.core:flush_sessions()
end

--- trust() is the store of certificates that the context trusts, or nil: the one it was given, or the one made of what
-- it was given. context:trust():reload() reads its files again, for connections to come.
function Context:trust(...)
   local state = own(self, "trust")
   options.surplus("trust", nil, ...)
   return state.trust
end

--- ticket_keys() is the object that holds the keys of a server's tickets (bearssl.ticket_keys): the one it was given,
-- or its own; nil for a client and where tickets are off.
function Context:ticket_keys(...)
   local state = own(self, "ticket_keys")
   options.surplus("ticket_keys", nil, ...)
   return state.settings.ticket_keys
end

-- Of TLS 1.3: how many key shares a client sends by default (csrc/tls/tls13/client_hello.c), and tickets that it asks
-- for, where it does.
local function show_of_newest(info, settings)
   if settings.mode ~= "client" or settings.version_max < core.version_id "TLSv1.3" then
      info.key_shares = nil
   elseif not info.key_shares then
      local hybrids, groups = 0, settings.groups or core.default_groups()
      while groups[hybrids + 1] and core.group_name(groups[hybrids + 1]):find("MLKEM", 1, true) do
         hybrids = hybrids + 1
      end
      info.key_shares = hybrids > 0 and hybrids < #groups and 2 or 1
   end
   if info.new_session_count == 0 and info.resumption_count == 0 then
      info.new_session_count, info.resumption_count = nil, nil
   end
end

--- info() is a table of the settings in force: mode, min_version, max_version, suites, groups, signature_algorithms
-- (lists of names), alpn, verify; every option that is a number or a boolean (doc/api.md), where it has a value; and
-- sessions (in the cache), pooled_buffers (record buffers that lie idle).
function Context:info(...)
   local state = own(self, "info")
   options.surplus("info", nil, ...)
   local names, settings = require "bearssl.names", state.settings
   local info = state.core:info()
   show_of_newest(info, settings)
   info.mode, info.verify, info.alpn = settings.mode, settings.verify, settings.alpn
   info.min_version, info.max_version = core.version_name(settings.version_min), core.version_name(settings.version_max)
   info.suites = names.list(settings.suites, core.suite_name)
   info.groups = names.list(settings.groups or core.default_groups(), core.group_name)
   info.signature_algorithms = names.list(settings.schemes or core.default_schemes(), core.scheme_name)
   info.server_certificate_types = { (table.unpack or unpack)(settings.server_certificate_types) } -- luacheck: ignore
   info.client_certificate_types = { (table.unpack or unpack)(settings.client_certificate_types) } -- luacheck: ignore
   info.signature_algorithms_cert = settings.schemes_cert and names.list(settings.schemes_cert, core.scheme_name)
   info.certificate_compression = names.list(settings.version_max < core.version_id "TLSv1.3" and {}
      or settings.compressions, core.compression_name)
   info.tickets, info.staple = settings.tickets, settings.staple
   info.sessions, info.pooled_buffers = state.core:session_count(), state.core:pooled_buffers()
   return info
end

make_context = class.class("context", Context, {
   __tostring = function(self)
      return ("bearssl.context: %s"):format(own(self, "tostring").settings.mode)
   end,
})

return { new = new, options = context_options, wrap_options = wrap_options }
