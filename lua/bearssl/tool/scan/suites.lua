-- Which suites a server takes that the library cannot speak, in each version, and in those that it has not.
local answer = require "bearssl.tool.scan.answer"
local hello = require "bearssl.tool.scan.hello"
local offers = require "bearssl.tool.scan.offers"
local options = require "bearssl.tool.options"
local registry = require "bearssl.tool.scan.registry"
local search = require "bearssl.tool.scan.search"

local suites = {}

local AT_A_TIME = 64 -- there are servers that bear no more than 128 in a hello

local function names_of(list, name_of)
   local names = {}
   for index, id in ipairs(list) do names[index] = name_of(id) end
   return names
end

-- What is taken of a list of suites; whether the version is spoken at all; and what was not answered.
local function taken_of(scan, version, list)
   local spoken, problem = false, nil
   local taken = search.picks(list, AT_A_TIME, function(left)
      scan.progress:step(version, 0)
      local result = scan.line:ask(offers.build(scan, version, left))
      if not answer.has_hello(result) then
         if result.ended ~= "alert" then problem = result.ended end
         return nil, result.alert == "protocol_version" or scan.line:exhausted() ~= nil or result.ended == "timeout"
      end
      if result.version ~= version then return nil, true end
      spoken = true
      return result.suite
   end)
   return taken, spoken, problem
end

local function say_what_is_missing(scan, version, problem)
   if problem == "timeout" or scan.line:exhausted() then
      scan:not_tested(("Not all suites of %s were offered: %s."):format(version,
         scan.line:exhausted() or "the server did not answer in time"))
   elseif problem == "garbage" then
      scan:not_tested(("Suites of %s were offered, and the server answered what is no TLS."):format(version))
   end
end

local function ssl2(scan)
   local result = scan.line:ask(hello.build2(registry.ssl2_kinds))
   local offered = {}
   for _, kind in ipairs(registry.ssl2_kinds) do offered[kind] = true end
   local names = {}
   for _, kind in ipairs(result.ssl2 or {}) do
      if offered[kind] then names[#names + 1] = registry.ssl2_name(kind) end
      offered[kind] = nil -- a server may name one a thousand times
   end
   if result.ended == "timeout" or result.ended == "unreachable" then
      scan:not_tested "Whether SSLv2 is spoken is not known: the server did not answer."
   end
   return { version = "SSLv2", supported = result.ssl2 ~= nil, suites = names, foreign_suites = {} }
end

local function ssl3(scan)
   local taken, spoken, problem = taken_of(scan, "SSLv3", registry.suites "SSLv3")
   say_what_is_missing(scan, "SSLv3", problem)
   local names = names_of(taken, registry.suite_name)
   return { version = "SSLv3", supported = spoken, suites = names, foreign_suites = {} }
end

--- run(scan) adds SSLv2 and SSLv3 to report.versions, in front, with all of their suites, and foreign_suites to each.
function suites.run(scan)
   local report = scan.report
   for _, entry in ipairs(report.versions) do
      local foreign = search.difference(registry.suites(entry.version), registry.ids_of(options.suites(entry.version)))
      local taken, spoken, problem = taken_of(scan, entry.version, foreign)
      entry.foreign_suites = names_of(taken, registry.suite_name)
      say_what_is_missing(scan, entry.version, problem)
      if spoken and not entry.supported then entry.supported, entry.reason = true, nil end
   end
   table.insert(report.versions, 1, ssl3(scan))
   table.insert(report.versions, 1, ssl2(scan))
end

--- of(entry) is the code points of all suites that are taken in a version.
function suites.of(entry)
   local list = registry.ids_of(entry.suites)
   for _, id in ipairs(registry.ids_of(entry.foreign_suites)) do list[#list + 1] = id end
   return list
end

return suites
