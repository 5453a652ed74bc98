-- Which protocol versions a context or a connection speaks: within what was asked for, those for which there is a
-- cipher suite and, for TLS 1.3, a signature algorithm.
local core = require "bearssl.core"

local versions = {}

local LOWEST, HIGHEST = core.version_id "TLSv1.2", core.version_id "TLSv1.3"

local by_id

local function entry_of(suite)
   if not by_id then
      by_id = {}
      for _, entry in ipairs(core.suites()) do by_id[entry.id] = entry end
   end
   return by_id[suite]
end

-- The suites that the groups allow: up to TLS 1.2 whoever offers ECDHE says with which curves (RFC 8422 section 4).
local function with_groups(suites, groups)
   if not groups then return suites end
   for _, group in ipairs(groups) do
      if core.group_is_curve(group) then return suites end
   end
   local kept = {}
   for _, suite in ipairs(suites) do
      local entry = entry_of(suite)
      if not (entry and entry.key_exchange:find("^ECDH")) then kept[#kept + 1] = suite end
   end
   return kept
end

local function has_suite(suites, version)
   for _, suite in ipairs(suites) do
      local entry = entry_of(suite)
      if entry and entry.min_version_id <= version and version <= entry.max_version_id then return true end
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

-- without: the suites that `groups` rule out.
local function check_suites(who, given, bounds, suites, without)
   for option, field in pairs({ min_version = "version_min", max_version = "version_max" }) do
      if given[option] and not has_suite(suites, bounds[field]) then
         if without and has_suite(without, bounds[field]) then
            error(("%s: option 'groups': none of them is a curve, which the cipher suites for %s need"):format(who,
               core.version_name(bounds[field])), 0)
         end
         error(("%s: option '%s': none of the cipher suites is for %s"):format(who, option,
            core.version_name(bounds[field])), 0)
      end
   end
end

--- fit(who, given, settings) completes settings.version_min and version_max (numbers, where they were given), which
-- `given` names, by the defaults, and takes the suites away that settings.groups rule out, the versions at both ends
-- that none of settings.suites is for, and TLS 1.3 where none of settings.signature_schemes is for it. Raises for a
-- version that was asked for and cannot be spoken.
function versions.fit(who, given, settings)
   local all = settings.suites
   local suites = with_groups(all, settings.groups)
   if #suites == 0 then
      error(("%s: option 'groups': none of them is a curve, which all the cipher suites need"):format(who), 0)
   end
   settings.suites = suites
   local lowest, highest = settings.version_min or LOWEST, settings.version_max or HIGHEST
   check_range(who, lowest, highest)
   check_suites(who, given, settings, suites, all)
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
