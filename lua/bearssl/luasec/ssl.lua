-- ssl: LuaSec's main module, over this library.
local alpn = require "bearssl.luasec.alpn"
local config = require "bearssl.luasec.config"
local connection = require "bearssl.luasec.connection"
local context = require "bearssl.luasec.context"
local settings = require "bearssl.luasec.settings"
local x509 = require "bearssl.luasec.x509"

local unpack = table.unpack or unpack -- luacheck: ignore

local ssl = {
   _VERSION = "1.3.2", _COPYRIGHT = "bearssl for Lua, with the interface of LuaSec 1.3.2",
   config = config, context = context, loadcertificate = x509.load,
}

-- Calls one of context's functions with one value or a list of them.
local function each(set, value, ctx)
   if not value then return true end
   if type(value) == "table" then return set(ctx, unpack(value)) end
   return set(ctx, value)
end

local function load_pair(ctx, entry)
   if entry.key then
      local password = entry.password
      if password and type(password) ~= "function" and type(password) ~= "string" then
         return nil, "invalid password type"
      end
      local ok, message = context.loadkey(ctx, entry.key, password or nil)
      if not ok then return nil, message end
   end
   if not entry.certificate then return true end
   local ok, message = context.loadcert(ctx, entry.certificate)
   if not ok then return nil, message end
   if entry.key and not context.checkkey(ctx) then return nil, "private key does not match public key" end
   return true
end

local function load_files(ctx, given)
   local entries = given.certificates or { given }
   for _, entry in ipairs(entries) do
      local ok, message = load_pair(ctx, entry)
      if not ok then return nil, message end
   end
   if not (given.cafile or given.capath) then return true end
   return context.locations(ctx, given.cafile, given.capath)
end

local function set_curves(ctx, given)
   if given.curveslist then return context.setcurveslist(ctx, given.curveslist) end
   if given.curve then return context.setcurve(ctx, given.curve) end
   return true
end

local function set_lists(ctx, given)
   local ok, message = true, nil
   if given.ciphers then ok, message = context.setcipher(ctx, given.ciphers) end
   if ok and given.ciphersuites then ok, message = context.setciphersuites(ctx, given.ciphersuites) end
   if ok then ok, message = each(context.setverify, given.verify, ctx) end
   if ok then ok, message = each(context.setoptions, given.options, ctx) end
   if ok and given.depth then ok, message = context.setdepth(ctx, given.depth) end
   if ok and given.dhparam and type(given.dhparam) ~= "function" then return nil, "invalid DH parameter type" end
   if ok then ok, message = set_curves(ctx, given) end
   if ok then ok, message = each(ctx.setverifyext, given.verifyext, ctx) end
   return ok, message
end

-- What LuaSec's callback answers: a name, a list, or anything else for none.
local function wire_of(answer)
   if type(answer) == "string" then answer = { answer } end
   return type(answer) == "table" and alpn.to_wire(answer) or nil
end

local function server_alpn(ctx, given)
   if type(given) == "function" then
      return context.setalpncb(ctx, function(wire) return (wire_of(given(alpn.from_wire(wire)))) end)
   elseif type(given) ~= "table" then
      return nil, "invalid ALPN parameter"
   end
   local ok, message = alpn.to_wire(given)
   if not ok then return nil, message end
   return context.setalpncb(ctx, function() return (wire_of(given)) end)
end

local function client_alpn(ctx, given)
   if type(given) == "string" then given = { given } end
   if type(given) ~= "table" then return nil, "invalid ALPN parameter" end
   local wire, message = alpn.to_wire(given)
   if not wire then return nil, message end
   return context.setalpn(ctx, wire)
end

local PSK_VERSION = "pre-shared keys need TLS 1.3 here, which this context does not speak: PSK in TLS 1.2 is not "
   .. "supported by bearssl"

local function set_psk(ctx, given)
   local psk, is_client = given.psk, given.mode == "client"
   local callback = psk
   if type(psk) == "table" and not is_client then callback = psk.callback end
   if type(callback) ~= "function" or type(psk) == "table" and psk.hint ~= nil and type(psk.hint) ~= "string" then
      return nil, "invalid PSK configuration"
   end
   local ok, message = (is_client and context.setclientpskcb or context.setserverpskcb)(ctx, callback)
   if not ok then return nil, message end
   local highest = settings.build(context.look(ctx)).highest
   if highest and highest ~= "TLSv1.3" then return nil, PSK_VERSION end
   return true
end

-- The fields that LuaSec has not: a name to check, and the system's authorities.
local function set_extra(ctx, given)
   local state = context.look(ctx)
   local host = given.verify_host
   if host ~= nil and host ~= false then
      if host ~= true and type(host) ~= "string" then return nil, "invalid verify_host" end
      if given.mode ~= "client" then return nil, "verify_host is for clients" end
      if not settings.verifies(state) then return nil, 'verify_host needs verify = "peer"' end
      -- a server that knows the key shows no certificate, and so no name
      if given.psk then return nil, "verify_host and psk cannot be had together: a pre-shared key has no name" end
      state.verify_host = host
   end
   if given.trust == "system" then
      if given.cafile or given.capath then return nil, 'give either trust = "system" or cafile and capath' end
      local store, message = require("bearssl.trust").system()
      if not store then return nil, message end
      state.trust = store
   end
   return true
end

local function set_rest(ctx, given)
   if given.alpn then
      local set, reason = (given.mode == "server" and server_alpn or client_alpn)(ctx, given.alpn)
      if not set then return nil, reason end
   end
   local ok, message = set_extra(ctx, given)
   if ok and given.psk then ok, message = set_psk(ctx, given) end
   if ok and given.dane then return nil, "DANE is not supported by bearssl" end
   return ok, message
end

--- newcontext(params) is a context, or nil and a message. params: LuaSec's, and verify_host (true: the certificate must
-- be for the name that sni() is given; a string: for that one) and trust = "system".
function ssl.newcontext(given)
   local ctx, message = context.create(given.protocol)
   if not ctx then return nil, message end
   local ok = context.setmode(ctx, given.mode)
   if ok ~= true then return nil, ok end
   for _, set in ipairs { load_files, set_lists, set_rest } do
      ok, message = set(ctx, given)
      if not ok then return nil, message end
   end
   return ctx
end

--- wrap(socket, params or context) is a connection over a socket, whose descriptor it takes; or nil and a message.
function ssl.wrap(socket, given)
   local ctx = given
   if type(given) == "table" then
      local reason
      ctx, reason = ssl.newcontext(given)
      if not ctx then return nil, reason end
   end
   local conn, message = connection.create(ctx)
   if not conn then return nil, message end
   connection.attach(conn, socket)
   return conn
end

return ssl
