-- bearssl probe HOST[:PORT]: what a server supports, found by asking for one thing at a time, and what
-- is wrong with it.
local bearssl = require "bearssl"
local describe = require "bearssl.describe"
local findings = require "bearssl.tool.findings"
local options = require "bearssl.tool.options"
local output = require "bearssl.tool.output"
local terminal = require "bearssl.tool.terminal"

local PADDING = 21 -- RFC 7685
local SEGMENT, SMALLEST_RECORD = 1460, 512 -- bytes: of TCP over Ethernet; of the option 'record_size'

local probe = { summary = "Report what a server supports, and what is wrong with it." }

function probe.describe(command)
   command:argument("target", "The server: HOST, HOST:PORT (443 otherwise) or an https URL."):argname("HOST[:PORT]")
   command:option("--cafile", "Trust the certificates in this file instead of the system's."):argname("FILE")
   command:option("--servername", "Name to ask for and to verify, instead of HOST."):argname("NAME")
   command:option("--cert", "Client certificate, with its --key."):argname("FILE"):count("*")
   command:option("--key", "Its key."):argname("FILE"):count("*")
   command:option("--timeout", "Seconds to wait for the network, each time."):argname("SECONDS"):default("10")
      :convert(options.seconds)
   command:option("--expires", "Warn of certificates that expire within so many days."):argname("DAYS"):default("21")
      :convert(tonumber)
   options.starttls(command)
   options.proxy_option(command)
   options.keylog_option(command)
   command:flag("--quiet", "No progress bar.")
end

-- ---- Asking ----

-- One connection. `stop` names the stage after which enough is known; the handshake then ends. `first` is a result
-- whose session is to be resumed, in its context. fallback: says that it is a second attempt (RFC 7507). Gives
-- {seen = stage messages by name, judged = what `verify` was asked, ok, info, session, message, code}.
local function ask(prober, settings, stop, first, fallback)
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
   result.ok, result.message, result.code = stream:handshake()
   result.info, result.judged = stream:info(), judged
   if result.ok then
      result.session, result.message, result.code = options.await_session(stream, prober.ticket_wait)
      if result.code then result.ok = false end
   end
   stream:close()
   return result
end

-- The network may fail for other reasons than the question: such an answer is asked for twice.
local function ask_again(prober, settings, stop, fallback)
   local result = ask(prober, settings, stop, nil, fallback)
   if not result.ok and not result.seen.server_hello and not result.seen.alert then
      result = ask(prober, settings, stop, nil, fallback)
   end
   return result
end

local function without(list, name)
   local rest = {}
   for _, item in ipairs(list) do
      if item ~= name then rest[#rest + 1] = item end
   end
   return rest
end

local function name_of_suite(message)
   return message and message.cipher_suite and describe.name_of(message.cipher_suite)
end

-- Every suite that the server takes with this version, in the order in which it picks them: offer all,
-- leave out what it picked, until it refuses the rest.
local function suites_of(prober, version, progress)
   local left, taken, refusal = options.suites(version), {}, nil
   local before = #left
   while #left > 0 do
      local result = ask_again(prober, { min_version = version, max_version = version, suites = left }, "server_hello")
      local hello = result.seen.server_hello
      local name = name_of_suite(hello)
      if not name or (hello.version and hello.version ~= version) then
         refusal = result.code
         break
      end
      taken[#taken + 1] = name
      left = without(left, name)
      progress:step(version .. " " .. name)
   end
   progress:step(version, before - #taken)
   return taken, refusal
end

-- Whether the server goes by its own order: offer two that it takes, in both orders.
local function server_order(prober, version, taken)
   if #taken < 2 then return nil end
   local result = ask_again(prober, { min_version = version, max_version = version, suites = { taken[2], taken[1] } },
      "server_hello")
   local name = name_of_suite(result.seen.server_hello)
   return name and name == taken[1]
end

local function is_hybrid(group) return group:find "MLKEM" ~= nil end

-- What the server makes of a ClientHello as such: whether one answers that is longer than a TCP segment, as those with
-- a post-quantum key share are, and one in several records (RFC 8446 section 5.1). `first` is the result of a long one.
-- nil: it answers none. Where it takes no long one, all that is asked afterwards is short.
local function hello_forms(prober, first)
   local short = {}
   for _, group in ipairs(bearssl.groups()) do
      if not is_hybrid(group) then short[#short + 1] = group end
   end
   local function answers(padding, record_size)
      return ask_again(prober, {
         min_version = bearssl.versions()[1], suites = options.suites(), groups = short, record_size = record_size,
         grease = false,
         extensions = padding > 0 and { { id = PADDING, raw = ("\0"):rep(padding) } } or nil,
      }, "server_hello").seen.server_hello ~= nil
   end
   local long = first.seen.server_hello ~= nil
   if not long and not answers(0) then return nil, nil end
   long = long or answers(SEGMENT)
   if not long then prober.groups = short end
   return long, answers(SMALLEST_RECORD, SMALLEST_RECORD)
end

local curves = { ["P-256"] = "secp256r1", ["P-384"] = "secp384r1", ["P-521"] = "secp521r1" }

-- The group that a server picks when it is offered these. In TLS 1.3 ServerHello tells; what it was after there was a
-- HelloRetryRequest is the second result.
local function group_among(prober, version, suites, groups)
   if version == "TLSv1.3" then
      local seen = ask_again(prober, { min_version = version, suites = suites, groups = groups, key_shares = 1 },
         "server_hello").seen
      local group = seen.server_hello and seen.server_hello.selected_group
      return group and describe.name_of(group), group and seen.hello_retry_request ~= nil
   end
   local result = ask_again(prober, { min_version = version, max_version = version, suites = suites, groups = groups },
      "server_key_exchange")
   local message = result.seen.server_key_exchange
   return message and message.group and describe.name_of(message.group)
end

-- The groups that are offered also limit the curve of an ECDSA certificate (RFC 8422 section 5.1): where one
-- group alone is refused, the certificate's stands beside it. A server that then prefers that one hides whether
-- it has the other: those are the second list.
local function groups_of(prober, version, taken, leaf, progress)
   if version == "TLSv1.3" then
      local supported = {}
      for _, group in ipairs(bearssl.groups()) do
         progress:step(group)
         if group_among(prober, version, taken, { group }) == group then supported[#supported + 1] = group end
      end
      return supported, {}
   end
   local key = leaf and leaf:public_key()
   local own = key and key.curve and curves[key.curve]
   local ephemeral, supported, hidden = {}, {}, {}
   for _, name in ipairs(taken) do
      if name:find("^TLS_ECDHE_") then ephemeral[#ephemeral + 1] = name end
   end
   for _, group in ipairs(bearssl.groups()) do
      progress:step(group)
      -- those are for TLS 1.3, and those of finite fields for DHE: see dhe_of
      if #ephemeral > 0 and not group:find("^ffdhe") and not is_hybrid(group) then
         local picked = group_among(prober, version, ephemeral, { group })
         if not picked and own and own ~= group then
            picked = group_among(prober, version, ephemeral, { group, own })
            if picked == own then hidden[#hidden + 1] = group end
         end
         if picked == group then supported[#supported + 1] = group end
      end
   end
   return supported, hidden
end

-- The group of DHE that a server picks by itself: its bits and, where RFC 7919 has it, its name; nil where no suite is
-- of DHE. A group that is too short is not read, but told of.
local function dhe_of(prober, entry)
   local suites = {}
   for _, name in ipairs(entry and entry.suites or {}) do
      if name:find("^TLS_DHE_") then suites[#suites + 1] = name end
   end
   if #suites == 0 then return nil end
   local result = ask_again(prober, { min_version = entry.version, max_version = entry.version, suites = suites },
      "server_key_exchange")
   local message = result.seen.server_key_exchange
   if message then
      return { bits = message.dh_bits, group = message.group and describe.name_of(message.group) }
   end
   local bits = result.code == "insufficient_security" and tostring(result.message):match("has (%d+) bits")
   return bits and { bits = tonumber(bits) } or nil
end

local function alpn_of(prober, version, progress)
   local supported = {}
   for _, protocol in ipairs { "h2", "http/1.1" } do
      progress:step("ALPN " .. protocol)
      local result = ask(prober, { min_version = version, max_version = version, suites = options.suites(version),
         alpn = { protocol } }, nil)
      if result.ok and result.info.alpn == protocol then supported[#supported + 1] = protocol end
   end
   return supported
end

-- How the server compresses its certificate for clients that can have it so.
local function compressions_of(prober, suites, progress)
   local supported = {}
   for _, algorithm in ipairs(bearssl.features().certificate_compression) do
      progress:step("compression " .. algorithm)
      local message = ask_again(prober, { min_version = "TLSv1.3", suites = suites,
         certificate_compression = { algorithm } }, "certificate").seen.certificate
      if message and message.compression_algorithm then supported[#supported + 1] = algorithm end
   end
   return supported
end

-- What the server may show of itself: a certificate, as it did, and its bare public key (RFC 7250)?
local function certificate_types_of(prober, suites)
   local message = ask_again(prober, { min_version = "TLSv1.3", suites = suites,
      server_certificate_types = { "raw_public_key" } }, "certificate").seen.certificate
   return message and message.key and { "x509", "raw_public_key" } or { "x509" }
end

local function authorities_of(request)
   local names = {}
   for i, name in ipairs(request and request.certificate_authorities or {}) do names[i] = name.text or "?" end
   return names
end

-- Whether the server asks for another key share with HelloRetryRequest: nil where it has every group of ours, so that
-- nothing makes it ask.
local function retries(prober, suites, groups)
   local has = {}
   for _, group in ipairs(groups) do has[group] = true end
   for _, group in ipairs(bearssl.groups()) do
      if not has[group] and groups[1] then
         local picked, retried = group_among(prober, "TLSv1.3", suites, { group, groups[1] })
         return picked == groups[1] and retried or false
      end
   end
   return nil
end

-- Whether the session of a finished handshake is resumed, in its context.
local function resumes(prober, result)
   if not result.session then return false end
   local again = ask(prober, nil, nil, result)
   return again.ok and again.info.resumed or false
end

-- Whether a client that comes back with an older version than the server's best is refused (RFC 7507): nil where the
-- server takes no older version, so that there is nothing to come back with.
local function fallback_protection(prober, versions, best)
   local older
   for _, entry in ipairs(versions) do
      if entry.supported and entry ~= best then older = entry end
   end
   local entry = older or best -- it may have one that is newer than all of ours
   if entry.version >= "TLSv1.3" then return nil end
   local result = ask_again(prober, {
      min_version = entry.version, max_version = entry.version, suites = entry.suites,
   }, "server_hello", true)
   local alert = result.seen.alert
   if alert and alert.description == "inappropriate_fallback" then return true end
   if older and result.seen.server_hello then return false end
   return nil
end

-- ---- The report ----

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
      local taken, why = suites_of(prober, version, progress)
      local entry = { version = version, supported = #taken > 0, suites = taken }
      if #taken == 0 then entry.reason = why end
      list[#list + 1] = entry
   end
   return list
end

local function certificate_report(prober, result, report)
   local chain = {}
   for i, object in ipairs(result.judged.chain) do chain[i] = describe.certificate(object) end
   report.chain = chain
   report.verdict = result.judged.verdict
   report.name_matches = result.judged.chain[1]:matches(prober.name)
   report.verified = report.verdict == "ok"
end

-- What TLS 1.3 has no more, from a handshake of the best version below it.
local function examine_classic(prober, entry, result, report)
   report.secure_renegotiation = result.info.secure_renegotiation and true or false
   report.extended_master_secret = result.info.extended_master_secret
   local plain = result
   if result.info.ticket then
      report.tickets = true
      report.resumption_by_ticket = resumes(prober, result) or report.resumption_by_ticket or false
      plain = ask_again(prober, {
         min_version = entry.version, max_version = entry.version, suites = entry.suites, tickets = false,
      })
   end
   report.tickets = report.tickets or false
   report.resumption_by_id = resumes(prober, plain)
end

-- Fills report.error where there is nothing to report on.
local function examine(prober, progress)
   local report = { target = options.endpoint(prober.host, prober.port), server_name = prober.name }
   local first = ask(prober, { min_version = bearssl.versions()[1], suites = options.suites() })
   progress:step("first handshake")
   if first.unreachable then
      report.error, report.code = first.message, first.code
      return report
   end
   report.long_hello, report.hello_in_records = hello_forms(prober, first)
   progress:step("ClientHello")
   if report.long_hello == false then
      first = ask(prober, { min_version = bearssl.versions()[1], suites = options.suites() })
   end
   report.versions = versions_of(prober, progress)
   local best, classic -- of all, and below TLS 1.3
   for _, entry in ipairs(report.versions) do
      if entry.supported then best = entry end
      if entry.supported and entry.version ~= "TLSv1.3" then classic = entry end
   end
   if not best then
      report.error, report.code = first.message or "no TLS version is common", first.code
      return report
   end
   report.server_order = server_order(prober, best.version, best.suites)
   progress:step("order")
   local whole = first.ok and first
      or ask_again(prober, { min_version = best.version, max_version = best.version, suites = best.suites })
   progress:step("handshake")
   local leaf = whole.judged and whole.judged.chain[1]
   report.groups, report.groups_hidden = groups_of(prober, best.version, best.suites, leaf, progress)
   report.post_quantum = false
   for _, group in ipairs(report.groups) do report.post_quantum = report.post_quantum or is_hybrid(group) end
   report.dhe = dhe_of(prober, classic)
   progress:step("DHE")
   report.alpn = alpn_of(prober, best.version, progress)
   report.client_certificate = whole.seen.certificate_request ~= nil
   report.certificate_authorities = report.client_certificate and authorities_of(whole.seen.certificate_request) or nil
   report.certificate_compression = best.version == "TLSv1.3" and compressions_of(prober, best.suites, progress) or nil
   report.server_certificate_types = best.version == "TLSv1.3" and certificate_types_of(prober, best.suites) or nil
   progress:step("certificate types")
   if leaf then certificate_report(prober, whole, report) end
   if not whole.ok then
      report.handshake_error, report.handshake_code = whole.message, whole.code
      report.client_certificate_required = report.client_certificate and not prober.credentials or nil
      return report
   end
   report.ech_public_names = ech_of(whole.seen.encrypted_extensions)
   if not prober.groups then report.ech = report.ech_public_names ~= nil end
   report.signature_algorithm = whole.info.signature_algorithm and describe.name_of(whole.info.signature_algorithm)
   local older = whole
   if best ~= classic then
      report.hello_retry = retries(prober, best.suites, report.groups)
      report.tickets = whole.session ~= nil
      report.resumption_by_ticket = resumes(prober, whole)
      report.early_data = whole.session and whole.session:info().max_early_data or 0
      older = classic and ask_again(prober, {
         min_version = classic.version, max_version = classic.version, suites = classic.suites,
      })
   end
   if older and older.ok then examine_classic(prober, classic, older, report) end
   report.resumption = report.resumption_by_ticket or report.resumption_by_id or false
   progress:step("resumption")
   report.fallback_protection = fallback_protection(prober, report.versions, best)
   progress:step("fallback")
   return report
end

-- ---- As text ----

local marks = { critical = { "red", "✗", "!!" }, warning = { "yellow", "!", "! " }, notice = { "blue", "·", "- " } }

local function table_of_chain(report, line)
   for i, certificate in ipairs(report.chain or {}) do
      local key = certificate.public_key
      line(i == 1 and "certificate" or "", certificate.subject)
      if i == 1 then
         local names = {}
         for n, entry in ipairs(certificate.names) do names[n] = tostring(entry.value) end
         line("  names", table.concat(names, ", "))
         line("  issuer", certificate.issuer)
      end
      line("  key", ("%s %s, signed with %s"):format(tostring(key.type), tostring(key.curve or key.bits),
         certificate.signature_algorithm))
      line("  valid", describe.date(certificate.not_before) .. " to " .. describe.date(certificate.not_after))
   end
end

local function yes(value)
   return value == nil and "not known" or value and "yes" or "no"
end

local function resumption_text(report)
   local ways = {}
   if report.resumption_by_ticket then ways[#ways + 1] = "by ticket" end
   if report.resumption_by_id then ways[#ways + 1] = "by ID" end
   return #ways > 0 and table.concat(ways, " and ") or yes(report.resumption)
end

local function write_report(report)
   local unicode = terminal.unicode()
   local paint = terminal.painter(terminal.colour(1))
   local function line(name, text)
      output.write(paint("dim", ("%-14s"):format(name)), " ", describe.printable(tostring(text), unicode), "\n")
   end
   output.write(paint("bold", report.target), "\n\n")
   for _, entry in ipairs(report.versions or {}) do
      local count = #entry.suites
      line(entry.version, entry.supported and ("yes, %d suite%s"):format(count, count == 1 and "" or "s") or "no")
      for _, name in ipairs(entry.suites) do
         local level = findings.suite(name)
         local mark = level and marks[level]
         output.write("               ", mark and paint(mark[1], mark[unicode and 2 or 3] .. " ") or "  ", name, "\n")
      end
   end
   if report.groups then
      line("groups", #report.groups > 0 and table.concat(report.groups, ", ") or "none")
      if #report.groups_hidden > 0 then
         line("", table.concat(report.groups_hidden, ", ") .. " perhaps: the server prefers its certificate's")
      end
   end
   if report.dhe then
      line("DHE group", report.dhe.group or ("%d bits, the server's own"):format(report.dhe.bits))
   end
   if report.post_quantum ~= nil then line("post-quantum", yes(report.post_quantum)) end
   if report.long_hello ~= nil then
      line("long hello", yes(report.long_hello))
      line("  in records", yes(report.hello_in_records))
   end
   if report.alpn then line("ALPN", #report.alpn > 0 and table.concat(report.alpn, ", ") or "none") end
   if report.ech ~= nil then
      line("encrypted hello", report.ech and "yes, by " .. table.concat(report.ech_public_names, ", ") or "no")
   end
   line("own order", yes(report.server_order))
   line("master secret", report.extended_master_secret == nil and "not known" or report.extended_master_secret
      and "extended" or "not extended")
   line("tickets", yes(report.tickets))
   line("resumption", resumption_text(report))
   if report.early_data then
      line("early data", report.early_data > 0 and ("%d bytes"):format(report.early_data) or "none")
      line("hello retry", report.hello_retry == nil and "not known: it has every group of ours"
         or yes(report.hello_retry))
   end
   line("fallback", report.fallback_protection and "refused" or report.fallback_protection == false and "not refused"
      or "no older version")
   line("client cert", report.client_certificate_required and "required" or report.client_certificate and "asked for"
      or "not asked for")
   if report.certificate_authorities and #report.certificate_authorities > 0 then
      line("  issued by", table.concat(report.certificate_authorities, "; "))
   end
   if report.certificate_compression then
      line("compression", #report.certificate_compression > 0 and table.concat(report.certificate_compression, ", ")
         or "none of the certificate")
   end
   if report.server_certificate_types and report.server_certificate_types[2] then
      line("raw key", "yes, for those who ask")
   end
   table_of_chain(report, line)
   line("trust", report.verified and "verified" or tostring(report.verdict or report.handshake_code))
   output.write("\n")
   for _, finding in ipairs(report.findings) do
      local mark = marks[finding.level]
      output.write(paint(mark[1], mark[unicode and 2 or 3] .. " " .. ("%-9s"):format(finding.level)),
         describe.printable(finding.text, unicode), "\n")
   end
   if #report.findings == 0 then output.write(paint("green", "nothing is wrong with it"), "\n") end
   output.flush()
end

function probe.run(arguments)
   local host, port = options.need_address(arguments.target, options.port_of(arguments.starttls))
   options.context(arguments) -- says what is wrong with the command line
   local prober = {
      host = host, port = port, name = arguments.servername or host, timeout = arguments.timeout,
      starttls = arguments.starttls, proxy = arguments.proxy,
      ticket_wait = math.min(1, arguments.timeout), keylog = options.keylog(arguments),
      trust = options.trust(arguments), credentials = options.credentials(arguments),
   }
   local total = 9 + #bearssl.groups() + 2 + #bearssl.features().certificate_compression
   for _, version in ipairs(bearssl.versions()) do total = total + #options.suites(version) end
   local progress = arguments.quiet and { step = function() end, finish = function() end } or terminal.progress(total)
   local report = examine(prober, progress)
   progress:finish()
   if not report.error then report.findings = findings.of(report, { days = arguments.expires, name = prober.name }) end
   if arguments.json then
      output.json(report)
   elseif not report.error then
      write_report(report)
   end
   if report.error then
      output.problem(("%s (%s)"):format(report.error, tostring(report.code)))
      return 1
   end
   return findings.serious(report.findings) and 3 or 0
end

return probe
