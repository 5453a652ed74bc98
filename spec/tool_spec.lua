-- The command-line tool, run for real: its processes talk to each other, to OpenSSL, curl and Python.
local certificates = require "spec.support.certificates"
local hash = require "spec.support.hash"
local json = require "dkjson"
local loopback = require "spec.support.loopback"
local peer = require "spec.support.peer"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local LUA = os.getenv("LUA") or "lua5.4"

local function start(words, options)
   local argv = { LUA, "bin/bearssl" }
   for _, word in ipairs(words) do
      argv[#argv + 1] = word
   end
   options = options or {}
   options.separate = true
   options.environment = options.environment or {}
   options.environment.LC_ALL = options.environment.LC_ALL or "C.UTF-8"
   return process.start(argv, options)
end

-- tool runs it to its end: exit status, standard output, standard error.
local function tool(...)
   local child = start { ... }
   local status = child:wait(60)
   return status, child:output(), child:errors()
end

local function serve(...)
   local child = start { "serve", "--listen", "127.0.0.1:0", ... }
   child.port = tonumber(child:wait_for("listening on 127%.0%.0%.1:(%d+)\n"))
   child.url = "https://localhost:" .. child.port
   return child
end

local function credential(name)
   return "--cert", certificates[name].chainfile, "--key", certificates[name].keyfile
end

local function curl(...)
   return shell.try { "curl", "-sS", "--max-time", "60", "--cacert", certificates.ca.certfile, ... }
end

local function python(script, ...)
   local path = temporary.write(script, ".py")
   return shell.try { "timeout", "100", "python3", path, ... }
end

-- A TLS client of Python's: tls(port) gives a connected socket, close_notify required at the end.
local PYTHON = [[
import hashlib, os, socket, ssl, sys, threading, time
def tls(port, timeout=30):
    context = ssl.create_default_context(cafile=sys.argv[1])
    plain = socket.create_connection(("127.0.0.1", port), timeout=timeout)
    return context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False)
def rest(s):
    pieces = []
    while True:
        piece = s.recv(65536)
        if not piece: return b"".join(pieces)
        pieces.append(piece)
port = int(sys.argv[2])
]]

local function python_client(server, script)
   local status, output = python(PYTHON .. script, certificates.ca.certfile, server.port)
   assert.are.equal(0, status, output)
   return output
end

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
      assert.are.equal(require("bearssl")._VERSION .. "\n", out)
   end)

   it("exits with 2, and says why, when it is wrong", function()
      local cert = { credential "rsa" }
      local cases = {
         { "command" }, { "unknown command", "sing" }, { "argument", "trace" },
         { "unknown option", "trace", "--nope", "x" },
         { "not HOST", "trace", "a b" }, { "not HOST", "trace", "host:99999" }, { "not HOST", "probe", "host:port" },
         { "only https", "fetch", "http://localhost/" }, { "not a URL", "fetch", "localhost" },
         { "no version", "fetch", "--min", "1.9", "https://localhost/" },
         { "TLS_NOTHING", "trace", "--suites", "TLS_NOTHING", "localhost" },
         { "group", "trace", "--groups", "p999", "localhost" },
         { "cannot read the CA file", "fetch", "--cafile", "/nonexistent", "https://localhost/" },
         { "/dev/null", "fetch", "--cafile", "/dev/null", "https://localhost/" },
         { "needs its --key", "fetch", "--cert", certificates.rsa.certfile, "https://localhost/" },
         { "seconds", "fetch", "--timeout", "soon", "https://localhost/" },
         { "--cert", "serve" }, { "no port", "serve", "--listen", "127.0.0.1", cert[1], cert[2], cert[3], cert[4] },
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

describe("serve and fetch", function()
   local server, directory

   setup(function()
      directory = temporary.make_directory()
      shell.run { "mkdir", "-p", directory .. "/sub/deep", directory .. "/bare" }
      temporary.write("<h1>hello</h1>\n", nil, directory .. "/index.html")
      temporary.write("sub index", nil, directory .. "/sub/index.html")
      temporary.write("text", nil, directory .. "/sub/deep/a file & more.txt")
      temporary.write("", nil, directory .. "/empty.txt")
      temporary.write("outside", nil, directory .. "-secret.txt")
      local big = hash.random_file(64 * 1024 * 1024)
      shell.run { "ln", "-s", big, directory .. "/big.bin" }
      server = serve("--cert", certificates.ec.chainfile, "--key", certificates.ec.keyfile,
         "--cert", certificates.rsa.chainfile, "--key", certificates.rsa.keyfile, directory)
   end)

   teardown(function()
      server:stop()
   end)

   local function fetch(...)
      return tool("fetch", "--cafile", certificates.ca.certfile, ...)
   end

   it("moves files, whole, with their types", function()
      local status, out, err = fetch(server.url .. "/")
      assert.are.equal("", err)
      assert.are.equal(0, status)
      assert.are.equal("<h1>hello</h1>\n", out)
      status, out = fetch("-i", server.url .. "/sub/deep/a%20file%20&%20more.txt?query#fragment")
      assert.are.equal(0, status)
      assert.is_truthy(out:find("^HTTP/1.1 200 OK\n"))
      assert.is_truthy(out:find("Content-Type: text/plain", 1, true))
      assert.is_truthy(out:find("\n\ntext$"))
      status, out = fetch("--head", server.url .. "/index.html")
      assert.are.equal(0, status)
      assert.is_truthy(out:find("Content-Length: 15\n", 1, true))
      assert.is_nil(out:find("hello", 1, true))
      status, out = fetch(server.url .. "/empty.txt")
      assert.are.equal(0, status)
      assert.are.equal("", out)
   end)

   it("moves 64 MB in constant memory", function()
      local _, expected = hash.random_file(64 * 1024 * 1024)
      local path = temporary.path()
      local status, _, err = fetch("-o", path, server.url .. "/big.bin")
      assert.are.equal(0, status, err)
      assert.are.equal(expected, hash.file(path))
      os.remove(path)
      local text = temporary.read("/proc/" .. server.pid .. "/status")
      local peak = text and tonumber(text:match("VmHWM:%s*(%d+) kB"))
      -- AddressSanitizer keeps freed memory aside, and valgrind counts its own.
      local checked = (tonumber(os.getenv("SLOWDOWN")) or 1) > 2
      assert.is_true(not peak or peak < 40000 or checked, "peak of " .. tostring(peak) .. " kB")
   end)

   it("tells HTTP errors, with --fail by the exit code", function()
      local status, out = fetch(server.url .. "/nope")
      assert.are.equal(0, status)
      assert.are.equal("404 Not Found\n", out)
      local err
      status, out, err = fetch("--fail", server.url .. "/nope")
      assert.are.equal(4, status)
      assert.are.equal("", out)
      assert.is_truthy(err:find("404", 1, true))
      assert.are.equal("403 Forbidden\n", select(2, fetch(server.url .. "/bare/")))
      assert.are.equal("405 Method Not Allowed\n", select(2, fetch("-d", "x=1", server.url .. "/")))
   end)

   it("follows redirects when asked", function()
      local status, out = fetch("-i", server.url .. "/sub")
      assert.are.equal(0, status)
      assert.is_truthy(out:find("301 Moved Permanently", 1, true))
      assert.is_truthy(out:find("Location: /sub/\n", 1, true))
      status, out = fetch("--location", server.url .. "/sub")
      assert.are.equal(0, status)
      assert.are.equal("sub index", out)
   end)

   it("never leaves the directory", function()
      local name = directory:match("[^/]+$") .. "-secret.txt"
      assert.are.equal("outside", temporary.read(directory .. "/../" .. name))
      for _, path in ipairs {
         "/../" .. name, "/%2e%2e/" .. name, "/sub/../../" .. name, "/.%2E/" .. name, "/sub%2f..%2f..%2f" .. name,
         "/..%2f" .. name, "/%00", "/index.html%00.txt", "//../" .. name, "/%", "/%zz", "/./../" .. name,
      } do
         local _, out = curl("--path-as-is", "-w", "%{http_code}", server.url .. path)
         assert.is_truthy(out:find("400$"), path .. ": " .. out)
         assert.is_nil(out:find("outside", 1, true))
      end
      -- these stay inside
      assert.are.equal("sub index", select(2, curl("--path-as-is", server.url .. "/./sub/./")))
      assert.are.equal("sub index", select(2, curl("--path-as-is", server.url .. "//sub//index.html")))
   end)

   it("writes JSON", function()
      local status, out = fetch("--json", server.url .. "/index.html")
      assert.are.equal(0, status)
      local document = assert(json.decode(out))
      assert.are.equal(200, document.status)
      assert.are.equal("<h1>hello</h1>\n", document.body)
      assert.are.equal(15, document.length)
      assert.are.equal("TLSv1.3", document.tls.version)
      assert.is_true(document.tls.peer_verified)
      assert.are.equal(64, #document.tls.client_random)
      assert.are.equal("CN=localhost", document.tls.peer_certificates[1].subject:match("CN=localhost"))
   end)

   it("refuse what cannot be verified, unless told", function()
      local status, out, err, _ = tool("fetch", server.url .. "/")
      assert.are.equal(1, status)
      assert.are.equal("", out)
      assert.is_truthy(err:find("unknown_ca", 1, true), err)
      status, _, err = fetch("--servername", "wrong.example", server.url .. "/")
      assert.are.equal(1, status)
      assert.is_truthy(err:find("name_mismatch", 1, true), err)
      status, out = tool("fetch", "--insecure", server.url .. "/")
      assert.are.equal(0, status)
      assert.are.equal("<h1>hello</h1>\n", out)
   end)

   it("work with curl: keep-alive in 1.1, close in 1.0", function()
      local status, out = curl("-w", "%{num_connects}", server.url .. "/", server.url .. "/index.html")
      assert.are.equal(0, status)
      assert.are.equal("<h1>hello</h1>\n1<h1>hello</h1>\n0", out)
      status, out = curl("--http1.0", "-i", server.url .. "/")
      assert.are.equal(0, status)
      assert.is_truthy(out:find("Connection: close", 1, true))
      status, out = curl("-I", server.url .. "/big.bin")
      assert.are.equal(0, status)
      assert.is_truthy(out:find("Content-Length: 67108864", 1, true))
   end)

   it("work with Python: pipelined requests, and close_notify at the end of 1.0", function()
      python_client(server, [[
s = tls(port)
s.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20 + b"GET / HTTP/1.0\r\n\r\n")
answer = rest(s) # raises an error without close_notify
assert answer.count(b"<h1>hello</h1>") == 21, answer
s.unwrap()
s = tls(port)
s.sendall(b"GET / HTTP/1.0\n\n")
assert rest(s).endswith(b"<h1>hello</h1>\n")
s.unwrap()
]])
   end)

   it("answer what is malformed, and go on serving", function()
      local output = python_client(server, [[
import json
def ask(data):
    s = tls(port)
    s.sendall(data)
    return rest(s).split(b"\r\n")[0].decode()
head = b"GET / HTTP/1.0\r\nX: "
filled = head + b"a" * (65536 - len(head) - 4) + b"\r\n\r\n"
print(json.dumps([
    ask(filled),
    ask(filled[:-4] + b"b\r\n\r\n"),
    ask(b"GET / HTTP/1.1\r\nX: " + b"a" * 200000),
    ask(b"\x00\x01\x02\x03\r\n\r\n"),
    ask(b"GET /\r\n\r\n"),
    ask(b"GET / HTTP/1.1\r\n\r\n"),
    ask(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    ask(b"GET / HTTP/1.1\r\nHost: a\r\nBad Name: b\r\n\r\n"),
    ask(b"GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n"),
    ask(b"GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    ask(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ask(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n" + b"x" * 100000),
    ask(b"\r\n" * 5000),
    ask(b"GET http HTTP/1.1\r\nHost: a\r\n\r\n"),
    ask(b"GET https://localhost/index.html HTTP/1.0\r\n\r\n"),
]))
]])
      local answers = assert(json.decode(output), output)
      local expected = { 200, 431, 431, 400, 400, 400, 400, 400, 400, 505, 400, 405, 400, 400, 200 }
      for i, status in ipairs(expected) do
         assert.are.equal(tostring(status), answers[i]:match("^HTTP/1%.[01] (%d%d%d) "), "case " .. i .. ": " .. output)
      end
      assert.are.equal(0, (curl(server.url .. "/")))
   end)

   it("slow, silent and hostile clients hold up nobody", function()
      python_client(server, [[
held = []
def plain(data):
    s = socket.create_connection(("127.0.0.1", port), timeout=10)
    s.sendall(data)
    held.append(s)
    return s
for i in range(60):
    plain(b"")                                     # silent
    plain(b"\x16\x03\x01\x00\xf0\x01")             # a ClientHello that does not go on
    plain(os.urandom(300))                         # garbage
plain(b"GET / HTTP/1.0\r\n\r\n")                   # no TLS at all
plain(b"\x16\x03\x01\xff\xff" + b"\0" * 70000)     # a record too long
for i in range(20):
    s = tls(port); s.sendall(b"GET / HT"); held.append(s)                                    # half a request
    s = tls(port); s.sendall(b"GET /big.bin HTTP/1.1\r\nHost: h\r\n\r\n"); held.append(s)    # never reads
s = tls(port); s.sendall(b"GET /big.bin HTTP/1.1\r\nHost: h\r\n\r\n"); s.recv(1000)
socket.socket.detach(s); held.append(s)
for i in range(10):                                # connections that are reset in the middle
    s = tls(port); s.sendall(b"GET /big.bin HTTP/1.1\r\nHost: h\r\n\r\n"); s.recv(5000)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"); s.close()
began = time.time()
for i in range(20):
    s = tls(port)
    s.sendall(b"GET / HTTP/1.0\r\n\r\n")
    assert rest(s).endswith(b"<h1>hello</h1>\n")
assert time.time() - began < 15, time.time() - began
]])
      assert.is_nil(server:status(), server:errors())
      assert.are.equal("", server:errors())
   end)

   it("serve many connections at once", function()
      python_client(server, [[
sockets = [tls(port) for i in range(150)]
for s in sockets: s.sendall(b"GET /sub/ HTTP/1.1\r\nHost: h\r\n\r\n")
for s in reversed(sockets):
    data = b""
    while not data.endswith(b"sub index"): data += s.recv(65536)
]])
   end)
end)

describe("serve", function()
   local server

   after_each(function()
      if server then
         server:stop()
      end
   end)

   it("ends cleanly on SIGTERM and SIGINT: connections get close_notify, the exit code is 0", function()
      for _, signal in ipairs { "TERM", "INT" } do
         server = serve(credential "ec")
         server.signal_name = signal
         local output = python_client(server, ([[
s = tls(port)
s.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
assert b"TLSv1.3" in s.recv(65536)
os.kill(%d, __import__("signal").SIG%s)
print(rest(s))
]]):format(server.pid, signal))
         assert.are.equal("b''\n", output)
         assert.are.equal(0, server:wait(10))
         assert.are.equal("", server:errors())
      end
   end)

   it("finishes what it sends before it ends", function()
      local directory = temporary.make_directory()
      local path, expected = hash.random_file(64 * 1024 * 1024)
      shell.run { "ln", "-s", path, directory .. "/big.bin" }
      server = serve("--cert", certificates.ec.chainfile, "--key", certificates.ec.keyfile, directory)
      local output = python_client(server, ([[
s = tls(port)
s.sendall(b"GET /big.bin HTTP/1.0\r\n\r\n")
first = s.recv(1000)
os.kill(%d, __import__("signal").SIGTERM)
print(hashlib.sha256((first + rest(s)).split(b"\r\n\r\n", 1)[1]).hexdigest())
]]):format(server.pid))
      assert.are.equal(expected .. "\n", output)
      assert.are.equal(0, server:wait(10))
   end)

   it("shows what was negotiated where there is no directory", function()
      server = serve("--alpn", "http/1.1", credential "rsa")
      local status, out = curl(server.url .. "/")
      assert.are.equal(0, status)
      assert.is_truthy(out:find("version +TLSv1%.3\n"), out)
      assert.is_truthy(out:find("cipher_suite +TLS_[AC]"), out)
      assert.is_truthy(out:find("alpn +http/1%.1\n"), out)
      assert.is_truthy(out:find("server_name +localhost\n"), out)
      status, out = curl("-H", "Accept: text/html", server.url .. "/")
      assert.are.equal(0, status)
      assert.is_truthy(out:find("<th align=left>cipher_suite</th>", 1, true), out)
      assert.are.equal("404 Not Found\n", select(2, curl(server.url .. "/x")))
   end)

   it("asks for client certificates", function()
      server = serve("--cafile", certificates.ca.certfile, "--verify", "required", credential "rsa")
      local status = curl(server.url .. "/")
      assert.are_not.equal(0, status)
      local out
      local client = certificates.client_ec
      status, out = curl("--cert", client.chainfile, "--key", client.keyfile, server.url)
      assert.are.equal(0, status, out)
      assert.is_truthy(out:find("client +[^\n]*CN=client ec"), out)
      status, out = tool("fetch", "--cafile", certificates.ca.certfile, "--cert", certificates.client_rsa.chainfile,
         "--key", certificates.client_rsa.keyfile, server.url)
      assert.are.equal(0, status)
      assert.is_truthy(out:find("peer_verified +yes"), out)
      status = tool("fetch", "--cafile", certificates.ca.certfile, server.url)
      assert.are.equal(1, status)
      server:stop()
      server = serve("--cafile", certificates.ca.certfile, "--verify", "optional", credential "rsa")
      assert.are.equal(0, (curl(server.url .. "/")))
   end)

   it("keeps to versions and suites", function()
      server = serve("--min", "1.0", "--max", "1.1", "--suites", "compatible", credential "rsa")
      local status, out, err = tool("fetch", "--cafile", certificates.ca.certfile, server.url)
      assert.are.equal(1, status)
      assert.are.equal("", out)
      assert.is_truthy(err:find("alert_%l+"), err)
      status, out = tool("fetch", "--cafile", certificates.ca.certfile, "--min", "1.0", "--suites", "compatible",
         server.url)
      assert.are.equal(0, status)
      assert.is_truthy(out:find("TLSv1.1", 1, true), out)
      server:stop()
      server = serve("--suites", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", credential "rsa")
      assert.is_truthy(select(2, curl(server.url)):find("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 1, true))
   end)

   it("echoes every byte, also to a client that sends it all before it reads", function()
      server = serve("--echo", credential "ec")
      python_client(server, [[
data = os.urandom(6 * 1024 * 1024 + 17)
def exchange(s, data):
    got = bytearray()
    while len(got) < len(data):
        piece = s.recv(65536)
        assert piece
        got += piece
    assert hashlib.sha256(got).digest() == hashlib.sha256(data).digest()
s = tls(port)
s.sendall(data)
exchange(s, data)
for size in (1, 2, 16383, 16384, 16385, 100000):
    s.sendall(data[:size])
    exchange(s, data[:size])
s.unwrap()
failures = []
def one(i):
    try:
        s = tls(port)
        part = data[i * 1000:i * 1000 + 700001]
        s.sendall(part)
        exchange(s, part)
        s.unwrap()
    except BaseException as problem: failures.append(problem)
threads = [threading.Thread(target=one, args=(i,)) for i in range(12)]
for t in threads: t.start()
for t in threads: t.join()
assert not failures, failures
]])
      assert.are.equal("", server:errors())
   end)

   it("closes idle and slow connections", function()
      server = serve("--idle", "0.5", credential "ec")
      python_client(server, [[
s = tls(port)
began = time.time()
assert rest(s) == b""
assert 0.4 < time.time() - began < 5
s = tls(port)
s.sendall(b"GET / HT")
assert rest(s).startswith(b"HTTP/1.1 408 ")
s = socket.create_connection(("127.0.0.1", port), timeout=10) # not even a handshake
assert s.recv(1000) == b""
]])
   end)

   it("lets connections beyond its limit wait", function()
      server = serve("--connections", "2", credential "ec")
      python_client(server, [[
first, second = tls(port), tls(port)
third = socket.create_connection(("127.0.0.1", port))
time.sleep(0.3)
first.unwrap(); first.close()
context = ssl.create_default_context(cafile=sys.argv[1])
third.settimeout(10)
s = context.wrap_socket(third, server_hostname="localhost")
s.sendall(b"GET / HTTP/1.0\r\n\r\n")
assert b"200 OK" in rest(s)
]])
   end)

   it("traces stages and requests, as text and as JSON", function()
      server = serve("--trace", credential "rsa")
      assert.are.equal(0, (curl(server.url)))
      assert.is_truthy(process.until_true(5, function()
         return server:errors():find("closed")
      end))
      for _, text in ipairs { "received ClientHello", "sent ServerHello ", "sent EncryptedExtensions",
         "received Finished", "request GET / HTTP/1.1", "response 200" } do
         assert.is_truthy(server:errors():find(text, 1, true), text .. " is missing in\n" .. server:errors())
      end
      server:stop()
      server = start { "serve", "--listen", "127.0.0.1:0", "--json", "--trace", credential "rsa" }
      server.port = tonumber(server:wait_for('"port":(%d+)'))
      assert.are.equal("listening", json.decode(server:output()).event)
      assert.are.equal(0, (curl("https://localhost:" .. server.port)))
      local events = {}
      for line in server:errors():gmatch("[^\n]+") do
         local event = assert(json.decode(line), line)
         events[event.event] = event
      end
      assert.are.equal("localhost", events.client_hello.message.server_name)
   end)

   it("says so when it cannot listen", function()
      local _, port = loopback.listen()
      local status, _, err = tool("serve", "--listen", "127.0.0.1:" .. port, credential "ec")
      assert.are.equal(1, status)
      assert.is_truthy(err:find("cannot listen on", 1, true), err)
   end)
end)

describe("probe", function()
   local function findings_of(document)
      local codes = {}
      for _, finding in ipairs(document.findings) do
         codes[finding.code] = finding.level
      end
      return codes
   end

   local function probe(port, ...)
      local status, out, err = tool("probe", "--cafile", certificates.ca.certfile, "--json", "localhost:" .. port, ...)
      local document = json.decode(out)
      assert.is_truthy(document, out .. err)
      return status, document
   end

   it("finds nothing wrong with our server as it comes", function()
      local server = serve("--alpn", "http/1.1", credential "ec")
      local status, document = probe(server.port)
      assert.are.same({}, document.findings)
      assert.are.equal(0, status)
      for _, entry in ipairs(document.versions) do
         assert.are.equal(entry.version >= "TLSv1.2", entry.supported)
      end
      assert.is_true(document.verified)
      assert.is_true(document.name_matches)
      assert.is_true(document.resumption)
      assert.is_true(document.secure_renegotiation)
      assert.is_true(document.server_order)
      assert.is_true(document.hello_retry)
      assert.are.equal(0, document.early_data)
      assert.are.same({ "http/1.1" }, document.alpn)
      local groups = {}
      for _, name in ipairs(document.groups) do
         groups[name] = true
      end
      assert.is_true(groups.x25519 and groups.secp256r1)
      assert.are.equal("P-256", document.chain[1].public_key.curve)
      server:stop()
      server = serve("--groups", "secp384r1,x25519", credential "rsa")
      document = select(2, probe(server.port))
      table.sort(document.groups)
      assert.are.same({ "secp384r1", "x25519" }, document.groups)
      assert.are.same({}, document.groups_hidden)
      server:stop()
   end)

   it("reports what TLS 1.3 has", function()
      local server = serve("--early-data", "4096", "--tickets", "1", "--min", "1.3",
         "--suites", "TLS_CHACHA20_POLY1305_SHA256,TLS_AES_256_GCM_SHA384", credential "rsa")
      local status, document = probe(server.port)
      assert.are.equal(0, status)
      assert.are.same({ early_data = "notice" }, findings_of(document))
      for _, entry in ipairs(document.versions) do
         assert.are.equal(entry.version == "TLSv1.3", entry.supported)
      end
      assert.are.same({ "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384" },
         document.versions[#document.versions].suites)
      assert.are.equal(4096, document.early_data)
      assert.is_true(document.tickets)
      assert.is_true(document.resumption_by_ticket)
      assert.is_nil(document.resumption_by_id)
      assert.is_nil(document.extended_master_secret)
      assert.is_nil(document.secure_renegotiation)
      server:stop()
      server = serve("--tickets", "0", credential "rsa")
      document = select(2, probe(server.port))
      assert.is_false(document.tickets)
      assert.is_false(document.resumption_by_ticket)
      assert.is_true(document.resumption_by_id)
      server:stop()
   end)

   it("finds exactly the suites of a server, in its order", function()
      local list = { "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_RSA_WITH_AES_128_CBC_SHA",
         "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" }
      local server = serve("--suites", table.concat(list, ","), "--min", "1.1", credential "rsa")
      local status, document = probe(server.port)
      assert.are.equal(3, status)
      local suites = {}
      for _, entry in ipairs(document.versions) do
         suites[entry.version] = entry.suites
      end
      assert.are.same(list, suites["TLSv1.2"])
      assert.are.same({ "TLS_RSA_WITH_AES_128_CBC_SHA" }, suites["TLSv1.1"])
      assert.are.same({}, suites["TLSv1.0"])
      local codes = findings_of(document)
      assert.are.equal("warning", codes.weak_version)
      assert.are.equal("warning", codes.weak_suite)
      server:stop()
   end)

   it("finds what is wrong with certificates", function()
      local cases = {
         expired = "expired", notyet = "not_yet_valid", wronghost = "name_mismatch", selfsigned = "not_trusted",
         untrusted = "not_trusted", weak = "weak_key", sha1 = "weak_signature",
      }
      for name, code in pairs(cases) do
         local server = serve(credential(name))
         local status, document = probe(server.port)
         assert.are.equal(3, status, name)
         assert.are.equal("critical", findings_of(document)[code], name .. ": " .. json.encode(document.findings))
         server:stop()
      end
      local server = serve(credential "ec")
      local status, document = probe(server.port, "--expires", "10000")
      assert.are.equal(3, status)
      assert.are.equal("warning", findings_of(document).expires_soon)
      server:stop()
      server = serve("--verify", "required", "--cafile", certificates.ca.certfile, credential "ec")
      status, document = probe(server.port)
      assert.are.equal(0, status)
      assert.are.same({ client_certificate_required = "notice" }, findings_of(document))
      server:stop()
   end)

   it("reports tickets, the extended master secret and fallback protection", function()
      local tls12 = require "spec.support.tls12"
      local server = serve("--suites", "all", "--min", "1.0", credential "rsa")
      local _, document = probe(server.port)
      assert.is_true(document.extended_master_secret)
      assert.is_true(document.tickets)
      assert.is_true(document.resumption_by_ticket and document.resumption_by_id)
      assert.is_true(document.fallback_protection)
      assert.is_nil(findings_of(document).no_extended_master_secret)
      server:stop()
      -- nothing older, nothing to protect from
      server = serve("--max", "1.2", credential "rsa")
      _, document = probe(server.port)
      assert.is_nil(document.fallback_protection)
      assert.is_nil(findings_of(document).no_fallback_protection)
      server:stop()
      for _, kind in ipairs(tls12.kinds) do
         local other = tls12.server(kind, { certificate = certificates.rsa, ems = false, tickets = false })
         _, document = probe(other.port)
         assert.is_false(document.extended_master_secret)
         assert.is_false(document.tickets)
         assert.is_nil(document.resumption_by_ticket)
         assert.is_true(document.resumption_by_id)
         assert.is_true(document.fallback_protection)
         assert.are.equal("warning", findings_of(document).no_extended_master_secret)
         other:stop()
      end
   end)

   it("warns of a server that does not see through a fallback", function()
      local list = require("bearssl.tool.findings").of({
         versions = {}, chain = { { not_after = 2, not_before = 0, subject = "s", issuer = "i",
            public_key = { type = "EC" }, signature_algorithm = "ecdsa_sha256" } },
         name_matches = true, verified = true, secure_renegotiation = true, extended_master_secret = true,
         fallback_protection = false,
      }, { time = 1, days = 0 })
      assert.are.equal("warning", findings_of({ findings = list }).no_fallback_protection)
   end)

   it("reports on OpenSSL's server, as text, without a progress bar on a pipe", function()
      local child = peer.openssl_server { certificate = certificates.rsa,
         arguments = { "-cipher", "ALL:@SECLEVEL=0", "-no_ticket", "-no_tls1_3" } }
      local status, out, err = tool("probe", "--cafile", certificates.ca.certfile, "localhost:" .. child.port)
      assert.are.equal("", err)
      assert.are.equal(3, status)
      assert.is_truthy(out:find("TLSv1%.2 +yes, %d+ suites"), out)
      assert.is_truthy(out:find("RSA key exchange has no forward secrecy", 1, true), out)
      assert.is_truthy(out:find("trust +verified"), out)
      assert.is_truthy(out:find("master secret +extended"), out)
      assert.is_truthy(out:find("tickets +no"), out)
      assert.is_truthy(out:find("resumption +by ID"), out)
      assert.is_truthy(out:find("fallback +refused"), out)
      assert.is_nil(out:find("\27", 1, true))
      child:stop()
      child = peer.openssl_server { certificate = certificates.rsa, mode = "commands",
         arguments = { "-early_data" } }
      status, out = tool("probe", "--cafile", certificates.ca.certfile, "localhost:" .. child.port)
      assert.is_truthy(out:find("TLSv1%.3 +yes, %d+ suites"), out)
      assert.is_truthy(out:find("early data +16384 bytes"), out)
      assert.is_truthy(out:find("tickets +yes"), out)
      assert.is_truthy(out:find("groups +[^\n]*x25519"), out)
      assert.is_true(status == 0 or status == 3)
      child:stop()
   end)
end)

describe("fetch", function()
   -- answers one connection of a server of ours with fixed bytes
   local function answer(bytes, clean)
      local listener, port = loopback.listen()
      local child = start { "fetch", "--insecure", "--timeout", "5", "https://localhost:" .. port .. "/" }
      local tcp = loopback.accept(listener)
      local context = assert(require("bearssl").context { mode = "server", certificate = certificates.ec.chain,
         key = certificates.ec.key })
      local stream = assert(context:wrap(tcp, { timeout = 5 }))
      assert(stream:handshake())
      repeat until assert(stream:receive("*l")) == ""
      assert(stream:send(bytes))
      if clean then
         stream:close()
      end
      tcp:close()
      listener:close()
      return child:wait(10), child:output(), child:errors()
   end

   it("decodes chunks", function()
      local status, out = answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
         .. "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: x\r\n\r\n", true)
      assert.are.equal(0, status)
      assert.are.equal("hello world", out)
   end)

   it("reads to the end when no length is told, and tells truncation", function()
      local status, out = answer("HTTP/1.0 200 OK\r\n\r\nall of it", true)
      assert.are.equal(0, status)
      assert.are.equal("all of it", out)
      local _, err
      status, out, err = answer("HTTP/1.0 200 OK\r\n\r\nall of", false)
      assert.are.equal(1, status)
      assert.are.equal("all of", out)
      assert.is_truthy(err:find("truncated", 1, true), err)
      status, _, err = answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nall of", true)
      assert.are.equal(1, status)
      assert.is_truthy(err:find("4 bytes", 1, true), err)
      status, _, err = answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", true)
      assert.are.equal(1, status)
      assert.is_truthy(err:find("cut short", 1, true), err)
   end)

   it("refuses answers that are not HTTP, or have no end", function()
      local status, _, err = answer("220 mail.example ESMTP\r\n\r\n", true)
      assert.are.equal(1, status)
      assert.is_truthy(err:find("not HTTP", 1, true), err)
      status, _, err = answer("HTTP/1.1 200 OK\r\nX: " .. ("a"):rep(70000) .. "\r\n\r\n", true)
      assert.are.equal(1, status)
      assert.is_truthy(err:find("limit", 1, true), err)
      status, _, err = answer("", true)
      assert.are.equal(1, status)
      assert.is_truthy(err:find("without an answer", 1, true), err)
   end)
end)
