-- What probe reports of real servers' certificates, staples and HTTP, and how it ends.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local json = require "dkjson"
local peer = require "spec.support.peer"
local process = require "spec.support.process"
local temporary = require "spec.support.temporary"
local tool = require "spec.support.tool"

local ca = assert(bearssl.certificate.load(certificates.ca.certificate))[1]
local ca_key = assert(bearssl.key.load(certificates.ca.key))

-- A certificate by the specs' CA, which public authorities would make too but for `change`.
local function issue(change, key)
   key = key or assert(bearssl.key.generate "p256")
   local fields = { key = key, issuer = ca, issuer_key = ca_key, names = { "localhost" }, days = 90 }
   for name, value in pairs(change or {}) do fields[name] = value end
   return assert(bearssl.certificate.issue(fields)), key
end

local function serve(chain, key, ...)
   local pem = {}
   for i, certificate in ipairs(chain) do pem[i] = certificate:pem() end
   return tool.serve("--cert", temporary.write(table.concat(pem)), "--key", temporary.write(key:pem()), ...)
end

local function probe(port, ...)
   local status, out, err = tool("probe", "--cafile", certificates.ca.certfile, "--json", "localhost:" .. port, ...)
   local document = assert(json.decode(out), out .. err)
   document.codes = {}
   for _, finding in ipairs(document.findings or {}) do document.codes[finding.code] = finding.level end
   return document, status
end

-- A case is what its first element makes, and the codes that are to be found.
local function judge(case, server)
   local document = probe(server.port)
   case[1] = nil
   assert.are.same(case, document.codes, json.encode(document.findings))
   server:stop()
end

describe("probe's report", function()
   it("names the fault of a real certificate", function()
      local cases = {
         { { names = { "*.com", "localhost" } }, odd_wildcard = "warning" },
         { { names = {}, subject = "CN=localhost", extended_key_usage = { "serverAuth" } }, no_names = "critical" },
         { { extended_key_usage = { "clientAuth" } }, wrong_extended_key_usage = "critical" },
         { { extended_key_usage = false }, no_extended_key_usage = "notice" },
         { { must_staple = true }, staple_missing = "critical" },
      }
      for _, case in ipairs(cases) do
         local certificate, key = issue(case[1])
         judge(case, serve({ certificate }, key))
      end
   end)

   it("sees what is wrong with a chain", function()
      local upper_key = assert(bearssl.key.generate "p256")
      local upper = assert(bearssl.certificate.issue { key = upper_key, issuer = ca, issuer_key = ca_key, ca = true,
         subject = "CN=Upper" })
      local leaf, key = issue { issuer = upper, issuer_key = upper_key, issuer_uris = "http://ca.example/upper.crt" }
      local stranger = issue { names = { "stranger.example" } }
      local cases = {
         { { leaf, upper } },
         { { leaf, upper, ca }, root_sent = "notice" },
         { { leaf, ca, upper }, root_sent = "notice", chain_order = "warning" },
         { { leaf, upper, stranger }, superfluous_certificate = "notice" },
         { { leaf }, incomplete_chain = "critical" },
      }
      for _, case in ipairs(cases) do judge(case, serve(case[1], key)) end
   end)

   it("looks at the certificate of each kind of key, in each version", function()
      for _, most in ipairs { "1.3", "1.2" } do
         local server = tool.serve("--max", most, "--cert", certificates.ec.chainfile, "--key", certificates.ec.keyfile,
            "--cert", certificates.sha1.chainfile, "--key", certificates.sha1.keyfile)
         assert.are.equal(1, #probe(server.port).chains)
         server:stop()
         server = tool.serve("--max", most, "--cert", certificates.ec.chainfile, "--key", certificates.ec.keyfile,
            "--cert", certificates.weak.chainfile, "--key", certificates.weak.keyfile)
         local document = probe(server.port)
         local kinds = {}
         for i, entry in ipairs(document.chains) do kinds[i] = entry.key_type end
         table.sort(kinds)
         assert.are.same({ "EC", "RSA" }, kinds)
         assert.are.equal("critical", document.codes.weak_key)
         server:stop()
      end
   end)

   it("reads what is stapled", function()
      local leaf, key = issue()
      local now = os.time()
      local cases = {
         { "good", {} }, { "revoked", { status = "revoked" }, revoked = "critical" },
         { "ocsp_expired", { this_update = now - 9 * 86400, next_update = now - 86400 }, staple_expired = "warning" },
      }
      for _, case in ipairs(cases) do
         local fields = { certificate = leaf, issuer = ca, issuer_key = ca_key }
         for name, value in pairs(case[2]) do fields[name] = value end
         local response = assert(bearssl.ocsp.new(fields))
         local server = peer.openssl_server {
            certificate = { certfile = temporary.write(leaf:pem()), keyfile = temporary.write(key:pem()), rest = "" },
            arguments = { "-no_tls1", "-no_tls1_1", "-status_file", temporary.write(response:der()) },
         }
         local document = probe(server.port)
         assert.are.equal(case[1], document.chains[1].staple.status, case[1])
         for _, code in ipairs { "revoked", "staple_expired", "bad_staple", "staple_missing" } do
            assert.are.equal(case[code], document.codes[code], code)
         end
         assert.are.equal(case[1] == "good", document.verified)
         server:stop()
      end
   end)

   it("holds certificates of the system's authorities to the rules of public ones", function()
      local server = tool.serve(tool.credential "ec")
      local child = tool.start({ "probe", "--json", "localhost:" .. server.port },
         { environment = { SSL_CERT_FILE = certificates.ca.certfile } })
      assert.are.equal(3, child:wait(60))
      local codes = {}
      for _, finding in ipairs(json.decode(child:output()).findings) do codes[finding.code] = finding.level end
      assert.are.same({ long_lived = "warning", no_timestamps = "warning" }, codes)
      server:stop()
   end)
end)

-- A server that answers HEAD with a field, or one that speaks another protocol.
local WEB = [[
import http.server, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.send_response(301)
        for value in sys.argv[3:]:
            self.send_header("Strict-Transport-Security", value)
        self.send_header("Location", "/elsewhere")
        self.end_headers()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.set_ciphers("ECDHE+AESGCM")
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print("listening on", server.server_port, flush=True)
server.serve_forever()
]]

local function web(...)
   local child = process.start({ "python3", temporary.write(WEB, ".py"), certificates.ec.chainfile,
      certificates.ec.keyfile, ... }, { separate = true })
   child.port = tonumber(child:wait_for "listening on (%d+)")
   return child
end

describe("the guide on probe", function()
   it("names each field of the report", function()
      local page = temporary.read "doc/guides/probing.md"
      local server = tool.serve("--min", "1.0", "--suites", "all", "--early-data", "1024", tool.credential "rsa")
      local document = probe(server.port)
      document.codes = nil
      for _, object in ipairs { document, document.chains[1], document.chain[1], document.handshake,
         document.findings[1], document.versions[1], document.renegotiation, document.ticket } do
         for name in pairs(object) do assert.is_truthy(page:find("[`{ ]" .. name .. "[`},]"), name) end
      end
      server:stop()
   end)
end)

describe("probe", function()
   it("asks for Strict-Transport-Security, of which the first field counts", function()
      local server = web("max-age=31536000; includeSubDomains", "max-age=0")
      local document, status = probe(server.port)
      assert.are.same({ value = "max-age=31536000; includeSubDomains", max_age = 31536000, include_subdomains = true,
         preload = false }, document.hsts)
      assert.are.equal(301, document.http.status)
      assert.are.equal("A+", document.grade, json.encode(document.grade_reasons))
      assert.are.same({}, document.grade_reasons)
      assert.are.equal(0, status)
      -- to an address it does not apply (RFC 6797 section 8.1.1)
      local _, out = tool("probe", "--cafile", certificates.ca.certfile, "--json", "127.0.0.1:" .. server.port)
      assert.is_nil(json.decode(out).hsts)
      server:stop()
      server = web()
      assert.is_false(probe(server.port).hsts)
      server:stop()
   end)

   it("writes a page, also of what failed, and says when it cannot", function()
      local server = tool.serve(tool.credential "ec")
      local path = temporary.path ".html"
      local status, out = tool("probe", "--cafile", certificates.ca.certfile, "--html", path,
         "localhost:" .. server.port)
      assert.are.equal(0, status)
      assert.is_truthy(out:find "\ngrade +A\n")
      assert.is_truthy(out:find "\nnot tested\n")
      local page = temporary.read(path)
      assert.is_truthy(page:find("<h2>What was not tested</h2>", 1, true))
      assert.is_truthy(page:find('<svg class="chain"', 1, true))
      assert.is_truthy(page:find("data:image/svg+xml;base64,", 1, true))
      status, out = tool("probe", "--html", "/nowhere/page.html", "localhost:" .. server.port)
      assert.are.equal(1, status)
      assert.is_truthy(out:find "grade +T", out)
      assert.are.equal(2, (tool("probe", "--html", "", "localhost:1")))
      server:stop()
      status = tool("probe", "--html", path, "localhost:" .. server.port)
      assert.are.equal(1, status)
      assert.is_truthy(temporary.read(path):find("<h2>No report</h2>", 1, true))
   end)

   it("ends by the grade that is asked for", function()
      local server = tool.serve("--min", "1.0", "--suites", "all", tool.credential "rsa")
      local document, status = probe(server.port)
      assert.are.equal(3, status)
      for wanted, expected in pairs { ["A+"] = 3, a = 3, B = 3, C = 0, D = 0, F = 0 } do
         assert.are.equal(expected, select(2, probe(server.port, "--fail-under", wanted)), wanted .. document.grade)
      end
      assert.are.equal(2, (tool("probe", "--fail-under", "E", "localhost:1")))
      server:stop()
   end)
end)
