-- Lua states in threads of their own, which begin at the same moment, under ThreadSanitizer: what the process has in
-- common (kernels and their tables, random numbers) is safe. The interpreter and BearSSL are the system's, without the
-- sanitizer: what they have belongs to one state.
local process = require "spec.support.process"
local support = require "spec.embedding.support"

describe("states in threads", function()
   local program

   lazy_setup(function()
      local installed = support.install("lua5.4", "BUILD=build/thread", "OPT=-O1 -g -fsanitize=thread", "HARDEN=")
      program = support.compile(installed, "spec/embedding/threads.c", "-g -fsanitize=thread -lpthread")
   end)
   after_each(process.stop_all)

   -- kernels: BEARSSL_LUA_KERNELS; more: words for the program
   local function run(kernels, ...)
      local child = process.start({ program, "4", "spec/embedding/conversations.lua", ... },
         { environment = { TSAN_OPTIONS = "halt_on_error=1:exitcode=66", BEARSSL_LUA_KERNELS = kernels } })
      return child:wait(120), child:output()
   end

   it("run handshakes and transfers at once without a race", function()
      -- "portable" has tables of its own for each curve
      for _, kernels in ipairs { "auto", "portable" } do
         local status, output = run(kernels)
         assert.equal(0, status, output)
         assert.equal(("16 handshakes, 8 resumed\n"):rep(4), output)
      end
   end)

   it("with a planted race are caught, so that none would pass unseen", function()
      local status, output = run("auto", "race")
      assert.equal(66, status, output)
      assert.truthy(output:find("data race", 1, true), output)
   end)
end)
