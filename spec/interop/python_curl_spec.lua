-- curl and Python's ssl against `bearssl serve`.
local certificates = require "spec.support.certificates"
local dkjson = require "dkjson"
local hash = require "spec.support.hash"
local interpreter = require "spec.support.interpreter"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local TEXT = "Hello from a file.\n"

local python = shell.which("/usr/bin/python3") or "python3"

-- serve starts the tool with a list of certificates and more words, and waits until it listens.
local function serve(list, ...)
   local words = { "serve", "--listen", "127.0.0.1:0" }
   local function add(...)
      for index = 1, select("#", ...) do
         words[#words + 1] = (select(index, ...))
      end
   end
   for _, certificate in ipairs(list) do
      add("--cert", certificate.chainfile, "--key", certificate.keyfile)
   end
   add(...)
   local server = interpreter.tool(words)
   server.port = tonumber((server:wait_for("listening on 127%.0%.0%.1:(%d+)")))
   return server
end

local function directory_of_files()
   local directory = temporary.make_directory()
   temporary.write(TEXT, nil, directory .. "/hello.txt")
   temporary.write("<p>index", nil, directory .. "/index.html")
   return directory
end

-- curl returns the exit status and the output for a path of a server.
local function curl(server, path, ...)
   local words = { "curl", "--silent", "--show-error", "--max-time", "30", "--noproxy", "*" }
   for index = 1, select("#", ...) do
      words[#words + 1] = (select(index, ...))
   end
   words[#words + 1] = "https://localhost:" .. server.port .. path
   return shell.try(words)
end

local function talk(server, job)
   job.port = server.port
   job.server_name = job.server_name or "localhost"
   job.cafile = job.cafile or certificates.ca.certfile
   local output = shell.run({ python, "spec/interop/python_client.py", dkjson.encode(job) })
   return (assert(dkjson.decode(output)))
end

describe("curl and bearssl serve:", function()
   local server, directory
   setup(function()
      directory = directory_of_files()
      server = serve({ certificates.rsa }, directory)
   end)
   teardown(function()
      server:stop()
   end)

   local function trusted(path, ...)
      return curl(server, path, "--cacert", certificates.ca.certfile, ...)
   end

   it("gets a file", function()
      local status, body = trusted("/hello.txt")
      assert.equal(0, status, body)
      assert.equal(TEXT, body)
   end)

   it("gets a file by HTTP/1.0", function()
      local status, body = trusted("/hello.txt", "--http1.0")
      assert.equal(0, status, body)
      assert.equal(TEXT, body)
   end)

   it("gets several files over one connection", function()
      local url = "https://localhost:" .. server.port .. "/index.html"
      local status, output = trusted("/hello.txt", "--verbose", url)
      assert.equal(0, status, output)
      assert.truthy(output:find("Re-using existing connection", 1, true), output)
      assert.truthy(output:find("<p>index", 1, true))
      assert.truthy(output:find(TEXT, 1, true))
   end)

   it("is told what is not there", function()
      local status, output = trusted("/absent", "--fail")
      assert.equal(22, status, output)
      assert.truthy(output:find("404", 1, true), output)
   end)

   it("gets the head only", function()
      local status, output = trusted("/hello.txt", "--head")
      assert.equal(0, status, output)
      assert.truthy(output:lower():find("content%-length: " .. #TEXT), output)
   end)

   it("gets many files at once", function()
      local words = {}
      for _ = 1, 30 do
         words[#words + 1] = "https://localhost:" .. server.port .. "/hello.txt"
      end
      local unpack = table.unpack or unpack -- luacheck: ignore
      local status, output = trusted("/hello.txt", "--parallel", "--no-progress-meter", unpack(words))
      assert.equal(0, status, output)
      assert.equal(TEXT:rep(31), output)
   end)

   it("gets 64 MB #slow", function()
      local path, expected = hash.random_file(64 * 1024 * 1024)
      shell.run({ "ln", path, directory .. "/big" })
      local target = temporary.path(".big")
      local status, output = trusted("/big", "--output", target)
      assert.equal(0, status, output)
      assert.equal(expected, hash.file(target))
   end)

   for _, cipher in ipairs({
      "ECDHE-RSA-AES128-GCM-SHA256",
      "ECDHE-RSA-AES256-GCM-SHA384",
      "ECDHE-RSA-CHACHA20-POLY1305",
   }) do
      it("with " .. cipher, function()
         local status, output = trusted("/hello.txt", "--ciphers", cipher, "--tlsv1.2", "--tls-max", "1.2",
            "--verbose")
         assert.equal(0, status, output)
         assert.truthy(output:find("SSL connection using TLSv1.2 / " .. cipher, 1, true), output)
      end)
   end

   it("speaks TLS 1.3, also with a suite of its choice", function()
      local status, output = trusted("/hello.txt", "--verbose")
      assert.equal(0, status, output)
      assert.truthy(output:find("SSL connection using TLSv1.3 / TLS_", 1, true), output)
      for _, cipher in ipairs({ "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256" }) do
         status, output = trusted("/hello.txt", "--tls13-ciphers", cipher, "--tlsv1.3", "--verbose")
         assert.equal(0, status, output)
         assert.truthy(output:find("SSL connection using TLSv1.3 / " .. cipher, 1, true), output)
      end
   end)

   it("refuses a server that it does not trust", function()
      local status = curl(server, "/hello.txt", "--cacert", certificates.other_ca.certfile)
      assert.equal(60, status)
      assert.equal(0, (trusted("/hello.txt")))
   end)

   it("is refused without a suite or a version in common", function()
      assert.equal(35, (trusted("/hello.txt", "--ciphers", "AES128-SHA", "--tls-max", "1.2")))
      assert.equal(35, (trusted("/hello.txt", "--tlsv1.0", "--tls-max", "1.1", "--ciphers", "ALL:@SECLEVEL=0")))
   end)

   it("negotiates http/1.1, gives a client certificate, and fails without", function()
      local ca = certificates.ca.certfile
      local alpn = "http/1.1"
      local strict = serve({ certificates.ec }, "--alpn", alpn, "--cafile", ca, "--verify", "required", directory)
      local own = certificates.client_ec
      local status, output =
         curl(strict, "/hello.txt", "--cacert", ca, "--verbose", "--cert", own.certfile, "--key", own.keyfile)
      assert.equal(0, status, output)
      assert.truthy(output:find("server accepted http/1.1", 1, true), output)
      for version, alert in pairs({ ["1.2"] = "alert handshake failure", ["1.3"] = "alert certificate required" }) do
         status, output = curl(strict, "/hello.txt", "--cacert", ca, "--tls-max", version)
         assert.is_true(status == 35 or status == 56, output)
         assert.truthy(output:find(alert, 1, true), output)
      end
      assert.equal(0, strict:stop())
   end)

   it("ends cleanly on SIGTERM", function()
      local other = serve({ certificates.ec })
      assert.equal(0, (curl(other, "/", "--cacert", certificates.ca.certfile)))
      other:signal("TERM")
      assert.equal(0, other:wait())
   end)
end)

describe("Python's ssl and bearssl serve:", function()
   it("gets a file", function()
      local server = serve({ certificates.ec }, "--alpn", "http/1.1", directory_of_files())
      local result = talk(server, {
         request = "GET /hello.txt HTTP/1.0\r\nHost: localhost\r\n\r\n",
         alpn = { "http/1.1" },
      })
      assert.is_nil(result.error, result.text)
      assert.equal("TLSv1.3", result.version)
      assert.equal("http/1.1", result.alpn)
      assert.truthy(result.reply:find("^HTTP/1%.%d 200 "), result.reply)
      assert.truthy(result.reply:find("\r\n\r\n" .. TEXT, 1, true), result.reply)
      server:stop()
   end)

   describe("with --echo", function()
      local server
      setup(function()
         server = serve({ certificates.rsa, certificates.alpha, certificates.beta }, "--echo")
      end)
      teardown(function()
         server:stop()
      end)

      it("gets back what it sends, and a close_notify", function()
         for _, length in ipairs({ 1, 16384, 16385, 3000000 }) do
            local result = talk(server, { send = length })
            assert.is_nil(result.error, result.text)
            assert.is_true(result.echoed)
            assert.is_true(result.unwrapped)
         end
      end)

      it("gets back 64 MB #slow", function()
         local result = talk(server, { send = 64 * 1024 * 1024 })
         assert.is_nil(result.error, result.text)
         assert.is_true(result.echoed)
      end)

      it("resumes its session", function()
         local result = talk(server, { send = 10, again = true })
         assert.is_nil(result.error, result.text)
         assert.is_false(result.reused)
         assert.is_true(result.second.reused)
         assert.is_true(result.second.echoed)
      end)

      it("gets the certificate of the name that it asks for", function()
         for _, name in ipairs({ "localhost", "alpha.example", "beta.example" }) do
            local result = talk(server, { send = 10, server_name = name })
            assert.is_nil(result.error, result.text)
            assert.equal(name, result.subject.commonName)
         end
      end)

      it("is refused when only TLS 1.3 is left, and the server has none", function()
         local older = serve({ certificates.ec }, "--max", "1.2", "--echo")
         local result = talk(older, { send = 10, minimum = "TLSv1.3" })
         assert.equal("SSLError", result.error)
         assert.truthy(result.reason:find("PROTOCOL_VERSION"), result.reason)
         older:stop()
      end)

      it("refuses another root", function()
         local result = talk(server, { send = 10, cafile = certificates.other_ca.certfile })
         assert.equal("CERTIFICATE_VERIFY_FAILED", result.reason)
      end)
   end)
end)
