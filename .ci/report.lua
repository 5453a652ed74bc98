-- A busted output handler: one line per spec file with its time, every failure in full as soon as it is
-- known, and "N passed, N failed" at the end. A pending spec counts as failed: the suite skips nothing.
-- Where the variable SPEC_COUNTS names a file, the two numbers are written there instead, for .ci/suite to add up;
-- it is then no failure that nothing ran, as a filter may pass over a whole file.

local function monotime()
   local ok, system = pcall(require, "system")
   return ok and system.monotime and system.monotime() or os.time()
end

local function text(value)
   if type(value) == "string" then return value end
   if value == nil then return "no message" end
   local ok, pretty = pcall(require, "pl.pretty")
   return ok and type(value) == "table" and pretty.write(value) or tostring(value)
end

-- A line of a source file, where a message begins with its place
local function source_line(message)
   local path, number = message:match "^([^:\n]+%.lua):(%d+):"
   local file = path and io.open(path)
   if not file then return "" end
   local line
   for _ = 1, tonumber(number) do line = file:read "*l" end
   file:close()
   return line or ""
end

-- Who has a slow machine cannot know which variable helps: where time ran out, or a time was compared, it is named.
local function hint(message)
   local lower = (message .. source_line(message)):lower()
   if not (lower:find "time[d ]*out" or lower:find "slowdown" or lower:find "patience"
      or lower:find "until_true") then return end
   local now = tonumber(os.getenv "SLOWDOWN" or "") or 1
   return ("if this machine is slow or busy: SLOWDOWN=%g lets specs wait twice as long (it is %g)"):format(2 * now, now)
end

return function(options)
   local busted = require "busted"
   local handler = require "busted.outputHandlers.base"()
   local passed, failed, started, count = 0, 0, 0, 0
   local slow = {}

   local function say(...)
      io.write(string.format(...), "\n")
      io.flush()
   end

   local function complain(kind, element, message, trace)
      failed = failed + 1
      local at = element.trace or trace
      say("%s: %s", kind, handler.getFullName(element))
      if at and at.short_src then say("  at %s:%s", at.short_src, tostring(at.currentline)) end
      say("  %s", (text(message):gsub("\n", "\n  ")))
      local more = hint(text(message))
      if more then say("  %s", more) end
      local traceback = trace and trace.traceback
      if traceback and (options.verbose or kind == "ERROR") then
         say("  %s", (traceback:gsub("^\n+", ""):gsub("\n", "\n  ")))
      end
   end

   function handler.fileStart()
      started, count = monotime(), 0
      return nil, true
   end

   function handler.fileEnd(file)
      if count > 0 then
         say("%8.2f s  %4d  %s", monotime() - started, count, file.name)
      end
      return nil, true
   end

   function handler.testStart(element)
      element.began = monotime()
      if os.getenv("SPEC_VERBOSE") then say("            %s", handler.getFullName(element)) end
      return nil, true
   end

   function handler.testEnd(element, _, status)
      count = count + 1
      slow[#slow + 1] = { monotime() - (element.began or monotime()), handler.getFullName(element) }
      if status == "success" then
         passed = passed + 1
      elseif status == "pending" then
         complain("PENDING", element, element.message or "pending specs are not allowed")
      end
      return nil, true
   end

   function handler.error(element, _, message, debug)
      complain("ERROR", element, message, debug)
      return nil, true
   end

   function handler.failure(element, _, message, debug)
      complain("FAILED", element, message, debug)
      return nil, true
   end

   function handler.suiteEnd()
      table.sort(slow, function(a, b) return a[1] > b[1] end)
      for i = 1, math.min(5, #slow) do
         if slow[i][1] >= 1 then say("slow: %6.2f s  %s", slow[i][1], slow[i][2]) end
      end
      if passed + failed == 0 and not os.getenv("SPEC_COUNTS") then
         failed = 1
         say("FAILED: no spec ran")
      end
      if failed > 0 then
         -- the runner's exit status knows nothing of pending specs
         busted.publish({ "error", "suite" }, { descriptor = "suite", name = "suite" }, nil, "the suite failed", {})
      end
      return nil, true
   end

   function handler.exit()
      local name = os.getenv("SPEC_COUNTS")
      if not name then
         say("%d passed, %d failed", passed, failed)
      else
         local file = assert(io.open(name, "w"))
         file:write(string.format("%d %d\n", passed, failed))
         file:close()
      end
      return nil, true
   end

   local suite_over = false
   busted.subscribe({ "file", "start" }, handler.fileStart)
   busted.subscribe({ "file", "end" }, handler.fileEnd)
   busted.subscribe({ "test", "start" }, handler.testStart, { predicate = handler.cancelOnPending })
   busted.subscribe({ "test", "end" }, handler.testEnd, { predicate = handler.cancelOnPending })
   busted.subscribe({ "failure" }, handler.failure)
   busted.subscribe({ "error" }, function(...)
      if suite_over then return nil, true end
      return handler.error(...)
   end)
   busted.subscribe({ "suite", "end" }, function(...)
      suite_over = true
      return handler.suiteEnd(...)
   end)
   busted.subscribe({ "exit" }, handler.exit, { priority = 1 })

   return handler
end
