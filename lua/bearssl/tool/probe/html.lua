-- Probe's report as a page for browsers: one file that needs nothing beside itself, runs nothing, and can be read
-- without its style too. What the server chose is text in it, never markup.
local describe = require "bearssl.describe"
local facts = require "bearssl.tool.probe.facts"
local findings = require "bearssl.tool.findings"
local markup = require "bearssl.trace.markup"
local picture = require "bearssl.tool.probe.picture"

local html = {}

local content = markup.content

local STYLE = [[
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2733;--faint:#5b6876;--line:#dde3e9;--band:#f5f7fa;--good:#0b7a55;
--goodfill:#e4f6ee;--warn:#8a5a00;--warnfill:#fff4d6;--bad:#b3202c;--badfill:#fdeaec;--link:#1f6fd1}
@media(prefers-color-scheme:dark){:root{--paper:#12181f;--ink:#e6edf3;--faint:#9fadbb;--line:#2c3742;--band:#182029;
--good:#4fd0a9;--goodfill:#12322a;--warn:#e8bd5a;--warnfill:#332b13;--bad:#ff8a94;--badfill:#3a1a1f;--link:#6cb0ff}}
*{box-sizing:border-box}body{margin:0 auto;max-width:62rem;padding:1.5rem 1rem 3rem;background:var(--paper);
color:var(--ink);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
header{display:flex;gap:1.25rem;align-items:center;flex-wrap:wrap}h1{font-size:1.6rem;line-height:1.2;margin:0}
h2{font-size:1.15rem;margin:2.25rem 0 .6rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:1.25rem 0 .4rem}.sub{color:var(--faint);margin:.2rem 0 0}
.grade{font-size:2.4rem;font-weight:700;line-height:1;min-width:5.2rem;padding:1.1rem .6rem;border-radius:.8rem;
text-align:center;margin:0}.good{color:var(--good);background:var(--goodfill)}.warn{color:var(--warn);
background:var(--warnfill)}.bad{color:var(--bad);background:var(--badfill)}
ul.list{list-style:none;padding:0;margin:0}ul.list li{padding:.5rem .75rem;border-radius:.5rem;margin:.35rem 0;
background:var(--band);color:var(--ink);border-left:.3rem solid var(--line)}ul.list li.critical{border-color:var(--bad)}
ul.list li.warning{border-color:var(--warn)}ul.list li.notice{border-color:var(--link)}
.level{font-weight:600}.critical .level{color:var(--bad)}.warning .level{color:var(--warn)}
.notice .level{color:var(--link)}.limit{color:var(--faint);white-space:nowrap}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line)}
th{font-weight:500;color:var(--faint);width:11rem}td.time,td.size{font-variant-numeric:tabular-nums;white-space:nowrap}
th.head{width:auto}th.part{padding-left:1rem}code{font:.9em ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.suites .level{font-weight:400;font-size:.85em}
.suites{margin:.2rem 0 .2rem;padding:0;list-style:none}.wide{overflow-x:auto}.wide img{display:block;min-width:48rem;
width:100%;height:auto}svg.chain{max-width:100%;height:auto;display:block}svg.chain rect{fill:var(--band);
stroke:var(--line);stroke-width:1.5}svg.chain rect.good{stroke:var(--good)}svg.chain rect.bad{stroke:var(--bad);
fill:var(--badfill)}svg.chain text{font-family:inherit;fill:var(--ink)}svg.chain .n{font-size:15px;font-weight:600}
svg.chain .l{font-size:12.5px;fill:var(--faint)}svg.chain .p{font-size:12px;fill:var(--faint)}
svg.chain .a{fill:none;stroke-width:1.6;stroke:var(--faint)}svg.chain .h{fill:var(--faint)}
svg.chain .a.bad{stroke:var(--bad);stroke-dasharray:3 3}svg.chain .h.bad{fill:var(--bad)}
details{margin:.6rem 0}summary{cursor:pointer;color:var(--link)}
footer{margin-top:3rem;color:var(--faint);font-size:.9rem}
@media(max-width:34rem){th{width:7.5rem}
.grade{font-size:1.9rem;min-width:4.2rem;padding:.8rem .5rem}h1{font-size:1.3rem}}
]]

local KIND = { ["A+"] = "good", A = "good", B = "warn", C = "warn", D = "warn", F = "bad", T = "bad" }

local function row(name, value)
   local part = name:find "^  " and ' class="part"' or ""
   return ("<tr><th scope=\"row\"%s>%s</th><td>%s</td></tr>"):format(part, content((name:gsub("^ +", ""))),
      content(value))
end

local function put_header(put, report)
   put "<header>"
   local letter = report.grade
   if letter then
      put(('<p class="grade %s"><span aria-label="grade">%s</span></p>'):format(KIND[letter], letter))
   end
   put(("<div><h1>%s</h1>"):format(content(report.target)))
   put(('<p class="sub">asked for %s, on %s</p></div></header>'):format(content(report.server_name),
      os.date("!%Y-%m-%d %H:%M UTC", report.time)))
end

local function put_findings(put, report)
   put "<h2>Findings</h2>"
   if #report.findings == 0 then put "<p>Nothing is wrong with it.</p>" end
   put '<ul class="list">'
   for _, finding in ipairs(report.findings) do
      put(('<li class="%s"><span class="level">%s:</span> %s%s</li>'):format(finding.level, finding.level,
         content(finding.text), finding.limit and (' <span class="limit">(at best %s)</span>'):format(finding.limit)
         or ""))
   end
   put "</ul>"
end

local function put_grade(put, report)
   put(("<h2>Why %s</h2>"):format(report.grade))
   if report.grade == "T" then
      put(("<p>T stands for trust: clients refuse the certificate. If it were trusted, the grade would be %s.</p>")
         :format(report.grade_without_trust))
   end
   if #report.grade_reasons == 0 then put "<p>Nothing keeps it from the best grade.</p>" end
   put "<table>"
   for _, reason in ipairs(report.grade_reasons) do put(row(reason.limit, reason.text)) end
   put "</table>"
end

local function put_certificate(put, index, certificate)
   put(("<h3>%d. %s</h3><table>"):format(index, content(certificate.subject == "" and "(no subject)"
      or certificate.subject)))
   put(row("names", facts.names(certificate)))
   put(row("issuer", certificate.issuer))
   put(row("key", facts.key(certificate)))
   put(row("valid", describe.date(certificate.not_before) .. " to " .. describe.date(certificate.not_after)))
   put(row("serial", certificate.serial))
   put(row("SHA-256", certificate.fingerprint))
   put(row("pin", certificate.pin))
   put "</table>"
end

local function put_chains(put, report)
   for _, entry in ipairs(report.chains or {}) do
      put(("<h2>Certificates (%s)</h2>"):format(content(entry.key_type)))
      put(("<p>Clients would say: %s.</p>"):format(entry.verified and "verified" or content(entry.verdict)))
      put(picture.chain(entry, report.time))
      put "<details><summary>Each certificate</summary>"
      for i, certificate in ipairs(entry.chain) do put_certificate(put, i, certificate) end
      put "<table>"
      put(row("stapled", facts.staple(entry)))
      put(row("timestamps", entry.scts))
      put "</table></details>"
   end
end

local function put_versions(put, report)
   put "<h2>Versions and cipher suites</h2><table>"
   for _, entry in ipairs(report.versions) do
      put(("<tr><th scope=\"row\">%s</th><td>%s"):format(content(entry.version), entry.supported and "yes" or "no"))
      local suites = facts.suites(entry)
      if #suites > 0 then
         put '<ul class="suites">'
         for _, name in ipairs(suites) do
            local level, why = findings.suite(name)
            put(('<li%s><code>%s</code>%s</li>'):format(level and (' class="%s"'):format(level) or "", content(name),
               level and (' <span class="level">%s</span>'):format(content(why)) or ""))
         end
         put "</ul>"
      end
      put "</td></tr>"
   end
   put "</table><h2>What else it does</h2><table>"
   facts.of(report, function(name, value) put(row(name, value)) end)
   put "</table>"
end

local function put_handshake(put, report, recorder)
   local handshake = report.handshake
   if not handshake or not recorder then return end
   local title = ("%s, %.1f ms"):format(tostring(handshake.version or "handshake"), handshake.seconds * 1000)
   local drawing = require("bearssl.trace.svg").draw { {
      entries = recorder.entries, title = title, server = report.server_name,
      failure = report.handshake_error and ("%s (%s)"):format(report.handshake_error, tostring(report.handshake_code)),
   } }
   put "<h2>A handshake, measured</h2>"
   put(('<div class="wide"><img alt="The messages of the handshake, which the table below lists" '
      .. 'src="data:image/svg+xml;base64,%s"></div>'):format((require("mime").b64(drawing))))
   put '<details><summary>The same as a table</summary><table><tr><th scope="col" class="head">after</th>'
   put '<th scope="col" class="head">from</th><th scope="col" class="head">message</th>'
   put '<th scope="col" class="head">bytes</th></tr>'
   for _, message in ipairs(handshake.messages) do
      put(('<tr><td class="time">%s</td><td>%s</td><td>%s</td><td class="size">%s</td></tr>'):format(
         message.time and ("%.2f ms"):format(message.time * 1000) or "", message.from or "", content(message.name),
         message.length and tostring(message.length) or ""))
   end
   put "</table></details>"
end

local function put_not_tested(put, report)
   put "<h2>What was not tested</h2><ul>"
   for _, sentence in ipairs(report.not_tested) do put(("<li>%s</li>"):format(content(sentence))) end
   put "</ul>"
end

local HEAD = [[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>%s</title>
<style>
%s</style>
</head>
<body>]]

--- page(report, recorder) is the page. A report with an error says what went wrong; recorder: of the handshake.
function html.page(report, recorder)
   local parts = {}
   local function put(piece) parts[#parts + 1] = piece end
   put(HEAD:format(content(report.target) .. (report.grade and ": " .. report.grade or ""), STYLE))
   put_header(put, report)
   if report.error then
      put(('<h2>No report</h2><ul class="list"><li class="critical"><span class="level">failed:</span> %s (%s)</li>'
         .. '</ul>'):format(content(report.error), content(tostring(report.code))))
   else
      put "<main>"
      put_findings(put, report)
      put_grade(put, report)
      put_chains(put, report)
      put_versions(put, report)
      put_handshake(put, report, recorder)
      put_not_tested(put, report)
      put "</main>"
   end
   put "<footer>Made by <code>bearssl probe</code>.</footer>\n</body>\n</html>\n"
   return table.concat(parts, "\n")
end

return html
