-- The child processes of the measurements: lua spec/bench/child.lua JOB LIBRARY …
--     serve LIBRARY SUITE CURVE CERTFILE KEYFILE         serves one client after another, prints "port N"
--     idle_server LIBRARY SUITE CURVE CERTFILE KEYFILE COUNT MODE
--     idle_client LIBRARY SUITE CURVE CAFILE COUNT MODE PORT
--         hold COUNT connections, print "bytes B" and "lua B" for each and "done", and wait for a line on standard
--         input. MODE: "socket", or "descriptor" (bearssl only)
--     require LIBRARY                                    prints "seconds S", "kilobytes K"
--     context LIBRARY CAFILE                                 the same for `require` and a first client context
--     bundle LIBRARY PATH COUNT                          the same for loading a CA bundle, COUNT times
--     trust LIBRARY PATH COUNT                           the same for a trust store without a context
local socket = require "socket"
local libraries = require "spec.bench.libraries"

local jobs = {}

-- What this process holds that is no file's: heap, stack, dirtied pages of libraries. In kilobytes.
local function memory()
   collectgarbage()
   collectgarbage()
   local file = io.open("/proc/self/smaps_rollup")
   if not file then
      return nil
   end
   local text = file:read("*a")
   file:close()
   return tonumber(text:match("\nAnonymous:%s*(%d+)"))
end

local function say(...)
   print(...)
   io.stdout:flush()
end

local function listen()
   local listener = assert(socket.bind("127.0.0.1", 0, 1024))
   local _, port = listener:getsockname()
   say("port " .. port)
   return listener
end

function jobs.serve(library, suite, curve, certfile, keyfile)
   local talk = require "spec.bench.talk"
   local context = library.server_context({ suite = suite, curve = curve, certfile = certfile, keyfile = keyfile })
   local listener = listen()
   while true do
      local raw = assert(listener:accept())
      raw:setoption("tcp-nodelay", true)
      local connection = library.wrap_server(context, raw)
      local ok, message = connection:dohandshake()
      if ok then
         talk.serve(connection)
      else
         say("handshake: " .. tostring(message))
      end
      connection:close()
   end
end

-- What a connection is made over: the LuaSocket object, or its descriptor with nothing of LuaSocket left.
local function transport(raw, mode)
   if mode ~= "descriptor" then
      return raw
   end
   local fd = raw:getfd()
   raw:setfd(-1)
   return fd
end

local WARM_UP = 3

-- Both ends use each connection once in both directions, so that what is lazily made has been made, and given back.
local function hold(count, open, use)
   for _ = 1, WARM_UP do
      local connection = open()
      use(connection)
      connection:close()
   end
   local before, heap = memory(), collectgarbage("count")
   local held = {}
   for i = 1, count do
      held[i] = false
   end
   for i = 1, count do
      held[i] = open()
      use(held[i])
      -- What a handshake leaves for the collector is not the connection's: it must not make the heap grow.
      if i % 10 == 0 then
         collectgarbage()
      end
   end
   local after = memory()
   if before then
      say(("bytes %.0f"):format((after - before) * 1024 / count))
   end
   say(("lua %.0f"):format((collectgarbage("count") - heap) * 1024 / count))
   return held
end

function jobs.idle_server(library, suite, curve, certfile, keyfile, count, mode)
   local context = library.server_context({ suite = suite, curve = curve, certfile = certfile, keyfile = keyfile })
   local listener = listen()
   local held = hold(tonumber(count), function()
      local connection = library.wrap_server(context, transport(assert(listener:accept()), mode))
      assert(connection:dohandshake())
      return connection
   end, function(connection)
      assert(connection:send(assert(connection:receive(64))))
   end)
   say("done")
   io.read()
   return held
end

function jobs.idle_client(library, suite, curve, cafile, count, mode, port)
   local context = library.client_context({ suite = suite, curve = curve, cafile = cafile })
   local message = ("x"):rep(64)
   local held = hold(tonumber(count), function()
      local connection = library.wrap_client(context,
         transport(assert(socket.connect("127.0.0.1", tonumber(port))), mode))
      assert(connection:dohandshake())
      return connection
   end, function(connection)
      assert(connection:send(message))
      assert(connection:receive(64))
   end)
   say("done")
   io.read()
   return held
end

-- The library is not loaded yet when these are called.
local function time_loading(library, more)
   local before = memory()
   local start = socket.gettime()
   assert(library.load())
   local context = more and library.client_context({ cafile = more })
   local seconds = socket.gettime() - start
   say(("seconds %.9f"):format(seconds))
   if before then
      say(("kilobytes %d"):format(memory() - before))
   end
   return context
end

function jobs.require(library)
   time_loading(library)
end

function jobs.context(library, cafile)
   time_loading(library, cafile)
end

-- What is made is held, so that its memory counts; what was made before it has been given back.
local function time_making(make, path, count)
   local before = memory()
   local start = os.clock()
   local made
   for _ = 1, tonumber(count) do
      made = make(path)
   end
   say(("seconds %.9f"):format((os.clock() - start) / count))
   if before then
      say(("kilobytes %d"):format(memory() - before))
   end
   return made
end

function jobs.bundle(library, path, count)
   return time_making(library.load_bundle, path, count)
end

function jobs.trust(library, path, count)
   return time_making(library.load_trust, path, count)
end

local job, name = arg[1], arg[2]
local library = assert(libraries[name], "no such library")
if job ~= "require" and job ~= "context" then
   assert(library.load())
end
local unpack = table.unpack or unpack
jobs[job](library, unpack(arg, 3))
