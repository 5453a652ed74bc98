-- Files of certificates, requests, lists of what is revoked, and keys: PEM, any number and mixture of these in one, or
-- DER, which has one. "-" is standard input.
local bearssl = require "bearssl"
local options = require "bearssl.tool.options"

local inputs = {}

local LIMIT = 64 * 1024 * 1024 -- bytes of a file: lists of what is revoked can have some megabytes

local function first(load)
   return function(bytes)
      local list, message, code = load(bytes)
      return list and list[1], message, code
   end
end

local readers = {
   certificate = first(bearssl.certificate.load), request = bearssl.request.load, crl = first(bearssl.crl.load),
   key = bearssl.key.load,
   public_key = function(bytes)
      if not bytes:find("%-%-%-%-%-BEGIN") then return require "bearssl.tool.public_key" (bytes) end
      local encoded = bytes:match "%-%-%-%-%-BEGIN PUBLIC KEY%-%-%-%-%-%s+(.-)%-%-%-%-%-END" or ""
      local inside = require("mime").unb64((encoded:gsub("%s+", "")))
      if not inside then return nil, "no base64" end
      return require "bearssl.tool.public_key" (inside)
   end,
}

local KINDS = {
   ["CERTIFICATE"] = "certificate", ["X509 CERTIFICATE"] = "certificate", ["TRUSTED CERTIFICATE"] = "certificate",
   ["CERTIFICATE REQUEST"] = "request", ["NEW CERTIFICATE REQUEST"] = "request", ["X509 CRL"] = "crl",
   ["PUBLIC KEY"] = "public_key",
}

-- What DER may be, most usual first.
local ORDER = { "certificate", "request", "crl", "key", "public_key" }

--- read(path) is what the file holds: bytes; a file that cannot be read is a usage error.
function inputs.read(path)
   local bytes
   if path == "-" then
      bytes = io.stdin:read(LIMIT + 1) or ""
   else
      bytes = options.read_file(path, "file")
   end
   if #bytes > LIMIT then options.usage("%s has more than %d MB", path, LIMIT / 1024 / 1024) end
   if not bytes:find "%S" then options.usage("%s is empty", path == "-" and "standard input" or path) end
   return bytes
end

-- One object, or why there is none, in a table that says where it stood.
local function item_of(item, kind, bytes, password)
   local asked = false
   local object, message, code = readers[kind](bytes, kind == "key" and function(where)
      asked = true
      if type(password) ~= "function" then return password end
      return password(where)
   end or nil)
   item.kind, item.object, item.encrypted = kind, object, asked or nil
   if not object then item.message, item.code = message, code end
   return item
end

-- What is of another kind: all the certificates that the library finds in it, or what it says that it is instead.
local function others(items, item, bytes)
   local list, message, code = bearssl.certificate.load(bytes)
   item.kind, item.message, item.code = "unknown", message, code
   for index, object in ipairs(list or {}) do
      if index > 1 then
         item = { path = item.path, number = #items + 1, form = item.form, label = item.label }
         items[item.number] = item
      end
      item.kind, item.object = "certificate", object
   end
   return items
end

-- The certificates of PKCS#12, and its key.
local function from_pkcs12(path, bytes, password)
   local items = {}
   local function add(kind, object)
      items[#items + 1] = { path = path, number = #items + 1, form = "PKCS#12", kind = kind, object = object,
         encrypted = true }
   end
   local found, message, code = bearssl.pkcs12.load(bytes, { password = password })
   if not found then
      return { { path = path, number = 1, form = "PKCS#12", kind = "unknown", message = message, code = code } }
   end
   for _, certificate in ipairs(found.certificates) do add("certificate", certificate) end
   for _, certificate in ipairs(found.authorities) do add("certificate", certificate) end
   if found.key then add("key", found.key) end
   return items
end

local function from_der(path, bytes, password)
   if require("bearssl.pkcs12_read").is(bytes) then return from_pkcs12(path, bytes, password) end
   local item = { path = path, number = 1, form = "DER" }
   for _, kind in ipairs(ORDER) do
      local found = item_of({}, kind, bytes, password)
      if found.object or found.encrypted then
         for name, value in pairs(found) do item[name] = value end
         return { item }
      end
   end
   return others({ item }, item, bytes)
end

local function from_pem(path, bytes, password)
   local items, at = {}, 1
   while true do
      local from, stop, label = bytes:find("%-%-%-%-%-BEGIN ([%u%d ]+)%-%-%-%-%-", at)
      if not from then break end
      local ending = ("-----END %s-----"):format(label)
      local _, last = bytes:find(ending, stop, true)
      local item = { path = path, number = #items + 1, form = "PEM", label = label }
      items[item.number] = item
      if not last then
         item.kind, item.code = "unknown", "bad_pem"
         item.message = ("it has no line %s: the file is cut off"):format(ending)
         break
      end
      local kind = KINDS[label] or label:find "PRIVATE KEY$" and "key"
      if kind then
         item_of(item, kind, bytes:sub(from, last), password)
      elseif not label:find "PARAMETERS" then
         others(items, item, bytes:sub(from, last))
      else
         items[item.number] = nil -- EC PARAMETERS stand before a key, which has them as well
      end
      at = last + 1
   end
   return items
end

--- items(path, arguments) is the list of what a file holds, in its order: { kind = "certificate", "request", "crl",
-- "key", "public_key" or "unknown", object =, path =, number =, form = "PEM", "DER" or "PKCS#12",
-- encrypted = true where a password was needed }, and where it cannot be read { message =, code = } in the
-- object's place.
function inputs.items(path, arguments)
   local bytes = inputs.read(path)
   local password = require("bearssl.tool.password").of(arguments, path)
   if bytes:find("-----BEGIN ", 1, true) then return from_pem(path, bytes, password) end
   return from_der(path, bytes, password)
end

--- name(item, all) says where it stood: "file.pem", or "file.pem, 2" where the file holds more.
function inputs.name(item, many)
   local path = item.path == "-" and "standard input" or item.path
   return many and ("%s, %d"):format(path, item.number) or path
end

return inputs
