-- What probe finds out about a server, as its report.
local asking = require "bearssl.tool.probe.asking"
local bearssl = require "bearssl"
local chains = require "bearssl.tool.probe.chains"
local describe = require "bearssl.describe"
local hsts = require "bearssl.tool.probe.hsts"
local ladder = require "bearssl.ladder"
local options = require "bearssl.tool.options"
local questions = require "bearssl.tool.probe.questions"

local examining = {}

-- What a server that has keys for Encrypted ClientHello tells a client that has none of them (RFC 9849 section 7.1).
local function ech_of(message)
   for _, extension in ipairs(message and message.extensions or {}) do
      if extension.name == "encrypted_client_hello" then
         local names = {}
         for _, config in ipairs(bearssl.ech.configs(extension.raw) or {}) do names[#names + 1] = config.public_name end
         return names
      end
   end
   return nil
end

local function versions_of(prober, progress)
   local list = {}
   for _, version in ipairs(bearssl.versions()) do
      local taken, why = questions.suites(prober, version, progress)
      local entry = { version = version, supported = #taken > 0, suites = taken }
      if #taken == 0 then entry.reason = why end
      list[#list + 1] = entry
   end
   return list
end

-- The chains for all kinds of keys that the server has; the first is what a client gets that offers everything.
local function certificate_report(prober, result, report, best, classic)
   local first = chains.describe(prober, result)
   report.chains = { first }
   report.chain, report.verdict, report.verified = first.chain, first.verdict, first.verified
   report.name_matches = first.name_matches
   local entry = best.version == "TLSv1.3" and best or classic
   for _, other in ipairs(chains.others(prober, entry.version, entry.suites, first.key_type)) do
      report.chains[#report.chains + 1] = other
   end
   -- somebody whom the system trusts has signed it
   report.public = not prober.trust and first.verdict ~= "unknown_ca" and first.verdict ~= "self_signed"
end

local function microseconds(seconds)
   return math.floor(seconds * 1e6 + 0.5) / 1e6
end

local function handshake_report(result)
   local messages = {}
   for i, entry in ipairs(result.recorder.entries) do
      messages[i] = {
         name = entry.title, from = entry.from, time = entry.at and microseconds(entry.at), length = entry.length,
      }
   end
   return {
      ok = result.ok and true or false, seconds = microseconds(result.seconds), messages = messages,
      version = result.info.version, cipher_suite = result.info.cipher_suite, group = result.info.group,
   }
end

-- A connection whose messages are noted.
local function recorded(prober, settings)
   local recorder = ladder.recorder()
   local result = asking.once(prober, settings, nil, nil, nil, recorder)
   result.recorder = recorder
   return result
end

-- What TLS 1.3 has no more, from a handshake of the best version below it.
local function examine_classic(prober, entry, result, report)
   report.secure_renegotiation = result.info.secure_renegotiation and true or false
   report.extended_master_secret = result.info.extended_master_secret
   local plain = result
   if result.info.ticket then
      report.tickets = true
      report.resumption_by_ticket = questions.resumes(prober, result) or report.resumption_by_ticket or false
      plain = asking.again(prober, {
         min_version = entry.version, max_version = entry.version, suites = entry.suites, tickets = false,
      })
   end
   report.tickets = report.tickets or false
   report.resumption_by_id = questions.resumes(prober, plain)
end

--- examine(prober, progress) is the report, with report.error where there is nothing to report on; and the recording of
-- a handshake (of bearssl.ladder).
function examining.examine(prober, progress)
   local report = {
      target = options.endpoint(prober.host, prober.port), server_name = prober.name, time = os.time(),
   }
   local first = recorded(prober, { min_version = bearssl.versions()[1], suites = options.suites() })
   progress:step("first handshake")
   if first.unreachable then
      report.error, report.code = first.message, first.code
      return report
   end
   report.long_hello, report.hello_in_records = questions.hello_forms(prober, first)
   progress:step("ClientHello")
   if report.long_hello == nil and first.code == "timeout" then
      report.error, report.code = "the server does not answer a ClientHello", "timeout"
      return report
   end
   if report.long_hello == false then
      first = recorded(prober, { min_version = bearssl.versions()[1], suites = options.suites() })
   end
   report.versions = versions_of(prober, progress)
   local best, classic -- of all, and below TLS 1.3
   for _, entry in ipairs(report.versions) do
      if entry.supported then best = entry end
      if entry.supported and entry.version ~= "TLSv1.3" then classic = entry end
   end
   if not best then
      if first.seen.server_hello then
         report.error, report.code = "the server answered at first, and then no more", "transport_failed"
      else
         report.error, report.code = first.message or "no TLS version is common", first.code or "no_common_version"
      end
      return report
   end
   report.server_order = questions.server_order(prober, best.version, best.suites)
   progress:step("order")
   local whole = first.ok and first
      or recorded(prober, { min_version = best.version, max_version = best.version, suites = best.suites })
   report.handshake = whole.info and handshake_report(whole)
   progress:step("handshake")
   local leaf = whole.judged and whole.judged.chain[1]
   report.groups, report.groups_hidden = questions.groups(prober, best.version, best.suites, leaf, progress)
   report.post_quantum = false
   for _, group in ipairs(report.groups) do report.post_quantum = report.post_quantum or questions.is_hybrid(group) end
   report.dhe = questions.dhe(prober, classic)
   progress:step("DHE")
   report.alpn = questions.alpn(prober, best.version, progress)
   local request = whole.seen.certificate_request
   report.client_certificate = request ~= nil
   report.certificate_authorities = request and questions.authorities(request) or nil
   if best.version == "TLSv1.3" then
      report.certificate_compression = questions.compressions(prober, best.suites, progress)
      report.server_certificate_types = questions.certificate_types(prober, best.suites)
   end
   progress:step("certificate types")
   if leaf then certificate_report(prober, whole, report, best, classic) end
   progress:step("certificates")
   if not whole.ok then
      report.handshake_error, report.handshake_code = whole.message, whole.code
      report.client_certificate_required = report.client_certificate and not prober.credentials or nil
      return report, whole.recorder
   end
   report.ech_public_names = ech_of(whole.seen.encrypted_extensions)
   if not prober.groups then report.ech = report.ech_public_names ~= nil end
   report.signature_algorithm = whole.info.signature_algorithm and describe.name_of(whole.info.signature_algorithm)
   local older = whole
   if best ~= classic then
      report.hello_retry = questions.retries(prober, best.suites, report.groups)
      report.tickets = whole.session ~= nil
      report.resumption_by_ticket = questions.resumes(prober, whole)
      report.early_data = whole.session and whole.session:info().max_early_data or 0
      older = classic and asking.again(prober, {
         min_version = classic.version, max_version = classic.version, suites = classic.suites,
      })
   end
   if older and older.ok then examine_classic(prober, classic, older, report) end
   report.resumption = report.resumption_by_ticket or report.resumption_by_id or false
   progress:step("resumption")
   report.fallback_protection = questions.fallback_protection(prober, report.versions, best)
   progress:step("fallback")
   if not prober.starttls then
      local answer = hsts.ask(prober)
      report.http = answer and { status = answer.status }
      report.hsts = answer and answer.hsts
      progress:step("HTTP")
   end
   return report, whole.recorder
end

return examining
