-- 100,000 requests and more of wrk through one worker of a real nginx: over kept TLS connections, over new ones, and
-- through a TLS server inside it. It neither ends nor errs, and what it holds does not grow.
local certificates = require "spec.support.certificates"
local nginx_jobs = require "spec.support.nginx_jobs"
local process = require "spec.support.process"
local resty_front = require "spec.support.resty_front"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local REQUESTS = 100000
-- What a worker may hold more, in KB, after 20,000 requests and after all: fragments of the allocators'.
local LUA_GROWTH, WHOLE_GROWTH = 256, 4096

describe("nginx under load:", function()
   local front
   setup(function() front = resty_front.start { CERTIFICATE = certificates.ec.chainfile } end)
   teardown(function() process.stop_all() end)

   local totals = { kept = 0, anew = 0, through = 0 }

   -- wrk runs for a time: so many requests, none of which failed.
   local function load(location, connections, seconds)
      local said = shell.run({ "wrk", "-t", 1, "-c", connections, "-d", seconds .. "s",
         ("http://127.0.0.1:%d/%s"):format(front.port, location) })
      assert.is_nil(said:find("Non-2xx", 1, true), said .. front:output())
      assert.is_nil(said:find("Socket errors", 1, true), said .. front:output())
      local count = assert(tonumber(said:match("(%d+) requests in")), said)
      assert.is_true(count > 0)
      totals[location] = totals[location] + count
   end

   local function count_of(path)
      local _, count = shell.run({ "ls", path }):gsub("\n", "")
      return count
   end

   -- What the worker holds when nobody asks anything of it.
   local function state()
      local told
      assert.is_truthy(process.until_true(10, function()
         told = nginx_jobs.run(front, { name = "state" })
         -- those of wrk go when nginx has seen their end
         told.descriptors = count_of(("/proc/%d/fd"):format(told.pid))
         return told.descriptors - told.idle < 40
      end))
      local status = temporary.read(("/proc/%d/status"):format(told.pid))
      told.whole = tonumber(status:match("VmRSS:%s+(%d+)"))
      return told
   end

   it("serves them all, and holds no more afterwards than before #slow", function()
      load("kept", 32, 1)
      load("anew", 8, 1)
      load("through", 8, 1)
      local before = state()
      load("anew", 8, 2)
      load("through", 8, 3)
      for _ = 1, 60 do
         if totals.kept + totals.anew + totals.through >= REQUESTS then break end
         load("kept", 32, 2)
      end
      local after = state()
      assert.is_true(totals.kept + totals.anew + totals.through >= REQUESTS)
      assert.is_true(totals.anew > 100 and totals.through > 100)
      assert.equal(before.pid, after.pid)
      local held = "%.0f KB of Lua, %d in all; after %d kept, %d anew, %d through: %.0f, %d; descriptors %d, %d"
      held = held:format(
         before.lua, before.whole, totals.kept, totals.anew, totals.through, after.lua, after.whole,
         before.descriptors, after.descriptors)
      assert.is_true(after.lua < before.lua + LUA_GROWTH, held)
      assert.is_true(after.whole < before.whole + WHOLE_GROWTH, held)
      assert.is_true(after.idle <= 64 and after.descriptors <= before.descriptors + 64, held)
      if os.getenv("SPEC_VERBOSE") == "1" then print(held) end
   end)

   it("logs nothing bad, and ends cleanly", function()
      assert.equal(0, front:stop())
      assert.same({}, resty_front.complaints(front))
      assert.same({}, resty_front.complaints(front.upstream))
   end)
end)
