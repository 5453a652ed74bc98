-- bearssl connect: standard input and output through TLS.
local certificates = require "spec.support.certificates"
local loopback = require "spec.support.loopback"
local peer = require "spec.support.peer"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"
local tool = require "spec.support.tool"

local CA = certificates.ca.certfile

-- Runs it with a text on its standard input: status, output, errors.
local function run(input, ...)
   local child = tool.start({ "connect", "--cafile", CA, ... }, { input = true })
   child:write(input)
   child:close_input()
   local status = child:wait(60)
   return status, child:output(), child:errors()
end

describe("bearssl connect", function()
   after_each(process.stop_all)

   it("carries standard input there and the answer back, to the end of both", function()
      local server = tool.serve("--echo", tool.credential "ec")
      local status, output, errors = run("hello\nthere\n", "localhost:" .. server.port)
      assert.equal(0, status, errors)
      assert.equal("hello\nthere\n", output)
      assert.matches("^%* TLSv1%.3, TLS_%S+, %S+, verified\n%* %S.*, pin %S+\n$", errors)
      status, output, errors = run("", "--quiet", "localhost:" .. server.port)
      assert.same({ 0, "", "" }, { status, output, errors })
   end)

   it("loses nothing of much in both directions at once", function()
      local server = tool.serve("--echo", tool.credential "ec")
      local file = temporary.path()
      shell.run("seq 1 400000 >" .. shell.quote(file))
      local lua = os.getenv "LUA" or "lua5.4"
      local status, output = shell.try(("%s bin/bearssl connect -q --cafile %s localhost:%d <%s | cmp - %s"):format(lua,
         shell.quote(CA), server.port, shell.quote(file), shell.quote(file)))
      assert.equal(0, status, output)
   end)

   it("gives nothing to the network in the place of a closed descriptor", function()
      local server = tool.serve("--echo", tool.credential "ec")
      local lua = os.getenv "LUA" or "lua5.4"
      local command = ("echo secret | %s bin/bearssl connect --cafile %s localhost:%d"):format(lua, shell.quote(CA),
         server.port)
      -- what would have been written into the connection would break it
      for _, closed in ipairs { ">&-", "2>&-", ">&- 2>&-" } do
         local status, output = shell.try(command .. " " .. closed)
         assert.equal(0, status, closed .. output)
      end
      local status, output = shell.try(command:gsub("^echo secret | ", "") .. " <&-")
      assert.equal(0, status, output)
   end)

   it("ends when the peer does, whatever standard input has", function()
      local server = peer.openssl_server { certificate = certificates.rsa, mode = "www" }
      local child = tool.start({ "connect", "--cafile", CA, "localhost:" .. server.port }, { input = true })
      child:write "GET / HTTP/1.0\r\n\r\n"
      assert.equal(0, child:wait(30), child:errors())
      assert.matches("HTTP/1.0 200 ok", child:output())
   end)

   it("sends what stands on standard input after the server's close_notify of TLS 1.3", function()
      local file = temporary.path()
      shell.run("seq 1 100000 >" .. shell.quote(file))
      local expected = temporary.read(file)
      local context = assert(require "bearssl".context { mode = "server", certfile = certificates.ec.chainfile,
         keyfile = certificates.ec.keyfile })
      -- without an end of TCP, and with it
      for _, ends_below in ipairs { false, true } do
         local listener, number = loopback.listen()
         local child = tool.start({ "connect", "-q", "--cafile", CA, "localhost:" .. number }, { input = file })
         local tcp = loopback.accept(listener)
         local stream = assert(context:wrap(tcp, { timeout = 20 }))
         assert(stream:handshake())
         assert(stream:send "bye\n")
         assert(stream:shutdown "send")
         if ends_below then tcp:shutdown "send" end
         assert.equal(expected, (stream:receive "*a"))
         stream:close()
         listener:close()
         assert.equal(0, child:wait(30), child:errors())
         assert.equal("bye\n", child:output())
      end
   end)

   it("sends line ends as CRLF when it is told", function()
      local server = tool.serve("--echo", tool.credential "ec")
      local _, output = run("one\ntwo\r\nthree", "--crlf", "localhost:" .. server.port)
      assert.equal("one\r\ntwo\r\nthree", output)
   end)

   it("shows the server's certificates, or what was negotiated as JSON", function()
      local server = tool.serve("--echo", tool.credential "ec")
      local _, _, errors = run("", "-q", "--show-certificates", "localhost:" .. server.port)
      assert.equal(temporary.read(certificates.ec.chainfile):match "(%-%-%-%-%-BEGIN.-\n)[^%-]*%-%-%-%-%-END" ~= nil,
         errors:find "BEGIN CERTIFICATE" ~= nil)
      assert.truthy(errors:find(certificates.ec.chain:match "BEGIN CERTIFICATE%-%-%-%-%-\n(.-)\n", 1, true))
      _, _, errors = run("", "--json", "localhost:" .. server.port)
      local info = require("dkjson").decode(errors)
      assert.equal("TLSv1.3", info.version)
      assert.is_true(info.peer_verified)
   end)

   it("resumes the session in a file, which its owner alone can read", function()
      local server = tool.serve("--echo", tool.credential "ec")
      local file = temporary.path ".session"
      local _, _, errors = run("hello\n", "--session", file, "localhost:" .. server.port)
      assert.is_nil(errors:find("resumed", 1, true))
      assert.equal("-rw-------", shell.run { "ls", "-l", file }:match "^%S+")
      _, _, errors = run("hello\n", "--session", file, "localhost:" .. server.port)
      assert.truthy(errors:find("resumed", 1, true), errors)
      temporary.write("bearssl-lua session 0broken", nil, file)
      local status, output
      status, output, errors = run("hello\n", "--session", file, "localhost:" .. server.port)
      assert.same({ 0, "hello\n" }, { status, output })
      assert.truthy(errors:find("a full handshake follows", 1, true), errors)
   end)

   it("leaves alone what --session names and is no session", function()
      local server = tool.serve("--echo", tool.credential "ec")
      local file = temporary.write "the password of a key\n"
      local status, _, errors = run("hello\n", "--session", file, "localhost:" .. server.port)
      assert.equal(2, status)
      assert.truthy(errors:find("is no file of a session", 1, true), errors)
      assert.equal("the password of a key\n", temporary.read(file))
   end)

   it("takes a pre-shared key", function()
      local server = peer.openssl_server { certificate = certificates.rsa,
         arguments = { "-psk", "0123456789abcdef", "-psk_identity", "me", "-rev" } }
      local status, output, errors = run("olleh\n", "--psk", "me:0123456789abcdef", "localhost:" .. server.port)
      assert.equal(0, status, errors)
      assert.equal("hello\n", output)
      assert.truthy(errors:find("by a pre-shared key", 1, true), errors)
      assert.equal(2, (run("", "--psk", "me", "localhost")))
   end)

   it("refuses who cannot prove who he is, and sends nothing", function()
      local server = tool.serve("--echo", tool.credential "ec")
      local child = tool.start({ "connect", "localhost:" .. server.port }, { input = true })
      child:write "secret\n"
      child:close_input()
      assert.equal(1, child:wait(30))
      assert.equal("", child:output())
      assert.matches("unknown_ca", child:errors())
      local status, _, errors = run("x", "--ocsp", "localhost:" .. server.port)
      assert.equal(1, status)
      assert.matches("staple_required", errors)
   end)

   it("refuses what a list revokes", function()
      local bearssl = require "bearssl"
      local ca = certificates.ca
      local issuer = assert(bearssl.certificate.open(ca.certfile))[1]
      local chain = assert(bearssl.certificate.open(certificates.ec.chainfile))
      local key = assert(bearssl.key.open(ca.keyfile))
      local list = temporary.write(assert(bearssl.crl.new {
         issuer = issuer, issuer_key = key, revoked = { { certificate = chain[1] } },
      }):pem(), ".crl")
      local server = tool.serve("--echo", tool.credential "ec")
      local status, _, errors = run("x", "--crl", list, "localhost:" .. server.port)
      assert.equal(1, status)
      assert.matches("certificate_revoked", errors)
      assert.equal(2, (run("x", "--crl", "/nowhere", "localhost:" .. server.port)))
   end)
end)
