-- `openssl s_client` against our server.
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local hash = require "spec.support.hash"
local ours = require("spec.support.ours").at_most("TLSv1.2")
local peers = require "spec.support.peer"
local process = require "spec.support.process"
local temporary = require "spec.support.temporary"

local VERSION_OPTIONS = { ["TLSv1.0"] = "-tls1", ["TLSv1.1"] = "-tls1_1", ["TLSv1.2"] = "-tls1_2" }
local GROUPS = { x25519 = "X25519", secp256r1 = "P-256", secp384r1 = "P-384", secp521r1 = "P-521" }

local peer = { kind = "openssl" }

function peer.start(options)
   local arguments = { "-quiet", "-nocommands", "-no_ign_eof" }
   local function add(...)
      for index = 1, select("#", ...) do
         arguments[#arguments + 1] = select(index, ...)
      end
   end
   if options.only13 then
      add("-tls1_3")
   elseif options.version then
      add(VERSION_OPTIONS[options.version])
   end
   if options.group then
      add("-groups", GROUPS[options.group])
   end
   if options.certificate then
      local certificate = options.certificate
      add("-cert", certificate.certfile, "-key", certificate.keyfile)
      if certificate.rest ~= "" then
         add("-cert_chain", certificate.restfile)
      end
   end
   if options.alpn then
      add("-alpn", table.concat(options.alpn, ","))
   end
   for _, word in ipairs(options.arguments or {}) do
      add(word)
   end
   return peers.openssl_client({
      port = options.port,
      server_name = options.server_name,
      cafile = options.cafile,
      ciphers = options.suite and options.suite.openssl .. ":@SECLEVEL=0" or nil,
      arguments = arguments,
      input = options.input or true,
      separate = options.separate,
   })
end

function peer.alert(name)
   if name == "unrecognized_name" then
      return "tlsv1 unrecognized name"
   end
   return "alert " .. name:gsub("_", " ")
end

describe("openssl s_client and our server:", function()
   after_each(ours.close_all)

   -- All that OpenSSL 3 has in common with this library. It has no static ECDH and no 3DES any more.
   cases.suites(peer)
   cases.groups(peer, { "x25519", "secp256r1", "secp384r1", "secp521r1" })
   cases.keys(peer)
   cases.client_certificates(peer)
   cases.alpn(peer)
   cases.names(peer)
   cases.failures(peer)

   cases.describe("records", function(listener)
      local long = ("0123456789abcdef"):rep(1024)

      -- exchange sends 16 KB each way; the client has its input in a file, and stays until we close.
      local function exchange(context, options)
         options.arguments = options.arguments or {}
         table.insert(options.arguments, "-ign_eof")
         options.port = listener.port
         options.separate = true
         options.input = temporary.write(long)
         local client = peer.start(options)
         local stream = assert(listener:accept(context))
         assert.equal(long, (stream:receive(#long)))
         local before = stream:info("records_sent")
         assert(stream:send(long))
         local count = stream:info("records_sent") - before
         stream:close()
         client:wait()
         return count, client
      end

      it("the client cuts small are taken, of the handshake too", function()
         local context = ours.server_context(certificates.rsa, {
            verify = "required",
            cafile = certificates.ca.certfile,
         })
         exchange(context, { arguments = { "-max_send_frag", "512" }, certificate = certificates.client_chain })
      end)

      it("are as small as record_size says", function()
         local count = exchange(ours.server_context(certificates.ec, { record_size = 600 }), {})
         assert.equal(math.ceil(#long / 600), count)
      end)

      for _, limit in ipairs({ 512, 1024, 2048, 4096 }) do
         it(("are as small as max_fragment_length asks: %d"):format(limit), function()
            local context = ours.server_context(certificates.ec, {})
            local count, client = exchange(context, { arguments = { "-maxfraglen", limit } })
            assert.equal(math.ceil(#long / limit), count)
            assert.equal(long, client:output())
         end)
      end
   end)

   cases.describe("a client that fell back", function(listener)
      it("is told inappropriate_fallback", function()
         local context = ours.server_context(certificates.rsa, { min_version = "TLSv1.0", suites = "compatible" })
         local message, code, client = cases.fails(peer, listener, context, {
            version = "TLSv1.1",
            arguments = { "-fallback_scsv" },
         })
         assert.equal("inappropriate_fallback", code, message)
         assert.truthy(client:output():find("inappropriate fallback", 1, true), client:output())
      end)
      it("to the newest version goes on", function()
         local context = ours.server_context(certificates.rsa, { min_version = "TLSv1.0", suites = "compatible" })
         cases.once(peer, listener, context, { version = "TLSv1.2", arguments = { "-fallback_scsv" } })
      end)
   end)

   cases.describe("many authorities", function(listener)
      it("in CertificateRequest are taken", function()
         -- as many names as a system's trust store has: more than one record holds
         local list = {}
         for index = 1, 250 do
            list[index] = certificates.ca.certificate
         end
         local context = ours.server_context(certificates.ec, {
            verify = "optional",
            cafile = temporary.write(table.concat(list), ".pem"),
         })
         local info = cases.once(peer, listener, context, { certificate = certificates.client_ec })
         assert.is_true(info.peer_verified)
      end)
   end)

   cases.describe("verification by the client", function(listener)
      for name, alert in pairs({
         expired = "certificate_expired",
         untrusted = "unknown_ca",
         wronghost = "bad_certificate",
      }) do
         it("refuses " .. name .. ", and we learn why", function()
            local context = ours.server_context(certificates[name], {})
            local message, code = cases.fails(peer, listener, context, { cafile = certificates.ca.certfile })
            assert.equal("alert_" .. alert, code, message)
         end)
      end
   end)

   cases.describe("resumption by session ID", function(listener)
      for _, version in ipairs({ "TLSv1.0", "TLSv1.1", "TLSv1.2" }) do
         it("in " .. version .. " with -reconnect", function()
            local context = ours.server_context(certificates.rsa, {
               min_version = version,
               max_version = version,
               suites = "compatible",
            })
            local client = peers.openssl_client({
               port = listener.port,
               input = true,
               arguments = { "-reconnect", "-no_ticket", "-nocommands", VERSION_OPTIONS[version] },
            })
            local resumed = {}
            for index = 1, 6 do
               local stream = assert(listener:accept(context))
               resumed[index] = stream:info("resumed")
               assert.equal(version, stream:info("version"))
               if index < 6 then
                  local data, message = stream:receive("*l")
                  assert.is_nil(data)
                  assert.equal("closed", message)
               else
                  cases.answer(stream, client)
               end
               stream:close()
            end
            assert.same({ false, true, true, true, true, true }, resumed)
            client:close_input()
            assert.equal(0, client:wait(), client:output())
            local _, count = client:output():gsub("Reused, ", "")
            assert.equal(5, count)
         end)
      end

      it("from a file of another process", function()
         local context = ours.server_context({ certificates.rsa, certificates.ec }, {})
         local file = temporary.path(".session")
         local function connect(...)
            return cases.once(peer, listener, context, { arguments = { "-no_ticket", ... } })
         end
         assert.is_false(connect("-sess_out", file).resumed)
         assert.is_true(connect("-sess_in", file).resumed)
         assert.is_true(connect("-sess_in", file).resumed)
         context:flush_sessions()
         assert.is_false(connect("-sess_in", file).resumed)
      end)

      it("is off without a cache, and its client certificate stays known", function()
         local file = temporary.path(".session")
         local none = ours.server_context(certificates.ec, { session_cache = 0 })
         local function connect(context, ...)
            return cases.once(peer, listener, context, {
               arguments = { "-no_ticket", ... },
               certificate = certificates.client_ec,
            })
         end
         assert.is_false(connect(none, "-sess_out", file).resumed)
         assert.is_false(connect(none, "-sess_in", file).resumed)

         local mutual = ours.server_context(certificates.ec, {
            verify = "required",
            cafile = certificates.ca.certfile,
         })
         connect(mutual, "-sess_out", file)
         local info = connect(mutual, "-sess_in", file)
         assert.is_true(info.resumed)
         assert.is_true(info.peer_verified)
         assert.equal(certificates.client_ec.certificate, info.peer_certificates[1]:pem())
      end)

      it("through session_load and session_store", function()
         local kept = {}
         local context = ours.server_context(certificates.ec, {
            session_cache = 0,
            handlers = {
               session_store = function(_, question)
                  kept[question.session_id] = question.session:export()
               end,
               session_load = function(_, question)
                  return kept[question.session_id]
               end,
            },
         })
         local file = temporary.path(".session")
         local function connect(...)
            return cases.once(peer, listener, context, { arguments = { "-no_ticket", ... } })
         end
         assert.is_false(connect("-sess_out", file).resumed)
         assert.is_string(select(2, next(kept)))
         assert.is_true(connect("-sess_in", file).resumed)
      end)
   end)

   cases.describe("renegotiation", function(listener)
      it("asked for by the client is refused with no_renegotiation", function()
         local context = ours.server_context(certificates.rsa, {})
         local client = peers.openssl_client({
            port = listener.port,
            input = true,
            arguments = { "-tls1_2", "-no_ign_eof" },
         })
         local alerts = {}
         local stream = assert(listener:accept(context, {
            handlers = {
               alert = function(_, message)
                  alerts[#alerts + 1] = message.direction .. " " .. message.description
               end,
            },
         }))
         cases.answer(stream, client)
         client:write("R\n")
         -- OpenSSL takes the refusal for a fatal error; with GnuTLS the connection goes on.
         local data = stream:receive("*l")
         assert.is_nil(data)
         assert.equal("sent no_renegotiation", alerts[1])
         client:wait_for("no renegotiation")
         stream:close()
         client:close_input()
         client:wait()
      end)
   end)

   cases.describe("closing", function(listener)
      it("close_notify of the client is a clean end, and writing goes on", function()
         local context = ours.server_context(certificates.ec, {})
         local client = peer.start({ port = listener.port })
         local stream = assert(listener:accept(context))
         client:write("the last words")
         client:wait_for("") -- written
         client:close_input()
         assert.equal("the last words", (stream:receive("*a")))
         assert.is_true(stream:info("close_notify_received"))
         stream:close()
         client:wait()
      end)

      it("ours ends the client", function()
         local context = ours.server_context(certificates.ec, {})
         local client = peer.start({ port = listener.port, arguments = { "-msg" } })
         local stream = assert(listener:accept(context))
         stream:close()
         client:wait_for("<<< TLS 1%.2, Alert [^\n]*, warning close_notify")
         client:close_input()
         assert.equal(0, client:wait())
      end)

      it("a killed client is a truncation", function()
         local context = ours.server_context(certificates.ec, {})
         local client = peer.start({ port = listener.port })
         local stream = assert(listener:accept(context))
         cases.answer(stream, client)
         client:signal("KILL")
         local data, message, partial, code = stream:receive("*a")
         assert.is_nil(data)
         assert.equal("truncated", code, message)
         assert.equal("", partial)
         client:close_input()
      end)
   end)

   cases.describe("bulk #slow", function(listener)
      local LENGTH = 64 * 1024 * 1024

      it("64 MB from the client", function()
         local path, expected = hash.random_file(LENGTH)
         local context = ours.server_context(certificates.rsa, {})
         local client = peer.start({ port = listener.port, input = path })
         local stream = assert(listener:accept(context))
         local sink = hash.stream()
         while true do
            local piece, message = stream:receiveany(65536)
            if not piece then
               assert.equal("closed", message)
               break
            end
            sink:add(piece)
         end
         stream:close()
         local sum, length = sink:finish()
         assert.equal(LENGTH, length)
         assert.equal(expected, sum)
         client:wait()
      end)

      it("64 MB to the client", function()
         local path, expected = hash.random_file(LENGTH)
         local context = ours.server_context(certificates.ec, {})
         local client = peer.start({ port = listener.port, separate = true })
         local stream = assert(listener:accept(context))
         local file = assert(io.open(path, "rb"))
         for piece in function()
            return file:read(100000)
         end do
            assert.equal(#piece, assert(stream:send(piece)))
         end
         file:close()
         stream:close()
         process.until_true(10, function()
            return not client:running()
         end)
         client:close_input()
         client:wait()
         assert.equal(expected, hash.file(client.output_path))
      end)
   end)
end)
