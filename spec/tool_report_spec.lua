-- What probe's report is made of, without a server: grades, faults, HSTS fields, JSON and the page.
local certificate_faults = require "bearssl.tool.probe.certificate_faults"
local dkjson = require "dkjson"
local findings = require "bearssl.tool.findings"
local grade = require "bearssl.tool.probe.grade"
local hsts = require "bearssl.tool.probe.hsts"
local html = require "bearssl.tool.probe.html"
local json = require "bearssl.tool.json"
local ladder = require "bearssl.ladder"

local DAY = 86400
local NOW = 1800000000

-- A report on a server that is as it should be, of which `change` makes another one.
local function report(change)
   local leaf = {
      subject = "CN=example.org", issuer = "CN=CA", common_name = "example.org", serial = "0123456789abcdef01",
      not_before = NOW - DAY, not_after = NOW + 90 * DAY, names = { { type = "DNS", value = "example.org" } },
      public_key = { type = "EC", bits = 256, curve = "P-256" }, signature_algorithm = "ecdsa-with-SHA256",
      pin = "pin", fingerprint = "f1", extended_key_usage = { "serverAuth" }, issuer_uris = {}, must_staple = false,
   }
   local entry = {
      chain = { leaf }, key_type = "EC", verdict = "ok", verified = true, name_matches = true, in_order = true,
      superfluous = {}, order = { 1 }, root_sent = false, staple = false, scts = 2,
   }
   local made = {
      target = "example.org:443", server_name = "example.org", time = NOW, public = true, chains = { entry },
      chain = entry.chain, verdict = "ok", verified = true, name_matches = true, groups = {}, groups_hidden = {},
      versions = { { version = "TLSv1.3", supported = true, suites = { "TLS_AES_128_GCM_SHA256" } } },
      hsts = { max_age = 31536000, include_subdomains = true, preload = false }, http = { status = 200 },
      not_tested = {},
   }
   if change then change(made, leaf, entry) end
   made.findings = findings.of(made, { name = "example.org", time = NOW, days = 21 })
   made.grade, made.grade_reasons, made.grade_without_trust = grade.of(made)
   return made
end

local function codes(made)
   local list = {}
   for _, finding in ipairs(made.findings) do list[finding.code] = finding.level end
   return list
end

describe("probe's judgement", function()
   it("gives the best grade to what is as it should be", function()
      local made = report()
      assert.are.same({}, made.findings)
      assert.are.equal("A+", made.grade)
      assert.are.same({}, made.grade_reasons)
   end)

   it("finds the fault of a certificate, and limits the grade by it", function()
      local cases = {
         { "weak_key", "critical", "F", function(_, leaf) leaf.public_key = { type = "RSA", bits = 1024 } end },
         { "weak_key", "critical", "F", function(_, leaf) leaf.public_key = { type = "EC", bits = 192 } end },
         { "unusual_curve", "warning", "B", function(_, leaf) leaf.public_key = { type = "EC" } end },
         { "weak_signature", "critical", "F", function(_, l) l.signature_algorithm = "sha1WithRSAEncryption" end },
         { "weak_signature", "critical", "F", function(_, l) l.signature_algorithm = "1.2.840.113549.1.1.4" end },
         { "expired", "critical", "T", function(_, leaf) leaf.not_after = NOW - 1 end },
         { "not_yet_valid", "critical", "T", function(_, leaf) leaf.not_before = NOW + 60 end },
         { "expires_soon", "warning", "A", function(_, leaf) leaf.not_after = NOW + 20 * DAY end },
         { "long_lived", "warning", "B", function(_, leaf) leaf.not_after = leaf.not_before + 200 * DAY end },
         { "no_timestamps", "warning", "B", function(_, _, entry) entry.scts = 0 end },
         { "no_names", "critical", "T", function(_, leaf) leaf.names = {} end },
         { "name_mismatch", "critical", "T", function(_, _, entry) entry.name_matches = false end },
         { "odd_wildcard", "warning", "B", function(_, leaf) leaf.names[2] = { type = "DNS", value = "*.org" } end },
         { "odd_wildcard", "warning", "B", function(_, l) l.names[2] = { type = "DNS", value = "w*.example.org" } end },
         { "odd_wildcard", "warning", "B", function(_, l) l.names[2] = { type = "DNS", value = "a.*.org" } end },
         { "no_extended_key_usage", "notice", "A+", function(_, leaf) leaf.extended_key_usage = nil end },
         { "wrong_extended_key_usage", "critical", "T", function(_, l) l.extended_key_usage = { "clientAuth" } end },
         { "authority_as_server", "warning", "B", function(_, leaf) leaf.is_ca = true end },
         { "long_serial", "notice", "A+", function(_, leaf) leaf.serial = ("7f"):rep(21) end },
         { "short_serial", "notice", "A+", function(_, leaf) leaf.serial = "01" end },
         { "staple_missing", "critical", "T", function(_, leaf) leaf.must_staple = true end },
         { "staple_expired", "warning", "B", function(_, _, entry) entry.staple = { status = "ocsp_expired" } end },
         { "revoked", "critical", "T", function(_, _, entry) entry.staple = { status = "revoked" } end },
         { "bad_staple", "warning", "B", function(_, _, entry) entry.staple = { status = "tryLater" } end },
         { "chain_order", "warning", "A", function(_, _, entry) entry.in_order = false end },
         { "root_sent", "notice", "A+", function(_, _, entry) entry.root_sent = true end },
         { "not_trusted", "critical", "T", function(_, _, entry) entry.verified, entry.verdict = false, "x" end },
         { "superfluous_certificate", "notice", "A+", function(_, leaf, entry)
            entry.chain[2], entry.superfluous = leaf, { 2 }
         end },
         { "incomplete_chain", "critical", "T", function(_, leaf, entry)
            leaf.issuer_uris[1] = "http://ca.example/ca.crt"
            entry.incomplete, entry.verified, entry.verdict = true, false, "unknown_ca"
         end },
         { "shared_key", "warning", "B", function(made, leaf, entry)
            local other = {}
            for name, value in pairs(leaf) do other[name] = value end
            other.subject, other.fingerprint = "CN=other", "f2"
            made.chains[2] = {}
            for name, value in pairs(entry) do made.chains[2][name] = value end
            made.chains[2].chain = { other }
         end },
      }
      for _, case in ipairs(cases) do
         local code, level, letter = case[1], case[2], case[3]
         local made = report(case[4])
         assert.are.same({ [code] = level }, codes(made), code)
         assert.are.equal(letter, made.grade, code)
         assert.are.equal(letter == "A+" and 0 or 1, #made.grade_reasons)
         assert.are.equal(made.findings[1].limit, letter ~= "A+" and letter or nil)
         -- what it would be with a certificate that is trusted
         assert.are.equal(letter == "T" and "A+" or letter, made.grade_without_trust)
      end
   end)

   it("finds nothing in the longest validity that public authorities may give, by when it was issued", function()
      local issued = { -- a day before, and the day, each with what was allowed
         { 1583020800, 825 }, { 1598918399, 825 }, { 1598918400, 398 }, { 1773532799, 398 }, { 1773532800, 200 },
         { 1805068799, 200 }, { 1805068800, 100 }, { 1868227199, 100 }, { 1868227200, 47 },
      }
      for _, case in ipairs(issued) do
         assert.are.equal(case[2], certificate_faults.longest_validity(case[1]), case[1])
      end
      local made = report(function(_, leaf) leaf.not_after = leaf.not_before + 200 * DAY - 1 end)
      assert.are.same({}, made.findings)
      -- who has an authority of his own decides for himself
      made = report(function(all, leaf, entry)
         all.public, entry.scts, leaf.serial = false, 0, "01"
         leaf.not_after = leaf.not_before + 3000 * DAY
      end)
      assert.are.same({}, made.findings)
   end)

   it("judges what only hand-made hellos find", function()
      local cases = {
         { "broken_version", "F", function(made)
            table.insert(made.versions, 1, { version = "SSLv2", supported = true, suites = {} })
         end },
         { "broken_version", "C", function(made)
            table.insert(made.versions, 1, { version = "SSLv3", supported = true, suites = {} })
         end },
         { "weak_suite", "F", function(made)
            made.versions[1].foreign_suites = { "TLS_DH_anon_WITH_AES_128_GCM_SHA256" }
         end },
         { "weak_suite", "C", function(made) made.versions[1].suites[2] = "TLS_RSA_WITH_3DES_EDE_CBC_SHA" end },
         { "weak_dhe", "F", function(made) made.dhe = { bits = 512 } end },
         { "compression", "C", function(made) made.compression = true end },
         { "insecure_renegotiation", "F", function(made)
            made.renegotiation = { secure = false, client_initiated = true }
         end },
         { "client_renegotiation", "A+", function(made)
            made.renegotiation = { secure = true, client_initiated = true }
         end },
         { "ccs_injection", "F", function(made) made.ccs_injection = true end },
         { "long_ticket", "A+", function(made) made.ticket = { lifetime = 700000 } end },
         { "intolerance", "B", function(made)
            made.intolerance = { grease = { tolerant = false, answer = "closed" }, versions = { tolerant = true } }
         end },
      }
      for _, case in ipairs(cases) do
         local made = report(case[3])
         assert.is_truthy(codes(made)[case[1]], case[1])
         assert.are.equal(case[2], made.grade, case[1])
      end
   end)

   it("asks more of the best grade than no fault", function()
      local cases = {
         no_hsts = function(made) made.hsts = false end,
         short_hsts = function(made) made.hsts.max_age = 179 * DAY end,
         bad_hsts = function(made) made.hsts = { error = "wrong" } end,
         no_tls13 = function(made)
            made.versions = { { version = "TLSv1.2", supported = true,
               suites = { "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" } } }
         end,
      }
      for code, change in pairs(cases) do
         local made = report(change)
         assert.are.same({}, made.findings)
         assert.are.equal("A", made.grade, code)
         assert.are.equal(code, made.grade_reasons[1].code)
      end
      -- a port that speaks no HTTP
      assert.are.equal("A+", report(function(made) made.hsts, made.http = nil, nil end).grade)
      assert.is_true(grade.is_under("B", "A"))
      assert.is_false(grade.is_under("A+", "A"))
      assert.is_false(grade.is_under("B", "B"))
      assert.is_true(grade.is_under("T", "F"))
      assert.are.equal("A+", grade.parse "a+")
      assert.is_nil(grade.parse "T")
      assert.is_nil(grade.parse "E")
   end)
end)

describe("the guide on probe", function()
   it("names each finding and each reason", function()
      local page = assert(io.open "doc/guides/probing.md"):read "*a"
      local count = 0
      for _, name in ipairs { "findings", "probe/certificate_faults", "probe/grade" } do
         local source = assert(io.open("lua/bearssl/tool/" .. name .. ".lua")):read "*a"
         local function documented(code)
            count = count + 1
            assert.is_truthy(page:find("`" .. code .. "`", 1, true), code)
         end
         for code in source:gmatch '"%l+", "(%l[%l_]+%d*)",%s' do documented(code) end
         for code in source:gmatch 'add%("(%l+_[%l_]+%d*)", ' do documented(code) end
         for code in (source:match "local by_code = (%b{})" or ""):gmatch "([%l_]+) =" do documented(code) end
      end
      assert.is_true(count > 60, count)
   end)
end)

describe("a Strict-Transport-Security field", function()
   it("is read as RFC 6797 section 6.1 has it", function()
      assert.are.same({ max_age = 31536000, include_subdomains = true, preload = true },
         hsts.parse 'MAX-AGE="31536000" ; includeSubDomains;; preload; other=1')
      assert.are.same({ max_age = 0, include_subdomains = false, preload = false }, hsts.parse "max-age=0")
      for _, text in ipairs { "", "includeSubDomains", "max-age", "max-age=-1", "max-age=1e3", "max-age=1; max-age=2",
         "max-age=;" } do
         local parsed, message = hsts.parse(text)
         assert.is_nil(parsed, text)
         assert.is_string(message)
      end
   end)
end)

describe("the tool's JSON", function()
   it("has its keys in order, and says what it is given", function()
      assert.are.equal('{"a":[1,2.5,true],"b":[],"c":{"x":"y"}}',
         json.encode({ c = { x = "y" }, b = {}, a = { 1, 2.5, true } }, true))
      assert.are.equal('{\n  "a": [\n    1\n  ],\n  "b": "x"\n}', json.encode { b = "x", a = { 1 } })
      assert.are.equal('[1800000000,-3,0.25,null]', json.encode({ 1.8e9, -3.0, 0.25, math.huge }, true))
      local value = { text = "a\"\\\0\1\n\127</script>é\226\128\168", list = { {}, { a = { "b" } } } }
      assert.are.same(value, dkjson.decode(json.encode(value)))
      assert.is_nil(json.encode(value):find "[%z\1-\9\11-\31\127]")
   end)
end)

describe("probe's page", function()
   local EVIL = "<script>alert(1)</script>\"' onload=x \27[31m\226\128\174evil\255&amp;"

   local function page(change)
      local recorder = ladder.recorder()
      recorder:remark(EVIL, { { "name", EVIL } })
      local made = report(change)
      made.handshake = { ok = true, seconds = 0.01, version = EVIL, messages = { { name = EVIL, time = 0.001 } } }
      return html.page(made, recorder)
   end

   it("shows what a server chose as text, and loads nothing", function()
      local text = page(function(made, leaf, entry)
         leaf.subject, leaf.issuer, leaf.names[1].value, leaf.serial = EVIL, EVIL, EVIL, EVIL
         leaf.signature_algorithm, leaf.public_key.curve = EVIL, EVIL
         entry.verdict, entry.verified, entry.staple = EVIL, false, { status = EVIL, message = EVIL }
         made.target, made.server_name, made.not_tested = EVIL, EVIL, { EVIL }
         made.certificate_authorities, made.alpn, made.ech, made.ech_public_names = { EVIL }, { EVIL }, true, { EVIL }
         made.versions[1].foreign_suites, made.foreign_groups, made.hsts = { EVIL }, { EVIL }, { error = EVIL }
         made.intolerance = { [EVIL] = { tolerant = false, answer = EVIL } }
      end)
      assert.is_nil(text:find("<script", 1, true))
      assert.is_nil(text:find "[%z\1-\9\11-\31\127\255]")
      assert.is_nil(text:find("\226\128\174", 1, true))
      assert.is_nil(text:find("&amp;amp;amp;", 1, true))
      assert.is_truthy(text:find("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; onload=x \\x1B[31m", 1, true))
      -- nothing from elsewhere
      assert.is_nil(text:find "https?://")
      assert.is_nil(text:find "url%(")
      for address in text:gmatch 'src="([^"]*)"' do
         assert.are.equal("data:image/svg+xml;base64,", address:sub(1, 26))
         local drawing = require("mime").unb64(address:sub(27))
         assert.is_truthy(drawing:find("<svg", 1, true))
         assert.is_nil(drawing:find("<script", 1, true))
      end
   end)

   it("closes what it opens", function()
      local text = page():gsub("<style>.-</style>", ""):gsub("<!DOCTYPE html>", "")
      local open = {}
      for closing, name, rest in text:gmatch "<(/?)(%a%w*)([^>]*)>" do
         if closing == "/" then
            assert.are.equal(table.remove(open), name)
         elseif rest:sub(-1) ~= "/" and name ~= "meta" and name ~= "img" then
            open[#open + 1] = name
         end
      end
      assert.are.same({}, open)
   end)

   it("says what went wrong where there is no report", function()
      local text = html.page({ target = "x:1", server_name = "x", time = NOW, error = "<refused>", code = "closed" })
      assert.is_truthy(text:find("&lt;refused&gt; (closed)", 1, true))
   end)
end)
