-- Exporters (RFC 5705) and channel bindings (RFC 5929, RFC 9266) against those of OpenSSL, GnuTLS and Python's ssl.
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local dkjson = require "dkjson"
local ours = require("spec.support.ours").at_most("TLSv1.2")
local port = require "spec.support.port"
local peers = require "spec.support.peer"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"
local tls12 = require "spec.support.tls12"

local LABEL = "EXPORTER-spec"
local SUITES = {
   { "TLSv1.0", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA" },
   { "TLSv1.1", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA" },
   { "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
   { "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" },
}

local python = shell.which("/usr/bin/python3") or "python3"

-- The hash of a certificate file, as openssl sees it.
local function digest(certificate, hash)
   local der = temporary.path(".der")
   shell.run({ "openssl", "x509", "-in", certificate.certfile, "-outform", "DER", "-out", der })
   return (shell.run({ "openssl", "dgst", "-" .. hash, "-r", der }):match("^%x+"))
end

cases.describe("keying material of our server and", function(listener)
   after_each(ours.close_all)

   local function serve(kind, settings, arguments)
      local context = ours.server_context(certificates.rsa, settings)
      local client = tls12.client(kind, {
         port = listener.port, version = settings.max_version, arguments = arguments, ems = settings.ems,
      })
      local stream = assert(listener:accept(context))
      cases.answer(stream, client)
      client:close_input()
      return stream, client
   end

   for _, case in ipairs(SUITES) do
      for _, length in ipairs({ 20, 100 }) do
         local version, suite = case[1], case[2]
         local settings = { suites = { suite }, min_version = version, max_version = version }
         it(("openssl are the same: %s, %s, %d bytes"):format(version, suite, length), function()
            local stream, client = serve("openssl", settings, {
               "-keymatexport", LABEL, "-keymatexportlen", tostring(length),
            })
            local theirs = client:wait_for("Keying material: (%x+)")
            assert.equal(theirs:lower(), tls12.hex(assert(stream:export_keying_material(LABEL, length))))
            assert.equal(length * 2, #theirs)
            stream:close()
            client:wait()
         end)

         it(("gnutls are the same: %s, %s, %d bytes"):format(version, suite, length), function()
            local stream, client = serve("gnutls", settings, {
               "--keymatexport=" .. LABEL, "--keymatexportsize=" .. length,
            })
            local theirs = client:wait_for("[Kk]ey material: (%x+)")
            -- gnutls-cli gives an empty context
            local without, empty = stream:export_keying_material(LABEL, length),
               stream:export_keying_material(LABEL, length, "")
            assert.are_not.equal(without, empty)
            theirs = theirs:lower()
            assert.is_true(theirs == tls12.hex(without) or theirs == tls12.hex(empty), theirs)
            stream:close()
            client:wait()
         end)
      end
   end
end)

describe("keying material of our client and openssl", function()
   after_each(ours.close_all)

   it("are the same, in a full and in a resumed connection", function()
      local server = tls12.server("openssl", {
         certificate = certificates.rsa, arguments = { "-keymatexport", LABEL, "-keymatexportlen", "32" },
         mode = "commands", -- otherwise it does not print it
      })
      local context, session = ours.client_context({}), nil
      local seen = {}
      for index = 1, 2 do
         local stream = assert(ours.connect(server.port, context, { session = session }))
         assert(stream:send("line\n"))
         assert.equal(index == 2, stream:info("resumed"))
         local material = tls12.hex(assert(stream:export_keying_material(LABEL, 32)))
         process.until_true(5, function() return server:output():lower():find(material, 1, true) end)
         assert.truthy(server:output():lower():find(material, 1, true), server:output())
         assert.is_nil(seen[material])
         seen[material] = true
         session = stream:session()
         stream:close()
      end
      server:stop()
   end)
end)

cases.describe("the bindings of our server and Python", function(listener)
   after_each(ours.close_all)

   for _, tickets in ipairs({ false, true }) do
      it("are the same, in a full and in a resumed connection" .. (tickets and " by ticket" or " by ID"), function()
         local context = ours.server_context(certificates.rsa, { max_version = "TLSv1.2" })
         local client = process.start({ python, "spec/interop/python_client.py", dkjson.encode({
            port = listener.port, server_name = "localhost", cafile = certificates.ca.certfile, send = 10,
            again = true, tickets = tickets,
         }) })
         local bindings, end_points = {}, {}
         for index = 1, 2 do
            local stream = assert(listener:accept(context))
            assert(stream:send(assert(stream:receive(10))))
            end_points[index] = tls12.hex(assert(stream:channel_binding("tls-server-end-point")))
            assert.equal(index == 2, stream:info("resumed"))
            assert.equal(tickets, stream:info("ticket"))
            bindings[index] = tls12.hex(assert(stream:channel_binding("tls-unique")))
            local _, message = stream:receive("*l")
            if message ~= "closed" then client:wait() end
            assert.equal("closed", message, client:output())
            stream:close()
         end
         client:wait()
         local report = assert(dkjson.decode(client:output()), client:output())
         assert.equal(report.tls_unique, bindings[1])
         assert.is_true(report.second.reused)
         assert.equal(report.second.tls_unique, bindings[2])
         assert.equal(report.end_point, end_points[1])
         assert.equal(report.second.end_point, end_points[2])
      end)
   end
end)

describe("tls-unique of our client and Python", function()
   after_each(ours.close_all)

   it("are the same", function()
      local number = port.free()
      local path = temporary.write([[
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.maximum_version = ssl.TLSVersion.TLSv1_2
context.load_cert_chain(sys.argv[2], sys.argv[3])
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    plain, _ = listener.accept()
    with context.wrap_socket(plain, server_side=True) as stream:
        stream.sendall(stream.get_channel_binding("tls-unique").hex().encode() + b"\n")
        stream.recv(1)
]], ".py")
      local server = process.start({ python, path, number, certificates.rsa.chainfile, certificates.rsa.keyfile })
      peers.ready(server, number)
      local context, session = ours.client_context({}), nil
      for index = 1, 2 do
         local stream = assert(ours.connect(number, context, { session = session }))
         assert.equal(index == 2, stream:info("resumed"))
         assert.equal(stream:receive("*l"), tls12.hex(assert(stream:channel_binding("tls-unique"))))
         session = stream:session()
         stream:close()
      end
      server:stop()
   end)
end)

describe("tls-server-end-point", function()
   after_each(ours.close_all)

   -- RFC 5929 section 4.1: the hash of the certificate's signature, but SHA-256 for SHA-1.
   for name, hash in pairs({ rsa = "sha256", sha384 = "sha384", sha1 = "sha256", chain_ec = "sha256" }) do
      it("is the " .. hash .. " of the server's certificate: " .. name, function()
         local certificate = certificates[name]
         local expected = digest(certificate, hash)
         local server = tls12.server("openssl", { certificate = certificate })
         local stream = assert(ours.connect(server.port, { verify = "none" }))
         assert.equal(expected, tls12.hex(assert(stream:channel_binding("tls-server-end-point"))))
         stream:close()
         server:stop()

         local listener = ours.listen()
         local client = tls12.client("openssl", { port = listener.port })
         stream = assert(listener:accept(ours.server_context(certificate, {})))
         assert.equal(expected, tls12.hex(assert(stream:channel_binding("tls-server-end-point"))))
         stream:close()
         client:close_input()
         client:wait()
         listener:close()
      end)
   end

   for _, kind in ipairs(tls12.kinds) do
      for _, tickets in ipairs({ true, false }) do
         it(("is the same when %s resumes %s"):format(kind, tickets and "by ticket" or "by ID"), function()
            local listener = ours.listen()
            local context = ours.server_context(certificates.sha384, { max_version = "TLSv1.2" })
            local arguments = { kind == "openssl" and "-reconnect" or "--resume" }
            local client = tls12.client(kind, { port = listener.port, arguments = arguments, tickets = tickets })
            local last = kind == "openssl" and 6 or 2
            for index = 1, last do
               local stream = assert(listener:accept(context))
               if index == last then cases.answer(stream, client) else stream:receive("*l") end
               assert.equal(index > 1, stream:info("resumed"))
               assert.equal(tickets, stream:info("ticket"))
               assert.equal(digest(certificates.sha384, "sha384"),
                  tls12.hex(assert(stream:channel_binding("tls-server-end-point"))))
               stream:close()
            end
            client:close_input()
            client:wait()
            listener:close()
         end)
      end
   end
end)

for _, kind in ipairs(tls12.kinds) do
   describe("without the extended master secret, " .. kind .. ",", function()
      after_each(ours.close_all)

      it("nothing is exported that another connection might have too", function()
         local server = tls12.server(kind, { certificate = certificates.rsa, ems = false })
         local stream = assert(ours.connect(server.port, {}))
         for _, binding in ipairs({ "tls-unique", "tls-exporter" }) do
            local value, message, code = stream:channel_binding(binding)
            assert.is_nil(value)
            assert.equal("unsafe_binding", code, message)
         end
         assert.same({ nil, "unsafe_binding" }, { (stream:export_keying_material(LABEL, 20)),
            select(3, stream:export_keying_material(LABEL, 20)) })
         -- which holds for any connection to that server
         assert.equal(digest(certificates.rsa, "sha256"), tls12.hex(stream:channel_binding("tls-server-end-point")))
         server:stop()
      end)
   end)
end
