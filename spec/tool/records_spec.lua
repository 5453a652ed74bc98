-- `bearssl ca`: requests are signed as far as the authority may, and what it issued and revoked is on record, also when
-- several do so at once or one is killed.
local bearssl = require "bearssl"
local has = require "spec.support.has"
local json = require "dkjson"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"
local tool = require "spec.support.tool"

local ok, refused = tool.ok, tool.refused

describe("bearssl ca", function()
   local home, ca
   before_each(function()
      home = temporary.make_directory()
      ca = home .. "/ca"
   end)
   after_each(process.stop_all)

   local function request(options)
      options.key = options.key or bearssl.key.generate "secp256r1"
      return temporary.write(assert(bearssl.request.new(options)):pem(), ".csr")
   end

   local function certificate(name)
      return assert(bearssl.certificate.open(home .. "/" .. name .. ".pem"))[1]
   end

   local function usage(name)
      return table.concat(certificate(name):extended_key_usage() or {}, ",")
   end

   it("signs requests for servers, clients and authorities", function()
      ok("ca", "init", "--out", ca)
      local root = { "--ca", ca, "--out", home }
      local function sign(...) return ok("ca", "sign", root[1], root[2], root[3], root[4], ...) end
      sign(request { names = { "a.example", "192.0.2.1" } })
      assert.are.equal("serverAuth", usage "a.example")
      assert.is_true(certificate("a.example"):matches "192.0.2.1")
      sign(request { subject = "CN=b.example,O=Some" }) -- a server's old way to say its name
      assert.is_true(certificate("b.example"):matches "b.example")
      sign("--purpose", "client", request { subject = "CN=Some One" })
      assert.are.equal("clientAuth", usage "Some_One")
      sign("--name", "c.example", "--purpose", "both", "--file", "renamed", request { names = { "x.example" } })
      assert.are.equal("serverAuth,clientAuth", usage "renamed")
      assert.is_false(certificate("renamed"):matches "x.example")
      assert.are.equal("CN=c.example", (select(2, certificate("renamed"):subject())))

      -- an authority below, in a directory of its own, whose chain leads to the root
      local key = bearssl.key.generate "secp256r1"
      sign("--authority", "--path-length", "0", "--constrain", "sub.example", "--file", "sub",
         request { subject = "CN=Sub", key = key })
      shell.run { "mkdir", home .. "/sub" }
      shell.run { "mv", home .. "/sub.pem", home .. "/sub/ca.pem" }
      local file = assert(io.open(home .. "/sub/ca.key", "w"))
      file:write(key:pem())
      file:close()
      ok("ca", "server", "--ca", home .. "/sub", "--out", home, "www.sub.example")
      has(ok("cert", "verify", "--cafile", ca .. "/ca.pem", "--servername", "www.sub.example",
         home .. "/www.sub.example.pem"), "signed by CN=Sub", "signed by CN=bearssl CA")
      refused(1, "DNS www.other.example", "ca", "server", "--ca", home .. "/sub", "--out", home, "a.sub.example",
         "www.other.example")
      refused(1, "CN=Sub allows no authority", "ca", "sign", "--ca", home .. "/sub", "--authority", "--out", home,
         request { subject = "CN=Below" })
      shell.run { "openssl", "verify", "-x509_strict", "-CAfile", ca .. "/ca.pem", "-untrusted", home .. "/sub/ca.pem",
         home .. "/www.sub.example.pem" }
   end)

   it("names the name that is bad, and obeys its own constraints", function()
      ok("ca", "init", "--out", ca, "--constrain", "example.org", "--path-length", "0")
      local function server(...) return "ca", "server", "--ca", ca, "--out", home, ... end
      refused(2, "'a b' is no name", server("www.example.org", "a b"))
      refused(2, "'me@example.org' is an e-mail address", server "me@example.org")
      refused(2, "'https://example.org/' is a URI", server "https://example.org/")
      refused(1, "DNS www.example.com (name_constraint)", server("www.example.org", "www.example.com"))
      refused(1, "allows no authority", "ca", "sign", "--ca", ca, "--authority", "--out", home,
         request { subject = "CN=Below" })
      refused(2, "give either", "ca", "sign", "--ca", ca, "--authority", "--purpose", "client",
         request { subject = "CN=Below" })
      refused(2, "where a certificate request belongs", "ca", "sign", "--ca", ca, ca .. "/ca.pem")
      ok(server "www.example.org")
      assert.are.same({ ".", "..", "ca", "www.example.org.key", "www.example.org.pem" },
         (function()
            local names = require("bearssl.core").directory(home)
            names[#names + 1], names[#names + 2] = ".", ".."
            table.sort(names)
            return names
         end)(), "what was refused left files")
   end)

   it("revokes, and tells others by lists whose numbers grow", function()
      ok("ca", "init", "--out", ca)
      ok("ca", "server", "--ca", ca, "--out", home, "a.example")
      ok("ca", "server", "--ca", ca, "--out", home, "b.example")
      ok("ca", "crl", "--ca", ca)
      ok("ca", "crl", "--ca", ca) -- in the place of the older one
      local other = temporary.write "something else"
      refused(1, "is no CRL", "ca", "crl", "--ca", ca, "--out", other)
      assert.are.equal("something else", temporary.read(other))
      local before = assert(bearssl.crl.open(ca .. "/ca.crl"))[1]
      has(ok("ca", "revoke", "--ca", ca, "--reason", "keyCompromise", home .. "/a.example.pem"), "bearssl ca crl")
      has(ok("ca", "revoke", "--ca", ca, home .. "/a.example.pem"), "revoked already", "keyCompromise")
      has(ok("ca", "revoke", "--ca", ca, certificate("b.example"):serial():upper()), "revoked")
      local document = json.decode((ok("ca", "crl", "--ca", ca, "--days", "3", "--json")))
      assert.are.equal(2, document.count)
      local after = assert(bearssl.crl.open(ca .. "/ca.crl"))[1]
      assert.is_true(tonumber(after:number(), 16) > tonumber(before:number(), 16))
      assert.are.equal("keyCompromise", after:revoked(certificate("a.example"):serial()).reason)
      local status, out = tool("cert", "verify", "--cafile", ca .. "/ca.pem", "--crl", ca .. "/ca.crl",
         home .. "/b.example.pem")
      assert.are.equal(1, status)
      has(out, "certificate_revoked")
      has(shell.run { "openssl", "crl", "-in", ca .. "/ca.crl", "-CAfile", ca .. "/ca.pem", "-noout", "-text" },
         "verify OK", "Key Compromise")
      ok("ca", "init", "--out", home .. "/other")
      refused(2, "was not issued by the authority", "ca", "revoke", "--ca", home .. "/other", home .. "/a.example.pem")
      refused(2, "no record of a certificate 0abc", "ca", "revoke", "--ca", ca, "abc")
      refused(2, "no file, and no serial number", "ca", "revoke", "--ca", ca, "nothing")
   end)

   it("keeps its records when many write at once and one line is cut off", function()
      ok("ca", "init", "--out", ca, "--key-type", "ed25519")
      local children = {}
      for index = 1, 6 do
         children[index] = tool.start { "ca", "server", "--ca", ca, "--out", home, ("s%d.example"):format(index) }
      end
      for index = 7, 10 do children[index] = tool.start { "ca", "crl", "--ca", ca, "--out", home .. "/at-once.crl" } end
      for _, child in ipairs(children) do assert.are.equal(0, child:wait(60), child:errors()) end
      local state = require "bearssl.tool.ca_database" (ca):state()
      local serials, numbers = {}, 0
      for index = 1, 6 do
         local serial = certificate(("s%d.example"):format(index)):serial()
         assert.is_nil(serials[serial], "a serial number twice")
         serials[serial] = true
         assert.are.equal(("CN=s%d.example"):format(index), state.issued[serial].subject)
      end
      for _ in pairs(state.owners) do numbers = numbers + 1 end
      assert.is_true(numbers >= 4)
      assert.are.equal(("%x"):format(state.number), assert(bearssl.crl.open(home .. "/at-once.crl"))[1]:number())

      local file = assert(io.open(ca .. "/ca.db", "ab"))
      file:write "revoked\t00ff"
      file:close()
      ok("ca", "revoke", "--ca", ca, home .. "/s1.example.pem")
      state = require "bearssl.tool.ca_database" (ca):state()
      assert.are.equal(1, #state.revoked)
      assert.are.equal(certificate("s1.example"):serial(), state.revoked[1].serial)
   end)

   it("leaves whole files or none when it is killed", function()
      ok("ca", "init", "--out", ca)
      for round = 1, 6 do
         local child = tool.start { "ca", "server", "--ca", ca, "--out", home, "--key-type", "ed25519", "--force",
            "k.example" }
         require("socket").sleep(0.02 * round)
         child:signal "KILL"
         child:wait()
         for _, name in ipairs { "k.example.pem", "k.example.key" } do
            local bytes = temporary.read(home .. "/" .. name)
            if bytes then assert.matches("\n%-%-%-%-%-END [%u ]+%-%-%-%-%-\n$", bytes) end
         end
      end
      ok("ca", "server", "--ca", ca, "--out", home, "--force", "k.example")
      assert.is_truthy(require "bearssl.tool.ca_database" (ca):state().issued[certificate("k.example"):serial()])
   end)
end)
