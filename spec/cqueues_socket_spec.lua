-- bearssl.cqueues: each operation is done on a socket of cqueues' own and on one of ours, which must answer alike; and
-- what cqueues.poll is given streams for.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local cqueues = require "cqueues"
local cqueues_socket = require "cqueues.socket"
local cqueues_tls = require "bearssl.cqueues"
local errno = require "cqueues.errno"

local client_context = assert(bearssl.context { cafile = certificates.ca.certfile })
local server_context = assert(bearssl.context {
   mode = "server", certfile = certificates.ec.chainfile, keyfile = certificates.ec.keyfile,
})

local PATIENCE = 20 * (tonumber(os.getenv "SLOWDOWN") or 1)

-- Runs functions as threads of one controller until all have ended.
local function run(...)
   local controller = cqueues.new()
   for i = 1, select("#", ...) do controller:wrap((select(i, ...))) end
   local ok, problem = controller:loop(PATIENCE)
   if not ok then error(tostring(problem), 0) end
   assert.is_true(controller:empty(), "the loop is stuck")
end

local function plain_pair()
   return cqueues_socket.pair "stream"
end

local function secure_pair(options)
   local a, b = plain_pair()
   options = options or { server_name = "localhost" }
   return assert(cqueues_tls.wrap(client_context, a, options)), assert(cqueues_tls.wrap(server_context, b))
end

-- What one end says first, whether it then closes, and what is done with the other: its results are compared.
local function packed(...)
   -- nil and nothing are the same, as in a = f()
   local results = { n = select("#", ...), ... }
   while results.n > 0 and results[results.n] == nil do results.n = results.n - 1 end
   return results
end

local function results_of(make, text, closes, operations)
   local a, b = make()
   local results = {}
   a:onerror(function(_, _, why) return why end)
   b:onerror(function(_, operation, why) return operation, why end)
   a:setmode("b", "bn")
   b:setmode("b", "bn")
   local is_ready
   run(function()
      if text ~= "" then assert(a:xwrite(text, "n")) elseif a.stream then assert(a:starttls(PATIENCE)) end
      while not is_ready do cqueues.sleep(0.001) end
      if closes then
         -- as the peer reads it before it goes: nobody waits for tickets that were sent meanwhile
         a:shutdown "w"
      else
         cqueues.sleep(0.15)
      end
      a:close()
   end, function()
      if b.stream then assert(b:starttls(PATIENCE)) end
      is_ready = true
      if text ~= "" then b:fill(#text, PATIENCE) end
      for i, operation in ipairs(operations) do results[i] = packed(operation(b)) end
      b:close()
   end)
   return results
end

local function reading(...)
   local words = packed(...)
   return function(socket) return socket:xread((table.unpack or unpack)(words, 1, words.n)) end
end

local HEADERS = "A: b\r\nC: d\r\n  e\r\n\r\nbody"
local cases = {
   { "numbers", "abcdefg", true, { reading(2), reading(-3), reading(-100), reading(1), reading(1) } },
   { "a number that does not come", "abc", true, { reading(5), reading(5) } },
   { "a number in time", "abc", false, { reading(5, 0), reading(5, 0.01), function(s) return s:error "r" end,
      function(s) return s:clearerr "r" end, reading(3, 0) } },
   { "lines", "one\ntwo\r\n\nlast", true, { reading "*l", reading "*L", reading "*l", reading "*L", reading "*l" } },
   { "long lines", ("x"):rep(5000) .. "\n", true, { reading "*L", reading "*L", reading "*L" } },
   { "a line length of one's own", "0123456789abc\n", true, { function(s) s:setmaxline(10) end, reading "*L",
      reading "*l" } },
   { "everything", "one\ntwo", true, { reading "*a", reading "*a" } },
   { "nothing", "", true, { reading "*a", reading "*l", reading(5), function(s) return s:eof "r" end } },
   { "header fields", HEADERS, true, { reading "*h", reading "*h", reading "*h", reading "*L", reading "*a" } },
   { "header fields as they stand", HEADERS, true, { reading "*H", reading "*H", reading "*H", reading(2),
      reading "*a" } },
   { "what is no header field", "bad line\r\n", true, { reading "*h", reading "*L" } },
   { "a header field that has no end", "A: b", false, { reading("*h", 0.01), function(s) return s:clearerr "r" end,
      reading "*a" } },
   { "what was put back", "abc\n", true, { reading(2), function(s) return s:unget "zz" end, reading "*l" } },
   { "what is read ahead", "abc", false, { function(s) return s:fill(3, 0) end, function(s) return s:pending() end,
      function(s) return s:fill(4, 0) end, function(s) return s:fill(1, 0) end } },
   { "an end", "a", true, { reading(1), function(s) return s:fill(1, 1) end, function(s) return s:fill(1, 1) end } },
   { "several at once", "one\ntwo\nthree", true, { function(s) return s:read("*l", 3) end,
      function(s) return s:read("*l", "*l") end, function(s) return s:read() end } },
   { "iterations", "one\ntwo\n", true, { function(s)
      -- Lua 5.1 cannot yield in an iterator that `for` calls
      local lines, next_line = {}, s:lines "*l"
      local line = next_line()
      while line do
         lines[#lines + 1] = line
         line = next_line()
      end
      return table.concat(lines, ",")
   end, function(s) return s:xlines("*l", "b", 0)() end } },
   { "errors that were set", "abc\n", true, { function(s) return s:seterror("r", 5) end, reading("*l", 0),
      function(s) return s:error() end, function(s) return s:clearerr() end, reading "*l" } },
   { "no reading any more", "abc\n", false, { function(s) return s:shutdown "r" end, reading("*l", 0.05),
      reading("*l", 0.05) } },
   { "no writing any more", "abc\n", false, { function(s) return s:shutdown "w" end, function(s)
      return s:xwrite("x", "n", 1) end, function(s) return s:eof "w" end, function(s) return s:error "w" end } },
   { "writing", "a", false, { function(s) return s:xwrite("x", "f", 0) == s end,
      function(s) return s:pending() end, function(s) return s:flush("n", 1) end, function(s) return s:pending() end,
      function(s) return s:write("a", 5) == s end } },
   { "modes", "a", false, { function(s) return s:setvbuf "full" end, function(s) return s:setvbuf "no" end,
      function(s) return s:setvbuf "line" end } },
}

describe("a socket of cqueues' own and one of ours answer alike:", function()
   for _, case in ipairs(cases) do
      it(case[1], function()
         local wanted = results_of(plain_pair, case[2], case[3], case[4])
         assert.same(wanted, results_of(secure_pair, case[2], case[3], case[4]))
      end)
   end
end)

describe("bearssl.cqueues", function()
   it("raises errors unless told otherwise, and tells what TLS says", function()
      local client, server = secure_pair { server_name = "elsewhere.example" }
      local raised
      run(function()
         local ok, problem = pcall(client.stream, client)
         assert.is_true(ok, problem)
         client:onerror(nil)
         -- Lua 5.1 cannot yield in pcall
         local thread = coroutine.create(function() client:xread "*l" end)
         local results
         repeat
            results = packed(coroutine.resume(thread))
            if coroutine.status(thread) ~= "dead" then cqueues.poll(0.01) end
         until coroutine.status(thread) == "dead"
         raised = tostring(results[2])
         client:close()
      end, function()
         server:onerror(function(_, _, why) return why end)
         assert.same({ n = 2, nil, errno.EPROTO }, packed(server:starttls(PATIENCE)))
         assert.equal("alert_bad_certificate", (select(2, server:failure())))
         server:close()
      end)
      assert.truthy(raised:find("socket:read: ", 1, true), raised)
      assert.truthy(raised:find('certificate is not for "elsewhere.example"', 1, true), raised)
      assert.equal("name_mismatch", (select(2, client:failure())))
   end)

   it("is written and read by several threads at once, with more than fits anywhere", function()
      local client, server = secure_pair()
      local piece, received = ("0123456789"):rep(50000), 0
      run(function()
         server:setvbuf "full"
         for _ = 1, 3 do
            local bytes = assert(server:xread(#piece, "b"))
            assert.is_true(bytes == piece)
            assert(server:xwrite(bytes, "n"))
         end
      end, function()
         for _ = 1, 3 do
            assert.is_true(assert(client:xread(#piece)) == piece)
            received = received + 1
         end
         client:close()
         server:close()
      end, function() assert(client:xwrite(piece, "n")) end,
         function() assert(client:xwrite(piece, "n")) end,
         function() assert(client:xwrite(piece, "n")) end)
      assert.equal(3, received)
   end)

   local MUCH = 8000000

   -- What a peer that begins to read late has got, and what its end is called.
   local function read_late(server, seconds)
      assert(server:starttls(PATIENCE))
      cqueues.sleep(seconds)
      server:onerror(function(_, _, why) return why end)
      local got = 0
      while true do
         local bytes, why = server:xread(-65536, "b", PATIENCE)
         if not bytes then
            local _, code = server:failure()
            server:close()
            return got, why and (code or why) or "orderly"
         end
         got = got + #bytes
      end
   end

   -- close() waits one second, in which valgrind moves less than this
   it("sends what stands in the output before it tells the end: shutdown() and close() #slow", function()
      for _, method in ipairs { "shutdown", "close" } do
         local client, server = secure_pair()
         local got, ending
         run(function()
            assert(client:starttls(PATIENCE))
            assert(client:xwrite(("x"):rep(MUCH), "bf"))
            if method == "shutdown" then
               assert.is_true(client:shutdown "w")
               assert.equal(0, (select(2, client:pending())))
               assert.is_true(client:eof "w")
               assert.is_true(client:flush("n", 1))
            end
            client:close()
         end, function() got, ending = read_late(server, 0.1) end)
         assert.same({ MUCH, "orderly" }, { got, ending })
      end
   end)

   it("tells the peer of no end where what stands in the output could not be sent", function()
      local jobs, results = {}, {}
      for _, method in ipairs { "shutdown", "close", "handshake" } do
         local client, server = secure_pair()
         jobs[#jobs + 1] = function()
            if method ~= "handshake" then assert(client:starttls(PATIENCE)) end
            client:settimeout(0.1)
            assert(client:xwrite(("x"):rep(MUCH), "bf"))
            if method == "shutdown" then
               assert.same({ n = 2, false, errno.ETIMEDOUT }, packed(client:shutdown "w"))
               assert.is_false(client:eof "w")
               assert.is_true((select(2, client:pending())) > 0)
            elseif method == "handshake" then
               client:xwrite("x", "n", 0.2)
            end
            client:close()
         end
         jobs[#jobs + 1] = function()
            local got, ending = read_late(server, 1.5)
            assert.is_true(got < MUCH)
            results[method] = ending
         end
      end
      run((table.unpack or unpack)(jobs))
      assert.same({ shutdown = "truncated", close = "truncated", handshake = "truncated" }, results)
   end)

   it("shuts down again after a time that was too short", function()
      local client, server = secure_pair()
      local got, ending
      run(function()
         assert(client:starttls(PATIENCE))
         client:settimeout(0.05)
         assert(client:xwrite(("x"):rep(MUCH), "bf"))
         local tries, is_done, why = 0
         repeat
            is_done, why = client:shutdown()
            tries = tries + 1
         until is_done or why ~= errno.ETIMEDOUT
         assert.is_true(is_done)
         assert.is_true(tries > 1)
         client:close()
      end, function() got, ending = read_late(server, 0.3) end)
      assert.same({ MUCH, "orderly" }, { got, ending })
   end)

   it("says who it is", function()
      local client, server = secure_pair()
      local methods, documented = debug.getmetatable(client).__index, {}
      for line in io.lines "doc/types/bearssl_cqueues.lua" do
         local name = line:match "^function Secure:([%a_]+)"
         if name then documented[name] = true end
      end
      for name in pairs(methods) do assert.is_true(documented[name], name) end
      for name in pairs(documented) do assert.is_function(methods[name], name) end
      run(function() assert(client:starttls(PATIENCE)) end, function() assert(server:starttls(PATIENCE)) end)
      assert.equal(client:stream():info "cipher_suite", client:checktls():getCipherInfo().name)
      assert.equal(0x304, client:checktls():getVersion())
      assert.is_nil(client:checktls():getAlpnSelected())
      assert.truthy(tostring(client):find "^bearssl%.cqueues: bearssl%.stream: ")
      assert.equal(client, client:connect())
      assert.has_error(function() client:setmode("t", "t") end)
      assert.has_error(function() client:xread "*x" end)
      assert.has_error(function() cqueues_tls.wrap({}, client) end)
      client:close()
      server:close()
      client:close()
   end)
end)

describe("cqueues.poll", function()
   it("waits for a stream that never waits itself, as long as what it wants has not come", function()
      local a, b = plain_pair()
      local client = assert(client_context:wrap(a, { server_name = "localhost", timeout = PATIENCE }))
      local server = assert(server_context:wrap(b, { timeout = 0 }))
      local polls, got = 0, ""
      local function again(method, ...)
         while true do
            local value, message, third, fourth = server[method](server, ...)
            if value then return value end
            local code = fourth or third
            if code ~= "wantread" and code ~= "wantwrite" then return nil, message end
            assert.equal(code == "wantread" and "r" or "w", server:events())
            assert.equal(server:getfd(), server:pollfd())
            assert.equal(server, (cqueues.poll(server, PATIENCE)))
            polls = polls + 1
         end
      end
      run(function()
         cqueues.sleep(0.02)
         assert(client:handshake())
         assert(client:send "hello")
         assert.equal("bye", (client:receive(3)))
         client:close()
      end, function()
         assert(again "handshake")
         got = again("receiveany", 2)
         -- the rest has been read with that: the descriptor would not tell
         assert.equal(0, server:timeout())
         local began = cqueues.monotime()
         cqueues.poll(server, PATIENCE)
         assert.is_true(cqueues.monotime() - began < PATIENCE / 2)
         got = got .. again("receiveany", 100)
         assert.is_nil(server:timeout())
         assert(again("send", "bye"))
         assert.is_nil((again("receiveany", 1)))
         server:close()
         assert.is_nil(server:pollfd())
      end)
      assert.equal("hello", got)
      assert.is_true(polls > 1)
   end)
end)
