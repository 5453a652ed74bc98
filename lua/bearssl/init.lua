-- bearssl for Lua: TLS on BearSSL, with a handler for every stage of the handshake.
--     local bearssl = require "bearssl"
--     local context = assert(bearssl.context { mode = "client" })
--     local stream = assert(context:wrap(socket, { server_name = "example.org" }))
--     assert(stream:handshake())
-- doc/api.md is the reference. What is rarely used is loaded when it is first asked for.
local core = require "bearssl.core"
require "bearssl.methods"

local bearssl = { _VERSION = "bearssl for Lua 0.1.0" }

--- context(options) makes a context, which holds what many connections share.
-- options: table; see bearssl.context (context.lua) and doc/api.md. An unknown or mistyped option raises.
-- Returns the context, or nil, message, code when a file, certificate or key cannot be used.
function bearssl.context(options, ...)
   if select("#", ...) > 0 then require("bearssl.options").surplus("bearssl.context", options, ...) end
   local context, message, code = require("bearssl.context").new(options)
   -- no tail call of new: error messages name the caller's line
   return require("bearssl.options").result(context, message, code)
end

--- connect(host, port [, options]) is a stream to a server, connected and with the handshake done: see bearssl.connect
-- (connect.lua) and doc/api.md. Returns the stream, or nil, message, code.
function bearssl.connect(host, port, given, ...)
   if select("#", ...) > 0 then require("bearssl.options").surplus("bearssl.connect", given, ...) end
   local stream, message, code = require("bearssl.connect")(host, port, given)
   return require("bearssl.options").result(stream, message, code)
end

--- suites([policy]) is the list of RFC names of a policy's cipher suites, in order of preference; without
-- an argument, of every suite known. policy: "modern" or "compatible".
function bearssl.suites(policy, ...)
   if select("#", ...) > 0 then require("bearssl.options").surplus("bearssl.suites", nil, ...) end
   return (require("bearssl.names").suites(policy))
end

--- groups() is the list of the key exchange groups that this build supports ("x25519", "secp256r1" …).
function bearssl.groups(...)
   if select("#", ...) > 0 then require("bearssl.options").surplus("bearssl.groups", nil, ...) end
   return require("bearssl.names").groups()
end

--- versions() is the list of the protocol versions that this build supports ("TLSv1.2" …).
function bearssl.versions(...)
   if select("#", ...) > 0 then require("bearssl.options").surplus("bearssl.versions", nil, ...) end
   return require("bearssl.names").versions()
end

--- signature_algorithms() is the list of RFC 8446 scheme names that this build supports.
function bearssl.signature_algorithms(...)
   if select("#", ...) > 0 then require("bearssl.options").surplus("bearssl.signature_algorithms", nil, ...) end
   return require("bearssl.names").signature_algorithms()
end

--- kernels() is a table of what computes each primitive: sha256 = "sha-ni" or "bearssl" …
function bearssl.kernels(...)
   if select("#", ...) > 0 then require("bearssl.options").surplus("bearssl.kernels", nil, ...) end
   return core.kernels()
end

--- features() is a table of what this build has of what is optional: certificate_compression, a list of algorithms
-- ("brotli", "zstd", "zlib"), best first.
function bearssl.features(...)
   if select("#", ...) > 0 then require("bearssl.options").surplus("bearssl.features", nil, ...) end
   return { certificate_compression = require("bearssl.names").certificate_compression() }
end

--- trace(object [, options]) watches a stream or a connection from now on, best from before its handshake, and is a
-- tracer (trace.lua): text(), svg(path) and pcap(path) show what it saw; close() ends it.
-- options: secrets (false: true keeps those that decrypt what pcap writes), limit (16 MiB: bytes of ciphertext kept).
-- Raises for anything else, and for a connection that has a tracer; nil, message, "closed" after the connection's end.
function bearssl.trace(object, options, ...)
   if select("#", ...) > 0 then require("bearssl.options").surplus("bearssl.trace", options, ...) end
   local tracer, message, code = require("bearssl.trace").new(object, options)
   return require("bearssl.options").result(tracer, message, code)
end

--- running() is the coroutine to resume for a handler that yields, as a callback does that it waits for; nil in the
-- main thread. It is coroutine.running() but in PUC Lua 5.1, where handlers run in coroutines of their own, which
-- nobody else may resume.
function bearssl.running(...)
   if select("#", ...) > 0 then require("bearssl.options").surplus("bearssl.running", nil, ...) end
   return require("bearssl.protect").outermost()
end

local lazy = {
   certificate = function() return require "bearssl.certificate" end,
   key = function() return require "bearssl.key" end,
   pkcs12 = function() return require "bearssl.pkcs12" end,
   trust = function() return require "bearssl.trust" end,
   session = function() return require "bearssl.session" end,
   ech = function() return require "bearssl.ech" end,
   ticket_keys = function() return require "bearssl.ticket_keys" end,
   crl = function() return require "bearssl.crl" end,
   ocsp = function() return require "bearssl.ocsp" end,
   request = function() return require "bearssl.request" end,
   codes = function() return require "bearssl.codes" () end,
   stages = function() return core.stages() end,
   decisions = function() return core.decisions() end,
}

return setmetatable(bearssl, {
   __index = function(self, name)
      local load = lazy[name]
      if not load then return nil end
      local value = load()
      rawset(self, name, value)
      return value
   end,
})
