-- Certification paths for chains_spec.lua: made with our own issuing, judged by us and by `openssl verify`.
--     local world = chains.world("ec")                    keys of one kind, made once and kept
--     local ca = world:authority{ … }, world:leaf{ … }    → { certificate =, key =, name = }
--     chains.judge(cases)                                 fills in `ours`, `message`, `theirs`, `said` of each case
-- Times are days from chains.NOW, which is the time of every verification.
local core = require "bearssl.core"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local chains = {}

chains.NOW = 1800000000
local DAY = 86400

-- ---- A little DER, for extensions that only specs want ----

function chains.der(tag, ...)
   local contents = table.concat({ ... })
   local length = #contents
   if length < 128 then
      return string.char(tag, length) .. contents
   elseif length < 256 then
      return string.char(tag, 0x81, length) .. contents
   end
   return string.char(tag, 0x82, math.floor(length / 256), length % 256) .. contents
end

-- ---- Keys ----

-- RSA keys come from the openssl program: ours take seconds under valgrind, and core_module_issue_spec makes one.
local kinds = { ec = "p256", p384 = "p384", p521 = "p521", rsa = 2048, rsa3072 = 3072 }
local keys = {}
local unpack = table.unpack or unpack

-- key(kind, name): the same key for the same name.
function chains.key(kind, name)
   local id = kind .. " " .. name
   if not keys[id] then
      local which = kinds[kind]
      keys[id] = type(which) == "string" and assert(core.generate_key(which))
         or assert(core.key(shell.run("openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:" .. which)))
   end
   return keys[id]
end

-- Keys that our own generator refuses to make.
function chains.openssl_key(options)
   if not keys[options] then
      local text = shell.run("openssl genpkey -quiet " .. options)
      -- nor can all be read: those are only handed on
      keys[options] = core.key(text) or { pem = function()
         return text
      end }
   end
   return keys[options]
end

-- ---- Certificates ----

-- A field that is false is left out, whatever the default.
local function merge(given, defaults)
   local all = {}
   for name, value in pairs(defaults) do
      all[name] = value
   end
   for name, value in pairs(given) do
      all[name] = value
   end
   return all
end

local function subject(text)
   local list = {}
   for name, value in text:gmatch("([^=,]+)=([^,]*)") do
      list[#list + 1] = { name, value }
   end
   return list
end

-- The signature comes last.
local function damaged(der)
   local at = #der - 5
   return der:sub(1, at - 1) .. string.char((der:byte(at) + 1) % 256) .. der:sub(at + 1)
end

local function raw_names(names)
   local list = {}
   for i, name in ipairs(names) do
      assert(name.type == "DNS", name.type .. ":" .. name.value)
      list[i] = chains.der(0x82, name.value)
   end
   return { oid = "2.5.29.17", value = chains.der(0x30, unpack(list)) }
end

local world = {}
world.__index = world

function chains.world(kind)
   return setmetatable({ kind = kind }, world)
end

-- issue(given): `subject` text "CN=x,O=y" in the order of the encoding, `key` a name or a key object, `by` what issued
-- it (itself, without), `signer` a key to sign with instead of the issuer's; the rest is core.issue's.
function world:issue(given)
   local key = given.key
   if type(key) == "string" then
      key = chains.key(self.kind, key)
   end
   local by = given.by
   local fields = {}
   for name, value in pairs(given) do
      fields[name] = value ~= false and value or nil
   end
   fields.ca = given.ca
   fields.key, fields.by, fields.signer, fields.damage = nil, nil, nil, nil
   fields.subject = subject(given.subject)
   fields.public_key = key
   fields.issuer = by and by.certificate or nil
   fields.issuer_key = given.signer or by and by.key or key
   fields.not_before = chains.NOW + (given.not_before or -30) * DAY
   fields.not_after = chains.NOW + (given.not_after or 300) * DAY
   local certificate, message, code = core.issue(fields)
   if code == "bad_name" then
      -- names that our issuing refuses
      fields.extensions = { raw_names(fields.names) }
      fields.names = nil
      certificate, message = core.issue(fields)
   end
   assert(certificate, message)
   if given.damage then
      certificate = assert(core.certificates(damaged(certificate:der())))[1]
   end
   return { certificate = certificate, key = key }
end

function world:authority(given)
   return self:issue(merge(given, { subject = "CN=Authority", ca = true, key_usage = { "keyCertSign", "cRLSign" } }))
end

function chains.dns(...)
   local list = {}
   for i, name in ipairs({ ... }) do
      list[i] = { type = "DNS", value = name }
   end
   return list
end

function world:leaf(given)
   return self:issue(merge(given, {
      subject = "CN=leaf", key = "leaf", ca = false, names = chains.dns("www.example.org"),
      key_usage = { "digitalSignature" }, extended_key_usage = { "serverAuth" },
   }))
end

-- three{ root =, intermediate =, leaf = } makes the usual chain with what is different in it: leaf, { intermediate },
-- { root }.
function world:three(given)
   given = given or {}
   local root = self:authority(merge(given.root or {}, { subject = "CN=Root", key = "root" }))
   local intermediate = self:authority(merge(given.intermediate or {},
      { subject = "CN=Intermediate,O=Test", key = "intermediate", by = root }))
   local leaf = self:leaf(merge(given.leaf or {}, { by = intermediate }))
   return leaf, { intermediate }, { root }
end

-- by_openssl issues with the openssl program what ours refuses to: `options` of `openssl x509 -req` such as "-md5",
-- `extensions` as its configuration has them.
function chains.by_openssl(issuer, key, text, extensions, options)
   local directory = temporary.make_directory()
   local function file(name, bytes)
      return temporary.write(bytes, nil, directory .. "/" .. name)
   end
   local words = ("openssl req -new -key %s -subj %s 2>/dev/null | openssl x509 -req %s -extfile %s -set_serial 77 %s")
      :format(file("key", key:pem()), shell.quote(text),
         issuer and ("-CA %s -CAkey %s"):format(file("ca", issuer.certificate:pem()), file("ca.key", issuer.key:pem()))
            or "-signkey " .. directory .. "/key",
         file("extensions", extensions), options or "")
   -- openssl x509 counts days from today, as many as reach from before chains.NOW to after it.
   local left = math.ceil((chains.NOW - os.time()) / DAY) + 300
   local status, output = shell.try(words .. (" -days %d 2>&1"):format(left))
   if status ~= 0 or not output:find("BEGIN CERT") then
      error(output)
   end
   return { certificate = assert(core.certificates(output))[1], key = key }
end

function chains.crl(issuer, given)
   local revoked = {}
   for i, entry in ipairs(given.revoked or {}) do
      revoked[i] = { serial = entry.certificate:serial(), date = chains.NOW - DAY, reason = given.reason }
   end
   local crl = assert(core.build_crl({
      issuer = issuer.certificate, issuer_key = given.signer or issuer.key, revoked = revoked,
      number = "01",
      this_update = chains.NOW + (given.this_update or -2) * DAY,
      next_update = chains.NOW + (given.next_update or 5) * DAY,
   }))
   return given.damage and assert(core.crls(damaged(crl:der())))[1] or crl
end

-- ---- Verdicts ----

local function list(entries)
   local certificates = {}
   for i, entry in ipairs(entries) do
      certificates[i] = entry.certificate
   end
   return certificates
end

local function ours(case)
   local trust = assert(core.trust())
   for _, entry in ipairs(case.roots) do
      assert(core.trust_add_certificate(trust, entry.certificate))
   end
   local chain = list(case.rest)
   table.insert(chain, 1, case.leaf.certificate)
   local ok, message, code = trust:verify(chain, {
      server_name = case.name, purpose = case.purpose or "server", time = case.time or chains.NOW,
      verify_depth = case.verify_depth, crls = case.crls, revocation = case.revocation,
   })
   case.ours = ok and "ok" or code
   case.message = ok and "" or message
end

local function pem(entries)
   local text = {}
   for i, entry in ipairs(entries) do
      text[i] = entry.certificate:pem()
   end
   return table.concat(text)
end

-- One shell runs openssl for every case.
local function theirs(cases)
   local directory = temporary.make_directory()
   local script = { "cd " .. shell.quote(directory) }
   local function file(number, suffix, bytes)
      local name = number .. suffix
      temporary.write(bytes, nil, directory .. "/" .. name)
      return name
   end
   for number, case in ipairs(cases) do
      local words = { "openssl", "verify", "-no-CApath", "-no-CAstore", "-auth_level", "2", "-attime",
         ("%d"):format(case.time or chains.NOW), "-purpose", case.purpose == "client" and "sslclient" or "sslserver",
         "-CAfile", file(number, ".roots", pem(case.roots)) }
      local function add(...)
         for _, word in ipairs({ ... }) do
            words[#words + 1] = word
         end
      end
      if case.strict ~= false then
         add("-x509_strict")
      end
      if case.partial then
         add("-partial_chain")
      end
      if #case.rest > 0 then
         add("-untrusted", file(number, ".rest", pem(case.rest)))
      end
      if case.name then
         add((case.name:find("^[%d.]+$") or case.name:find(":")) and "-verify_ip" or "-verify_hostname", case.name)
      end
      if case.verify_depth then
         add("-verify_depth", tostring(case.verify_depth))
      end
      if case.crls then
         local text = {}
         for i, crl in ipairs(case.crls) do
            text[i] = crl:pem()
         end
         if #text > 0 then
            add("-CRLfile", file(number, ".crls", table.concat(text)))
         end
         add(case.revocation == "path" and "-crl_check_all" or "-crl_check")
         if case.revocation == "path" then
            add("-crl_check")
         end
      end
      add(file(number, ".leaf", case.leaf.certificate:pem()))
      script[#script + 1] = ("echo '#' %d; { %s; } 2>&1; echo status=$?"):format(number, shell.join(words))
   end
   local output = shell.run("sh " .. temporary.write(table.concat(script, "\n"), ".sh"))
   for number, text, status in output:gmatch("# (%d+)\n(.-)status=(%d+)") do
      local case = cases[tonumber(number)]
      case.theirs, case.said = status == "0", text
   end
end

function chains.judge(cases)
   for _, case in ipairs(cases) do
      ours(case)
   end
   theirs(cases)
end

return chains
