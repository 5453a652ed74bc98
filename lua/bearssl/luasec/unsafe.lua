-- What LuaSec leaves open by default and programs rely on: told once for each kind to whoever asked for it.
local unsafe = {}

local told = {}

--- hook is the function(what, traceback) that is told, or nil.
unsafe.hook = nil

--- tell(what) tells the hook once a process that a protection is off: `what` is a sentence.
function unsafe.tell(what)
   local hook = unsafe.hook
   if not hook or told[what] then return end
   told[what] = true
   hook(what, debug and debug.traceback and debug.traceback("", 2):gsub("^\n", "") or "")
end

--- forget() makes what was told already be told again.
function unsafe.forget()
   told = {}
end

return unsafe
