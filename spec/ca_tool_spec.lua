-- `bearssl ca`: an authority and its certificates in one line each, then a server and a client that use them.
local bearssl = require "bearssl"
local has = require "spec.support.has"
local json = require "dkjson"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"
local tool = require "spec.support.tool"

local ok = tool.ok
local spread = table.unpack or unpack

-- What openssl prints of a certificate. Its versions differ in what they put around a name's "=", and around a comma.
local function described(path)
   return (shell.run { "openssl", "x509", "-noout", "-text", "-in", path }:gsub(" = ", "="):gsub('"', ""))
end

local function mode(path)
   return shell.run("ls -l " .. shell.quote(path)):match("^%S+")
end

describe("bearssl ca", function()
   local home
   before_each(function() home = temporary.make_directory() end)
   after_each(function() process.stop_all() end)

   it("makes an authority, a server's and a client's certificate that serve and fetch use", function()
      local ca = home .. "/my ca"
      has(ok("ca", "init", "--out", ca, "--name", "My CA, Inc."), "My CA", ca .. "/ca.pem", ca .. "/ca.key")
      ok("ca", "server", "--ca", ca, "--out", home, "localhost", "127.0.0.1", "*.example.org")
      ok("ca", "client", "--ca", ca, "--out", home, "--email", "me@example.org", "Someone Else")
      for _, name in ipairs { ca .. "/ca", home .. "/localhost", home .. "/Someone_Else" } do
         assert.are.equal("-rw-------", mode(name .. ".key"):sub(1, 10))
         assert.are.equal("-rw-r--r--", mode(name .. ".pem"):sub(1, 10))
      end
      shell.run { "openssl", "verify", "-x509_strict", "-CAfile", ca .. "/ca.pem", "-purpose", "sslserver",
         "-verify_hostname", "www.example.org", home .. "/localhost.pem" }
      shell.run { "openssl", "verify", "-x509_strict", "-CAfile", ca .. "/ca.pem", "-purpose", "sslclient",
         home .. "/Someone_Else.pem" }
      has(described(home .. "/Someone_Else.pem"), "CN=Someone Else", "email:me@example.org")
      has(described(ca .. "/ca.pem"), "CA:TRUE", "CN=My CA, Inc.")

      local server = tool.start { "serve", "--listen", "127.0.0.1:0", "--cert", home .. "/localhost.pem", "--key",
         home .. "/localhost.key", "--cafile", ca .. "/ca.pem", "--verify", "required" }
      local port = server:wait_for("listening on 127%.0%.0%.1:(%d+)\n")
      has(ok("fetch", "--cafile", ca .. "/ca.pem", "--cert", home .. "/Someone_Else.pem", "--key",
         home .. "/Someone_Else.key", ("https://localhost:%d/"):format(port)), "TLS")
      local status = tool("fetch", "--cafile", ca .. "/ca.pem", ("https://localhost:%d/"):format(port))
      assert.are.equal(1, status)
   end)

   it("encrypts the authority's key with a password", function()
      local secret = temporary.write("correct horse\n", ".txt")
      ok("ca", "init", "--out", home .. "/ca", "--password-file", secret, "--key-type", "p384")
      has(temporary.read(home .. "/ca/ca.key"), "BEGIN ENCRYPTED PRIVATE KEY")
      assert(bearssl.key.open(home .. "/ca/ca.key", "correct horse"))
      local status, _, err = tool("ca", "server", "--ca", home .. "/ca", "--out", home, "a.example")
      assert.are.equal(1, status)
      has(err, "--password-file")
      ok("ca", "server", "--ca", home .. "/ca", "--out", home, "--password-file", secret, "a.example")
   end)

   it("makes keys and certificates of the kinds that it is told, also Ed25519", function()
      ok("ca", "init", "--out", home .. "/ca", "--key-type", "ed25519")
      for _, kind in ipairs { "ed25519", "p256" } do
         ok("ca", "server", "--ca", home .. "/ca", "--out", home, "--key-type", kind, "--force", "localhost")
         shell.run { "openssl", "verify", "-x509_strict", "-CAfile", home .. "/ca/ca.pem", "-purpose", "sslserver",
            home .. "/localhost.pem" }
         local key = assert(bearssl.key.open(home .. "/localhost.key"))
         assert.are.equal(kind == "ed25519" and "Ed25519" or "EC", key:type())
         assert.are.equal("ED25519", (assert(bearssl.certificate.open(home .. "/localhost.pem"))[1]
            :signature_algorithm()))
      end
   end)

   it("overwrites nothing unless it is told to", function()
      ok("ca", "init", "--out", home)
      local before = temporary.read(home .. "/ca.key")
      local status, _, err = tool("ca", "init", "--out", home)
      assert.are.equal(1, status)
      has(err, "ca.pem is there already", "--force")
      assert.are.equal(before, temporary.read(home .. "/ca.key"))
      ok("ca", "init", "--out", home, "--force")
      assert.are_not.equal(before, temporary.read(home .. "/ca.key"))
      assert.are.equal("-rw-------", mode(home .. "/ca.key"):sub(1, 10))
   end)

   it("writes JSON", function()
      local document = json.decode((ok("ca", "init", "--out", home, "--json", "--days", "10", "--constrain",
         "example.org")))
      assert.are.equal("CN=bearssl CA", document.subject)
      assert.are.equal(home .. "/ca.key", document.key_file)
      assert.is_true(document.is_ca)
      document = json.decode((ok("ca", "server", "--ca", home, "--out", home, "--json", "*.example.org")))
      assert.are.equal(home .. "/_.example.org.pem", document.certificate_file)
      local root = assert(bearssl.certificate.open(home .. "/ca.pem"))[1]
      local leaf = assert(bearssl.certificate.open(home .. "/_.example.org.pem"))[1]
      assert.is_true(leaf:not_after() <= root:not_after())
      assert.is_true((leaf:verify { trust = { root }, server_name = "www.example.org" }))
   end)

   it("constrains every kind of name", function()
      ok("ca", "init", "--out", home, "--constrain", "example.org")
      for _, case in ipairs {
         { "server", "www.example.org" },
         { "client", "Some One", "--email", "a@example.org", "--email", "b@mail.example.org" },
      } do
         ok("ca", case[1], "--ca", home, "--out", home, spread(case, 2))
      end
      for _, case in ipairs {
         { "server", "bank.com" }, { "server", "8.8.8.8" }, { "server", "2001:db8::1" },
         { "client", "Some One", "--email", "boss@bank.com", "--file", "other" },
      } do
         local status, _, err = tool("ca", case[1], "--ca", home, "--out", home, spread(case, 2))
         assert.are.equal(1, status, err)
      end
   end)

   it("exits with 2 when the command line is wrong, with 1 when it fails", function()
      ok("ca", "init", "--out", home)
      for _, case in ipairs {
         { 2, "", "ca" }, { 2, "unknown command", "ca", "sing" },
         { 2, "number of days", "ca", "init", "--days", "0" },
         { 2, "", "ca", "init", "--key-type", "dsa" },
         { 2, "name", "ca", "server", "--ca", home, "--out", home, "a b" },
         { 1, "authority's certificate", "ca", "server", "--ca", home .. "/none", "a.example" },
         { 1, "cannot write", "ca", "init", "--out", "/dev/null/x" },
      } do
         local status, _, err = tool(spread(case, 3))
         assert.are.equal(case[1], status, err)
         has(err, case[2])
         assert.is_nil(err:find("traceback", 1, true), err)
      end
      for _, action in ipairs { "init", "server", "client" } do has(ok("ca", action, "--help"), "--json", "--force") end
   end)
end)
