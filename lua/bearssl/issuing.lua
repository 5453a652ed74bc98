-- What certificates, requests, CRLs and OCSP responses that we make have in common: names, periods, usages, and the
-- objects that may be given as strings.
local core = require "bearssl.core"
local credential = require "bearssl.credential"
local options = require "bearssl.options"

local is = options.is

local issuing = {}

local DAY = 86400

--- call(f, given) is f(given); an error that it raises names the line of the caller's caller.
function issuing.call(f, given)
   local ok, a, b, c = pcall(f, given)
   if not ok then options.raise(a, 3) end
   return a, b, c
end

-- ---- Checks ----

local check = {}
issuing.is = check

local function text(value)
   return (type(value) ~= "string" or value == "") and "a string that is not empty" or nil
end

check.text = text
check.time = is.time
check.certificate = is.any("a certificate object, PEM or DER", is.string, is.object("certificate"))
check.key = is.any("a key object, PEM or DER", is.string, is.object("key"))
check.password = is.any("a string or a function that gives it", is.string, is["function"])
check.hash = is.one_of({ "sha256", "sha384", "sha512" })

function check.days(value)
   if type(value) == "number" and value > 0 and value <= 365000 then return nil end
   return "a number of days, above 0"
end

function check.serial(value)
   if type(value) == "number" and value > 0 and value % 1 == 0 and value < 2 ^ 53 then return nil end
   if type(value) == "string" then
      local digits = value:gsub(":", "")
      if #digits >= 1 and #digits <= 40 and digits:find("^%x+$") and digits:find("[^0]") then return nil end
   end
   return "a serial number in hexadecimal (at most 20 bytes), or a positive integer"
end

local function subject(value)
   if type(value) == "string" then return nil end
   if type(value) ~= "table" then return 'a name such as "CN=example.org,O=Example" or a table' end
   for name in pairs(value) do
      if #value > 0 and type(name) ~= "number" then return "", "must be a list of pairs, not one with names beside" end
   end
   for index, entry in ipairs(value) do
      local bad = type(entry) ~= "table" or type(entry[1] or entry.oid or entry.name) ~= "string"
         or type(entry[2] or entry.value) ~= "string"
      if bad then return "", ('element %d must be a pair such as {"CN", "example.org"}'):format(index) end
   end
   if #value == 0 then
      for name, entry in pairs(value) do
         if type(name) ~= "string" or type(entry) ~= "string" then
            return "", 'must be a table such as {CN = "example.org"} or a list of pairs'
         end
      end
   end
   return nil
end
check.subject = subject

-- All that the core knows: what requests hold is taken over, too.
local kinds_of_names = {
   dns = true, ip = true, email = true, uri = true, dirname = true, rid = true, othername = true, x400name = true,
   edipartyname = true,
}

local TYPES = { "DNS", "IP", "email", "URI", "dirName", "RID" }

local function name_entry(value)
   if type(value) == "string" and value ~= "" then return nil end
   if type(value) == "table" and type(value.type) == "string" and type(value.value) == "string" then
      if not kinds_of_names[value.type:lower()] then
         return "", options.unknown("unknown type", value.type, TYPES, "Types")
      end
      return options.unknown_field(value, { "type", "value" })
   end
   return 'a name such as "example.org" or {type = "DNS", value = "example.org"}'
end
local name_list = is.list(name_entry, "names")
check.names = is.any("a list of names", is.string, name_list)

local function names_exactly(value)
   if type(value) == "string" then return nil end
   return name_list(value)
end
check.names = names_exactly

-- An empty list would constrain nothing.
local constrained = is.filled(names_exactly, "any name")

function check.constraints(value)
   if type(value) ~= "table" then return "a table { permitted = names, excluded = names }" end
   local _, unknown = options.unknown_field(value, { "excluded", "permitted" })
   if unknown then return "", unknown end
   if next(value) == nil then return "", "must not be empty: leave it out for no constraints" end
   for field, list in pairs(value) do
      local must, exact = constrained(list)
      if must then return "", ("%s: %s"):format(field, exact or "must be " .. must) end
   end
   return nil
end

-- May be empty, as certificate:ocsp_uris() is where there are none.
check.strings = is.any("a string or a list of strings", is.string, is.list(text, "strings"))

-- usages(names, more) is a check for usages of a list of names, in any case of letters, or what more(value) takes.
local function usages(names, more)
   local known = {}
   for _, name in ipairs(names) do known[name:lower()] = true end
   local function one(value)
      if type(value) ~= "string" then return "the name of a usage" end
      if known[value:lower()] or more(value) then return nil end
      return "", options.unknown("unknown usage", value, names, "Usages")
   end
   local list = is.list(one, "usages, or false for none")
   return function(value)
      if value == false then return nil end
      if type(value) == "string" then return one(value) end
      if type(value) == "table" and next(value) == nil then return "", "must not be empty: false stands for none" end
      return list(value)
   end
end

local key_usages, extended_key_usages = core.usages()

-- X.509's newer name of nonRepudiation.
check.key_usage = usages(key_usages, function(value) return value:lower() == "contentcommitment" end)
check.extended_key_usage = usages(extended_key_usages, function(value) return value:find("^%d+%.%d[%d.]*$") end)

function check.extensions(value)
   if type(value) ~= "table" then return "a list of { oid =, critical =, value = DER }" end
   if #value == 0 and next(value) ~= nil then return "", "must be a list of { oid =, critical =, value = DER }" end
   for index, entry in ipairs(value) do
      if type(entry) ~= "table" or type(entry.oid) ~= "string" or type(entry.value) ~= "string" then
         return "", ("element %d must be a table { oid =, critical =, value = DER }"):format(index)
      end
      if not entry.oid:find("^%d[%d.]*$") then
         return "", ("element %d: the oid must be a dotted OID, not %s"):format(index, options.describe(entry.oid))
      end
      -- `name` is what extensions() of a request calls the OID
      local _, exact = options.unknown_field(entry, { "critical", "name", "oid", "value" })
      if exact then return "", ("element %d: %s"):format(index, exact) end
   end
   return nil
end

-- ---- Conversion ----

local function escape(value)
   value = value:gsub('[,+"\\<>;=]', "\\%0"):gsub("%z", "\\00")
   return (value:gsub("^[ #]", "\\%0"):gsub(" $", "\\ "))
end

-- The usual order of attributes, most significant first, for tables that have none of their own.
local order = { C = 1, ST = 2, L = 3, STREET = 4, O = 5, OU = 6, CN = 8 }

--- subject(value) is the RFC 4514 text of what the options say: text, a list of pairs in the order of the encoding
-- (as certificate:subject() gives it), or a table name → value.
function issuing.subject(value)
   if value == nil or type(value) == "string" then return value end
   local list = value
   if #value == 0 then
      list = {}
      for name, entry in pairs(value) do list[#list + 1] = { name, entry } end
      table.sort(list, function(a, b)
         local first, second = order[a[1]:upper()] or 7, order[b[1]:upper()] or 7
         if first ~= second then return first < second end
         return a[1] < b[1]
      end)
   end
   local parts = {}
   for _, entry in ipairs(list) do -- RFC 4514 writes the last one first
      local name = entry[1] or entry.oid or entry.name
      local part = name .. "=" .. escape(entry[2] or entry.value)
      if entry.joined and parts[1] then
         parts[1] = parts[1] .. "+" .. part
      else
         table.insert(parts, 1, part)
      end
   end
   return table.concat(parts, ",")
end

--- first_name(names) is the subject of what has none: the first of its names that fits a CN.
function issuing.first_name(names)
   for _, entry in ipairs(names or {}) do
      if #entry.value <= 64 then return issuing.subject({ { "CN", entry.value } }) end
   end
   return ""
end

-- "2001:db8::/32" and "192.0.2.0/24" are for constraints.
local function looks_like_ip(value)
   local address = value:match("^(.-)/[%d.]+$") or value
   return address:find("^%d+%.%d+%.%d+%.%d+$") ~= nil or (address:find("^[%x:.]+$") and address:find(":.*:")) ~= nil
end

local function name_of(value)
   if type(value) == "table" then return { type = value.type, value = value.value } end
   local rest = value:match("^[mM][aA][iI][lL][tT][oO]:(.+)$")
   if rest then return { type = "email", value = rest } end
   if looks_like_ip(value) then return { type = "IP", value = value } end
   if value:find("^%a[%w+.-]*:") then return { type = "URI", value = value } end
   if value:find("@", 1, true) then return { type = "email", value = value } end
   return { type = "DNS", value = value }
end

--- names(value) is a list of { type =, value = }; what plain strings are is seen from their form.
function issuing.names(value)
   if value == nil then return nil end
   if type(value) == "string" then value = { value } end
   local list = {}
   for index, entry in ipairs(value) do list[index] = name_of(entry) end
   return list
end

--- constraints(value): the names in both lists.
function issuing.constraints(value)
   if value == nil then return nil end
   return { permitted = issuing.names(value.permitted), excluded = issuing.names(value.excluded) }
end

--- list(value): one string is a list of it; false is nothing.
function issuing.list(value)
   if value == false then return nil end
   return type(value) == "string" and { value } or value
end

--- serial(value) is hexadecimal, without colons and with whole bytes.
function issuing.serial(value)
   if type(value) == "number" then value = ("%x"):format(value) end
   if value == nil then return nil end
   value = value:gsub(":", ""):lower()
   return #value % 2 == 1 and "0" .. value or value
end

--- period(given, days, before) → not_before, not_after, whole seconds. Raises when both ways are mixed.
function issuing.period(given, start_name, end_name, days, before)
   if given.days and given[end_name] then
      error(("give either 'days' or '%s', not both"):format(end_name), 0)
   end
   local from = math.floor(given[start_name] or os.time() - before)
   local to = given[end_name] and math.floor(given[end_name])
      or math.floor((given[start_name] or os.time()) + (given.days or days) * DAY)
   if to <= from then error(("'%s' must be later than '%s'"):format(end_name, start_name), 0) end
   return from, to
end

--- certificate(value) is the first certificate of an object or string; nil, message, code.
function issuing.certificate(value)
   if type(value) ~= "string" then return value end
   local list, message, code = require("bearssl.handed_in").certificates(value)
   if not list then return nil, message, code end
   return list[1]
end

--- key(value, password) likewise.
function issuing.key(value, password)
   if type(value) ~= "string" then return value end
   return credential.key(value, password)
end

--- copy(list, from, into) copies fields.
function issuing.copy(list, from, into)
   for _, name in ipairs(list) do into[name] = from[name] end
   return into
end

return issuing
