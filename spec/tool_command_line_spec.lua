-- The command-line tool's own language: help, version, mistakes and exit codes.
local certificates = require "spec.support.certificates"
local tool = require "spec.support.tool"

local credential = tool.credential

describe("the command line", function()
   it("has help and a version", function()
      local status, out, err = tool "--help"
      assert.are.equal(0, status)
      assert.are.equal("", err)
      for _, word in ipairs { "trace", "probe", "fetch", "serve", "Exit codes" } do
         assert.is_truthy(out:find(word, 1, true), word)
      end
      for _, command in ipairs { "trace", "probe", "fetch", "serve" } do
         status, out = tool(command, "--help")
         assert.are.equal(0, status)
         assert.is_truthy(out:find("--json", 1, true))
         assert.is_truthy(out:find("--cafile", 1, true))
      end
      status, out = tool "--version"
      assert.are.equal(0, status)
      assert.are.equal(require("bearssl")._VERSION, out:match "^[^\n]+")
      assert.matches("\nkernels: .*sha256 [%w-]+, .*x25519 [%w-]+\ncertificate compression: [%w, ]+\n$", out)
   end)

   it("exits with 2, and says why, when it is wrong", function()
      local cert = { credential "rsa" }
      local cases = {
         { "Commands: trace, probe, connect, fetch, serve, cert, ca, ech (" }, { "unknown command", "sing" },
         { "Commands: trace", "sing" }, { "Commands: init, server", "ca", "sing" }, { "argument", "trace" },
         { "unknown option", "trace", "--nope", "x" },
         { "not HOST", "trace", "a b" }, { "not HOST", "trace", "host:99999" }, { "not HOST", "probe", "host:port" },
         { "only https", "fetch", "ftp://localhost/" }, { "not a URL", "fetch", "localhost" },
         { "no version", "fetch", "--min", "1.9", "https://localhost/" },
         { "TLS_NOTHING", "trace", "--suites", "TLS_NOTHING", "localhost" },
         { "group", "trace", "--groups", "p999", "localhost" },
         { "cannot read the CA file", "fetch", "--cafile", "/nonexistent", "https://localhost/" },
         { "/dev/null", "fetch", "--cafile", "/dev/null", "https://localhost/" },
         { "needs its --key", "fetch", "--cert", certificates.rsa.certfile, "https://localhost/" },
         { "seconds", "fetch", "--timeout", "soon", "https://localhost/" },
         { "every --key its --cert", "serve", cert[3], cert[4] },
         { "no port", "serve", "--listen", "127.0.0.1" }, { "no port", "serve", "--listen", ":" },
         { "'70000' is no port", "serve", "--listen", "70000" }, { "needs brackets", "serve", "--listen", "::1:8443" },
         { "no port", "serve", "--listen", "[::1" }, { "no IPv6 address", "serve", "--listen", "[1.2]:3" },
         { "'a b' is no host", "serve", "--listen", "a b:1" }, { "[IPV6]:PORT", "serve", "--listen", "8443x" },
         { "not a directory", "serve", cert[1], cert[2], cert[3], cert[4], "/nonexistent" },
         { "--cafile", "serve", "--verify", "required", cert[1], cert[2], cert[3], cert[4] },
         { "key", "serve", "--cert", certificates.rsa.certfile, "--key", certificates.ec.keyfile },
      }
      for _, case in ipairs(cases) do
         local why = table.remove(case, 1)
         local status, out, err = tool((table.unpack or unpack)(case)) -- luacheck: ignore
         local shown = table.concat(case, " ") .. "\n" .. err
         assert.are.equal(2, status, shown)
         assert.are.equal("", out, shown)
         assert.is_truthy(err:find("^bearssl: "), shown)
         assert.is_truthy(err:find(why, 1, true), shown)
         assert.is_nil(err:find("traceback", 1, true), shown)
      end
   end)

   it("exits with 1 when nothing listens", function()
      local port = require("spec.support.port").free()
      for _, command in ipairs { "trace", "probe" } do
         local status, _, err = tool(command, "127.0.0.1:" .. port)
         assert.are.equal(1, status)
         assert.is_truthy(err:find("connection refused", 1, true), err)
      end
      local status, _, err = tool("fetch", "https://127.0.0.1:" .. port .. "/")
      assert.are.equal(1, status)
      assert.is_truthy(err:find("connection refused", 1, true), err)
   end)
end)
