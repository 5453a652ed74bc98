-- What takes whole handshakes, of the library's: how long tickets live and whether they are taken twice, whether early
-- data is accepted, and whether a client may renegotiate.
local bearssl = require "bearssl"
local core = require "bearssl.core"
local options = require "bearssl.tool.options"

local sessions = {}

local function context_of(scan, version, more)
   local prober = scan.prober
   local settings = {
      min_version = version, max_version = version, suites = options.suites(version), trust = prober.trust,
      verify = "report", credentials = prober.credentials, groups = prober.groups,
      session_cache = 0, -- what is resumed is said
   }
   for name, value in pairs(more or {}) do settings[name] = value end
   if prober.groups and version == "TLSv1.3" then settings.grease = false end
   return bearssl.context(settings)
end

-- Who resumes has a session already, so that nothing waits for the next ticket.
local function await_ticket(stream, result, seconds)
   if stream:info "version" ~= "TLSv1.3" then return end
   local deadline = core.monotonic() + seconds
   stream:settimeout(0.02)
   while result.tickets == 0 and core.monotonic() < deadline do
      local received, _, _, code = stream:receiveany()
      if not received and code ~= "timeout" and code ~= "wantread" then break end
   end
end

-- One handshake: { ok, info, session, lifetime, tickets = how many came }. work(stream) is done on the connection.
local function shake(scan, context, more, work)
   local prober = scan.prober
   local result = { tickets = 0 }
   local settings = {
      server_name = prober.name, timeout = prober.timeout, starttls = prober.starttls, proxy = prober.proxy,
      handlers = { keylog = prober.keylog, new_session_ticket = function(_, message)
         result.tickets, result.lifetime = result.tickets + 1, message.lifetime
      end },
   }
   for name, value in pairs(more or {}) do settings[name] = value end
   scan.line.connections = scan.line.connections + 1
   local stream = options.tls_connect(context, prober.host, prober.port, settings)
   if not stream then return result end
   result.ok = stream:handshake()
   if result.ok then
      local session, _, code = options.await_session(stream, prober.ticket_wait or 1)
      result.session = session
      if code then result.ok = nil end
      if settings.session and result.tickets == 0 then await_ticket(stream, result, prober.ticket_wait or 1) end
      stream:settimeout(prober.timeout)
      result.info = stream:info()
      if work then work(stream) end
   end
   stream:close()
   return result
end

-- A ticket that is taken twice lets who sees it recognize the client (RFC 8446 appendix C.4), and replay early data.
local function tickets(scan)
   local report = scan.report
   local version = scan.best.version
   local context = context_of(scan, version)
   local first = context and shake(scan, context)
   if not first or not first.session or first.tickets == 0 then return nil end
   report.ticket = { lifetime = first.lifetime }
   local again = shake(scan, context, { session = first.session })
   if again.ok and again.info.resumed then
      report.ticket.renewed = again.tickets > 0
      local once_more = shake(scan, context, { session = first.session })
      report.ticket.reusable = once_more.ok and once_more.info.resumed or false
   end
   if (report.early_data or 0) > 0 and version == "TLSv1.3" then
      local fresh = shake(scan, context)
      if fresh.session then
         local early = shake(scan, context, { session = fresh.session, early_data = "\r\n" })
         report.early_data_accepted = early.info and early.info.early_data == "accepted" or false
      end
   end
end

local function can_speak(entry) return entry and entry.version ~= "SSLv3" and #entry.suites > 0 end

local function renegotiation(scan)
   local report = scan.report
   if not report.renegotiation then return end
   if not report.renegotiation.secure then
      scan:not_tested "Whether a client may renegotiate was not tried: without RFC 5746 the library never does."
      return
   elseif not can_speak(scan.classic) then
      scan:not_tested "Whether a client may renegotiate was not tried: none of the server's suites is the library's."
      return
   end
   local context = context_of(scan, scan.classic.version, { renegotiation = true })
   local code
   shake(scan, context, nil, function(stream)
      local ok, _, why = stream:renegotiate()
      if ok then
         report.renegotiation.client_initiated = true
      elseif why ~= "timeout" then
         report.renegotiation.client_initiated = false
      end
      code = why
   end)
   if report.renegotiation.client_initiated == nil then
      scan:not_tested(("Whether a client may renegotiate is not known: %s."):format(code == "timeout"
         and "the server does not answer" or "the handshake before failed"))
   end
end

--- run(scan) fills report.ticket, .early_data_accepted and .renegotiation.client_initiated.
function sessions.run(scan)
   local report = scan.report
   if scan.line:exhausted() then return end
   if report.handshake_error then
      scan:not_tested(("Tickets and renegotiation were not looked at: the handshake fails (%s)."):format(
         tostring(report.handshake_error)))
      return
   end
   if can_speak(scan.best) and report.tickets ~= false then tickets(scan) end
   renegotiation(scan)
   scan.progress:step("sessions", 0)
end

return sessions
