-- Every program of examples/ is run, against real peers on loopback.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local luajit = require "spec.support.luajit"
local peer = require "spec.support.peer"
local port = require "spec.support.port"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local LUA = os.getenv("LUA") or "lua5.4"

local function start(name, ...)
   return process.start({ LUA, "examples/" .. name, ... }, { environment = { LC_ALL = "C.UTF-8" } })
end

-- run runs an example to its end, which must be a success, and gives its output.
local function run(name, ...)
   local child = start(name, ...)
   local status = child:wait(60)
   assert.are.equal(0, status, name .. ":\n" .. child:output())
   return child:output()
end

local function has(output, ...)
   for _, text in ipairs { ... } do
      assert.is_truthy(output:find(text, 1, true), ("%q is missing in\n%s"):format(text, output))
   end
end

-- A client of OpenSSL's that sends one line and waits until it comes back.
local function say(number, line)
   local child = process.start({ "openssl", "s_client", "-connect", "127.0.0.1:" .. number, "-servername", "localhost",
      "-CAfile", certificates.ca.certfile, "-verify_return_error", "-quiet" }, { input = true, separate = true })
   child:write(line .. "\n")
   child:wait_for(line)
   child:close_input()
   child:stop()
end

describe("the example", function()
   after_each(function()
      process.stop_all()
   end)

   it("demo.lua shows a full and a resumed handshake, then application data, with times", function()
      local output = run("demo.lua")
      local at = 1
      for _, name in ipairs { "ClientHello", "ServerHello", "ChangeCipherSpec", "EncryptedExtensions", "Certificate",
         "CertificateVerify", "Finished", "Finished", "established", "NewSessionTicket" } do
         local _, found = output:find(" " .. name .. " ", at, true)
         assert.is_truthy(found, name .. " is missing in\n" .. output)
         at = found
      end
      has(output, "server_name  localhost", "full handshake", "resumed handshake", "MB/s", "round trips")
      assert.is_truthy(output:find("ClientHello [^\n]* ClientHello "), "the two handshakes stand beside each other")
      assert.is_truthy(output:find("│"))
      local ascii = process.start({ LUA, "examples/demo.lua" }, { environment = { LC_ALL = "C" } })
      assert.are.equal(0, ascii:wait(60), ascii:output())
      assert.is_nil(ascii:output():find("[\128-\255]"))
   end)

   it("client.lua fetches, by hand and with LuaSocket's http", function()
      local server = peer.openssl_server { certificate = certificates.rsa, mode = "www" }
      has(run("client.lua", "https://localhost:" .. server.port .. "/", certificates.ca.certfile),
         "TLSv1.3", "HTTP/1.0 200 ok", "status 200")
   end)

   it("any_loop.lua fetches twice at once, in a loop of its own", function()
      local server = peer.openssl_server { certificate = certificates.rsa, mode = "www" }
      local output = run("any_loop.lua", "https://localhost:" .. server.port .. "/", certificates.ca.certfile)
      for number = 1, 2 do assert.is_truthy(output:find(number .. "%s+HTTP/1.0 200 ok%s+%d+ bytes"), output) end
   end)

   it("verifying.lua tries each way to know who is there", function()
      local output = run "verifying.lua"
      local guide = assert(temporary.read "doc/guides/verifying.md"):match "```text\n(.-)```"
      assert.are.equal(guide, output)
   end)

   it("starttls.lua goes from clear text to TLS", function()
      local own = certificates.ec
      local output = run("starttls.lua", own.chainfile, own.keyfile, certificates.ca.certfile)
      has(output, "the server reads: EHLO client.example", "the client reads: 250 mail.example")
   end)

   it("names.lua has a certificate for each name, and takes new ones while it runs", function()
      local directory = temporary.make_directory()
      local function put(name, own)
         temporary.write(temporary.read(own.chainfile), nil, directory .. "/" .. name .. ".pem")
         temporary.write(temporary.read(own.keyfile), nil, directory .. "/" .. name .. ".key")
      end
      put("localhost", certificates.ec)
      put("beta.example", certificates.beta)
      put("alpha.example", certificates.rsa)
      local server = start("names.lua", directory, 0, 8, "localhost", "beta.example", "alpha.example")
      local number = tonumber(server:wait_for "listening on 127%.0%.0%.1:(%d+)")
      local context = assert(bearssl.context { cafile = certificates.ca.certfile, session_cache = 0 })
      local function ask(name, line, alpn)
         local stream = assert(bearssl.connect("127.0.0.1", number, {
            context = context, server_name = name, alpn = alpn, timeout = 20,
         }))
         assert(stream:send(line .. "\n"))
         local answer, serial = stream:receive "*l", stream:getpeercertificate():serial()
         stream:close()
         return answer, serial
      end
      assert.equal("beta.example speaks echo/2: hi", (ask("beta.example", "hi", { "echo/1", "echo/2" })))
      local answer, serial = ask("localhost", "hi", { "echo/1" })
      assert.equal("localhost speaks echo/1: hi", answer)
      assert.equal("localhost speaks nothing special: hi", (ask("localhost", "hi")))
      local third = assert(bearssl.connect("127.0.0.1", number, {
         context = { verify = "none" }, server_name = "alpha.example", timeout = 20,
      }))
      assert.equal(assert(bearssl.certificate.open(certificates.rsa.certfile))[1]:serial(),
         third:getpeercertificate():serial())
      third:close()
      temporary.write("broken", nil, directory .. "/localhost.pem")
      assert.matches("PEM", (ask("localhost", "reload")))
      put("localhost", certificates.rsa)
      assert.equal("reloaded", (ask("localhost", "reload")))
      local _, fresh = ask("localhost", "hi")
      assert.are_not.equal(serial, fresh)
      local silent = assert(bearssl.connect("127.0.0.1", number, {
         context = context, server_name = "beta.example", timeout = 20,
      }))
      assert(silent:shutdown "send")
      assert.is_nil((silent:receive "*l"))
      silent:close()
      assert.are.equal(0, server:wait(10))
      assert.is_nil(server:output():find("failed", 1, true), server:output())
   end)

   it("server.lua echoes", function()
      local server = start("server.lua", certificates.ec.chainfile, certificates.ec.keyfile, 0, 2)
      local number = server:wait_for("listening on 127%.0%.0%.1:(%d+)")
      say(number, "hello")
      say(number, "hello again")
      assert.are.equal(0, server:wait(10))
   end)

   it("echo_client.lua talks to server.lua", function()
      local server = start("server.lua", certificates.ec.chainfile, certificates.ec.keyfile, 0, 1)
      local number = server:wait_for("listening on 127%.0%.0%.1:(%d+)")
      local client = process.start({ LUA, "examples/echo_client.lua", certificates.ca.certfile, number },
         { input = true })
      client:write "hello\nhello again\n"
      client:close_input()
      assert.are.equal(0, client:wait(20), client:output())
      assert.are.equal("hello\nhello again\n", client:output())
      assert.are.equal(0, server:wait(10))
      has(server:output(), "done")
   end)

   it("copas_server.lua echoes to several clients at once", function()
      local server = start("copas_server.lua", certificates.ec.chainfile, certificates.ec.keyfile)
      local number = server:wait_for("listening on 127%.0%.0%.1:(%d+)")
      local silent = require("spec.support.loopback").connect(tonumber(number))
      say(number, "hello")
      say(number, "hello again")
      silent:close()
      assert.is_nil(server:status(), server:output())
      has(server:output(), "hello for localhost")
   end)

   it("handlers.lua signs elsewhere and verifies in its own way", function()
      has(run("handlers.lua", certificates.selfsigned.certfile, certificates.selfsigned.keyfile),
         "key service: signing", "verify: the library says ", "server_hello: TLSv1.3", "client received: hello", "done")
      has(run("handlers.lua", certificates.rsa.certfile, certificates.rsa.keyfile), "for rsa_pss_rsae_sha256", "done")
   end)

   it("sans_io.lua carries bytes by itself", function()
      has(run("sans_io.lua", certificates.ec.chainfile, certificates.ec.keyfile), "server read: hello from the client",
         "client read: hello from the server", "said goodbye")
   end)

   it("issuing.lua makes an authority and certificates, and judges them", function()
      has(run("issuing.lua"), "Subject: ", "pin: ", "verified: ", "true", "name_mismatch", "certificate_expired",
         "certificate_revoked", "BEGIN ENCRYPTED PRIVATE KEY")
   end)

   it("session_resumption.lua resumes an exported session", function()
      local server = peer.openssl_server { certificate = certificates.ec }
      local output = run("session_resumption.lua", "localhost", server.port, certificates.ca.certfile)
      assert.is_truthy(output:find("^full handshake: .*\nresumed handshake: "), output)
   end)

   it("early_data.lua and its server need no round trip for TLS", function()
      local server = start("early_data_server.lua", certificates.ec.chainfile, certificates.ec.keyfile, 0, 2)
      local number = server:wait_for("listening on 127%.0%.0%.1:(%d+)")
      local output = run("early_data.lua", "localhost", number, certificates.ca.certfile)
      has(output, "early data: not offered\nthe session allows 4096 bytes of early data\nHTTP/1.1 200 OK\n"
         .. "early data: accepted\n")
      assert.are.equal(0, server:wait(10), server:output())
   end)

   -- A server behind ech_front.lua: it says who it is, and whether the client had to send a second hello.
   local function behind(name, certificate)
      local script = ([[
         local socket = require "socket"
         local context = assert(require "bearssl".context {
            mode = "server", ech_backend = true, groups = { "secp256r1" }, certfile = %q, keyfile = %q,
         })
         local listener = assert(socket.bind("127.0.0.1", 0))
         print("listening on " .. select(2, listener:getsockname()))
         io.stdout:flush()
         while true do
            local stream = assert(context:wrap(assert(listener:accept()), { timeout = 10 }))
            local line = stream:receive "*l"
            if line then
               stream:send(("%%s: %%s, %%s, %%s, %%s\n"):format(%q, line, stream:info "server_name",
                  stream:info "hello_retry" and "retry" or "no retry", stream:info "resumed" and "resumed" or "full"))
            end
            stream:close()
         end
      ]]):format(certificate.chainfile, certificate.keyfile, name)
      local server = process.start { LUA, temporary.write(script) }
      return server:wait_for("listening on (%d+)")
   end

   it("ech_front.lua stands in front of two servers, whose names it hides", function()
      local socket = require "socket"
      local keys = assert(bearssl.ech.generate { public_name = "example.org" })
      local front = start("ech_front.lua", temporary.write(keys:pem()), certificates.rsa.chainfile,
         certificates.rsa.keyfile, 0, "localhost=" .. behind("first", certificates.ec),
         "beta.example=" .. behind("second", certificates.beta))
      local number = tonumber(front:wait_for("listening on 127%.0%.0%.1:(%d+)"))

      local function ask(context, options)
         local stream = assert(context:wrap(assert(socket.connect("127.0.0.1", number)), options))
         local ok, message = stream:send("hello\n")
         local answer = ok and assert(stream:receive "*l")
         local session, ech = stream:session(), stream:info "ech"
         stream:close()
         return answer or message, session, ech
      end

      for text, groups in pairs { retry = { "x25519", "secp256r1" }, ["no retry"] = { "secp256r1" } } do
         local context = assert(bearssl.context {
            ech = keys:config_list(), cafile = certificates.ca.certfile, groups = groups, key_shares = 1,
         })
         for name, server in pairs { localhost = "first", ["beta.example"] = "second" } do
            local expected = ("%s: hello, %s, %s, "):format(server, name, text)
            local answer, session, ech = ask(context, { server_name = name, session = false, timeout = 10 })
            assert.equal(expected .. "full", answer, front:output())
            assert.equal("accepted", ech)
            assert.equal(expected .. "resumed", (ask(context, { server_name = name, session = session, timeout = 10 })))
         end
         has(front:output(), "hidden: localhost", "hidden: beta.example")
      end
      local stranger = assert(bearssl.context { cafile = certificates.ca.certfile })
      local stream = assert(stranger:wrap(assert(socket.connect("127.0.0.1", number)), { server_name = "localhost",
         timeout = 10 }))
      assert.equal("front", (stream:receive "*l"))
      stream:close()
      front:wait_for("public: rejected")
      local old = assert(bearssl.ech.generate { public_name = "example.org" })
      local context = assert(bearssl.context { cafile = certificates.ca.certfile, ech = old:config_list() })
      stream = assert(context:wrap(assert(socket.connect("127.0.0.1", number)), { server_name = "localhost",
         timeout = 10 }))
      assert.equal("ech_required", (select(3, stream:handshake())))
      assert.equal(keys:config_list(), stream:info "ech_retry_configs")
      front:wait_for("public: rejected\npublic: rejected")
      assert.is_nil(front:status(), front:output())
   end)

   it("nginx.conf fetches in a worker and resumes in the next request", function()
      luajit.build()
      local here, prefix = shell.run("pwd"):match("[^\n]+"), temporary.make_directory()
      local number = port.free()
      local config = temporary.read("examples/nginx.conf")
      local function replace(from, to)
         local at, last = config:find(from, 1, true)
         assert.is_truthy(at, from .. " is not in examples/nginx.conf")
         config = config:sub(1, at - 1) .. to .. config:sub(last + 1)
      end
      replace("lua_package_path \"", ("lua_package_path \"%s/lua/?.lua;%s/lua/?/init.lua;"):format(here, here))
      replace("lua_package_cpath \"", ("lua_package_cpath \"%s/build/luajit/?.so;"):format(here))
      replace("/etc/ssl/certs/ca-certificates.crt", certificates.ca.certfile)
      replace("listen 127.0.0.1:8080", "listen 127.0.0.1:" .. number)
      if shell.run("id -u") == "0\n" then
         replace("daemon off;", "daemon off; user root;")
      end
      for _, name in ipairs { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" } do
         replace("access_log off;", ("access_log off; %s_temp_path %s/%s;"):format(name, prefix, name))
      end
      local path = temporary.write(config, nil, prefix .. "/nginx.conf")
      local program = shell.which("nginx") or "/usr/sbin/nginx"
      local nginx = process.start { program, "-p", prefix, "-e", "stderr", "-c", path }
      peer.ready(nginx, number)
      local server = peer.openssl_server { certificate = certificates.ec, mode = "www" }
      local url = ("http://127.0.0.1:%d/fetch?host=localhost&address=127.0.0.1&port=%d"):format(number, server.port)
      has(shell.run { "curl", "-sS", "--max-time", "20", url }, "full handshake, TLS_AES_", "HTTP/1.0 200 ok")
      has(shell.run { "curl", "-sS", "--max-time", "20", url }, "resumed handshake, TLS_AES_", "HTTP/1.0 200 ok")
      has(shell.run { "curl", "-sS", "--max-time", "20", (url:gsub("host=localhost", "host=other.example")) },
         "(name_mismatch)")
      has(nginx:output(), "localhost: ok")
   end)
end)
