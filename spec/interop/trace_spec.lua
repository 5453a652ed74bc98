-- What a tracer writes, opened by the programs that it is for: packets by tshark, which must find them in order and
-- read what was said; the picture by a browser.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local newer = require "spec.support.newer"
local process = require "spec.support.process"
local pump = require "spec.support.pump"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"
local tool = require "spec.support.tool"

local REQUEST = "GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n"
local RESPONSE = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

-- tshark's columns of the packets that a filter lets through, as lines.
local function tshark(path, filter, ...)
   local words = { "tshark", "-r", path, "-n", "-2", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
      "-Y", filter, "-T", "fields", "-E", "separator=|" }
   for _, field in ipairs { ... } do
      words[#words + 1] = "-e"
      words[#words + 1] = field
   end
   return shell.run(shell.join(words) .. " 2>/dev/null")
end

-- The paths that were asked for, and the number of answers, as tshark reads them; nothing is wrong with the packets.
local function http_of(path)
   local wrong = "tcp.checksum.status == 0 || ip.checksum.status == 0 || tcp.analysis.flags || _ws.malformed"
   assert.equal("", tshark(path, wrong, "frame.number", "_ws.col.Info"))
   local paths = {}
   for name in tshark(path, "http.request", "http.request.uri"):gmatch "/([%w_]*)" do paths[#paths + 1] = name end
   local _, answers = tshark(path, "http.response", "http.response.code"):gsub("200", "")
   return table.concat(paths, " "), answers
end

local function contexts(version, options, server_options)
   local client = { cafile = certificates.ca.certfile, min_version = version, max_version = version }
   local server = { mode = "server", certfile = certificates.rsa.chainfile, keyfile = certificates.rsa.keyfile,
      min_version = version, max_version = version }
   if version < "TLSv1.2" then client.suites, server.suites = "compatible", "compatible" end
   for name, value in pairs(options or {}) do client[name] = value end
   for name, value in pairs(server_options or {}) do server[name] = value end
   return assert(bearssl.context(client)), assert(bearssl.context(server))
end

-- One conversation, traced on the side named; between: a function(a, b) in the middle of it. The file and the client.
local function conversation(client, server, side, given, between)
   local own = { server_name = "localhost" }
   for name, value in pairs(given or {}) do own[name] = value end
   local a, b = assert(client:connection(own)), assert(server:connection())
   local tracer = assert(bearssl.trace(side == "server" and b or a, { secrets = true }))
   local result = pump(a, b)
   assert.is_true(a:info "established", result.client.message)
   if not own.early_data then assert(a:write(REQUEST:format "one")) end
   pump(a, b)
   assert(b:write(RESPONSE))
   pump(a, b)
   if between then
      between(a, b)
      assert(a:write(REQUEST:format "two"))
      pump(a, b)
      assert(b:write(RESPONSE))
      pump(a, b)
   end
   a:close()
   b:close()
   pump(a, b)
   local path = temporary.path ".pcapng"
   assert.is_true(tracer:pcap(path))
   tracer:close()
   return path, a
end

describe("tshark reads what a tracer wrote", function()
   for _, version in ipairs { "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3" } do
      it("of " .. version .. ", either side, full and resumed", function()
         local client, server = contexts(version)
         for _, side in ipairs { "client", "server" } do
            local path, a = conversation(client, server, side)
            assert.same({ "one", 1 }, { http_of(path) })
            local session = assert(a:session())
            path, a = conversation(client, server, side, { session = session })
            assert.is_true(a:info "resumed")
            assert.same({ "one", 1 }, { http_of(path) })
         end
      end)
   end

   it("of early data, and after HelloRetryRequest", function()
      local client, server = contexts("TLSv1.3", {}, { max_early_data = 1000 })
      local _, a = conversation(client, server, "client")
      local path
      path, a = conversation(client, server, "client", { session = a:session(), early_data = REQUEST:format "early" })
      assert.equal("accepted", a:info "early_data")
      assert.same({ "early", 1 }, { http_of(path) })
      client, server = contexts("TLSv1.3", { groups = { "x25519", "secp384r1" } }, { groups = { "secp384r1" } })
      path = conversation(client, server, "server")
      assert.same({ "one", 1 }, { http_of(path) })
   end)

   it("after new keys, and after a renegotiation", function()
      local client, server = contexts "TLSv1.3"
      local path = conversation(client, server, "client", nil, function(a, b)
         assert(a:update_keys { request = true })
         pump(a, b)
      end)
      assert.same({ "one two", 2 }, { http_of(path) })
      client, server = contexts("TLSv1.2", { renegotiation = true }, { renegotiation = true })
      path = conversation(client, server, "client", nil, function(a, b)
         assert(a:renegotiate())
         pump(a, b)
         assert.equal(1, a:info "renegotiations")
      end)
      assert.same({ "one two", 2 }, { http_of(path) })
   end)

   it("of a hello that was encrypted", function()
      local keys = assert(bearssl.ech.generate { public_name = "front.example" })
      local client, server = contexts("TLSv1.3", {}, { ech_keys = keys })
      for _, side in ipairs { "client", "server" } do
         local path, a = conversation(client, server, side, { ech = keys:config_list() })
         assert.equal("accepted", a:info "ech")
         assert.same({ "one", 1 }, { http_of(path) })
      end
   end)

   it("with the tool, both connections of --resume in one file", function()
      local server = tool.serve("--early-data", "1000", tool.credential "ec")
      local path, picture = temporary.path ".pcapng", temporary.path ".svg"
      local status, out, errors = tool("trace", "--cafile", certificates.ca.certfile, "--resume", "--early-data",
         "--pcap", path, "--svg", picture, "localhost:" .. server.port)
      assert.equal(0, status, errors)
      assert.matches("ClientHello", out)
      assert.matches("holds the secrets of the connection", errors)
      assert.equal("-rw-------", shell.run("ls -l " .. shell.quote(path)):match "^%S+")
      assert.equal("0\n1\n", shell.run("tshark -r " .. shell.quote(path)
         .. " -n -T fields -e tcp.stream 2>/dev/null | sort -u"))
      local seen = shell.run(shell.join { "tshark", "-r", path, "-n", "-2", "-d", "tcp.port==" .. server.port .. ",tls",
         "-T", "fields", "-e", "ip.dst", "-e", "tls.handshake.type" } .. " 2>/dev/null")
      assert.matches("127.0.0.1\t8", seen)  -- EncryptedExtensions, at the front of a record
      local document = temporary.read(picture)
      assert.matches("full handshake: TLSv1.3", document, 1, true)
      assert.matches("resumed handshake: TLSv1.3", document, 1, true)
      local bad
      status, bad, errors = tool("trace", "--cafile", certificates.ca.certfile, "--pcap", "/nowhere/at/all",
         "localhost:" .. server.port)
      assert.equal(1, status)
      assert.matches("established", bad)
      assert.matches("cannot write the file: /nowhere/at/all: No such file or directory", errors, 1, true)
      assert.equal(2, (tool("trace", "--pcap", path, "--svg", path, "localhost:1")))
      server:stop()
   end)
end)

describe("a browser shows the picture", function()
   it("with everything in it, and runs none of what a peer put into its names", function()
      local hostile = "<script>document.title='run'</script><image href='x' onerror='document.title=1'/>\"'&"
      local path = temporary.write(require("bearssl.trace.svg").draw { {
         title = "Handshake of " .. hostile, server = "localhost", failure = hostile,
         entries = {
            { stage = "client_hello", from = "client", at = 0, title = "ClientHello", length = 5, fields = {},
               message = {} },
            { stage = "certificate", from = "server", at = 0.001, title = "Certificate", length = 700,
               fields = { { "subject", hostile } }, message = {} },
         },
      } }, ".svg")
      local child = process.start(newer.program("chromium", "--headless", "--no-sandbox", "--disable-gpu",
         "--user-data-dir=" .. temporary.make_directory(), "--dump-dom", "file://" .. path), { separate = true })
      assert.equal(0, child:wait(30), child:errors())
      local page = child:output()
      assert.matches("ClientHello", page)
      assert.matches("<title>Handshake of &lt;script&gt;", page, 1, true)
      assert.is_nil(page:find("<script", 1, true))
      assert.is_nil(page:find("<image", 1, true))
      assert.is_nil(page:find("parsererror", 1, true))
   end)
end)
