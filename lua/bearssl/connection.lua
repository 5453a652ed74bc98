-- Sans-I/O connections: bytes in, bytes out, handlers on the way. context:connection(options) makes them;
-- a stream holds one in its field `connection`.
local core = require "bearssl.core"
local driver = require "bearssl.driver"
local options = require "bearssl.options"

local own = require "bearssl.own" ("connection", "holder")

local Connection = {}
Connection.__index = Connection

--- new(context, given, holder): see context.lua, which has checked the options. holder: what handlers get
-- as their first argument; the connection itself without. Returns the connection, or nil, message, code.
function Connection.new(context, given, holder)
   local handlers, stages, decisions = context.handlers, context.stage_mask, context.decision_mask
   if given.handlers then
      handlers = driver.merge(handlers, given.handlers)
      stages, decisions = driver.masks(handlers)
   end
   driver.set_clock(context)
   local object, message, code = core.connection(context.core, {
      server_name = given.server_name or nil,
      no_server_name = given.server_name == false,
      session = given.session,
      verify = given.verify,
      early_data = given.early_data,
      early_data_resend = given.early_data_resend,
      fallback_scsv = given.fallback_scsv,
      alpn = given.alpn,
      pins = given.pins and require("bearssl.verification").pins(given.pins),
      version_min = given.min_version and core.version_id(given.min_version),
      version_max = given.max_version and core.version_id(given.max_version),
      stage_mask = stages,
      decision_mask = decisions,
   })
   if not object then return nil, message, code end
   local self = setmetatable({
      core = object, context = context, handlers = handlers,
      watches_nothing = stages == 0 and decisions == 0,
      -- stages that sending makes happen: whoever sends must step
      steps_after_send = (handlers.application_data or handlers.alert or handlers.closed or handlers.keylog
         or handlers.key_update) and true,
   }, Connection)
   self.holder = holder or self
   return self
end

--- feed(bytes) takes ciphertext from the peer; returns how many of the bytes were taken: fewer than given when
-- what has been decrypted must be read first. feed() tells that the transport has ended.
-- After close(): nil, message, "closed".
function Connection:feed(bytes)
   own(self, "feed")
   local object = self.core
   if not object then return nil, driver.CLOSED, "closed" end
   if bytes == nil then
      object:feed_end()
      return 0
   end
   if type(bytes) ~= "string" then error("feed: bytes must be a string, not a " .. type(bytes), 2) end
   return object:feed(bytes)
end

--- drain([max]) is ciphertext to send to the peer, at most `max` bytes; "" when there is none.
function Connection:drain(max)
   own(self, "drain")
   local object = self.core
   return object and object:drain(max) or ""
end

--- step() runs the connection, and handlers, as far as it gets: "wantread" (send what drain() gives, then feed),
-- "data" (the handshake is over, or there is something to read()), "early_data" (a server's handshake goes on, and
-- early_data() gives what the client sent ahead of it), "closed" (the peer has sent close_notify), or nil, message,
-- code. Raises an error inside a handler of this connection.
function Connection:step()
   own(self, "step")
   driver.check(self, "step", 2)
   return driver.step(self)
end

--- read([max]) is decrypted data, at most `max` bytes; "" when there is none: step() then.
function Connection:read(max)
   own(self, "read")
   local object = self.core
   return object and object:read(max) or ""
end

--- early_data([max]) is early data of a client, while the handshake goes on; "" when there is none. Anyone may have
-- sent it a second time. What is not taken is the first that read() gives after the handshake.
function Connection:early_data(max)
   own(self, "early_data")
   local object = self.core
   return object and object:early_data(max) or ""
end

--- write(data [, i]) encrypts data from its i-th byte on (default 1), as much as the output takes. Returns the
-- index of the last byte taken, i - 1 when the output is full (drain it); or nil, message, code: "not_ready"
-- before the handshake is over and during a renegotiation, "closed" afterwards, or the connection's failure.
function Connection:write(data, i)
   own(self, "write")
   local object = self.core
   if type(data) ~= "string" then error("write: the data must be a string, not " .. options.describe(data), 2) end
   if i ~= nil and (type(i) ~= "number" or i % 1 ~= 0 or i < 1) then
      error("write: i must be a positive integer, not " .. options.describe(i), 2)
   end
   if not object then return nil, driver.CLOSED, "closed" end
   return object:write(data, i or 1, #data)
end

local renegotiate_options = { verify = require("bearssl.verification").modes "server" }

--- check_renegotiate(options, who, level) raises an error for options that cannot be; it gives the mode to verify by.
function Connection:check_renegotiate(given, who, level)
   if given == nil then return nil end
   options.check(given, renegotiate_options, who, level + 1)
   local settings = (self.selected or self.context).settings
   if given.verify and settings.mode == "client" then
      error(who .. ": the option 'verify' is for servers: a client verifies as before", level + 1)
   elseif given.verify and given.verify ~= "none" and not settings.trust then
      error(("%s: verify = %q needs a trust store, and the context has none"):format(who, given.verify), level + 1)
   end
   return given.verify
end

--- renegotiate([options]) begins another handshake on the established connection (RFC 5746; up to TLS 1.2), which the
-- context must allow: a client starts it, a server asks for it. step() goes on with it, as info "renegotiating" tells;
-- `established` happens again, or it is refused, and "renegotiations" has not grown. Nothing can be written meanwhile
-- but while a server waits for ClientHello. options: verify (server): "none", "optional" or "required" from now on.
-- true, also when one is under way; nil, message, code: "no_renegotiation" (not allowed here, or a peer without RFC
-- 5746), "unsupported_version" (TLS 1.3), "not_ready" (drain() first), "closed", or the connection's failure.
function Connection:renegotiate(given)
   own(self, "renegotiate")
   driver.check(self, "renegotiate", 2)
   local verify = self:check_renegotiate(given, "renegotiate", 2)
   local object = self.core
   if not object then return nil, driver.CLOSED, "closed" end
   return object:renegotiate(verify)
end

--- close() ends the conversation: close_notify goes into the output (drain() gives it), nothing can be written
-- any more; what the peer still sends can be read until its own close_notify. true.
function Connection:close()
   own(self, "close")
   local object = self.core
   if object then object:close() end
   return true
end

--- fail(reason [, text]) ends the connection with an alert. reason: a code that has one ("certificate_refused"), or any
-- text: code "refused", alert access_denied. text: the message of the failure, which the next step() returns.
function Connection:fail(reason, text)
   own(self, "fail")
   if type(reason) ~= "string" or reason == "" then
      error("fail: the reason must be a code or a text, not " .. options.describe(reason), 2)
   elseif text ~= nil and type(text) ~= "string" then
      error("fail: the text must be a string, not " .. options.describe(text), 2)
   end
   local object = self.core
   if object then object:fail(reason, text) end
end

--- info([field]) is a table of what is known and negotiated (doc/api.md), or one field of it. After the
-- end it is what it was last.
function Connection:info(field)
   own(self, "info")
   local info = (self.core or self.retired):info()
   if field ~= nil then return info[field] end
   return info
end

--- session() is the session object that a later connection can resume, or nil.
function Connection:session()
   own(self, "session")
   return (self.core or self.retired):session()
end

-- Methods of TLS 1.3 that bring a message into the output.
local function forward(name)
   return function(self, argument)
      own(self, name)
      driver.check(self, name, 2)
      local object = self.core
      if not object then return nil, driver.CLOSED, "closed" end
      return object[name](object, argument)
   end
end

--- update_keys([request]) takes new keys for what this side sends (TLS 1.3), and with `request` asks the peer to do the
-- same: true; or nil, message, code: "not_ready" before the handshake is over, "busy" while the output is
-- full or another request waits, "unsupported_version" below TLS 1.3.
Connection.update_keys = forward "update_keys"

--- request_certificate() asks the client to authenticate now (server, TLS 1.3); its answer comes like other data: see
-- the `verify` decision, the stage `authenticated`, and info(), where "authenticating" is true until then.
-- true; or nil, message, code: "no_post_handshake_auth" when it did not offer that, and as update_keys.
Connection.request_certificate = forward "request_certificate"

--- send_ticket() gives the client one more session ticket (server, TLS 1.3). true; or nil, message, code.
Connection.send_ticket = forward "send_ticket"

local bindings = { "tls-exporter", "tls-server-end-point", "tls-unique" }

local function export(self, name, label, length, context)
   if type(label) ~= "string" or label == "" or label:find("%z") then
      error(name .. ": the label must be a string, neither empty nor with a NUL in it", 3)
   elseif type(length) ~= "number" or length % 1 ~= 0 or length < 1 or length > 65535 then
      error(name .. ": the length must be an integer from 1 to 65535", 3)
   elseif context ~= nil and (type(context) ~= "string" or #context > 65535) then
      error(name .. ": the context must be a string of at most 65535 bytes", 3)
   end
   local object = self.core
   if not object then return nil, driver.CLOSED, "closed" end
   local bytes, message, code = object[name](object, label, length, context)
   if code == "illegal_parameter" then error(("%s: TLS itself uses the label '%s'"):format(name, label), 3) end
   return options.result(bytes, message, code)
end

--- export_keying_material(label, length [, context]) is `length` bytes (RFC 5705) that only the two ends of this
-- connection can make, for a protocol above it. label: a string, usually "EXPORTER-…"; one that TLS uses itself raises.
-- context: a string; none and "" are different. nil, message, code: "not_ready" before the handshake is over,
-- "unsafe_binding" where the extended master secret was not negotiated, "closed" after close().
function Connection:export_keying_material(label, length, context)
   own(self, "export_keying_material")
   local bytes, message, code = export(self, "export_keying_material", label, length, context)
   return options.result(bytes, message, code) -- no tail call of export: error messages name the caller's line
end

--- export_early_keying_material(label, length [, context]) is the same of the early exporter (RFC 8446 section 7.5), on
-- connections whose early data was accepted; "not_ready" otherwise. Who replays early data replays this too.
function Connection:export_early_keying_material(label, length, context)
   own(self, "export_early_keying_material")
   local bytes, message, code = export(self, "export_early_keying_material", label, length, context)
   return options.result(bytes, message, code)
end

--- channel_binding(type) is what ties another authentication to this connection: "tls-unique" and
-- "tls-server-end-point" (RFC 5929), "tls-exporter" (RFC 9266); another type raises. nil, message, code: "not_ready",
-- "unsafe_binding" (no extended master secret), "closed".
function Connection:channel_binding(kind)
   own(self, "channel_binding")
   local known = false
   for _, name in ipairs(bindings) do known = known or kind == name end
   if not known then
      error(options.unknown("channel_binding: unknown type", kind, bindings, "Types"), 2)
   end
   local object = self.core
   if not object then return nil, driver.CLOSED, "closed" end
   return object:channel_binding(kind)
end

--- release() gives the connection's buffers and keys back at once; info() and session() go on telling.
function Connection:release()
   own(self, "release")
   local object = self.core
   if not object then return end
   self.core, self.retired = nil, object
   object:retire()
end

function Connection:__tostring()
   local info = self:info()
   return ("bearssl.connection: %s %s"):format(info.mode or "?", not self.core and "(closed)"
      or info.established and tostring(info.version) or "(handshake)")
end

return Connection
