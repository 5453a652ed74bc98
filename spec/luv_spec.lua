-- TLS over luv's handles: streams in coroutines and outside of them, and the object for callbacks.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local luv_tls = require "bearssl.luv"
local uv = require "luv"

local client_context = assert(bearssl.context { cafile = certificates.ca.certfile })
local server_context = assert(bearssl.context {
   mode = "server", certfile = certificates.ec.chainfile, keyfile = certificates.ec.keyfile,
})

local PATIENCE = 20 * (tonumber(os.getenv "SLOWDOWN") or 1)
local LOCAL = { server_name = "localhost", timeout = PATIENCE }

local failure

-- Runs a function in a coroutine whose errors fail the test.
local function go(f, ...)
   local thread = coroutine.create(f)
   local ok, problem = coroutine.resume(thread, ...)
   if not ok then error(debug.traceback(thread, tostring(problem)), 0) end
   return thread
end

-- Runs the loop until nothing is left in it; fails when that takes too long.
local function run()
   local timer = uv.new_timer()
   timer:start(PATIENCE * 1000, 0, function()
      failure = "the loop goes on"
      uv.stop()
   end)
   timer:unref()
   uv.run()
   timer:close()
   uv.run "nowait"
   if failure then error(failure, 0) end
end

-- Two connected handles; buffers of the sockets are small, so that much does not fit.
local function pair()
   local listener, accepted, connected = uv.new_tcp(), uv.new_tcp(), uv.new_tcp()
   local is_done
   listener:bind("127.0.0.1", 0)
   listener:listen(1, function() listener:accept(accepted) end)
   connected:connect("127.0.0.1", listener:getsockname().port, function(problem) is_done = not problem end)
   while not is_done or not accepted:is_readable() do uv.run "once" end
   listener:close()
   return connected, accepted
end

local function sleep(milliseconds)
   local thread, timer = coroutine.running(), uv.new_timer()
   timer:start(milliseconds, 0, function()
      timer:close()
      assert(coroutine.resume(thread))
   end)
   coroutine.yield()
end

local function wrap_pair(options)
   local a, b = pair()
   return assert(client_context:wrap(a, options or LOCAL)), assert(server_context:wrap(b, { timeout = PATIENCE })), a, b
end

describe("a stream over a luv handle", function()
   before_each(function() failure = nil end)

   it("yields, both ways at once, with more than fits anywhere", function()
      local client, server = wrap_pair()
      local bytes = ("0123456789abcdef"):rep(200000)
      local done = 0
      go(function()
         assert(server:handshake())
         go(function()
            assert.equal(#bytes, (server:send(bytes)))
            done = done + 1
         end)
         assert.equal(bytes, (server:receive(#bytes)))
         done = done + 1
      end)
      go(function()
         assert(client:handshake())
         go(function()
            assert.equal(#bytes, (client:send(bytes)))
            done = done + 1
         end)
         sleep(30) -- meanwhile the server's bytes are read ahead, but not all of them
         assert.equal(bytes, (client:receive(#bytes)))
         done = done + 1
         while done < 4 do sleep(1) end
         client:close()
         assert.same({ nil, "closed", "", "closed" }, { server:receive() })
         server:close()
      end)
      run()
      assert.equal(4, done)
   end)

   it("sends what was given before it is closed, although the peer has not read yet", function()
      local client, server = wrap_pair()
      local bytes, got = ("x"):rep(4000000), nil
      go(function()
         assert(server:handshake())
         sleep(50)
         got = server:receive "*a"
         server:close()
      end)
      go(function()
         assert(client:send(bytes))
         client:close()
      end)
      run()
      assert.equal(#bytes, #got)
   end)

   it("times out, and goes on", function()
      local client, server = wrap_pair()
      go(function()
         assert(server:handshake())
         sleep(60)
         server:send "late\n"
         server:close()
      end)
      local results
      go(function()
         assert(client:handshake())
         client:settimeout(0.02)
         results = { client:receive() }
         client:settimeout(PATIENCE)
         results[5] = client:receive()
         client:close()
      end)
      run()
      assert.same({ nil, "timeout", "", "timeout", "late" }, results)
   end)

   it("times out in the middle of a send, and goes on #slow", function()
      local client, server = wrap_pair()
      local bytes = ("0123456789abcdef"):rep(500000)
      local got, code
      go(function()
         assert(server:handshake())
         sleep(200)
         got = server:receive(#bytes)
         server:close()
      end)
      go(function()
         assert(client:handshake())
         client:settimeout(0.03)
         local last, done, _
         last, _, done, code = client:send(bytes)
         assert.is_nil(last)
         client:settimeout(PATIENCE)
         assert.equal(#bytes, (client:send(bytes, done + 1)))
         client:receive() -- the end
         client:close()
      end)
      run()
      assert.equal("timeout", code)
      assert.is_true(got == bytes)
   end)

   it("never waits with settimeout(0), and dirty() tells what the loop has read", function()
      local client, server = wrap_pair { server_name = "localhost", timeout = 0 }
      assert.same({ nil, "wantread", "wantread" }, { client:handshake() })
      go(function()
         assert(server:send "hello\n")
      end)
      local limit = uv.hrtime() + PATIENCE * 1e9
      while not client:handshake() and uv.hrtime() < limit do uv.run "once" end
      assert.is_true(client:handshake())
      local line, rest = nil, ""
      while not line and uv.hrtime() < limit do
         local _
         line, _, rest = client:receive("*l", rest)
         if not line then
            assert.is_false(client:dirty())
            while not client:dirty() do uv.run "once" end
         end
      end
      assert.equal("hello", line)
      client:close()
      server:close()
      run()
   end)

   it("runs the loop by itself outside of a coroutine, but not inside of a callback", function()
      local client, server = wrap_pair()
      go(function()
         server:send((server:receive()) .. "\n")
         server:close()
      end)
      assert(client:send "to and fro\n")
      assert.equal("to and fro", (client:receive()))
      client:close()
      run()

      local handle
      client, server, handle = wrap_pair()
      local timer, problem = uv.new_timer(), nil
      timer:start(0, 0, function()
         timer:close()
         -- some versions of luv do run the loop in the loop
         local ok, message = pcall(client.handshake, client)
         problem = ok or message
         handle:close()
      end)
      go(function()
         server:handshake()
         server:close()
      end)
      run()
      assert.is_true(problem == true or tostring(problem):find("must be used by a coroutine", 1, true) ~= nil, problem)
   end)

   it("is cancelled by close() from elsewhere, in the loop's next turn", function()
      local client, server = wrap_pair()
      local results, order = nil, {}
      go(function()
         server:handshake()
         server:receive()
         server:close()
      end)
      go(function()
         assert(client:handshake())
         results = { client:receive() }
         table.insert(order, "received")
      end)
      go(function()
         sleep(30)
         client:close()
         table.insert(order, "closed")
      end)
      run()
      assert.same({ nil, "closed", "", "closed" }, results)
      assert.same({ "closed", "received" }, order)
   end)

   it("fails where the handle is closed behind its back, and where the peer's is reset", function()
      local client, server, a, b = wrap_pair()
      local codes = {}
      go(function()
         assert(server:handshake())
         b:close()
         local _, _, _, code = server:send "x"
         codes[1] = code
         _, _, _, code = server:receive()
         codes[2] = code
         sleep(10)
         _, _, _, code = server:receive()
         codes[3] = code
         assert.is_nil(server:getfd())
         server:close()
      end)
      go(function()
         assert(client:handshake())
         local _, _, _, code = client:receive()
         codes[4] = code
         a:close()
         client:close()
      end)
      run()
      assert.same({ "transport_failed", "transport_failed", "transport_failed" }, { codes[1], codes[2], codes[3] })
      assert.is_true(codes[4] == "truncated" or codes[4] == "transport_failed", codes[4])
   end)

   it("fails soon where the handle is closed while it waits in a coroutine, with and without a time", function()
      for _, timeout in ipairs { false, PATIENCE } do
         for _, has_ref in ipairs { true, false } do
            local a, b = pair()
            local client = assert(client_context:wrap(a, { server_name = "localhost", timeout = timeout or nil }))
            local results
            if not has_ref then a:unref() end
            go(function() results = { client:handshake() } end)
            go(function()
               sleep(20)
               a:close()
               b:close()
               if not has_ref then sleep(500) end -- what does not hold the loop is not waited for
            end)
            local began = uv.hrtime()
            run()
            assert.is_true(uv.hrtime() - began < PATIENCE / 2 * 1e9)
            assert.same({ nil, "transport_failed" }, { results[1], results[3] })
            assert.truthy(results[2]:find("the luv handle was closed", 1, true), results[2])
            client:close()
         end
      end
   end)

   it("fails soon where the handle is closed while it waits to send, or to receive, outside of a coroutine", function()
      for _, method in ipairs { "handshake", "receive", "send" } do
         local client, server, a, b = wrap_pair { server_name = "localhost" }
         if method ~= "handshake" then
            go(server.handshake, server)
            assert(client:handshake())
         end
         local timer = uv.new_timer()
         timer:start(50, 0, function()
            timer:close()
            a:close()
            b:close()
         end)
         local results = { client[method](client, method == "send" and ("x"):rep(20000000) or nil) }
         assert.is_nil(results[1])
         assert.truthy(results[2]:find("the luv handle was closed", 1, true), results[2])
         assert.equal("transport_failed", results[4] or results[3])
         client:close()
         server:close()
         run()
      end
   end)

   it("does not wait for a loop in which nothing is left", function()
      local a, b = pair()
      local client = assert(client_context:wrap(a, { server_name = "localhost" }))
      a:unref()
      b:unref()
      local ok, message, code = client:handshake()
      assert.is_nil(ok)
      assert.equal("transport_failed", code)
      assert.truthy(message:find("nothing is left in luv's loop", 1, true), message)
      client:close()
      b:close()
      run()
   end)

   it("does not shut down in the middle of another coroutine's send #slow", function()
      local client, server = wrap_pair()
      local bytes, got, ok, message = ("x"):rep(20000000), nil, nil, nil
      go(function()
         assert(server:handshake())
         sleep(60)
         got = server:receive "*a"
         server:close()
      end)
      go(function()
         assert(client:handshake())
         go(function()
            sleep(30)
            ok, message = pcall(client.shutdown, client, "send")
         end)
         assert.equal(#bytes, (client:send(bytes)))
         assert.is_true(client:shutdown "send")
         client:close()
      end)
      run()
      assert.is_false(ok)
      assert.truthy(message:find("shutdown: another coroutine is already in send of this stream", 1, true), message)
      assert.equal(#bytes, #got)
   end)

   it("is not confused by who resumes its coroutine, or ends it, or asks for addresses", function()
      local client, server, a = wrap_pair()
      local got
      local reader = go(function()
         assert(server:handshake())
         got = server:receive()
      end)
      go(function()
         assert(client:handshake())
         assert.equal(a:getpeername().port, select(2, client:getpeername()))
         assert.equal("127.0.0.1", (client:getsockname()))
         sleep(10)
         assert(coroutine.resume(reader))
         assert.equal("suspended", coroutine.status(reader))
         assert(client:send "this\n")
         sleep(10)
         assert.equal("this", got)
         if coroutine.close then
            coroutine.close(go(function() server:receive() end))
            assert(client:send "that\n")
            sleep(10)
            assert.equal("that", (server:receive()))
         end
         client:close()
         server:close()
      end)
      run()
      assert.equal("this", got)
   end)

   it("begins in the middle of a conversation, and with what was received of it", function()
      local a, b = pair()
      local server, got
      b:read_start(function(_, bytes)
         b:read_stop()
         local plain, rest = bytes:match "^(STARTTLS\n)(.*)$"
         assert(plain)
         server = assert(server_context:wrap(b, { timeout = PATIENCE, received = rest }))
         go(function()
            got = server:receive()
            server:close()
         end)
      end)
      a:write "STARTTLS\n"
      go(function()
         local client = assert(client_context:wrap(a, LOCAL))
         assert(client:send "secret\n")
         client:receive()
         client:close()
      end)
      run()
      assert.equal("secret", got)
   end)
end)

describe("bearssl.luv", function()
   before_each(function() failure = nil end)

   local function secure_pair(options)
      local a, b = pair()
      return assert(luv_tls.wrap(client_context, a, options or LOCAL)), assert(luv_tls.wrap(server_context, b)), a, b
   end

   it("calls back in order, and never within the call", function()
      local client, server = secure_pair()
      local log = {}
      local function note(what) return function(problem) table.insert(log, problem or what) end end
      server:read_start(function(problem, bytes)
         assert(not problem)
         if bytes then return server:write({ "got ", bytes }) end
         server:shutdown(function() server:close(note "server closed") end)
      end)
      client:write("a", note "a")
      client:write("b", note "b")
      client:shutdown(note "shut down")
      client:handshake(note "shaken")
      assert.same({}, log)
      assert.equal(2, client:get_write_queue_size())
      local got = ""
      client:read_start(function(problem, bytes)
         assert(not problem)
         got = got .. (bytes or "")
         if not bytes then client:close(note "client closed") end
      end)
      run()
      assert.same({ "shaken", "a", "b", "shut down" }, { log[1], log[2], log[3], log[4] })
      assert.equal(6, #log)
      assert.equal("ab", (got:gsub("got ", "")))
      assert.equal(0, client:get_write_queue_size())
      assert.is_true(client:is_closing())
      assert.same({ nil, "closed", "closed" }, { client:write "x" })
      assert.same({ nil, "closed", "closed" }, { client:read_start(function() end) })
      assert.same({ nil, "closed", "closed" }, { client:handshake() })
      assert.same({ nil, "closed", "closed" }, { client:shutdown() })
   end)

   it("holds the peer back while reading is stopped #slow", function()
      local client, server = secure_pair()
      local bytes, got, is_written = ("y"):rep(20000000), 0, false
      client:write(bytes, function(problem) is_written = not problem end)
      local timer = uv.new_timer()
      server:read_start(function(problem, piece)
         assert(not problem)
         if got == 0 then
            server:read_stop()
            timer:start(100, 0, function()
               timer:close()
               assert.is_false(is_written)
               assert.equal(#piece, got)
               server:read_start(function(failed, more)
                  assert(not failed)
                  got = got + #(more or "")
                  if got == #bytes then
                     server:close()
                     client:close()
                  end
               end)
            end)
         end
         got = got + #piece
      end)
      run()
      assert.equal(#bytes, got)
   end)

   it("tells of a handshake that fails, and of what was to be written", function()
      local client, server = secure_pair { server_name = "elsewhere.example", timeout = PATIENCE }
      local log = {}
      client:handshake(function(problem, code)
         assert.truthy(problem)
         log.handshake = code
      end)
      client:write("x", function(_, code) log.write = code end)
      client:read_start(function(problem, bytes, code)
         assert.is_nil(bytes)
         assert.truthy(problem)
         log.read = code
         client:close(function() log.closed = true end)
      end)
      server:read_start(function(_, _, code)
         log.server = code
         server:close()
      end)
      run()
      assert.same({ handshake = "name_mismatch", write = "name_mismatch", read = "name_mismatch", closed = true,
         server = "alert_bad_certificate" }, log)
   end)

   it("tells what close() cuts off", function()
      local client, server = secure_pair()
      local log = {}
      client:write("x", function(problem, code) table.insert(log, { problem, code }) end)
      client:close(function() table.insert(log, "closed") end)
      server:close()
      run()
      assert.same({ { "closed", "closed" }, "closed" }, log)
      assert.has_error(function() client:close() end, "close: the stream is closed already")
   end)

   it("tells nobody after close()'s callback, when the handle is closed, and the peer of no end", function()
      local client, server, a = secure_pair()
      local log, got, ending = {}, 0, nil
      server:handshake()
      client:handshake(function(problem)
         assert(not problem)
         client:write(("x"):rep(20000000), function(_, code) table.insert(log, code) end)
         client:write("second", function(_, code) table.insert(log, code) end)
         local timer = uv.new_timer()
         timer:start(100, 0, function()
            timer:close()
            client:close(function() table.insert(log, a:is_closing() and "the end" or "too early") end)
            assert.is_true(client:is_closing())
            server:read_start(function(_, bytes, code)
               if bytes then
                  got = got + #bytes
                  return
               end
               ending = code or "orderly"
               server:close()
            end)
         end)
      end)
      run()
      assert.same({ "closed", "closed", "the end" }, log)
      assert.is_true(got > 0 and got < 20000000)
      assert.equal("truncated", ending)
   end)

   it("tells handshakes and writes that close() ends before its callback", function()
      local client, _, a, b = secure_pair()
      local log = {}
      local function note(what) return function(_, code) table.insert(log, what .. " " .. tostring(code)) end end
      client:handshake(note "handshake")
      client:write("hello", note "write")
      client:shutdown(note "shutdown")
      local timer = uv.new_timer()
      timer:start(50, 0, function()
         timer:close()
         client:close(note "close")
         b:close()
      end)
      run()
      assert.same({ "handshake closed", "write closed", "shutdown closed", "close nil" }, log)
      assert.is_true(a:is_closing())
   end)

   it("waits for close() within its own callbacks, also where the handle is gone", function()
      for _, is_gone in ipairs { false, true } do
         local client, server, a = secure_pair()
         local is_over
         server:handshake(function() server:read_start(function() server:read_stop() end) end)
         client:write("x", function()
            local thread = coroutine.running()
            if is_gone then a:close() end
            client:close(function() assert(coroutine.resume(thread)) end)
            coroutine.yield()
            is_over = true
            server:close()
         end)
         run()
         assert.is_true(is_over)
      end
   end)

   it("tells of a peer that goes without a word, and of one that says nothing", function()
      local client, server, _, b = secure_pair { server_name = "localhost", timeout = 0.05 }
      local codes = {}
      server:handshake(function() end)
      client:read_start(function(_, _, code)
         table.insert(codes, code)
         if #codes == 2 then b:close() end
         if code ~= "timeout" then client:close() end
      end)
      run()
      assert.equal("timeout", codes[1])
      assert.equal("timeout", codes[2])
      assert.is_true(codes[#codes] == "truncated" or codes[#codes] == "transport_failed", codes[#codes])
   end)

   it("has its methods documented, and no others", function()
      local client, server = secure_pair()
      local methods, documented = debug.getmetatable(client).__index, {}
      for line in io.lines "doc/types/bearssl_luv.lua" do
         local name = line:match "^function Secure:([%a_]+)"
         if name then documented[name] = true end
      end
      for name in pairs(methods) do assert.is_true(documented[name], name) end
      for name in pairs(documented) do assert.is_function(methods[name], name) end
      client:close()
      server:close()
      run()
   end)

   it("raises for what cannot be meant", function()
      local client, server = secure_pair()
      local function raises(wanted, f, ...)
         local ok, message = pcall(f, ...)
         assert.is_false(ok)
         assert.truthy(message:find(wanted, 1, true), message)
      end
      raises("the data must be a string", client.write, client, 5)
      raises("write: the callback must be a function", client.write, client, "x", 5)
      raises("read_start: the callback must be a function, not nil", client.read_start, client)
      raises("must be called on a luv_stream", client.write, {}, "x")
      raises("the first argument must be a context", luv_tls.wrap, {}, uv.new_tcp())
      assert.truthy(tostring(client):find "^bearssl%.luv: bearssl%.stream: ")
      assert.equal("client", client:stream():info "mode")
      client:close()
      server:close()
      run()
   end)
end)
