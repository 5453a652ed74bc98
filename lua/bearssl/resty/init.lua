-- bearssl.resty: TLS for programs inside nginx (OpenResty, or nginx with lua-nginx-module) that talk over cosockets.
--     local resty = require "bearssl.resty"
--     local socket = resty.wrap(ngx.socket.tcp())             -- a cosocket, whose sslhandshake is ours
--     local redis = resty.wrap(require "nginx.redis", { context = context })      -- a client whose connections are TLS
-- The objects are those of resty/socket.lua. Everything here loads without nginx, and raises when it is used there.
local options = require "bearssl.options"
local terms = require "bearssl.resty.terms"

local look = require("bearssl.own").look

local resty = {}

-- Where clients of the lua-resty kind keep the cosocket that their new() makes.
local FIELDS = { "_sock", "sock", "socket", "_socket" }

local METHODS = { "connect", "send", "receive", "receiveuntil", "setkeepalive", "getreusedtimes", "settimeouts" }

local function is_cosocket(value)
   if type(value) ~= "table" then return false end
   for _, name in ipairs(METHODS) do
      if type(value[name]) ~= "function" then return false end
   end
   -- some clients have a method of every name there is: the commands of their servers
   return value["no method of a cosocket"] == nil
end

local function has_new(value)
   return type(value) == "table" and type(rawget(value, "new")) == "function"
end

-- The field of a client object that holds its cosocket, or nil. A client that was wrapped has one too.
local function field_of(client)
   for _, name in ipairs(FIELDS) do
      local value = rawget(client, name)
      if look("resty socket", value) or is_cosocket(value) then return name end
   end
   return nil
end

local function need_nginx(who, level)
   if type(ngx) ~= "table" or type(ngx.socket) ~= "table" then
      error(who .. ": needs nginx with its Lua module, which this program does not run in: context:wrap(socket) is for "
         .. "all other sockets", level + 1)
   end
end

-- What has been connected may have sent in the clear what was meant for TLS: only a cosocket whose owner calls
-- sslhandshake himself may be that.
local function wrap_socket(cosocket, settings)
   local connected = cosocket:getreusedtimes() ~= nil or nil
   if connected and settings.handshake_on_connect then
      error("bearssl.resty.wrap: it is connected already, without TLS: wrap it before its connect", 3)
   end
   return require("bearssl.resty.socket").new(cosocket, settings, connected)
end

local function wrap_client(client, name, settings)
   local held = rawget(client, name)
   if look("resty socket", held) then error("bearssl.resty.wrap: the client has been wrapped already", 3) end
   client[name] = wrap_socket(held, settings)
   return client
end

-- A module of the same functions, but for new. The client's own new runs as ever, and what it makes is wrapped before
-- anybody has it, so before it has connected.
local function wrap_module(module, settings)
   local wrapped = { new = function(self, ...)
      if self == nil then self = module end
      local client, message = module.new(self, ...)
      if client == nil then return nil, message end
      local name = type(client) == "table" and field_of(client)
      if not name then
         error("bearssl.resty.wrap: what the module's new returns has no cosocket in a field that is known: "
            .. table.concat(FIELDS, ", "), 2)
      end
      return wrap_client(client, name, settings)
   end }
   return setmetatable(wrapped, { __index = module })
end

--- wrap(what [, options]) gives TLS to what talks over cosockets:
--    a cosocket of ngx.socket.tcp()   → a socket of the same methods (resty/socket.lua), plain until sslhandshake. One
--                                        that is connected already has to be told the server's name, and is not kept
--    a client object, before its connect (lua-resty-redis, -memcached, -mysql …: it holds its cosocket in `_sock`,
--                                        `sock` or `socket`)   → the same object, whose connect shakes hands too
--    such a client's module           → a module whose new() makes clients of that kind
-- options (all optional): context (a client's context; one of the worker's, which trusts what the system trusts),
-- server_name (string, or false for none; the host that is connected to), verify ("required", "report", "none": what
-- sslhandshake's argument may make stricter, never weaker; the context's), handlers, alpn, pins, ech, min_version,
-- max_version, truncation (those of context:wrap, for each connection), handshake_on_connect (boolean: connect shakes
-- hands, so that nothing is ever sent in the clear; true for a client and a module, false for a cosocket), pool_size
-- (idle connections that are kept for one host, port and pool; 30), keepalive_timeout (milliseconds for which they are;
-- 60000; 0: for ever). Misuse raises, and so does a program that does not run inside nginx.
function resty.wrap(what, given, ...)
   options.surplus("bearssl.resty.wrap", given, ...)
   need_nginx("bearssl.resty.wrap", 2)
   if look("resty socket", what) then error("bearssl.resty.wrap: the socket has been wrapped already", 2) end
   local name = type(what) == "table" and field_of(what)
   if name then return wrap_client(what, name, terms.settings(given, true, "bearssl.resty.wrap", 2)) end
   if has_new(what) then return wrap_module(what, terms.settings(given, true, "bearssl.resty.wrap", 2)) end
   if is_cosocket(what) then return wrap_socket(what, terms.settings(given, false, "bearssl.resty.wrap", 2)) end
   error("bearssl.resty.wrap: takes a cosocket of ngx.socket.tcp(), a client that holds one in a field (" ..
      table.concat(FIELDS, ", ") .. ") or such a client's module, not " .. options.describe(what), 2)
end

--- sessions(dictionary [, options]) is a table of handlers, session_load and session_store among them, that keep
-- sessions in a dictionary of lua_shared_dict, so that every worker resumes what another has begun. dictionary:
-- ngx.shared.NAME, or its name; options: those of require("bearssl.store").handlers, whose `secret` is false here
-- unless it is given: no other program reads the dictionary.
function resty.sessions(dictionary, given, ...)
   options.surplus("bearssl.resty.sessions", given, ...)
   need_nginx("bearssl.resty.sessions", 2)
   if type(given) == "table" and given.secret == nil or given == nil then
      local copy = { secret = false }
      for name, value in pairs(given or {}) do copy[name] = value end
      given = copy
   end
   return require("bearssl.store").handlers(require("bearssl.store.ngx_shared").new(dictionary), given)
end

--- idle() is how many idle TLS connections this worker keeps.
function resty.idle()
   return require("bearssl.resty.pool").count()
end

return resty
