-- bearssl.connect through proxies: HTTP's CONNECT, with TLS or without, and SOCKS5.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local echo = require "spec.support.echo"
local loopback = require "spec.support.loopback"
local port = require "spec.support.port"
local process = require "spec.support.process"
local socket = require "socket"

local LUA = os.getenv "LUA" or "lua5.4"
local CA = certificates.ca.certfile

local function proxy_server(...)
   local server = process.start { LUA, "spec/support/proxy_server.lua", ... }
   return tonumber(server:wait_for "listening on 127%.0%.0%.1:(%d+)"), server
end

local function connect(number, proxy, more)
   local given = { context = { cafile = CA }, timeout = 20, proxy = proxy }
   for name, value in pairs(more or {}) do given[name] = value end
   return bearssl.connect("localhost", number, given)
end

local function converse(stream, message)
   assert(stream, message)
   assert(stream:send "hello\n")
   assert.equal("hello", (stream:receive "*l"))
   assert.is_true(stream:info "peer_verified")
   assert.equal("localhost", stream:info "server_name")
   stream:close()
end

describe("a proxy", function()
   after_each(process.stop_all)

   it("is gone through by HTTP, and by SOCKS5 with names looked up there or here", function()
      local number = echo(4)
      local at, proxy = proxy_server()
      for _, scheme in ipairs { "http", "socks5h", "socks5" } do
         converse(connect(number, ("%s://127.0.0.1:%d/"):format(scheme, at)))
      end
      converse(connect(number, "127.0.0.1:" .. at)) -- as curl takes it
      local told = proxy:output()
      assert.truthy(told:find(("CONNECT localhost:%d HTTP/1.1\n"):format(number), 1, true), told)
      assert.truthy(told:find(("SOCKS name localhost %d\n"):format(number), 1, true), told)
      assert.truthy(told:find("SOCKS address", 1, true), told)
   end)

   it("has a server of another name than this machine knows", function()
      local number = echo()
      local at = proxy_server()
      converse(bearssl.connect("far.example", number, { context = { cafile = CA }, timeout = 20,
         proxy = "socks5h://127.0.0.1:" .. at, server_name = "localhost" }))
   end)

   it("is given a user and a password, which no message shows", function()
      local number = echo(6)
      local at, proxy = proxy_server "user=me:s3:cr%t"
      for _, scheme in ipairs { "http", "socks5" } do
         converse(connect(number, ("%s://me:s3%%3acr%%25t@127.0.0.1:%d"):format(scheme, at)))
         local bare = ("%s://127.0.0.1:%d"):format(scheme, at)
         converse(connect(number, { url = bare, user = "me", password = "s3:cr%t" }))
         for credentials, told in pairs { ["me:wr0ng@"] = "does not take the user and the password",
            [""] = "demands a user and a password" } do
            local stream, message, code = connect(number, ("%s://%s127.0.0.1:%d"):format(scheme, credentials, at))
            assert.is_nil(stream)
            assert.equal("refused", code)
            assert.truthy(message:find(told, 1, true), message)
            assert.truthy(message:find("the proxy 127.0.0.1:" .. at, 1, true), message)
            assert.is_nil(message:find("wr0ng", 1, true))
         end
      end
      assert.is_nil(proxy:output():find("error", 1, true), proxy:output())
   end)

   it("may speak TLS itself, and proves who it is", function()
      local number = echo(2)
      local own = certificates.ec
      local at = proxy_server("cert=" .. own.chainfile, "key=" .. own.keyfile)
      local url = "https://localhost:" .. at
      converse(connect(number, { url = url, context = assert(bearssl.context { cafile = CA }) }))
      local stream, message, code = connect(number, url)
      assert.is_nil(stream)
      assert.equal("unknown_ca", code)
      assert.truthy(message:find("the proxy localhost:" .. at, 1, true), message)
   end)

   it("says why it does not connect", function()
      local nobody = port.free()
      for fault, expected in pairs {
         refuse = { http = { "it says 403 No?[31m", "refused" }, socks5h = { "its rules forbid it", "refused" } },
         closed = { http = { "closed the connection", "transport_failed" },
            socks5h = { "closed the connection", "transport_failed" } },
         nonsense = { http = { "no HTTP proxy", "decode_error" }, socks5h = { "no SOCKS5 proxy", "decode_error" } },
         endless = { http = { "too long", "limit_exceeded" } },
         none = { http = { "it says 502 Bad Gateway", "transport_failed" },
            socks5h = { "the host refuses the connection", "transport_failed" } },
      } do
         local at = proxy_server("fault=" .. fault)
         for scheme, wanted in pairs(expected) do
            local stream, message, code = connect(nobody, ("%s://me:s3cret@127.0.0.1:%d"):format(scheme, at))
            assert.is_nil(stream)
            assert.truthy(message:find(wanted[1], 1, true), message)
            assert.equal(wanted[2], code)
            assert.is_nil(message:find("s3cret", 1, true))
         end
      end
      local stream, message, code = connect(443, "http://me:s3cret@127.0.0.1:" .. nobody)
      assert.is_nil(stream)
      assert.equal("transport_failed", code)
      assert.equal(("cannot connect to the proxy 127.0.0.1 port %d: connection refused"):format(nobody), message)
   end)

   it("is not waited for longer than the timeout, however slowly it speaks", function()
      local number = echo()
      for _, fault in ipairs { "silent", "dribble" } do
         local at = proxy_server("fault=" .. fault)
         local began = core.monotonic()
         local stream, message, code = connect(number, "http://127.0.0.1:" .. at, { timeout = 0.5 })
         assert.is_nil(stream)
         assert.equal("timeout", code)
         assert.truthy(message:find("the proxy 127.0.0.1", 1, true), message)
         assert.is_true(core.monotonic() - began < 5)
      end
   end)

   it("loses nothing of what comes in one piece with its answer", function()
      -- a server that speaks first: whatever stands behind the proxy's answer is the handshake's to read
      local upstream, number = loopback.listen()
      local at, proxy = proxy_server "fault=glued"
      for _, scheme in ipairs { "http", "socks5h" } do
         local client
         local thread = coroutine.wrap(function()
            client = { connect(number, ("%s://127.0.0.1:%d"):format(scheme, at), {
               wait = function(descriptor, direction)
                  repeat coroutine.yield() until core.wait(descriptor, direction == "read" and "r" or "w", 0)
                  return true
               end,
            }) }
            return true
         end)
         while not proxy:output():find(scheme == "http" and "CONNECT" or "SOCKS") do thread() end
         local tcp = loopback.accept(upstream)
         assert(tcp:send "junk that is no TLS record")
         while not client do thread() end
         assert.is_nil(client[1])
         assert.truthy(client[2]:find("it sent \"junk that", 1, true), client[2])
         tcp:close()
      end
      upstream:close()
   end)

   for _, loop in ipairs { "cqueues", "copas", "luv" } do
      it("is gone through over " .. loop, function()
         local number = echo(2)
         local at = proxy_server()
         for _, scheme in ipairs { "http", "socks5h" } do
            local url = ("%s://127.0.0.1:%d"):format(scheme, at)
            require("spec.support.proxy_loops")[loop](function(connector)
               converse(connect(number, url, { connector = connector }))
            end)
         end
      end)
   end

   it("is gone through over functions and over another stream, but not over a bare descriptor", function()
      local number = echo(1)
      local at = proxy_server()
      converse(connect(number, "http://127.0.0.1:" .. at, { connector = function(host, where)
         local tcp = assert(socket.connect(host, where))
         tcp:settimeout(20)
         return { read = function() return tcp:receive(1) end, write = function(bytes) return tcp:send(bytes) end,
            close = function() tcp:close() end }
      end }))
      local tcp
      local stream, message = connect(number, "http://127.0.0.1:" .. at, { connector = function(host, where)
         tcp = assert(socket.connect(host, where))
         return tcp:getfd()
      end })
      assert.is_nil(stream)
      assert.truthy(message:find("a bare descriptor has none", 1, true), message)
      tcp:close()
   end)

   it("is looked at before anything is connected to", function()
      local function refused(proxy, host)
         local given = { proxy = proxy, context = { cafile = CA }, connector = function() error "connected" end }
         local ok, message = pcall(bearssl.connect, host or "localhost", 443, given)
         assert.is_false(ok)
         assert.truthy(message:find("bearssl.connect: ", 1, true), message)
         assert.is_nil(message:find("s3cret", 1, true), message)
         return message
      end
      assert.matches("begins with http://, .*not socks4://", refused "socks4://me:s3cret@localhost")
      for _, wrong in ipairs { "http://me:s3cret@", "http://me:s3cret@host:0", "http://me:s3cret@host:99999",
         "http://me:s3cret@host/path", "http://me:s3cret%4@host", "http://me:s3cret@ho st", "", 5, {}, "https://a..b",
         { url = "http://host", user = "me:s3cret" }, { url = "http://host", user = "me", password = "s3cret\n" },
         { url = "socks5://host", user = ("s3cret"):rep(50) }, { url = "http://host", password = 5 },
         { url = "http://host", pasword = "s3cret" }, { url = "http://host", context = 5 } } do
         refused(wrong)
      end
      assert.matches("spaces", refused("http://host", "a\r\nb: c"))
   end)
end)

describe("the environment's proxy", function()
   local environment = require "bearssl.proxy.environment"
   local address = require "bearssl.ip_address"

   local function of(scheme, host, variables)
      return environment.proxy(scheme, host, function(name) return variables[name] end)
   end

   it("is found by curl's rules", function()
      assert.equal("a", of("https", "h", { https_proxy = "a", HTTPS_PROXY = "b", all_proxy = "c" }))
      assert.equal("b", of("https", "h", { https_proxy = "", HTTPS_PROXY = "b", all_proxy = "c" }))
      assert.equal("c", of("https", "h", { http_proxy = "x", all_proxy = "c", ALL_PROXY = "d" }))
      assert.equal("d", of("smtp", "h", { https_proxy = "x", ALL_PROXY = "d" }))
      assert.is_nil(of("http", "h", { HTTP_PROXY = "x", https_proxy = "x" }))
      assert.equal("x", of("http", "h", { http_proxy = "x" }))
      assert.is_nil(of("https", "www.example.org", { https_proxy = "a", no_proxy = "example.org" }))
      assert.is_nil(of("https", "www.example.org", { https_proxy = "a", NO_PROXY = "*" }))
   end)

   it("excepts names, those below them, addresses and networks", function()
      local list = "localhost, .Example.org other.example.,192.0.2.1,198.51.100.0/25,[2001:db8::1],2001:db8:1::/48"
      for host, expected in pairs {
         localhost = true, ["example.org"] = true, ["www.EXAMPLE.org."] = true, ["badexample.org"] = false,
         ["other.example"] = true, ["192.0.2.1"] = true, ["192.0.2.10"] = false, ["198.51.100.127"] = true,
         ["198.51.100.128"] = false, ["2001:db8::1"] = true, ["2001:DB8:0:0::1"] = true, ["2001:db8:1:2::3"] = true,
         ["2001:db8:2::3"] = false, ["org"] = false,
      } do
         assert.equal(expected, environment.is_excepted(host, list), host)
      end
      assert.is_false(environment.is_excepted("example.org", ""))
      assert.is_false(environment.is_excepted("example.org", "*.org"))
   end)

   it("is asked only where the program says so, and told by its variable's name where it is none", function()
      local child = process.start({ LUA, "-e", [[
         local bearssl = require "bearssl"
         local given = { connector = function(host, port) return nil, host .. " " .. port end }
         print((select(2, bearssl.connect("example.org", 443, given))))
         given.proxy = "environment"
         print((select(2, bearssl.connect("example.org", 443, given))))
         print((select(2, bearssl.connect("www.example.net", 443, given))))
      ]] }, { environment = { https_proxy = "http://me:s3cret@proxy.example:3128", no_proxy = "example.net" } })
      assert.equal(0, child:wait(20), child:output())
      assert.equal([[
cannot connect to example.org port 443: example.org 443
cannot connect to the proxy proxy.example port 3128: proxy.example 3128
cannot connect to www.example.net port 443: www.example.net 443
]], child:output())
      child = process.start({ LUA, "-e", [[
         print(select(2, require("bearssl").connect("example.org", 443, { proxy = "environment" })))
      ]] }, { environment = { all_proxy = "ftp://me:s3cret@proxy.example:3128" } })
      assert.equal(0, child:wait(20), child:output())
      assert.matches("^the environment's all_proxy: a proxy's URL begins with", child:output())
      assert.is_nil(child:output():find("s3cret", 1, true))
   end)

   it("has numeric addresses in every form", function()
      assert.equal("\127\0\0\1", address.ipv4 "127.0.0.1")
      for _, wrong in ipairs { "127.0.0", "127.0.0.256", "1.2.3.4.5", "a.b.c.d", "" } do
         assert.is_nil(address.ipv4(wrong))
      end
      assert.equal(("\0"):rep(15) .. "\1", address.ipv6 "::1")
      assert.equal("\32\1\13\184" .. ("\0"):rep(8) .. "\192\0\2\1", address.ipv6 "2001:db8::192.0.2.1")
      assert.equal(("\0\1"):rep(8), address.ipv6 "1:1:1:1:1:1:1:1")
      for _, wrong in ipairs { "1:2:3", "1::2::3", "::12345", ":::", "1:2:3:4:5:6:7:8:9", "::g", "x" } do
         assert.is_nil(address.ipv6(wrong), wrong)
      end
   end)
end)
