-- The pump: steps the core, and calls the handlers of stages and decisions between its steps, in the
-- caller's own coroutine. The engine stands still meanwhile, so a handler may yield for as long as it likes.
--
-- A connection here is the table that connection.lua makes; the driver uses its fields
--    core       the core's connection, nil once it is closed
--    holder     what handlers get as their first argument: the stream, or the connection itself
--    handlers   name → function
--    handling   the name of the handler that runs now, and
--    thread     the coroutine that it runs in
--    sender     the lane of the coroutine that sends: a table with its own handling and thread
--    failure    the message of the error that a handler raised, with its traceback
--    spared     the same of one that did not end the handshake
--    context    the context (context.lua), and selected: the one that a select handler chose
--    tracer     who watches beside the handlers (trace.lua): { stage(message), asked(name, question),
--               answered(name, ok, count, answer, reason) }, or nil
-- Two coroutines may use an established stream at once: one reads, in the connection's own lane; one sends, and runs
-- the handlers of the stages that its sending made happen in the sender's lane. Neither waits for the other's.
local core = require "bearssl.core"
local decision = require "bearssl.decision"
local options = require "bearssl.options"
local protect = require "bearssl.protect"
local sentence = require "bearssl.sentence"

local describe, without_place = options.describe, options.without_place

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
   message = sentence.guard("a handler failed", message)
   connection.failure = connection.failure or message
   local object = connection.core
   if object then object:fail_handler(message) end
end

-- What a function of the library failed with stands the other way round: `return question.chain[1]:verify{…}` gives
-- nil, message, code.
local function in_order(reason, text)
   if type(reason) ~= "string" or type(text) ~= "string" then return reason, text end
   if sentence.is_code(text) and not sentence.is_code(reason) then return text, reason end
   return reason, text
end

local function refuse(connection, handler, name, reason, text)
   reason, text = in_order(reason, text)
   if type(reason) ~= "string" or reason == "" then
      return fail_handler(connection, ("the '%s' handler%s must give its reason as a string, not as a %s"):format(
         name, place_of(handler), reason == "" and "string without text" or type(reason)))
   elseif text ~= nil and type(text) ~= "string" then
      return fail_handler(connection, ("the '%s' handler%s must give its text as a string, not as a %s"):format(
         name, place_of(handler), type(text)))
   end
   connection.core:fail(reason, sentence.of(reason, text, name), name)
end

local function misuse(connection, handler, name, message)
   fail_handler(connection, ("the '%s' handler%s %s"):format(name, place_of(handler), message))
end

-- What a handler that raised has left undone, by its name; the others end the handshake. Whether a `decrypt` handler
-- raises may be what it thinks of the ciphertext, so that must not show (RFC 5246 section 7.4.7.1): the handshake goes
-- on with a random secret, and its own side alone is told why it failed.
local spared = { decrypt = true }

local function counted(ok, ...)
   return ok, select("#", ...), ...
end

-- Runs one handler: true, the number of its results and the first three, or nothing when it raised or the connection
-- was closed meanwhile.
local function run(connection, lane, handler, name, message)
   lane.handling = name
   local ok, count, answer, reason, text = counted(protect.call(handler, connection.holder, message, lane))
   lane.handling, lane.thread = nil, nil
   if not connection.core then
      connection.failure = connection.failure or CLOSED_MEANWHILE:format(name)
      return nil
   end
   if not ok then
      if spared[name] then
         connection.spared = answer
         return true, 1, false
      end
      fail_handler(connection, answer)
      return nil
   end
   return true, count, answer, reason, text
end

local function run_stage(connection, lane, object)
   local message = object:stage()
   local name = message and message.stage
   local tracer = connection.tracer
   if tracer and message then tracer.stage(message) end
   local handler = name and connection.handlers[name]
   if not handler then return end
   local ok, _, answer, reason, text = run(connection, lane, handler, name, message)
   if not ok or answer == true or answer == nil and reason == nil then return end
   local good, why = decision.stage(answer, reason)
   if good == nil then
      misuse(connection, handler, name, why)
   elseif not good then
      refuse(connection, handler, name, why, text)
   end
end

local function run_decision(connection, object)
   local name, question = object:question()
   local tracer = connection.tracer
   if tracer and name then tracer.asked(name, question) end
   local handler = name and connection.handlers[name]
   if not handler then
      if name then object:answer() end
      return
   end
   local ok, count, answer, reason, text = run(connection, connection, handler, name, question)
   if tracer then tracer.answered(name, ok, count, answer, reason) end
   if not ok then return end
   -- what the answer names may raise: a closed object, the function for a password
   local able, good, value = pcall(decision[name], connection, answer, reason, count, question)
   if not able then
      misuse(connection, handler, name, "returned what cannot be used: " .. tostring(without_place(good)))
   elseif good == nil then
      misuse(connection, handler, name, value)
   elseif not good then
      refuse(connection, handler, name, value, text)
   elseif value == nil then
      object:answer()
   else
      -- the core checks once more, for instance that a key belongs to its certificate
      local called, taken, message, code = pcall(object.answer, object, value)
      if not called then
         misuse(connection, handler, name, "returned what cannot be used: " .. tostring(without_place(taken)))
      elseif taken == nil and code then
         misuse(connection, handler, name, "returned what cannot be used: " .. tostring(message))
      end
   end
end

--- is_free(connection, lane) tells whether no handler runs in a lane. A handler whose coroutine was closed, or died of
-- an error elsewhere, will never return: that is a failure.
function driver.is_free(connection, lane)
   local name, thread = lane.handling, lane.thread
   if not name then return true end
   if type(thread) ~= "thread" or coroutine.status(thread) ~= "dead" then return false end
   lane.handling, lane.thread = nil, nil
   local message = ("the '%s' handler never returned: its coroutine has ended"):format(name)
   if spared[name] and connection.core then
      connection.spared = message
      connection.core:answer("")
   else
      fail_handler(connection, message)
   end
   return true
end

--- check(connection, method, level, only_own) raises an error when the caller is a handler of the connection, and,
-- without only_own, when one is running in another coroutine: whoever waits for that is in the middle of a step.
function driver.check(connection, method, level, only_own)
   local lane, sender = connection, connection.sender
   local is_own = false
   if lane.handling or sender and sender.handling then
      local thread = protect.current()
      if sender and sender.handling and sender.thread == thread then lane = sender end
      is_own = lane.thread == thread
   end
   if only_own and not is_own or lane == connection and driver.is_free(connection, lane) then return end
   local message = "%s cannot be called while the '%s' handler of the same connection runs; a handler may call info, "
      .. "session and close, and end the handshake by returning nil and a reason"
   error(message:format(method, lane.handling), (level or 1) + 1)
end

--- time_of(clock) is what a context's clock says; raises when that is no time. Beyond the bounds a double has no whole
-- seconds.
function driver.time_of(clock)
   local time = clock()
   if type(time) == "number" and time > -9e15 and time < 9e15 then return time end
   error(("option 'clock': the function%s must return a number of seconds since the epoch, not %s"):format(
      place_of(clock), describe(time)), 0)
end

--- set_clock(context) tells a context's core what its clock says, if it has one of its own.
function driver.set_clock(context)
   local clock = context.clock
   if clock then context.core:set_time(driver.time_of(clock)) end
end

--- step(connection) runs until there is something for the caller: "wantread", "data", "closed", or nil,
-- message, code. Calls handlers on the way; the caller has made sure by check() that none runs.
-- lane: connection.sender for the coroutine that sends; it stops as soon as a handler runs in the connection's own.
function driver.step(connection, lane)
   lane = lane or connection
   local object = connection.core
   if not object then return nil, connection.failure or driver.CLOSED, "closed" end
   driver.set_clock(connection.context)
   if connection.selected then driver.set_clock(connection.selected) end
   while true do
      local event, message, code = object:step()
      if event == "stage" then
         run_stage(connection, lane, object)
      elseif event == "decision" then
         run_decision(connection, object)
      elseif event then
         return event
      else
         if code == "handler_error" then message = connection.failure or message end
         if connection.spared then
            message = ("%s; before that the 'decrypt' handler raised: %s"):format(message, connection.spared)
         end
         return nil, message, code
      end
      if not connection.core then return nil, connection.failure, "closed" end
      if lane ~= connection and connection.handling then return "busy" end
   end
end

return driver
