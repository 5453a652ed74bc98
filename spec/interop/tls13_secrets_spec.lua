-- What TLS 1.3 derives, compared with OpenSSL and GnuTLS: exporters (RFC 8446 section 7.5), channel bindings (RFC 9266)
-- and key logs. (Python's ssl has no tls-exporter yet.)
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local ours = require "spec.support.ours"
local peers13 = require "spec.support.peers13"
local process = require "spec.support.process"
local temporary = require "spec.support.temporary"
local tls12 = require "spec.support.tls12"

local LABEL = "EXPORTER-spec"
local SUITES = { peers13.suites[1], peers13.suites[2] } -- SHA-256, SHA-384

-- What GnuTLS writes about a binding, in the last of its connections.
local function gnutls_binding(child, name, count)
   local found
   process.until_true(10, function()
      found = {}
      for value in child:output():gmatch("'" .. name:gsub("%-", "%%-") .. "': (%x+)\n") do found[#found + 1] = value end
      return #found >= (count or 1)
   end)
   assert.is_true(#found >= (count or 1), child:output())
   return found[#found]
end

for _, suite in ipairs(SUITES) do
   cases.describe("keying material of our server, " .. suite.name .. ",", function(listener)
      after_each(ours.close_all)

      local function serve(kind, arguments)
         local client = peers13.client(kind, { port = listener.port, suite = suite, arguments = arguments })
         local stream = assert(listener:accept(ours.server_context(certificates.ec, {})))
         cases.answer(stream, client)
         client:close_input()
         assert.equal(suite.name, stream:info("cipher_suite"))
         return stream, client
      end

      for _, length in ipairs({ 20, 100 }) do
         it(("and of openssl are the same, %d bytes"):format(length), function()
            local stream, client = serve("openssl", { "-keymatexport", LABEL, "-keymatexportlen", tostring(length) })
            local mine = tls12.hex(assert(stream:export_keying_material(LABEL, length)))
            stream:close()
            client:wait()
            local theirs = client:output():match("Keying material: (%x+)")
            assert.equal(theirs:lower(), mine)
            assert.equal(length * 2, #theirs)
         end)

         it(("and of gnutls are the same, %d bytes"):format(length), function()
            local stream, client = serve("gnutls", { "--keymatexport=" .. LABEL, "--keymatexportsize=" .. length })
            local theirs = client:wait_for("[Kk]ey material: (%x+)")
            assert.equal(theirs:lower(), tls12.hex(assert(stream:export_keying_material(LABEL, length))))
            -- in TLS 1.3 no context and an empty one are the same, another one is not
            assert.equal(theirs:lower(), tls12.hex(assert(stream:export_keying_material(LABEL, length, ""))))
            assert.are_not.equal(theirs:lower(), tls12.hex(assert(stream:export_keying_material(LABEL, length, "x"))))
            stream:close()
            client:wait()
         end)
      end

      it("binds to the same as gnutls does", function()
         local stream, client = serve("gnutls", { "--verbose" })
         assert.equal(gnutls_binding(client, "tls-exporter"), tls12.hex(assert(stream:channel_binding("tls-exporter"))))
         assert.equal(gnutls_binding(client, "tls-server-end-point"),
            tls12.hex(assert(stream:channel_binding("tls-server-end-point"))))
         local value, message, code = stream:channel_binding("tls-unique")
         assert.is_nil(value)
         assert.equal("unsafe_binding", code, message)
         stream:close()
         client:wait()
      end)
   end)

   describe("keying material of our client, " .. suite.name .. ",", function()
      after_each(ours.close_all)

      it("and of openssl are the same, in a full and in a resumed connection", function()
         local server = peers13.server("openssl", {
            certificate = certificates.ec, suite = suite, mode = "commands", -- otherwise it does not print it
            arguments = { "-keymatexport", LABEL, "-keymatexportlen", "32" },
         })
         local context, session, seen = ours.client_context({}), nil, {}
         for index = 1, 2 do
            local stream = assert(ours.connect(server.port, context, { session = session }))
            assert.equal(index == 2, stream:info("resumed"))
            local material = tls12.hex(assert(stream:export_keying_material(LABEL, 32)))
            assert(stream:send("line " .. index .. "\n"))
            server:wait_for("line " .. index)
            assert.truthy(server:output():lower():find(material, 1, true), server:output())
            assert.is_nil(seen[material])
            seen[material] = true
            server:write("go on\n")
            assert(stream:receive("*l"))
            session = stream:session()
            stream:close()
         end
         server:stop()
      end)

      it("binds to the same as gnutls does, in a full and in a resumed connection", function()
         local server = peers13.server("gnutls", { certificate = certificates.ec, suite = suite })
         local context, session = ours.client_context({}), nil
         for index = 1, 2 do
            local stream = assert(ours.connect(server.port, context, { session = session }))
            assert.equal(index == 2, stream:info("resumed"))
            assert(stream:send("line\n"))
            assert(stream:receive("*l"))
            assert.equal(gnutls_binding(server, "tls-exporter", index),
               tls12.hex(assert(stream:channel_binding("tls-exporter"))))
            -- gnutls-serv has no certificate at hand in the second, and says none
            assert.equal(gnutls_binding(server, "tls-server-end-point"),
               tls12.hex(assert(stream:channel_binding("tls-server-end-point"))))
            session = stream:session()
            stream:close()
         end
         server:stop()
      end)
   end)
end

-- ---- Key logs ----

local HANDSHAKE = {
   "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
   "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET",
}
local EARLY = { "CLIENT_EARLY_TRAFFIC_SECRET", "EARLY_EXPORTER_SECRET" }

-- by_label makes label → list of lines of a key log's text.
local function by_label(text)
   local lines = {}
   for line in text:gmatch("[^\n]+") do
      local label = line:match("^([%u%d_]+) %x+ %x+$")
      if label then
         lines[label] = lines[label] or {}
         table.insert(lines[label], (line:gsub(" .*", string.lower)))
      end
   end
   for _, list in pairs(lines) do table.sort(list) end
   return lines
end

local function collector()
   local lines = {}
   return lines, function(_, question) lines[#lines + 1] = question.line end
end

-- Compares two logs; early: whether there was early data once.
local function compare(theirs, mine, early)
   theirs, mine = by_label(theirs), by_label(table.concat(mine, "\n"))
   for _, label in ipairs(HANDSHAKE) do
      assert.same(theirs[label], mine[label])
      assert.equal(2, #mine[label], label)
      assert.are_not.equal(mine[label][1], mine[label][2])
   end
   for _, label in ipairs(EARLY) do
      assert.equal(early and 1 or 0, #(mine[label] or {}), label)
      -- GnuTLS logs no early exporter
      if theirs[label] or label ~= "EARLY_EXPORTER_SECRET" then assert.same(theirs[label], mine[label]) end
      theirs[label], mine[label] = nil, nil
   end
   for _, label in ipairs(HANDSHAKE) do theirs[label], mine[label] = nil, nil end
   assert.same({}, mine)
   assert.same({}, theirs)
end

for _, kind in ipairs(peers13.kinds) do
   -- how a peer is told to write a key log
   local function with_log(options, path)
      if kind == "openssl" then
         options.arguments = options.arguments or {}
         table.insert(options.arguments, "-keylogfile")
         table.insert(options.arguments, path)
      else
         options.environment = { SSLKEYLOGFILE = path }
      end
      return options
   end

   it("our client and " .. kind .. " write the same key log, with early data", function()
      local path = temporary.path(".keys")
      local server = peers13.server(kind, with_log({ certificate = certificates.ec, early_data = 1000 }, path))
      local lines, keylog = collector()
      local context, session = ours.client_context({ handlers = { keylog = keylog } }), nil
      for index = 1, 2 do
         local stream = assert(ours.connect(server.port, context, {
            session = session, early_data = session and "early\n" or nil,
         }))
         assert.equal(index == 2 and "accepted" or nil, stream:info("early_data"))
         assert(stream:send("line\n"))
         if server.input then
            server:wait_for("line")
            server:write("go on\n")
         end
         assert(stream:receive("*l"))
         session = stream:session()
         stream:close()
      end
      server:stop()
      compare(temporary.read(path), lines, true)
      ours.close_all()
   end)

   cases.describe("a key log of " .. kind .. " and our server", function(listener)
      after_each(ours.close_all)

      it("is the same, with early data", function()
         local path, early = temporary.path(".keys"), temporary.write("early\n")
         local lines, keylog = collector()
         local context = ours.server_context(certificates.ec, { max_early_data = 1000, handlers = { keylog = keylog } })
         local file = temporary.path(".session")
         local client
         for index = 1, 2 do
            if kind == "openssl" then
               client = peers13.client(kind, with_log({
                  port = listener.port, arguments = { index == 1 and "-sess_out" or "-sess_in", file },
                  early_data = index == 2 and early or nil,
               }, path))
            elseif index == 1 then
               client = peers13.client(kind, with_log({
                  port = listener.port, arguments = { "--resume", "--waitresumption" }, early_data = early,
               }, path))
            end
            local stream = assert(listener:accept(context))
            assert.equal(index == 2 and "accepted" or nil, stream:info("early_data"))
            if kind == "openssl" or index == 2 then
               if index == 2 then assert.equal("early", (stream:receive("*l"))) end
               cases.answer(stream, client)
               stream:close()
               client:close_input()
               client:wait()
            else
               stream:receive("*l")
               stream:close()
            end
         end
         compare(temporary.read(path), lines, true)
      end)
   end)
end
