-- What the tool says is in its own language: options are called what they are called on the command line, never what
-- the library calls them; and with --json what fails is an object on standard output.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local json = require "dkjson"
local language = require "bearssl.tool.language"
local temporary = require "spec.support.temporary"
local tool = require "spec.support.tool"

local spread = table.unpack or unpack
local CERT, KEY = certificates.ec.certfile, certificates.ec.keyfile

-- How the library spells what the tool calls otherwise: its options with an underscore, and what only a program has.
local function assert_no_library(text)
   for _, pattern in ipairs {
      "bearssl%.%l", "credentials", "option '", "options '", "%l = \"", "%l = %l", "context", "element %d",
      "certfile", "keyfile", "'cafile'", "'trust'", "'pins'", "'suites'", "'groups'", "trust:verify", "%(a string%)",
   } do
      assert.is_nil(text:find(pattern), ("%q is the library's:\n%s"):format(pattern, text))
   end
   for _, row in ipairs(core.context_options()) do
      local name = row[1] or row.name
      if name:find "_" then assert.is_nil(text:find(name, 1, true), name .. " is the library's:\n" .. text) end
   end
end

describe("the tool's language", function()
   local function client(...) return { "trace", "localhost:1", ... } end
   local function server(...) return { "serve", "--listen", "127.0.0.1:0", "--cert", CERT, "--key", KEY, ... } end

   it("names what is wrong as the command line does", function()
      for _, case in ipairs {
         { "--suites", client("--suites", "TLS_NOTHING") }, { "--groups", client("--groups", "p9") },
         { "--min 1.3 is above --max 1.2", client("--min", "1.3", "--max", "1.2") },
         { "none of the cipher suites is for", client("--min", "1.1", "--max", "1.2", "--suites",
            "TLS_AES_128_GCM_SHA256") },
         { "--compression", client("--compression", "lzma") }, { "--alpn", client("--alpn", ",") },
         { "--cert-signatures", client("--cert-signatures", "md5") },
         { "--pin must be", client("--pin", "abc") }, { "--pin must be", server("--pin", "abc") },
         { "--authorities needs verification", client("--authorities", "--insecure") },
         { "--authorities needs --cafile", server "--authorities" },
         { "--ticket-request is of TLS 1.3", client("--ticket-request", "3", "--max", "1.2") },
         { "--early-data is of TLS 1.3", server("--early-data", "100", "--max", "1.2") },
         { "--tickets is of TLS 1.3", server("--tickets", "3", "--max", "1.2") },
         { "none of the cipher suites is for", client("--max", "1.1") },
         { "--min", server("--min", "1.3", "--suites", "TLS_RSA_WITH_AES_128_CBC_SHA") },
         { "--cert and --key", client("--cert", CERT, "--key", certificates.rsa.keyfile) },
         { "--cert and --key", client("--cert", KEY, "--key", KEY) },
         { "--cert and --key", client("--cert", CERT, "--key", CERT) },
         { "--cert and --key (number 2)", server("--cert", CERT, "--key", certificates.rsa.keyfile) },
         { "--servername", { "cert", "verify", "--servername", "a b", CERT } },
         { "raw public keys are of TLS 1.3", client("--raw-public-key", "--pin", ("ab"):rep(32), "--max", "1.2") },
      } do
         local status, out, err = tool(spread(case[2]))
         local shown = table.concat(case[2], " ") .. "\n" .. out .. err
         assert.are.equal(2, status, shown)
         assert.is_truthy(err:find(case[1], 1, true), shown)
         assert_no_library(err)
      end
   end)

   it("knows every option of a context that a command has one for", function()
      local flags = setmetatable({}, { __index = function() return true end })
      local speak = language.of(flags)
      for name, wanted in pairs {
         suites = "--suites", min_version = "--min", signature_algorithms_cert = "--cert-signatures", pins = "--pin",
         max_early_data = "--early-data", ech_keys = "--ech-keys", cafile = "--cafile", server_name = "--servername",
      } do
         assert.are.equal(wanted .. " is empty", speak(("bearssl.context: option '%s' is empty"):format(name)))
      end
      assert.are.equal("--suites compatible adds CBC", speak 'suites = "compatible" adds CBC')
      assert.are.equal("--cert and --key: x; --key (number 2): y",
         speak "credentials[1]: x; options.credentials[2].key: y")
      assert.are.equal("it's the peer's 'fault', not mine", speak "it's the peer's 'fault', not mine")
      assert.are.equal("my/server_name.pem is empty", speak "my/server_name.pem is empty")
      -- a command without such an option has no name for it
      assert.are.equal("early data", (language.of {} "'early_data'"))
      assert.are.equal("--zero-rtt",
         (language.of({ ["--zero-rtt"] = true }, { early_data = "--zero-rtt" }) "'early_data'"))
   end)
end)

describe("JSON of a failure", function()
   local function failed(status, ...)
      local got, out, err = tool(...)
      assert.are.equal(status, got, err)
      local document, _, problem = json.decode(out)
      assert.is_nil(problem, out)
      assert.is_truthy(document.error and document.code, out)
      assert.is_truthy(err:find(document.error, 1, true), err .. out)
      return document
   end

   it("has the error, its code, the command and what was asked for", function()
      local port = require("spec.support.port").free()
      local target = "127.0.0.1:" .. port
      for _, case in ipairs {
         { "transport_failed", "https://" .. target .. "/", "fetch" }, { "transport_failed", target, "trace" },
         { "transport_failed", target, "probe" }, { "transport_failed", target, "connect" },
      } do
         local document = failed(1, case[3], "--json", case[2])
         assert.are.same({ case[1], case[2], case[3] }, { document.code, document.target, document.command })
      end
      local document = failed(2, "ca", "server", "--json", "a b")
      assert.are.same({ "ca server", "usage", "a b" }, { document.command, document.code, document.target[1] })
      assert.are.equal("file_unwritable", failed(1, "ca", "init", "--json", "--out", "/dev/null/x").code)
      assert.are.equal("cert show", failed(2, "cert", "show", "--json", "/nonexistent").command)
      assert.are.equal("ech show", failed(2, "ech", "show", "--json", "/nonexistent").command)
      assert.are.equal("serve", failed(2, "serve", "--json", "--listen", "x").command)
      assert.are.equal("usage", failed(2, "trace", "--json").code)
   end)

   it("is not mixed into what is no JSON", function()
      local status, out = tool("trace", "127.0.0.1:1")
      assert.are.equal(1, status)
      assert.are.equal("", out)
      local key = bearssl.key.generate("secp256r1"):pem { password = "x" }
      status, out = tool("cert", "pin", "--json", temporary.write(key))
      assert.are.equal(1, status)
      local document = json.decode(out)
      assert.are.same({ "encrypted_key", "encrypted_key" }, { document.pins[1].code, document.code })
      assert.are.same({ "cert pin", 1 }, { document.command, #document.target })
      assert.is_truthy(document.error:find("password", 1, true))
   end)
end)
