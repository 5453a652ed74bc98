-- The tool's fetch over http, through redirects from and to https, and what answers may look like.
local certificates = require "spec.support.certificates"
local loopback = require "spec.support.loopback"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"
local tool = require "spec.support.tool"

local LUA = os.getenv "LUA" or "lua5.4"

-- Answers one request on a listener, in clear text or with a context: the request.
local function serve_once(listener, bytes, context)
   local tcp = loopback.accept(listener)
   local stream = context and assert(context:wrap(tcp, { timeout = 5 })) or tcp
   if context then assert(stream:handshake()) end
   local lines = {}
   repeat lines[#lines + 1] = assert(stream:receive "*l") until lines[#lines] == ""
   stream:send(bytes)
   stream:close()
   return table.concat(lines, "\n")
end

-- What fetch makes of an answer: status, output, errors, the request.
local function fetch(bytes, ...)
   local listener, port = loopback.listen()
   local child = tool.start { "fetch", "--timeout", "5", ("http://localhost:%d/a?b"):format(port), ... }
   local request = serve_once(listener, bytes)
   listener:close()
   return child:wait(10), child:output(), child:errors(), request
end

local function answer(body, more)
   return ("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n"):format(more or "", #body) .. body
end

describe("fetch of an http URL", function()
   after_each(process.stop_all)

   it("says when a file could not be written whole", function()
      local status, _, err = fetch(answer "hello", "-o", "/dev/full")
      assert.are.equal(1, status)
      assert.truthy(err:find("cannot write /dev/full", 1, true), err)
   end)

   it("asks for no part that ends before it begins", function()
      local status, _, err = tool("fetch", "-r", "9-1", "http://localhost:1/")
      assert.are.equal(2, status)
      assert.truthy(err:find("ends before it begins", 1, true), err)
   end)

   it("leaves a file alone where it asks for the head", function()
      local path = temporary.write "what there is"
      local head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
      assert.are.equal(0, (fetch(head, "-I", "-o", path)))
      assert.are.equal("what there is", temporary.read(path))
      local status, _, err = tool("fetch", "-I", "--continue", "-o", path, "http://localhost:1/")
      assert.are.equal(2, status)
      assert.truthy(err:find("--continue does not go with --head", 1, true), err)
   end)

   it("reads blanks and folded fields in time that grows with their number", function()
      local http = require "bearssl.tool.http"
      local began = os.clock()
      local blanks = (" "):rep(60000)
      local request = assert(http.request("GET / HTTP/1.1\r\nHost: x\r\na: x" .. blanks .. "x \t\r\n\r\n"))
      assert.are.equal("x" .. blanks .. "x", request.headers.a)
      local folds = {}
      for index = 1, 15000 do folds[index] = " x " end
      local response = assert(http.response("HTTP/1.1 200 OK\r\na: x\r\n" .. table.concat(folds, "\r\n") .. "\r\n\r\n"))
      assert.are.equal(("x "):rep(15000) .. "x", response.headers.a)
      assert.is_true(os.clock() - began < 1) -- eight seconds where each blank is looked at once for each
   end)

   it("sends no body to another server than it is for", function()
      local here, here_port = loopback.listen()
      local child = tool.start { "fetch", "-L", "-d", "secret", ("http://localhost:%d/"):format(here_port) }
      serve_once(here, "HTTP/1.1 307 Go\r\nLocation: http://LOCALHOST:1/\r\nContent-Length: 0\r\n\r\n")
      here:close()
      assert.are.equal(1, child:wait(10))
      assert.truthy(child:errors():find("leads what --data has to another server", 1, true), child:errors())
   end)

   it("asks in clear text", function()
      local status, out, _, request = fetch(answer "hello")
      assert.same({ 0, "hello" }, { status, out })
      assert.matches("^GET /a%?b HTTP/1.1\nHost: localhost:%d+\n", request)
      status, out = fetch(answer "hello", "--json")
      assert.equal(0, status)
      local document = require("dkjson").decode(out)
      assert.same({ "hello", 200 }, { document.body, document.status })
      assert.is_nil(document.tls)
      local child = process.start({ LUA, "bin/bearssl", "fetch", "http://me:s3cret@localhost/" }, { separate = true })
      assert.equal(2, child:wait(10))
      assert.is_nil(child:errors():find("s3cret", 1, true), child:errors())
   end)

   it("gives a proxy of HTTP the whole URL, and its password to it alone", function()
      local proxy = process.start { LUA, "spec/support/proxy_server.lua", "user=me:secret" }
      local at = proxy:wait_for "listening on (127%.0%.0%.1:%d+)"
      for _, scheme in ipairs { "http", "socks5h" } do
         local status, out, err, request = fetch(answer "hello", "--proxy", ("%s://me:secret@%s"):format(scheme, at))
         assert.same({ 0, "hello" }, { status, out }, err)
         assert.matches("^GET /a%?b HTTP/1.1\nHost: localhost:%d+\n", request)
         assert.is_nil(request:find("Proxy", 1, true), request)
      end
      assert.matches("GET http://localhost:%d+/a%?b HTTP/1.1\nProxy%-Authorization:\nSOCKS", proxy:output())
   end)

   it("follows from http to https, from https to http only when it is told, and takes no secrets along", function()
      local context = assert(require("bearssl").context { mode = "server", certificate = certificates.ec.chain,
         key = certificates.ec.key })
      local clear, clear_port = loopback.listen()
      local secure, secure_port = loopback.listen()
      local function to(scheme, port)
         return ("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %s://localhost:%d/\r\n\r\n"):format(scheme, port)
      end
      local function start(url, ...)
         return tool.start { "fetch", "--cafile", certificates.ca.certfile, "--timeout", "5", "-H", "Cookie: secret",
            "-H", "Authorization: secret", url, ... }
      end
      local child = start(("http://localhost:%d/"):format(clear_port), "-L")
      assert.truthy(serve_once(clear, to("https", secure_port)):find("secret", 1, true))
      assert.is_nil(serve_once(secure, answer "hello", context):find("secret", 1, true))
      assert.same({ 0, "hello" }, { child:wait(10), child:output() }, child:errors())
      child = start(("https://localhost:%d/"):format(secure_port), "-L")
      serve_once(secure, to("http", clear_port), context)
      assert.same({ 1, "" }, { child:wait(10), child:output() })
      assert.matches("from https to http .*%-%-location%-insecure", child:errors())
      child = start(("https://localhost:%d/"):format(secure_port), "--location-insecure")
      serve_once(secure, to("http", clear_port), context)
      assert.is_nil(serve_once(clear, answer "hello"):find("secret", 1, true))
      assert.same({ 0, "hello" }, { child:wait(10), child:output() }, child:errors())
      clear:close()
      secure:close()
   end)

   it("reads fields that go on in the next line, which no status line does", function()
      local status, out = fetch(answer("hello", "X-Long: one\r\n two\r\n\tthree\r\n"), "-i")
      assert.equal(0, status)
      assert.truthy(out:find("X-Long: one two three\n", 1, true), out)
      local _, err
      status, _, err = fetch "HTTP/1.1 200 OK\r\n X: y\r\n\r\n"
      assert.equal(1, status)
      assert.matches("malformed", err)
   end)

   it("refuses answers whose end is not clear", function()
      for _, head in ipairs {
         "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
         "Content-Length: 5, 6\r\n", "Content-Length: +5\r\n", "Content-Length: -5\r\n", "Content-Length : 5\r\n",
         "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: chunked, chunked\r\n",
      } do
         local status, out, err = fetch("HTTP/1.1 200 OK\r\n" .. head .. "\r\n0\r\n\r\n")
         assert.same({ 1, "" }, { status, out }, head)
         assert.matches("decode_error", err)
      end
      assert.equal(0, (fetch "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello"))
   end)

   it("bounds trailers and sizes of chunks", function()
      local head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      local status, _, err = fetch(head .. "0\r\n" .. ("X: " .. ("y"):rep(1000) .. "\r\n"):rep(70) .. "\r\n")
      assert.equal(1, status)
      assert.matches("too long", err)
      for _, chunk in ipairs { "1000000000000000\r\n", "0x5\r\nhello\r\n", "-1\r\n", "\r\n",
         "5\r\nhello!\r\n0\r\n\r\n" } do
         assert.equal(1, (fetch(head .. chunk)), chunk)
      end
      local out
      status, out = fetch(head .. "5;a=\"b\"\r\nhello\r\n0;x\r\nT: u\r\n\r\n")
      assert.same({ 0, "hello" }, { status, out })
   end)

   it("takes no body where there is none, and no change of protocol", function()
      for first, arguments in pairs { ["204 No Content"] = {}, ["304 Not Modified"] = {}, ["200 OK"] = { "-I" } } do
         local status, out, err = fetch(("HTTP/1.1 %s\r\nContent-Length: 50\r\n\r\n"):format(first),
            (table.unpack or unpack)(arguments)) -- luacheck: ignore
         assert.equal(0, status, err)
         assert.is_nil(out:find("^hello"))
      end
      local status, _, err = fetch "HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
      assert.equal(1, status)
      assert.matches("not asked for", err)
   end)

   it("asks for parts", function()
      local status, out, _, request = fetch("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 1-3/5\r\n"
         .. "Content-Length: 3\r\n\r\nell", "--range", "1-3")
      assert.same({ 0, "ell" }, { status, out })
      assert.truthy(request:find("\nRange: bytes=1-3\n", 1, true), request)
      assert.equal(2, (tool("fetch", "--range", "x", "http://localhost/")))
   end)

   it("goes on where a file ends", function()
      local file = temporary.write "hel"
      local function go_on(bytes, ...) return fetch(bytes, "--continue", "-o", file, ...) end
      local rest = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %d-4/5\r\nContent-Length: 2\r\n\r\nlo"
      local status, _, err, request = go_on(rest:format(2))
      assert.equal(1, status) -- another part
      assert.matches("another part", err)
      status, _, err = go_on "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nwait"
      assert.equal(1, status)
      assert.matches("503", err)
      assert.equal("hel", temporary.read(file))
      assert.truthy(request:find("\nRange: bytes=3-\n", 1, true), request)
      assert.equal(0, (go_on(rest:format(3))))
      assert.equal("hello", temporary.read(file))
      local complete = "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */%d\r\nContent-Length: 3\r\n\r\nend"
      assert.equal(0, (go_on(complete:format(5), "--fail")))
      assert.equal("hello", temporary.read(file))
      assert.equal(1, (go_on(complete:format(9))))
      assert.equal("hello", temporary.read(file))
      assert.equal(0, (go_on(answer "anew")))
      assert.equal("anew", temporary.read(file))
      assert.equal(2, (tool("fetch", "--continue", "http://localhost/")))
   end)

   it("decodes gzip and deflate when it is told", function()
      local plain = temporary.write(("hello\n"):rep(1000))
      local packed = shell.run { "gzip", "-c", plain }
      local status, out, err, request = fetch(answer(packed, "Content-Encoding: gzip\r\n"), "--compressed")
      assert.equal(0, status, err)
      assert.equal(("hello\n"):rep(1000), out)
      assert.truthy(request:find("\nAccept-Encoding: gzip, deflate\n", 1, true), request)
      status, out = fetch(answer(packed, "Content-Encoding: gzip\r\n"))
      assert.equal(0, status)
      assert.equal(packed, out) -- as it came, unless it is told
      status, out, err = fetch(answer(packed:sub(1, -10), "Content-Encoding: gzip\r\n"), "--compressed")
      assert.same({ 1, "" }, { status, out })
      assert.matches("cut short", err)
   end)
end)
