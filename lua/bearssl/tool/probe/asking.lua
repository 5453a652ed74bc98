-- One connection of probe to the server.
local bearssl = require "bearssl"
local core = require "bearssl.core"
local options = require "bearssl.tool.options"

local asking = {}

-- The handlers of a recorder (bearssl.ladder) and others, which have the last word.
local function recorded(recorder, handlers)
   for stage, note in pairs(recorder:handlers(bearssl.stages)) do
      local own = handlers[stage]
      handlers[stage] = function(connection, message)
         note(connection, message)
         if own then return own(connection, message) end
      end
   end
   return handlers
end

--- once(prober, settings [, stop [, first [, fallback [, recorder]]]]) makes one connection. `stop` names the stage
-- after which enough is known; the handshake then ends. `first` is a result whose session is to be resumed, in its
-- context. fallback: says that it is a second attempt (RFC 7507). recorder: notes the handshake. Gives
-- {seen = stage messages by name, judged = what `verify` was asked, ok, info, session, seconds, message, code}.
function asking.once(prober, settings, stop, first, fallback, recorder)
   local seen = {}
   local handlers = {}
   for _, stage in ipairs { "server_hello", "server_key_exchange", "alert", "certificate", "certificate_request",
      "hello_retry_request", "encrypted_extensions" } do
      handlers[stage] = function(_, message)
         local is_own = stage == "certificate" and message.direction == "sent"
         if not is_own and (not seen[stage] or stage ~= "alert") then seen[stage] = message end
         if stage == stop then return nil, "enough is known" end
      end
   end
   handlers.keylog = prober.keylog
   -- A server that breaks the handshake off, as it may for want of a client's certificate, has still shown its own.
   local judged
   function handlers.verify(_, question) judged = question end
   if recorder then handlers = recorded(recorder, handlers) end
   local context = first and first.context
   if not context then
      local all = { trust = prober.trust, verify = "report", credentials = prober.credentials }
      if settings.server_certificate_types then all.trust = nil end -- no certificate is judged
      for name, value in pairs(settings) do all[name] = value end
      all.groups = all.groups or prober.groups
      -- what only looks like an encrypted hello makes it half as long again
      if prober.groups and (all.max_version or "TLSv1.3") == "TLSv1.3" then all.grease = false end
      local made, new, problem = pcall(bearssl.context, all)
      if not made then new, problem = nil, new end
      context = new
      if not context then return { seen = seen, message = problem, code = "context" } end
   end
   local result = { seen = seen, context = context }
   local stream, message, code = options.tls_connect(context, prober.host, prober.port, {
      server_name = prober.name, timeout = prober.timeout, handlers = handlers, session = first and first.session,
      fallback_scsv = fallback, starttls = prober.starttls, proxy = prober.proxy,
   })
   if not stream then
      result.message, result.code, result.unreachable = message, code, true
      return result
   end
   if recorder then recorder:start() end
   local began = core.monotonic()
   result.ok, result.message, result.code = stream:handshake()
   result.seconds = core.monotonic() - began
   result.info, result.judged = stream:info(), judged
   if result.ok then
      result.session, result.message, result.code = options.await_session(stream, prober.ticket_wait)
      if result.code then result.ok = false end
   end
   stream:close()
   return result
end

--- again(prober, settings [, stop [, fallback]]) is once, and twice where the network may have failed for other reasons
-- than the question, unless it took all the time that there is.
function asking.again(prober, settings, stop, fallback)
   local result = asking.once(prober, settings, stop, nil, fallback)
   if not result.ok and not result.seen.server_hello and not result.seen.alert and result.code ~= "timeout" then
      result = asking.once(prober, settings, stop, nil, fallback)
   end
   return result
end

return asking
