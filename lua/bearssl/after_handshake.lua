-- What TLS 1.3 has after the handshake (RFC 8446 section 4.6), as methods of streams: new keys, tickets, and a client
-- that authenticates late. stream.lua lends what it has of its own: tools.fill, note, send_last, establish, lock,
-- deadline_of, deliver_stages, again.
local driver = require "bearssl.driver"
local finish = require "bearssl.finish"
local options = require "bearssl.options"

local check = driver.check
local own = require "bearssl.own" ("stream", "connection")

-- Brings a message into the output and sends it: what cannot leave yet goes with the next call.
local function post(tools, stream, name, argument)
   local object = stream.connection.core
   if not object then return nil, driver.CLOSED, "closed" end
   local transport, deadline = stream.transport, tools.deadline_of(stream)
   local ok, message, code
   if stream.flushed and transport:pending(object) then -- the message needs room in the output
      ok, message, code = transport:flush(object, deadline)
      if not ok then
         message, code = tools.note(stream, message, code)
         return nil, message, code
      end
   end
   ok, message, code = object[name](object, argument)
   if not ok then return nil, message, code end
   ok, message, code = transport:flush(object, deadline)
   tools.deliver_stages(stream, true)
   if ok then
      stream.wanted = nil
   else
      message, code = tools.note(stream, message, code)
      if not tools.again[code] then return nil, message, code end
   end
   return true
end

-- Asks, unless a request is open, and waits for the answer.
local function authenticate(tools, stream, deadline)
   if not stream.flushed then
      local ok, message, code = tools.establish(stream, deadline)
      if not ok then return nil, message, code end
   end
   local object = stream.connection.core
   if not object then return nil, driver.CLOSED, "closed" end
   -- After a timeout it is still the same one, which may have ended meanwhile.
   local before = stream.authentications
   if not before then
      before = object:info().authentications
      local ok, message, code = stream.transport:flush(object, deadline)
      if not ok then return nil, tools.note(stream, message, code) end
      if not object:authenticating() then
         ok, message, code = object:request_certificate()
         if not ok then return nil, message, code end
      end
      stream.authentications = before
   end
   local ok, message, code = finish(tools, stream, deadline, "authenticating")
   if not ok then return nil, message, code end
   stream.authentications, stream.wanted = nil, nil
   object = stream.connection.core
   if object and object:info().authentications == before then
      return nil, "the client shows no certificate", "declined"
   end
   return true
end

local request_options = { wait = options.is.boolean }

return function(tools)
   local methods = {}

   --- update_keys([request]) takes new keys for what this side sends (TLS 1.3), and with `request` asks the peer to do
   -- the same. true; or nil, message, code: "not_ready" before the handshake is over, "busy" while the output is
   -- full or another request waits, "unsupported_version" below TLS 1.3.
   function methods:update_keys(request)
      own(self, "update_keys")
      check(self.connection, "update_keys", 2, self.flushed)
      local ok, message, code = post(tools, self, "update_keys", request)
      return options.result(ok, message, code) -- no tail call of post: error messages name the caller's line
   end

   --- request_certificate([options]) asks the client to authenticate now (server, TLS 1.3). Its answer is taken in by
   -- the next receive: see the `verify` decision, the stage `authenticated`, and info(), which tells of the client only
   -- what it has proven. true; or nil, message, code: "no_post_handshake_auth" when the client did not offer that,
   -- "busy" while another request is open, and as update_keys.
   -- options: wait (true): shake hands if that is not done yet, ask unless a request is open, and wait for the answer
   -- as long as settimeout says; data that arrives before is kept for receive, up to 1 MiB ("wantread": receive it).
   -- true: the client is authenticated; or nil, message, code: "declined" when it shows no certificate and need not;
   -- after "wantread", "wantwrite" and "timeout" it can be called again; any other code is final.
   function methods:request_certificate(given)
      own(self, "request_certificate")
      if given ~= nil then options.check(given, request_options, "request_certificate", 2) end
      local wait = given and given.wait
      check(self.connection, "request_certificate", 2, self.flushed and not wait)
      local ok, message, code
      if wait then
         tools.lock(self, "reader", "request_certificate")
         ok, message, code = authenticate(tools, self, tools.deadline_of(self))
         self.reader = nil
      else
         ok, message, code = post(tools, self, "request_certificate")
      end
      if ok then return true end
      return nil, message, code
   end

   --- send_ticket() gives the client one more session ticket (server, TLS 1.3). true; or nil, message, code: "busy"
   -- while a request for the client's certificate is open, and as update_keys.
   function methods:send_ticket()
      own(self, "send_ticket")
      check(self.connection, "send_ticket", 2, self.flushed)
      local ok, message, code = post(tools, self, "send_ticket")
      return options.result(ok, message, code)
   end

   return methods
end
