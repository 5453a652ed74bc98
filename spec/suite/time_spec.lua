-- What .ci/suite says when time runs out: which file was running, and which variable gives more.
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local count = 0

-- Specs, each in a file of its own: where they are. By a short name, as Lua cuts off the beginning of long ones.
local function specs(bodies)
   count = count + 1
   local place = ("%s/%d"):format(temporary.directory(), count)
   shell.run { "mkdir", place }
   for name, body in pairs(bodies) do
      temporary.write(('describe("%s", function() it("runs", function()\n%s\nend) end)\n'):format(name, body), nil,
         place .. "/" .. name .. "_spec.lua")
   end
   return place
end

-- The suite's words: nothing of what the suite that runs this one was told, and no terminal.
local function suite(place, environment, programs)
   local words = { "env" }
   for _, name in ipairs { "RESULTS", "LIVE", "CHECKER", "SPECFLAGS", "SPEC_COUNTS", "SPEC_LANE", "SPEC_DEADLINE",
      "SPEC_DEADLINE_OF", "SPEC_TIMEOUT", "JOB_TIMEOUT", "SLOWDOWN" } do
      words[#words + 1] = "-u"
      words[#words + 1] = name
   end
   for name, value in pairs(environment) do words[#words + 1] = name .. "=" .. value end
   for _, word in ipairs { "LUA=lua5.4", "LABEL=inner", "JOBS=1", "OUT=" .. temporary.make_directory(),
      "SPEC=" .. place, ".ci/suite" } do
      words[#words + 1] = word
   end
   for _, path in ipairs(programs or {}) do words[#words + 1] = path end
   return words
end

local function run(...)
   return shell.try(suite(...))
end

local SLEEP = 'require("socket").sleep(30)'

describe("a suite that time ends", function()
   after_each(process.stop_all)

   it("names the file that was running, and the variable of each", function()
      local place = specs { sleeps = SLEEP, quick = "assert.is_true(true)" }
      local status, output = run(place, { JOB_TIMEOUT = 1 })
      assert.equal(1, status)
      assert.truthy(output:find("FAILED: " .. place .. "/sleeps_spec.lua was stopped after 1 seconds: JOB_TIMEOUT (1 "
         .. "seconds for each) gives more; what waits in it waits longer with SLOWDOWN (1)\n", 1, true), output)
      assert.matches("\ninner: 1 passed, 1 failed\n$", output)
   end)

   it("names the variable of all, and what was not begun", function()
      -- the one that is known to take long is begun first
      local place, out = specs { sleeps = SLEEP, quick = "assert.is_true(true)" }, temporary.make_directory()
      temporary.write(("9 %s/sleeps_spec.lua\n1 %s/quick_spec.lua\n"):format(place, place), nil, out .. "/times")
      local words = suite(place, { SPEC_TIMEOUT = 1 })
      words[#words] = nil
      words[#words + 1] = "OUT=" .. out
      words[#words + 1] = ".ci/suite"
      local status, output = shell.try(words)
      assert.equal(1, status)
      assert.matches("/sleeps_spec.lua was stopped after 1 seconds: SPEC_TIMEOUT %(1 seconds for all%) gives more",
         output)
      assert.truthy(output:find("FAILED: " .. place .. "/quick_spec.lua was not begun: no time was left of "
         .. "SPEC_TIMEOUT (1 seconds for all)\n", 1, true), output)
      assert.matches("\ninner: 0 passed, 2 failed\n$", output)
   end)

   it("names what its caller names", function()
      local status, output = run(specs { quick = "" }, { SPEC_DEADLINE = os.time() - 1,
         SPEC_DEADLINE_OF = "CI_BUDGET (9 seconds)" })
      assert.equal(1, status)
      assert.matches("was not begun: no time was left of CI_BUDGET %(9 seconds%)\n", output)
   end)

   it("says so of a C unit test as well, and not of one that fails by itself", function()
      local place = temporary.make_directory()
      for name, text in pairs { slow = "sleep 30", failing = "echo '3 passed, 1 failed'; exit 1", odd = "exit 124" } do
         temporary.write("#!/bin/sh\n" .. text .. "\n", nil, ("%s/%s_test"):format(place, name))
         shell.run { "chmod", "+x", ("%s/%s_test"):format(place, name) }
      end
      local _, output = run(place, { JOB_TIMEOUT = 1 },
         { place .. "/slow_test", place .. "/failing_test", place .. "/odd_test" })
      assert.matches("FAILED: slow was stopped after 1 seconds: JOB_TIMEOUT", output)
      assert.matches("FAILED: failing: exit status 1\n", output)
      assert.matches("FAILED: odd did not come to its end: exit status 124\n", output)
      assert.matches("\ninner: 3 passed, 3 failed\n$", output)
   end)

   it("says what was running when somebody else stops it", function()
      local mark = temporary.path()
      local place = specs { sleeps = ("io.open(%q, 'w'):close() %s"):format(mark, SLEEP) }
      local words = { "timeout", "-k", "20", "30" }
      for _, word in ipairs(suite(place, {})) do words[#words + 1] = word end
      local child = process.start(words)
      assert.is_truthy(process.until_true(20, function() return temporary.read(mark) end))
      child:signal "TERM" -- timeout hands it to all that it runs, as that of .ci/run does
      child:wait(20)
      assert.matches("FAILED: inner was stopped from outside by SIGTERM while these ran: [^\n]*/sleeps_spec.lua",
         child:output())
   end)
end)

describe("a spec that waits in vain", function()
   local place = specs {
      waits = 'require("spec.support.process").start({ "sleep", "30" }):wait(0.1)',
      reads = 'require("spec.support.process").start({ "sleep", "30" }):wait_for("never", 0.1)',
      compares = "local PATIENCE = 0.1\nassert.is_true(0.2 < PATIENCE)",
      receives = 'assert(nil, "timeout")',
      fails = 'assert.equal(1, 2)',
   }
   local _, output = run(place, { SLOWDOWN = 3 })

   -- what is said of one of these
   local function told(name)
      return assert(output:match("(FAILED: " .. name .. " runs.-)%s+[%d.]+ s%s+1%s")
         or output:match("(ERROR: " .. name .. " runs.-)%s+[%d.]+ s%s+1%s"), name .. "\n" .. output)
   end

   it("is told of SLOWDOWN", function()
      for _, name in ipairs { "waits", "reads", "compares", "receives" } do
         assert.truthy(told(name):find("SLOWDOWN=6 lets specs wait twice as long (it is 3)", 1, true), told(name))
      end
      assert.matches("sleep timed out: it goes on after 0%.3 s", told "waits")
      assert.matches('sleep timed out after 0%.3 s without writing "never"', told "reads")
   end)

   it("is told nothing of it where time has no part", function()
      assert.is_nil(told("fails"):find("SLOWDOWN", 1, true))
   end)
end)

describe("until_true", function()
   it("gives a slow machine as much more time as SLOWDOWN says", function()
      local script = temporary.write([[
         package.path = "./?.lua;" .. package.path
         local began = require("socket").gettime()
         assert(require("spec.support.process").until_true(0.1, function() return false end) == nil)
         print(require("socket").gettime() - began)
      ]], ".lua")
      local took = tonumber(shell.run { "env", "SLOWDOWN=5", "lua5.4", script })
      assert.is_true(took >= 0.5 and took < 0.5 + 10)
   end)
end)
