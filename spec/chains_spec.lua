-- Some hundred chains, right or wrong in one way each: our verdict, and that it is the one of `openssl verify`.
-- openssl runs with -x509_strict and -auth_level 2 (RSA of 2048 bits, no SHA-1), whose rules are ours. Where we differ
-- on purpose, `differs` says why; a difference that has gone is a failure too, so that the list stays true.
local chains = require "spec.support.chains"

local der = chains.der
local NOW = chains.NOW
local ec, rsa = chains.world("ec"), chains.world("rsa")

local cases = {}

-- add(title, verdict, made, options): made by a function → leaf, rest, roots; or what is different in world:three.
local function add_in(world, title, verdict, made, options)
   local case = { title = world.kind .. ": " .. title, verdict = verdict, name = "www.example.org" }
   for name, value in pairs(options or {}) do
      case[name] = value
   end
   if case.name == false then
      case.name = nil
   end
   case.make = function()
      local crls
      if type(made) == "function" then
         case.leaf, case.rest, case.roots, crls = made(world)
      else
         case.leaf, case.rest, case.roots = world:three(made)
      end
      if crls then
         case.crls = crls
      end
   end
   cases[#cases + 1] = case
end

local function add(...)
   add_in(ec, ...)
end

local function both(...)
   add_in(ec, ...)
   add_in(rsa, ...)
end

-- ---- Validity ----

both("a chain of three", "ok", {})
for _, who in ipairs({ "leaf", "intermediate", "root" }) do
   both(who .. " expired", "certificate_expired", { [who] = { not_before = -20, not_after = -1 } })
   both(who .. " not yet valid", "certificate_not_yet_valid", { [who] = { not_before = 1, not_after = 20 } })
end
add("the first second of validity", "ok", { leaf = { not_before = 0 } })
add("the second before it", "certificate_not_yet_valid", { leaf = { not_before = 0 } }, { time = NOW - 1 })
add("the second before the last", "ok", { leaf = { not_after = 1 } }, { time = NOW + 86400 - 1 })
add("the last second of validity", "ok", { leaf = { not_after = 1 } }, { time = NOW + 86400,
   differs = "notAfter is part of the validity (RFC 5280 section 4.1.2.5); openssl ends a second before" })
add("the second after it", "certificate_expired", { leaf = { not_after = 1 } }, { time = NOW + 86400 + 1 })
add("after the year 2050", "ok", { leaf = { not_after = 30000 } })

-- ---- Names ----

local function names(title, verdict, list, name, more)
   more = more or {}
   more.name = name
   local texts = {}
   for i, entry in ipairs(list or {}) do
      texts[i] = type(entry) == "string" and { type = "DNS", value = entry } or { type = entry[1], value = entry[2] }
   end
   add("name: " .. title, verdict, { leaf = { names = list and texts, subject = more.subject } }, more)
end

local MISMATCH = "name_mismatch"
names("exact", "ok", { "www.example.org" }, "www.example.org")
names("another", MISMATCH, { "www.example.com" }, "www.example.org")
names("the second of two", "ok", { "www.example.com", "www.example.org" }, "www.example.org")
names("in another case", "ok", { "WWW.Example.ORG" }, "www.eXample.org")
names("longer", MISMATCH, { "www.example.org" }, "a.www.example.org")
names("shorter", MISMATCH, { "www.example.org" }, "example.org")
names("a suffix without its dot", MISMATCH, { "example.org" }, "badexample.org")
names("wildcard", "ok", { "*.example.org" }, "www.example.org")
names("wildcard for two labels", MISMATCH, { "*.example.org" }, "a.www.example.org")
names("wildcard for none", MISMATCH, { "*.example.org" }, "example.org")
names("wildcard not first", MISMATCH, { "www.*.org" }, "www.example.org")
names("two wildcards", MISMATCH, { "*.*.org" }, "www.example.org")
names("wildcard of everything", MISMATCH, { "*" }, "www.example.org")
names("wildcard of a top-level domain", MISMATCH, { "*.org" }, "example.org")
names("wildcard in a label", MISMATCH, { "w*.example.org" }, "www.example.org",
   { differs = "RFC 9525 section 6.3: a wildcard is a whole label" })
names("A-label", "ok", { "xn--bcher-kva.example" }, "xn--bcher-kva.example")
names("wildcard for an A-label", "ok", { "*.example.org" }, "xn--bcher-kva.example.org")
names("wildcard in an A-label", MISMATCH, { "xn--*.example.org" }, "xn--bcher-kva.example.org")
names("IPv4 address", "ok", { { "IP", "192.0.2.1" } }, "192.0.2.1")
names("another IPv4 address", MISMATCH, { { "IP", "192.0.2.2" } }, "192.0.2.1")
names("IPv4 address as DNS name", MISMATCH, { "192.0.2.1" }, "192.0.2.1")
names("IPv6 address", "ok", { { "IP", "2001:db8::1" } }, "2001:db8:0:0::1")
names("another IPv6 address", MISMATCH, { { "IP", "2001:db8::2" } }, "2001:db8::1")
names("only e-mail", MISMATCH, { { "email", "www@example.org" } }, "www.example.org")
names("only URI", MISMATCH, { { "URI", "https://www.example.org/" } }, "www.example.org")
local CN = { subject = "CN=www.example.org" }
local NO_CN = "RFC 9525 section 2: only the subject alternative name counts, never the common name"
names("only the common name", MISMATCH, false, "www.example.org", { subject = CN.subject, differs = NO_CN })
names("common name beside an e-mail", MISMATCH, { { "email", "a@example.org" } }, "www.example.org",
   { subject = CN.subject, differs = NO_CN })
names("common name beside another DNS name", MISMATCH, { "www.example.com" }, "www.example.org", CN)
names("address in the common name", MISMATCH, false, "192.0.2.1", { subject = "CN=192.0.2.1" })
names("no subject, only names", "ok", { "www.example.org" }, "www.example.org", { subject = "" })
names("none asked for", "ok", { "www.example.com" }, false)

-- ---- What a certificate is for ----

local PURPOSE = "wrong_purpose"
both("server with clientAuth", PURPOSE, { leaf = { extended_key_usage = { "clientAuth" } } })
both("client with serverAuth", PURPOSE, {}, { purpose = "client", name = false })
both("client with clientAuth", "ok", { leaf = { extended_key_usage = { "clientAuth" } } },
   { purpose = "client", name = false })
add("server with both", "ok", { leaf = { extended_key_usage = { "clientAuth", "serverAuth" } } })
add("server without extended key usage", "ok", { leaf = { extended_key_usage = false } })
add("client without extended key usage", "ok", { leaf = { extended_key_usage = false } },
   { purpose = "client", name = false })
add("server with emailProtection", PURPOSE, { leaf = { extended_key_usage = { "emailProtection" } } })
add("server with codeSigning and an unknown one", PURPOSE,
   { leaf = { extended_key_usage = { "codeSigning", "1.2.3.4" } } })
add("server with anyExtendedKeyUsage", "ok", { leaf = { extended_key_usage = { "anyExtendedKeyUsage" } } },
   { differs = "RFC 5280 section 4.2.1.12: it stands for any purpose; openssl does not look at it for TLS" })
add("intermediate for servers", "ok", { intermediate = { extended_key_usage = { "serverAuth" } } })
add("intermediate for clients", PURPOSE, { intermediate = { extended_key_usage = { "clientAuth" } } })
add("root for clients", PURPOSE, { root = { extended_key_usage = { "clientAuth" } } })
add("intermediate for servers, as client", PURPOSE, { intermediate = { extended_key_usage = { "serverAuth" } },
   leaf = { extended_key_usage = { "clientAuth" } } }, { purpose = "client", name = false })
add("leaf without key usage", "ok", { leaf = { key_usage = false } })
add("leaf that only encrypts data", PURPOSE, { leaf = { key_usage = { "dataEncipherment" } } })
add("leaf that only signs CRLs", PURPOSE, { leaf = { key_usage = { "cRLSign" } } })
add("server for key agreement", "ok", { leaf = { key_usage = { "keyAgreement" } } })
add_in(rsa, "server for key encipherment", "ok", { leaf = { key_usage = { "keyEncipherment" } } })
add_in(rsa, "client for key encipherment", "ok",
   { leaf = { key_usage = { "keyEncipherment" }, extended_key_usage = { "clientAuth" } } },
   { purpose = "client", name = false,
      differs = "which usage the key needs depends on the cipher suite: the handshake checks it" })

-- ---- Authorities ----

local NOT_CA = "not_a_ca"
both("intermediate without keyCertSign", NOT_CA, { intermediate = { key_usage = { "cRLSign", "digitalSignature" } } })
both("root without keyCertSign", NOT_CA, { root = { key_usage = { "cRLSign" } } })
both("intermediate that is no CA", NOT_CA, { intermediate = { ca = false, key_usage = { "digitalSignature" } } })
add("intermediate that is no CA, but signs", NOT_CA, { intermediate = { ca = false } }, { strict = false })
add("root that is no CA", NOT_CA, { root = { ca = false, key_usage = { "digitalSignature" } } })
add("intermediate without key usage", "ok", { intermediate = { key_usage = false } }, { strict = false })
add("the same, strictly", "ok", { intermediate = { key_usage = false } },
   { differs = "many intermediates lack it; that a CA must have it (RFC 5280 section 4.2.1.3) binds who issues" })
add("leaf as issuer", NOT_CA, function(w)
   local leaf, rest, roots = w:three({ leaf = { key = "other" } })
   return w:leaf({ subject = "CN=under leaf", by = leaf }), { leaf, rest[1] }, roots
end)
local LONG = "path_too_long"
add("path length 0, leaf below", "ok", { intermediate = { path_length = 0 } })

-- A chain of root, upper, lower and leaf.
local function four(given)
   return function(w)
      given.root, given.upper, given.lower = given.root or {}, given.upper or {}, given.lower or {}
      local root = w:authority({ subject = "CN=Root", key = "root", path_length = given.root.path_length,
         name_constraints = given.root.name_constraints })
      local upper = w:authority({ subject = "CN=Upper", key = "intermediate", by = root,
         path_length = given.upper.path_length, name_constraints = given.upper.name_constraints })
      local lower = w:authority({ subject = given.lower.subject or "CN=Lower", key = given.lower.key or "lower",
         by = upper, path_length = given.lower.path_length, name_constraints = given.lower.name_constraints })
      return w:leaf({ by = lower, names = given.names }), given.swapped and { lower, upper } or { upper, lower },
         { root }
   end
end
add("a chain of four", "ok", four({}))
add("path length 0, an intermediate below", LONG, four({ upper = { path_length = 0 } }))
add("path length 1, an intermediate below", "ok", four({ upper = { path_length = 1 } }))
add("path length of the root 1, two intermediates", LONG, four({ root = { path_length = 1 } }))
add("path length of the root 2, two intermediates", "ok", four({ root = { path_length = 2 } }))
add("path length below larger than above", "ok", four({ root = { path_length = 2 }, upper = { path_length = 9 } }))
add("path length 0, a self-issued intermediate below", "ok",
   four({ upper = { path_length = 0 }, lower = { subject = "CN=Upper" } }))
add("depth 2, two intermediates", "ok", four({}), { verify_depth = 2 })
add("depth 1, two intermediates", LONG, four({}), { verify_depth = 1 })

local function tower(height)
   return function(w)
      local root = w:authority({ subject = "CN=Root", key = "root" })
      local by, rest = root, {}
      for level = 1, height do
         by = w:authority({ subject = "CN=Level " .. level, key = "level " .. level, by = by })
         rest[level] = by
      end
      return w:leaf({ by = by }), rest, { root }
   end
end
add("six intermediates", "ok", tower(6))
add("fourteen intermediates", "ok", tower(14))
add("fifteen intermediates", LONG, tower(15), { differs = "at most 16 certificates make a path: work is bounded" })

-- ---- Signatures ----

local SIGNATURE = "bad_certificate_signature"
both("signature of the leaf altered", SIGNATURE, { leaf = { damage = true } })
both("signature of the intermediate altered", SIGNATURE, { intermediate = { damage = true } })
both("signature of the root altered", "ok", { root = { damage = true } })
both("root of the same name and another key", SIGNATURE, function(w)
   local leaf, rest = w:three()
   return leaf, rest, { w:authority({ subject = "CN=Root", key = "other" }) }
end)
add("intermediate of the same name and another key", SIGNATURE, function(w)
   local leaf, _, roots = w:three()
   return leaf, { w:authority({ subject = "CN=Intermediate,O=Test", key = "other", by = roots[1] }) }, roots
end)
add_in(ec, "keys of several kinds", "ok", function()
   local root = chains.world("rsa3072"):authority({ subject = "CN=Root", key = "root" })
   local upper = chains.world("p521"):authority({ subject = "CN=Upper", key = "upper", by = root, hash = "sha512" })
   local lower = chains.world("p384"):authority({ subject = "CN=Lower", key = "lower", by = upper, hash = "sha384" })
   return rsa:leaf({ by = lower }), { upper, lower }, { root }
end)
for _, hash in ipairs({ "sha384", "sha512" }) do
   both("signed with " .. hash, "ok", { intermediate = { hash = hash }, leaf = { hash = hash } })
end

-- ---- Extensions ----

local function unknown(critical)
   return { { oid = "1.2.3.4.5", critical = critical, value = der(5) } }
end
for _, who in ipairs({ "leaf", "intermediate", "root" }) do
   both("unknown critical extension of the " .. who, "critical_extension", { [who] = { extensions = unknown(true) } })
   add("unknown extension of the " .. who, "ok", { [who] = { extensions = unknown(false) } })
end
local POLICIES = { oid = "2.5.29.32", critical = true, value = der(0x30, der(0x30, der(6, "\42\3\4"))) }
add("critical certificate policies", "ok", { leaf = { extensions = { POLICIES } } })
add("must-staple without a staple, which nobody asked for", "ok", { leaf = { must_staple = true } })

-- ---- Name constraints ----

local CONSTRAINT = "name_constraint"

local function constrain(title, verdict, constraints, list, more)
   local texts = {}
   for i, entry in ipairs(list) do
      texts[i] = type(entry) == "string" and { type = "DNS", value = entry } or { type = entry[1], value = entry[2] }
   end
   more = more or {}
   more.name = false
   add("name constraints: " .. title, verdict, { [more.who or "intermediate"] = { name_constraints = constraints },
      leaf = { names = texts, subject = more.subject } }, more)
end

local function permit(kind, value)
   return { permitted = { { type = kind, value = value } } }
end

local function exclude(kind, value)
   return { excluded = { { type = kind, value = value } } }
end

local constraint_rows = {
   -- kind, constraint, a name inside, a name outside
   { "DNS", "example.org", "www.example.org", "www.example.com" },
   { "DNS", "example.org", "example.org", "badexample.org" },
   { "DNS", "EXAMPLE.org", "www.example.ORG", "org" },
   { "IP", "192.0.2.0/24", "192.0.2.77", "192.0.3.1" },
   { "IP", "2001:db8::/32", "2001:db8:1::1", "2001:db9::1" },
   { "email", "example.org", "a@example.org", "a@www.example.org" },
   { "email", ".example.org", "a@www.example.org", "a@example.org" },
   { "email", "a@example.org", "a@example.org", "b@example.org" },
   { "URI", "www.example.org", "https://www.example.org/x", "https://example.org/" },
   { "URI", ".example.org", "https://a.example.org:8443/", "https://a.example.com/" },
   { "dirName", "O=Good", "CN=x,O=Good", "CN=x,O=Bad" },
}
for _, row in ipairs(constraint_rows) do
   local kind, value, inside, outside = row[1], row[2], row[3], row[4]
   local what = kind .. " " .. value .. ", "
   if kind == "dirName" then
      -- the subject is a directory name too
      local function both_ways(verb, constraints, good, bad)
         constrain(what .. verb .. ", subject inside", good, constraints, { "www.example.org" },
            { subject = "O=Good,CN=x" })
         constrain(what .. verb .. ", subject outside", bad, constraints, { "www.example.org" },
            { subject = "O=Bad,CN=x" })
         constrain(what .. verb .. ", name outside", bad, constraints, { { "dirName", outside } },
            { subject = "O=" .. (verb == "permitted" and "Good" or "Bad") .. ",CN=x" })
      end
      both_ways("permitted", permit(kind, value), "ok", CONSTRAINT)
      both_ways("excluded", exclude(kind, value), CONSTRAINT, "ok")
   else
      constrain(what .. "permitted, inside", "ok", permit(kind, value), { { kind, inside } })
      constrain(what .. "permitted, outside", CONSTRAINT, permit(kind, value), { { kind, outside } })
      constrain(what .. "excluded, inside", CONSTRAINT, exclude(kind, value), { { kind, inside } })
      constrain(what .. "excluded, outside", "ok", exclude(kind, value), { { kind, outside } })
   end
end
constrain("of the root", CONSTRAINT, permit("DNS", "example.org"), { "www.example.com" }, { who = "root" })
constrain("one of two names outside", CONSTRAINT, permit("DNS", "example.org"), { "example.org", "example.com" })
constrain("another kind of name", "ok", permit("DNS", "example.org"), { { "IP", "192.0.2.1" } })
constrain("IPv4 permitted, IPv6 used", CONSTRAINT, permit("IP", "192.0.2.0/24"), { { "IP", "2001:db8::1" } })
constrain("wildcard inside", "ok", permit("DNS", "example.org"), { "*.example.org" })
constrain("wildcard outside", CONSTRAINT, permit("DNS", "example.org"), { "*.example.com" })
constrain("wildcard that can reach an excluded name", CONSTRAINT, exclude("DNS", "www.example.org"),
   { "*.example.org" }, { differs = "*.example.org stands for www.example.org too; openssl compares only the text" })
constrain("two permitted, the second fits", "ok",
   { permitted = { { type = "DNS", value = "example.com" }, { type = "DNS", value = "example.org" } } },
   { "www.example.org" })
constrain("permitted and excluded", CONSTRAINT, { permitted = { { type = "DNS", value = "example.org" } },
   excluded = { { type = "DNS", value = "www.example.org" } } }, { "www.example.org" })
constrain("e-mail address in the subject", CONSTRAINT, permit("email", "example.org"), { "www.example.org" },
   { subject = "CN=x,emailAddress=a@example.com" })
constrain("host name in the common name alone", "ok", permit("DNS", "example.org"), { { "IP", "192.0.2.1" } },
   { subject = "CN=www.example.com",
      differs = "the common name is no host name (RFC 9525), so that no constraint is about it" })
local function host(value)
   return { name_constraints = permit("DNS", value) }
end
add("name constraints: of two authorities, inside both", "ok",
   four({ upper = host("example.org"), lower = host("www.example.org") }))
add("name constraints: of two authorities, inside one", CONSTRAINT,
   four({ upper = host("example.org"), lower = host("example.com") }))
add("name constraints: no directory name permitted for an intermediate", CONSTRAINT,
   four({ root = { name_constraints = permit("dirName", "O=Nobody") } }))
add("name constraints: an intermediate's name excluded", CONSTRAINT,
   four({ root = { name_constraints = exclude("dirName", "CN=Lower") } }))
add("name constraints: a self-issued intermediate's name excluded", "ok",
   four({ upper = { name_constraints = exclude("dirName", "CN=Upper") }, lower = { subject = "CN=Upper" } }))

-- ---- Building a path ----

local UNKNOWN = "unknown_ca"
both("intermediate missing", UNKNOWN, function(w)
   local leaf, _, roots = w:three()
   return leaf, {}, roots
end)
both("root not trusted", UNKNOWN, function(w)
   local leaf, rest = w:three()
   return leaf, rest, { w:authority({ subject = "CN=Other Root", key = "other" }) }
end)
add("root not trusted, but sent", UNKNOWN, function(w)
   local leaf, rest, roots = w:three()
   return leaf, { rest[1], roots[1] }, { w:authority({ subject = "CN=Other Root", key = "other" }) }
end)
add("root sent too", "ok", function(w)
   local leaf, rest, roots = w:three()
   return leaf, { rest[1], roots[1] }, roots
end)
add("out of order", "ok", four({ swapped = true }))
add("in order", "ok", four({ swapped = false }))
add("the leaf again, and an unrelated one", "ok", function(w)
   local leaf, rest, roots = w:three()
   return leaf, { leaf, w:authority({ subject = "CN=Stranger", key = "other" }), rest[1], rest[1] }, roots
end)
add("the upper of two intermediates missing", UNKNOWN, function(w)
   local leaf, rest, roots = four({})(w)
   return leaf, { rest[2] }, roots
end)

-- An intermediate that two roots certified.
local function crossed(trusted, change)
   return function(w)
      local one = w:authority({ subject = "CN=Root", key = "root" })
      local two = w:authority({ subject = "CN=Second Root", key = "other" })
      local function intermediate(by, more)
         more = more or {}
         more.subject, more.key, more.by = "CN=Intermediate,O=Test", "intermediate", by
         return w:authority(more)
      end
      local first, second = intermediate(one, change), intermediate(two)
      local roots = { first = { one }, second = { two }, both = { one, two } }
      return w:leaf({ by = second }), { first, second }, roots[trusted]
   end
end
both("cross-signed, both roots trusted", "ok", crossed("both"))
add("cross-signed, the first trusted", "ok", crossed("first"))
local ONE_PATH = "we try the other path; openssl keeps to the first it built"
add("cross-signed, the second trusted", "ok", crossed("second"), { differs = ONE_PATH })
add("cross-signed, the first expired", "ok", crossed("both", { not_before = -20, not_after = -1 }))
add("cross-signed, the first expired, its root alone trusted", "certificate_expired",
   crossed("first", { not_before = -20, not_after = -1 }), { also = 20 }) -- it takes the one in date and finds no root
add("cross-signed, the first no CA", "ok", crossed("both", { ca = false, key_usage = { "digitalSignature" } }),
   { differs = ONE_PATH })
add("cross-signed, the first damaged", "ok", crossed("both", { damage = true }), { differs = ONE_PATH })
add("cross-signed, the first for clients", "ok", crossed("both", { extended_key_usage = { "clientAuth" } }),
   { differs = ONE_PATH })
add("cross-signed, the first with other name constraints", "ok",
   crossed("both", { name_constraints = permit("DNS", "example.com") }), { differs = ONE_PATH })
add("two roots of one name", "ok", function(w)
   local leaf, rest, roots = w:three()
   return leaf, rest, { w:authority({ subject = "CN=Root", key = "other" }), roots[1] }
end)
add("an expired and a valid root with one key", "ok", function(w)
   local leaf, rest, roots = w:three()
   return leaf, rest, { w:authority({ subject = "CN=Root", key = "root", not_before = -20, not_after = -1 }), roots[1] }
end)
add("two that certify each other", UNKNOWN, function(w)
   local a = w:authority({ subject = "CN=A", key = "root" })
   local b = w:authority({ subject = "CN=B", key = "intermediate", by = a })
   local back = w:authority({ subject = "CN=A", key = "root", by = b })
   return w:leaf({ by = b }), { b, back }, { w:authority({ subject = "CN=Other Root", key = "other" }) }
end)
both("a leaf signed by itself", "self_signed", function(w)
   local _, _, roots = w:three()
   return w:leaf({}), {}, roots
end)
add("a leaf signed by itself that is trusted", "ok", function(w)
   local leaf = w:leaf({})
   return leaf, {}, { leaf }
end, { strict = false })
add("a leaf that is trusted", "ok", function(w)
   local leaf = w:three()
   return leaf, {}, { leaf }
end, { partial = true })
add("an intermediate that is trusted", "ok", function(w)
   local leaf, rest = w:three()
   return leaf, {}, rest
end, { partial = true })
add("the same, without asking for it", "ok", function(w)
   local leaf, rest = w:three()
   return leaf, {}, rest
end, { differs = "what is in the trust store is trusted; openssl wants -partial_chain to take it so" })
add("a chain of two", "ok", function(w)
   local root = w:authority({ subject = "CN=Root", key = "root" })
   return w:leaf({ by = root }), {}, { root }
end)
add("no root at all", UNKNOWN, function(w)
   local leaf, rest = w:three()
   local other = w:authority({ subject = "CN=Other Root", key = "other" })
   return leaf, rest, { other }
end)

-- ---- Weak and unknown keys and hashes: the openssl program issues these ----

local LEAF = "subjectAltName=DNS:www.example.org\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
local CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"

local function leaf_of(key, options)
   return function(w)
      local _, rest, roots = w:three()
      local made = chains.by_openssl(rest[1], type(key) == "string" and chains.openssl_key(key)
         or chains.key(w.kind, "leaf"), "/CN=leaf", LEAF, options)
      return made, rest, roots
   end
end
local WEAK = "-algorithm RSA -pkeyopt rsa_keygen_bits:1024"
both("issued by openssl", "ok", leaf_of())
both("leaf signed with SHA-1", "weak_signature", leaf_of(nil, "-sha1"))
add_in(rsa, "leaf signed with MD5", "weak_signature", leaf_of(nil, "-md5"))
add_in(rsa, "leaf signed with RSA-PSS", "ok", leaf_of(nil, "-sha256 -sigopt rsa_padding_mode:pss"))
both("leaf with RSA of 1024 bits", "weak_key", leaf_of(WEAK))
both("intermediate signed with SHA-1", "weak_signature", function(w)
   local _, _, roots = w:three()
   local intermediate = chains.by_openssl(roots[1], chains.key(w.kind, "intermediate"), "/CN=Upper",
      CA .. "authorityKeyIdentifier=keyid\n", "-sha1")
   return w:leaf({ by = intermediate }), { intermediate }, roots
end)
both("root signed with SHA-1", "ok", function(w)
   local root = chains.by_openssl(nil, chains.key(w.kind, "root"), "/CN=Root", CA, "-sha1")
   return w:leaf({ by = root }), {}, { root }
end)
add_in(rsa, "root with RSA of 1024 bits", "weak_key", function(w)
   local root = chains.by_openssl(nil, chains.openssl_key(WEAK), "/CN=Root", CA)
   return w:leaf({ by = root }), {}, { root }
end)

for _, curve in ipairs({ "P-384", "P-521" }) do
   add("leaf with " .. curve, "ok", leaf_of("-algorithm EC -pkeyopt ec_paramgen_curve:" .. curve))
end
add("leaf with RSA of 3072 bits", "ok", leaf_of("-algorithm RSA -pkeyopt rsa_keygen_bits:3072"))
local UNUSABLE = "BearSSL cannot use such a key, so that no handshake could go on with it"
add("leaf with secp256k1", "unsupported_certificate", leaf_of("-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1"),
   { differs = UNUSABLE })
add("leaf with Ed25519", "ok", leaf_of("-algorithm ED25519"))
add("leaf with Ed448", "unsupported_certificate", leaf_of("-algorithm ED448"), { differs = UNUSABLE })

-- An intermediate by openssl, and a leaf of ours below it.
local function below(extensions, change)
   return function(w)
      local _, _, roots = w:three()
      local intermediate = chains.by_openssl(roots[1], chains.key(w.kind, "intermediate"), "/CN=Upper", extensions)
      local leaf = change or {}
      leaf.by = intermediate
      return w:leaf(leaf), { intermediate }, roots
   end
end
add("intermediate by openssl", "ok", below(CA .. "authorityKeyIdentifier=keyid\n"))
add("intermediate whose basic constraints are not critical", "ok",
   below("basicConstraints=CA:TRUE\nkeyUsage=keyCertSign\nsubjectKeyIdentifier=hash\n"), { strict = false })
add("intermediate of version 1", "not_a_ca", below(""))
add("intermediate without basic constraints", "not_a_ca", below("keyUsage=critical,keyCertSign\n"))
add("key identifier of another issuer", "ok", { leaf = { authority_key_identifier = ("x"):rep(20) } },
   { differs = "a key identifier only says where to look first (RFC 4158 section 3.5.12): the signature decides" })
add("no key identifiers", "ok", { intermediate = { without_subject_key_identifier = true,
   without_authority_key_identifier = true }, leaf = { without_authority_key_identifier = true } }, { strict = false })

-- ---- Revocation ----

local function with_crls(title, verdict, made, revocation, more)
   local options = { revocation = revocation or "leaf" }
   for name, value in pairs(more or {}) do
      options[name] = value
   end
   both("CRL: " .. title, verdict, function(w)
      local leaf, rest, roots = w:three(options.three)
      return leaf, rest, roots, made(w, leaf, rest[1], roots[1])
   end, options)
end
local REVOKED = "certificate_revoked"
with_crls("nothing revoked", "ok", function(_, _, intermediate)
   return { chains.crl(intermediate, {}) }
end)
with_crls("leaf revoked", REVOKED, function(_, leaf, intermediate)
   return { chains.crl(intermediate, { revoked = { leaf } }) }
end)
with_crls("leaf on hold", REVOKED, function(_, leaf, intermediate)
   return { chains.crl(intermediate, { revoked = { leaf }, reason = "certificateHold" }) }
end)
with_crls("another revoked", "ok", function(w, _, intermediate)
   return { chains.crl(intermediate, { revoked = { w:leaf({ by = intermediate }) } }) }
end)
with_crls("expired", "crl_expired", function(_, _, intermediate)
   return { chains.crl(intermediate, { this_update = -9, next_update = -1 }) }
end)
with_crls("not yet valid", "crl_not_yet_valid", function(_, _, intermediate)
   return { chains.crl(intermediate, { this_update = 1 }) }
end)
with_crls("none for the leaf", "revocation_unknown", function()
   return {}
end)
with_crls("only the root's", "revocation_unknown", function(_, _, _, root)
   return { chains.crl(root, {}) }
end)
with_crls("of an issuer that may not sign CRLs", "bad_crl", function(_, _, intermediate)
   return { chains.crl(intermediate, {}) }
end, nil, { three = { intermediate = { key_usage = { "keyCertSign" } } } })
with_crls("signature altered", "bad_crl", function(_, _, intermediate)
   return { chains.crl(intermediate, { damage = true }) }
end)
with_crls("whole path, nothing revoked", "ok", function(_, _, intermediate, root)
   return { chains.crl(intermediate, {}), chains.crl(root, {}) }
end, "path")
with_crls("whole path, intermediate revoked", REVOKED, function(_, _, intermediate, root)
   return { chains.crl(intermediate, {}), chains.crl(root, { revoked = { intermediate } }) }
end, "path")
with_crls("whole path, none for the intermediate", "revocation_unknown", function(_, _, intermediate)
   return { chains.crl(intermediate, {}) }
end, "path")
with_crls("leaf alone, intermediate revoked", REVOKED, function(_, _, intermediate, root)
   return { chains.crl(intermediate, {}), chains.crl(root, { revoked = { intermediate } }) }
end, "leaf", { differs = "what is known to be revoked is refused in every mode; -crl_check looks at the leaf alone" })

-- ---- The verdicts ----

-- The numbers of openssl's errors (X509_V_ERR_…) that mean the same.
local ERRORS = {
   certificate_expired = { 10 }, certificate_not_yet_valid = { 9 }, name_mismatch = { 62, 64 }, wrong_purpose = { 26 },
   not_a_ca = { 79 }, path_too_long = { 22, 25 }, critical_extension = { 34 }, name_constraint = { 47, 48 },
   unknown_ca = { 19, 20 }, self_signed = { 18 }, weak_key = { 66, 67 }, weak_signature = { 68 },
   -- 20: where key identifiers tell it that the key is another, it does not check the signature
   bad_certificate_signature = { 7, 20 }, unsupported_certificate = {},
   certificate_revoked = { 23 }, revocation_unknown = { 3 }, crl_expired = { 12 }, crl_not_yet_valid = { 11 },
   bad_crl = { 8, 35 },
}

local function same_reason(case)
   local number = tonumber(case.said:match("error (%d+) at "))
   for _, expected in ipairs(ERRORS[case.ours]) do
      if number == expected then
         return true
      end
   end
   return case.also == number
end

describe("Chains", function()
   lazy_setup(function()
      for _, case in ipairs(cases) do
         case.make()
      end
      chains.judge(cases)
   end)

   for _, case in ipairs(cases) do
      it(case.title .. ": " .. case.verdict, function()
         assert.are.equal(case.verdict, case.ours, case.message .. "\nopenssl: " .. tostring(case.said))
         local accepted = case.ours == "ok"
         if case.differs then
            assert.are_not.equal(case.theirs, accepted, "no difference any more: " .. case.differs)
         else
            assert.are.equal(case.theirs, accepted, case.message .. "\nopenssl: " .. tostring(case.said))
            assert.is_true(accepted or same_reason(case), case.message .. "\nopenssl: " .. tostring(case.said))
         end
      end)
   end

   it("are some hundred", function()
      assert.is_true(#cases > 200)
   end)
end)
