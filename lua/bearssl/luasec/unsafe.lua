-- What LuaSec leaves open by default and programs rely on: told once for each kind to whoever asked for it.
local unsafe = {}

local told = {}

--- hook is the function(what, traceback) that is told, or nil.
unsafe.hook = nil

-- The stack of whoever called the drop-in: Lua leaves out the middle of a long one.
local function traceback()
   if not (debug and debug.traceback) then return "" end
   local level = 3
   local info = debug.getinfo and debug.getinfo(level, "S")
   while info and info.short_src:find("bearssl/luasec/", 1, true) do
      level = level + 1
      info = debug.getinfo(level, "S")
   end
   return (debug.traceback("", info and level or 3):gsub("^\n", ""))
end

--- tell(what) tells the hook once a process that a protection is off: `what` is a sentence.
function unsafe.tell(what)
   local hook = unsafe.hook
   if not hook or told[what] then return end
   told[what] = true
   hook(what, traceback())
end

--- forget() makes what was told already be told again.
function unsafe.forget()
   told = {}
end

return unsafe
