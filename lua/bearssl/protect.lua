-- Calls a handler so that an error it raises is caught with its traceback, and so that it may yield.
local create, resume, status = coroutine.create, coroutine.resume, coroutine.status
local yield, running = coroutine.yield, coroutine.running

local protect = {}

-- Stands for the main thread, which has no coroutine object in Lua 5.1.
protect.MAIN = {}

--- current() is the running coroutine, or protect.MAIN.
function protect.current()
   return running() or protect.MAIN
end

local function text_of(problem)
   local ok, text = pcall(tostring, problem)
   return ok and type(text) == "string" and text or "(an error that cannot be shown)"
end

local function with_traceback(problem)
   local text = text_of(problem)
   return debug and debug.traceback and debug.traceback(text, 2) or text
end

-- PUC Lua 5.1 cannot yield across pcall: there the call is a coroutine that passes yields on.
if _VERSION == "Lua 5.1" and type(jit) ~= "table" then
   local callers = setmetatable({}, { __mode = "kv" })

   local function pass(thread, ok, ...)
      if not ok then return false, debug.traceback(thread, text_of((...))) end
      if status(thread) == "dead" then return true, ... end
      if not running() then return false, debug.traceback(thread, "attempt to yield from outside a coroutine") end
      return pass(thread, resume(thread, yield(...)))
   end

   --- call(f, a, b, owner) is true and what f(a, b) returns, or false and the error with its traceback.
   -- owner.thread is the coroutine that f runs in.
   function protect.call(f, a, b, owner)
      -- only a Lua function can be a coroutine's there
      local able, thread = pcall(create, f)
      if not able then thread = create(function(...) return f(...) end) end
      owner.thread = thread
      callers[thread] = running()
      return pass(thread, resume(thread, a, b))
   end

   --- outermost() is the coroutine that must be resumed for the running one to go on, once it has yielded; nil in the
   -- main thread. It is another where a handler runs in a coroutine of its own.
   function protect.outermost()
      local thread = running()
      while callers[thread or ""] do thread = callers[thread] end
      return thread
   end
else
   function protect.call(f, a, b, owner)
      owner.thread = running() or protect.MAIN
      return xpcall(f, with_traceback, a, b)
   end

   function protect.outermost()
      local thread, is_main = running()
      return not is_main and thread or nil
   end
end

return protect
