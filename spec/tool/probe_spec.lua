-- What the tool's probe finds out about servers: ours, OpenSSL's and GnuTLS's.
local certificates = require "spec.support.certificates"
local dh_groups = require "spec.support.dh_groups"
local json = require "dkjson"
local middle = require "spec.support.middle"
local peer = require "spec.support.peer"
local temporary = require "spec.support.temporary"
local tool = require "spec.support.tool"

local credential, serve = tool.credential, tool.serve

describe("probe", function()
   local function findings_of(document)
      local codes = {}
      for _, finding in ipairs(document.findings) do
         codes[finding.code] = finding.level
      end
      return codes
   end

   local function probe(port, ...)
      local status, out, err = tool("probe", "--cafile", certificates.ca.certfile, "--json", "localhost:" .. port, ...)
      local document = json.decode(out)
      assert.is_truthy(document, out .. err)
      return status, document
   end

   it("finds nothing wrong with our server as it comes", function()
      local server = serve("--alpn", "http/1.1", credential "ec")
      local status, document = probe(server.port)
      assert.are.same({}, document.findings)
      assert.are.equal(0, status)
      for _, entry in ipairs(document.versions) do
         assert.are.equal(entry.version >= "TLSv1.2", entry.supported)
      end
      assert.is_true(document.verified)
      assert.is_true(document.name_matches)
      assert.is_true(document.resumption)
      assert.is_true(document.secure_renegotiation)
      assert.is_true(document.server_order)
      assert.is_true(document.hello_retry)
      assert.are.equal(0, document.early_data)
      assert.are.same({ "http/1.1" }, document.alpn)
      local groups = {}
      for _, name in ipairs(document.groups) do
         groups[name] = true
      end
      assert.is_true(groups.x25519 and groups.secp256r1)
      assert.are.equal("P-256", document.chain[1].public_key.curve)
      server:stop()
      server = serve("--groups", "secp384r1,x25519", credential "rsa")
      document = select(2, probe(server.port))
      table.sort(document.groups)
      assert.are.same({ "secp384r1", "x25519" }, document.groups)
      assert.are.same({}, document.groups_hidden)
      server:stop()
   end)

   it("reports the group of DHE, and one that is too short", function()
      local server = serve("--max", "1.2", "--suites", "modern,TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", credential "rsa")
      local _, document = probe(server.port)
      assert.are.same({ bits = 2048, group = "ffdhe2048" }, document.dhe)
      local _, text = tool("probe", "--cafile", certificates.ca.certfile, "localhost:" .. server.port)
      assert.is_truthy(text:find("DHE group      ffdhe2048", 1, true), text)
      local status, _, err = tool("fetch", "-v", "--cafile", certificates.ca.certfile, "--suites",
         "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "--max", "1.2", "https://localhost:" .. server.port)
      assert.are.equal(0, status, err)
      assert.is_truthy(err:find("TLSv1.2, TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, ffdhe2048", 1, true), err)
      server:stop()
      for bits, level in pairs { [1024] = "warning", [2048] = "none" } do
         local other = peer.openssl_server {
            certificate = certificates.rsa,
            arguments = { "-no_tls1_3", "-dhparam", temporary.write(dh_groups[bits]) },
         }
         document = select(2, probe(other.port))
         assert.are.same({ bits = bits }, document.dhe)
         assert.are.equal(level, findings_of(document).weak_dhe or "none")
         other:stop()
      end
   end)

   it("reports what TLS 1.3 has", function()
      local server = serve("--early-data", "4096", "--tickets", "1", "--min", "1.3",
         "--suites", "TLS_CHACHA20_POLY1305_SHA256,TLS_AES_256_GCM_SHA384", credential "rsa")
      local status, document = probe(server.port)
      assert.are.equal(0, status)
      assert.are.same({ early_data = "notice" }, findings_of(document))
      for _, entry in ipairs(document.versions) do
         assert.are.equal(entry.version == "TLSv1.3", entry.supported)
      end
      assert.are.same({ "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384" },
         document.versions[#document.versions].suites)
      assert.are.equal(4096, document.early_data)
      assert.is_true(document.tickets)
      assert.is_true(document.resumption_by_ticket)
      assert.is_nil(document.resumption_by_id)
      assert.is_nil(document.extended_master_secret)
      assert.is_nil(document.secure_renegotiation)
      server:stop()
      server = serve("--tickets", "0", credential "rsa")
      document = select(2, probe(server.port))
      assert.is_false(document.tickets)
      assert.is_false(document.resumption_by_ticket)
      assert.is_true(document.resumption_by_id)
      server:stop()
   end)

   it("finds exactly the suites of a server, in its order", function()
      local list = { "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_RSA_WITH_AES_128_CBC_SHA",
         "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" }
      local server = serve("--suites", table.concat(list, ","), "--min", "1.1", credential "rsa")
      local status, document = probe(server.port)
      assert.are.equal(3, status)
      local suites = {}
      for _, entry in ipairs(document.versions) do
         suites[entry.version] = entry.suites
      end
      assert.are.same(list, suites["TLSv1.2"])
      assert.are.same({ "TLS_RSA_WITH_AES_128_CBC_SHA" }, suites["TLSv1.1"])
      assert.are.same({}, suites["TLSv1.0"])
      local codes = findings_of(document)
      assert.are.equal("warning", codes.weak_version)
      assert.are.equal("warning", codes.weak_suite)
      server:stop()
   end)

   it("finds what is wrong with certificates", function()
      local cases = {
         expired = "expired", notyet = "not_yet_valid", wronghost = "name_mismatch", selfsigned = "not_trusted",
         untrusted = "not_trusted", weak = "weak_key", sha1 = "weak_signature",
      }
      for name, code in pairs(cases) do
         local server = serve(credential(name))
         local status, document = probe(server.port)
         assert.are.equal(3, status, name)
         assert.are.equal("critical", findings_of(document)[code], name .. ": " .. json.encode(document.findings))
         server:stop()
      end
      local server = serve(credential "ec")
      local status, document = probe(server.port, "--expires", "10000")
      assert.are.equal(3, status)
      assert.are.equal("warning", findings_of(document).expires_soon)
      server:stop()
      server = serve("--verify", "required", "--cafile", certificates.ca.certfile, credential "ec")
      status, document = probe(server.port)
      assert.are.equal(0, status)
      assert.are.same({ client_certificate_required = "notice" }, findings_of(document))
      server:stop()
   end)

   it("reports tickets, the extended master secret and fallback protection", function()
      local tls12 = require "spec.support.tls12"
      local server = serve("--suites", "all", "--min", "1.0", credential "rsa")
      local _, document = probe(server.port)
      assert.is_true(document.extended_master_secret)
      assert.is_true(document.tickets)
      assert.is_true(document.resumption_by_ticket and document.resumption_by_id)
      assert.is_true(document.fallback_protection)
      assert.is_nil(findings_of(document).no_extended_master_secret)
      server:stop()
      -- nothing older, nothing to protect from
      server = serve("--max", "1.2", credential "rsa")
      _, document = probe(server.port)
      assert.is_nil(document.fallback_protection)
      assert.is_nil(findings_of(document).no_fallback_protection)
      server:stop()
      for _, kind in ipairs(tls12.kinds) do
         local other = tls12.server(kind, { certificate = certificates.rsa, ems = false, tickets = false })
         local probed
         probed, document = probe(other.port)
         assert.are.equal(3, probed) -- for there are warnings
         assert.is_false(document.extended_master_secret)
         assert.is_false(document.tickets)
         assert.is_nil(document.resumption_by_ticket)
         assert.is_true(document.resumption_by_id)
         assert.is_true(document.fallback_protection)
         assert.are.equal("warning", findings_of(document).no_extended_master_secret)
         other:stop()
      end
   end)

   it("says whether a server has post-quantum groups", function()
      local server = serve(credential "ec")
      local _, document = probe(server.port)
      assert.is_true(document.post_quantum)
      assert.is_true(document.long_hello)
      assert.is_true(document.hello_in_records)
      local has = {}
      for _, group in ipairs(document.groups) do has[group] = true end
      assert.is_true(has.X25519MLKEM768)
      local status, out = tool("probe", "--cafile", certificates.ca.certfile, "localhost:" .. server.port)
      assert.are.equal(0, status)
      assert.is_truthy(out:find "groups +[^\n]*X25519MLKEM768", out)
      assert.is_truthy(out:find "post%-quantum +yes", out)
      server:stop()
      server = serve("--groups", "x25519", credential "ec")
      _, document = probe(server.port)
      assert.is_false(document.post_quantum)
      assert.are.equal("notice", findings_of(document).no_post_quantum)
      server:stop()
   end)

   it("names servers that bear no long ClientHello, or none in several records", function()
      local server = serve(credential "ec")
      local cases = {
         { { longest = 1200 }, long_hello = false, hello_in_records = true, finding = "long_hello_intolerance" },
         { { whole = true }, long_hello = true, hello_in_records = false, finding = "hello_records_intolerance" },
         { { longest = 500, whole = true }, long_hello = false, hello_in_records = false,
            finding = "long_hello_intolerance" },
      }
      for _, case in ipairs(cases) do
         local gate = middle.start(server.port, case[1])
         local status, document = probe(gate.port)
         assert.are.equal(3, status)
         assert.are.equal(case.long_hello, document.long_hello)
         assert.are.equal(case.hello_in_records, document.hello_in_records)
         assert.are.equal("warning", findings_of(document)[case.finding])
         -- what is asked afterwards is short, and so is answered
         assert.is_true(document.versions[#document.versions].supported)
         assert.is_true(document.verified)
         assert.are.equal(case.long_hello, document.post_quantum)
         gate:stop()
      end
      server:stop()
   end)

   it("warns of a server that does not see through a fallback", function()
      local list = require("bearssl.tool.findings").of({
         versions = {}, chain = { { not_after = 2, not_before = 0, subject = "s", issuer = "i",
            public_key = { type = "EC" }, signature_algorithm = "ecdsa_sha256" } },
         name_matches = true, verified = true, secure_renegotiation = true, extended_master_secret = true,
         fallback_protection = false,
      }, { time = 1, days = 0 })
      assert.are.equal("warning", findings_of({ findings = list }).no_fallback_protection)
   end)

   it("reports on OpenSSL's server, as text, without a progress bar on a pipe", function()
      local child = peer.openssl_server { certificate = certificates.rsa,
         arguments = { "-cipher", "ALL:@SECLEVEL=0", "-no_ticket", "-no_tls1_3" } }
      local status, out, err = tool("probe", "--cafile", certificates.ca.certfile, "localhost:" .. child.port)
      assert.are.equal("", err)
      assert.are.equal(3, status)
      assert.is_truthy(out:find("TLSv1%.2 +yes, %d+ suites"), out)
      assert.is_truthy(out:find("RSA key exchange has no forward secrecy", 1, true), out)
      assert.is_truthy(out:find("trust +verified"), out)
      assert.is_truthy(out:find("master secret +extended"), out)
      assert.is_truthy(out:find("tickets +no"), out)
      assert.is_truthy(out:find("resumption +by ID"), out)
      assert.is_truthy(out:find("fallback +refused"), out)
      assert.is_nil(out:find("\27", 1, true))
      child:stop()
      child = peer.openssl_server { certificate = certificates.rsa, mode = "commands",
         arguments = { "-early_data" } }
      status, out = tool("probe", "--cafile", certificates.ca.certfile, "localhost:" .. child.port)
      assert.is_truthy(out:find("TLSv1%.3 +yes, %d+ suites"), out)
      assert.is_truthy(out:find("early data +16384 bytes"), out)
      assert.is_truthy(out:find("tickets +yes"), out)
      assert.is_truthy(out:find("groups +[^\n]*x25519"), out)
      assert.is_true(status == 0 or status == 3)
      child:stop()
   end)
end)
