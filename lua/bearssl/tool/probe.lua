-- bearssl probe HOST[:PORT]: what a server supports, found by asking for one thing at a time, and what
-- is wrong with it.
local bearssl = require "bearssl"
local describe = require "bearssl.describe"
local examining = require "bearssl.tool.probe.examining"
local findings = require "bearssl.tool.findings"
local grade = require "bearssl.tool.probe.grade"
local not_tested = require "bearssl.tool.probe.not_tested"
local options = require "bearssl.tool.options"
local output = require "bearssl.tool.output"
local terminal = require "bearssl.tool.terminal"

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
   command:option("--html", "Write the report into this file too, as a page for browsers."):argname("FILE")
   command:option("--fail-under", "Exit with 3 where the grade is worse than this one, else 0."):argname("GRADE")
      :convert(grade.parse)
   command:flag("--quiet", "No progress bar.")
end

-- What the report says of the server, beside what it found.
local function judge(report, prober, days)
   report.findings = findings.of(report, { days = days, name = prober.name, time = report.time })
   report.grade, report.grade_reasons, report.grade_without_trust = grade.of(report)
   report.not_tested = not_tested.of(report, prober)
end

function probe.run(arguments)
   local host, port = options.need_address(arguments.target, options.port_of(arguments.starttls))
   options.context(arguments) -- says what is wrong with the command line
   if arguments.html == "" then options.usage("--html needs the name of a file") end
   local prober = {
      host = host, port = port, name = arguments.servername or host, timeout = arguments.timeout,
      starttls = arguments.starttls, proxy = arguments.proxy, ticket_wait = math.min(1, arguments.timeout),
      keylog = options.keylog(arguments),
      trust = options.trust(arguments), credentials = options.credentials(arguments),
   }
   -- the others: first handshake, ClientHello, order, handshake, DHE, certificate types, certificates, resumption,
   -- fallback, HTTP; ALPN
   local total = 10 + 2 + #bearssl.groups() + #bearssl.features().certificate_compression
   for _, version in ipairs(bearssl.versions()) do total = total + #options.suites(version) end
   local progress = arguments.quiet and { step = function() end, finish = function() end } or terminal.progress(total)
   local report, recorder = examining.examine(prober, progress)
   if report.versions then require("bearssl.tool.scan").run(prober, report, progress) end
   progress:finish()
   if not report.error then judge(report, prober, arguments.expires) end
   if arguments.json then
      output.json(describe.plain(report))
   elseif not report.error then
      require("bearssl.tool.probe.text").write(report)
   end
   local written, message = true, nil
   if arguments.html then
      written, message = require("bearssl.trace.writing").write(arguments.html,
         require("bearssl.tool.probe.html").page(report, recorder))
   end
   if report.error then
      output.problem(("%s (%s)"):format(report.error, tostring(report.code)))
      return 1
   elseif not written then
      output.problem(message)
      return 1
   elseif arguments.fail_under then
      return grade.is_under(report.grade, arguments.fail_under) and 3 or 0
   end
   return findings.serious(report.findings) and 3 or 0
end

return probe
