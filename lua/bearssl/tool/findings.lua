-- What is wrong with a server, judged from probe's report. Levels: "critical" (clients are refused or
-- not protected), "warning" (weaker than it should be), "notice" (worth knowing).
local certificate_faults = require "bearssl.tool.probe.certificate_faults"
local grade = require "bearssl.tool.probe.grade"

local findings = {}

--- suite(name) → level, what is wrong with a cipher suite, and the best grade with it where the level does not tell;
-- nothing when it is fine.
function findings.suite(name)
   if name:find("_NULL_") or name:find("_anon_") or name:find("_EXPORT_") or name:find("_RC4_")
      or name:find("_DES_CBC_") or name:find("_RC2_") or name:find("^SSL_CK_") then
      return "critical", "does not protect"
   elseif name:find("_IDEA_", 1, true) then
      return "warning", "IDEA has 64-bit blocks (Sweet32)", "C"
   elseif name:find("3DES", 1, true) then
      return "warning", "3DES has 64-bit blocks (Sweet32)", "C"
   elseif name:find("^TLS_RSA_") then
      return "warning", "RSA key exchange has no forward secrecy"
   elseif name:find("^TLS_DH_") then
      return "warning", "static DH has no forward secrecy"
   elseif name:find("^TLS_ECDH_") then
      return "warning", "static ECDH has no forward secrecy"
   elseif name:find("_CBC_") then
      return "notice", "CBC mode is not authenticated encryption", "A"
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

-- What a server has, those suites too that only a hand-made ClientHello asks for.
local function suites_of(entry)
   local list = {}
   for _, name in ipairs(entry.suites) do list[#list + 1] = name end
   for _, name in ipairs(entry.foreign_suites or {}) do list[#list + 1] = name end
   return list
end

local function judge_suites(report, add)
   local problems, forward, authenticated, order = {}, false, false, {}
   for _, entry in ipairs(report.versions) do
      for _, name in ipairs(suites_of(entry)) do
         local level, text, limit = findings.suite(name)
         if level then
            if not problems[text] then
               problems[text] = { level = level, limit = limit, names = {}, seen = {} }
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
         #names > 1 and (" and %d more"):format(#names - 1) or ""), problems[text].limit)
   end
   if not forward then add("critical", "no_forward_secrecy", "no suite gives forward secrecy") end
   if not authenticated then add("warning", "no_aead", "no suite is authenticated encryption (AEAD)") end
end

local function judge_dhe(report, add)
   local dhe = report.dhe
   if not dhe or not dhe.bits then return end
   if dhe.bits < 2048 then
      add(dhe.bits < 1024 and "critical" or "warning", "weak_dhe",
         ("DHE has a group of %d bits, which can be broken (Logjam)"):format(dhe.bits))
   end
   if dhe.common and dhe.bits < 2048 then
      add("warning", "common_dhe", "the group of DHE is one that many servers share: breaking it once breaks all")
   end
end

local function judge_versions(report, add)
   local modern = false
   for _, entry in ipairs(report.versions) do
      if entry.supported and entry.version:find "^SSL" then
         add("critical", "broken_version", entry.version .. " is accepted, which protects nothing (RFC 6176, RFC 7568)",
            entry.version == "SSLv3" and "C" or nil)
      elseif entry.supported and (entry.version == "TLSv1.0" or entry.version == "TLSv1.1") then
         add("warning", "weak_version", entry.version .. " is accepted, which RFC 8996 forbids")
      elseif entry.supported then
         modern = true
      end
   end
   if not modern then add("critical", "no_modern_version", "neither TLS 1.2 nor 1.3 is supported") end
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

-- What only hand-made ClientHellos find: whatever was not asked is nil.
local function judge_scan(report, add)
   if report.compression then
      add("warning", "compression", "records are compressed, which gives secrets away (CRIME)")
   end
   local renegotiation = report.renegotiation or {}
   if renegotiation.client_initiated then
      if renegotiation.secure == false then
         add("critical", "insecure_renegotiation",
            "clients may renegotiate, without RFC 5746: others can put their data before a client's")
      else
         add("notice", "client_renegotiation", "clients may renegotiate, which costs the server more than them")
      end
   end
   if report.ccs_injection then
      add("critical", "ccs_injection", "ChangeCipherSpec is taken before there are keys (CVE-2014-0224)")
   end
   local ticket = report.ticket or {}
   if (ticket.lifetime or 0) > 604800 then
      add("notice", "long_ticket", ("tickets live %d days, and seven are allowed (RFC 8446)"):format(
         math.floor(ticket.lifetime / 86400)))
   end
   local told = { hello_over_1460 = report.long_hello == false, hello_in_records = report.hello_in_records == false }
   local names = {}
   for name, answer in pairs(report.intolerance or {}) do
      -- no client sends a hello that long
      if answer.tolerant == false and not told[name] and name ~= "hello_over_16384" then names[#names + 1] = name end
   end
   table.sort(names)
   for _, name in ipairs(names) do
      local answer = report.intolerance[name].answer
      add("warning", "intolerance", ("what clients may send is not borne: %s%s"):format((name:gsub("_", " ")),
         type(answer) == "string" and " (" .. answer .. ")" or ""))
   end
end

-- Of each chain: the faults in it, and what the library's verification says beyond them.
local function judge_chains(report, add, settings)
   local list = report.chains or { report }
   for _, entry in ipairs(list) do
      local told = {}
      certificate_faults.judge(entry, function(level, code, text)
         told[code] = true
         add(level, code, text)
      end, settings)
      local verdict = tostring(entry.verdict)
      local known = told[verdict] or verdict == "certificate_expired" and told.expired
         or verdict == "certificate_not_yet_valid" and told.not_yet_valid
         or verdict == "name_mismatch" and (told.no_names or told.name_mismatch)
         or verdict == "unknown_ca" and told.incomplete_chain or verdict == "staple_required" and told.staple_missing
         or verdict == "certificate_revoked" and told.revoked
         or verdict == "wrong_purpose" and told.wrong_extended_key_usage
         or (verdict == "ocsp_expired" or verdict == "bad_ocsp_response") and (told.staple_expired or told.bad_staple)
      if not entry.verified and not known then
         add("critical", "not_trusted", ("clients refuse it: %s"):format(verdicts[verdict] or verdict))
      end
   end
   certificate_faults.judge_shared(list, add)
end

--- of(report, settings) is a list of {level, code, text, limit}, worst first; limit: the best grade with it, or nil.
-- settings: days, name, time.
function findings.of(report, settings)
   local list, known = {}, {}
   local function add(level, code, text, limit)
      if known[code .. text] then return end
      known[code .. text] = true
      local finding = { level = level, code = code, text = text, limit = limit }
      finding.limit = grade.limit(finding)
      list[#list + 1] = finding
   end
   judge_versions(report, add)
   judge_suites(report, add)
   judge_dhe(report, add)
   judge_hellos(report, add)
   judge_scan(report, add)
   if report.client_certificate_required then
      add("notice", "client_certificate_required", "a client certificate is required: see more with --cert and --key")
   elseif report.handshake_error then
      add("critical", "handshake_failed", ("no handshake can be completed: %s (%s)"):format(report.handshake_error,
         tostring(report.handshake_code)))
   end
   if report.chain then
      judge_chains(report, add, {
         days = settings.days or 21, name = settings.name, time = settings.time or os.time(), public = report.public,
      })
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
