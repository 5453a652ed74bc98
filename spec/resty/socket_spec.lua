-- bearssl.resty.wrap in a real nginx: the same calls as to nginx's own cosockets give the same, connections are kept
-- and taken up again under the same terms alone, and what lies idle ends cleanly. In-process servers of ours are the
-- peer where it must be seen what comes, or sent what should not.
local certificates = require "spec.support.certificates"
local nginx_jobs = require "spec.support.nginx_jobs"
local ours = require "spec.support.ours"
local process = require "spec.support.process"
local resty_front = require "spec.support.resty_front"
local temporary = require "spec.support.temporary"

describe("bearssl.resty in nginx:", function()
   local front

   local function run(job) return nginx_jobs.run(front, job) end

   local function fetch(job)
      job.name = "fetch"
      return run(job)
   end

   setup(function() front = resty_front.start() end)
   teardown(function() process.stop_all() end)
   after_each(ours.close_all)

   it("answers as nginx's own cosocket does, call for call", function()
      local both = run { name = "compare" }
      assert.is_true(#both.native > 150)
      -- nginx calls a name in a table no array, or, of other modules, sends it; all that differs is listed here
      assert.equal(table.concat(both.native, "\n"), table.concat(both.ours, "\n"))
   end)

   it("keeps a connection for the next request, without another handshake", function()
      local first = fetch { pool = "kept", default_name = "localhost" }
      assert.equal(0, first.reused)
      assert.equal("1", first.requests)
      assert.is_true(first.verified)
      assert.equal("TLSv1.3", first.version)
      assert.equal(1, first.kept)
      assert.equal("closed", first.after)
      for count = 1, 5 do
         local next_one = fetch { pool = "kept", default_name = "localhost" }
         assert.equal(count, next_one.offered)
         assert.equal(count, next_one.reused)
         assert.equal(first.connection, next_one.connection)
         assert.equal(tostring(count + 1), next_one.requests)
      end
      fetch { pool = "kept", default_name = "localhost", close = true }
      assert.equal(0, fetch({ pool = "kept", default_name = "localhost" }).reused)
   end)

   it("keeps those of TLS 1.2 too", function()
      assert.equal("TLSv1.2", fetch({ pool = "old", context = "old" }).version)
      assert.equal(1, fetch({ pool = "old", context = "old" }).reused)
   end)

   it("never takes up what was agreed under other terms", function()
      local client = certificates.client_ec
      local terms = {
         {}, { server_name = "example.org" }, { ssl_verify = "no" }, { context = "other" }, { verify = "report",
            ssl_verify = "no" }, { handlers = "first" }, { handlers = "second" }, { alpn = { "http/1.1" } },
         { host = "localhost" }, { client_certificate = client.chain, client_key = client.key },
      }
      terms[9] = { pool = "terms of its own" }
      local connections = {}
      for round = 0, 2 do
         for index, each in ipairs(terms) do
            local job = { pool = "terms" }
            for name, value in pairs(each) do job[name] = value end
            local result = fetch(job)
            assert.is_nil(result.failed)
            assert.equal(round, result.reused, index)
            connections[index] = connections[index] or result.connection
            assert.equal(connections[index], result.connection, index)
            assert.equal(each.client_certificate and "SUCCESS" or "NONE", result.shown)
            assert.equal(each.ssl_verify ~= "no" or each.verify == "report", result.verified)
         end
      end
      local seen = {}
      for _, connection in ipairs(connections) do
         assert.is_nil(seen[connection])
         seen[connection] = true
      end
   end)

   it("shows who skips the handshake of reused ones nothing that was not verified", function()
      -- one that anybody could have answered, and one that was made for another name
      assert.equal(1, fetch({ pool = "trusting", ssl_verify = "no" }).kept)
      assert.equal(1, fetch({ pool = "trusting", server_name = "example.org" }).kept)
      local trusting = fetch { pool = "trusting", trusting = true, default_name = "localhost" }
      assert.equal(0, trusting.offered)
      assert.is_true(trusting.verified)
      trusting = fetch { pool = "trusting", trusting = true, default_name = "localhost" }
      assert.equal(1, trusting.offered)
      assert.is_true(trusting.verified)
   end)

   it("verifies by default, under the host's name, and closes what it refuses", function()
      local stranger = fetch { context = "stranger" }
      assert.equal("unknown_ca", stranger.code)
      assert.equal("closed", stranger.closed)
      assert.equal("name_mismatch", fetch({ server_name = "elsewhere.example" }).code)
      assert.equal("name_mismatch", fetch({ server_name = "not a name" }).code)
      assert.equal("unknown_ca", fetch({ context = "stranger", ssl_verify = "yes" }).code)
      assert.is_false(fetch({ context = "stranger", ssl_verify = "no", close = true }).verified)
      -- what wrap was told cannot be made weaker by who calls sslhandshake
      assert.equal("unknown_ca", fetch({ context = "stranger", ssl_verify = "no", verify = "required" }).code)
      assert.equal("unknown_ca", fetch({ context = "stranger", ssl_verify = "yes", verify = "none" }).code)
      -- 127.0.0.1 is among the certificate's addresses
      assert.is_true(fetch({ at_once = true, close = true }).verified)
      assert.truthy(fetch({ at_once = true, context = "stranger" }).failed:find("no trusted certificate", 1, true))
   end)

   it("refuses to keep what is not at rest, and what a light thread uses", function()
      assert.equal("unread data in buffer", fetch({ request = "GET /numbers HTTP/1.1\r\nHost: a\r\n\r\n", line = true })
         .refused)
      local busy = run { name = "threads" }
      assert.equal("socket busy reading", busy.busy)
      assert.equal("socket busy reading", busy.kept)
      assert.equal("socket busy reading", busy.connected)
      assert.truthy(busy.line:find("200 OK", 1, true))
   end)

   it("leaves who has put a connection aside nothing of it", function()
      local stale = run { name = "stale" }
      for _, name in ipairs { "receive", "close", "setkeepalive", "getreusedtimes", "sslhandshake", "reader" } do
         assert.equal("closed", stale[name], name)
      end
      assert.equal("TLS is not spoken on this socket", stale.info)
      assert.equal(1, stale.again)
      assert.truthy(stale.plain_kept:find("^a plain connection is not kept"))
   end)

   it("waits for a service that knows servers' keys, and keeps sessions in ngx.shared", function()
      local unknown = run { name = "service" }
      assert.equal("certificate_refused", unknown.code)
      assert.equal(1, unknown.asked)
      local bearssl = require "bearssl"
      local pin = assert(bearssl.certificate.open(certificates.ec.certfile))[1]:pin()
      -- the others wait for the service at the same time
      local waits = {}
      for index = 1, 4 do waits[index] = nginx_jobs.send(front, { name = "service", pin = pin }) end
      for _, wait in ipairs(waits) do
         local known = wait()
         assert.is_nil(known.message)
         assert.truthy(known.line:find(" NONE$"))
      end
      local last = run { name = "service", keep = true }
      assert.is_true(last.resumed)
      assert.is_true(last.asked <= 5)
      assert.equal(last.asked, run({ name = "service", keep = true }).asked)
   end)

   it("wraps a cosocket that is connected, and no client that is", function()
      local late = run { name = "late" }
      assert.is_nil(late.nameless)
      assert.truthy(late.why:find("^no server name to verify"))
      assert.truthy(late.line:find("200 OK", 1, true))
      assert.truthy(late.kept:find("was connected before it was wrapped", 1, true))
      assert.truthy(late.client:find("it is connected already, without TLS", 1, true))
   end)

   it("takes a second sslhandshake for what the first has done, if it asks for no more", function()
      assert.same({ plain = true, named = true, weaker = true, other = false }, run { name = "twice" })
      local report = run { name = "twice", verify = "report" }
      assert.same({ plain = true, named = false, weaker = true, other = false }, report)
   end)

   it("resumes a session of an earlier handshake", function()
      assert.same({ false, true, true }, run { name = "resume" })
      assert.same({ false, true, true }, run { name = "resume", max_version = "TLSv1.2" })
   end)

   it("raises for misuse, by name", function()
      local messages = run { name = "misuse" }
      for index, part in ipairs {
         "the socket has been wrapped already", "takes a cosocket", "takes a cosocket",
         "unknown option 'contxt'; did you mean 'context'?", "option 'context' must be a context",
         "the client has been wrapped already", "has no cosocket in a field", "the host must be a string",
         'bad "pool" option type', "a timeout is milliseconds", "there is no dictionary",
      } do
         assert.truthy(messages[index]:find(part, 1, true), messages[index])
      end
   end)

   it("has a store in a dictionary, which loses nothing that was added", function()
      local result = run { name = "store" }
      for _, name in ipairs { "missing", "set", "added", "later", "deleted", "gone", "over", "first", "kept" } do
         assert.is_true(result[name], name)
      end
      assert.equal("1", result.got)
      assert.is_false(result.twice)
      assert.equal("no memory", result.full)
   end)

   -- ---- A server that shows what comes ----

   local function server_side()
      local listener = ours.listen()
      local context = ours.server_context(certificates.ec)
      return listener, function() return assert(listener:accept(context)) end
   end

   local function answer(stream, text)
      assert(stream:receive("*l"))
      while assert(stream:receive("*l")) ~= "" do end
      assert(stream:send(text or "fine\n"))
   end

   local function job(listener, more)
      local made = { name = "fetch", port = listener.port, line = true }
      for name, value in pairs(more or {}) do made[name] = value end
      return made
   end

   it("ends an idle connection with close_notify when its time is over", function()
      local listener, accept = server_side()
      local before = run({ name = "idle" }).idle
      local wait = nginx_jobs.send(front, job(listener, { timeout = 100 }))
      local stream = accept()
      answer(stream)
      assert.equal(before + 1, wait().idle)
      local _, message, _, code = stream:receive(1)
      assert.equal("closed", code, message)
      assert.is_true(process.until_true(5, function() return run({ name = "idle" }).idle == before end))
      listener:close()
   end)

   it("ends the one that was idle for longest with close_notify, for a newer one", function()
      local listener, accept = server_side()
      local before = run({ name = "idle" }).idle
      local wait = nginx_jobs.send(front, { name = "several", count = 3, port = listener.port, size = 2 })
      local streams = {}
      for index = 1, 3 do streams[index] = accept() end
      assert.equal(before + 2, wait().idle)
      local _, message, _, code = streams[1]:receive(1)
      assert.equal("closed", code, message)
      for index = 2, 3 do
         streams[index]:settimeout(0.05)
         assert.equal("timeout", select(4, streams[index]:receive(1)))
         streams[index]:settimeout(10)
      end
      -- the newest is taken up first
      wait = nginx_jobs.send(front, job(listener))
      answer(streams[3])
      assert.equal(1, wait().reused)
      listener:close()
   end)

   local arrivals = {
      { "the server ends it", function(stream) stream:close() end },
      { "its TCP connection ends without close_notify", function(_, socket) socket:close() end },
      { "data comes that nobody asked for", function(stream) assert(stream:send("HTTP/1.1 200 smuggled\r\n")) end },
      { "new keys are asked for", function(stream) assert(stream:update_keys { request = true }) end },
      { "a ticket comes", function(stream) assert(stream:send_ticket()) end },
      { "an alert comes", function(stream) assert(stream:fail("internal_error")) end },
      { "a byte of nobody's comes", function(_, socket) assert(socket:send("x")) end },
   }
   for index, case in ipairs(arrivals) do
      it("makes a new connection where, of an idle one, " .. case[1], function()
         local socket = require "socket"
         local tcp_listener = assert(socket.bind("127.0.0.1", 0))
         local listener = { port = tonumber((select(2, tcp_listener:getsockname()))) }
         local context = ours.server_context(certificates.ec)
         local function accept()
            local tcp = assert(tcp_listener:accept())
            local stream = assert(context:wrap(tcp, { timeout = 10 }))
            assert(stream:handshake())
            return stream, tcp
         end
         local wait = nginx_jobs.send(front, job(listener))
         local first, tcp = accept()
         answer(first)
         assert.equal(1, wait().kept, index)
         case[2](first, tcp)
         socket.sleep(0.05)
         wait = nginx_jobs.send(front, job(listener, { close = true }))
         local second = accept()
         answer(second, "fresh\n")
         local result = wait()
         assert.equal("fresh", result.line)
         assert.equal(0, result.reused)
         assert.equal("closed", select(4, second:receive(1)))
         first:close()
         second:close()
         tcp_listener:close()
      end)
   end

   it("tells a truncated answer from a whole one", function()
      local listener, accept = server_side()
      local wait = nginx_jobs.send(front, { name = "all", port = listener.port })
      local stream = accept()
      assert(stream:send("the beginning"))
      stream:close()
      assert.equal("the beginning", wait().whole)
      wait = nginx_jobs.send(front, { name = "all", port = listener.port })
      stream = accept()
      assert(stream:send("the beginn"))
      ours.close_all() -- the sockets first, and then the streams
      local result = wait()
      assert.is_nil(result.whole)
      assert.equal("the beginn", result.partial)
      assert.equal("truncated", result.code)
      assert.not_equal("closed", result.message)
      listener:close()
   end)

   it("does not hold up a worker that is to go", function()
      assert.equal(1, fetch({ pool = "to the end", timeout = 600000 }).kept)
      local old = run({ name = "state" })
      assert.is_true(old.idle > 0)
      front:signal("HUP")
      assert.is_truthy(process.until_true(10, function()
         return not temporary.read(("/proc/%d/status"):format(old.pid))
      end), front:output())
      assert.equal(0, run({ name = "state" }).idle)
      assert.equal(0, fetch({ pool = "to the end" }).reused)
   end)

   it("logs nothing bad, and ends cleanly", function()
      assert.equal(0, front:stop())
      assert.same({}, resty_front.complaints(front))
   end)
end)

describe("bearssl.resty outside of nginx", function()
   it("has the methods that are documented", function()
      local reachable, documented, class = {}, {}, nil
      for name in pairs(debug.getmetatable(require("bearssl.resty.socket").new({}, {})).__index) do
         reachable[name] = true
      end
      for line in io.lines("doc/types/bearssl.lua") do
         class = line:match("^%-%-%-@class bearssl%.(.+)$") or class
         local name = class == "resty.Socket" and line:match("^%-%-%-@field ([%a_]+)")
         if name then documented[name] = true end
      end
      assert.same(documented, reachable)
      local api = temporary.read("doc/api.md")
      for name in pairs(reachable) do assert.truthy(api:find("`" .. name .. "[`(]"), name) end
      for name in pairs(require "bearssl.resty") do assert.truthy(api:find("`resty." .. name .. "(", 1, true), name) end
   end)

   it("loads, and raises when it is used", function()
      local resty = require "bearssl.resty"
      for _, call in ipairs { function() resty.wrap({}) end, function() resty.sessions("sessions") end,
         function() require("bearssl.store.ngx_shared").new("sessions") end } do
         local good, message = pcall(call)
         assert.is_false(good)
         assert.truthy(tostring(message):find("needs nginx with its Lua module", 1, true), message)
      end
      assert.equal(0, resty.idle())
      for _, lua in ipairs { "lua5.1", "lua5.2", "lua5.3", "luajit" } do
         for _, name in ipairs { "socket", "pool", "terms", "idle", "link", "text", "until", "session", "init" } do
            assert(os.execute(("%s -e 'assert(loadfile(\"lua/bearssl/resty/%s.lua\"))'"):format(lua, name)), lua)
         end
      end
      assert.is_nil(temporary.read("lua/bearssl/resty/no such file.lua"))
   end)
end)
