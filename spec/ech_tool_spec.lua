-- `bearssl ech`, and what the other subcommands do with its keys: serve, fetch, trace, probe.
local certificates = require "spec.support.certificates"
local json = require "dkjson"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"
local tool = require "spec.support.tool"

-- A name that the server's certificate has beside localhost.
local PUBLIC_NAME = "example.org"

local function ok(...)
   local status, out, err = tool(...)
   assert.equal(0, status, err)
   return out, err
end

local function has(text, part)
   assert.truthy(text:find(part, 1, true), ("%q is missing in\n%s"):format(part, text))
end

local function generate(name, ...)
   local path = temporary.make_directory() .. "/ech.pem"
   ok("ech", "generate", name, "--out", path, ...)
   return path
end

describe("bearssl ech", function()
   it("makes a key file that nobody else reads, and overwrites none", function()
      local path = generate("front.example", "--max-name-length", "40", "--kem", "secp256r1")
      assert.equal("-rw-------", shell.run("ls -l " .. shell.quote(path)):match "^%S+")
      local status, _, err = tool("ech", "generate", "front.example", "--out", path)
      assert.equal(1, status)
      has(err, "--force")
      ok("ech", "generate", "front.example", "--out", path, "--force")
      status, _, err = tool("ech", "generate", "192.0.2.1", "--out", path, "--force")
      assert.equal(2, status, err)
   end)

   it("shows a key file, base64 and an HTTPS record's text alike", function()
      local path = generate("front.example", "--max-name-length", "40")
      local document = json.decode((ok("ech", "show", path, "--json")))
      assert.equal("front.example", document.configs[1].public_name)
      assert.equal(40, document.configs[1].maximum_name_length)
      assert.equal("0xfe0d", document.configs[1].version)
      assert.is_true(document.configs[1].usable)
      local text = ok("ech", "show", path)
      has(text, "front.example")
      has(text, "ech=" .. document.ech)
      for _, given in ipairs { document.ech, "ech=" .. document.ech, '1 . alpn="h2" ech="' .. document.ech .. '"' } do
         assert.same(document, json.decode((ok("ech", "show", given, "--json"))))
      end
      for _, given in ipairs { "no-such-file", "nosuch", "nosuch.pem" } do
         local status, _, err = tool("ech", "show", given)
         assert.equal(2, status)
         has(err, "is no file, and no base64")
      end
      local status, _, err = tool("ech", "show", certificates.ca.certfile)
      assert.equal(2, status)
      has(err, "has no block ECHCONFIG")
      status, _, err = tool("ech", "generate", "not a name", "--out", path .. "2")
      assert.equal(2, status)
      has(err, "not a name")
      assert.equal(1, (tool("ech", "show", "AAAA")))
   end)
end)

describe("Encrypted ClientHello of the tool", function()
   local old, new, server

   setup(function()
      old, new = generate(PUBLIC_NAME), generate(PUBLIC_NAME)
      server = tool.serve("--ech-keys", new, "--ech-keys", old, tool.credential "ec")
   end)
   teardown(function() server:stop() end)

   local function fetch(...)
      return tool("fetch", "--cafile", certificates.ca.certfile, "-v", ...)
   end

   it("is what fetch does with the current key and the one before", function()
      for _, path in ipairs { new, old } do
         local status, _, err = fetch("--ech", path, server.url)
         assert.equal(0, status, err)
         has(err, "hello encrypted")
      end
   end)

   it("is tried again, with the configurations that a server gives for another key", function()
      local status, _, err = fetch("--ech", generate(PUBLIC_NAME), server.url)
      assert.equal(0, status, err)
      has(err, "trying again")
      local out
      status, out = tool("fetch", "--cafile", certificates.ca.certfile, "--json", "--ech", generate(PUBLIC_NAME),
         server.url)
      assert.equal(0, status)
      assert.is_true(json.decode(out).tls.ech_retried)
      has(err, "hello encrypted")
   end)

   it("is told by probe, and drawn by trace", function()
      local address = "localhost:" .. server.port
      local _, out = tool("probe", "--cafile", certificates.ca.certfile, "--quiet", "--json", address)
      local report = json.decode(out)
      assert.is_true(report.ech)
      assert.same({ PUBLIC_NAME }, report.ech_public_names)
      out = ok("trace", "--cafile", certificates.ca.certfile, "--ech", new, address)
      has(out, "(encrypted in the outer one)")
      has(out, "outer")
      has(out, PUBLIC_NAME)
      has(out, "localhost")
   end)

   it("is a mistake of the command line where TLS 1.3 is not spoken, as are names that are none", function()
      local cases = {
         { "fetch", "--ech", new, "--max", "1.2", server.url }, { "trace", "--ech", new, "--max", "1.2", server.url },
         { "fetch", "--servername", "a b", server.url }, { "fetch", "--servername", "*.x.org", server.url },
         { "trace", "--servername", "a b", server.url }, { "probe", "--servername", "a b", server.url },
      }
      for _, words in ipairs(cases) do
         local status, _, err = tool((table.unpack or unpack)(words)) -- luacheck: ignore
         assert.equal(2, status, err)
         assert.is_nil(err:find("traceback", 1, true), err)
         assert.is_nil(err:find(".lua:", 1, true), err)
         has(err, words[2] == "--ech" and "--ech is of TLS 1.3" or "--servername")
      end
   end)

   it("fails where the server has no keys, with the reason", function()
      local plain = tool.serve(tool.credential "ec")
      local status, _, err = fetch("--ech", new, plain.url)
      plain:stop()
      assert.equal(1, status)
      has(err, "ech_required")
   end)

   it("is refused where a key file cannot be used", function()
      local status, _, err = tool("serve", "--ech-keys", certificates.ec.keyfile, tool.credential "ec")
      assert.equal(2, status)
      has(err, "no ECHCONFIG")
   end)
end)
