-- Names and numbers: cipher suites, groups, signature schemes, versions, and lists of them.
local core = require "bearssl.core"
local options = require "bearssl.options"

local names = {}

local function names_of(list)
   local result = {}
   for i, entry in ipairs(list) do
      result[i] = type(entry) == "table" and entry.name or entry
   end
   return result
end

names.policies = { "modern", "compatible" }

-- The ids of a policy's suites; AES first where the processor has instructions for it.
local function policy(name)
   return core.policy(name, core.has_aes())
end

-- The suites that a context takes; core.suites() knows more.
local function suites()
   local result = {}
   for _, suite in ipairs(core.suites()) do
      if suite.supported then result[#result + 1] = suite end
   end
   return result
end

--- suites([policy]) → list of RFC names.
function names.suites(name)
   if name == nil then return names_of(suites()) end
   local ids = type(name) == "string" and policy(name)
   if not ids then
      error(options.unknown("bearssl.suites: unknown policy", name, names.policies, "Policies"), 3)
   end
   local result = {}
   for i, id in ipairs(ids) do result[i] = core.suite_name(id) end
   return result
end

function names.groups() return names_of(core.groups()) end

function names.signature_algorithms() return names_of(core.schemes()) end

--- certificate_compression() → list of the algorithms that this build has, best first.
function names.certificate_compression() return names_of(core.compressions()) end

function names.versions() return names_of(core.versions()) end

-- What each kind of name is called, who knows its number, and what this build can do.
local kinds = {
   suites = { what = "cipher suite", id_of = core.suite_id, list = suites },
   groups = { what = "group", id_of = core.group_id, list = core.groups },
   schemes = { what = "signature algorithm", id_of = core.scheme_id, list = core.schemes },
   compressions = { what = "compression", id_of = core.compression_id, list = core.compressions },
   versions = { what = "version", id_of = core.version_id, list = core.versions },
}

local function id_of(kind, name, known)
   local id = kind.id_of(name)
   if id then
      if not kind.supported then
         kind.supported = {}
         for _, entry in ipairs(kind.list()) do kind.supported[entry.id] = entry.supported ~= false end
      end
      if kind.supported[id] then return id end
      return nil, ("the %s %s is not supported by this build"):format(kind.what, name)
   end
   local all = known or names_of(kind.list())
   if #all == 0 then return nil, ("unknown %s %s: this build has none"):format(kind.what, options.describe(name)) end
   return nil, options.unknown("unknown " .. kind.what, name, all, "Known")
end

-- Names of a list → ids; `more(name)` may give several ids for one name. Nothing appears twice.
local function ids_of(kind, list, more, known)
   local ids, seen = {}, {}
   local function add(id)
      if not seen[id] then
         seen[id] = true
         ids[#ids + 1] = id
      end
   end
   for _, name in ipairs(list) do
      local several = more and more(name)
      if several then
         for _, id in ipairs(several) do add(id) end
      else
         local id, message = id_of(kind, name, known and known())
         if not id then return nil, message end
         add(id)
      end
   end
   return ids
end

local function suites_and_policies()
   local list = names_of(suites())
   for i, name in ipairs(names.policies) do table.insert(list, i, name) end
   return list
end

--- suite_ids(value): a policy's name, or a list of suite and policy names → list of ids, or nil, message.
function names.suite_ids(value)
   if type(value) == "string" then value = { value } end
   return ids_of(kinds.suites, value, policy, suites_and_policies)
end

--- group_ids(list) → list of ids, or nil, message.
function names.group_ids(list)
   return ids_of(kinds.groups, list)
end

--- scheme_ids(list) → list of ids, or nil, message.
function names.scheme_ids(list)
   return ids_of(kinds.schemes, list)
end

local compression_libraries = { zlib = "zlib", brotli = "libbrotlienc and libbrotlidec", zstd = "libzstd" }

--- compression_ids(list) → list of ids, or nil, message.
function names.compression_ids(list)
   local ids, message = ids_of(kinds.compressions, list)
   if ids then return ids end
   for _, name in ipairs(list) do
      local library = core.compression_id(name) and not kinds.compressions.supported[core.compression_id(name)]
         and compression_libraries[name:lower()]
      if library then
         return nil, ("%s: leave it out (bearssl.features() tells what there is), or build again where pkg-config "
            .. "finds %s"):format(message, library)
      end
   end
   return nil, message
end

--- version_id(name) → number, or nil, message.
function names.version_id(name)
   if type(name) ~= "string" then return nil, "a version is a string such as \"TLSv1.2\"" end
   return id_of(kinds.versions, name)
end

--- list(ids, name_of) → names.
function names.list(ids, name_of)
   local result = {}
   for i, id in ipairs(ids) do result[i] = name_of(id) end
   return result
end

return names
