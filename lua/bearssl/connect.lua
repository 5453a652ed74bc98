-- bearssl.connect: a socket, its connection and the handshake in one call.
local options = require "bearssl.options"

local is = options.is

-- Of nginx where it runs, else LuaSocket's; both try each address that a name has.
local function open(host, port, seconds)
   local ngx = rawget(_G, "ngx")
   if ngx and ngx.socket then
      local tcp = ngx.socket.tcp()
      tcp:settimeout(seconds and seconds * 1000 or 0x7FFFFFFF)
      local ok, message = tcp:connect(host, port)
      if ok then return tcp end
      return nil, message
   end
   if not pcall(require, "socket") then
      error("bearssl.connect: LuaSocket is not installed: install it, or give the option 'connector'", 0)
   end
   return require("bearssl.tcp").connect(host, port, seconds)
end

local function close(socket)
   pcall(function() socket:close() end)
end

local function context_of(given)
   if given == nil then return require "bearssl.usual_context" () end
   if require("bearssl.own").look("context", given) then return given end
   if type(given) ~= "table" then
      error("bearssl.connect: option 'context' must be a context or a table of its options, not "
         .. options.describe(given), 0)
   end
   return require("bearssl.context").new(given)
end

local function failed(host, port, message)
   message = tostring(message or "no connection")
   return nil, ("cannot connect to %s port %d: %s"):format(host, port, message),
      message == "timeout" and "timeout" or "transport_failed"
end

local specification

-- Everything is looked at before a connection is made: it would be made for nothing.
local function check_options(given)
   local context = require "bearssl.context"
   if not specification then
      specification = { connector = is["function"], context = function() return nil end, -- see context_of
         proxy = function(value) return require("bearssl.proxy").check(value) end }
      for name, of_wrap in pairs(context.wrap_options) do specification[name] = of_wrap end
   end
   for name in pairs(type(given) == "table" and given or {}) do
      if not specification[name] and context.options[name] then
         error(("bearssl.connect: '%s' is an option of the context: give context = { %s = … }"):format(name, name), 0)
      end
   end
   options.check(given, specification, "bearssl.connect", -1)
end

local function check(host, port, given)
   if type(host) ~= "string" or host == "" or host:find "%z" then
      error("bearssl.connect: the host must be a name or an address, not " .. options.describe(host), 0)
   end
   if is.integer(1, 65535)(port) then
      error("bearssl.connect: the port must be an integer from 1 to 65535, not " .. options.describe(port), 0)
   end
   check_options(given)
   if given.proxy ~= nil and host:find "[%s%c]" then
      error("bearssl.connect: the host must have no spaces and no controls in it", 0)
   end
end

-- The name that the server's certificate must have: where none is given, the host's.
local function server_name(name, given)
   if given.server_name ~= nil then return given.server_name end
   local _, wrong = is.server_name(name)
   if wrong then error("bearssl.connect: the host " .. wrong .. "; give the option 'server_name' as well", 0) end
   return name
end

-- The context, the name without the brackets of an address, and the options of wrap; or nil, message, code.
local function prepare(host, port, given)
   check(host, port, given)
   local name = host:match "^%[(.*)%]$" or host
   local wanted = server_name(name, given)
   local context, message, code = context_of(given.context)
   if not context then return nil, message, code end
   local of_wrap = {}
   for option, value in pairs(given) do of_wrap[option] = value end
   of_wrap.context, of_wrap.connector, of_wrap.proxy = nil, nil, nil
   of_wrap.server_name = wanted
   return context, name, of_wrap
end

-- The stream that the options of wrap make, whose handshake is still to be done; misuse raises at that level.
local function wrapped(context, socket, of_wrap, level)
   local ok, stream, message, code = pcall(context.wrap, context, socket, of_wrap)
   if not ok or not stream then close(socket) end
   if not ok then
      options.raise((tostring(options.without_place(stream)):gsub("^wrap:", "bearssl.connect:")), level + 1)
   end
   return stream, message, code
end

-- The same, with a proxy in between.
local function through_proxy(proxy, context, socket, of_wrap, host, port, seconds)
   local module = require "bearssl.proxy"
   local below, message, code = module.shake(proxy, socket, of_wrap)
   if not below then
      close(socket)
      return nil, message, code
   end
   if below ~= socket then of_wrap.wait = nil end -- the stream to the proxy has it
   local stream, ok
   stream, message, code = wrapped(context, below, of_wrap, 4)
   if not stream then return nil, message, code end
   ok, message, code = module.through(proxy, stream, host, port, seconds)
   if ok then return stream end
   stream:close()
   return nil, message, code
end

--- connect(host, port [, options]) is a stream to a server, connected and with the handshake done, so that the server
-- has proven who it is.
-- host: a name or an address; port: 1 to 65535. options: those of context:wrap (server_name: host, unless given;
-- timeout: seconds for connecting, for the handshake, and for each call afterwards; nil for ever), and
-- context: a client's context, or a table of its options (nil: one that all such connections share, with the system's
-- trust, so that sessions resume); connector: function(host, port, seconds) → a connected socket of whatever loop there
-- is, or nil, message (nil: a cosocket in nginx, else LuaSocket); proxy: the URL of a proxy to go through (http, https,
-- socks5, socks5h), a table { url =, user =, password =, context = }, or "environment" for what https_proxy, all_proxy
-- and no_proxy say (nil: none, whatever the environment says), to which the connector connects. Returns the stream, or
-- nil, message, code: "transport_failed" and "timeout" where no connection came about, "refused" where a proxy forbids
-- it, those of a context, and those of a handshake. Misuse raises. Looking up a name waits in LuaSocket for as long as
-- the system does.
local function connect(host, port, given)
   given = given == nil and {} or given
   -- What waits is not called through pcall: Lua 5.1 could not yield in it.
   local ok, context, name, of_wrap = pcall(prepare, host, port, given)
   if not ok then options.raise(context, 3) end
   if not context then return nil, name, of_wrap end
   local seconds = given.timeout and given.timeout >= 0 and given.timeout or nil
   local proxy, message, code
   if given.proxy ~= nil then
      proxy, message, code = require("bearssl.proxy").of(given.proxy, "https", name)
      if message then return nil, message, code end
   end
   local to = proxy or { host = name, port = port }
   local socket, stream
   socket, message = (given.connector or open)(to.host, to.port, seconds)
   if not socket then
      if proxy then return failed("the proxy " .. proxy.host, proxy.port, message) end
      return failed(host, port, message)
   elseif proxy then
      stream, message, code = through_proxy(proxy, context, socket, of_wrap, name, port, seconds)
   else
      stream, message, code = wrapped(context, socket, of_wrap, 3)
   end
   if not stream then return nil, message, code end
   ok, message, code = stream:handshake()
   if ok then return stream end
   stream:close()
   return nil, message, code
end

return connect
