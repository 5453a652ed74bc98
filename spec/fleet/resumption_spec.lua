-- Three servers behind HAProxy, which share sessions and ticket keys through a real Redis or memcached.
local fleet = require "spec.support.fleet"
local ours = require "spec.support.ours"
local process = require "spec.support.process"
local socket = require "socket"

-- What a session may be kept by: { version, tickets }.
local KINDS = {
   ["session ID of TLS 1.2"] = { max_version = "TLSv1.2", tickets = false },
   ["ticket of TLS 1.2"] = { max_version = "TLSv1.2" },
   ["ticket of TLS 1.3"] = { min_version = "TLSv1.3" },
}

-- ask(fleet, context, session) → { server =, resumed =, early = } as the server said, and the session that came.
local function ask(made, context, session)
   local stream = assert(ours.connect(made.balancer.port, context, { session = session or false }))
   assert(stream:send("hello\n"))
   local line = assert(stream:receive("*l"))
   local fields = {}
   for name, value in line:gmatch("(%w+)=(%w+)") do fields[name] = value end
   local kept = stream:session()
   stream:close()
   return fields, kept
end

-- names: where the names of the keys that seal tickets are noted (their first 16 bytes), name → true
local function context_of(options, names)
   local own = { session_cache = 0 }
   for name, value in pairs(options) do own[name] = value end
   if names then
      own.handlers = { new_session_ticket = function(_, message) names[message.ticket:sub(1, 16)] = true end }
   end
   return ours.client_context(own)
end

local function count(set)
   local number = 0
   for _ in pairs(set) do number = number + 1 end
   return number
end

-- Sessions go around: each server resumes what another gave. → the last session.
local function goes_around(made, context, session)
   local seen, from = {}, nil
   for _ = 1, 4 do
      local fields, kept = ask(made, context, session)
      if session then assert.equal("true", fields.resumed, fields.server) end
      assert.not_equal(from, fields.server)
      from, session = fields.server, kept or session
      seen[from] = true
   end
   assert.is_true(seen.one and seen.two and seen.three)
   return session
end

for _, kind in ipairs { "redis", "memcached" } do
   describe("a fleet with " .. kind, function()
      local made

      setup(function() made = fleet.start(kind, { "period=4", "overlap=12" }) end)
      teardown(function() fleet.stop(made) end)
      after_each(ours.close_all)

      for name, options in pairs(KINDS) do
         it("resumes at each server what another gave: a " .. name, function()
            goes_around(made, context_of(options))
         end)
      end

      it("goes on through rotations", function()
         local contexts, sessions, names = {}, {}, {}
         for name, options in pairs(KINDS) do
            contexts[name] = context_of(options, names)
            sessions[name] = select(2, ask(made, contexts[name]))
         end
         local before = count(names)
         -- more than a period: another key seals
         socket.sleep(4.5)
         for name, context in pairs(contexts) do sessions[name] = goes_around(made, context, sessions[name]) end
         -- one key after the other, not one of each server
         assert.is_true(before >= 1 and count(names) > before and count(names) <= before + 2)
      end)

      it("serves without its store, and resumes by the keys it has", function()
         local contexts, sessions = {}, {}
         for name, options in pairs(KINDS) do
            contexts[name] = context_of(options)
            sessions[name] = select(2, ask(made, contexts[name]))
         end
         made.store.stop()
         goes_around(made, contexts["ticket of TLS 1.2"], sessions["ticket of TLS 1.2"])
         goes_around(made, contexts["ticket of TLS 1.3"], sessions["ticket of TLS 1.3"])
         -- what only the store knew is a full handshake
         local started = socket.gettime()
         local name = "session ID of TLS 1.2"
         for _ = 1, 3 do assert.equal("false", ask(made, contexts[name], sessions[name]).resumed) end
         assert.is_true(socket.gettime() - started < 3)
         assert.truthy(made.servers[1].child:output():find("store: ", 1, true))

         made.store.start()
         -- servers look again after a second
         assert.is_true(process.until_true(10, function()
            local _, session = ask(made, contexts[name])
            return ask(made, contexts[name], session).resumed == "true"
               and ask(made, contexts[name], session).resumed == "true"
         end))
         goes_around(made, contexts[name])
         goes_around(made, contexts["ticket of TLS 1.3"])
      end)
   end)
end
