-- A real nginx with the Lua module: an HTTPS client over a cosocket inside a request, whose handlers yield
-- while the same worker serves other requests. nginx runs LuaJIT, whichever Lua runs this file.
local certificates = require "spec.support.certificates"
local dkjson = require "dkjson"
local key_server = require "spec.support.key_server"
local loopback = require "spec.support.loopback"
local luajit = require "spec.support.luajit"
local nginx = require "spec.support.nginx"
local peer = require "spec.support.peer"
local peers13 = require "spec.support.peers13"
local port = require "spec.support.port"
local process = require "spec.support.process"

local function start_nginx(workers)
   luajit.build()
   local number = port.free()
   return nginx.start("spec/nginx/nginx.conf", { WORKERS = workers, PORT = number }, number)
end

-- A request in two halves, so that several can be under way: send(server, path)() waits for the answer.
local function send(server, path)
   local socket = loopback.connect(server.port)
   socket:settimeout(30)
   assert(socket:send("GET " .. path .. " HTTP/1.0\r\nHost: localhost\r\n\r\n"))
   return function()
      local reply = assert(socket:receive("*a"))
      socket:close()
      local status, body = reply:match("^HTTP/1%.%d (%d+).-\r\n\r\n(.*)$")
      if status ~= "200" then
         error(("%s: status %s\n%s\n%s"):format(path, tostring(status), tostring(body), server:output()), 2)
      end
      return body
   end
end

local function get(server, path)
   return (send(server, path)():gsub("\n$", ""))
end

local function escape(text)
   return (text:gsub("[^%w]", function(character)
      return ("%%%02x"):format(character:byte())
   end))
end

local function fetch(server, job)
   job.cafile = certificates.ca.certfile
   local answer = send(server, "/fetch?" .. escape(dkjson.encode(job)))
   return function()
      local body = answer()
      local result = assert(dkjson.decode(body))
      if result.message then
         error(result.message .. "\n" .. server:output(), 2)
      end
      return result
   end
end

local function entered(server, name)
   return tonumber(get(server, "/entered?name=" .. name))
end

-- await waits until so many requests are in a handler. The requests that ask are served meanwhile.
local function await(server, name, count)
   local reached = process.until_true(10, function()
      return entered(server, name) >= count
   end)
   if not reached then
      error(("no handler %s was entered\n%s"):format(name, server:output()), 2)
   end
end

describe("nginx, one worker:", function()
   local server, upstream
   setup(function()
      server = start_nginx(1)
      upstream = peer.gnutls_server({
         certificate = certificates.ec,
         client = "request",
         cafile = certificates.ca.certfile,
         arguments = { "--noticket" },
      })
   end)
   teardown(function()
      process.stop_all()
   end)
   before_each(function()
      get(server, "/flush")
   end)

   it("a request talks TLS over a cosocket", function()
      local result = fetch(server, { port = upstream.port, line = "hello" })()
      assert.equal("hello", result.line)
      assert.equal("TLSv1.2", result.version)
      assert.equal("ok", result.verdict)
      assert.is_true(result.verified)
      assert.is_false(result.resumed)
   end)

   it("a session of TLS 1.3 is resumed, with early data, and keys are updated", function()
      local newer = peers13.server("gnutls", { certificate = certificates.ec, early_data = 1000 })
      local job = { port = newer.port, line = "again", keep = "newer", early = "the early bird", update = true }
      local result = fetch(server, job)()
      assert.equal("TLSv1.3", result.version)
      assert.is_false(result.resumed)
      assert.is_nil(result.early_data)
      for _ = 1, 3 do
         result = fetch(server, job)()
         assert.equal("TLSv1.3", result.version)
         assert.equal("again", result.line)
         assert.is_true(result.resumed)
         assert.is_true(result.verified)
         assert.equal("accepted", result.early_data)
         assert.equal(1, result.updates)
      end
      newer:stop()
   end)

   it("verify and session_store wait in ngx.sleep while other requests are served", function()
      local COUNT = 4
      local answers, upstreams = {}, {}
      for index = 1, COUNT do
         -- one server each: neither OpenSSL's nor GnuTLS's goes on to another client within a handshake
         upstreams[index] = peer.openssl_server({ certificate = certificates.ec, arguments = { "-no_ticket" } })
         answers[index] = fetch(server, { port = upstreams[index].port, line = "line " .. index, pause = true })
      end
      -- All of them are in verify at once, though there is one worker, which serves our questions too.
      await(server, "verify", COUNT)
      assert.equal(COUNT, entered(server, "verify"))
      assert.equal(0, entered(server, "session_store"))
      assert.equal("released", get(server, "/release?name=verify"))
      await(server, "session_store", COUNT)
      -- A whole other fetch goes through while these wait.
      local other = fetch(server, { port = upstream.port, line = "in between" })()
      assert.equal("in between", other.line)
      assert.equal(COUNT + 1, entered(server, "session_store"))
      assert.equal("released", get(server, "/release?name=session_store"))
      for index = 1, COUNT do
         local result = answers[index]()
         assert.equal(("line " .. index):reverse(), result.line)
         assert.equal(other.pid, result.pid)
         upstreams[index]:stop()
      end
   end)

   for _, name in ipairs({ "client_ec", "client_rsa" }) do
      it("sign waits for a key server on another cosocket, " .. name, function()
         local own = certificates[name]
         local keys = key_server.start(own)
         assert.equal("held", keys:ask("hold"))
         local strict, answers = {}, {}
         for index = 1, 2 do
            strict[index] = peer.openssl_server({
               certificate = certificates.rsa,
               arguments = { "-Verify", "5", "-verify_return_error", "-CAfile", certificates.ca.certfile },
            })
            answers[index] = fetch(server, {
               port = strict[index].port,
               line = "signed",
               client_cert = own.certfile,
               key_server = keys.port,
            })
         end
         await(server, "sign", 2)
         process.until_true(5, function()
            return keys:ask("waiting") == "2"
         end)
         assert.equal("in between", fetch(server, { port = upstream.port, line = "in between" })().line)
         assert.equal("2", keys:ask("waiting"))
         assert.equal("released", keys:ask("release"))
         for index = 1, 2 do
            assert.equal(("signed"):reverse(), answers[index]().line)
            strict[index]:stop()
         end
         keys:stop()
      end)
   end

   it("a session kept in ngx.shared is resumed by the next request", function()
      local job = { port = upstream.port, line = "again", keep = "upstream" }
      assert.is_false(fetch(server, job)().resumed)
      for _ = 1, 3 do
         local result = fetch(server, job)()
         assert.is_true(result.resumed)
         assert.is_true(result.verified)
         assert.equal("again", result.line)
      end
      get(server, "/flush")
      assert.is_false(fetch(server, job)().resumed)
   end)

   it("sends in one light thread and receives in another", function()
      local result = fetch(server, { port = upstream.port, line = "long", length = 20000 })()
      assert.equal(20001, result.length)
   end)

   it("a server that is not trusted is refused", function()
      local stranger = peer.gnutls_server({ certificate = certificates.untrusted })
      local job = { port = stranger.port, line = "no", cafile = certificates.ca.certfile }
      local result = assert(dkjson.decode(get(server, "/fetch?" .. escape(dkjson.encode(job)))))
      assert.equal("unknown_ca", result.code)
      assert.equal("unknown_ca", result.verdict)
      stranger:stop()
   end)

   it("bearssl.connect goes through proxies over a cosocket", function()
      local own, LUA = certificates.ec, os.getenv "LUA" or "lua5.4"
      local echo = process.start { LUA, "examples/server.lua", own.chainfile, own.keyfile, "0", "2" }
      local number = tonumber(echo:wait_for "listening on 127%.0%.0%.1:(%d+)")
      local proxy = process.start { LUA, "spec/support/proxy_server.lua", "user=me:secret" }
      local at = proxy:wait_for "listening on (127%.0%.0%.1:%d+)"
      for _, scheme in ipairs { "http", "socks5h" } do
         local job = { port = number, proxy = ("%s://me:secret@%s"):format(scheme, at), ca = certificates.ca.certfile }
         assert.equal("hello", get(server, "/proxied?" .. escape(dkjson.encode(job))))
      end
      assert.matches("CONNECT localhost:.*SOCKS name localhost", proxy:output())
      proxy:stop()
      echo:stop()
   end)

   it("logs nothing bad, and ends cleanly", function()
      assert.equal(0, server:stop())
      assert.is_nil(server:output():find("%[error%]"), server:output())
      assert.is_nil(server:output():find("%[alert%]"), server:output())
      assert.is_nil(server:output():find("exited on signal"), server:output())
   end)
end)

describe("nginx, several workers:", function()
   it("a session kept in ngx.shared is resumed by another worker", function()
      local server = start_nginx(2)
      local upstream = peer.gnutls_server({ certificate = certificates.ec, arguments = { "--noticket" } })
      local job = { port = upstream.port, line = "shared", keep = "upstream" }
      local first = fetch(server, job)()
      assert.is_false(first.resumed)
      local other
      for _ = 1, 50 do
         -- requests at the same time keep both workers busy
         local answers = {}
         for index = 1, 8 do
            answers[index] = fetch(server, job)
         end
         for _, answer in ipairs(answers) do
            local result = answer()
            assert.is_true(result.resumed)
            assert.equal("shared", result.line)
            if result.pid ~= first.pid then
               other = result.pid
            end
         end
         if other then
            break
         end
      end
      assert.is_number(other)
      upstream:stop()
      server:stop()
   end)
end)
