-- Our end of a conversation with a peer process, over blocking LuaSocket sockets. Everything opened is
-- closed by ours.close_all(), for after_each.
local certificates = require "spec.support.certificates"
local loopback = require "spec.support.loopback"

local ours = {}

local opened = {}

local function copy(options, defaults)
   local result = {}
   for name, value in pairs(defaults) do
      result[name] = value
   end
   for name, value in pairs(options or {}) do
      result[name] = value
   end
   return result
end

-- client_context makes a context that trusts the test root.
function ours.client_context(options)
   options = copy(options, {})
   if options.verify ~= "none" and not options.trust and not options.cafile then
      options.cafile = certificates.ca.certfile
   end
   return assert(require("bearssl").context(options))
end

-- server_context: certificate is one of spec.support.certificates, or a list of them.
function ours.server_context(certificate, options)
   options = copy(options, { mode = "server" })
   if certificate.certfile then
      options.certfile, options.keyfile = certificate.chainfile, certificate.keyfile
   else
      options.credentials = {}
      for index, each in ipairs(certificate) do
         options.credentials[index] = { certificate = each.chain, key = each.key, name = each.name }
      end
   end
   return assert(require("bearssl").context(options))
end

local function wrap(context, socket, options)
   local stream = assert(context:wrap(socket, options))
   opened[#opened + 1] = stream
   opened[#opened + 1] = socket
   local ok, message, code = stream:handshake()
   if not ok then
      return nil, message, code, stream
   end
   return stream
end

-- connect connects to a port and shakes hands: stream, or nil, message, code, stream. context may be the
-- options of a client context.
function ours.connect(port, context, options)
   if type(context) == "table" and not getmetatable(context) then
      context = ours.client_context(context)
   end
   options = copy(options, { server_name = "localhost", timeout = 10 })
   return wrap(context, loopback.connect(port), options)
end

-- listen gives an object with `port` and accept(context, options) → stream, or nil, message, code, stream.
function ours.listen()
   local listener, port = loopback.listen()
   local self = { port = port, listener = listener }
   function self.accept(_, context, options)
      return wrap(context, loopback.accept(listener), copy(options, { timeout = 10 }))
   end
   function self.close()
      listener:close()
   end
   return self
end

function ours.close_all()
   for index = #opened, 1, -1 do
      pcall(opened[index].close, opened[index])
      opened[index] = nil
   end
end

-- at_most gives the same functions for contexts that by default speak nothing newer than a version: for specs about
-- what TLS 1.3 has no more.
function ours.at_most(version)
   local older = {}
   for name, value in pairs(ours) do older[name] = value end

   local function limited(options)
      options = copy(options, {})
      if not options.max_version and options.min_version ~= "TLSv1.3" then options.max_version = version end
      return options
   end

   function older.client_context(options)
      return ours.client_context(limited(options))
   end

   function older.server_context(certificate, options)
      return ours.server_context(certificate, limited(options))
   end

   function older.connect(port, context, options)
      if type(context) == "table" and not getmetatable(context) then context = limited(context) end
      return ours.connect(port, context, options)
   end

   return older
end

return ours
