-- What a TLS connection of bearssl.resty is agreed under: with whom, and how that was verified. An idle connection is
-- taken up again by those alone who would have shaken hands under the same terms.
local options = require "bearssl.options"

local is = options.is
local look = require("bearssl.own").look

local terms = {}

local POOL_SIZE = 30 -- as lua_socket_pool_size
local KEEPALIVE_TIMEOUT = 60000 -- as lua_socket_keepalive_timeout

local function context(value)
   local state = look("context", value)
   if not state then return "a context of bearssl.context" end
   if state.settings.mode ~= "client" then return "", "is a server's: these sockets connect to servers" end
   return nil
end

local of_wrap = require("bearssl.context").wrap_options

-- context:wrap looks at these more closely, with each handshake.
local function list(value)
   return type(value) ~= "table" and "a list" or nil
end

local specification = {
   context = context, server_name = of_wrap.server_name, verify = is.one_of { "none", "report", "required" },
   handlers = of_wrap.handlers, alpn = list, pins = list,
   ech = is.any("a string, or false for none", is.string, function(value)
      return value ~= false and "false" or nil
   end),
   min_version = is.string, max_version = is.string, truncation = of_wrap.truncation,
   handshake_on_connect = is.boolean,
   pool_size = is.integer(1, 65535), keepalive_timeout = is.integer(0, 2 ^ 31 - 1),
}

-- What its owner changes afterwards has no say in connections that were made before.
local copied = { handlers = true, alpn = true, pins = true }

local function copy(value)
   local made = {}
   for field, entry in pairs(value) do made[field] = entry end
   return made
end

--- settings(given, on_connect, who, level) is a checked copy of the options of bearssl.resty.wrap. on_connect: the
-- default of handshake_on_connect.
function terms.settings(given, on_connect, who, level)
   given = given == nil and {} or given
   options.check(given, specification, who, level + 1)
   local settings = { pool_size = POOL_SIZE, keepalive_timeout = KEEPALIVE_TIMEOUT, handshake_on_connect = on_connect }
   for name, value in pairs(given) do settings[name] = copied[name] and copy(value) or value end
   return settings
end

local strictness = { none = 1, report = 2, required = 3 }

-- What sslhandshake was told, and what wrap was: the stricter. Without either it is the context's.
local function verify_of(settings, ssl_verify, of_context)
   local asked
   if ssl_verify then asked = "required" elseif ssl_verify == false then asked = "none" end
   local least = settings.verify
   if not asked then return least or of_context end
   if least and strictness[least] > strictness[asked] then return least end
   return asked
end

local OF_CONNECTION = { "handlers", "alpn", "pins", "ech", "min_version", "max_version", "truncation" }

--- of(settings, host, name, ssl_verify, credential) are the terms of a handshake; or nil, message, code. host: who was
-- connected to, nil for a socket with a path; name, ssl_verify: what sslhandshake was told, nil for nothing;
-- credential: { certificate =, key = } of setclientcert, or nil.
function terms.of(settings, host, name, ssl_verify, credential)
   local chosen = settings.context
   if not chosen then
      local message, code
      chosen, message, code = require "bearssl.usual_context" ()
      if not chosen then return nil, message, code end
   end
   if name == nil or name == "" then name = settings.server_name end
   if name == nil then name = host end
   local verify = verify_of(settings, ssl_verify, look("context", chosen).settings.verify)
   if name == nil then
      if verify ~= "none" then
         return nil, "no server name to verify: give sslhandshake's, or the option 'server_name' of bearssl.resty.wrap "
            .. "(false checks no name)", "name_mismatch"
      end
      name = false
   end
   if name and is.server_name(name) then
      return nil, options.describe(name) .. " is no server name: a DNS name or an IP address is", "name_mismatch"
   end
   local made = { context = chosen, server_name = name, verify = verify }
   if credential then made.certificate, made.key = credential.certificate, credential.key end
   for _, field in ipairs(OF_CONNECTION) do made[field] = settings[field] end
   return made
end

-- A table of options is written anew for each request by most: what stands in it counts.
local function same(a, b)
   if rawequal(a, b) then return true end
   if type(a) ~= "table" or type(b) ~= "table" or getmetatable(a) or getmetatable(b) then return false end
   for field, value in pairs(a) do
      if not rawequal(value, b[field]) then return false end
   end
   for field in pairs(b) do
      if a[field] == nil then return false end
   end
   return true
end

local FIELDS = { "context", "server_name", "verify", "certificate", "key" }
for _, field in ipairs(OF_CONNECTION) do FIELDS[#FIELDS + 1] = field end

--- equal(a, b) tells whether a connection under the terms a is as good as one under b.
function terms.equal(a, b)
   for _, field in ipairs(FIELDS) do
      if not same(a[field], b[field]) then return false end
   end
   return true
end

--- covers(a, b) tells whether a connection under the terms a is no less than what b asks for: the same, or verified
-- more strictly.
function terms.covers(a, b)
   for _, field in ipairs(FIELDS) do
      if field ~= "verify" and not same(a[field], b[field]) then return false end
   end
   return strictness[a.verify] >= strictness[b.verify]
end

--- options_of(made, session) are the options of context:wrap for a handshake under such terms.
function terms.options_of(made, session)
   local given = { server_name = made.server_name, session = session }
   for _, field in ipairs(OF_CONNECTION) do given[field] = made[field] end
   if made.verify ~= look("context", made.context).settings.verify then given.verify = made.verify end
   if made.certificate then
      local answer = { certificate = made.certificate, key = made.key }
      local handlers = {}
      for name, handler in pairs(made.handlers or {}) do handlers[name] = handler end
      handlers.client_certificate = function() return answer end
      given.handlers = handlers
   end
   return given
end

return terms
