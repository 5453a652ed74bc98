-- An authority in a directory: ca.pem, ca.key and ca.db; what it signs, it may sign, and it keeps a record of it.
local bearssl = require "bearssl"
local core = require "bearssl.core"
local failure = require "bearssl.tool.failure"
local issuing = require "bearssl.issuing"
local open_database = require "bearssl.tool.ca_database"
local options = require "bearssl.tool.options"
local password = require "bearssl.tool.password"
local save = require "bearssl.tool.save"
local without_place = require("bearssl.options").without_place

local authority = {}

local function fail(message, ...)
   failure.raise(message:format(...))
end

local function read(path, what)
   local file, message = io.open(path, "rb")
   local bytes = file and file:read "*a"
   if file then file:close() end
   if not bytes then fail("cannot read the %s: %s", what, message or path .. " is not a file") end
   return bytes
end

--- made(ok, object, message, code): the object, as pcall of one of the library's functions gives it; the subcommand
-- ends when it could not be made. What the command line is to blame for is usage.
function authority.made(ok, object, message, code)
   if not ok then options.usage("%s", tostring(without_place(object))) end
   if object then return object end
   if code == "bad_name" or code == "bad_field" or code == "bad_request" or code == "bad_pem" then
      options.usage("%s", message) end
   failure.raise(message, code)
end

--- open(arguments) is the authority of --ca: { directory =, list = its certificate and those above, key =,
-- database = }.
function authority.open(arguments)
   local directory = arguments.ca:gsub("(.)/+$", "%1")
   local list, message = bearssl.certificate.load(read(directory .. "/ca.pem", "authority's certificate"))
   if not list then fail("%s/ca.pem: %s", directory, message) end
   local path = directory .. "/ca.key"
   local key, code
   key, message, code = bearssl.key.load(read(path, "authority's key"), password.of(arguments, path))
   if not key then failure.raise(("%s: %s"):format(path, message), code) end
   if not key:matches(list[1]) then fail("%s is not the key of %s/ca.pem", path, directory) end
   return { directory = directory, list = list, key = key, database = open_database(directory) }
end

--- forget(directory) puts aside the records of an authority that another one takes the place of.
function authority.forget(directory)
   local path = open_database((directory:gsub("(.)/+$", "%1"))).path
   if core.path_kind(path) then os.rename(path, path .. ".old") end
end

local KINDS = { email = "an e-mail address", URI = "a URI" }

--- check_names(names, only_servers, key) ends the subcommand at the first name that a certificate cannot have, or that
-- no server has. key: any, to try them with.
function authority.check_names(names, only_servers, key)
   for _, name in ipairs(names) do
      local kind = name ~= "" and issuing.names(name)[1].type
      if only_servers and KINDS[kind] then
         options.usage("'%s' is %s: a server has DNS names and addresses", name, KINDS[kind])
      end
      local ok, request = pcall(bearssl.request.new, { key = key, names = { name }, subject = "CN=name" })
      if not ok or not request then
         options.usage("'%s' is no name that a certificate can have: a DNS name (also *.example.org) or an IP "
            .. "address%s", name, only_servers and "" or ", an e-mail address or a URI")
      end
   end
end

-- Each authority above says how many there may be between it and the certificate (RFC 5280 section 4.2.1.9).
local function check_path_length(own, path_length)
   for index, certificate in ipairs(own.list) do
      local most = certificate:path_length()
      if most and most < index then
         local _, name = certificate:subject()
         fail("%s allows %s below it: it cannot certify one here", name,
            most == 0 and "no authority" or ("%d authorities one above the other"):format(most))
      elseif most and path_length and path_length > most - index then
         options.usage("--path-length %d is more than the authorities above allow: %d", path_length, most - index)
      end
   end
end

local function has(list, word)
   for _, one in ipairs(list or {}) do
      if one == word then return true end
   end
   return false
end

-- What cannot be verified is not handed out: the authority's own constraints, its end, the key's length.
local function check(own, object)
   local list = own.list
   local chain = {}
   for index = 1, #list - 1 do chain[index] = list[index] end
   local usages = object:extended_key_usage()
   local purpose = object:is_ca() and "any" or has(usages, "serverAuth") and "server"
      or has(usages, "clientAuth") and "client" or "any"
   local ok, message, code = object:verify { chain = chain, trust = { list[#list] }, purpose = purpose }
   if not ok then failure.raise("the authority cannot certify this: " .. message, code) end
end

--- issue(own, fields) is the certificate that bearssl.certificate.issue makes of the fields, signed by the authority as
-- far as it may, and on record; with the PEM of those above it that a server or client has to send.
function authority.issue(own, fields)
   fields.issuer, fields.issuer_key = own.list[1], own.key
   if fields.ca then check_path_length(own, fields.path_length) end
   -- what outlives its issuer cannot be verified
   fields.not_after = math.min(os.time() + fields.days * 86400, own.list[1]:not_after())
   fields.days = nil
   if fields.not_after <= os.time() then
      fail "the authority's certificate has expired: it certifies nothing any more"
   end
   local issued = own.database:state().issued
   local object
   repeat
      object = authority.made(pcall(bearssl.certificate.issue, fields))
   until not issued[object:serial()]
   check(own, object)
   local _, subject = object:subject()
   own.database:append("issued", object:serial(), os.time(), ("%.0f"):format(object:not_after()), subject)
   -- a root is not sent: the other side has it
   local blocks = { object:pem() }
   for _, above in ipairs(own.list) do
      if not above:is_self_signed() then blocks[#blocks + 1] = above:pem() end
   end
   return object, table.concat(blocks)
end

--- stem(text) is a name that can stand for a file: "*.example.org" → "_.example.org".
function authority.stem(text)
   local stem = text:gsub("[^%w._@-]", "_"):gsub("^[.-]", "_")
   return stem
end

--- keep(arguments, stem, chain, key) writes DIR/STEM.pem and, where there is a key, DIR/STEM.key: their paths.
function authority.keep(arguments, stem, chain, key)
   local directory = arguments.out:gsub("(.)/+$", "%1")
   if directory:sub(1, 1) == "-" then directory = "./" .. directory end
   local certificate_path, key_path = directory .. "/" .. stem .. ".pem", key and directory .. "/" .. stem .. ".key"
   authority.refuse(arguments, stem, key ~= nil)
   save.directory(directory)
   -- the key first: a certificate whose key was lost is of no use
   if key then save.write(key_path, key, "077") end
   save.write(certificate_path, chain, "022")
   return certificate_path, key_path
end

--- refuse(arguments, stem, with_key) ends the subcommand when keep would overwrite what may not be.
function authority.refuse(arguments, stem, with_key)
   local directory = arguments.out:gsub("(.)/+$", "%1")
   save.refuse(directory .. "/" .. stem .. ".pem", arguments.force)
   if with_key then save.refuse(directory .. "/" .. stem .. ".key", arguments.force) end
end

return authority
