-- Our client against `openssl s_server`.
local cases = require "spec.support.client_cases"
local certificates = require "spec.support.certificates"
local hash = require "spec.support.hash"
local ours = require("spec.support.ours").at_most("TLSv1.2")
local peers = require "spec.support.peer"
local temporary = require "spec.support.temporary"

local OLD = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"

local peer = {
   kind = "openssl",
   no_certificate = "handshake_failure",
   unknown_ca = "unknown_ca",
   expired = "certificate_expired",
}

function peer.start(options)
   local arguments = {}
   local function add(...)
      for index = 1, select("#", ...) do
         arguments[#arguments + 1] = select(index, ...)
      end
   end
   if options.alpn then
      add("-alpn", table.concat(options.alpn, ","))
   end
   if options.client == "request" then
      add("-verify", "5", "-verify_return_error", "-CAfile", options.cafile)
   elseif options.client == "require" then
      add("-Verify", "5", "-verify_return_error", "-CAfile", options.cafile)
   end
   if options.tickets == false then
      add("-no_ticket")
   end
   if options.only13 then
      add("-tls1_3")
   elseif options.only10 then
      add("-tls1")
   end
   for _, word in ipairs(options.arguments or {}) do
      add(word)
   end
   return peers.openssl_server({
      certificate = options.certificate,
      mode = options.mode,
      ciphers = options.ciphers or OLD,
      arguments = arguments,
      directory = options.directory,
      input = options.input,
   })
end

function peer.answer(line)
   return line:reverse()
end

function peer.alert(name)
   return "alert " .. name:gsub("_", " ")
end

describe("our client and openssl s_server:", function()
   after_each(ours.close_all)

   -- All that OpenSSL 3 has in common with this library. It has no static ECDH and no 3DES any more.
   cases.suites(peer)
   cases.groups(peer, { "x25519", "secp256r1", "secp384r1", "secp521r1" })
   cases.keys(peer)
   cases.refusals(peer)
   cases.resumption(peer)
   cases.client_certificates(peer)
   cases.alpn(peer)
   cases.failures(peer)
   cases.records(peer)

   it("takes handshake messages that are cut into small records", function()
      for _, name in ipairs({ "chain_ec", "rsa4096" }) do
         local server = peer.start({
            certificate = certificates[name],
            arguments = { "-max_send_frag", "512" },
            client = "request",
            cafile = certificates.ca.certfile,
         })
         local stream = assert(ours.connect(server.port, {
            certfile = certificates.client_chain.chainfile,
            keyfile = certificates.client_chain.keyfile,
         }))
         cases.talk(peer, stream, ("0123456789abcdef"):rep(400))
         stream:close()
         server:stop()
      end
   end)

   describe("server names", function()
      local server
      setup(function()
         server = peer.start({
            certificate = certificates.alpha,
            arguments = {
               "-servername",
               "beta.example",
               "-cert2",
               certificates.beta.certfile,
               "-key2",
               certificates.beta.keyfile,
            },
         })
      end)
      for _, name in ipairs({ "alpha", "beta" }) do
         it("select the certificate of " .. name, function()
            local info = cases.once(peer, server, {}, { server_name = name .. ".example" })
            assert.equal(certificates[name].certificate, info.peer_certificates[1]:pem())
            assert.equal(name .. ".example", info.server_name)
         end)
      end
      it("are not sent when there is none", function()
         local info = cases.once(peer, server, { verify = "none" }, { server_name = false })
         assert.equal(certificates.alpha.certificate, info.peer_certificates[1]:pem())
         assert.truthy(info.server_name == nil or info.server_name == "")
      end)
   end)

   describe("renegotiation", function()
      -- s_server takes commands on its input when it is neither quiet nor a service: "r" sends
      -- HelloRequest. Our warning no_renegotiation makes OpenSSL end the connection (its own choice:
      -- "no renegotiation" is an error there; with GnuTLS the connection goes on).
      for _, command in ipairs({ "r", "R" }) do
         it("asked for with " .. command .. " is refused with no_renegotiation", function()
            local server = peers.openssl_server({
               certificate = certificates.rsa,
               mode = "commands",
               arguments = { "-msg" },
               ciphers = OLD,
            })
            local stream = assert(ours.connect(server.port, {}))
            assert(stream:send("before\n"))
            server:wait_for("before")
            server:write("after\n")
            assert.equal("after", (stream:receive("*l")))
            server:write(command .. "\n")
            stream:receive("*l")
            server:wait_for("warning no_renegotiation")
            server:wait_for("no renegotiation")
            server:stop()
         end)
      end
   end)

   describe("closing", function()
      it("close_notify of the server is a clean end", function()
         local server = peer.start({ certificate = certificates.rsa })
         local stream = assert(ours.connect(server.port, {}))
         cases.talk(peer, stream)
         assert(stream:send("CLOSE\n"))
         local data, message, partial = stream:receive("*l")
         assert.is_nil(data)
         assert.equal("closed", message)
         assert.equal("", partial)
         assert.is_true(stream:info("close_notify_received"))
         stream:close()
         server:stop()
      end)

      it("ours is seen by the server", function()
         local server = peers.openssl_server({
            certificate = certificates.rsa,
            mode = "commands",
            arguments = { "-msg" },
         })
         local stream = assert(ours.connect(server.port, {}))
         assert(stream:close())
         server:wait_for("<<< TLS 1%.2, Alert [^\n]*, warning close_notify")
         server:stop()
      end)

      it("a killed server is a truncation", function()
         local server = peer.start({ certificate = certificates.rsa })
         local stream = assert(ours.connect(server.port, {}))
         cases.talk(peer, stream)
         server:signal("KILL")
         local data, message, partial, code = stream:receive("*a")
         assert.is_nil(data)
         assert.equal("truncated", code, message)
         assert.equal("", partial)
         stream:close()
         server:stop()
      end)
   end)

   describe("bulk #slow", function()
      local LENGTH = 64 * 1024 * 1024

      it("64 MB from the server", function()
         local path, expected = hash.random_file(LENGTH)
         local directory, name = path:match("^(.*)/([^/]+)$")
         local server = peers.openssl_server({ certificate = certificates.ec, mode = "files", directory = directory })
         local stream = assert(ours.connect(server.port, {}))
         assert(stream:send("GET /" .. name .. " HTTP/1.0\r\n\r\n"))
         repeat
            local line = assert(stream:receive("*l"))
         until line == ""
         local sink = hash.stream()
         local total = 0
         while total < LENGTH do
            local piece = assert(stream:receiveany(65536))
            sink:add(piece)
            total = total + #piece
         end
         assert.equal(expected, (sink:finish()))
         assert.equal(LENGTH, total)
         stream:close()
         server:stop()
      end)

      it("64 MB to the server", function()
         local path, expected = hash.random_file(LENGTH)
         local server = peers.openssl_server({ certificate = certificates.rsa, mode = "pipe" })
         local stream = assert(ours.connect(server.port, {}))
         local file = assert(io.open(path, "rb"))
         for piece in function()
            return file:read(65536)
         end do
            assert.equal(#piece, assert(stream:send(piece)))
         end
         file:close()
         assert(stream:close())
         local length = 0
         require("spec.support.process").until_true(20, function()
            local output = assert(io.open(server.output_path, "rb"))
            length = output:seek("end")
            output:close()
            return length >= LENGTH
         end)
         assert.equal(LENGTH, length)
         assert.equal(expected, hash.file(server.output_path))
         server:stop()
      end)
   end)

   it("writes a key log with which the session can be read", function()
      local lines = {}
      local path = temporary.path(".keys")
      local server = peer.start({ certificate = certificates.ec, arguments = { "-keylogfile", path } })
      cases.once(peer, server, {
         handlers = {
            keylog = function(_, question)
               lines[#lines + 1] = question.line
            end,
         },
      })
      assert.equal(1, #lines)
      local theirs = temporary.read(path)
      assert.truthy(theirs:find(lines[1], 1, true), theirs)
      server:stop()
   end)
end)
