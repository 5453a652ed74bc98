-- Adds methods that are written in Lua to the core's objects. Loaded with bearssl, so that every certificate and key
-- has them, wherever it comes from.
local core = require "bearssl.core"

local methods_of = core.methods
local certificate, key, trust = methods_of "certificate", methods_of "key", methods_of "trust"
local session, ech_keys = methods_of "session", methods_of "ech_keys"

-- What the core's own methods do for themselves.
local function check(self, class, method)
   if core.type(self) ~= class then
      error(("%s: must be called on an open %s object"):format(method, class), 3)
   end
end

--- certificate:verify([options]) validates the certificate without a connection. chain: what else the peer sent
-- (certificate objects, PEM or DER); trust: a store, PEM, a list for bearssl.trust.new, "system" (also for nil); the
-- rest as for trust:verify. Returns true and the path, leaf first; or nil, message, code, and which certificate is at
-- fault: 1 is this one.
function certificate.verify(self, given, ...)
   check(self, "certificate", "verify")
   for index = 1, select("#", ...) do
      if select(index, ...) ~= nil then
         error("certificate:verify: takes one table of options, such as { chain = list, trust = store, server_name = "
            .. "name }", 2)
      end
   end
   local ok, a, b, c, d = pcall(require("bearssl.verification").of_certificate, self, given)
   if not ok then require("bearssl.options").raise(a, 2) end
   return a, b, c, d
end

-- The core's own, which stand below ours; kept with the core, so that loading this again does not wrap them twice.
if not core.own_methods then core.own_methods = {
      key_pem = key.pem, trust_verify = trust.verify, session_resumable = session.resumable,
   } end
local session_resumable = core.own_methods.session_resumable

--- key:pem(options) is the key in PKCS#8; options: password (encrypts it), iterations; or the password itself.
-- nil, message, code ("unsupported_key" of an external key, "unsupported_encryption").
function key.pem(self, given, ...)
   check(self, "key", "pem")
   require("bearssl.options").surplus("key:pem", given, ...)
   local ok, a, b, c = pcall(require "bearssl.key_pem", self, given)
   if not ok then require("bearssl.options").raise(a, 2) end
   return require("bearssl.options").result(a, b, c)
end

--- trust:verify(chain [, options]) validates a chain, leaf first; see doc/api.md. Returns what certificate:verify does.
function trust.verify(self, chain, given, ...)
   check(self, "trust", "verify")
   require("bearssl.options").surplus("trust:verify", given, ...)
   local ok, a, b, c, d = pcall(require("bearssl.verification").of_store, self, chain, given)
   if not ok then require("bearssl.options").raise(a, 2) end
   return a, b, c, d
end

--- trust:reload([certificates]) reads the store's files again, or takes a list of PEM or DER strings instead; the
-- contexts that share the store use what it then holds. Returns the number of certificates, or nil, message, code:
-- then nothing has changed.
function trust.reload(self, list, ...)
   check(self, "trust", "reload")
   require("bearssl.options").surplus("trust:reload", list, ...)
   local ok, a, b, c = pcall(require("bearssl.trust_files").reload, self, list)
   if not ok then require("bearssl.options").raise(a, 2) end
   return require("bearssl.options").result(a, b, c)
end

--- ech_keys:opener() is for a server in front of others: see ech_opener.lua.
function ech_keys.opener(self, ...)
   check(self, "ech_keys", "opener")
   require("bearssl.options").surplus("ech_keys:opener", nil, ...)
   return require "bearssl.ech_opener"(self)
end

--- session:resumable([context [, server_name]]): see doc/api.md.
function session.resumable(self, context, server_name, ...)
   check(self, "session", "resumable")
   require("bearssl.options").surplus("session:resumable", server_name, ...)
   local state = require("bearssl.own").look("context", context)
   local describe = require("bearssl.options").describe
   if context ~= nil and not state and core.type(context) ~= "context" then
      error("resumable: the context must be a context, not " .. describe(context), 2)
   elseif server_name ~= nil and (type(server_name) ~= "string" or server_name:find("%z")) then
      error("resumable: the server name must be a string without a NUL, not " .. describe(server_name), 2)
   end
   return session_resumable(self, state or context, server_name)
end

return true
