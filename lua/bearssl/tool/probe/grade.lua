-- The grade of a server: the lowest limit among its findings, and what keeps it from the best. doc/guides/probing.md
-- states these rules.
local grade = {}

--- From the best to the worst. T: clients do not trust the certificate, whatever else there is.
grade.letters = { "A+", "A", "B", "C", "D", "F", "T" }

local rank = {}
for i, letter in ipairs(grade.letters) do rank[letter] = i end

local by_level = { critical = "F", warning = "B" }

-- Findings whose limit is not that of their level; false: none.
local by_code = {
   expired = "T", not_yet_valid = "T", name_mismatch = "T", no_names = "T", not_trusted = "T", incomplete_chain = "T",
   revoked = "T", staple_missing = "T", wrong_extended_key_usage = "T",
   no_modern_version = "C", no_forward_secrecy = "C", compression = "C",
   expires_soon = "A", chain_order = "A", no_extended_master_secret = "A", no_fallback_protection = "A",
   early_data = "A",
}

--- limit(finding) is the best grade with it, or nil where it limits none.
function grade.limit(finding)
   return finding.limit or by_code[finding.code] or by_level[finding.level]
end

local HALF_A_YEAR = 180 * 86400

local function supports(report, version)
   for _, entry in ipairs(report.versions) do
      if entry.version == version then return entry.supported end
   end
   return false
end

-- What is no fault, but the best grade is not given without.
local function missing(report)
   local list = {}
   local function add(code, text) list[#list + 1] = { code = code, limit = "A", text = text } end
   if not supports(report, "TLSv1.3") then add("no_tls13", "TLS 1.3 is not supported") end
   if report.client_certificate_required then
      add("not_seen_through", "without a client's certificate no handshake could be completed")
   elseif report.hsts == false then
      add("no_hsts", "there is no Strict-Transport-Security field: browsers may come without TLS")
   elseif report.hsts and report.hsts.error then
      add("bad_hsts", "the Strict-Transport-Security field is not valid: " .. report.hsts.error)
   elseif report.hsts and report.hsts.max_age < HALF_A_YEAR then
      add("short_hsts", ("Strict-Transport-Security is for %d days only; 180 are asked for"):format(
         math.floor(report.hsts.max_age / 86400)))
   end
   return list
end

-- The lowest limit in a list of reasons, T left out or not.
local function lowest(reasons, without_trust)
   local worst = 1
   for _, reason in ipairs(reasons) do
      if not (without_trust and reason.limit == "T") then worst = math.max(worst, rank[reason.limit]) end
   end
   return grade.letters[worst]
end

--- of(report) judges a report that has its findings: letter, reasons (a list of {code, limit, text}, those that limit
-- most first), and the letter that it would have if the certificate were trusted.
function grade.of(report)
   local reasons = {}
   for _, finding in ipairs(report.findings) do
      local limit = grade.limit(finding)
      if limit then reasons[#reasons + 1] = { code = finding.code, limit = limit, text = finding.text } end
   end
   for _, reason in ipairs(missing(report)) do reasons[#reasons + 1] = reason end
   local position = {}
   for i, reason in ipairs(reasons) do position[reason] = i end
   table.sort(reasons, function(a, b)
      if rank[a.limit] ~= rank[b.limit] then return rank[a.limit] > rank[b.limit] end
      return position[a] < position[b]
   end)
   return lowest(reasons), reasons, lowest(reasons, true)
end

--- is_under(letter, wanted): is a grade worse than the one that is wanted?
function grade.is_under(letter, wanted)
   return rank[letter] > rank[wanted]
end

--- parse(text) is the letter of "a+", "B" …, or nil and what is wrong (argparse).
function grade.parse(text)
   local letter = text:upper()
   if rank[letter] and letter ~= "T" then return letter end
   return nil, ("'%s' is no grade: A+, A, B, C, D, F"):format(text)
end

return grade
