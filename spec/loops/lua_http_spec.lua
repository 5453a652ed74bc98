-- lua-http over sockets of ours: served to curl, fetched from OpenSSL's server, and both from each other.
local certificates = require "spec.support.certificates"
local interpreter = require "spec.support.interpreter"
local peer = require "spec.support.peer"
local process = require "spec.support.process"
local shell = require "spec.support.shell"

local PATIENCE = 20 * (tonumber(os.getenv "SLOWDOWN") or 1)

-- lua-http and what it needs are plain Lua files, which Debian files under other versions.
local environment = interpreter.environment()
environment.LUA_PATH = environment.LUA_PATH .. ";/usr/share/lua/5.3/?.lua;/usr/share/lua/5.1/?.lua"

local function start(name, ...)
   return process.start({ interpreter.path, "examples/" .. name, ... }, { environment = environment })
end

describe("lua-http", function()
   after_each(function() process.stop_all() end)

   local function serve(certificate)
      certificate = certificate or certificates.ec
      local server = start("lua_http_server.lua", certificate.chainfile or certificate.certfile, certificate.keyfile)
      return server, server:wait_for("listening on 127%.0%.0%.1:(%d+)", 20)
   end

   local function curl(port, ...)
      return shell.run { "curl", "-sS", "--max-time", tostring(PATIENCE), "--cacert", certificates.ca.certfile,
         "--resolve", "localhost:" .. port .. ":127.0.0.1", ... }
   end

   local function fetch(url)
      local client = start("lua_http_client.lua", url, certificates.ca.certfile)
      assert.are.equal(0, client:wait(20), client:told())
      return client:output()
   end

   it("serves curl by HTTP/1.1 and HTTP/2, several requests of one connection, with bodies", function()
      local server, port = serve()
      local url = ("https://localhost:%d/"):format(port)
      assert.equal("GET /a over HTTP/1.1 and TLS, 0 bytes of body\nGET /b over HTTP/1.1 and TLS, 0 bytes of body\n",
         curl(port, "--http1.1", url .. "a", url .. "b"))
      assert.equal("GET /a over HTTP/2 and TLS, 0 bytes of body\nGET /b over HTTP/2 and TLS, 0 bytes of body\n",
         curl(port, "--http2", url .. "a", url .. "b"))
      for _, version in ipairs { "--http1.1", "--http2" } do
         local body = curl(port, version, "--data-binary", "@" .. certificates.ca.certfile, url)
         local length = #assert(require("spec.support.temporary").read(certificates.ca.certfile))
         assert.truthy(body:find(("POST / over HTTP/[12.]+ and TLS, %d bytes of body"):format(length)), body)
      end
      assert.is_nil(server:status(), server:told())
   end)

   it("fetches by HTTP/2, from a server of its own", function()
      local _, port = serve()
      assert.equal("HTTP/2, status 200\nGET /it over HTTP/2 and TLS, 0 bytes of body\n",
         fetch(("https://localhost:%d/it"):format(port)))
   end)

   it("fetches by HTTP/1.1, from OpenSSL's server", function()
      local server = peer.openssl_server { certificate = certificates.rsa, mode = "www" }
      local output = fetch(("https://localhost:%d/"):format(server.port))
      assert.truthy(output:find("^HTTP/1%.1, status 200\n"), output)
      assert.truthy(output:find("s_server", 1, true), output)
   end)

   it("says what TLS says where a certificate is bad", function()
      local server, port = serve(certificates.selfsigned)
      local client = start("lua_http_client.lua", ("https://localhost:%d/"):format(port), certificates.ca.certfile)
      assert.are_not.equal(0, client:wait(20))
      assert.truthy(client:told():find("self-signed", 1, true), client:told())
      assert.is_nil(server:status(), server:told())
   end)
end)
