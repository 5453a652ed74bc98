-- The pump: steps the core, and calls the handlers of stages and decisions between its steps, in the
-- caller's own coroutine. The engine stands still meanwhile, so a handler may yield for as long as it likes.
--
-- A connection here is the table that connection.lua makes; the driver uses its fields
--    core       the core's connection, nil once it is closed
--    holder     what handlers get as their first argument: the stream, or the connection itself
--    handlers   name → function
--    handling   the name of the handler that runs now, and
--    thread     the coroutine that it runs in
--    failure    the message of the error that a handler raised, with its traceback
local core = require "bearssl.core"
local decision = require "bearssl.decision"
local protect = require "bearssl.protect"

local driver = {}

driver.CLOSED = "the connection is closed"
local CLOSED_MEANWHILE = "the connection was closed while its '%s' handler ran"

local bits = {}
for index, name in ipairs(core.stages()) do bits[name] = { field = "stages", value = 2 ^ (index - 1) } end
for index, name in ipairs(core.decisions()) do bits[name] = { field = "decisions", value = 2 ^ (index - 1) } end

--- masks(handlers) gives the stage mask and the decision mask for a table of handlers.
function driver.masks(handlers)
   local masks = { stages = 0, decisions = 0 }
   for name in pairs(handlers) do
      local bit = bits[name]
      masks[bit.field] = masks[bit.field] + bit.value
   end
   return masks.stages, masks.decisions
end

--- merge(base, more) are the handlers of a context with those of a connection over them; false removes one.
function driver.merge(base, more)
   if not more then return base end
   local merged = {}
   for name, handler in pairs(base) do merged[name] = handler end
   for name, handler in pairs(more) do merged[name] = handler or nil end
   return merged
end

-- Where a function was defined, for messages.
local function place_of(f)
   local info = debug and debug.getinfo and debug.getinfo(f, "S")
   if not info or info.what == "C" then return "" end
   return (" (%s:%d)"):format(info.short_src, info.linedefined)
end

local function fail_handler(connection, message)
   connection.failure = connection.failure or message
   local object = connection.core
   if object then object:fail_handler(message) end
end

local function refuse(connection, handler, name, reason)
   if type(reason) ~= "string" or reason == "" then
      return fail_handler(connection, ("the '%s' handler%s must give its reason as a string, not as a %s"):format(
         name, place_of(handler), reason == "" and "string without text" or type(reason)))
   end
   connection.core:fail(reason)
end

local function misuse(connection, handler, name, message)
   fail_handler(connection, ("the '%s' handler%s %s"):format(name, place_of(handler), message))
end

-- Runs one handler: true and its two first results, or nothing when it raised or the connection was
-- closed meanwhile.
local function run(connection, handler, name, message)
   connection.handling = name
   local ok, answer, reason = protect.call(handler, connection.holder, message, connection)
   connection.handling, connection.thread = nil, nil
   if not connection.core then
      connection.failure = connection.failure or CLOSED_MEANWHILE:format(name)
      return nil
   end
   if not ok then
      fail_handler(connection, answer)
      return nil
   end
   return true, answer, reason
end

local function run_stage(connection, object)
   local message = object:stage()
   local name = message and message.stage
   local handler = name and connection.handlers[name]
   if not handler then return end
   local ok, answer, reason = run(connection, handler, name, message)
   if not ok or answer == true or answer == nil and reason == nil then return end
   local good, why = decision.stage(answer, reason)
   if good == nil then
      misuse(connection, handler, name, why)
   elseif not good then
      refuse(connection, handler, name, why)
   end
end

local function run_decision(connection, object)
   local name, question = object:question()
   local handler = name and connection.handlers[name]
   if not handler then
      if name then object:answer() end
      return
   end
   local ok, answer, reason = run(connection, handler, name, question)
   if not ok then return end
   local good, value = decision[name](connection, answer, reason)
   if good == nil then
      misuse(connection, handler, name, value)
   elseif not good then
      refuse(connection, handler, name, value)
   elseif value == nil then
      object:answer()
   else
      -- the core checks once more, for instance that a key belongs to its certificate
      local called, taken, message, code = pcall(object.answer, object, value)
      if not called then
         misuse(connection, handler, name, "returned what cannot be used: " .. tostring(taken))
      elseif taken == nil and code then
         misuse(connection, handler, name, "returned what cannot be used: " .. tostring(message))
      end
   end
end

--- check(connection, method, level) raises an error when a handler of the connection is running: whoever
-- waits for it (or the handler itself) is in the middle of a step.
function driver.check(connection, method, level)
   local name = connection.handling
   if not name then return end
   local thread = connection.thread
   if type(thread) == "thread" and coroutine.status(thread) == "dead" then
      -- its coroutine was closed or died of an error elsewhere: the handler will never return
      connection.handling, connection.thread = nil, nil
      fail_handler(connection, ("the '%s' handler never returned: its coroutine has ended"):format(name))
      return
   end
   local message = "%s cannot be called while the '%s' handler of the same connection runs; a handler may call info, "
      .. "session and close, and end the handshake by returning nil and a reason"
   error(message:format(method, name), (level or 1) + 1)
end

--- step(connection) runs until there is something for the caller: "wantread", "data", "closed", or nil,
-- message, code. Calls handlers on the way; the caller has made sure by check() that none runs.
function driver.step(connection)
   local object = connection.core
   if not object then return nil, connection.failure or driver.CLOSED, "closed" end
   local clock = connection.clock
   if clock then connection.context.core:set_time(clock()) end
   while true do
      local event, message, code = object:step()
      if event == "stage" then
         run_stage(connection, object)
      elseif event == "decision" then
         run_decision(connection, object)
      elseif event then
         return event
      else
         if code == "handler_error" then message = connection.failure or message end
         return nil, message, code
      end
      if not connection.core then return nil, connection.failure, "closed" end
   end
end

return driver
