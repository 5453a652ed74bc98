-- `bearssl ca p12`, and PKCS#12 where the tool takes certificates and keys.
local bearssl = require "bearssl"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"
local tool = require "spec.support.tool"

local ok, refused = tool.ok, tool.refused

describe("PKCS#12 in the tool", function()
   local home
   before_each(function() home = temporary.make_directory() end)
   after_each(function() process.stop_all() end)

   it("is written by `ca p12`, and taken by --cert and --cafile", function()
      local secret, wrong = temporary.write("horse\n"), temporary.write("cow\n")
      ok("ca", "init", "--out", home .. "/ca")
      ok("ca", "server", "--ca", home .. "/ca", "--out", home, "localhost")
      refused(2, "--password-file", "ca", "p12", home .. "/localhost.pem")
      ok("ca", "p12", home .. "/localhost.pem", "--authority", home .. "/ca/ca.pem", "--password-file", secret)
      local path = home .. "/localhost.p12"
      local found = assert(bearssl.pkcs12.open(path, "horse"))
      assert.equal("localhost", found.friendly_name)
      assert.equal(1, #found.authorities)
      assert.is_true(found.key:matches(found.certificates[1]))
      assert.equal("-rw-------", shell.run("ls -l " .. path):match("^%S+"):sub(1, 10))
      shell.run("openssl pkcs12 -in " .. path .. " -passin pass:horse -noout")
      refused(1, "is there already", "ca", "p12", home .. "/localhost.pem", "--password-file", secret)
      ok("ca", "p12", home .. "/localhost.pem", "--authority", home .. "/ca/ca.pem", "--password-file", secret,
         "--force", "--friendly-name", "mine")
      assert.equal("mine", assert(bearssl.pkcs12.open(path, "horse")).friendly_name)

      local shown = ok("cert", "show", "--password-file", secret, path)
      for _, text in ipairs { "1: certificate", "2: certificate", "3: private key" } do
         assert.truthy(shown:find(text, 1, true), shown)
      end
      assert.truthy(ok("cert", "pin", "--password-file", secret, path):find(found.certificates[1]:pin(), 1, true))
      refused(1, "the password of the PKCS#12 file is wrong", "cert", "pin", "--password-file", wrong, path)

      local server = tool.start { "serve", "--listen", "127.0.0.1:0", "--cert", path, "--password-file", secret }
      local port = server:wait_for("listening on 127%.0%.0%.1:(%d+)\n")
      ok("fetch", "--cafile", path, "--password-file", secret, ("https://localhost:%d/"):format(port))
      refused(2, "the password of the PKCS#12 file is wrong", "serve", "--listen", "127.0.0.1:0", "--cert", path,
         "--password-file", wrong)
   end)
end)
