-- Rules of RFC 5280, RFC 4055 and RFC 5480 that a careless reader of certificates does not notice, and the limits of
-- chains: what is refused, and beside it what is not. In C: spec/core/x509/name_constraints_test.c,
-- distinguished_name_match_test.c, spec/core/key/ecdsa_encoding_test.c, curve_point_test.c.
local bearssl = require "bearssl"
local chains = require "spec.support.chains"
local core = require "bearssl.core"

local der, NOW = chains.der, chains.NOW
local unpack = table.unpack or unpack
local world = chains.world("ec")
local NAMES = { { type = "DNS", value = "www.example.org" } }

local function store(...)
   local trust = assert(core.trust())
   for _, entry in ipairs { ... } do assert(core.trust_add_certificate(trust, entry.certificate)) end
   return trust
end

-- verify: as trust:verify of the Lua layer, at the time of the specs.
local function verify(root, chain, options)
   local all = { server_name = "www.example.org", time = NOW }
   for name, value in pairs(options or {}) do all[name] = value end
   local list = {}
   for i, entry in ipairs(chain) do list[i] = entry.certificate end
   return bearssl.trust.new({ root.certificate }):verify(list, all)
end

local function accepted(...)
   local good, message = verify(...)
   assert.is_true(good, message)
end

local function refused(code, ...)
   local good, message, given = verify(...)
   assert.is_nil(good)
   assert.equal(code, given, message)
   return message
end

local root = world:authority { subject = "CN=Root", key = "root" }

local function leaf(given)
   local all = { subject = "CN=leaf", key = "leaf", by = root, names = NAMES }
   for name, value in pairs(given or {}) do all[name] = value end
   return world:issue(all)
end

-- opened: what bearssl.certificate.load says of changed bytes.
local function opened(bytes)
   local list, message, code = bearssl.certificate.load(bytes)
   return list and true, code, message
end

local function replaced(bytes, at, new)
   return bytes:sub(1, at - 1) .. new .. bytes:sub(at + #new)
end

describe("critical extensions", function()
   local extensions = {
      ["2.5.29.14"] = der(4, "identifier"), ["2.5.29.35"] = der(0x30, der(0x80, "identifier")),
      ["1.3.6.1.5.5.7.1.1"] = der(0x30, der(0x30, der(6, "\43\6\1\5\5\7\48\1"), der(0x86, "http://a.example/"))),
      ["1.3.6.1.5.5.7.1.11"] = der(0x30, der(0x30, der(6, "\43\6\1\5\5\7\48\5"), der(0x86, "http://a.example/"))),
      ["2.5.29.46"] = der(0x30, der(0x30, der(0xA0, der(0xA0, der(0x86, "http://a.example/"))))),
      ["2.5.29.9"] = der(0x30, der(0x30, der(6, "\85\4\3"), der(0x31, der(12, "x")))),
   }
   for oid, value in pairs(extensions) do
      it("that must not be critical are refused: " .. oid, function()
         local function with(critical)
            return { leaf { extensions = { { oid = oid, critical = critical, value = value } },
               without_subject_key_identifier = true, without_authority_key_identifier = true } }
         end
         accepted(root, with(false))
         local message = refused("critical_extension", root, with(true))
         assert.truthy(message:find("must not be critical", 1, true), message)
         -- in an authority too
         local authority = world:authority { subject = "CN=Sub", key = "sub", by = root,
            extensions = { { oid = oid, critical = true, value = value } },
            without_subject_key_identifier = true, without_authority_key_identifier = true }
         refused("critical_extension", root, { leaf { by = authority }, authority })
      end)
   end

   it("of a leaf may say that it is a CA: openssl req -x509 makes such ones", function()
      local own = world:issue { subject = "CN=own", key = "own", names = NAMES, ca = true }
      accepted(own, { own })
      accepted(root, { leaf { ca = true } })
   end)
end)

describe("name constraints", function()
   local function below(value, critical, given)
      local authority = world:authority { subject = "CN=Sub", key = "sub", by = root,
         extensions = { { oid = "2.5.29.30", critical = critical, value = value } } }
      given = given or {}
      given.by = authority
      return { leaf(given), authority }
   end
   local function subtrees(tag, ...)
      return der(0x30, der(tag, der(0x30, ...)))
   end

   it("of nothing are refused where they are critical", function()
      for _, value in ipairs { der(0x30), der(0x30, der(0xA0)), der(0x30, der(0xA0), der(0xA1)) } do
         refused("critical_extension", root, below(value, true))
         accepted(root, below(value, false))
      end
   end)

   it("may write the minimum that is the default", function()
      accepted(root, below(subtrees(0xA0, der(0x82, "example.org"), "\128\1\0"), true))
      refused("name_constraint", root, below(subtrees(0xA1, der(0x82, "example.org"), "\128\1\0"), true))
   end)

   it("that are malformed exclude what they might have excluded", function()
      for _, base in ipairs { der(0x82, "https://example.org"), der(0x82, "example org"), der(0x82, "..example.org"),
         der(0x82, "*.example.org") } do
         refused("name_constraint", root, below(subtrees(0xA1, base), true))
         refused("name_constraint", root, below(subtrees(0xA0, base), true))
      end
      local address = { names = { NAMES[1], { type = "IP", value = "192.0.2.1" } } }
      for _, base in ipairs { "\10\0\0\0\255\0\255\0", "evil.exa", "\10\0\0\0", "" } do
         refused("name_constraint", root, below(subtrees(0xA1, der(0x87, base)), true, address))
      end
      accepted(root, below(subtrees(0xA1, der(0x87, "\10\0\0\0\255\0\0\0")), true, address))
   end)

   it("are not issued with a mask that has holes", function()
      local function issue(value)
         return bearssl.certificate.selfsigned { subject = "CN=x", ca = true,
            name_constraints = { excluded = { value } } }
      end
      assert(issue("192.0.2.0/255.255.255.0"))
      local made, _, code = issue("192.0.2.0/255.0.255.0")
      assert.is_nil(made)
      assert.equal("bad_name", code)
   end)
end)

describe("a public key", function()
   it("that is no point of its curve is refused when it is loaded", function()
      for _, kind in ipairs { "ec", "p384", "p521" } do
         local key = chains.key(kind, "point")
         local bytes = chains.world(kind):issue { subject = "CN=x", key = key }.certificate:der()
         assert.is_true((opened(bytes)))
         local point = key:public_der():sub(-32)
         local at = assert(bytes:find(point, 1, true)) + 31
         local good, code = opened(replaced(bytes, at, string.char((bytes:byte(at) + 1) % 256)))
         assert.is_nil(good or nil)
         assert.equal("bad_certificate", code)
      end
   end)

   it("for RSA-PSS has no parameters, or those of RSA-PSS, but not NULL", function()
      local key = chains.openssl_key("-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048")
      local bytes = key:der()
      -- the key alone: its AlgorithmIdentifier, without and with NULL
      local bare = der(0x30, der(6, "\42\134\72\134\247\13\1\1\10"))
      local null = der(0x30, der(6, "\42\134\72\134\247\13\1\1\10"), "\5\0")
      local from, to = bytes:find(bare, 1, true)
      assert.is_truthy(from)
      local contents = bytes:sub(5, from - 1) .. null .. bytes:sub(to + 1)
      local changed, _, code = core.key(der(0x30, contents))
      assert.is_nil(changed)
      assert.equal("bad_key", code)
   end)
end)

describe("a time", function()
   it("has no leap second", function()
      local bytes = leaf().certificate:der()
      local at = assert(bytes:find("\23\13%d%d%d%d%d%d%d%d%d%d%d%dZ"))
      assert.is_true((opened(replaced(bytes, at + 12, "59"))))
      local good, code = opened(replaced(bytes, at + 12, "60"))
      assert.is_nil(good or nil)
      assert.equal("bad_certificate", code)
   end)
end)

describe("more than 64 certificates", function()
   local many = {}
   for i = 1, 65 do many[i] = root end

   it("are too many to verify", function()
      local message = refused("limit_exceeded", root, { leaf(), unpack(many) })
      assert.truthy(message:find("66", 1, true), message)
      many[65], many[64] = nil, nil
      accepted(root, { leaf(), unpack(many) })
      for i = 64, 65 do many[i] = root end
   end)

   it("are too many for a context", function()
      local chain = { leaf().certificate }
      for i = 1, 64 do chain[i + 1] = root.certificate end
      local context, message, code = bearssl.context { mode = "server", certificate = chain,
         key = chains.key("ec", "leaf") }
      assert.is_nil(context)
      assert.equal("string", type(message))
      assert.equal("limit_exceeded", code)
      context, message, code = bearssl.context { mode = "server",
         credentials = { { name = "x", certificate = chain, key = chains.key("ec", "leaf") } } }
      assert.is_nil(context)
      assert.equal("string", type(message))
      assert.equal("limit_exceeded", code)
   end)

   it("are too many in an answer", function()
      local chain = { leaf().certificate }
      for i = 1, 64 do chain[i + 1] = root.certificate end
      local core_context = assert(core.context { role = "server", credentials = {
         { chain = { leaf().certificate }, key = chains.key("ec", "leaf") } } })
      assert.is_truthy(core_context)
      local made, message, code = core.context { role = "server", credentials = {
         { chain = chain, key = chains.key("ec", "leaf") } } }
      assert.is_nil(made)
      assert.equal("string", type(message))
      assert.equal("limit_exceeded", code)
   end)
end)

describe("the depth of a path", function()
   local one = world:authority { subject = "CN=One", key = "one", by = root }
   local two = world:authority { subject = "CN=Two", key = "two", by = one }
   -- the root's name under another key
   local renewed = world:authority { subject = "CN=Root", key = "renewed", by = root }

   it("of 0 allows no intermediate", function()
      accepted(root, { leaf() }, { verify_depth = 0 })
      refused("path_too_long", root, { leaf { by = one }, one }, { verify_depth = 0 })
      accepted(root, { leaf { by = one }, one }, { verify_depth = 1 })
      refused("path_too_long", root, { leaf { by = two }, two, one }, { verify_depth = 1 })
      accepted(root, { leaf { by = two }, two, one }, { verify_depth = 2 })
      accepted(root, { leaf { by = two }, two, one })
   end)

   it("does not count self-issued certificates", function()
      accepted(root, { leaf { by = renewed }, renewed }, { verify_depth = 0 })
      local below = world:authority { subject = "CN=Below", key = "below", by = renewed }
      refused("path_too_long", root, { leaf { by = below }, below, renewed }, { verify_depth = 0 })
      accepted(root, { leaf { by = below }, below, renewed }, { verify_depth = 1 })
   end)

   it("is a context's too", function()
      local function code_of(depth, by, ...)
         local pump = require "spec.support.pump"
         local chain = { leaf { by = by }.certificate }
         for _, entry in ipairs { ... } do chain[#chain + 1] = entry.certificate end
         local server = assert(bearssl.context { mode = "server", certificate = chain, key = chains.key("ec", "leaf") })
         local client = assert(bearssl.context { trust = store(root), verify_depth = depth,
            clock = function() return NOW end })
         local result = pump(client:connection { server_name = "www.example.org" }, server:connection())
         return result.client.status and "ok" or result.client.code
      end
      assert.equal("ok", code_of(0, root))
      assert.equal("path_too_long", code_of(0, one, one))
      assert.equal("ok", code_of(1, one, one))
      assert.equal("ok", code_of(nil, two, two, one))
      assert.equal("ok", code_of(0, renewed, renewed))
      assert.has_error(function() bearssl.context { verify_depth = -1 } end)
      assert.has_error(function() bearssl.context { verify_depth = 17 } end)
   end)
end)

describe("names that are equal", function()
   -- one authority, whose name is written in two ways
   local function authority(subject)
      return world:authority { subject = subject, key = "twin", without_subject_key_identifier = true }
   end
   local plain, other = authority("O=Some  Company,CN=Test CA"), authority("O=SOME Company ,CN=test ca")
   local accented, folded = authority("CN=\195\132rzte"), authority("CN=\195\164RZTE")

   it("build a path to a trusted certificate", function()
      assert.not_equal(plain.certificate:der(), other.certificate:der())
      accepted(plain, { leaf { by = other } })
      accepted(other, { leaf { by = plain } })
      accepted(accented, { leaf { by = folded } })
      refused("unknown_ca", accented, { leaf { by = plain } })
   end)

   it("build a path through intermediates", function()
      local upper = world:authority { subject = "CN=Upper CA", key = "upper", by = root }
      local lower = world:authority { subject = "CN=upper  ca", key = "upper" }
      accepted(root, { leaf { by = lower }, upper })
   end)

   it("are self-issued", function()
      local below = world:authority { subject = "O=some company,CN=TEST CA", key = "renewed", by = plain }
      accepted(plain, { leaf { by = below }, below }, { verify_depth = 0 })
   end)

   it("are those of CRLs and OCSP responses", function()
      local one = leaf { by = plain }
      local key = chains.key("ec", "twin")
      local function crl(issuer, revoked)
         return assert(core.build_crl { issuer = issuer.certificate, issuer_key = key, this_update = NOW - 100,
            next_update = NOW + 86400, revoked = revoked })
      end
      local entry = { { serial = one.certificate:serial(), date = NOW - 50 } }
      accepted(plain, { one }, { crls = { crl(other) }, revocation = "leaf" })
      refused("certificate_revoked", plain, { one }, { crls = { crl(other, entry) } })
      refused("certificate_revoked", other, { one }, { crls = { crl(plain, entry) } })
      local function response(issuer, status)
         return assert(core.build_ocsp_response { certificate = one.certificate, issuer = issuer.certificate, key = key,
            this_update = NOW - 100, next_update = NOW + 86400, status = status,
            revocation_time = status == "revoked" and NOW - 50 or nil })
      end
      accepted(plain, { one }, { ocsp_responses = { response(plain) }, revocation = "leaf" })
      accepted(other, { one }, { ocsp_responses = { response(plain) }, revocation = "leaf" })
      accepted(plain, { leaf { by = other } }, { revocation = "if_known" })
   end)

   it("are those that a name constraint excludes", function()
      local authority_of = world:authority { subject = "CN=Sub", key = "sub", by = root,
         name_constraints = { excluded = { { type = "dirName", value = "O=Bad  Company" } } } }
      refused("name_constraint", root, { leaf { by = authority_of, subject = "O=BAD company,CN=x" }, authority_of })
      accepted(root, { leaf { by = authority_of, subject = "O=Good Company,CN=x" }, authority_of })
   end)

   it("do not reach a host name with a dot at its end", function()
      local dotted = leaf { names = { { type = "DNS", value = "www.example.org." } } }
      refused("name_mismatch", root, { dotted })
      refused("name_mismatch", root, { dotted }, { server_name = "www.example.org." })
      accepted(root, { leaf() }, { server_name = "www.example.org." })
   end)
end)
