-- The ladder diagram, and `bearssl trace`, which draws it.
local certificates = require "spec.support.certificates"
local json = require "dkjson"
local ladder = require "bearssl.ladder"
local loopback = require "spec.support.loopback"
local peer = require "spec.support.peer"
local process = require "spec.support.process"
local words = require "bearssl.describe"

local function width_of(line)
   local _, continuations = line:gsub("[\128-\191]", "")
   return #line - continuations
end

local function lines_of(text)
   local lines = {}
   for line in (text .. "\n"):gmatch("([^\n]*)\n") do
      lines[#lines + 1] = line
   end
   return lines
end

local hello = {
   stage = "client_hello", direction = "sent", length = 214, server_name = "localhost", session_id = "",
   cipher_suites = {
      { name = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", id = 0xC02B },
      { name = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", id = 0xC02F }, { id = 0x00FF },
   },
   random = ("\1"):rep(32),
}
local answer = {
   stage = "server_hello", direction = "received", length = 86, version = "TLSv1.2",
   cipher_suite = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
}
local change = { stage = "change_cipher_spec", direction = "sent", length = 1 }
local finished = { stage = "finished", direction = "sent", length = 16, verify_data = "123456789abc" }
local established = { stage = "established", version = "TLSv1.2", resumed = false }

local function record(mode, messages)
   local now = 100
   local recorder = ladder.recorder {
      mode = mode,
      clock = function()
         now = now + 0.0015
         return now
      end,
   }
   recorder:start()
   for _, message in ipairs(messages) do
      recorder:note(message)
   end
   return recorder
end

describe("a ladder", function()
   it("has a line for each message, in order, with its size and time", function()
      local text = record("client", { hello, answer, change, finished, established }):draw()
      local at = 1
      for _, name in ipairs { "ClientHello", "ServerHello", "ChangeCipherSpec", "Finished", "established" } do
         local _, found = text:find(name, at, true)
         assert.is_truthy(found, name .. " is missing in\n" .. text)
         at = found
      end
      assert.is_truthy(text:find("214 bytes", 1, true))
      assert.is_truthy(text:find("1 byte ", 1, true))
      assert.is_truthy(text:find("1.50  |", 1, true))
      assert.is_truthy(text:find("3.00  |", 1, true))
   end)

   it("shows the main fields, names where there are names and numbers otherwise", function()
      local text = record("client", { hello, finished }):draw { width = 160 }
      assert.is_truthy(text:find("server_name  localhost", 1, true))
      assert.is_truthy(text:find("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, ", 1, true))
      assert.is_truthy(text:find("0x00ff", 1, true))
      assert.is_truthy(text:find("session_id  empty", 1, true))
      assert.is_truthy(text:find("verify_data  313233343536373839616263", 1, true))
      assert.is_nil(record("client", { hello }):draw({ fields = false }):find("server_name", 1, true))
   end)

   it("points arrows from the sender", function()
      local client = record("client", { hello, answer }):draw { fields = false }
      assert.is_truthy(client:find("|%-%- ClientHello %-+ 214 bytes %->|"))
      assert.is_truthy(client:find("|<%- ServerHello %-+ 86 bytes %-%-|"))
      -- a server receives the ClientHello: the picture is the same
      local server = record("server", {
         { stage = "client_hello", direction = "received", length = 214 },
         { stage = "server_hello", direction = "sent", length = 86 },
      }):draw { fields = false }
      assert.are.equal(client, server)
   end)

   it("doubles the arrows of what is encrypted", function()
      local text = record("client", { hello, change, finished, answer }):draw { fields = false }
      assert.is_truthy(text:find("|-- ChangeCipherSpec -", 1, true))
      assert.is_truthy(text:find("|== Finished ==", 1, true))
      assert.is_truthy(text:find("|<- ServerHello", 1, true), "the other direction is not encrypted yet")
   end)

   for _, unicode in ipairs { true, false } do
      it("keeps every line at its width, " .. (unicode and "UTF-8" or "ASCII"), function()
         for _, width in ipairs { 20, 48, 60, 79, 80, 132, 200 } do
            local text = record("client", { hello, answer, change, finished, established })
               :draw { width = width, unicode = unicode, title = "a title" }
            for _, line in ipairs(lines_of(text)) do
               assert.are.equal(math.max(48, width), width_of(line), line)
               if not unicode then
                  assert.is_nil(line:find("[\128-\255]"))
               end
            end
         end
      end)
   end

   it("colours only when asked, and to the same picture", function()
      local recorder = record("client", { hello, answer, established })
      local plain, coloured = recorder:draw(), recorder:draw { colour = true }
      assert.is_nil(plain:find("\27", 1, true))
      assert.is_truthy(coloured:find("\27[", 1, true))
      assert.are.equal(plain, (coloured:gsub("\27%[%d+m", "")))
   end)

   it("lets nothing of a peer's into the terminal raw", function()
      local text = record("client", {
         { stage = "client_hello", direction = "received", server_name = "a\27[2Jb\r\nc\0\194\155d\255é" },
      }):draw { unicode = true }
      assert.is_truthy(text:find("a\\x1B[2Jb\\x0D\\x0Ac\\x00\\xC2\\x9Bd\\xFFé", 1, true), text)
      assert.is_nil(text:find("[\27\r%z]"))
   end)

   it("cuts long fields to a number of lines", function()
      local many = {}
      for i = 1, 60 do
         many[i] = { id = i }
      end
      local recorder = record("client", { { stage = "client_hello", direction = "sent", cipher_suites = many } })
      assert.is_nil(recorder:draw({ lines = 2 }):find("0x003c", 1, true))
      assert.is_truthy(recorder:draw({ lines = 2 }):find("...", 1, true))
      assert.is_truthy(recorder:draw({ lines = math.huge }):find("0x003c", 1, true))
   end)

   it("stands beside another where there is room, else above it", function()
      local full = record("client", { hello, answer, change, finished, established }).entries
      local short = record("client", { hello, finished }).entries
      local wide = ladder.beside(full, short, { width = 140, titles = { "left", "right" } })
      assert.is_truthy(lines_of(wide)[1]:find("^left +right"))
      assert.is_truthy(wide:find("ClientHello [^\n]*ClientHello"))
      local narrow = ladder.beside(full, short, { width = 80, titles = { "left", "right" } })
      assert.is_nil(narrow:find("ClientHello [^\n]*ClientHello"))
      assert.is_truthy(narrow:find("left.*right"))
      -- the longer one may be on either side
      assert.are.equal(#lines_of(wide), #lines_of(ladder.beside(short, full, { width = 140, titles = { "a", "b" } })))
   end)

   it("makes handlers for every stage but application_data, or for those named", function()
      local recorder = ladder.recorder()
      local handlers = recorder:handlers()
      assert.is_nil(handlers.application_data)
      assert.are.equal(#require("bearssl").stages - 1, (function()
         local count = 0
         for name in pairs(handlers) do
            count = count + 1
            assert.are_not.equal("", name)
         end
         return count
      end)())
      handlers.client_hello(nil, hello)
      assert.are.equal("ClientHello", recorder.entries[1].title)
      assert.is_true(recorder:seconds() >= 0)
      assert.is_function(recorder:handlers({ "application_data" }).application_data)
      assert.has_error(function()
         ladder.recorder { mode = "middle" }
      end)
   end)
end)

describe("a message in words", function()
   it("has the RFC's name", function()
      for stage, title in pairs {
         client_hello = "ClientHello", server_hello_done = "ServerHelloDone", certificate = "Certificate",
         change_cipher_spec = "ChangeCipherSpec", new_session_ticket = "NewSessionTicket", alert = "Alert",
         established = "established",
      } do
         assert.are.equal(title, words.title(stage))
      end
   end)

   it("is one line of printable ASCII", function()
      local line = words.line(hello)
      assert.is_truthy(line:find("^sent ClientHello 214 bytes: server_name=localhost; "))
      assert.is_nil(words.line({ stage = "client_hello", server_name = "\n\27é" }):find("[^\32-\126]"))
      assert.are.equal("received ServerHelloDone",
         words.line { stage = "server_hello_done", direction = "received", length = 0 })
   end)

   it("is plain data for JSON: bytes in hexadecimal, nothing that is no data", function()
      local plain = words.plain {
         random = "abc", server_name = "abc", other = "\255", list = { "x", "\0" }, number = 7, flag = true,
         f = function() end, nested = { session_id = "A" },
      }
      assert.are.same({
         random = "616263", server_name = "abc", other = "ff", list = { "x", "00" }, number = 7, flag = true,
         nested = { session_id = "41" },
      }, plain)
   end)

   it("escapes broken UTF-8 only", function()
      local good = "aé€\240\159\152\128"
      assert.are.equal(good, words.printable(good, true))
      assert.is_true(words.is_text(good))
      local broken = { "\128", "\192\128", "\224\128\128", "\237\160\128", "\244\144\128\128", "\245", "\226\130" }
      for _, bad in ipairs(broken) do
         assert.is_false(words.is_text(bad))
         assert.is_nil(words.printable(bad, true):find("[\128-\255]"))
      end
   end)
end)

local function start(argv)
   return process.start(argv, { separate = true, environment = { LC_ALL = "C.UTF-8" } })
end

local LUA = os.getenv("LUA") or "lua5.4"

local function tool(...)
   local child = start { LUA, "bin/bearssl", ... }
   local status = child:wait(60)
   return status, child:output(), child:errors()
end

local function serve(name, ...)
   local child = start { LUA, "bin/bearssl", "serve", "--listen", "127.0.0.1:0",
      "--cert", certificates[name].chainfile, "--key", certificates[name].keyfile, ... }
   child.port = tonumber(child:wait_for("listening on 127%.0%.0%.1:(%d+)\n"))
   return child
end

describe("trace", function()
   it("draws a full and a resumed handshake with OpenSSL's server", function()
      local child = peer.openssl_server { certificate = certificates.rsa }
      local status, out, err = tool("trace", "--cafile", certificates.ca.certfile, "--resume", "--width", "160",
         "localhost:" .. child.port)
      assert.are.equal("", err)
      assert.are.equal(0, status)
      assert.is_truthy(out:find("resumed handshake: TLSv1.3", 1, true), out)
      local place = 1
      for _, name in ipairs { "ClientHello", "ServerHello", "EncryptedExtensions", "Certificate", "CertificateVerify",
         "Finished", "Finished", "established", "NewSessionTicket" } do
         local _, found = out:find(" " .. name .. " ", place, true)
         assert.is_truthy(found, name .. " is missing in\n" .. out)
         place = found
      end
      -- what is encrypted has double arrows
      assert.is_truthy(out:find("│◀═ EncryptedExtensions", 1, true))
      assert.is_truthy(out:find("╞═ Finished", 1, true))
      assert.is_truthy(out:find("│◀═ NewSessionTicket", 1, true))
      assert.is_nil(out:find("═ ChangeCipherSpec", 1, true))
      assert.is_nil(out:find("═ %w+Hello "))
      status, out, err = tool("trace", "--cafile", certificates.ca.certfile, "--resume", "--width", "160",
         "--max", "1.2", "localhost:" .. child.port)
      assert.are.equal("", err)
      assert.are.equal(0, status)
      local at = 1
      for _, name in ipairs { "ClientHello", "ServerHello", "Certificate", "ServerKeyExchange", "ServerHelloDone",
         "ClientKeyExchange", "ChangeCipherSpec", "Finished", "ChangeCipherSpec", "Finished" } do
         local _, found = out:find(" " .. name .. " ", at, true)
         assert.is_truthy(found, name .. " is missing in\n" .. out)
         at = found
      end
      assert.is_truthy(out:find("resumed handshake: TLSv1.2", 1, true), out)
      assert.is_nil(out:find("\27", 1, true), "colours on a pipe")
      child:stop()
   end)

   it("writes JSON with every message's fields", function()
      local server = serve "ec"
      local status, out = tool("trace", "--cafile", certificates.ca.certfile, "--json", "--raw", "--resume",
         "localhost:" .. server.port)
      assert.are.equal(0, status)
      local document = assert(json.decode(out))
      assert.is_true(document.ok)
      local first = document.messages[1]
      assert.are.equal("client_hello", first.stage)
      assert.are.equal("client", first.from)
      assert.are.equal("localhost", first.server_name)
      assert.are.equal(64, #first.random)
      assert.are.equal(2 * first.length, #first.raw)
      assert.are.equal("TLSv1.3", document.summary.version)
      assert.is_false(document.summary.resumed)
      assert.is_true(document.second.summary.resumed)
      assert.is_true(#document.second.messages < #document.messages)
      server:stop()
   end)

   it("shows HelloRetryRequest, and early data, or says that there was none", function()
      local server = serve("ec", "--early-data", "1000", "--groups", "secp384r1")
      local status, out, err = tool("trace", "--cafile", certificates.ca.certfile, "--resume", "--early-data", "--json",
         "--groups", "secp384r1", "localhost:" .. server.port)
      assert.are.equal("", err)
      assert.are.equal(0, status)
      local document = assert(json.decode(out))
      local names = {}
      for _, message in ipairs(document.second.messages) do names[#names + 1] = message.stage end
      assert.are.equal("client_hello", names[1])
      assert.are.equal("change_cipher_spec", names[2])
      assert.are.equal("application_data", names[3])
      assert.is_true(document.second.messages[3].early)
      assert.is_truthy(table.concat(names, " "):find("end_of_early_data", 1, true))
      assert.are.equal("accepted", document.second.summary.early_data)
      status, out = tool("trace", "--cafile", certificates.ca.certfile, "--ascii", "--groups", "x25519,secp384r1",
         "localhost:" .. server.port)
      assert.are.equal(0, status)
      assert.is_truthy(out:find("|<- HelloRetryRequest ", 1, true), out)
      assert.is_truthy(out:find("selected_group  secp384r1", 1, true), out)
      server:stop()
      server = serve "ec"
      status, out, err = tool("trace", "--cafile", certificates.ca.certfile, "--resume", "--early-data",
         "localhost:" .. server.port)
      assert.are.equal(0, status)
      assert.is_truthy(out:find("resumed handshake", 1, true), out)
      assert.is_truthy(err:find("allows no early data", 1, true), err)
      server:stop()
      status, out, err = tool("trace", "--early-data", "localhost:1")
      assert.are.equal(2, status)
      assert.are.equal("", out)
      assert.is_truthy(err:find("needs --resume", 1, true), err)
   end)

   it("shows a handshake that fails, up to its alert, and exits with 1", function()
      local server = serve "selfsigned"
      local status, out, err = tool("trace", "--ascii", "localhost:" .. server.port)
      assert.are.equal(1, status)
      assert.is_truthy(out:find("ServerHello ", 1, true))
      assert.is_truthy(out:find("|== Alert ", 1, true), out)
      assert.is_truthy(out:find("unknown_ca", 1, true), out)
      assert.is_nil(out:find("[\128-\255]"))
      assert.is_truthy(err:find("self_signed", 1, true), err)
      status, out = tool("trace", "--insecure", "localhost:" .. server.port)
      assert.are.equal(0, status)
      assert.is_truthy(out:find("peer_verified  no", 1, true), out)
      server:stop()
      -- a server that is none
      local listener, port = loopback.listen()
      local child = start { LUA, "bin/bearssl", "trace", "--timeout", "0.5", "localhost:" .. port }
      assert.are.equal(1, child:wait(10))
      assert.is_truthy(child:errors():find("timeout", 1, true), child:errors())
      listener:close()
   end)
end)
