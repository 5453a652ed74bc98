-- Probe's report as text.
local describe = require "bearssl.describe"
local facts = require "bearssl.tool.probe.facts"
local findings = require "bearssl.tool.findings"
local output = require "bearssl.tool.output"
local terminal = require "bearssl.tool.terminal"

local text = {}

local marks = { critical = { "red", "✗", "!!" }, warning = { "yellow", "!", "! " }, notice = { "blue", "·", "- " } }
local COLOURS = { ["A+"] = "green", A = "green", B = "yellow", C = "yellow", D = "yellow", F = "red", T = "red" }

local function write_versions(report, line, paint, unicode)
   for _, entry in ipairs(report.versions or {}) do
      local suites = facts.suites(entry)
      local count = #suites
      line(entry.version, entry.supported and ("yes, %d suite%s"):format(count, count == 1 and "" or "s") or "no")
      for _, name in ipairs(suites) do
         local level = findings.suite(name)
         local mark = level and marks[level]
         output.write("               ", mark and paint(mark[1], mark[unicode and 2 or 3] .. " ") or "  ",
            describe.printable(name, unicode), "\n")
      end
   end
end

local function write_chain(entry, line)
   for i, certificate in ipairs(entry.chain) do
      line(i == 1 and "certificate" or "", certificate.subject)
      if i == 1 then
         line("  names", facts.names(certificate))
         line("  issuer", certificate.issuer)
      end
      line("  key", facts.key(certificate))
      line("  valid", describe.date(certificate.not_before) .. " to " .. describe.date(certificate.not_after))
   end
   line("stapled", facts.staple(entry))
end

-- "F: why", one line for each reason.
local function write_grade(report, line, paint)
   line("grade", paint(COLOURS[report.grade], report.grade)
      .. (report.grade == "T" and (" (%s if the certificate were trusted)"):format(report.grade_without_trust) or ""))
   for _, reason in ipairs(report.grade_reasons) do line("  " .. reason.limit, reason.text) end
end

local function write_findings(report, paint, unicode)
   for _, finding in ipairs(report.findings) do
      local mark = marks[finding.level]
      output.write(paint(mark[1], mark[unicode and 2 or 3] .. " " .. ("%-9s"):format(finding.level)),
         describe.printable(finding.text, unicode), "\n")
   end
   if #report.findings == 0 then output.write(paint("green", "nothing is wrong with it"), "\n") end
end

--- write(report) writes it to standard output.
function text.write(report)
   local unicode = terminal.unicode()
   local paint = terminal.painter(terminal.colour(1))
   local function raw(name, value) output.write(paint("dim", ("%-14s"):format(name)), " ", value, "\n") end
   local function line(name, value) raw(name, describe.printable(tostring(value), unicode)) end
   output.write(paint("bold", report.target), "\n\n")
   write_versions(report, line, paint, unicode)
   facts.of(report, line)
   for _, entry in ipairs(report.chains or {}) do write_chain(entry, line) end
   line("trust", report.verified and "verified" or tostring(report.verdict or report.handshake_code))
   output.write("\n")
   write_findings(report, paint, unicode)
   output.write("\n")
   write_grade(report, function(name, value) (name == "grade" and raw or line)(name, value) end, paint)
   output.write("\n", paint("dim", "not tested"), "\n")
   for _, sentence in ipairs(report.not_tested) do
      output.write("  ", describe.printable(sentence, unicode), "\n")
   end
   output.flush()
end

return text
