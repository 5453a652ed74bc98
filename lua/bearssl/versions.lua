-- Which protocol versions a context or a connection speaks: within what was asked for, those for which there is a
-- cipher suite and, for TLS 1.3, a signature algorithm.
local core = require "bearssl.core"

local versions = {}

local LOWEST, HIGHEST = core.version_id "TLSv1.2", core.version_id "TLSv1.3"

local ranges

-- The first and last version of a suite.
local function range_of(suite)
   if not ranges then
      ranges = {}
      for _, entry in ipairs(core.suites()) do ranges[entry.id] = { entry.min_version_id, entry.max_version_id } end
   end
   return ranges[suite]
end

local function has_suite(suites, version)
   for _, suite in ipairs(suites) do
      local range = range_of(suite)
      if range and range[1] <= version and version <= range[2] then return true end
   end
   return false
end

-- Whether a list has a scheme that may sign a handshake of TLS 1.3 (RFC 8446 section 4.2.3); nil is the default list.
local function signs_13(schemes)
   if not schemes then return true end
   for _, scheme in ipairs(schemes) do
      local name = core.scheme_name(scheme)
      if not (name:find("^rsa_pkcs1") or name:find("sha1$") or name:find("sha224$")) then return true end
   end
   return false
end

local function check_range(who, lowest, highest)
   if lowest > highest then
      error(("%s: min_version %s is above max_version %s"):format(who, core.version_name(lowest),
         core.version_name(highest)), 0)
   end
end

local function check_suites(who, given, bounds, suites)
   for option, field in pairs({ min_version = "version_min", max_version = "version_max" }) do
      if given[option] and not has_suite(suites, bounds[field]) then
         error(("%s: option '%s': none of the cipher suites is for %s"):format(who, option,
            core.version_name(bounds[field])), 0)
      end
   end
end

--- fit(who, given, settings) completes settings.version_min and version_max (numbers, where they were given), which
-- `given` names, by the defaults, and takes the versions at both ends away that none of settings.suites is for, and TLS
-- 1.3 where none of settings.signature_schemes is for it. Raises for a version that was asked for and cannot be spoken.
function versions.fit(who, given, settings)
   local suites = settings.suites
   local lowest, highest = settings.version_min or LOWEST, settings.version_max or HIGHEST
   check_range(who, lowest, highest)
   check_suites(who, given, settings, suites)
   if highest == HIGHEST and not signs_13(settings.signature_schemes) then
      if given.max_version or lowest == HIGHEST then
         error(("%s: option 'signature_algorithms': none of them is for TLSv1.3"):format(who), 0)
      end
      highest = HIGHEST - 1
   end
   while highest > lowest and not has_suite(suites, highest) do highest = highest - 1 end
   while lowest < highest and not has_suite(suites, lowest) do lowest = lowest + 1 end
   settings.version_min, settings.version_max = lowest, highest
end

--- of_connection(who, given, settings) checks a connection's own min_version and max_version (names) against the
-- settings of its context; raises when they are not within them.
function versions.of_connection(who, given, settings)
   local bounds = {}
   for option, field in pairs({ min_version = "version_min", max_version = "version_max" }) do
      if given[option] then
         local id, message = require("bearssl.names").version_id(given[option])
         if not id then error(("%s: option '%s': %s"):format(who, option, message), 0) end
         bounds[field] = id
      end
   end
   check_range(who, bounds.version_min or settings.version_min, bounds.version_max or settings.version_max)
   for option, field in pairs({ min_version = "version_min", max_version = "version_max" }) do
      local id = bounds[field]
      if id and (id < settings.version_min or id > settings.version_max) then
         error(("%s: option '%s': the context speaks %s to %s"):format(who, option,
            core.version_name(settings.version_min), core.version_name(settings.version_max)), 0)
      end
   end
   check_suites(who, given, bounds, settings.suites)
end

return versions
