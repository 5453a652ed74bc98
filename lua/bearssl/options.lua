-- Checks tables of options against a table of specifications, and says what is wrong with them:
--     bearssl.context: unknown option 'cafiel'; did you mean 'cafile'? Options: alpn, cafile, …
--     bearssl.context: option 'verify_depth' must be an integer from 0 to 100, not "8" (a string)
-- A specification is a table: option name → check. A check is a function(value) that returns nil when the
-- value is good, otherwise what the value must be ("a boolean").
local core = require "bearssl.core"

local options = {}

-- The number of insertions, deletions, replacements and swaps between two words.
local function distance(a, b)
   local before, row = {}, {}
   for j = 0, #b do row[j] = j end
   for i = 1, #a do
      local older = before
      before, row = row, { [0] = i }
      for j = 1, #b do
         local same = a:byte(i) == b:byte(j)
         local best = math.min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (same and 0 or 1))
         if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
            best = math.min(best, older[j - 2] + 1)
         end
         row[j] = best
      end
   end
   return row[#b]
end

--- nearest(word, names) is the name of the list that `word` was probably meant to be, or nil.
function options.nearest(word, names)
   if type(word) ~= "string" or #word > 64 then return nil end
   local wanted = word:lower():gsub("[%s_.-]", "")
   local best, least
   for _, name in ipairs(names) do
      local d = distance(wanted, (name:lower():gsub("[%s_.-]", "")))
      if not least or d < least then best, least = name, d end
   end
   if least and least <= math.max(1, math.floor(#wanted / 3)) then return best end
   for _, name in ipairs(#wanted >= 3 and names or {}) do
      if name:lower():sub(1, #wanted) == wanted then return name end
   end
   return nil
end

--- suggestion(word, names) is "; did you mean 'x'?", or ";" when nothing is near.
function options.suggestion(word, names)
   local near = options.nearest(word, names)
   return near and ("; did you mean '%s'?"):format(near) or ";"
end

--- describe(value) shows a value in a message: its type, and itself when it is short.
function options.describe(value)
   local kind = type(value)
   if value == nil then return "nil" end
   if kind == "string" then
      if #value > 40 or value:find("[%c\128-\255]") then return ("a string of %d bytes"):format(#value) end
      return ("%q (a string)"):format(value)
   end
   if kind == "number" or kind == "boolean" then return tostring(value) .. " (a " .. kind .. ")" end
   return kind == "userdata" and "a userdata" or "a " .. kind
end

local function sorted(specification)
   local names = {}
   for name in pairs(specification) do names[#names + 1] = name end
   table.sort(names)
   return names
end

--- unknown(what, word, names) is the message for a word that is not among the names of a list.
-- what: "bearssl.context: unknown option"; heading: "Options".
function options.unknown(what, word, names, heading)
   local short = type(word) == "string" and #word <= 40 and not word:find("[%c\128-\255]")
   local shown = short and "'" .. word .. "'" or options.describe(word)
   return ("%s %s%s %s: %s"):format(what, shown, options.suggestion(word, names), heading, table.concat(names, ", "))
end

--- result(value, message, code) is value alone, or nil, message, code: what is given on to another function, as in
-- f:write(key:pem()), has nothing behind it.
function options.result(value, ...)
   if value ~= nil then return value end
   return nil, ...
end

--- without_place(problem) is what pcall has caught, without a line of this library's own before it.
function options.without_place(problem)
   if type(problem) ~= "string" then return problem end
   return (problem:gsub("^[^\n:]*bearssl/[%w_/]+%.lua:%d+: ", ""))
end

--- raise(problem, level) raises what pcall has caught, as error(), in the name of the caller's line.
function options.raise(problem, level)
   error(options.without_place(problem), level + 1)
end

--- check(given, specification, who, level) raises an error when `given` is not a table of known options
-- with good values. who: the function's name in messages; level: as error()'s, seen from the caller.
function options.check(given, specification, who, level)
   level = (level or 1) + 1
   if type(given) ~= "table" then
      error(("%s: the options must be a table, not %s"):format(who, options.describe(given)), level)
   end
   -- What stands behind it would be passed over.
   if getmetatable(given) ~= nil then
      error(who .. ": the options must be a plain table, without a metatable", level)
   end
   for name, value in pairs(given) do
      local check = specification[name]
      if not check then
         error(options.unknown(who .. ": unknown option", name, sorted(specification), "Options"), level)
      end
      local must, exact = check(value)
      if exact then
         error(("%s: option '%s': %s"):format(who, name, exact), level)
      elseif must then
         error(("%s: option '%s' must be %s, not %s"):format(who, name, must, options.describe(value)), level)
      end
   end
end

--- unknown_field(given, names) is nil when a table has no other fields than the names of a sorted list; otherwise what
-- a check returns.
function options.unknown_field(given, names)
   local known = {}
   for _, name in ipairs(names) do known[name] = true end
   for name in pairs(given) do
      if not known[name] then return "", options.unknown("unknown field", name, names, "Fields") end
   end
   return nil
end

--- surplus(who, last, …) raises an error, which names the line of the caller's caller, when a function is given more
-- than it takes: that would otherwise pass for taken. last: the last argument that it takes, nil for none. A number may
-- stand right behind it where it is a text: gsub gives one.
function options.surplus(who, last, ...)
   for index = 1, select("#", ...) do
      local value = select(index, ...)
      local of_gsub = index == 1 and type(last) == "string" and type(value) == "number"
      if value ~= nil and not of_gsub then
         error(("%s: one argument too many: %s"):format(who, options.describe(value)), 3)
      end
   end
end

-- ---- Checks ----

local is = {}
options.is = is

function is.string(value)
   return type(value) ~= "string" and "a string" or nil
end

--- is.path: a file's name, which the system would read up to a NUL only.
function is.path(value)
   if type(value) ~= "string" then return "a string" end
   if value:find("%z") then return "", "must have no NUL in it" end
   return nil
end

function is.boolean(value)
   return type(value) ~= "boolean" and "true or false" or nil
end

is["function"] = function(value)
   return type(value) ~= "function" and "a function" or nil
end

function is.number(value)
   return (type(value) ~= "number" or value ~= value) and "a number" or nil
end

--- MOST_BYTES: more than there ever are, and no more than the core takes or a double counts.
options.MOST_BYTES = 2 ^ 52

--- count(who, value [, minimum]) raises an error, which names the line of the caller's caller, for what is no number of
-- bytes; nil passes.
function options.count(who, value, minimum)
   minimum = minimum or 0
   local good = type(value) == "number" and value % 1 == 0 and value >= minimum and value <= options.MOST_BYTES
   if value == nil or good then return end
   error(("%s: the number of bytes must be %s, not %s"):format(who,
      minimum > 0 and "a positive integer" or "an integer, not negative", options.describe(value)), 3)
end

--- path(who, value) raises an error, which names the line of the caller's caller, for what is no path.
function options.path(who, value)
   local must, exact = is.path(value)
   if must then error(("%s: the path %s"):format(who, exact and "must have no NUL in it" or "must be " .. must), 3) end
end

--- context(who, value) raises an error, which names the line of the caller's caller, for what is no context.
function options.context(who, value)
   if type(value) == "table" and type(value.wrap) == "function" then return end
   error(("%s: the first argument must be a context, not %s"):format(who, options.describe(value)), 3)
end

--- is.integer(minimum, maximum) is a check.
function is.integer(minimum, maximum)
   return function(value)
      if type(value) == "number" and value % 1 == 0 and value >= minimum and value <= maximum then return nil end
      return ("an integer from %d to %d"):format(minimum, maximum)
   end
end

--- is.seconds: a number that is not negative.
function is.seconds(value)
   if type(value) == "number" and value >= 0 then return nil end
   return "a number of seconds, not negative"
end

--- is.duration(maximum) is a check for seconds that the core takes.
function is.duration(maximum)
   return function(value)
      if is.seconds(value) or value <= maximum then return is.seconds(value) end
      return ("a number of seconds, at most %.0f"):format(maximum)
   end
end

--- is.time: seconds since the epoch, which may be fractions.
function is.time(value)
   return not core.is_time(value) and "a number of seconds since the epoch" or nil
end

--- is.bounded(kind, option) is a check for an integer within the bounds that the core states: core.bounds.
function is.bounded(kind, option)
   local minimum, maximum = core.bounds(kind, option)
   return is.integer(minimum, maximum)
end

-- is_one_of_values(values) is a check for one of a list of numbers, booleans and words.
local function is_one_of_values(values)
   local shown = {}
   for index, value in ipairs(values) do
      shown[index] = type(value) == "string" and '"' .. value .. '"' or tostring(value)
   end
   local must = table.concat(shown, ", ", 1, #shown - 1) .. " or " .. shown[#shown]
   return function(value)
      for _, known in ipairs(values) do
         if value == known then return nil end
      end
      return must
   end
end

--- is.option(row) is the check for an option as core.context_options lists it.
function is.option(row)
   if row.kind == "boolean" then return is.boolean end
   if row.kind == "seconds" then return is.duration(row.maximum) end
   return row.values and is_one_of_values(row.values) or is.integer(row.minimum, row.maximum)
end

--- is.server_name: a DNS name in A-label form, or an address.
function is.server_name(value)
   if type(value) ~= "string" then return "a DNS name or an IP address" end
   local good, fault = core.server_name(value)
   if not good then return "", ("%s is not a DNS name or an IP address: %s"):format(options.describe(value), fault) end
   return nil
end

--- is.one_of(names) is a check for one string of a list.
function is.one_of(names)
   return function(value)
      for _, name in ipairs(names) do
         if value == name then return nil end
      end
      local list = {}
      for i, name in ipairs(names) do list[i] = '"' .. name .. '"' end
      local must = #list == 1 and list[1] or table.concat(list, ", ", 1, #list - 1) .. " or " .. list[#list]
      local near = type(value) == "string" and options.nearest(value, names)
      if near then
         return must, ('must be %s, not "%s"; did you mean "%s"?'):format(must, value, near)
      end
      return must
   end
end

-- Lists may stand in lists so deep; one that stands in itself has no end.
local MOST_LISTS = 16
local TOO_DEEP = ("lists stand in lists more than %d deep, or one in itself"):format(MOST_LISTS)

--- is.list(check, what) is a check for a list, without holes, whose elements pass `check`.
function is.list(check, what)
   return function(value)
      if type(value) ~= "table" then return "a list of " .. what end
      -- what stands behind it would be passed over
      if getmetatable(value) ~= nil then return "", "must be a plain list, without a metatable" end
      local count = 0
      for index in pairs(value) do
         if type(index) ~= "number" then return "a list of " .. what, "must be a list, not a table with names" end
         count = count + 1
      end
      if count ~= #value then return "a list of " .. what, "the list has holes" end
      for index = 1, count do
         local must, exact = check(value[index])
         if exact == TOO_DEEP then return must, exact end
         if exact then return must, ("element %d: %s"):format(index, exact) end
         if must then
            return must, ("element %d must be %s, not %s"):format(index, must, options.describe(value[index]))
         end
      end
      return nil
   end
end

--- is.filled(check, otherwise) is the check for a list that must have elements: an empty one would pass for none.
-- otherwise: what none means.
function is.filled(check, otherwise)
   return function(value)
      if type(value) == "table" and next(value) == nil and getmetatable(value) == nil then
         return "", "must not be empty: leave it out for " .. otherwise
      end
      return check(value)
   end
end

--- is.any(what, check, …) is a check that one of several checks accepts.
function is.any(what, ...)
   local checks = { ... }
   return function(value)
      local deep
      for _, check in ipairs(checks) do
         local must, exact = check(value)
         if not must then return nil end
         deep = deep or exact == TOO_DEEP and exact or nil
      end
      return what, deep
   end
end

--- is_object(value, class) tells whether a value is one of our objects: "certificate", "key", "trust",
-- "session", "ticket_keys", "request", "crl", "ocsp_response", "ech_keys".
function options.is_object(value, class)
   return core.type(value) == class
end

-- What an object is called that its class does not say well.
local objects = {
   ech_keys = "an ECH keys object, of bearssl.ech.load or .generate",
   ocsp_response = "an OCSP response object", crl = "a CRL object",
}

--- is.object(class) is a check for one of our objects.
function is.object(class)
   return function(value)
      if options.is_object(value, class) then return nil end
      return objects[class] or "a " .. class:gsub("_", " ") .. " object"
   end
end

local lists_above = 0

local are_certificates = is.list(is.any("a certificate object or a PEM string", is.string, is.object("certificate"),
   function(value) return is.certificates(value) end), "certificate objects and PEM strings")

--- is.certificates: what a trust store is made of. Lists may stand in lists, as bearssl.certificate.load gives them.
function is.certificates(value)
   if lists_above == MOST_LISTS then return "", TOO_DEEP end
   lists_above = lists_above + 1
   local must, exact = are_certificates(value)
   lists_above = lists_above - 1
   return must, exact
end

--- is.handlers(stages, decisions) is a check for a table of handlers: name → function, or false for "not
-- even the context's".
function is.handlers(stages, decisions)
   local known, names = {}, {}
   for _, list in ipairs({ stages, decisions }) do
      for _, name in ipairs(list) do
         known[name] = true
         names[#names + 1] = name
      end
   end
   return function(value)
      if type(value) ~= "table" then return "a table of handlers" end
      if getmetatable(value) ~= nil then return "", "must be a plain table, without a metatable" end
      for name, handler in pairs(value) do
         if not known[name] then
            return "", options.unknown("unknown handler", name, names, "Handlers")
         elseif type(handler) ~= "function" and handler ~= false then
            return "", ("handler '%s' must be a function, not %s"):format(name, options.describe(handler))
         end
      end
      return nil
   end
end

return options
