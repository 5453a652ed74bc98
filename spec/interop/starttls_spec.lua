-- STARTTLS of the tool. The server of support/starttls_server.lua plays each protocol; that it plays it right,
-- OpenSSL's s_client says.
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local process = require "spec.support.process"
local starttls = require "bearssl.tool.starttls"
local tool = require "spec.support.tool"

local LUA = os.getenv "LUA" or "lua5.4"
local CA = certificates.ca.certfile

local function serve(protocol, count, fault)
   local own = certificates.ec
   local server = process.start { LUA, "spec/support/starttls_server.lua", protocol, own.chainfile, own.keyfile,
      tostring(count), fault }
   return "localhost:" .. server:wait_for "listening on 127%.0%.0%.1:(%d+)", server
end

describe("--starttls", function()
   after_each(process.stop_all)

   for _, protocol in ipairs(starttls.names) do
      it(protocol .. " begins as OpenSSL does", function()
         local target = serve(protocol, 1)
         local child = process.start({ "openssl", "s_client", "-connect", target, "-starttls", protocol, "-CAfile", CA,
            "-verify_return_error", "-servername", "localhost", "-xmpphost", "localhost", "-name", "localhost",
            "-quiet" }, { input = true })
         child:write "hello\n"
         child:wait_for "you said hello"
      end)

      it(protocol .. " is spoken by connect, trace and probe", function()
         local target = serve(protocol, 1000)
         local child = tool.start({ "connect", "--starttls", protocol, "--cafile", CA, target }, { input = true })
         child:write "hello\n"
         child:close_input()
         assert.equal(0, child:wait(30), child:errors())
         assert.equal("you said hello\n", child:output())
         assert.matches("verified", child:errors())
         local status, output, errors = tool("trace", "--starttls", protocol, "--cafile", CA, target)
         assert.equal(0, status, errors)
         assert.matches("ServerHello", output)
         if protocol == "smtp" then
            status, output, errors = tool("probe", "--quiet", "--starttls", protocol, "--cafile", CA, target)
            assert.is_true(status == 0 or status == 3, errors)
            assert.matches("TLSv1.3", output)
         end
      end)

      it(protocol .. " ends where the server does not offer it", function()
         local target = serve(protocol, 1, "refuse")
         local status, output, errors = tool("connect", "--starttls", protocol, "--cafile", CA, target)
         assert.equal(1, status)
         assert.equal("", output)
         assert.matches("STARTTLS %(" .. protocol .. "%): the server", errors)
         assert.is_nil(errors:find("traceback", 1, true))
      end)
   end

   it("refuses words that stand behind the server's last one", function()
      for _, protocol in ipairs { "smtp", "imap", "postgres" } do
         local target = serve(protocol, 1, "inject")
         local status, _, errors = tool("connect", "--starttls", protocol, "--cafile", CA, target)
         assert.equal(1, status)
         assert.is_truthy(errors:find("something stands behind", 1, true) or errors:find("decode_error", 1, true)
            or errors:find("protocol_version", 1, true) or errors:find("unexpected_message", 1, true), errors)
      end
   end)

   it("bounds what a server may say, and how long it may say nothing", function()
      for _, protocol in ipairs { "smtp", "xmpp", "sieve" } do
         local target = serve(protocol, 1, "endless")
         local status, _, errors = tool("trace", "--starttls", protocol, "--timeout", "10", target)
         assert.equal(1, status)
         assert.matches("limit_exceeded", errors)
      end
      local began = core.monotonic()
      local dribbling = serve("smtp", 1, "dribble")
      local result, _, problem = tool("trace", "--starttls", "smtp", "--timeout", "1", dribbling)
      assert.equal(1, result)
      assert.matches("timeout", problem)
      assert.is_true(core.monotonic() - began < 10)
      local target = serve("imap", 1, "silent")
      local status, _, errors = tool("trace", "--starttls", "imap", "--timeout", "0.3", target)
      assert.equal(1, status)
      assert.matches("does not answer", errors)
   end)

   it("shows what a server says without its controls", function()
      local status, _, errors = tool("trace", "--starttls", "smtp", (serve("smtp", 1, "escape")))
      assert.equal(1, status)
      assert.truthy(errors:find("554", 1, true), errors)
      assert.is_nil(errors:gsub("\n$", ""):find "%c", errors)
   end)

   it("of another protocol is told which there are", function()
      local status, _, errors = tool("connect", "--starttls", "gopher", "localhost")
      assert.equal(2, status)
      assert.matches("ftp, imap, ldap, mysql, nntp, pop3, postgres, sieve, smtp, xmpp", errors)
   end)
end)
