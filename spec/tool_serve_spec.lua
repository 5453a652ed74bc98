-- The tool as a server: files for our fetch, curl and Python, hostile clients, and its options.
local certificates = require "spec.support.certificates"
local hash = require "spec.support.hash"
local json = require "dkjson"
local loopback = require "spec.support.loopback"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"
local tool = require "spec.support.tool"

local credential, serve, start = tool.credential, tool.serve, tool.start
local curl, python_client = tool.curl, tool.python_client

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

   it("answers nothing that is not a regular file", function()
      shell.run { "mkdir", "-p", directory .. "/odd/index.html" }
      shell.run { "mkfifo", directory .. "/pipe" }
      shell.run { "ln", "-s", "/dev/zero", directory .. "/zero" }
      shell.run { "ln", "-s", directory .. "/pipe", directory .. "/link" }
      for _, path in ipairs { "/pipe", "/link", "/zero", "/odd/" } do
         local status, out, err = fetch("--timeout", "5", server.url .. path)
         assert.are.equal(0, status, err)
         assert.are.equal("403 Forbidden\n", out, path)
      end
      assert.are.equal("<h1>hello</h1>\n", (select(2, fetch(server.url .. "/"))))
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
