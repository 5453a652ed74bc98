-- Handlers that wait in an event loop: whatever is asked or told, two connections' handlers wait for each other, which
-- they could not if one kept the other from going on.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local cqueues = require "cqueues"
local cqueues_socket = require "cqueues.socket"
local cqueues_tls = require "bearssl.cqueues"
local decisions_of = require "spec.support.decisions_of"
local loopback = require "spec.support.loopback"
local luv_tls = require "bearssl.luv"
local socket = require "socket"
local uv = require "luv"

local PATIENCE = 20 * (tonumber(os.getenv "SLOWDOWN") or 1)

-- What a loop has to offer: spawn(f), sleep(), run() until all that was spawned has ended, and pair() → what two
-- streams are wrapped around, and the options for that.
local loops = {}

-- Whoever dies of an error ends the test.
local failure, running

local function guarded(body)
   running = running + 1
   return function()
      body()
      running = running - 1
   end
end

local function resume(thread, ...)
   local ok, problem = coroutine.resume(thread, ...)
   if not ok then failure = failure or debug.traceback(thread, tostring(problem)) end
   return problem
end

local function start(body)
   local thread = coroutine.create(guarded(body))
   resume(thread)
end

-- ---- socket.select ----

do
   local waiting = {}

   local function wait(wanted)
      local thread = bearssl.running()
      waiting[thread] = wanted
      coroutine.yield()
      return wanted.outcome
   end

   local function wait_for_descriptor(fd, mode, seconds)
      return wait { mode = mode, getfd = function() return fd end, deadline = seconds and socket.gettime() + seconds },
         "timeout"
   end

   loops.select = { spawn = start }

   function loops.select.sleep()
      wait { deadline = socket.gettime() + 0.002 }
   end

   function loops.select.run(is_over)
      while not is_over() do
         local reading, writing = {}, {}
         for _, wanted in pairs(waiting) do
            if wanted.mode then table.insert(wanted.mode == "read" and reading or writing, wanted) end
         end
         local readable, writable = socket.select(reading, writing, 0.002)
         local due = {}
         for thread, wanted in pairs(waiting) do
            local ready = readable[wanted] or writable[wanted]
            if ready or wanted.deadline and socket.gettime() >= wanted.deadline then
               wanted.outcome = ready and true or nil
               due[#due + 1] = thread
            end
         end
         for _, thread in ipairs(due) do
            waiting[thread] = nil
            resume(thread)
         end
      end
   end

   function loops.select.pair()
      local a, b = loopback.pair()
      return a, b, wait_for_descriptor
   end
end

-- ---- cqueues ----

do
   local controller = cqueues.new()

   loops.cqueues = { sleep = function() cqueues.sleep(0.002) end }

   function loops.cqueues.spawn(body)
      controller:wrap(guarded(body))
   end

   function loops.cqueues.run(is_over)
      while not is_over() do
         local ok, problem = controller:step(0.1)
         if not ok then error(problem, 0) end
      end
   end

   function loops.cqueues.pair()
      return cqueues_socket.pair "stream"
   end
end

-- ---- luv ----

loops.luv = { spawn = start }

function loops.luv.sleep()
   local thread, timer = bearssl.running(), uv.new_timer()
   timer:start(2, 0, function()
      timer:close()
      resume(thread)
   end)
   coroutine.yield()
end

function loops.luv.run(is_over)
   while not is_over() do uv.run "nowait" end
   uv.run() -- what is closing
end

function loops.luv.pair()
   local descriptors = assert(uv.socketpair(nil, nil, { nonblock = true }, { nonblock = true }))
   local a, b = uv.new_pipe(), uv.new_pipe()
   a:open(descriptors[1])
   b:open(descriptors[2])
   return a, b
end

-- ---- The handlers ----

for name, loop in pairs(loops) do
   describe("handlers that wait in " .. name, function()
      local met, limit

      before_each(function()
         failure, running, met, limit = nil, 0, {}, socket.gettime() + PATIENCE
      end)

      local function run()
         loop.run(function()
            if failure then error(failure, 0) end
            if socket.gettime() > limit then error("the loop is stuck", 0) end
            return running == 0
         end)
      end

      -- Waits until the other connection's handler of that name has come as far.
      local function meet(key, number)
         local counts = met[key] or { 0, 0 }
         met[key] = counts
         counts[number] = counts[number] + 1
         while counts[3 - number] < counts[number] do loop.sleep() end
      end

      local function handlers_of(side, number, version, answers)
         local handlers = {}
         for _, list in ipairs { bearssl.stages, decisions_of(side, version) } do
            for _, what in ipairs(list) do
               -- whether the end of the other comes to be told depends on who closes first
               if what ~= "closed" and what ~= "alert" then
                  handlers[what] = function(_, question)
                     meet(side .. " " .. what, number)
                     if answers[what] then return answers[what](question) end
                  end
               end
            end
         end
         return handlers
      end

      -- Two connections at once, by a function that wraps; gives what was met.
      local function converse(version, suite, wrap, say)
         local kept = {}
         local server = assert(bearssl.context {
            mode = "server", certificate = certificates.rsa.chain, key = certificates.rsa.key, suites = { suite },
            cafile = certificates.ca.certfile, verify = "required", min_version = version, max_version = version,
         })
         local client = assert(bearssl.context {
            cafile = certificates.ca.certfile, suites = { suite }, min_version = version, max_version = version,
         })
         for number = 1, 2 do
            local a, b, wait = loop.pair()
            loop.spawn(function()
               local handlers = handlers_of("server", number, version, {
                  session_store = function(question) kept[question.session_id] = question.session:export() end,
                  session_load = function(question) return kept[question.session_id] end,
               })
               say(wrap(server, a, { timeout = PATIENCE, wait = wait, handlers = handlers }), "server", number)
            end)
            loop.spawn(function()
               say(wrap(client, b, { timeout = PATIENCE, wait = wait, server_name = "localhost",
                  handlers = handlers_of("client", number, version, {
                     client_certificate = function()
                        return { certificate = certificates.client_ec.certificate, key = certificates.client_ec.key }
                     end,
                  }) }), "client", number)
            end)
         end
         run()
         return met
      end

      local function by_streams(context, transport, options)
         return assert(context:wrap(transport, options))
      end

      local function say_by_streams(stream, side, number)
         assert(stream:handshake())
         local line = ("number %d"):format(number)
         if side == "client" then assert(stream:send(line .. "\n")) end
         assert.equal(line, (assert(stream:receive "*l")))
         if side == "server" then assert(stream:send(line .. "\n")) end
         stream:close()
      end

      for _, case in ipairs {
         { "TLSv1.3", "TLS_AES_128_GCM_SHA256" },
         { "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
         { "TLSv1.2", "TLS_RSA_WITH_AES_128_GCM_SHA256", "decrypt" },
      } do
         local version, suite, more = case[1], case[2], case[3]
         it("keep no other connection waiting: " .. version .. ", " .. suite, function()
            local seen = converse(version, suite, by_streams, say_by_streams)
            for _, key in ipairs { "server select", "server " .. (more or "sign"), "server verify", "client verify",
               "client client_certificate", "client sign", "client established", "server application_data",
               version == "TLSv1.2" and "server session_store" or "server keylog" } do
               assert.truthy(seen[key], key)
            end
         end)
      end

      if name == "luv" then
         it("keep no other connection waiting where callbacks are called", function()
            local function say(secure, side, number)
               local got, line = "", ("number %d\n"):format(number)
               running = running + 1
               secure:read_start(function(problem, bytes)
                  assert(not problem, problem)
                  got = got .. (bytes or "")
                  if bytes and got ~= line then return end
                  assert.equal(line, got)
                  local function close() secure:close(function() running = running - 1 end) end
                  if side == "server" then secure:write(got, close) else close() end
               end)
               if side == "client" then secure:write(line) end
            end
            local seen = converse("TLSv1.3", "TLS_AES_128_GCM_SHA256", function(context, handle, options)
               return assert(luv_tls.wrap(context, handle, options))
            end, say)
            assert.truthy(seen["server sign"])
         end)
      elseif name == "cqueues" then
         it("keep no other connection waiting where sockets of ours are used", function()
            local seen = converse("TLSv1.3", "TLS_AES_128_GCM_SHA256", function(context, below, options)
               return assert(cqueues_tls.wrap(context, below, options))
            end, function(secure, side, number)
               local line = ("number %d\n"):format(number)
               if side == "client" then assert(secure:xwrite(line, "n")) end
               assert.equal(line, (secure:xread "*L"))
               if side == "server" then assert(secure:xwrite(line, "n")) end
               secure:close()
            end)
            assert.truthy(seen["server sign"])
         end)
      end
   end)
end
