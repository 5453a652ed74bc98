-- The example of each event loop serves a thousand connections at once, each of them its own answer; afterwards it has
-- given back every descriptor and its memory.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local interpreter = require "spec.support.interpreter"
local loopback = require "spec.support.loopback"
local process = require "spec.support.process"
local shell = require "spec.support.shell"

local COUNT = 1000
local SLOWDOWN = tonumber(os.getenv "SLOWDOWN") or 1
local PATIENCE = 60
local MEASURED = "spec/loops/support/measured.lua"

local function start(words)
   local argv = { "sh", "-c", "ulimit -n 4096; exec \"$@\"", "sh", interpreter.path }
   for _, word in ipairs(words) do argv[#argv + 1] = word end
   return process.start(argv, { environment = interpreter.environment(), input = true })
end

local function descriptors_of(child)
   return select(2, shell.run({ "ls", "/proc/" .. child.pid .. "/fd" }):gsub("\n", ""))
end

-- In KB.
local function resident_of(child)
   for line in io.lines("/proc/" .. child.pid .. "/status") do
      local resident = line:match "^VmRSS:%s*(%d+)"
      if resident then return tonumber(resident) end
   end
end

local context = assert(bearssl.context { cafile = certificates.ca.certfile })

-- What Lua holds in the server, in KB, once its garbage is collected, as it says behind the so-manieth "memory".
local function held_by(server, port, nth)
   local options = { server_name = "example.org", timeout = PATIENCE * SLOWDOWN }
   local stream = assert(context:wrap(loopback.connect(port), options))
   assert(stream:handshake())
   stream:close()
   return tonumber(server:wait_for(("memory %d+.*"):rep(nth - 1) .. "memory (%d+)", PATIENCE))
end

local function wait_until(what, condition)
   assert(process.until_true(PATIENCE, condition), what)
end

-- A thousand clients come and go; meanwhile() is called while all of them are there.
local function wave(port, meanwhile)
   local client = start { "spec/loops/support/thousand.lua", port, certificates.ca.certfile, COUNT }
   client:wait_for("answered " .. COUNT, PATIENCE)
   meanwhile()
   client:write "\n"
   assert.are.equal(0, client:wait(PATIENCE), client:told())
end

describe("a thousand connections at once:", function()
   after_each(function() process.stop_all() end)

   local function serve(words)
      local server = start(words)
      return server, tonumber(server:wait_for("listening on 127%.0%.0%.1:(%d+)", PATIENCE))
   end

   -- One wave after the other, at most so many, until is_settled(number) says that it leaves nothing behind.
   local function waves(server, port, most, is_settled)
      local before = descriptors_of(server)
      for number = 1, most do
         wave(port, function() assert.is_true(descriptors_of(server) >= before + COUNT) end)
         wait_until("the server has kept descriptors", function() return descriptors_of(server) == before end)
         if is_settled(number) then return true end
      end
      return false
   end

   for _, name in ipairs { "select_server.lua", "cqueues_server.lua", "luv_server.lua", "luv_callbacks.lua",
      "copas_server.lua" } do
      it(name, function()
         local server, port = serve { MEASURED, "examples/" .. name, certificates.ec.chainfile,
            certificates.ec.keyfile }
         local held, resident = {}, {}
         -- The heap grows until it has room for a wave and the garbage of some; what leaks would go on. Of a wave's
         -- connections a twentieth of a kilobyte each would be seen in Lua, half a kilobyte in the process.
         local is_settled = waves(server, port, 10, function(number)
            held[number], resident[number] = held_by(server, port, number), resident_of(server)
            return number > 2 and held[number] <= held[number - 1] + COUNT / 20
               and resident[number] <= resident[number - 1] + COUNT / 2
         end)
         assert(is_settled, ("Lua holds %s, the process %s KB"):format(table.concat(held, ", "),
            table.concat(resident, ", ")))
         assert.is_nil(server:status(), server:told())
      end)
   end

   it("bearssl serve --echo", function()
      local server, port = serve { "bin/bearssl", "serve", "--echo", "--listen", "127.0.0.1:0",
         "--cert", certificates.ec.chainfile, "--key", certificates.ec.keyfile }
      waves(server, port, 2, function() return false end)
      assert.is_nil(server:status(), server:told())
   end)
end)
