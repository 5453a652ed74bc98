-- A TLS server inside a real nginx, over ngx.req.socket(true): its handlers wait for a key server and an HTTP service
-- on other cosockets, and what one worker has begun another resumes.
local certificates = require "spec.support.certificates"
local key_server = require "spec.support.key_server"
local loopback = require "spec.support.loopback"
local ours = require "spec.support.ours"
local process = require "spec.support.process"
local resty_front = require "spec.support.resty_front"
local temporary = require "spec.support.temporary"

describe("a TLS server inside nginx:", function()
   local front, keys, context

   setup(function()
      keys = key_server.start(certificates.ec)
      local beta = certificates.beta
      front = resty_front.start { SIGNER = keys.port, WORKERS = 2,
         BETA = temporary.write(beta.chain .. beta.key, ".pem") }
      context = ours.client_context {}
   end)
   teardown(function() process.stop_all() end)
   after_each(ours.close_all)

   local function connect(options)
      local socket = loopback.connect(front.port)
      assert(socket:send("GET /tls HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: tls\r\n\r\n"))
      assert.equal("HTTP/1.1 101 Switching Protocols", socket:receive("*l"))
      while assert(socket:receive("*l")) ~= "" do end
      options = options or {}
      options.timeout, options.server_name = 10, options.server_name or "localhost"
      return assert((options.context or context):wrap(socket, {
         timeout = 10, server_name = options.server_name, session = options.session, max_version = options.max_version,
      }))
   end

   local function ask(stream, line)
      assert(stream:send(line .. "\n"))
      return assert(stream:receive("*l"))
   end

   local function told(stream)
      local pid, resumed, signed, fetched = ask(stream, "?"):match("^(%d+) (%a+) (%d+) (%d+)$")
      return { pid = pid, resumed = resumed == "true", signed = tonumber(signed), fetched = tonumber(fetched) }
   end

   for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
      it("talks " .. version .. ", with a key that a key server has", function()
         local stream = connect { session = false, max_version = version }
         assert(stream:handshake())
         assert.equal(version, stream:info("version"))
         assert.equal("olleh", ask(stream, "hello"))
         local long = ("long "):rep(20000)
         assert.equal(long:reverse(), ask(stream, long))
         assert.is_true(told(stream).signed > 0)
         assert(stream:send("bye\n"))
         local _, _, _, code = stream:receive("*l")
         assert.equal("closed", code)
         stream:close()
      end)
   end

   it("waits for signatures while it serves others", function()
      assert.equal("held", keys:ask("hold"))
      local waiting = {}
      for index = 1, 6 do
         waiting[index] = connect { session = false }
         waiting[index]:settimeout(0)
         assert.equal("wantread", select(3, waiting[index]:handshake()))
      end
      assert.is_truthy(process.until_true(10, function()
         for _, stream in ipairs(waiting) do stream:handshake() end
         return keys:ask("waiting") == "6"
      end))
      -- whose certificate comes from the service needs no key server
      local other = connect { server_name = "beta.example", session = false }
      assert.equal("won", ask(other, "now"))
      assert.is_true(other:info("peer_verified"))
      assert.truthy(select(2, other:getpeercertificate():subject()):find("CN=beta.example", 1, true))
      assert.is_true(told(other).fetched > 0)
      assert.equal("released", keys:ask("release"))
      for index, stream in ipairs(waiting) do
         stream:settimeout(10)
         assert(stream:handshake())
         assert.equal(tostring(index), ask(stream, tostring(index)))
         stream:close()
      end
      other:close()
   end)

   for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
      it("resumes in one worker what another has begun, " .. version, function()
         local first = connect { session = false, max_version = version }
         local begun = told(first)
         assert.is_false(begun.resumed)
         local session = assert(first:session())
         first:close()
         local other
         for _ = 1, 40 do
            -- several at once keep both workers busy
            local streams = {}
            for index = 1, 4 do
               streams[index] = connect { session = session, max_version = version }
               assert(streams[index]:handshake())
            end
            for _, stream in ipairs(streams) do
               local now = told(stream)
               assert.is_true(now.resumed)
               assert.is_true(stream:info("peer_verified"))
               if now.pid ~= begun.pid then other = now.pid end
               stream:close()
            end
            if other then break end
         end
         assert.is_string(other)
      end)
   end

   it("bears who sends no TLS, nothing, or half of a hello", function()
      for _, bytes in ipairs { "GET / HTTP/1.0\r\n\r\n", "", "\22\3\1\2\0\1\0\1\252\3\3" } do
         local socket = loopback.connect(front.port)
         assert(socket:send("GET /tls HTTP/1.1\r\nHost: localhost\r\n\r\n" .. bytes))
         assert.equal("HTTP/1.1 101 Switching Protocols", socket:receive("*l"))
         while assert(socket:receive("*l")) ~= "" do end
         if #bytes == 18 then assert.equal("\21", socket:receive(1)) end
         socket:close()
      end
      assert.equal("olleh", ask(connect(), "hello"))
   end)

   it("logs nothing bad, and ends cleanly", function()
      ours.close_all()
      assert.equal(0, front:stop())
      assert.same({}, resty_front.complaints(front))
   end)
end)
