-- Numbers that nobody has a name for: the name is nil, never a number or a word that stands for one, and the number
-- stands beside it.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local hello = require "spec.support.hello"
local pump = require "spec.support.pump"

local function find(list, id)
   for _, entry in ipairs(list) do
      if entry.id == id then return entry end
   end
   error(("%04x is missing"):format(id))
end

describe("a name that is not known", function()
   it("is nil in the lists of ClientHello", function()
      local seen
      local context = assert(bearssl.context {
         mode = "server", certfile = certificates.ec.chainfile, keyfile = certificates.ec.keyfile,
         handlers = { client_hello = function(_, message) seen = message end },
      })
      hello.ask(context, hello.build {
         suites = { 0x1301, 0x5600, 0x9999 }, versions = { 0x0304, 0x7F1C },
         extensions = {
            [10] = hello.list { 29, 0x0999 }, [13] = hello.list { 0x0403, 0x0999 }, [0x9999] = "x",
            [11] = "\2\0\77", [45] = "\2\1\77",
         },
      })
      for field, id in pairs {
         cipher_suites = 0x9999, supported_versions = 0x7F1C, supported_groups = 0x0999, signature_algorithms = 0x0999,
         extensions = 0x9999, ec_point_formats = 77,
      } do
         assert.is_nil(find(seen[field], id).name, field)
      end
      assert.equal("TLS_AES_128_GCM_SHA256", find(seen.cipher_suites, 0x1301).name)
      assert.equal("x25519", find(seen.supported_groups, 29).name)
      for _, entry in ipairs(seen.extensions) do
         for _, one in ipairs(entry.id == 45 and entry.value or {}) do
            assert.equal(one.id == 1 and "psk_dhe_ke" or nil, one.name)
         end
      end
   end)

   it("is nil where a message has one value", function()
      for _, case in ipairs {
         { { stage = "server_hello", legacy_version = 0x0999, random = ("r"):rep(32), session_id = "",
            cipher_suite = 0x9999, extensions = {} }, "cipher_suite", 0x9999 },
         { { stage = "server_hello", legacy_version = 0x0999, random = ("r"):rep(32), session_id = "",
            cipher_suite = 0x9999, extensions = {} }, "legacy_version", 0x0999 },
         { { stage = "certificate_verify", signature_algorithm = 0x0999, signature = "x" }, "signature_algorithm",
            0x0999 },
      } do
         local message = assert(core.parse_message(assert(core.build_message(case[1])),
            { version = 0x0303, suite = 0xC02B }))
         assert.is_nil(message[case[2]], case[2])
         assert.equal(case[3], message[case[2] .. "_id"])
      end
   end)

   it("is nil in an alert, and the code is peer_alert", function()
      local seen
      local client = assert(bearssl.context { verify = "none" }):connection {
         server_name = "localhost", handlers = { alert = function(_, message) seen = message end },
      }
      client:step()
      client:feed(pump.record(21, "\2\200", 0x0303))
      local none, message, code = client:step()
      assert.is_nil(none)
      assert.equal("peer_alert", code)
      assert.truthy(message:find("alert: 200", 1, true), message)
      assert.is_nil(seen.description)
      assert.equal(200, seen.description_id)
      assert.equal("fatal", seen.level)
   end)

   it("is nil of a certificate's algorithms, and the object identifier stands beside", function()
      local der = assert(bearssl.certificate.selfsigned { subject = "CN=x" }):der()
      -- ecdsa-with-SHA256 becomes 1.2.840.10045.4.3.99
      local changed, count = der:gsub("\42\134\72\206\61\4\3\2", "\42\134\72\206\61\4\3\99")
      assert.equal(2, count)
      local name, oid = assert(bearssl.certificate.load(changed))[1]:signature_algorithm()
      assert.is_nil(name)
      assert.equal("1.2.840.10045.4.3.99", oid)
      local described = require("bearssl.describe").certificate(bearssl.certificate.load(changed)[1])
      assert.equal("1.2.840.10045.4.3.99", described.signature_algorithm)
      -- id-ecPublicKey becomes 1.2.840.10045.2.99
      changed, count = der:gsub("\42\134\72\206\61\2\1", "\42\134\72\206\61\2\99")
      assert.equal(1, count)
      local key = assert(bearssl.certificate.load(changed))[1]:public_key()
      assert.is_nil(key.type)
      assert.is_nil(key.curve)
      assert.equal("1.2.840.10045.2.99", key.oid)
   end)

   it("is nil of an OCSP response's status", function()
      local response = assert(bearssl.ocsp.load("\48\3\10\1\9"))
      assert.is_nil(response:response_status())
      assert.equal("tryLater", assert(bearssl.ocsp.load("\48\3\10\1\3")):response_status())
   end)
end)
