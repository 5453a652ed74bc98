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
end)
