-- Peers that are newer than the system's (spec/support/newer fetches and runs them), all used the same way:
--     newer.program(name, …)     the words that run a program of spec/support/newer, and more words
--     newer.peers                what there is: name; early_data and alpn: whether its client and its server have that
--     newer.connect(peer, context, options)           our client and its server
--     newer.accept(peer, listener, context, options)  our server (a listener of spec.support.ours) and its client
-- A function in place of the client's context is called with the server, and makes it.
-- Both make options.times connections, one after the other (default 1), each with the session of the one before, send a
-- line each way, check what the peer tells against what we know, and return what our streams know of each: info().
-- options:
--     certificate   the server's, where that is the peer's     own   the client's, where that is the peer's
--     cafile        with it the peer's server wants a certificate of the client
--     groups        the peer's: a client has a key share of the first
--     alpn          the peer's list
--     early_data    what the client sends before all else in each connection but the first
--     arguments     more words for OpenSSL and GnuTLS     job   more fields for the scripts
--     stream        our stream's options                   each(stream, index, child)  is called in each connection
local assert = require "luassert"
local certificates = require "spec.support.certificates"
local dkjson = require "dkjson"
local nss = require "spec.support.nss"
local ours = require "spec.support.ours"
local peers13 = require "spec.support.peers13"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local newer = {}

local BOTH = { client = true, server = true }

newer.peers = {
   { name = "OpenSSL 3.5", kind = "openssl", server = "openssl", client = "openssl", early_data = BOTH },
   { name = "OpenSSL 4", kind = "openssl", server = "openssl4", client = "openssl4", early_data = BOTH },
   -- gnutls-cli 3.8.9 fails to send early data, to gnutls-serv too
   { name = "GnuTLS", kind = "gnutls", server = "gnutls-serv", client = "gnutls-cli", early_data = { server = true } },
   -- selfserv takes no early data in its first seconds, which it could have taken before; tstclnt has no ALPN
   { name = "NSS", kind = "nss", early_data = {}, alpn = { server = true } },
   { name = "Node", kind = "node", program = "node", script = "spec/interop/node_peer.js", early_data = {} },
   { name = "Go", kind = "go", program = "go_peer", early_data = {} },
}

for _, peer in ipairs(newer.peers) do peer.alpn = peer.alpn or BOTH end

local here
local fetched = {}

function newer.program(name, ...)
   here = here or shell.run({ "pwd" }):match("[^\n]+")
   local script = here .. "/spec/support/newer"
   if not fetched[name] then -- which may take longer than a peer may take to start
      shell.run({ script, "--fetch", name })
      fetched[name] = true
   end
   return { script, name, ... }
end

-- What OpenSSL, and so Node, calls the groups that have no name of RFC 8446 there.
local NAMES = { x25519 = "X25519", secp256r1 = "P-256", secp384r1 = "P-384", secp521r1 = "P-521" }

local function is_script(peer)
   return peer.kind == "node" or peer.kind == "go"
end

-- start runs a script with its job, which names and certificates are put into.
local function start(peer, role, options)
   local job = { role = role, alpn = options.alpn, times = options.times, port = options.port, cafile = options.cafile }
   local certificate = options.certificate or options.own
   if certificate then job.certfile, job.keyfile = certificate.chainfile, certificate.keyfile end
   if options.groups and peer.kind == "go" then
      job.groups = options.groups
   elseif options.groups then
      local names = {}
      for index, group in ipairs(options.groups) do names[index] = NAMES[group] or group end
      job.group = table.concat(names, ":")
   end
   for name, value in pairs(options.job or {}) do job[name] = value end
   local words = newer.program(peer.program, peer.script)
   words[#words + 1] = dkjson.encode(job)
   local child = process.start(words)
   if role == "server" then child.port = tonumber((child:wait_for("port (%d+)", 20))) end
   return child
end

local function hex(bytes)
   return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

-- agree checks what a script says about a connection against what we know.
local function agree(peer, told, info)
   for _, field in ipairs({ "version", "resumed", "alpn", "exported" }) do
      assert.equal(info[field], told[field], field)
   end
   if peer.kind == "go" then
      assert.equal(info.cipher_suite, told.cipher_suite)
      -- Go remembers the group of a session that TLS 1.2 resumes without one
      if info.group then assert.equal(info.group, told.group) end
      assert.equal(info.hello_retry or false, told.hello_retry)
   end
end

local function know(stream)
   local info = stream:info()
   info.exported = hex(assert(stream:export_keying_material("EXPORTER-spec", 32)))
   return info
end

local count = 0

-- talk sends a line to a server and reads its answer; no two are the same. An OpenSSL server that takes early data does
-- not answer by itself.
local function talk(peer, stream, child)
   count = count + 1
   local line = "line " .. count
   if peer.kind ~= "nss" then assert(stream:send(line .. "\n")) end
   if child.input then
      child:wait_for(line .. "\n")
      child:write(line .. "\n")
      assert.equal(line, (stream:receive("*l")))
   elseif peer.kind == "nss" then
      assert(stream:send("GET /" .. count .. " HTTP/1.0\r\n\r\n"))
      local page = assert(stream:receive("*a"))
      assert.truthy(page:find("GET /" .. count .. " HTTP/1.0", 1, true), page)
   elseif is_script(peer) then
      local told = assert(dkjson.decode((assert(stream:receive("*l")))))
      assert.equal(line, told.line)
      return told
   else
      assert.equal(peers13.answer(peer.kind, line), (stream:receive("*l")))
   end
end

local function serve(peer, options)
   if is_script(peer) then return start(peer, "server", options) end
   if peer.kind == "nss" then return nss.server(options) end
   return peers13.server(peer.kind, {
      program = newer.program(peer.server), certificate = options.certificate, tls12 = true, groups = options.groups,
      alpn = options.alpn, client = options.cafile and "require", cafile = options.cafile,
      early_data = options.early_data and 10000, arguments = options.arguments,
   })
end

function newer.connect(peer, context, options)
   options.certificate = options.certificate or certificates.ec
   local server, infos, session = serve(peer, options), {}, nil
   if type(context) == "function" then context = context(server) end
   for index = 1, options.times or 1 do
      local early = index > 1 and options.early_data or nil
      local settings = { session = session, early_data = early and early .. "\n" }
      for name, value in pairs(options.stream or {}) do settings[name] = value end
      local stream = assert(ours.connect(server.port, context, settings))
      -- gnutls-serv reads early data and tells nobody
      if early and server.input then server:wait_for(early) end
      local told, info = talk(peer, stream, server), know(stream)
      if options.each then options.each(stream, index, server) end
      if told then agree(peer, told, info) end
      infos[index], session = info, stream:session()
      stream:close()
   end
   server:stop()
   return infos
end

-- answer reads the client's lines, sends one back and waits until it is there.
local function answer(peer, stream, child, early)
   if early then assert.equal(early, (stream:receive("*l"))) end
   if is_script(peer) then
      assert.equal("hello", (stream:receive("*l")))
      assert(stream:send("an answer\n"))
      return
   end
   child:write("Hello, world\n")
   assert.equal("Hello, world", (stream:receive("*l")))
   assert(stream:send("dlrow ,olleH\n"))
   child:wait_for("dlrow ,olleH")
end

local function end_of(child)
   child:close_input()
   assert.equal(0, child:wait(20), child:output())
end

-- accepted is the next connection of a client, whose words are told where there is none.
local function accepted(listener, context, options, child)
   local stream, message, _, failed = listener:accept(context, options.stream)
   if not stream then
      failed:close()
      error(message .. "\n" .. child:told(), 2)
   end
   return stream
end

-- One process of a script makes all connections, and prints a line about each.
local function accept_script(peer, listener, context, options)
   options.port = listener.port
   local child, infos = start(peer, "client", options), {}
   for index = 1, options.times or 1 do
      local stream = accepted(listener, context, options, child)
      answer(peer, stream, child)
      infos[index] = know(stream)
      if options.each then options.each(stream, index, child) end
      stream:receive("*l")
      stream:close()
   end
   end_of(child)
   local index = 0
   for line in child:output():gmatch("[^\n]+") do
      index = index + 1
      local told = assert(dkjson.decode(line), child:output())
      assert.equal("an answer", told.line)
      agree(peer, told, infos[index])
   end
   assert.equal(#infos, index)
   return infos
end

-- One process makes all connections, and sends the same line in each.
local function accept_nss(listener, context, options)
   local child, infos = nss.client({
      port = listener.port, certificate = options.own, groups = options.groups, times = options.times,
      arguments = options.arguments,
   }), {}
   for index = 1, options.times or 1 do
      local stream = accepted(listener, context, options, child)
      assert.equal(nss.LINE, (stream:receive("*l")))
      assert(stream:send("an answer\n"))
      infos[index] = know(stream)
      if options.each then options.each(stream, index, child) end
      stream:close()
   end
   assert.equal(0, child:wait(20), child:output())
   local _, answers = child:output():gsub("an answer\n", "")
   assert.equal(#infos, answers)
   return infos
end

-- The words that make a client come back: OpenSSL keeps its session in a file, GnuTLS connects twice by itself.
local function returning(peer, options, index, file)
   local words = {}
   if (options.times or 1) > 1 and peer.kind == "openssl" then
      words[1], words[2] = index == 1 and "-sess_out" or "-sess_in", file
   elseif (options.times or 1) > 1 then
      words[1], words[2] = "--resume", "--waitresumption"
   end
   for _, word in ipairs(options.arguments or {}) do words[#words + 1] = word end
   return words
end

function newer.accept(peer, listener, context, options)
   options.cafile = options.cafile or certificates.ca.certfile
   if is_script(peer) then return accept_script(peer, listener, context, options) end
   if peer.kind == "nss" then return accept_nss(listener, context, options) end
   local infos, file, child = {}, temporary.path(".session"), nil
   local early = options.early_data and temporary.write(options.early_data .. "\n")
   local times = options.times or 1
   for index = 1, times do
      local again = peer.kind == "gnutls" and index > 1
      if not again then
         child = peers13.client(peer.kind, {
            program = newer.program(peer.client), port = listener.port, certificate = options.own, tls12 = true,
            groups = options.groups, alpn = options.alpn, cafile = options.cafile,
            early_data = (index > 1 or peer.kind == "gnutls") and early or nil,
            arguments = returning(peer, options, index, file),
         })
      end
      local stream = accepted(listener, context, options, child)
      if peer.kind == "gnutls" and index < times then
         assert.is_nil((stream:receive("*l"))) -- it leaves at once
      else
         answer(peer, stream, child, index > 1 and options.early_data)
      end
      infos[index] = know(stream)
      if options.each then options.each(stream, index, child) end
      stream:close()
      if peer.kind == "openssl" or index == times then end_of(child) end
   end
   return infos
end

return newer
