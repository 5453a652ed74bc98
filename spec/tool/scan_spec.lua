-- What a scan by hand-made ClientHellos finds at servers that are older, worse or more broken than any that is
-- installed.
local json = require "dkjson"
local old_server = require "spec.support.old_server"
local scan = require "bearssl.tool.scan"
local socket = require "socket"
local tool = require "spec.support.tool"

-- Of mod_ssl, 1024 bits.
local WEAK = "D67DE440CBBBDC1936D693D34AFD0AD50C84D239A45F520BB88174CB98BCE951849F912E639C72FB13B4B4D7177E16D55AC1"
   .. "79BA420B2A29FE324A467A635E81FF5901377BEDDCFD33168A461AAD3B72DAE8860078045B07A7DBCA7874087D1510EA9FCC"
   .. "9DDD330507DD62DB88AEAA747DE0F4D6E2BD68B0E7393E0F24218EB3"
local SLOWDOWN = tonumber(os.getenv "SLOWDOWN") or 1

describe("a scan", function()
   local server
   after_each(function()
      if server then server:stop() end
      server = nil
   end)

   local function run(what, more)
      server = old_server.start(what)
      local prober = { host = "127.0.0.1", port = server.port, name = "localhost", timeout = 5 }
      for name, value in pairs(more or {}) do prober[name] = value end
      local report = { versions = {} }
      for _, version in ipairs { "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3" } do
         table.insert(report.versions, { version = version, supported = false, suites = {} })
      end
      local began = socket.gettime()
      scan.run(prober, report, { step = function() end })
      local by_version = {}
      for _, entry in ipairs(report.versions) do by_version[entry.version] = entry end
      return report, by_version, socket.gettime() - began
   end

   local function says(report, pattern)
      for _, sentence in ipairs(report.not_tested) do
         if sentence:find(pattern) then return true end
      end
      return false
   end

   local function sorted(list)
      table.sort(list)
      return list
   end

   it("finds SSLv2 and SSLv3 with their suites, in front", function()
      local report, by = run "{ ssl2 = { 0x0700C0, 0x020080, 0x010080 }, [0x0300] = { 5, 10, 3, 9 } }"
      assert.same("SSLv2", report.versions[1].version)
      assert.same("SSLv3", report.versions[2].version)
      assert.is_true(by.SSLv2.supported and by.SSLv3.supported)
      assert.same({ "SSL_CK_DES_192_EDE3_CBC_WITH_MD5", "SSL_CK_RC4_128_EXPORT40_WITH_MD5",
         "SSL_CK_RC4_128_WITH_MD5" }, by.SSLv2.suites)
      assert.same({ "TLS_RSA_WITH_RC4_128_SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_EXPORT_WITH_RC4_40_MD5",
         "TLS_RSA_WITH_DES_CBC_SHA" }, by.SSLv3.suites)
      for _, version in ipairs { "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3" } do
         assert.is_false(by[version].supported, version)
         assert.same({}, by[version].foreign_suites)
      end
      assert.same({}, report.intolerance)
      assert.is_true(says(report, "Heartbleed"))
   end)

   it("finds that there is neither", function()
      local _, by = run "{ [0x0303] = { 5 } }"
      assert.is_false(by.SSLv2.supported)
      assert.is_false(by.SSLv3.supported)
      assert.is_true(by["TLSv1.2"].supported)
      assert.same({ "TLS_RSA_WITH_RC4_128_SHA" }, by["TLSv1.2"].foreign_suites)
   end)

   it("finds suites of every kind that the library has not, each in its version", function()
      local report, by = run("{ [0x0301] = { 1, 0x14, 0x18, 0x41, 0x96, 7, 0xFEFE },"
         .. "[0x0303] = { 0xC106, 0x3B, 0xC050, 0xCC13, 0xC010 }, groups = { 9, 26 }, schemes = { 0x303, 0x501 },"
         .. "is_dhe = { [0x14] = true, [0x18] = true }, prime = '" .. WEAK .. "', secure = true, heartbeat = true }")
      assert.same({ "SSL_RSA_FIPS_WITH_DES_CBC_SHA", "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA",
         "TLS_DH_anon_WITH_RC4_128_MD5", "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA", "TLS_RSA_WITH_IDEA_CBC_SHA",
         "TLS_RSA_WITH_NULL_MD5", "TLS_RSA_WITH_SEED_CBC_SHA" }, sorted(by["TLSv1.0"].foreign_suites))
      assert.same({}, by["TLSv1.1"].foreign_suites)
      assert.same({ "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256_OLD", "TLS_ECDHE_RSA_WITH_NULL_SHA",
         "TLS_GOSTR341112_256_WITH_MAGMA_MGM_S", "TLS_RSA_WITH_ARIA_128_GCM_SHA256", "TLS_RSA_WITH_NULL_SHA256" },
         sorted(by["TLSv1.2"].foreign_suites))
      assert.same({ "sect283k1", "brainpoolP256r1" }, report.foreign_groups)
      assert.same({ "ecdsa_sha224", "rsa_pkcs1_sha384" }, report.signature_schemes)
      assert.same({ bits = 1024, group = "mod_ssl 2.2.x", common = true }, report.dhe)
      assert.is_true(report.renegotiation.secure)
      assert.is_true(report.heartbeat)
      assert.is_false(report.compression)
      assert.is_false(report.ccs_injection)
      assert.is_true(report.connections > 20 and report.connections < 120)
   end)

   it("measures the group of an export suite, which is weaker than the usual one", function()
      local report = run("{ [0x0301] = { 0x14 }, is_dhe = { [0x14] = true }, prime = '" .. ("F1"):rep(64) .. "' }")
      assert.same({ bits = 512 }, report.dhe)
   end)

   it("finds compression, ChangeCipherSpec that comes too early, and a fallback that is not refused", function()
      local report = run "{ [0x0300] = { 5 }, [0x0303] = { 5 }, deflate = true, ccs = 'taken' }"
      assert.is_true(report.compression)
      assert.is_true(report.ccs_injection)
      assert.is_false(report.renegotiation.secure)
      assert.is_false(report.fallback_protection)
      assert.is_true(says(report, "without RFC 5746"))
      server:stop()
      assert.is_true((run "{ [0x0300] = { 5 }, [0x0303] = { 5 }, fallback = true }").fallback_protection)
   end)

   it("names what a server does not bear", function()
      local bears = "{ version = false, unknown_extension = false, grease = false, empty = false, records = false, "
         .. "record_version = false, name = false }"
      local report = run("{ [0x0303] = { 5 }, longest = 1500, bears = " .. bears .. " }")
      local wrong = {}
      for name, answer in pairs(report.intolerance) do
         if not answer.tolerant then wrong[#wrong + 1] = name .. ": " .. answer.answer end
      end
      assert.same({ "empty_last_extension: alert decode_error", "grease_suite: alert decode_error",
         "hello_in_records: closed", "hello_over_1460: closed", "hello_over_16384: closed",
         "record_version_0300: alert decode_error", "unknown_extension: alert decode_error",
         "version_0304: alert decode_error", "version_03ff: alert decode_error", "version_0400: alert decode_error" },
         sorted(wrong))
      -- it may
      assert.same({ tolerant = true, answer = "alert unrecognized_name" }, report.intolerance.unknown_name)
      assert.same({ tolerant = true, answer = "ServerHello" }, report.intolerance.hello_256_to_511)
   end)

   it("comes to an end whatever a server says, and soon where it says nothing", function()
      for _, fault in ipairs { "silent", "garbage", "drip", "endless", "lies", "gone" } do
         for _, after in ipairs(fault == "silent" and { 0, 6 } or { 6 }) do
            local report, by, seconds = run(("{ [0x0303] = { 5, 4 }, fault = '%s', after = %d }"):format(fault, after),
               { timeout = 0.1 })
            assert.is_true(seconds < 6 * SLOWDOWN, fault .. " took " .. seconds)
            assert.is_false(by.SSLv2.supported, fault)
            assert.is_true(report.connections < 200, fault)
            if fault == "garbage" then assert.is_true(says(report, "what is no TLS")) end
            if fault == "silent" then assert.is_true(says(report, "did not answer")) end
            server:stop()
         end
      end
   end)

   it("is a part of probe, which says so where nothing else is in common", function()
      server = old_server.start "{ [0x0300] = { 5 } }"
      local status, out, err = tool("probe", "--json", "localhost:" .. server.port)
      local document = assert(json.decode(out), out)
      assert.equal(1, status)
      assert.equal("SSLv3", document.versions[2].version)
      assert.same({ "TLS_RSA_WITH_RC4_128_SHA" }, document.versions[2].suites)
      assert.is_truthy(err:find("SSLv3 with 1 suite", 1, true), err)
   end)

   it("says that a server went away half-way", function()
      server = old_server.start [[
         { [0x0303] = { 0xC02F }, groups = { 29, 23 }, schemes = { 0x804 }, fault = 'gone', after = 1 }]]
      local status, _, err = tool("probe", "localhost:" .. server.port)
      assert.equal(1, status)
      assert.is_truthy(err:find("answered at first, and then no more", 1, true), err)
      server:stop()
      server = old_server.start "{ fault = 'silent' }"
      local began = socket.gettime()
      status, _, err = tool("probe", "--timeout", "0.5", "localhost:" .. server.port)
      assert.equal(1, status)
      assert.is_truthy(err:find("does not answer", 1, true), err)
      assert.is_true(socket.gettime() - began < 4 * SLOWDOWN)
   end)
end)
