-- Raw public keys (RFC 7250), pins and ticket requests (RFC 9149) of the tool: serve, fetch, trace, probe.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local json = require "dkjson"
local temporary = require "spec.support.temporary"
local tool = require "spec.support.tool"

local CA = certificates.ca.certfile

local function has(text, part)
   assert.truthy(text:find(part, 1, true), ("%q is missing in\n%s"):format(part, text))
end

local function new_key(curve)
   local key = bearssl.key.generate(curve)
   return key, temporary.write(key:pem())
end

local function pin_of(name)
   return bearssl.certificate.load(certificates[name].certificate)[1]:pin()
end

local key, key_file = new_key "secp256r1"
local other, other_file = new_key "secp384r1"

describe("a server of the tool with a key alone", function()
   local server

   setup(function() server = tool.serve("--raw-public-key", "--key", key_file, "--tickets", "3") end)
   teardown(function() server:stop() end)

   local function fetch(...) return tool("fetch", "-v", "--raw-public-key", ...) end

   it("is trusted by fetch when its key is pinned", function()
      local status, out, err = fetch("--pin", other:pin(), "--pin", key:pin(), server.url)
      assert.equal(0, status, err)
      has(err, "raw public key " .. key:pin())
      has(err, ", verified")
      has(out, "TLSv1.3")
   end)

   it("is refused with another pin, also by those who take anything", function()
      for _, option in ipairs { "--fail", "--insecure" } do
         local status, out, err = fetch(option, "--pin", other:pin(), server.url)
         assert.equal(1, status)
         assert.equal("", out)
         has(err, "pin_mismatch")
      end
   end)

   it("is taken unseen with --insecure alone", function()
      local status, _, err = fetch("--insecure", server.url)
      assert.equal(0, status, err)
      has(err, "not verified")
   end)

   it("has nothing for those who want a certificate", function()
      local status, _, err = tool("fetch", "--cafile", CA, server.url)
      assert.equal(1, status)
      has(err, "unsupported_certificate")
   end)

   it("is drawn by trace, with the types, the key and the tickets to come", function()
      local where = "localhost:" .. server.port
      local status, out, err = tool("trace", "--ascii", "--raw-public-key", "--pin", key:pin(),
         "--ticket-request", "2,0", where)
      assert.equal(0, status, err)
      for _, part in ipairs { "server_certificate_type  raw_public_key", "raw_public_key  EC P-256", key:pin(),
         "ticket_request  2 new, 0 when resumed", "expected_tickets  2" } do
         has(out, part)
      end
      status, out, err = tool("trace", "--json", "--raw-public-key", "--pin", key:pin(), where)
      assert.equal(0, status, err)
      local report = json.decode(out)
      assert.equal("raw_public_key", report.summary.server_certificate_type)
      assert.same({ type = "EC", bits = 256, curve = "P-256", pin = key:pin() }, report.summary.peer_key)
   end)
end)

describe("a server of the tool with a certificate and raw public keys", function()
   local server

   setup(function()
      server = tool.serve("--raw-public-key", "--verify", "required", "--pin", other:pin(), tool.credential "ec")
   end)
   teardown(function() server:stop() end)

   it("shows each client what it takes, and takes their pinned keys", function()
      local mine = { "fetch", "-v", "--raw-public-key", "--key", other_file, "--pin", pin_of "ec", server.url }
      local status, out, err = tool((table.unpack or unpack)(mine)) -- luacheck: ignore
      assert.equal(0, status, err)
      has(out, "raw public key " .. other:pin())
      mine[5] = key_file
      status, out = tool((table.unpack or unpack)(mine)) -- luacheck: ignore
      assert.equal(1, status)
      assert.equal("", out)
   end)

   it("is found out by probe", function()
      local both = tool.serve("--raw-public-key", tool.credential "ec")
      local plain = tool.serve(tool.credential "ec")
      local function types(one)
         local _, out = tool("probe", "--cafile", CA, "--quiet", "--json", "localhost:" .. one.port)
         return json.decode(out).server_certificate_types
      end
      local ours, theirs = types(both), types(plain)
      both:stop()
      plain:stop()
      assert.same({ "x509", "raw_public_key" }, ours)
      assert.same({ "x509" }, theirs)
   end)
end)

describe("a pin", function()
   it("holds for certificates too", function()
      local server = tool.serve(tool.credential "ec")
      local status, _, err = tool("fetch", "--cafile", CA, "--pin", pin_of "ec", server.url)
      local refused, _, why = tool("fetch", "--cafile", CA, "--pin", key:pin(), server.url)
      server:stop()
      assert.equal(0, status, err)
      assert.equal(1, refused)
      has(why, "pin_mismatch")
   end)

   it("and what goes with it is refused when it is wrong", function()
      for why, words in pairs {
         ["needs the key's --pin"] = { "fetch", "--raw-public-key", "https://localhost/" },
         ["--pin must be"] = { "fetch", "--pin", "short", "https://localhost/" },
         ["every --key its --cert"] = { "serve", "--key", key_file },
         ["is not one or two numbers"] = { "fetch", "--ticket-request", "1,2,3", "https://localhost/" },
         ["needs its --key"] = { "fetch", "--key", key_file, "https://localhost/" },
         ["raw public keys are of TLS 1.3"] = { "serve", "--raw-public-key", "--key", key_file, "--max", "1.2" },
      } do
         local status, _, err = tool((table.unpack or unpack)(words)) -- luacheck: ignore
         assert.equal(2, status, err)
         has(err, why)
      end
   end)
end)
