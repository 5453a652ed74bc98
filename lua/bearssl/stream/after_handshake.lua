-- The methods of streams for what comes after the handshake: new keys, tickets, and a client that authenticates late
-- (RFC 8446 section 4.6); up to TLS 1.2 a renegotiation (RFC 5746).
local driver = require "bearssl.driver"
local finish = require "bearssl.stream.finish"
local options = require "bearssl.options"
local renegotiation = require "bearssl.stream.renegotiation"
local requests = require "bearssl.requests"
local work = require "bearssl.stream.work"

local check = driver.check
local own = require("bearssl.own").self_of "stream"

local methods = {}

-- Brings a message into the output and sends it: what cannot leave yet goes with the next call.
local function post(self, name, argument)
   local object = self.connection.core
   if not object then return nil, driver.CLOSED, "closed" end
   local transport, deadline = self.transport, work.deadline_of(self)
   local ok, message, code
   if self.flushed and transport:pending(object) then -- the message needs room in the output
      ok, message, code = transport:flush(object, deadline)
      if not ok then
         message, code = work.note(self, message, code)
         return nil, message, code
      end
   end
   ok, message, code = object[name](object, argument)
   if not ok then return nil, message, code end
   ok, message, code = transport:flush(object, deadline)
   work.deliver_stages(self, true)
   if ok then
      self.wanted = nil
   else
      message, code = work.note(self, message, code)
      if not work.again[code] then return nil, message, code end
   end
   return true
end

-- Asks, unless a request is open, and waits for the answer.
local function authenticate(self, deadline)
   if not self.flushed then
      local ok, message, code = work.establish(self, deadline)
      if not ok then return nil, message, code end
   end
   local object = self.connection.core
   if not object then return nil, driver.CLOSED, "closed" end
   -- After a timeout it is still the same one, which may have ended meanwhile.
   local before = self.authentications
   if not before then
      before = object:info().authentications
      local ok, message, code = self.transport:flush(object, deadline)
      if not ok then return nil, work.note(self, message, code) end
      if not object:authenticating() then
         ok, message, code = object:request_certificate()
         if not ok then return nil, message, code end
      end
      self.authentications = before
   end
   local ok, message, code = finish(self, deadline, "authenticating")
   if not ok then return nil, message, code end
   self.authentications, self.wanted = nil, nil
   object = self.connection.core
   if object and object:info().authentications == before then
      return nil, "the client shows no certificate", "declined"
   end
   return true
end

--- update_keys([options]) takes new keys for what this side sends (TLS 1.3). options: request (boolean): the peer is
-- asked to do the same. true; or nil, message, code: "not_ready" before the handshake is over, "busy" while the output
-- is full or another request waits, "unsupported_version" below TLS 1.3.
function methods:update_keys(given)
   local state = own(self, "update_keys")
   local request = requests.update_keys(given, 2)
   check(state.connection, "update_keys", 2, state.flushed)
   local ok, message, code = post(state, "update_keys", request)
   return options.result(ok, message, code) -- no tail call of post: error messages name the caller's line
end

local request_options = { wait = options.is.boolean }

--- request_certificate([options]) asks the client to authenticate now (server, TLS 1.3). Its answer is taken in by
-- the next receive: see the `verify` decision, the stage `authenticated`, and info(), which tells of the client only
-- what it has proven. true; or nil, message, code: "no_post_handshake_auth" when the client did not offer that,
-- "busy" while another request is open, and as update_keys.
-- options: wait (true): shake hands if that is not done yet, ask unless a request is open, and wait for the answer
-- as long as settimeout says; data that arrives before is kept for receive, up to 1 MiB ("wantread": receive it).
-- true: the client is authenticated; or nil, message, code: "declined" when it shows no certificate and need not;
-- after "wantread", "wantwrite" and "timeout" it can be called again; any other code is final.
function methods:request_certificate(given)
   local state = own(self, "request_certificate")
   requests.for_servers(state.connection, "request_certificate", 2)
   if given ~= nil then options.check(given, request_options, "request_certificate", 2) end
   local wait = given and given.wait
   check(state.connection, "request_certificate", 2, state.flushed and not wait)
   local ok, message, code
   if wait then
      work.lock(state, "reader", "request_certificate")
      ok, message, code = authenticate(state, work.deadline_of(state))
      state.reader = nil
   else
      ok, message, code = post(state, "request_certificate")
   end
   if ok then return true end
   return nil, message, code
end

--- send_ticket() gives the client one more session ticket (server, TLS 1.3). true; or nil, message, code: "busy"
-- while a request for the client's certificate is open, and as update_keys.
function methods:send_ticket()
   local state = own(self, "send_ticket")
   requests.for_servers(state.connection, "send_ticket", 2)
   check(state.connection, "send_ticket", 2, state.flushed)
   local ok, message, code = post(state, "send_ticket")
   return options.result(ok, message, code)
end

--- renegotiate([options]) shakes hands once more on the established connection (RFC 5746; up to TLS 1.2), which the
-- context must allow: a client starts it, a server asks its client to. It waits for the end, as long as settimeout
-- says; data that arrives before is kept for receive, up to 1 MiB ("wantread" then: receive it). options: verify
-- (server): "none", "optional" or "required" from now on. true; or nil, message, code: "no_renegotiation" (not allowed
-- here, a peer without RFC 5746, or the peer refuses: the connection goes on as it was), "unsupported_version" (TLS
-- 1.3); after "wantread", "wantwrite" and "timeout" it can be called again; any other code is final.
function methods:renegotiate(given)
   local state = own(self, "renegotiate")
   check(state.connection, "renegotiate", 2)
   local verify = requests.renegotiate(state.connection, given, 2)
   work.lock(state, "reader", "renegotiate")
   local ok, message, code = renegotiation.run(state, verify, work.deadline_of(state))
   state.reader = nil
   if ok then return true end
   return nil, message, code
end

return methods
