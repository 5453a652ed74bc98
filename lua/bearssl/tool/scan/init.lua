-- What a server has that the library cannot speak, and what it does not bear: found out by ClientHellos made by hand.
--     scan.run(prober, report, progress)    adds to a report of probe's, which has `versions`
-- Every question is a connection of its own; what could not be asked is said in report.not_tested.
local behaviour = require "bearssl.tool.scan.behaviour"
local exchange = require "bearssl.tool.scan.exchange"
local intolerance = require "bearssl.tool.scan.intolerance"
local line = require "bearssl.tool.scan.line"
local sessions = require "bearssl.tool.scan.sessions"
local suites = require "bearssl.tool.scan.suites"

local scan = {}

local Scan = {}
Scan.__index = Scan

--- not_tested(sentence) notes what the report cannot tell.
function Scan:not_tested(sentence)
   local list = self.report.not_tested
   for _, other in ipairs(list) do
      if other == sentence then return end
   end
   list[#list + 1] = sentence
end

-- The best version of all, and the best below TLS 1.3, whose handshakes can be read.
local function find_versions(self)
   for _, entry in ipairs(self.report.versions) do
      if entry.supported and entry.version ~= "SSLv2" then
         self.best = entry
         if entry.version ~= "TLSv1.3" then self.classic = entry end
      end
   end
end

-- Who has nothing in common with the library may have something all the same.
local function tell_what_is_there(report)
   local names = {}
   for _, entry in ipairs(report.versions) do
      local count = #entry.suites + #entry.foreign_suites
      if entry.supported then
         names[#names + 1] = ("%s with %d suite%s"):format(entry.version, count, count == 1 and "" or "s")
      end
   end
   if #names == 0 then return end
   report.error = "the server speaks nothing that this library does; it has " .. table.concat(names, ", ")
   report.code = "no_common_version"
end

--- run(prober, report, progress) adds to a report. prober: host, port, name, timeout, starttls, trust, credentials,
-- ticket_wait. It adds
--    versions            SSLv2 and SSLv3 in front; to each `foreign_suites`, names
--    foreign_groups, signature_schemes   names
--    dhe                 bits, group (its name), common: true if the prime is shared by many and not RFC 7919's
--    compression, heartbeat   booleans
--    renegotiation       { secure =, client_initiated = }
--    ticket              { lifetime = seconds, reusable =, renewed = }
--    early_data_accepted boolean, where tickets allow early data
--    intolerance         by name { tolerant =, answer = }
--    ccs_injection       boolean
--    connections         how many it took
--    not_tested          sentences
-- What is not known is nil.
function scan.run(prober, report, progress)
   report.not_tested = report.not_tested or {}
   local self = setmetatable({ prober = prober, report = report, progress = progress, line = line.new(prober) }, Scan)
   suites.run(self)
   find_versions(self)
   if self.best then
      exchange.run(self)
      behaviour.run(self)
      sessions.run(self)
      intolerance.run(self)
   end
   if report.error then tell_what_is_there(report) end
   local why = self.line:exhausted()
   if why then self:not_tested(("The scan ended early: %s."):format(why)) end
   self:not_tested("Heartbleed, ROBOT, Ticketbleed and other faults of programs were not tried: it would take an "
      .. "attack to find them.")
   self:not_tested("Suites with passwords (SRP) or pre-shared keys are found only where the server picks them without "
      .. "a name being given.")
   report.connections = self.line.connections
end

return scan
