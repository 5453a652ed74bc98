-- What is wrong with a server, judged from probe's report. Levels: "critical" (clients are refused or
-- not protected), "warning" (weaker than it should be), "notice" (worth knowing).
local describe = require "bearssl.describe"

local findings = {}

local DAY = 86400

--- suite(name) → level and what is wrong with a cipher suite; nothing when it is fine.
function findings.suite(name)
   if name:find("_NULL_") or name:find("_anon_") or name:find("_EXPORT_") or name:find("_RC4_") then
      return "critical", "does not protect"
   elseif name:find("3DES", 1, true) then
      return "warning", "3DES has 64-bit blocks (Sweet32)"
   elseif name:find("^TLS_RSA_") then
      return "warning", "RSA key exchange has no forward secrecy"
   elseif name:find("^TLS_ECDH_") then
      return "warning", "static ECDH has no forward secrecy"
   elseif name:find("_CBC_") then
      return "notice", "CBC mode is not authenticated encryption"
   elseif name:find("_CCM_8") then
      return "notice", "CCM_8 has a short authentication tag"
   end
   return nil
end

local verdicts = {
   unknown_ca = "the chain does not lead to a trusted certificate (is an intermediate missing?)",
   self_signed = "the certificate is self-signed",
   certificate_expired = "a certificate of the chain has expired",
   certificate_not_yet_valid = "a certificate of the chain is not valid yet",
   name_mismatch = "the certificate is for another name",
}

local function judge_suites(report, add)
   local problems, forward, authenticated, order = {}, false, false, {}
   for _, entry in ipairs(report.versions) do
      for _, name in ipairs(entry.suites) do
         local level, text = findings.suite(name)
         if level then
            if not problems[text] then
               problems[text] = { level = level, names = {}, seen = {} }
               order[#order + 1] = text
            end
            if not problems[text].seen[name] then
               problems[text].seen[name] = true
               table.insert(problems[text].names, name)
            end
         end
         forward = forward or name:find("^TLS_ECDHE_") ~= nil or name:find("^TLS_DHE_") ~= nil
            or name:find("^TLS_AES_") ~= nil or name:find("^TLS_CHACHA20_") ~= nil
         authenticated = authenticated or name:find("GCM") ~= nil or name:find("CCM") ~= nil
            or name:find("POLY1305") ~= nil
      end
   end
   for _, text in ipairs(order) do
      local names = problems[text].names
      add(problems[text].level, "weak_suite", ("%s: %s%s"):format(text, names[1],
         #names > 1 and (" and %d more"):format(#names - 1) or ""))
   end
   if not forward then add("critical", "no_forward_secrecy", "no suite gives forward secrecy") end
   if not authenticated then add("warning", "no_aead", "no suite is authenticated encryption (AEAD)") end
end

local function judge_versions(report, add)
   local modern = false
   for _, entry in ipairs(report.versions) do
      if entry.supported and (entry.version == "TLSv1.0" or entry.version == "TLSv1.1") then
         add("warning", "weak_version", entry.version .. " is accepted, which RFC 8996 forbids")
      elseif entry.supported then
         modern = true
      end
   end
   if not modern then add("critical", "no_modern_version", "neither TLS 1.2 nor 1.3 is supported") end
end

local function judge_dates(report, add, days, now)
   for i, certificate in ipairs(report.chain) do
      local who = i == 1 and "the certificate" or "the certificate of " .. certificate.subject
      local left = certificate.not_after - now
      if left < 0 then
         add("critical", "expired", ("%s expired on %s"):format(who, describe.date(certificate.not_after)))
      elseif left < days * DAY then
         add("warning", "expires_soon", ("%s expires in %d days, on %s"):format(who, math.floor(left / DAY),
            describe.date(certificate.not_after)))
      end
      if certificate.not_before > now then
         add("critical", "not_yet_valid", ("%s is not valid before %s"):format(who,
            describe.date(certificate.not_before)))
      end
   end
end

local function judge_keys(report, add)
   for i, certificate in ipairs(report.chain) do
      local who = i == 1 and "the certificate" or "the certificate of " .. certificate.subject
      local key = certificate.public_key
      if key.type == "RSA" and key.bits and key.bits < 2048 then
         add("critical", "weak_key", ("%s has an RSA key of %d bits"):format(who, key.bits))
      end
      local algorithm = certificate.signature_algorithm:lower()
      if certificate.subject ~= certificate.issuer and (algorithm:find("sha1") or algorithm:find("sha%-1")
         or algorithm:find("md5")) then
         add("critical", "weak_signature", ("%s is signed with %s"):format(who, certificate.signature_algorithm))
      end
      if i > 1 and report.chain[i - 1].issuer ~= certificate.subject then
         add("warning", "chain_order", "the chain is out of order, or has certificates that do not belong to it")
      end
   end
   local last = report.chain[#report.chain]
   if #report.chain > 1 and last.subject == last.issuer then
      add("notice", "root_sent", "the server sends the root certificate, which clients do not need")
   end
end

local function judge_hellos(report, add)
   if report.long_hello == false then
      add("warning", "long_hello_intolerance",
         "a ClientHello longer than a TCP segment is not answered: clients with post-quantum key shares fail")
   end
   if report.hello_in_records == false then
      add("warning", "hello_records_intolerance",
         "a ClientHello in several records is not answered, which RFC 8446 section 5.1 allows")
   end
   if report.post_quantum == false then
      add("notice", "no_post_quantum",
         "no group is post-quantum: who records connections today may be able to read them one day")
   end
end

--- of(report, settings) is a list of {level, code, text}, worst first. settings: days, name, time.
function findings.of(report, settings)
   local list, known = {}, {}
   local function add(level, code, text)
      if known[code .. text] then return end
      known[code .. text] = true
      list[#list + 1] = { level = level, code = code, text = text }
   end
   judge_versions(report, add)
   judge_suites(report, add)
   judge_hellos(report, add)
   local now = settings.time or os.time()
   if report.client_certificate_required then
      add("notice", "client_certificate_required", "a client certificate is required: see more with --cert and --key")
   elseif report.handshake_error then
      add("critical", "handshake_failed", ("no handshake can be completed: %s (%s)"):format(report.handshake_error,
         tostring(report.handshake_code)))
   end
   if report.chain then
      judge_dates(report, add, settings.days or 21, now)
      if not report.name_matches then
         add("critical", "name_mismatch", ("the certificate is not for %s"):format(tostring(settings.name)))
      end
      local dated = report.verdict == "certificate_expired" or report.verdict == "certificate_not_yet_valid"
      local told = report.verdict == "name_mismatch" and not report.name_matches
      for _, finding in ipairs(list) do
         if dated and (finding.code == "expired" or finding.code == "not_yet_valid") then told = true end
      end
      judge_keys(report, add)
      if not report.verified and not told then
         local verdict = tostring(report.verdict)
         add("critical", "not_trusted", ("clients refuse it: %s"):format(verdicts[verdict] or verdict))
      end
      if report.secure_renegotiation == false then
         add("warning", "no_secure_renegotiation", "secure renegotiation (RFC 5746) is not supported")
      end
      if report.extended_master_secret == false then
         add("warning", "no_extended_master_secret", "the extended master secret (RFC 7627) is not supported")
      end
      if report.fallback_protection == false then
         add("warning", "no_fallback_protection",
            "clients can be made to fall back to an older version: TLS_FALLBACK_SCSV (RFC 7507) is not supported")
      end
      if report.resumption == false then
         add("notice", "no_resumption", "sessions are not resumed: every connection costs a full handshake")
      end
   end
   if (report.early_data or 0) > 0 then
      add("notice", "early_data", "early data (0-RTT) is accepted: whoever records it can send it again")
   end
   if report.server_order == false then
      add("notice", "client_order", "the server follows the client's order of suites")
   end
   local rank = { critical = 1, warning = 2, notice = 3 }
   local position = {}
   for i, finding in ipairs(list) do position[finding] = i end
   table.sort(list, function(a, b)
      if rank[a.level] ~= rank[b.level] then return rank[a.level] < rank[b.level] end
      return position[a] < position[b]
   end)
   return list
end

--- serious(list): is any of them more than a notice?
function findings.serious(list)
   for _, finding in ipairs(list) do
      if finding.level ~= "notice" then return true end
   end
   return false
end

return findings
