-- Handshakes that fail, and connections that end: what each side says, in every pairing with LuaSec.
local both = require "spec.luasec.both"
local certificates = require "spec.support.certificates"
local shell = require "spec.support.shell"
local socket = require "socket"
local temporary = require "spec.support.temporary"

local function server(more)
   local params = {
      mode = "server", protocol = "any", certificate = certificates.ec.chainfile, key = certificates.ec.keyfile,
   }
   for field, value in pairs(more or {}) do params[field] = value or nil end
   return params
end

local function client(more)
   local params = { mode = "client", protocol = "any", verify = "none" }
   for field, value in pairs(more or {}) do params[field] = value end
   return params
end

local function without_certificate(more)
   local params = server(more)
   params.certificate, params.key = nil, nil
   return params
end

local asks = { verify = { "peer", "fail_if_no_peer_cert" }, cafile = certificates.ca.certfile }
local function asking(more)
   local params = server(asks)
   for field, value in pairs(more or {}) do params[field] = value end
   return params
end

local function with_certificate(name, more)
   local params = client(more)
   params.certificate, params.key = certificates[name].chainfile, certificates[name].keyfile
   return params
end

local NO_CIPHER = { server = "no shared cipher", client = "sslv3 alert handshake failure" }

-- What is tried, the client's parameters, the server's, and what each side says
local cases = {
   { "have no version in common", client { protocol = "tlsv1_2" }, server { protocol = "tlsv1_3" },
      { server = "unsupported protocol", client = "tlsv1 alert protocol version" } },
   { "have no version in common, the client the newer one", client { protocol = "tlsv1_3" },
      server { protocol = "tlsv1_2" }, { server = "unsupported protocol", client = "tlsv1 alert protocol version" } },
   { "have no cipher in common, in TLS 1.2",
      client { protocol = "tlsv1_2", ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256" },
      server { ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384" }, NO_CIPHER },
   { "have no cipher in common, in TLS 1.3", client { protocol = "tlsv1_3", ciphersuites = "TLS_AES_128_GCM_SHA256" },
      server { protocol = "tlsv1_3", ciphersuites = "TLS_AES_256_GCM_SHA384" }, NO_CIPHER },
   { "have no cipher for the certificate", client { protocol = "tlsv1_2", ciphers = "ECDHE-RSA-AES128-GCM-SHA256" },
      server(), NO_CIPHER },
   { "have no cipher for the server's own certificate", client { protocol = "tlsv1_2" },
      server { protocol = "tlsv1_2", ciphers = "ECDHE-RSA-AES128-GCM-SHA256" }, NO_CIPHER },
   { "have no group in common, in TLS 1.2", client { protocol = "tlsv1_2", curveslist = "P-384" },
      server { curveslist = "P-256" }, NO_CIPHER },
   { "have no group in common, in TLS 1.3", client { protocol = "tlsv1_3", curveslist = "P-384" },
      server { curveslist = "P-256" },
      { server = "no suitable key share", client = "sslv3 alert handshake failure" } },
   { "have a server without a certificate", client { protocol = "tlsv1_2" }, without_certificate(), NO_CIPHER },
   { "have a server without a certificate, in any version", client(), without_certificate(), NO_CIPHER },
   { "miss the client's certificate", client { protocol = "tlsv1_2" }, asking(),
      { server = "peer did not return a certificate", client = "sslv3 alert handshake failure" } },
   { "have a client that nobody knows", with_certificate("client_untrusted", { protocol = "tlsv1_2" }), asking(),
      { server = "certificate verify failed", client = "tlsv1 alert unknown ca" } },
   { "have a client that has expired", with_certificate("client_expired", { protocol = "tlsv1_2" }), asking(),
      { server = "certificate verify failed", client = "sslv3 alert certificate expired" } },
}

describe("handshakes of bearssl.luasec", function()
   for _, case in ipairs(cases) do
      if case[4] then
         it(("say what is wrong when they %s"):format(case[1]), function()
            both.pairings(function(client_library, server_library)
               local result, a, b = both.try(client_library, case[2], server_library, case[3])
               assert.same(case[4], result, client_library.name .. " to " .. server_library.name)
               a:close()
               b:close()
            end)
         end)
      end
   end

   it("say later, in TLS 1.3, that the client's certificate is not taken", function()
      for _, case in ipairs {
         { nil, "peer did not return a certificate", "tlsv13 alert certificate required" },
         { "client_untrusted", "certificate verify failed", "tlsv1 alert unknown ca" },
         { "client_expired", "certificate verify failed", "sslv3 alert certificate expired" },
      } do
         both.pairings(function(client_library, server_library)
            local who = client_library.name .. " to " .. server_library.name
            local params = case[1] and with_certificate(case[1], { protocol = "tlsv1_3" })
               or client { protocol = "tlsv1_3" }
            local result, a, b = both.try(client_library, params, server_library, asking())
            assert.same({ client = true, server = case[2] }, result, who)
            assert.same({ nil, case[3], "" }, { a:receive(1) }, who)
            a:close()
            b:close()
         end)
      end
   end)
end)

-- A connection of a library's on one end, a plain socket on the other.
local function with_plain(library, params, run)
   local a, b = both.tcp()
   local conn = assert(library.ssl.wrap(a, params))
   conn:settimeout(5)
   b:settimeout(5)
   run(conn, b, library.name)
   conn:close()
   b:close()
end

describe("a peer that does not speak TLS", function()
   it("is told by what it says", function()
      for _, case in ipairs {
         { "GET / HTTP/1.0\r\n\r\n", "http request" }, { "POST / HTTP/1.0\r\n\r\n", "http request" },
         { "HEAD / HTTP/1.0\r\n\r\n", "http request" }, { "CONNECT x:443 HTTP/1.0\r\n\r\n", "https proxy request" },
         { "hello, who is there?\r\n", "wrong version number" }, { "EHLO here.example\r\n", "wrong version number" },
      } do
         both.each(function(library)
            with_plain(library, server(), function(conn, plain, who)
               plain:send(case[1])
               assert.same({ false, case[2] }, { conn:dohandshake() }, who .. case[1])
            end)
         end)
      end
      for _, text in ipairs { "HTTP/1.0 400 Bad Request\r\n\r\n", "220 here.example\r\n", "hello\r\n" } do
         both.each(function(library)
            with_plain(library, client(), function(conn, plain, who)
               plain:send(text)
               assert.same({ false, "wrong version number" }, { conn:dohandshake() }, who .. text)
            end)
         end)
      end
   end)

   it("may go away", function()
      both.each(function(library)
         for _, params in ipairs { client(), server() } do
            with_plain(library, params, function(conn, plain, who)
               plain:close()
               assert.same({ false, "unexpected eof while reading" }, { conn:dohandshake() }, who)
            end)
            with_plain(library, params, function(conn, plain, who)
               plain:setoption("linger", { on = true, timeout = 0 })
               plain:close()
               assert.same({ false, "closed" }, { conn:dohandshake() }, who)
            end)
         end
      end)
   end)

   it("makes a handshake wait as long as the timeout says", function()
      both.each(function(library)
         with_plain(library, client(), function(conn, _, who)
            conn:settimeout(0)
            assert.same({ false, "wantread" }, { conn:dohandshake() }, who)
            conn:settimeout(0.1)
            local start = socket.gettime()
            assert.same({ false, "wantread" }, { conn:dohandshake() }, who)
            assert.is_true(socket.gettime() - start >= 0.09, who)
         end)
      end)
   end)

   it("ends the connection for good", function()
      with_plain(both.ours, client(), function(conn, plain)
         plain:send("hello\r\n")
         conn:dohandshake()
         assert.same({ false, "System error" }, { conn:dohandshake() })
         assert.same({ nil, "closed", "" }, { conn:receive(1) })
         assert.same({ nil, "closed", 0 }, { conn:send("x") })
      end)
   end)
end)

describe("a connection that ends", function()
   local versions = { "tlsv1_2", "tlsv1_3" }

   -- A program of the other library's that shakes hands, sends "abc" and does what `how` says.
   local PEER = [[
      local how, root, version, port = arg[1], arg[2], arg[3], arg[4]
      local socket, ssl = require "socket", require(root)
      local tcp = assert(socket.connect("127.0.0.1", port))
      local below = assert(socket.connect("127.0.0.1", port)) -- to send past TLS
      local fd = tcp:getfd()
      local conn = assert(ssl.wrap(tcp, { mode = "client", protocol = version, verify = "none" }))
      assert(conn:dohandshake())
      conn:send("abc")
      conn:settimeout(0.05)
      conn:receive(1) -- what has come and is not read would make a reset of the end
      if how == "garbage" or how == "mac" then
         below:setfd(fd)
         below:send(how == "garbage" and "this is no TLS at all" or "\23\3\3\0\40" .. ("x"):rep(40))
         conn:settimeout(5)
         conn:receive(1)
         os.exit(0, false)
      elseif how == "reset" then
         below:setfd(fd)
         below:setoption("linger", { on = true, timeout = 0 })
         below:close()
         os.exit(0, false)
      end
      os.exit(0, false) -- the transport ends, and nobody has said so
   ]]

   local function ended(how, run, more)
      local program = temporary.write(PEER, ".lua")
      for _, version in ipairs(versions) do
         for _, library in ipairs { both.real, both.ours } do
            local listener = assert(socket.bind("127.0.0.1", 0))
            local command = ("exec %s %s %s %s %s %d"):format(os.getenv("LUA") or "lua5.4", shell.quote(program), how,
               "ssl", version, (select(2, listener:getsockname())))
            local child = assert(io.popen(command))
            local conn = assert(library.ssl.wrap(listener:accept(), server(more)))
            listener:close()
            conn:settimeout(5)
            assert(conn:dohandshake())
            run(conn, library.name .. " " .. version, library)
            conn:close()
            child:close()
         end
      end
   end

   it("without close_notify is told from one with it", function()
      ended("eof", function(conn, who)
         assert.same({ nil, "unexpected eof while reading", "abc" }, { conn:receive(9) }, who)
      end)
      ended("eof", function(conn, who)
         assert.same({ nil, "unexpected eof while reading", "xabc" }, { conn:receive("*a", "x") }, who)
      end)
   end)

   it("says so for ever, where LuaSec 1.2 turns round for ever", function()
      ended("eof", function(conn, who, library)
         if library ~= both.ours then return end
         conn:receive(9)
         assert.same({ nil, "System error", "x" }, { conn:receive(2, "x") }, who)
         assert.same({ nil, "System error", 0 }, { conn:send("x") }, who)
         assert.is_false(conn:dirty(), who)
      end)
   end)

   it("passes for an end where that is asked for", function()
      ended("eof", function(conn, who)
         assert.same({ "abc" }, { conn:receive("*a") }, who)
      end, { options = "ignore_unexpected_eof" })
   end)

   it("by a reset is closed", function()
      ended("reset", function(conn, who)
         conn:receive(3)
         assert.same({ nil, "closed", "" }, { conn:receive(1) }, who)
      end)
   end)

   it("by something that is no TLS, or a record that was changed", function()
      ended("garbage", function(conn, who)
         assert.same({ nil, "wrong version number", "abc" }, { conn:receive(9) }, who)
      end)
      ended("mac", function(conn, who, library)
         local _, message, partial = conn:receive(9)
         assert.equal("abc", partial, who)
         assert.truthy(message == "decryption failed or bad record mac"
            or library == both.real and message == "cipher operation failed", who .. ": " .. message)
      end)
   end)
end)
