-- ^C ends a command at once, also while it resolves, connects, waits or computes, by the signal's own default: the
-- shell sees a program that was interrupted (status 130) and stops what it was doing as well.
local interrupt = {}

-- Does this process catch SIGINT (signal 2)? What is caught stands in a mask, whose last digit has signals 1 to 4.
local function is_caught()
   local file = io.open("/proc/self/status", "r")
   local digit = file and (file:read("*a") or ""):match("\nSigCgt:%s*%x*(%x)\n")
   if file then file:close() end
   return digit ~= nil and math.floor(tonumber(digit, 16) / 2) % 2 == 1
end

--- by_default() is for a program that has its interpreter for itself. It gives the signal its default back. An
-- interpreter catches it, to raise an error at the next instruction, which whoever waits in a system call does not
-- reach; and it gives the default back as soon as one has come. So one is sent, and the error that it raises is
-- dropped. Where the system does not tell what is caught (it has no /proc), the interpreter's way stays: there ^C is
-- heard when a wait ends, and a second one ends the process.
function interrupt.by_default()
   if not is_caught() then return end
   local hook, mask, count = debug.gethook()
   pcall(function()
      local shell = io.popen("kill -INT $PPID", "r")
      if shell then shell:close() end
   end)
   debug.sethook(hook, mask, count)
end

return interrupt
