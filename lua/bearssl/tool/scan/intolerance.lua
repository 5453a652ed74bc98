-- What a server does not bear though every server must: versions, lengths, extensions and values that it does not know
-- (RFC 8446 section 4.1.2, RFC 8701), and records of any size and version.
local answer = require "bearssl.tool.scan.answer"
local offers = require "bearssl.tool.scan.offers"
local registry = require "bearssl.tool.scan.registry"
local suites = require "bearssl.tool.scan.suites"

local intolerance = {}

local GREASE = 0x3a3a
local UNKNOWN_EXTENSION = 0x2f4d -- unassigned
local EMPTY = 22 -- encrypt_then_mac, which is empty
local UNKNOWN_NAME = "no-such-name.invalid"

local function joined(first, second)
   local all = {}
   for _, item in ipairs(first) do all[#all + 1] = item end
   for _, item in ipairs(second) do all[#all + 1] = item end
   return all
end

-- Each is a question: what its hello has otherwise. classic: it is about TLS 1.2 and below. may_refuse: an alert is an
-- answer that is allowed.
local questions = {
   { "tls13_offered", classic = true, versions = { 0x0304, 0x0303, 0x0302, 0x0301 }, more_suites = true },
   { "version_0304", classic = true, legacy_version = 0x0304 },
   { "version_03ff", classic = true, legacy_version = 0x03ff },
   { "version_0400", classic = true, legacy_version = 0x0400 },
   { "hello_256_to_511", padding = 400 },
   { "hello_over_1460", padding = 1700 },
   { "hello_over_16384", padding = 17000, may_refuse = true },
   { "unknown_extension", more = { { UNKNOWN_EXTENSION, "unknown" } } },
   { "empty_last_extension", padding = false, more = { { EMPTY, "" } } },
   { "grease_suite", grease = "suites" },
   { "grease_group", grease = "groups" },
   { "grease_signature_scheme", grease = "schemes" },
   { "grease_version", grease = "versions" },
   { "grease_extension", first = { { GREASE, "" } }, more = { { GREASE + 0x1010, "\0" } } },
   { "unknown_name", name = UNKNOWN_NAME, may_refuse = true },
   { "no_name", name = false, may_refuse = true },
   { "record_version_0300", record_version = 0x0300 },
   { "record_version_0303", record_version = 0x0303 },
   { "hello_in_records", record_size = 64 },
}

-- The lists that stand in a hello of this kind, for those that get one more.
local function lists_of(offered, version)
   return {
      suites = offered,
      groups = { 29, 23, 24, 25 },
      schemes = version >= "TLSv1.2" and { 0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501,
         0x0601, 0x0201 } or nil,
      versions = version == "TLSv1.3" and { 0x0304 } or nil,
   }
end

local function settings_of(question, lists)
   local settings = {}
   for name, value in pairs(question) do
      if type(name) == "string" then settings[name] = value end
   end
   settings.groups, settings.schemes = lists.groups, lists.schemes
   settings.versions = settings.versions or lists.versions
   local greased = settings.grease
   if greased then
      if not lists[greased] then return nil end
      settings[greased] = joined({ GREASE }, lists[greased])
   end
   if settings.more_suites then settings.suites = joined(registry.suites "TLSv1.3", lists.suites) end
   settings.share = settings.versions ~= nil or nil
   return settings
end

local function ask(scan, version, offered, settings)
   return scan.line:ask(offers.build(scan, version, settings and settings.suites or offered, settings))
end

local function tolerates(question, result)
   return answer.has_hello(result) or (question.may_refuse and result.alert ~= nil) or false
end

-- The questions about one version.
local function examine(scan, entry, report, only_classic)
   local offered = suites.of(entry)
   local lists = lists_of(offered, entry.version)
   if not answer.has_hello(ask(scan, entry.version, offered, { groups = lists.groups, schemes = lists.schemes,
      versions = lists.versions, share = lists.versions and true })) then
      scan:not_tested "What the server does not bear was not asked: it does not answer a plain hello twice."
      return
   end
   for _, question in ipairs(questions) do
      if (question.classic or false) == only_classic then
         if scan.line:exhausted() then return end
         local settings = settings_of(question, lists)
         if settings then
            local result = ask(scan, entry.version, offered, settings)
            report[question[1]] = { tolerant = tolerates(question, result), answer = answer.text(result) }
         end
         scan.progress:step((question[1]:gsub("_", " ")), 0)
      end
   end
end

--- run(scan) fills report.intolerance.
function intolerance.run(scan)
   local report = {}
   scan.report.intolerance = report
   if scan.best.version == "SSLv3" then return end -- it has no extensions, and knows no later version
   examine(scan, scan.best, report, false)
   local classic = scan.classic
   if classic and classic.version ~= "SSLv3" then examine(scan, classic, report, true) end
end

return intolerance
