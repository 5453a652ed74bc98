-- The tool through proxies: --proxy, and what the environment says.
local certificates = require "spec.support.certificates"
local port = require "spec.support.port"
local process = require "spec.support.process"
local temporary = require "spec.support.temporary"
local tool = require "spec.support.tool"

local LUA = os.getenv "LUA" or "lua5.4"
local CA = certificates.ca.certfile

local function proxy_server(...)
   local server = process.start { LUA, "spec/support/proxy_server.lua", ... }
   return server:wait_for "listening on (127%.0%.0%.1:%d+)", server
end

-- Runs it to its end, with variables in its environment: status, output, errors.
local function run(environment, input, ...)
   local child = tool.start({ ... }, { environment = environment or {}, input = input and true })
   if input then
      child:write(input)
      child:close_input()
   end
   return child:wait(60), child:output(), child:errors()
end

local function serve()
   local directory = temporary.path()
   assert(require("spec.support.shell").run { "mkdir", directory })
   temporary.write("a page\n", nil, directory .. "/page.txt")
   return tool.serve(directory, tool.credential "ec")
end

describe("the tool through a proxy", function()
   after_each(process.stop_all)

   it("fetches, traces and connects by HTTP and by SOCKS5, with a user and a password", function()
      local at, proxy = proxy_server "user=me:secret"
      local server = serve()
      for _, scheme in ipairs { "http", "socks5h" } do
         local url = ("%s://me:secret@%s"):format(scheme, at)
         local status, out, err = tool("fetch", "--proxy", url, "--cafile", CA, server.url .. "/page.txt")
         assert.same({ 0, "a page\n" }, { status, out }, err)
         status, out, err = tool("trace", "--proxy", url, "--cafile", CA, "localhost:" .. server.port)
         assert.equal(0, status, err)
         assert.truthy(out:find("ServerHello", 1, true) or out:find("server_hello", 1, true), out)
         status, out, err = run(nil, "GET /page.txt HTTP/1.0\r\n\r\n", "connect", "--proxy", url, "--cafile", CA,
            "localhost:" .. server.port)
         assert.equal(0, status, err)
         assert.matches("a page\n$", out)
         status, out, err = tool("fetch", "--proxy", (url:gsub("secret", "wr0ng")), "--cafile", CA, server.url)
         assert.same({ 1, "" }, { status, out })
         assert.matches("does not take the user and the password", err)
         assert.is_nil(err:find("wr0ng", 1, true))
      end
      local _, asked = proxy:output():gsub("CONNECT localhost:" .. server.port, "")
      assert.equal(4, asked)
   end)

   it("probes", function()
      local at, proxy = proxy_server()
      local server = serve()
      local _, out, err = tool("probe", "--proxy", "socks5h://" .. at, "--cafile", CA, "localhost:" .. server.port)
      assert.matches("TLSv1.3", out .. err)
      assert.matches("SOCKS name localhost " .. server.port, proxy:output())
   end)

   it("goes through one that speaks TLS", function()
      local own = certificates.ec
      local at, proxy = proxy_server("cert=" .. own.chainfile, "key=" .. own.keyfile)
      local server = serve()
      local url = "https://localhost:" .. at:match "%d+$"
      local status, _, err = tool("fetch", "--proxy", url, "--cafile", CA, server.url .. "/page.txt")
      assert.equal(1, status) -- the system does not trust it, and --cafile is about the server
      assert.matches("the proxy localhost:%d+: .*unknown_ca", err)
      local out
      status, out, err = run({ SSL_CERT_FILE = CA }, nil, "fetch", "--proxy", url, "--cafile", CA,
         server.url .. "/page.txt")
      assert.same({ 0, "a page\n" }, { status, out }, err)
      assert.matches("CONNECT localhost", proxy:output())
   end)

   it("goes on from there with STARTTLS, and loses no word of the server", function()
      local own = certificates.ec
      for _, scheme in ipairs { "http", "socks5h" } do
         local at, proxy = proxy_server "fault=glued"
         local server = process.start { LUA, "spec/support/starttls_server.lua", "smtp", own.chainfile, own.keyfile,
            "1" }
         local number = server:wait_for "listening on 127%.0%.0%.1:(%d+)"
         local status, out, err = run({
            no_proxy = "", smtp_proxy = scheme .. "://" .. at, https_proxy = "http://127.0.0.1:1",
         }, "hello\n", "connect", "--starttls", "smtp", "--cafile", CA, "localhost:" .. number)
         assert.equal(0, status, err)
         assert.equal("you said hello\n", out)
         assert.matches(scheme == "http" and "CONNECT" or "SOCKS", proxy:output())
      end
   end)

   it("follows the environment unless it is told otherwise", function()
      local at, proxy = proxy_server()
      local server = serve()
      local nobody = "http://me:secret@127.0.0.1:" .. port.free()
      local function fetch(environment, ...)
         local status, _, err = run(environment, nil, "fetch", "--cafile", CA, server.url .. "/page.txt", ...)
         return status, err
      end
      assert.equal(0, (fetch { https_proxy = "http://" .. at, no_proxy = "" }))
      assert.matches("CONNECT localhost:" .. server.port, proxy:output())
      local status, err = fetch { all_proxy = nobody, no_proxy = "" }
      assert.equal(1, status)
      assert.matches("the proxy: cannot connect to 127%.0%.0%.1:%d+: connection refused", err)
      assert.is_nil(err:find("secret", 1, true))
      assert.equal(0, (fetch { all_proxy = nobody, no_proxy = "example.org,localhost" }))
      assert.equal(0, (fetch({ https_proxy = nobody, no_proxy = "" }, "--proxy", "none")))
      assert.equal(0, (fetch({ https_proxy = nobody, no_proxy = "*" }, "--proxy", at)))
      status, err = fetch({}, "--proxy", "ftp://me:secret@host")
      assert.equal(2, status)
      assert.matches("a proxy's URL begins with", err)
      assert.is_nil(err:find("secret", 1, true))
      status, err = fetch { https_proxy = "ftp://me:secret@host", no_proxy = "" }
      assert.equal(1, status)
      assert.matches("the environment's https_proxy", err)
      assert.is_nil(err:find("secret", 1, true))
   end)
end)
