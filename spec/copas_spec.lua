-- Handlers that yield in Copas: servers and clients live in one loop, every handler waits for a round trip of
-- its own, and other TLS connections make progress meanwhile.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local decisions_of = require "spec.support.decisions_of"
local key_server = require "spec.support.key_server"
local lend = require "spec.support.lend"
local mime = require "mime"
local peers = require "spec.support.peer"
local socket = require "socket"

package.loaded["socket.http"] = nil -- Copas wants to be first
lend("coxpcall")
local copas = lend("copas")

local LIMIT = 30 -- seconds that one test may take

local failures, running

-- spawn runs a function in Copas; run() waits for all of them.
local function guard(body)
   return function(...)
      running = running + 1
      copas.setErrorHandler(function(message, thread)
         failures[#failures + 1] = debug.traceback(type(thread) == "thread" and thread or nil, tostring(message))
         running = running - 1
      end)
      body(...)
      running = running - 1
   end
end

local function spawn(body)
   copas.addthread(guard(body))
end

local function run()
   local deadline = socket.gettime() + LIMIT
   while running > 0 and #failures == 0 do
      copas.step(0.05)
      if socket.gettime() > deadline then
         error("the Copas loop is stuck: " .. running .. " threads wait", 2)
      end
   end
   if failures[1] then
      error(table.concat(failures, "\n"), 0)
   end
end

-- listen serves a port with handler(stream) over TLS; context nil: handler(copas socket) without it.
local function listen(context, options, handler)
   local listener = assert(socket.bind("127.0.0.1", 0))
   local _, port = listener:getsockname()
   copas.addserver(listener, guard(function(accepted)
      local wrapped = copas.wrap(accepted)
      if context then
         handler(assert(context:wrap(wrapped, options or {})))
      else
         handler(wrapped)
      end
   end))
   return tonumber(port)
end

local function open(port)
   local plain = assert(socket.tcp())
   plain:settimeout(0)
   assert(copas.connect(plain, "127.0.0.1", port))
   return plain
end

local function connect(context, port, options)
   options = options or {}
   options.server_name = options.server_name or "localhost"
   return assert(context:wrap(copas.wrap(open(port)), options))
end

local function echo(stream)
   while true do
      local line = stream:receive("*l")
      if not line then
         break
      end
      assert(stream:send(line .. "\n"))
   end
   stream:close()
end

describe("Copas:", function()
   local pause_port, progress, ticking
   local plain_server, plain_client

   -- pause is what handlers do: a round trip over a socket of its own.
   local function pause()
      local plain = open(pause_port)
      assert(copas.send(plain, "ping\n"))
      assert.equal("ping", (copas.receive(plain, "*l")))
      plain:close()
   end

   -- Waits until another TLS connection has moved: the counter of the one below.
   local function pause_until_progress()
      local before, rounds = progress, 0
      repeat
         pause()
         rounds = rounds + 1
         assert(rounds < 2000, "no other connection makes progress")
      until progress > before
   end

   -- tick keeps another TLS connection busy until the test says stop.
   local function tick()
      ticking = true
      local port = listen(plain_server, {}, echo)
      spawn(function()
         local stream = connect(plain_client, port)
         while ticking do
            assert(stream:send("tick\n"))
            assert.equal("tick", (stream:receive("*l")))
            progress = progress + 1
         end
         stream:close()
      end)
   end

   setup(function()
      plain_server = assert(bearssl.context({
         mode = "server",
         certfile = certificates.ec.chainfile,
         keyfile = certificates.ec.keyfile,
      }))
      plain_client = assert(bearssl.context({ cafile = certificates.ca.certfile }))
   end)

   before_each(function()
      failures, running, progress, ticking = {}, 0, 0, false
      pause_port = listen(nil, nil, function(wrapped)
         local line = wrapped:receive("*l")
         if line then
            wrapped:send(line .. "\n")
         end
      end)
   end)

   it("many connections talk at once", function()
      local port = listen(plain_server, {}, echo)
      local done = 0
      for index = 1, 20 do
         spawn(function()
            local stream = connect(plain_client, port)
            local line = ("%d "):format(index):rep(5000)
            assert(stream:send(line .. "\n"))
            assert.equal(line, (stream:receive("*l")))
            assert.is_true(stream:close())
            done = done + 1
         end)
      end
      run()
      assert.equal(20, done)
   end)

   -- Handlers for everything that the side is told and asked; seen[name] counts, `decide` has the answers of decisions.
   local function all_handlers(side, seen, decide, version)
      local handlers = {}
      for _, list in ipairs({ bearssl.stages, decisions_of(side, version) }) do
         for _, name in ipairs(list) do
            handlers[name] = function(_, message)
               seen[name] = (seen[name] or 0) + 1
               pause_until_progress()
               if decide and decide[name] then
                  return decide[name](message)
               end
            end
         end
      end
      return handlers
   end

   local function assert_seen(seen, role, ...)
      for index = 1, select("#", ...) do
         local name = select(index, ...)
         assert.is_true((seen[name] or 0) > 0, role .. " did not see " .. name)
      end
   end

   it("every handler of client and server may yield while others make progress", function()
      local server_seen, client_seen, kept, session = {}, {}, {}, nil
      local finished = 0
      tick()

      local server = assert(bearssl.context({
         mode = "server",
         suites = "compatible",
         credentials = {
            { certificate = certificates.rsa.chain, key = certificates.rsa.key, name = "rsa" },
            { certificate = certificates.ec.chain, key = certificates.ec.key, name = "ec" },
         },
         alpn = { "echo" },
         verify = "required",
         cafile = certificates.ca.certfile,
         session_cache = 0,
         handlers = all_handlers("server", server_seen, {
            session_store = function(question)
               kept[question.session_id] = question.session:export()
            end,
            session_load = function(question)
               return kept[question.session_id]
            end,
         }),
      }))
      local port = listen(server, {}, function(stream)
         echo(stream)
         finished = finished + 1
      end)

      local function talk(suite, resume)
         local client = assert(bearssl.context({
            cafile = certificates.ca.certfile,
            suites = { suite },
            alpn = { "echo" },
            handlers = all_handlers("client", client_seen, {
               client_certificate = function()
                  return { certificate = certificates.client_ec.certificate, key = certificates.client_ec.key }
               end,
            }, "TLSv1.2"),
         }))
         local stream = connect(client, port, { session = resume })
         assert(stream:handshake())
         assert(stream:send("through all of this\n"))
         assert.equal("through all of this", (stream:receive("*l")))
         local info = stream:info()
         session = stream:session() or session
         assert(stream:shutdown("send"))
         local _, message = stream:receive("*l")
         assert.equal("closed", message)
         assert(stream:close())
         return info
      end

      spawn(function()
         local info = talk("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
         assert.is_false(info.resumed)
         assert.equal("echo", info.alpn)
         assert.is_true(talk("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", session).resumed)
         assert.is_false(talk("TLS_RSA_WITH_AES_128_GCM_SHA256").resumed)
         while finished < 3 do
            pause()
         end
         ticking = false
      end)
      run()

      local both = {
         "client_hello", "server_hello", "certificate", "server_key_exchange", "certificate_request",
         "server_hello_done", "client_key_exchange", "certificate_verify", "change_cipher_spec", "finished",
         "application_data", "alert", "established", "closed", "session_store", "verify", "sign", "keylog",
      }
      local unpack = table.unpack or unpack -- luacheck: ignore
      assert_seen(client_seen, "the client", "client_certificate", unpack(both))
      assert_seen(server_seen, "the server", "select", "session_load", "decrypt", unpack(both))
   end)

   it("the handler of hello_request may yield", function()
      -- Only a server that renegotiates sends one: OpenSSL's, told to by its input.
      local server = peers.openssl_server({
         certificate = certificates.rsa,
         mode = "commands",
         arguments = { "-msg" },
      })
      tick()
      local seen = {}
      spawn(function()
         local stream = connect(plain_client, server.port, {
            handlers = all_handlers("client", seen, nil, "TLSv1.2"), max_version = "TLSv1.2",
         })
         assert(stream:handshake())
         server:write("r\n")
         stream:receive("*l")
         stream:close()
         ticking = false
      end)
      run()
      assert_seen(seen, "the client", "hello_request")
      assert.truthy(server:output():find("no_renegotiation", 1, true))
      server:stop()
   end)

   it("a handler that refuses or fails after it has yielded ends its own connection only", function()
      tick()
      local codes = {}
      local port = listen(plain_server, {}, function(stream)
         local _, _, code = stream:handshake()
         codes[#codes + 1] = code
         stream:close()
      end)
      spawn(function()
         local stream = connect(plain_client, port, { handlers = { verify = function()
            pause_until_progress()
            return nil, "certificate_revoked"
         end } })
         local ok, _, code = stream:handshake()
         assert.is_nil(ok)
         assert.equal("certificate_revoked", code)
         stream:close()

         stream = connect(plain_client, port, { handlers = { server_hello = function()
            pause_until_progress()
            error("on purpose")
         end } })
         local message
         ok, message, code = stream:handshake()
         assert.is_nil(ok)
         assert.equal("handler_error", code)
         assert.truthy(message:find("on purpose", 1, true))
         assert.truthy(message:find("copas_spec.lua", 1, true), message)
         stream:close()
         while #codes < 2 do
            pause()
         end
         ticking = false
      end)
      run()
      assert.same({ "alert_certificate_revoked", "alert_internal_error" }, codes)
   end)

   describe("keyless", function()
      local function ask(keys, ...)
         local plain = open(keys.port)
         assert(copas.send(plain, table.concat({ ... }, " ") .. "\n"))
         local reply = assert(copas.receive(plain, "*l"))
         plain:close()
         return mime.unb64(reply)
      end

      for _, case in ipairs({
         { "ec", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "sign" },
         { "rsa", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "sign" },
         { "rsa", "TLS_RSA_WITH_AES_128_GCM_SHA256", "decrypt" },
      }) do
         local name, suite, operation = case[1], case[2], case[3]
         it(operation .. " with an " .. name .. " key is answered by another process", function()
            local keys = key_server.start(certificates[name])
            local chain = assert(bearssl.certificate.load(certificates[name].chain))
            local asked = 0
            local server = assert(bearssl.context({
               mode = "server",
               suites = { suite },
               certificate = chain,
               key = bearssl.key.external(chain[1]),
               handlers = {
                  sign = function(_, question)
                     asked = asked + 1
                     local how = question.scheme:match "^rsa_pss.*" or question.hash
                     return ask(keys, "sign", how, (mime.b64(question.digest)))
                  end,
                  decrypt = operation == "decrypt" and function(_, question)
                     asked = asked + 1
                     return ask(keys, "decrypt", (mime.b64(question.ciphertext)))
                  end or nil,
               },
            }))
            local client = assert(bearssl.context({ cafile = certificates.ca.certfile, suites = { suite } }))
            local port = listen(server, {}, echo)
            tick()
            assert.equal("held", keys:ask("hold"))
            local before, done
            for index = 1, 3 do
               spawn(function()
                  local stream = connect(client, port)
                  assert(stream:send("line " .. index .. "\n"))
                  assert.equal("line " .. index, (stream:receive("*l")))
                  assert.equal(suite, stream:info("cipher_suite"))
                  stream:close()
                  done = (done or 0) + 1
               end)
            end
            spawn(function()
               while keys:ask("waiting") ~= "3" do
                  pause()
               end
               -- All three wait for the other process; the loop goes on.
               before = progress
               while progress < before + 20 do
                  pause()
               end
               assert.is_nil(done)
               assert.equal("released", keys:ask("release"))
               while done ~= 3 do
                  pause()
               end
               ticking = false
            end)
            run()
            assert.equal(3, asked)
            assert.equal(3, done)
            keys:stop()
         end)
      end
   end)
end)
