-- What ended a handshake is told: what a peer says that does not speak TLS, where the transport ended, which message
-- and which extension broke a rule, and what the peer's alert probably means.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local inside = require "spec.support.inside"

local own = { certificate = certificates.ec.chain, key = certificates.ec.key }

local function client_of(options, connection)
   options.verify = options.verify or "none"
   return assert(bearssl.context(options)):connection(connection or { server_name = "localhost" })
end

local function server_of(options)
   options.mode, options.certificate, options.key = "server", own.certificate, own.key
   return assert(bearssl.context(options)):connection {}
end

local function feed_all(connection, bytes)
   while #bytes > 0 do
      local n = connection:feed(bytes)
      connection:step()
      if n == 0 then return end
      bytes = bytes:sub(n + 1)
   end
end

local function pump(a, b)
   for _ = 1, 10 do
      for _, pair in ipairs { { a, b }, { b, a } } do
         pair[1]:step()
         feed_all(pair[2], pair[1]:drain())
      end
   end
end

-- The message and the code that a connection has failed with.
local function failure(connection)
   local event, message, code = connection:step()
   assert.is_nil(event)
   return message, code
end

local function says(connection, expected_code, ...)
   local message, code = failure(connection)
   assert.equal(expected_code, code, message)
   for _, part in ipairs { ... } do
      assert.is_truthy(message:find(part, 1, true), ("'%s' lacks '%s'"):format(message, part))
   end
end

describe("a peer that does not speak TLS", function()
   local client_hears = {
      { "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n", "\"HTTP/1.1 400 Bad Request\"", "plain HTTP" },
      { "220 mail.example ESMTP\r\n", "\"220 mail.example ESMTP\"", "STARTTLS" },
      { "SSH-2.0-OpenSSH_9.2\r\n", "\"SSH-2.0-OpenSSH_9.2\"", "SSH" },
      { "* OK IMAP4rev1 ready\r\n", "\"* OK IMAP4rev1 ready\"", "IMAP" },
      { "+OK POP3 ready\r\n", "\"+OK POP3 ready\"", "STLS" },
      { "J\0\0\0\0108.0.36", "4a 00 00 00 0a", "4a 00" },
      { "\22\2\0\0\4abcd", "16 02 00", "16 02 00" },
   }
   local server_hears = {
      { "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\"GET / HTTP/1.1\"", "a plain HTTP request" },
      { "CONNECT example.org:443 HTTP/1.1\r\n\r\n", "CONNECT", "for a proxy" },
      { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PRI * HTTP/2.0", "HTTP/2" },
      { "PROXY TCP4 192.0.2.1 192.0.2.2 5 443\r\n", "PROXY TCP4", "before the handshake" },
      { "\r\n\r\n\0\r\nQUIT\n\33\17", "0d 0a 0d 0a", "PROXY header" },
      { "\128\46\1\3\1\0\21\0\0\0\16", "80 2e 01", "SSL 2.0" },
   }

   it("is quoted to a client", function()
      for _, case in ipairs(client_hears) do
         local client = client_of {}
         client:step()
         feed_all(client, case[1])
         local _, code = failure(client)
         says(client, code, "the peer does not speak TLS: it sent ", case[2], case[3])
         assert.is_true(code == "unexpected_message" or code == "protocol_version", code)
      end
   end)

   it("is quoted to a server", function()
      for _, case in ipairs(server_hears) do
         local server = server_of {}
         feed_all(server, case[1])
         says(server, (select(2, failure(server))), "the peer does not speak TLS: it sent ", case[2], case[3])
      end
   end)

   it("is quoted when it says less than a record's header", function()
      local client = client_of {}
      client:step()
      feed_all(client, "no\r\n")
      client:feed()
      says(client, "truncated", "does not speak TLS", "6e 6f 0d 0a")
   end)

   it("is not suspected once it has spoken TLS", function()
      local client, server = client_of {}, server_of {}
      client:step()
      feed_all(server, client:drain())
      feed_all(server, "GET / HTTP/1.1\r\n")
      local message = failure(server)
      assert.is_nil(message:find("does not speak TLS", 1, true), message)
   end)

   it("quotes no more than a line, and no controls", function()
      local client = client_of {}
      client:step()
      feed_all(client, "HTTP/1.1 200 OK\27[2J" .. ("x"):rep(500))
      says(client, "unexpected_message", "\"HTTP/1.1 200 OK\"")
      client = client_of {}
      client:step()
      feed_all(client, ("y"):rep(500))
      assert.is_true(#failure(client) < 120)
   end)
end)

describe("a transport that ends during the handshake", function()
   it("is named, with the state", function()
      local client = client_of {}
      client:step()
      client:feed()
      says(client, "truncated", "during the handshake, before it sent anything", "(wait_server_hello)")
      local server = server_of {}
      server:step()
      server:feed()
      says(server, "truncated", "during the handshake, before it sent anything", "(wait_client_hello)")
      server = server_of {}
      feed_all(server, "\22")
      server:feed()
      local message = failure(server)
      assert.equal("the peer closed the transport during the handshake (wait_client_hello)", message)
   end)

   it("is another thing than one that ends afterwards", function()
      local client, server = client_of {}, server_of {}
      pump(client, server)
      client:feed()
      says(client, "truncated", "the data may be incomplete")
   end)
end)

-- A ClientHello with these extensions, in a record.
local function hello(extensions)
   local function u16(n) return string.char(math.floor(n / 256), n % 256) end
   local block = ""
   for _, pair in ipairs(extensions) do block = block .. u16(pair[1]) .. u16(#pair[2]) .. pair[2] end
   local body = "\3\3" .. ("r"):rep(32) .. "\0\0\2\19\1\1\0" .. u16(#block) .. block
   local message = "\1\0" .. u16(#body) .. body
   return "\22\3\1" .. u16(#message) .. message
end

describe("a broken rule", function()
   local cases = {
      { "no ClientHello", "\22\3\1\0\4\1\0\0\0", "decode_error", ": client_hello (wait_client_hello)" },
      { "another message", "\22\3\1\0\4\20\0\0\0", "unexpected_message", ": finished (wait_client_hello)" },
      { "a message that nobody knows", "\22\3\1\0\4\99\0\0\0", "unexpected_message", "of a type that is not known" },
      { "too much", "\22\3\1\0\4\1\1\0\0", "limit_exceeded", ": client_hello (wait_client_hello)" },
      { "data", "\23\3\1\0\1x", "unexpected_message", ": application_data (wait_client_hello)" },
      { "a long alert", "\21\3\1\0\3xxx", "decode_error", ": alert (wait_client_hello)" },
      { "a list of three bytes", hello { { 10, "\0\3\0\29\0" } }, "decode_error",
         ": client_hello, extension supported_groups (wait_client_hello)" },
      { "an extension twice", hello { { 23, "" }, { 23, "" } }, "illegal_parameter",
         ": client_hello, extension extended_master_secret (wait_client_hello)" },
      { "an extension that has no place", hello { { 48, "" } }, "illegal_parameter", ": client_hello" },
   }

   for _, case in ipairs(cases) do
      it("names the message: " .. case[1], function()
         local server = server_of {}
         feed_all(server, case[2])
         says(server, case[3], case[4])
      end)
   end

   it("names the extension that was not offered", function()
      local client = client_of { max_version = "TLSv1.2", staple = "none" }
      client:step()
      local body = "\3\3" .. ("r"):rep(32) .. "\0\192\43\0\0\4\0\5\0\0"
      feed_all(client, "\22\3\3\0" .. string.char(#body + 4) .. "\2\0\0" .. string.char(#body) .. body)
      says(client, "unsupported_extension", ": server_hello, extension status_request")
   end)
end)

describe("the peer's alert", function()
   local cafile = certificates.ca.certfile

   local function ends(client, server, side, code, meaning)
      pump(client, server)
      says(side == "client" and client or server, code, meaning)
   end

   it("tells of a certificate that was asked for and not given", function()
      local codes = { ["TLSv1.2"] = "alert_handshake_failure", ["TLSv1.3"] = "alert_certificate_required" }
      for version, code in pairs(codes) do
         local server = server_of { verify = "required", cafile = cafile }
         ends(client_of { max_version = version, min_version = version }, server, "client", code,
            "(the server asked for a certificate and got none)")
      end
   end)

   it("tells of one that was refused", function()
      for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
         local chain, key = bearssl.certificate.selfsigned { names = { "client.example" } }
         local server = server_of { verify = "required", cafile = cafile }
         local client = client_of { max_version = version, min_version = version, certificate = { chain }, key = key }
         ends(client, server, "client", "alert_unknown_ca", "(the server refused the certificate that it got)")
      end
   end)

   it("tells what was not agreed", function()
      ends(client_of { max_version = "TLSv1.2" }, server_of { min_version = "TLSv1.3" }, "client",
         "alert_protocol_version", "none of the versions")
      ends(client_of { alpn = { "a" } }, server_of { alpn = { "b" } }, "client",
         "alert_no_application_protocol", "none of the ALPN protocols")
      ends(client_of { groups = { "x25519" } }, server_of { groups = { "secp256r1" } }, "client",
         "alert_handshake_failure", "none in common")
   end)

   it("tells a server that its certificate is not trusted", function()
      local other = bearssl.certificate.selfsigned { names = { "x" } }
      ends(client_of { verify = "required", trust = other:pem() }, server_of {}, "server", "alert_unknown_ca",
         "intermediate certificates are missing")
   end)

   it("is left as it is where nothing tells", function()
      local client, server = client_of {}, server_of {}
      pump(client, server)
      feed_all(client, "\21\3\3\0\2\2\80")
      local message = failure(client)
      assert.is_nil(message:find("(", 1, true) and message:find("certificate", 1, true), message)
   end)
end)

describe("bindings and exporters", function()
   it("name the true cause", function()
      local client, server = client_of {}, server_of {}
      local message, code = select(2, client:channel_binding("tls-exporter"))
      assert.same({ "the handshake is not complete", "not_ready" }, { message, code })
      pump(client, server)
      assert.same({ "TLS 1.3 has no tls-unique: use tls-exporter (RFC 9266)", "unsafe_binding" },
         { select(2, client:channel_binding("tls-unique")) })
      assert.same({ "this label is one that TLS itself uses", "illegal_parameter" },
         { select(2, inside(client).core:export_keying_material("master secret", 20)) })
      assert.same({ "no early data was accepted on this connection", "not_ready" },
         { select(2, client:export_early_keying_material("EXPORTER-x", 20)) })
      feed_all(client, "\23\3\3\0\30" .. ("x"):rep(30))
      local _, why = client:channel_binding("tls-exporter")
      assert.equal("the connection has failed: nothing binds to it", why)
   end)

   it("name what the extended master secret has to do with it", function()
      local client = client_of { max_version = "TLSv1.2", extended_master_secret = false }
      local server = server_of {}
      pump(client, server)
      for _, kind in ipairs { "tls-unique", "tls-exporter" } do
         local _, message, code = client:channel_binding(kind)
         assert.equal("unsafe_binding", code)
         assert.is_truthy(message:find("extended master secret", 1, true), message)
      end
   end)
end)
