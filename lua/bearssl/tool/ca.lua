-- bearssl ca: an authority of one's own, in a directory: ca.pem and ca.key; and certificates from it.
local bearssl = require "bearssl"
local describe = require "bearssl.describe"
local options = require "bearssl.tool.options"
local output = require "bearssl.tool.output"
local save = require "bearssl.tool.save"

local ca = { summary = "Make an authority, and certificates for servers and clients." }

local KEYS = { "p256", "p384", "p521", "ed25519", "rsa2048", "rsa3072", "rsa4096" }

local function days(text)
   local number = tonumber(text)
   if not number or not (number > 0 and number <= 36500) then return nil, "'" .. text .. "' is not a number of days" end
   return number
end

local function shared(command, lifetime, out)
   command:option("--out", "Directory to write into; it is made if need be."):argname("DIR"):default(out)
   command:option("--days", "Days that the certificate is valid."):argname("N"):default(lifetime):convert(days)
   command:option("--key-type", "Kind of key: " .. table.concat(KEYS, ", ") .. "."):argname("KIND"):choices(KEYS)
      :default("p256")
   command:option("--password-file", "File whose first line is the password of the authority's key.")
      :argname("FILE")
   command:flag("--force", "Overwrite files that are there.")
   command:flag("--json", "Write JSON.")
end

function ca.describe(command, adopt)
   command:command_target("action"):require_command(true)
   local init = command:command("init", "Make an authority: ca.pem, ca.key.")
   adopt(init)
   init:option("--name", "The authority's name."):argname("NAME"):default("bearssl CA")
   init:option("--constrain", "Certify only names below this domain."):argname("DOMAIN"):count("*")
   shared(init, "3650", "ca")
   local server = command:command("server", "Make a server's certificate: NAME.pem (the chain), NAME.key.")
   adopt(server)
   server:argument("names", "DNS names (also *.example.org) and IP addresses."):argname("NAME"):args("+")
   local client = command:command("client", "Make a client's certificate: NAME.pem (the chain), NAME.key.")
   adopt(client)
   client:argument("name", "The client's common name."):argname("NAME")
   client:option("--email", "An e-mail address."):argname("ADDRESS"):count("*")
   for _, each in ipairs({ server, client }) do
      each:option("--ca", "The authority's directory."):argname("DIR"):default("ca")
      each:option("--file", "Name of the files, instead of NAME."):argname("WORD")
      shared(each, "365", ".")
   end
   local p12 = command:command("p12", "Write a certificate and its key as PKCS#12: NAME.p12.")
   adopt(p12)
   require("bearssl.tool.ca_p12").describe(p12)
end

-- ---- Files ----

local function fail(message, ...)
   error({ failure = message:format(...) }, 0)
end

local function read(path, what)
   local file, message = io.open(path, "rb")
   local bytes = file and file:read("*a")
   if file then file:close() end
   if not bytes then fail("cannot read the %s: %s", what, message or path .. " is not a file") end
   return bytes
end

local function exists(path)
   local file = io.open(path, "rb")
   if file then file:close() end
   return file ~= nil
end

local function keep(arguments, stem, chain, key)
   local directory = arguments.out:gsub("(.)/+$", "%1")
   if directory:sub(1, 1) == "-" then directory = "./" .. directory end
   local certificate_path, key_path = directory .. "/" .. stem .. ".pem", directory .. "/" .. stem .. ".key"
   for _, path in ipairs({ certificate_path, key_path }) do
      if exists(path) then
         if not arguments.force then fail("%s is there already; --force overwrites it", path) end
      end
   end
   os.execute("mkdir -p " .. save.quote(directory) .. " 2>/dev/null")
   if arguments.force then
      os.remove(key_path)
      os.remove(certificate_path)
   end
   save.write(key_path, key, "077")
   save.write(certificate_path, chain, "022")
   return certificate_path, key_path
end

-- ---- Making ----

local function password(arguments)
   if not arguments.password_file then return nil end
   local line = read(arguments.password_file, "password file"):match("^[^\r\n]*")
   if line == "" then options.usage("the password file %s has an empty first line", arguments.password_file) end
   return line
end

local function new_key(arguments)
   local kind, bits = arguments.key_type, nil
   if kind:find("^rsa") then kind, bits = "rsa", tonumber(kind:match("%d+")) end
   local key, message = bearssl.key.generate(kind, bits)
   if not key then fail("cannot make a key: %s", message) end
   return key
end

-- made ends the subcommand when something could not be made; what the command line is to blame for is usage.
local function made(ok, object, message, code)
   if not ok then
      options.usage("%s", (tostring(object):gsub("^[^\n:]+:%d+: ", ""):gsub("^bearssl%.[%w.]+: ", "")))
   end
   if object then return object end
   if code == "bad_name" or code == "bad_field" then options.usage("%s", message) end
   fail("%s", message)
end

local function authority(arguments)
   local directory = arguments.ca:gsub("(.)/+$", "%1")
   local list, message = bearssl.certificate.load(read(directory .. "/ca.pem", "authority's certificate"))
   if not list then fail("%s/ca.pem: %s", directory, message) end
   local key, code
   key, message, code = bearssl.key.load(read(directory .. "/ca.key", "authority's key"), password(arguments))
   if not key then
      if code == "encrypted_key" then message = "the key is encrypted: give a --password-file" end
      fail("%s/ca.key: %s", directory, message)
   end
   return list, key
end

local function pem(list, from)
   local blocks = {}
   for index = from, #list do blocks[#blocks + 1] = list[index]:pem() end
   return table.concat(blocks)
end

-- A name that can stand for a file: "*.example.org" → "_.example.org".
local function file_stem(text)
   local stem = text:gsub("[^%w._@-]", "_"):gsub("^[.-]", "_")
   return stem
end

local function report(arguments, object, certificate_path, key_path)
   if arguments.json then
      local document = describe.certificate(object)
      document.certificate_file, document.key_file = certificate_path, key_path
      output.json(document)
      return 0
   end
   local _, subject = object:subject()
   output.write(("%s: %s, until %s\n%s: its key\n"):format(certificate_path,
      describe.printable(subject, true), describe.date(object:not_after()), key_path))
   output.flush()
   return 0
end

local actions = {}

function actions.init(arguments)
   local key = new_key(arguments)
   local constraints
   if #arguments.constrain > 0 then
      constraints = { permitted = {} }
      for index, name in ipairs(arguments.constrain) do
         constraints.permitted[index] = { type = "DNS", value = name }
      end
   end
   local object = made(pcall(bearssl.certificate.selfsigned, {
      key = key, subject = { { "CN", arguments.name } }, days = arguments.days, ca = true,
      name_constraints = constraints,
   }))
   local secret = password(arguments)
   local text = made(true, key:pem(secret and { password = secret } or nil))
   return report(arguments, object, keep(arguments, "ca", object:pem(), text))
end

local function issue(arguments, stem, fields)
   local list, authority_key = authority(arguments)
   local key = new_key(arguments)
   fields.key, fields.issuer, fields.issuer_key = key, list[1], authority_key
   -- what outlives its issuer cannot be verified
   fields.not_after = math.min(os.time() + arguments.days * 86400, list[1]:not_after())
   local object = made(pcall(bearssl.certificate.issue, fields))
   -- a root is not sent: the other side has it
   local rest = list[1]:issued(list[1]) and "" or pem(list, 1)
   return report(arguments, object,
      keep(arguments, file_stem(arguments.file or stem), object:pem() .. rest, made(true, key:pem())))
end

function actions.server(arguments)
   return issue(arguments, arguments.names[1], {
      names = arguments.names, extended_key_usage = { "serverAuth" },
   })
end

function actions.client(arguments)
   local names = {}
   for index, address in ipairs(arguments.email) do names[index] = { type = "email", value = address } end
   return issue(arguments, arguments.name, {
      subject = { { "CN", arguments.name } }, names = #names > 0 and names or nil,
      extended_key_usage = { "clientAuth" },
   })
end

function actions.p12(arguments)
   return require("bearssl.tool.ca_p12").run(arguments)
end

function ca.run(arguments)
   return actions[arguments.action](arguments)
end

return ca
