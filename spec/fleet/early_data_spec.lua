-- Early data of a fleet: one recorded flight, sent to all three servers, has its effect once; also after a server was
-- killed, after the store was, and after it read back an old snapshot. The servers are those of
-- examples/fleet_server.lua.
local fleet = require "spec.support.fleet"
local interpreter = require "spec.support.interpreter"
local loopback = require "spec.support.loopback"
local ours = require "spec.support.ours"
local process = require "spec.support.process"
local sealed = require "bearssl.store.sealed"
local socket = require "socket"
local temporary = require "spec.support.temporary"

describe("early data of a fleet", function()
   local made, context, number, gone

   after_each(function()
      ours.close_all()
      if made then fleet.stop(made) end
      made = nil
   end)

   local function start(kind)
      made = fleet.start(kind)
      context = ours.client_context({ min_version = "TLSv1.3", session_cache = 0 })
      number, gone = 0, ""
   end

   -- Makes the register as old as if it had been kept for an hour.
   local function age_register()
      local backend = require("bearssl.store." .. made.store.kind).new({ port = made.store.port, timeout = 5 })
      local over = sealed.new(backend, temporary.read(made.secret):match("%x+"), "bearssl:")
      local _, run = assert(backend:add("only-to-learn-the-run-" .. number, "", 10))
      assert(over:set("register", "since", ("%d %s"):format(os.time() - 3600, run or ""), 1000))
   end

   -- What a register without a note of when it began would do: everything is forgotten, and nobody notices.
   local function forget_silently()
      require("redis").connect("127.0.0.1", made.store.port):flushall()
      age_register()
   end

   local function ask(port, line, options)
      options = options or {}
      options.session = options.session or false
      local stream = assert(ours.connect(port, context, options))
      if not options.early_data then assert(stream:send(line)) end
      local answer = assert(stream:receive("*l"))
      local session = stream:session()
      stream:close()
      return answer, session
   end

   -- record gives a flight with early data, "strike N", which one server has issued the ticket for.
   local function record()
      number = number + 1
      local _, session = ask(made.balancer.port, "hello\n")
      local line = "strike " .. number
      local connection = assert(context:connection({ server_name = "localhost", session = session,
         early_data = line .. "\n" }))
      connection:step()
      return connection:drain(), line
   end

   -- send gives a server the flight, and waits for its answer: then it has decided.
   local function send(flight, server)
      local raw = loopback.connect(server.port)
      assert(raw:send(flight))
      assert(raw:receive(1))
      return raw
   end

   -- how often a line had its effect, early, at any of the servers that there ever were
   local function effects(line)
      local text = gone
      for _, server in ipairs(made.servers) do text = text .. server.child:output() end
      return select(2, text:gsub("took '" .. line .. "' early", ""))
   end

   local function has_effects(count, line)
      process.until_true(2, function() return effects(line) >= count end)
      socket.sleep(0.1)
      assert.equal(count, effects(line), line)
   end

   local function send_to_all(flight)
      local list = {}
      for index, server in ipairs(made.servers) do list[index] = send(flight, server) end
      for _, raw in ipairs(list) do raw:close() end
   end

   local function kill(server)
      gone = gone .. server.child:output()
      server.child:signal("KILL")
      server.child:wait()
   end

   for _, kind in ipairs { "redis", "memcached" } do
      it("is taken by one server, once, whoever replays it where; " .. kind, function()
         start(kind)
         -- nothing is taken before the register has been kept for a while
         local young, line = record()
         send_to_all(young)
         has_effects(0, line)
         age_register()
         local session = select(2, ask(made.balancer.port, "hello\n"))
         assert.truthy(ask(made.balancer.port, "", { session = session, early_data = "honest\n" }):find(
            "resumed=true early=true honest", 1, true))

         local flight
         flight, line = record()
         send_to_all(flight)
         has_effects(1, line)
         send_to_all(flight)
         has_effects(1, line)

         -- the server that took it dies, and comes back without memory
         flight, line = record()
         local raw = send(flight, made.servers[2])
         has_effects(1, line)
         kill(made.servers[2])
         raw:close()
         for _, server in ipairs { made.servers[1], made.servers[3] } do send(flight, server):close() end
         made.servers[2].start()
         send_to_all(flight)
         has_effects(1, line)
      end)
   end

   it("is refused while the store is away, the connection going on; and after it came back empty", function()
      start("redis")
      age_register()
      local flight, line = record()
      send(flight, made.servers[1]):close()
      has_effects(1, line)
      local session = select(2, ask(made.balancer.port, "hello\n"))
      made.store.stop()
      send_to_all(flight)
      has_effects(1, line)
      local options = { session = session, early_data = "late\n", early_data_resend = true }
      assert.truthy(ask(made.balancer.port, "", options):find("resumed=true early=false late", 1, true))

      made.store.start()
      socket.sleep(1.1) -- servers ask again
      for _ = 1, 3 do
         send_to_all(flight)
         has_effects(1, line)
      end
      forget_silently()
      send(flight, made.servers[2]):close()
      has_effects(2, line)
   end)

   it("is refused after the store read back a snapshot that is older than the strike", function()
      start("redis")
      age_register()
      local flight, line = record()
      local client = require("redis").connect("127.0.0.1", made.store.port)
      assert(client:save())
      send(flight, made.servers[1]):close()
      has_effects(1, line)
      made.store.stop()
      made.store.start()
      client = require("redis").connect("127.0.0.1", made.store.port)
      assert.truthy(client:exists("bearssl:register:73696e6365"))
      socket.sleep(1.1)
      send_to_all(flight)
      has_effects(1, line)
      forget_silently()
      send(flight, made.servers[3]):close()
      has_effects(2, line)
   end)
end)

-- Clients at work: CLIENTS at once, each a number of connections, with the session of the one before; what is cut off
-- is tried again. Prints how many answers came, resumed ones among them, and how many attempts failed.
local CLIENTS = [=[
local bearssl = require "bearssl"
local loop = require("bearssl.tool.loop").new()
local socket = require "socket"
local port, ca, clients, turns = tonumber(arg[1]), arg[2], tonumber(arg[3]), tonumber(arg[4])
local context = assert(bearssl.context { cafile = ca, session_cache = 0 })
local answers, resumed, failures, servers = 0, 0, 0, {}

local function once(session)
   local tcp = socket.tcp()
   tcp:settimeout(0)
   tcp:connect("127.0.0.1", port)
   if not loop:wait(tcp, "write", 5) then return nil end
   local stream = assert(context:wrap(tcp, { server_name = "localhost", session = session or false, timeout = 0 }))
   local text = loop:handshake(stream, 5) and loop:send(stream, "hello\n", 5) and loop:receive(stream, 1000, 5)
   local kept = stream:session()
   local was_resumed = stream:info "resumed"
   stream:close()
   tcp:close()
   return text, kept, was_resumed
end

for _ = 1, clients do
   loop:spawn(function()
      local session
      for turn = 1, turns do
         local text, kept, was_resumed
         repeat
            text, kept, was_resumed = once(session)
            if not text then failures = failures + 1 end
         until text
         session = kept or session
         servers[text:match "server=(%w+)"] = true
         answers = answers + 1
         if was_resumed then resumed = resumed + 1 end
         if answers == clients * 2 then print("under way") io.stdout:flush() end
         loop:sleep(0.02)
      end
   end, function(ok, message) if not ok then print(message) os.exit(1) end end)
end
loop:run()
print(("answers=%d resumed=%d failures=%d"):format(answers, resumed, failures))
]=]

describe("a fleet of which one server is killed in the middle of its work", function()
   local made

   teardown(function() if made then fleet.stop(made) end end)

   it("answers every client, who tries again; who resumes goes on doing so elsewhere", function()
      made = fleet.start("redis")
      local certificates = require "spec.support.certificates"
      local clients, turns = 20, 40
      local load = interpreter.script(CLIENTS, { tostring(made.balancer.port), certificates.ca.certfile,
         tostring(clients), tostring(turns) })
      load:wait_for("under way", 20)
      made.servers[1].child:signal("KILL")
      assert.equal(0, load:wait(30))
      local answers, resumed, failures = load:output():match("answers=(%d+) resumed=(%d+) failures=(%d+)")
      assert.equal(clients * turns, tonumber(answers))
      -- all but each client's first
      assert.equal(clients * (turns - 1), tonumber(resumed))
      -- what the dead one had in hand, and no more
      assert.is_true(tonumber(failures) <= clients, failures)
      assert.is_true(tonumber(answers) > clients * 3)
   end)
end)
