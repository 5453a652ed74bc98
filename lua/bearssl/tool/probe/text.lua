-- Probe's report as text.
local describe = require "bearssl.describe"
local findings = require "bearssl.tool.findings"
local output = require "bearssl.tool.output"
local terminal = require "bearssl.tool.terminal"

local text = {}

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

--- write(report) writes it to standard output.
function text.write(report)
   local unicode = terminal.unicode()
   local paint = terminal.painter(terminal.colour(1))
   local function line(name, value)
      output.write(paint("dim", ("%-14s"):format(name)), " ", describe.printable(tostring(value), unicode), "\n")
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

return text
