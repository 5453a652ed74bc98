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
         local status, output = trusted("/hello.txt", "--ciphers", cipher, "--tls-max", "1.2", "--verbose")
         assert.equal(0, status, output)
         assert.truthy(output:find("SSL connection using TLSv1.2 / " .. cipher, 1, true), output)
      end)
   end

   for _, suite in ipairs({
      "TLS_AES_128_GCM_SHA256",
      "TLS_AES_256_GCM_SHA384",
      "TLS_CHACHA20_POLY1305_SHA256",
   }) do
      it("with " .. suite, function()
         local status, output = trusted("/hello.txt", "--tls13-ciphers", suite, "--tlsv1.3", "--verbose")
         assert.equal(0, status, output)
         assert.truthy(output:find("SSL connection using TLSv1.3 / " .. suite, 1, true), output)
      end)
   end

   for _, curve in ipairs({ "X25519", "P-256", "P-384", "P-521" }) do
      it("with " .. curve, function()
         local status, output = trusted("/hello.txt", "--curves", curve, "--tlsv1.3")
         assert.equal(0, status, output)
         assert.equal(TEXT, output)
      end)
   end

   it("asks again for a group that the server has", function()
      local choosy = serve({ certificates.ec }, "--groups", "secp384r1", directory)
      local status, output = curl(choosy, "/hello.txt", "--cacert", certificates.ca.certfile, "--tlsv1.3",
         "--curves", "X25519:P-384", "--verbose")
      assert.equal(0, status, output)
      assert.truthy(output:find("SSL connection using TLSv1.3", 1, true), output)
      local _, hellos = output:gsub("TLS handshake, Client hello", "")
      assert.equal(2, hellos, output)
      choosy:stop()
   end)

   it("refuses a server that it does not trust", function()
      local status = curl(server, "/hello.txt", "--cacert", certificates.other_ca.certfile)
      assert.equal(60, status)
      assert.equal(0, (trusted("/hello.txt")))
   end)

   it("is refused without a suite or a version in common", function()
      assert.equal(35, (trusted("/hello.txt", "--ciphers", "AES128-SHA", "--tls-max", "1.2")))
      assert.equal(35, (trusted("/hello.txt", "--tlsv1.0", "--tls-max", "1.1", "--ciphers", "ALL:@SECLEVEL=0")))
      assert.equal(35, (trusted("/hello.txt", "--tls13-ciphers", "TLS_AES_128_CCM_SHA256", "--tlsv1.3")))
   end)

   for version, alert in pairs({ ["1.2"] = "handshake failure", ["1.3"] = "certificate required" }) do
      it("negotiates http/1.1, gives a client certificate, and fails without, in TLS " .. version, function()
         local ca = certificates.ca.certfile
         local alpn = "http/1.1"
         local strict = serve({ certificates.ec }, "--alpn", alpn, "--cafile", ca, "--verify", "required", directory)
         local own = certificates.client_ec
         local status, output = curl(strict, "/hello.txt", "--cacert", ca, "--verbose", "--cert", own.certfile,
            "--key", own.keyfile, "--tls-max", version)
         assert.equal(0, status, output)
         assert.truthy(output:find("SSL connection using TLSv" .. version, 1, true), output)
         assert.truthy(output:find("server accepted http/1.1", 1, true), output)
         status, output = curl(strict, "/hello.txt", "--cacert", ca, "--tls-max", version)
         assert.is_true(status == 35 or status == 56, output)
         assert.truthy(output:find("alert " .. alert, 1, true), output)
         assert.equal(0, strict:stop())
      end)
   end

   it("falls back to TLS 1.2, whoever has nothing newer", function()
      local status, output = trusted("/hello.txt", "--tls-max", "1.2", "--verbose")
      assert.equal(0, status, output)
      assert.truthy(output:find("SSL connection using TLSv1.2", 1, true), output)
      local old = serve({ certificates.rsa }, "--max", "1.2", directory)
      status, output = curl(old, "/hello.txt", "--cacert", certificates.ca.certfile, "--verbose")
      assert.equal(0, status, output)
      assert.truthy(output:find("SSL connection using TLSv1.2", 1, true), output)
      old:stop()
   end)

   it("ends cleanly on SIGTERM", function()
      local other = serve({ certificates.ec })
      assert.equal(0, (curl(other, "/", "--cacert", certificates.ca.certfile)))
      other:signal("TERM")
      assert.equal(0, other:wait())
   end)
end)

describe("Python's ssl and bearssl serve:", function()
   for _, version in ipairs({ "TLSv1.2", "TLSv1.3" }) do
      it("gets a file in " .. version, function()
         local server = serve({ certificates.ec }, "--alpn", "http/1.1", directory_of_files())
         local result = talk(server, {
            request = "GET /hello.txt HTTP/1.0\r\nHost: localhost\r\n\r\n",
            alpn = { "http/1.1" },
            maximum = version,
         })
         assert.is_nil(result.error, result.text)
         assert.equal(version, result.version)
         assert.equal("http/1.1", result.alpn)
         assert.truthy(result.reply:find("^HTTP/1%.%d 200 "), result.reply)
         assert.truthy(result.reply:find("\r\n\r\n" .. TEXT, 1, true), result.reply)
         server:stop()
      end)
   end

   for _, version in ipairs({ "TLSv1.2", "TLSv1.3" }) do
      it("gives a client certificate, or is refused, in " .. version, function()
         local ca, own = certificates.ca.certfile, certificates.client_ec
         local server = serve({ certificates.ec }, "--echo", "--cafile", ca, "--verify", "required")
         local result = talk(server, { send = 10, maximum = version, certfile = own.certfile, keyfile = own.keyfile })
         assert.is_nil(result.error, result.text)
         assert.equal(version, result.version)
         assert.is_true(result.echoed)
         result = talk(server, { send = 10, maximum = version })
         assert.equal("SSLError", result.error)
         assert.truthy(result.reason:find(version == "TLSv1.3" and "CERTIFICATE_REQUIRED" or "HANDSHAKE_FAILURE"),
            result.reason)
         server:stop()
      end)
   end

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

      for _, version in ipairs({ "TLSv1.2", "TLSv1.3" }) do
         it("resumes its session in " .. version, function()
            local result = talk(server, { send = 10, again = true, maximum = version })
            assert.is_nil(result.error, result.text)
            assert.equal(version, result.version)
            assert.is_false(result.reused)
            assert.is_true(result.second.reused)
            assert.is_true(result.second.echoed)
         end)
      end

      it("gets the certificate of the name that it asks for", function()
         for _, name in ipairs({ "localhost", "alpha.example", "beta.example" }) do
            local result = talk(server, { send = 10, server_name = name })
            assert.is_nil(result.error, result.text)
            assert.equal(name, result.subject.commonName)
         end
      end)

      it("is refused when no version is common", function()
         local old = serve({ certificates.rsa }, "--echo", "--max", "1.2")
         local new = serve({ certificates.rsa }, "--echo", "--min", "1.3")
         for other, job in pairs({
            [old] = { send = 10, minimum = "TLSv1.3" },
            [new] = { send = 10, maximum = "TLSv1.2" },
         }) do
            local result = talk(other, job)
            assert.equal("SSLError", result.error)
            assert.truthy(result.reason:find("PROTOCOL_VERSION"), result.reason)
            other:stop()
         end
      end)

      it("refuses another root", function()
         local result = talk(server, { send = 10, cafile = certificates.other_ca.certfile })
         assert.equal("CERTIFICATE_VERIFY_FAILED", result.reason)
      end)
   end)
end)
