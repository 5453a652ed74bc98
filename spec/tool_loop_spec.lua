-- The tool's event loop, over each of the ways that it may wait.
local loopback = require "spec.support.loopback"
local new_loop = require("bearssl.tool.loop").new
local new_poller = require("bearssl.tool.poller").new

local KINDS = { "epoll", "luv", "cqueues", "poll" }
if not require("bearssl.core").epoll() then table.remove(KINDS, 1) end

for _, name in ipairs(KINDS) do
   describe("a loop over " .. name, function()
      local loop, open

      before_each(function()
         loop, open = new_loop(new_poller(name)), {}
         loop.on_error = error
      end)

      after_each(function()
         for _, tcp in ipairs(open) do tcp:close() end
      end)

      local function pair()
         local a, b = loopback.pair()
         a:settimeout(0)
         b:settimeout(0)
         open[#open + 1], open[#open + 2] = a, b
         return a, b
      end

      it("is what it says", function()
         local marks = { epoll = "set", luv = "uv", cqueues = "controller", poll = "readers" }
         for kind, field in pairs(marks) do assert.equal(kind == name, loop.poller[field] ~= nil) end
      end)

      it("resumes who can read, and nobody else", function()
         local a, b = pair()
         local _, silent = pair()
         local log = {}
         local other
         loop:spawn(function()
            table.insert(log, tostring(loop:wait(b, "read", 5)))
            table.insert(log, (b:receive(2)))
            loop:wake(other, "nothing came")
         end)
         other = loop:spawn(function() table.insert(log, (select(2, loop:wait(silent, "read")))) end)
         loop:spawn(function() a:send("hi") end)
         loop:run()
         assert.same({ "true", "hi", "nothing came" }, log)
      end)

      it("times out, and knows the time", function()
         local _, b = pair()
         local result
         loop:spawn(function() result = { loop:wait(b, "read", 0.05) } end)
         loop:run()
         assert.same({ nil, "timeout" }, result)
      end)

      it("waits for either direction, and for one descriptor from two tasks", function()
         local a, b = pair()
         local log = {}
         loop:spawn(function() log.both = loop:wait(a, "both", 5) end)
         loop:spawn(function() log.write = loop:wait(b, "write", 5) end)
         loop:spawn(function()
            log.read = loop:wait(b, "read", 5)
            log.bytes = b:receive(1)
         end)
         loop:spawn(function()
            loop:sleep(0.05)
            a:send("x")
         end)
         loop:run()
         assert.same({ both = true, write = true, read = true, bytes = "x" }, log)
      end)

      it("ends a wait by wake, and forgets the descriptor", function()
         local _, b = pair()
         local result
         local task = loop:spawn(function() result = { loop:wait(b, "read") } end)
         loop:spawn(function() loop:wake(task, "enough") end)
         loop:run()
         assert.same({ nil, "enough" }, result)
         assert.is_true(loop.poller:is_empty())
      end)

      it("does not take one descriptor for another that had its number", function()
         for _ = 1, 50 do
            local a, b = pair()
            local descriptor, got = b:getfd(), nil
            loop:spawn(function()
               assert.is_nil((loop:wait(b, "read", 0)))
               b:close()
               a:close()
               local c, d = loopback.pair()
               open[#open + 1], open[#open + 2] = c, d
               d:settimeout(0)
               c:send("new")
               got = { loop:wait(d, "read", 5), d:receive(3) }
            end)
            loop:run()
            assert.same({ true, "new" }, got, descriptor)
         end
      end)

      it("resumes all of many", function()
         local count = 0
         local sources = {}
         for i = 1, 200 do sources[i] = { pair() } end
         for _, ends in ipairs(sources) do
            loop:spawn(function()
               assert.is_true(loop:wait(ends[2], "read", 5))
               count = count + #assert(ends[2]:receive(5))
            end)
         end
         loop:spawn(function()
            for _, ends in ipairs(sources) do ends[1]:send("12345") end
         end)
         loop:run()
         assert.equal(1000, count)
      end)
   end)
end
