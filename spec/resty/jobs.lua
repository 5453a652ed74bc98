-- What front.conf's workers do for the specs: each function takes a table and returns one.
local bearssl = require "bearssl"
local resty = require "bearssl.resty"

local jobs = {}

local contexts, settings = {}, nil

function jobs.prepare(given)
   settings, jobs.settings = given, given
   for _, name in ipairs { "usual", "other" } do
      contexts[name] = assert(bearssl.context { cafile = given.authority })
   end
   contexts.old = assert(bearssl.context { cafile = given.authority, max_version = "TLSv1.2" })
   contexts.stranger = assert(bearssl.context { trust = bearssl.trust.new {} })
   jobs.contexts = contexts
end

local watched = {}
local watchers = {
   first = { established = function() watched[#watched + 1] = "first" end },
   second = { established = function() watched[#watched + 1] = "second" end },
}

-- sslhandshake's third argument, which JSON cannot leave out
local ssl_verify = { yes = true, no = false }

local REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

local function options_of(job)
   return {
      context = contexts[job.context or "usual"], server_name = job.default_name, verify = job.verify,
      handlers = watchers[job.handlers], handshake_on_connect = job.at_once, alpn = job.alpn,
      pool_size = job.default_size, keepalive_timeout = job.default_timeout,
   }
end

-- One request over HTTPS, unless the job says otherwise: what came of it.
function jobs.fetch(job)
   local socket = resty.wrap(ngx.socket.tcp(), options_of(job))
   local result = {}
   socket:settimeouts(5000, 5000, 5000)
   if job.client_certificate then
      assert(socket:setclientcert(job.client_certificate, job.client_key))
   end
   local connected, message = socket:connect(job.host or "127.0.0.1", job.port or settings.upstream,
      job.pool and { pool = job.pool } or nil)
   if not connected then return { failed = message } end
   result.offered = socket:getreusedtimes()
   if not (job.trusting and result.offered > 0) and not job.at_once then
      local done, why, code = socket:sslhandshake(false, job.server_name or "localhost", ssl_verify[job.ssl_verify])
      if not done then return { failed = why, code = code, closed = select(2, socket:send("x")) } end
   end
   result.reused = socket:getreusedtimes()
   result.verified, result.version = socket:info("peer_verified"), socket:info("version")
   assert(socket:send(job.request or REQUEST))
   if job.line then
      result.line = assert(socket:receive())
   else
      assert(socket:receiveuntil("\r\n\r\n"))()
      result.line = assert(socket:receive())
      result.connection, result.requests, result.resumed, result.shown =
         result.line:match("^(%d+) (%d+) (%S+) (%S+)$")
   end
   if job.close then
      socket:close()
   elseif not job.drop then
      result.kept, result.refused = socket:setkeepalive(job.timeout, job.size)
      result.after = select(2, socket:send("x"))
   end
   result.idle = resty.idle()
   return result
end

function jobs.idle() return { idle = resty.idle(), sockets = nil } end

-- Several connections at once, so that each is a new one; then all are put aside.
function jobs.several(job)
   local sockets = {}
   for index = 1, job.count do
      local socket = resty.wrap(ngx.socket.tcp(), options_of(job))
      assert(socket:connect("127.0.0.1", job.port or settings.upstream))
      assert(socket:sslhandshake(false, "localhost"))
      sockets[index] = socket
   end
   for _, socket in ipairs(sockets) do assert(socket:setkeepalive(job.timeout, job.size)) end
   return { idle = resty.idle() }
end

-- Two light threads over one socket, and what a third is told.
function jobs.threads()
   local socket = resty.wrap(ngx.socket.tcp(), options_of {})
   assert(socket:connect("127.0.0.1", settings.upstream))
   assert(socket:sslhandshake(false, "localhost"))
   local reader = ngx.thread.spawn(function() return socket:receive() end)
   local _, busy = socket:receive(1)
   local _, kept = socket:setkeepalive()
   local _, connected = socket:connect("127.0.0.1", settings.upstream)
   assert(socket:send(REQUEST))
   local _, line = ngx.thread.wait(reader)
   socket:close()
   return { busy = busy, kept = kept, connected = connected, line = line }
end

-- What is left in the hands of who has put a connection aside.
function jobs.stale()
   local socket = resty.wrap(ngx.socket.tcp(), options_of {})
   assert(socket:connect("127.0.0.1", settings.upstream))
   assert(socket:sslhandshake(false, "localhost"))
   assert(socket:send(REQUEST))
   local reader = socket:receiveuntil("\r\n\r\n")
   assert(reader())
   assert(socket:receive())
   assert(socket:setkeepalive())
   local result = {}
   for _, name in ipairs { "receive", "close", "setkeepalive", "getreusedtimes", "info", "sslhandshake" } do
      result[name] = select(2, socket[name](socket))
   end
   result.reader = select(2, reader())
   local other = resty.wrap(ngx.socket.tcp(), options_of {})
   assert(other:connect("127.0.0.1", settings.upstream))
   assert(other:sslhandshake(false, "localhost"))
   result.again = other:getreusedtimes()
   -- the same socket object may connect anew
   assert(socket:connect("127.0.0.1", settings.upstream))
   result.plain_kept = select(2, socket:setkeepalive())
   socket:close()
   other:close()
   return result
end

-- A session of one handshake is given to the next, as with nginx's own.
function jobs.resume(job)
   local context = assert(bearssl.context { cafile = settings.authority, session_cache = 0,
      max_version = job.max_version })
   local session, result = nil, {}
   for index = 1, 3 do
      local socket = resty.wrap(ngx.socket.tcp(), { context = context })
      assert(socket:connect("127.0.0.1", settings.upstream))
      session = assert(socket:sslhandshake(session, "localhost", true))
      result[index] = socket:info("resumed")
      assert(socket:send(REQUEST))
      assert(socket:receiveuntil("\r\n\r\n"))()
      assert(socket:receive())
      if index == 2 then session = assert(session:session()) end
      socket:close()
   end
   return result
end

function jobs.store()
   local store = require("bearssl.store.ngx_shared").new("events")
   local result = { missing = store:get("nobody") == nil }
   result.set, result.got = store:set("a", "1", 60), store:get("a")
   result.added, result.twice = store:add("b", "1", 0.05), store:add("b", "2", 60)
   ngx.sleep(0.1)
   result.later = store:add("b", "3", 60)
   result.deleted, result.gone = store:delete("a"), store:get("a") == nil
   store:set("c", "1", 60)
   store:set("c", "2", 0)
   result.over = store:get("c") == nil
   local small = require("bearssl.store.ngx_shared").new(ngx.shared.small)
   local first = small:add("strike", ("x"):rep(1000), 600)
   local refused, why
   for index = 1, 100 do
      refused, why = small:add("strike " .. index, ("x"):rep(1000), 600)
      if not refused then break end
   end
   result.first, result.full, result.kept = first, why, small:get("strike") ~= nil
   return result
end

-- ---- Clients of the lua-resty kind ----

function jobs.redis(job)
   job.value = job.value .. ("x"):rep(40000)
   local redis = require "nginx.redis"
   local options = { context = contexts[job.context or "usual"], server_name = job.server_name or "localhost" }
   local client
   if job.object then
      client = resty.wrap(redis:new(), options)
   else
      client = resty.wrap(redis, options):new()
   end
   client:set_timeout(5000)
   local connected, message, code = client:connect("127.0.0.1", job.port)
   if not connected then return { failed = message, code = code } end
   local result = { reused = client:get_reused_times() }
   result.set = assert(client:set("key", job.value))
   result.got = assert(client:get("key"))
   result.missing = client:get("no such key") == ngx.null
   client:init_pipeline()
   client:incr("counter")
   client:incr("counter")
   client:mget("key", "key")
   result.pipeline = assert(client:commit_pipeline())
   local _, wrong = client:incr("key")
   result.wrong = wrong
   result.kept = assert(client:set_keepalive(10000, 10))
   return result
end

function jobs.memcached(job)
   job.value = job.value .. ("x"):rep(40000)
   local memcached = resty.wrap(require "nginx.memcached", { context = contexts.usual, server_name = "localhost" })
   local client = assert(memcached:new())
   client:set_timeout(5000)
   local connected, message = client:connect("127.0.0.1", job.port)
   if not connected then return { failed = message } end
   local result = { reused = client:get_reused_times() }
   assert(client:flush_all())
   result.set = assert(client:set("a key", job.value))
   result.got = client:get("a key")
   result.missing = client:get("nobody") == nil
   result.several = client:get { "a key", "nobody" }["a key"][1]
   result.version = client:version()
   result.kept = assert(client:set_keepalive(10000, 10))
   return result
end

-- What is not to be wrapped, and what is misused: the messages.
function jobs.misuse()
   local messages = {}
   local function note(...)
      local _, message = pcall(...)
      messages[#messages + 1] = tostring(message)
   end
   local socket = resty.wrap(ngx.socket.tcp())
   note(resty.wrap, socket)
   note(resty.wrap, {})
   note(resty.wrap, ngx.socket.udp())
   note(resty.wrap, ngx.socket.tcp(), { contxt = contexts.usual })
   note(resty.wrap, ngx.socket.tcp(), { context = {} })
   note(resty.wrap, resty.wrap(require("nginx.redis"):new()))
   note(function() return resty.wrap({ new = function() return {} end }):new() end)
   note(socket.connect, socket, 5)
   note(socket.connect, socket, "127.0.0.1", 1, { pool = {} })
   note(socket.settimeout, socket, -1)
   note(require("bearssl.store.ngx_shared").new, "nobody's")
   return messages
end

--- state() tells of the worker: its process, what its Lua holds, and how many connections lie idle.
function jobs.state()
   collectgarbage()
   collectgarbage()
   return { pid = ngx.worker.pid(), lua = collectgarbage("count"), idle = resty.idle() }
end

-- Everything until the end.
function jobs.all(job)
   local socket = resty.wrap(ngx.socket.tcp(), options_of {})
   assert(socket:connect("127.0.0.1", job.port))
   assert(socket:sslhandshake(false, "localhost"))
   local whole, message, partial, code = socket:receive("*a")
   socket:close()
   return { whole = whole, message = message, partial = partial, code = code }
end

-- Each server's key is asked of an HTTP service, over another cosocket, while the handshake waits. By way of sessions
-- in ngx.shared the second handshake asks nobody.
local function ask_service(_, question)
   local socket = ngx.socket.tcp()
   assert(socket:connect("127.0.0.1", settings.own))
   assert(socket:send(("GET /known?pin=%s HTTP/1.0\r\n\r\n"):format(ngx.escape_uri(question.chain[1]:pin()))))
   local answer = assert(socket:receive("*a"))
   socket:close()
   ngx.shared.events:incr("asked", 1, 0)
   if not answer:find("\r\n\r\nknown$") then return nil, "certificate_refused" end
   return true
end

local service_handlers = {
   verify = ask_service,
   session_store = function(_, question)
      ngx.shared.sessions:set("of " .. question.server_name, question.session:export(), question.lifetime)
   end,
   session_load = function(_, question) return ngx.shared.sessions:get("of " .. question.server_name) end,
}

function jobs.service(job)
   if job.pin then ngx.shared.events:set("pin " .. job.pin, true) end
   local socket = resty.wrap(ngx.socket.tcp(), { context = contexts.usual, handlers = service_handlers })
   assert(socket:connect("127.0.0.1", settings.upstream))
   local done, message, code = socket:sslhandshake(false, "localhost")
   local result = { message = message, code = code, asked = ngx.shared.events:get("asked") }
   if done then
      assert(socket:send(REQUEST))
      assert(socket:receiveuntil("\r\n\r\n"))()
      result.line, result.resumed = socket:receive(), socket:info("resumed")
      result.kept = job.keep and socket:setkeepalive() or socket:close()
      result.times = socket:getreusedtimes()
   end
   return result
end

-- A cosocket that was connected before it was wrapped, and clients too late.
function jobs.late()
   local function connected()
      local socket = ngx.socket.tcp()
      assert(socket:connect("127.0.0.1", settings.upstream))
      return socket
   end
   local result = {}
   local socket = resty.wrap(connected(), { context = contexts.usual })
   result.nameless, result.why = socket:sslhandshake(false)
   socket = resty.wrap(connected(), { context = contexts.usual })
   assert(socket:sslhandshake(false, "localhost", true))
   assert(socket:send("GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"))
   result.line = socket:receive()
   assert(socket:receiveuntil("\r\n\r\n"))()
   result.kept = select(2, socket:setkeepalive())
   socket:close()
   local client = require("nginx.redis"):new()
   assert(client:connect("127.0.0.1", settings.upstream))
   result.client = select(2, pcall(resty.wrap, client))
   client:close()
   return result
end

-- Whose connect has shaken hands calls sslhandshake as well.
function jobs.twice(job)
   local options = options_of { at_once = true, default_name = "localhost", verify = job.verify }
   local socket = resty.wrap(ngx.socket.tcp(), options)
   assert(socket:connect("127.0.0.1", settings.upstream))
   local result = {}
   for _, each in ipairs { { "plain" }, { "named", "localhost", true }, { "weaker", "localhost", false },
      { "other", "example.org", true } } do
      result[each[1]] = socket:sslhandshake(false, each[2], each[3]) or false
   end
   socket:close()
   return result
end

function jobs.compare() return require("compare").run(settings) end

return jobs
