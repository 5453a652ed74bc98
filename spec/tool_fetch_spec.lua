-- The tool's fetch against servers that answer with fixed bytes: chunks, truncation, what is not HTTP.
local certificates = require "spec.support.certificates"
local loopback = require "spec.support.loopback"
local tool = require "spec.support.tool"

local start = tool.start

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

   it("gives up after ten interim answers", function()
      local interim = "HTTP/1.1 103 Early Hints\r\n\r\n"
      local status, out = answer(interim:rep(10) .. "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true)
      assert.are.equal(0, status)
      assert.are.equal("ok", out)
      local err
      status, out, err = answer(interim:rep(11) .. "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true)
      assert.are.equal(1, status)
      assert.are.equal("", out)
      assert.is_truthy(err:find("more than 10 interim answers", 1, true), err)
   end)
end)

describe("fetch --location", function()
   -- Answers one request on a listener and returns it.
   local function serve_once(context, listener, bytes)
      local tcp = loopback.accept(listener)
      local stream = assert(context:wrap(tcp, { timeout = 5 }))
      assert(stream:handshake())
      local lines = {}
      repeat
         lines[#lines + 1] = assert(stream:receive("*l"))
      until lines[#lines] == ""
      assert(stream:send(bytes))
      local shown = stream:getpeercertificate() ~= nil
      stream:close()
      return table.concat(lines, "\n"), shown
   end

   it("keeps what is for one origin from another", function()
      local context = assert(require("bearssl").context { mode = "server", certificate = certificates.ec.chain,
         key = certificates.ec.key, verify = "optional", cafile = certificates.ca.certfile })
      local here, here_port = loopback.listen()
      local there, there_port = loopback.listen()
      local function redirect(port, path)
         return "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
            .. ("Location: https://LOCALHOST:%d/%s\r\n\r\n"):format(port, path)
      end
      local child = start { "fetch", "--cafile", certificates.ca.certfile, "--timeout", "5", "-L",
         "--cert", certificates.client_ec.chainfile, "--key", certificates.client_ec.keyfile,
         "-H", "authorization: Basic c2VjcmV0", "-H", "Cookie: session=secret", "-H", "Proxy-Authorization: secret",
         "-H", "Host: virtual.example", "-H", "Accept: text/x", "-H", "X-Own: plain",
         "https://localhost:" .. here_port .. "/" }
      local requests, shown = {}, {}
      requests[1], shown[1] = serve_once(context, here, redirect(here_port, "same"))
      requests[2], shown[2] = serve_once(context, here, redirect(there_port, "other"))
      requests[3], shown[3] = serve_once(context, there, redirect(here_port, "back"))
      requests[4], shown[4] = serve_once(context, here, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nback")
      assert.are.equal(0, child:wait(10), child:errors())
      assert.are.equal("back", child:output())
      here:close()
      there:close()
      for i, request in ipairs(requests) do
         local own = i ~= 3
         assert.are.equal(own, request:find("secret", 1, true) ~= nil, request)
         assert.are.equal(own, request:find("c2VjcmV0", 1, true) ~= nil, request)
         assert.are.equal(own, request:find("Host: virtual.example\n", 1, true) ~= nil, request)
         assert.are.equal(own, request:find("X-Own: plain\n", 1, true) ~= nil, request)
         assert.is_truthy(request:find("Accept: text/x\n", 1, true), request)
         assert.are.equal(own, shown[i], "the client's certificate")
      end
      assert.is_truthy(requests[3]:lower():find("host: localhost:" .. there_port .. "\n", 1, true), requests[3])
   end)
end)
