-- The tool's key log: --keylog and SSLKEYLOGFILE, for the tool alone; and its options of certificates.
local certificates = require "spec.support.certificates"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"
local tool = require "spec.support.tool"

local LUA = os.getenv("LUA") or "lua5.4"
local CA = certificates.ca.certfile

-- The labels of a key log by client random, and the whole text.
local function read(path)
   local text = temporary.read(path) or ""
   local connections, count = {}, 0
   for line in text:gmatch("[^\n]*\n") do
      local label, random, secret = line:match("^([A-Z0-9_]+) (%x+) (%x+)\n$")
      assert.is_truthy(label and #random == 64 and #secret >= 64, line)
      if not connections[random] then count = count + 1 end
      connections[random] = (connections[random] or "") .. label .. " "
   end
   return count, connections, text
end

describe("a key log", function()
   local server, log

   before_each(function()
      log = temporary.path()
      server = tool.serve(tool.credential "ec")
   end)
   after_each(function() server:stop() end)

   local function run(environment, ...)
      local child = tool.start({ ... }, { environment = environment })
      return child:wait(60), child:output(), child:errors()
   end

   it("is written by fetch, trace and probe, and added to", function()
      local status, _, errors = run({}, "fetch", "--keylog", log, "--cafile", CA, server.url)
      assert.equal(0, status, errors)
      assert.equal("-rw-------", shell.run("ls -l " .. shell.quote(log)):match "^%S+")
      local count, connections, first = read(log)
      assert.equal(1, count)
      local _, labels = next(connections)
      assert.equal("CLIENT_HANDSHAKE_TRAFFIC_SECRET SERVER_HANDSHAKE_TRAFFIC_SECRET CLIENT_TRAFFIC_SECRET_0 "
         .. "SERVER_TRAFFIC_SECRET_0 EXPORTER_SECRET ", labels)
      assert.equal(0, (run({ SSLKEYLOGFILE = log }, "trace", "--cafile", CA, "--max", "1.2", server.url)))
      local second
      count, connections, second = read(log)
      assert.equal(2, count)
      assert.equal(first, second:sub(1, #first))
      local found
      for _, each in pairs(connections) do found = found or each == "CLIENT_RANDOM " end
      assert.is_true(found)
      status = run({ SSLKEYLOGFILE = log }, "probe", "--quiet", "--cafile", CA, "localhost:" .. server.port)
      assert.is_truthy(status == 0 or status == 3)
      assert.is_true(read(log) > 5)
   end)

   it("is that of --keylog where there are both, and none where the variable is empty", function()
      local other = temporary.path()
      assert.equal(0, (run({ SSLKEYLOGFILE = other }, "fetch", "--keylog", log, "--cafile", CA, server.url)))
      assert.equal(1, (read(log)))
      assert.is_nil(temporary.read(other))
      assert.equal(0, (run({ SSLKEYLOGFILE = "" }, "fetch", "--cafile", CA, server.url)))
   end)

   it("that cannot be written is an error of the command line", function()
      for _, command in ipairs { "fetch", "trace", "probe" } do
         local status, out, errors = run({ SSLKEYLOGFILE = "/nowhere/at/all" }, command, "--cafile", CA, server.url)
         assert.same({ 2, "" }, { status, out })
         assert.matches("cannot write the key log: /nowhere/at/all", errors)
      end
   end)

   it("of serve has the same secrets as its client's", function()
      local theirs = temporary.path()
      local own = tool.serve("--keylog", log, tool.credential "ec")
      assert.equal(0, (run({}, "fetch", "--keylog", theirs, "--cafile", CA, own.url)))
      own:stop()
      local _, _, text = read(log)
      local _, _, other = read(theirs)
      assert.equal(text, other)
   end)

   it("is the tool's: the library looks at no environment", function()
      local code = ([[
         local bearssl = require "bearssl"
         local tls13 = require "spec.support.tls13"
         tls13.established(tls13.client(), tls13.server())
      ]])
      shell.run("SSLKEYLOGFILE=" .. shell.quote(log) .. " LUA_PATH=" .. shell.quote("./?.lua;" .. package.path) .. " "
         .. shell.join { LUA, temporary.write(code, ".lua") })
      assert.is_nil(temporary.read(log))
   end)
end)

describe("the tool's options of certificates", function()
   local server
   after_each(function() server:stop() end)

   it("choose the compression, and probe tells what there is", function()
      server = tool.serve("--compression", "zlib,zstd", "--verify", "optional", "--cafile", CA, tool.credential "chain")
      local where = "localhost:" .. server.port
      for list, expected in pairs { ["brotli,zstd"] = "compression  zstd, ", zlib = "compression  zlib, ",
         brotli = false, none = false } do
         local status, out = tool("trace", "--cafile", CA, "--compression", list, "--ascii", where)
         assert.equal(0, status)
         assert.equal(expected, out:match "compression  %w+, " or false, out)
      end
      local status, out = tool("probe", "--quiet", "--cafile", CA, where)
      assert.is_truthy(status == 0 or status == 3)
      assert.matches("\ncompression +zstd, zlib\n", out)
      assert.matches("\nclient cert +asked for\n +issued by +O=bearssl for Lua,CN=Test Root CA\n", out)
      local errors = select(3, tool("fetch", "--compression", "lzma", "https://" .. where))
      assert.matches("unknown compression 'lzma'", errors)
   end)

   it("say what certificates may be", function()
      server = tool.serve(tool.credential "ec")
      local status, out = tool("trace", "--cafile", CA, "--authorities", "--cert-signatures",
         "rsa_pkcs1_sha256,rsa_pkcs1_sha384", "--ascii", "localhost:" .. server.port)
      assert.equal(0, status)
      assert.matches("signature_algorithms_cert  rsa_pkcs1_sha256, rsa_pkcs1_sha384", out)
      assert.matches("certificate_authorities  O=bearssl for Lua,CN=Test Root CA", out)
   end)
end)

