-- Sans-I/O connections: bytes in, bytes out, handlers on the way. context:connection(options) makes them; a stream
-- has the state of one (driver.lua says what that is made of).
local core = require "bearssl.core"
local driver = require "bearssl.driver"
local options = require "bearssl.options"
local requests = require "bearssl.requests"

local class = require "bearssl.own"
local own = class.self_of "connection"

local methods = {}
require "bearssl.telling"(methods, own)

--- feed(bytes) takes ciphertext from the peer; returns how many of the bytes were taken: fewer than given when
-- what has been decrypted must be read first. feed() tells that the transport has ended.
-- After close(): nil, message, "closed".
function methods:feed(bytes)
   local object = own(self, "feed").core
   if not object then return nil, driver.CLOSED, "closed" end
   if bytes == nil then
      object:feed_end()
      return 0
   end
   if type(bytes) ~= "string" then error("feed: bytes must be a string, not a " .. type(bytes), 2) end
   return object:feed(bytes)
end

--- drain([max]) is ciphertext to send to the peer, at most `max` bytes; "" when there is none.
function methods:drain(max)
   local object = own(self, "drain").core
   options.count("drain", max)
   return object and object:drain(max) or ""
end

--- step() runs the connection, and handlers, as far as it gets: "wantread" (send what drain() gives, then feed),
-- "data" (the handshake is over, or there is something to read()), "early_data" (a server's handshake goes on, and
-- read_early() gives what the client sent ahead of it), "closed" (the peer has sent close_notify), or nil, message,
-- code. Raises an error inside a handler of this connection.
function methods:step()
   local state = own(self, "step")
   driver.check(state, "step", 2)
   return driver.step(state)
end

--- read([max]) is decrypted data, at most `max` bytes; "" when there is none: step() then.
function methods:read(max)
   local object = own(self, "read").core
   options.count("read", max)
   return object and object:read(max) or ""
end

--- read_early([max]) is early data of a client, while the handshake goes on; "" when there is none. Anyone may have
-- sent it a second time. What is not taken is the first that read() gives after the handshake.
function methods:read_early(max)
   local object = own(self, "read_early").core
   options.count("read_early", max)
   return object and object:early_data(max) or ""
end

--- write(data [, i]) encrypts data from its i-th byte on (default 1), as much as the output takes. Returns the
-- index of the last byte taken, i - 1 when the output is full (drain it); or nil, message, code: "not_ready"
-- before the handshake is over and during a renegotiation, "closed" afterwards, or the connection's failure.
function methods:write(data, i)
   local object = own(self, "write").core
   if type(data) ~= "string" then error("write: the data must be a string, not " .. options.describe(data), 2) end
   if i ~= nil and (type(i) ~= "number" or i % 1 ~= 0 or i < 1 or i > options.MOST_BYTES) then
      error("write: i must be a positive integer, not " .. options.describe(i), 2)
   end
   if not object then return nil, driver.CLOSED, "closed" end
   return object:write(data, i or 1, #data)
end

--- renegotiate([options]) begins another handshake on the established connection (RFC 5746; up to TLS 1.2), which the
-- context must allow: a client starts it, a server asks for it. step() goes on with it, as info "renegotiating" tells;
-- `established` happens again, or it is refused, and "renegotiations" has not grown. Nothing can be written meanwhile
-- but while a server waits for ClientHello. options: verify (server): "none", "optional" or "required" from now on.
-- true, also when one is under way; nil, message, code: "no_renegotiation" (not allowed here, or a peer without RFC
-- 5746), "unsupported_version" (TLS 1.3), "not_ready" (drain() first), "closed", or the connection's failure.
function methods:renegotiate(given)
   local state = own(self, "renegotiate")
   driver.check(state, "renegotiate", 2)
   local verify = requests.renegotiate(state, given, 2)
   local object = state.core
   if not object then return nil, driver.CLOSED, "closed" end
   return object:renegotiate(verify)
end

--- close() ends the conversation: close_notify goes into the output (drain() gives it), nothing can be written
-- any more; what the peer still sends can be read until its own close_notify. true.
function methods:close()
   local object = own(self, "close").core
   if object then object:close() end
   return true
end

--- fail(reason [, text]) ends the connection with an alert. reason: a code that has one ("certificate_refused"), or any
-- text: code "refused", alert access_denied. text: the message of the failure, which the next step() returns; a word of
-- the library's, such as "timeout", is told as "refused: timeout". true; or nil, message, "closed".
function methods:fail(reason, text)
   local object = own(self, "fail").core
   local message = requests.fail(reason, text, 2)
   if not object then return nil, driver.CLOSED, "closed" end
   object:fail(reason, message)
   return true
end

-- What brings a message into the output.
local function post(connection, name, argument)
   local object = connection.core
   if not object then return nil, driver.CLOSED, "closed" end
   return object[name](object, argument)
end

--- update_keys([options]) takes new keys for what this side sends (TLS 1.3). options: request (boolean): the peer is
-- asked to do the same. true; or nil, message, code: "not_ready" before the handshake is over, "busy" while the output
-- is full or another request waits, "unsupported_version" below TLS 1.3.
function methods:update_keys(given)
   local state = own(self, "update_keys")
   local request = requests.update_keys(given, 2)
   driver.check(state, "update_keys", 2)
   return post(state, "update_keys", request)
end

--- request_certificate() asks the client to authenticate now (server, TLS 1.3); its answer comes like other data: see
-- the `verify` decision, the stage `authenticated`, and info(), where "authenticating" is true until then.
-- true; or nil, message, code: "no_post_handshake_auth" when it did not offer that, and as update_keys.
function methods:request_certificate()
   local state = own(self, "request_certificate")
   requests.for_servers(state, "request_certificate", 2)
   driver.check(state, "request_certificate", 2)
   return post(state, "request_certificate")
end

--- send_ticket() gives the client one more session ticket (server, TLS 1.3). true; or nil, message, code.
function methods:send_ticket()
   local state = own(self, "send_ticket")
   requests.for_servers(state, "send_ticket", 2)
   driver.check(state, "send_ticket", 2)
   return post(state, "send_ticket")
end

local Connection = {}

--- Connection.release(state) is connection:release().
function Connection.release(state)
   local object = state.core
   if not object then return end
   state.core, state.retired = nil, object
   object:retire()
end

--- release() gives the connection's buffers and keys back at once; info() and session() go on telling.
function methods:release()
   Connection.release(own(self, "release"))
end

-- ---- Making them ----

local make = class.class("connection", methods, {
   -- For `local connection <close>` of Lua 5.4: nothing is sent, since nobody is left who would drain it.
   __close = function(self) self:release() end,
   __tostring = function(self)
      local info = self:info()
      return ("bearssl.connection: %s %s"):format(info.mode or "?",
         not own(self, "tostring").core and "(closed)" or info.established and tostring(info.version) or "(handshake)")
   end,
})

-- Options that the core takes as they are.
local passed_on = { "server_name", "session", "verify", "early_data", "ech", "early_data_resend", "fallback_scsv", "alpn" }

--- open(context, given, holder) is the state of a new connection, or nil, message, code. context: its state; given:
-- options, which context.lua has checked; holder: what handlers get as their first argument.
function Connection.open(context, given, holder)
   local handlers, stages, decisions = context.handlers, context.stage_mask, context.decision_mask
   if given.handlers then
      handlers = driver.merge(handlers, given.handlers)
      stages, decisions = driver.masks(handlers)
   end
   if given.ech then
      local good, fault, reason = require("bearssl.ech").check(given.ech)
      if not good then return nil, fault, reason end
   end
   driver.set_clock(context)
   -- Fields are set where there is something to say: a connection's options are garbage as soon as it is made.
   local asked = { stage_mask = stages, decision_mask = decisions }
   for i = 1, #passed_on do
      local name = passed_on[i]
      local value = given[name]
      if value ~= nil then asked[name] = value end
   end
   if given.server_name == false then asked.server_name, asked.no_server_name = nil, true end
   if given.ech == false then asked.ech, asked.no_ech = nil, true end
   if given.pins then asked.pins = require("bearssl.verification").pins(given.pins) end
   if given.min_version then asked.version_min = core.version_id(given.min_version) end
   if given.max_version then asked.version_max = core.version_id(given.max_version) end
   local object, message, code = core.connection(context.core, asked)
   if not object then return nil, message, code end
   local state = {
      core = object, context = context, handlers = handlers,
      watches_nothing = stages == 0 and decisions == 0,
      -- stages that sending makes happen: whoever sends must step
      steps_after_send = (handlers.application_data or handlers.alert or handlers.closed or handlers.keylog
         or handlers.key_update) and true,
      holder = holder,
   }
   state.connection = state -- as a stream's state has it
   return state
end

--- new(context, given) is a connection, as open.
function Connection.new(context, given)
   local state, message, code = Connection.open(context, given)
   if not state then return nil, message, code end
   state.holder = make(state)
   return state.holder
end

return Connection
