-- Probe says of servers, set up badly on purpose, what sslscan and testssl.sh say of them.
local certificates = require "spec.support.certificates"
local dh_groups = require "spec.support.dh_groups"
local json = require "dkjson"
local peer = require "spec.support.peer"
local registry = require "bearssl.tool.scan.registry"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"
local tool = require "spec.support.tool"

local function probe(port)
   local _, out, err = tool("probe", "--cafile", certificates.ca.certfile, "--json", "localhost:" .. port)
   return assert(json.decode(out), out .. err)
end

local groups = {}
for _, name in ipairs(require("bearssl").groups()) do groups[name] = true end

local function sorted(set)
   local list = {}
   for name in pairs(set) do list[#list + 1] = name end
   table.sort(list)
   return list
end

-- What sslscan says, in our terms.
local function sslscan(port, without)
   local _, text = shell.try { "timeout", "60", "sslscan", "--no-colour", "--no-heartbleed", "--show-certificate",
      "--xml=-", without or "--no-heartbleed", "localhost:" .. port }
   local seen = { versions = {}, suites = {}, groups = {} }
   for kind, number, enabled in text:gmatch '<protocol type="(%a+)" version="([%d.]+)" enabled="(%d)"' do
      if kind == "tls" then seen.versions["TLSv" .. number] = enabled == "1" end
   end
   for version, id in text:gmatch '<cipher status="%a+" sslversion="([^"]+)"[^>]- id="(0x%x+)"' do
      seen.suites[version] = seen.suites[version] or {}
      seen.suites[version][registry.suite_name(tonumber(id))] = true
   end
   for version, name in text:gmatch '<group sslversion="([^"]+)" bits="%d+" name="([%w_]+)' do
      seen.groups[version] = seen.groups[version] or {}
      if groups[name] then seen.groups[version][name] = true end
   end
   seen.signature_algorithm = text:match '<certificate type="short">%s*<signature%-algorithm>([^<]+)<'
   seen.bits = tonumber(text:match '<pk error="false" type="RSA" bits="(%d+)"')
   seen.expired = text:match "<expired>(%a+)</expired>" == "true"
   seen.self_signed = text:match "<self%-signed>(%a+)</self%-signed>" == "true"
   return seen, text
end

local function codes(document)
   local list = {}
   -- the worst of a kind comes first
   for _, finding in ipairs(document.findings) do list[finding.code] = list[finding.code] or finding.level end
   return list
end

-- Compares what both see; gives probe's findings and its grade.
local function compare(server, note, without)
   local document = probe(server.port)
   local seen, text = sslscan(server.port, without)
   local best
   for _, entry in ipairs(document.versions) do
      if seen.versions[entry.version] ~= nil then
         assert.are.equal(seen.versions[entry.version], entry.supported, note .. " " .. entry.version .. text)
         local ours = {}
         for _, list in ipairs { entry.suites, entry.foreign_suites } do
            for _, name in ipairs(list) do ours[name] = true end
         end
         assert.are.same(sorted(seen.suites[entry.version] or {}), sorted(ours), note .. " " .. entry.version)
         if entry.supported then best = entry.version end
      end
   end
   -- below TLS 1.3 it offers one group alone, and misses those beside the curve of an ECDSA certificate
   local ours = {}
   for _, name in ipairs(document.groups) do ours[name] = true end
   for name in pairs(seen.groups[best] or {}) do assert.is_true(ours[name], note .. " " .. name) end
   for name in pairs(best == "TLSv1.3" and seen.groups[best] and ours or {}) do
      assert.is_true(seen.groups[best][name] or name:find "^ffdhe" ~= nil, note .. " " .. name)
   end
   local leaf = document.chain[1]
   assert.are.equal(seen.signature_algorithm, leaf.signature_algorithm, note)
   if leaf.public_key.type == "RSA" then assert.are.equal(seen.bits, leaf.public_key.bits, note) end
   assert.are.equal(seen.expired, codes(document).expired ~= nil, note)
   assert.are.equal(seen.self_signed, leaf.is_self_signed, note)
   return codes(document), document
end

describe("probe agrees with sslscan", function()
   local cases = {
      { "old versions, SHA-1", "sha1", { "-groups", "P-256:P-384" }, "F", weak_version = "warning",
         weak_signature = "critical" },
      { "a short key, a short group", "weak", { "-no_tls1_3", "-no_tls1", "-no_tls1_1" }, "F", dh = 1024,
         weak_key = "critical", weak_dhe = "warning", weak_suite = "critical" },
      { "an expired certificate", "expired", { "-no_tls1", "-no_tls1_1", "-groups", "X25519" }, "T",
         expired = "critical" },
      { "itself only, old versions only", "selfsigned", { "-no_tls1_2", "-no_tls1_3" }, "T",
         not_trusted = "critical", no_modern_version = "critical" },
   }
   for _, case in ipairs(cases) do
      it("on " .. case[1], function()
         local words = case[3]
         if case.dh then
            words[#words + 1] = "-dhparam"
            words[#words + 1] = temporary.write(dh_groups[case.dh])
         end
         local server = peer.openssl_server { certificate = certificates[case[2]], mode = "www", arguments = words,
            ciphers = "ALL:@SECLEVEL=0" }
         local found, document = compare(server, case[1])
         for code, level in pairs(case) do
            if type(code) == "string" and code ~= "dh" then assert.are.equal(level, found[code], code) end
         end
         assert.are.equal(case[4], document.grade)
         server:stop()
      end)
   end

   it("on our own server, with all suites and versions", function()
      local server = tool.serve("--suites", "all", "--min", "1.0", tool.credential "rsa")
      -- it looks for ServerHelloDone in a record of its own, and waits three seconds for each group that we lack
      local _, document = compare(server, "ours", "--no-groups")
      assert.are.equal("C", document.grade)
      server:stop()
   end)
end)

describe("probe agrees with testssl.sh", function()
   it("on versions", function()
      local server = peer.openssl_server { certificate = certificates.rsa, mode = "www", ciphers = "ALL:@SECLEVEL=0",
         arguments = { "-no_tls1_1" } }
      local path = temporary.path ".json"
      shell.try { "timeout", "120", "testssl", "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none",
         "--openssl=" .. shell.which "openssl", "--jsonfile", path, "-p", "localhost:" .. server.port }
      local told = {}
      for _, finding in ipairs(assert(json.decode(temporary.read(path)))) do told[finding.id] = finding.finding end
      local document = probe(server.port)
      local names = { ["TLSv1.0"] = "TLS1", ["TLSv1.1"] = "TLS1_1", ["TLSv1.2"] = "TLS1_2", ["TLSv1.3"] = "TLS1_3",
         SSLv2 = "SSLv2", SSLv3 = "SSLv3" }
      for _, entry in ipairs(document.versions) do
         local theirs = assert(told[names[entry.version]], entry.version)
         assert.are.equal(theirs:find "^offered" ~= nil, entry.supported, entry.version .. " " .. theirs)
      end
      server:stop()
   end)
end)
