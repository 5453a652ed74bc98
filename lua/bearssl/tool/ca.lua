-- bearssl ca: an authority of one's own, in a directory: ca.pem, ca.key and ca.db; and certificates from it.
local authority = require "bearssl.tool.authority"
local bearssl = require "bearssl"
local describe = require "bearssl.describe"
local failure = require "bearssl.tool.failure"
local options = require "bearssl.tool.options"
local output = require "bearssl.tool.output"
local password = require "bearssl.tool.password"

local made = authority.made

local ca = { summary = "Make an authority, and certificates for servers and clients; revoke them." }

local KEYS = { "p256", "p384", "p521", "ed25519", "rsa2048", "rsa3072", "rsa4096" }

-- Not "removeFromCRL" and "certificateHold": nothing here takes a revocation back.
local REASONS = {
   "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation", "privilegeWithdrawn",
   "aACompromise",
}

local function days(text)
   local number = tonumber(text)
   if not number or not (number > 0 and number <= 36500) then return nil, "'" .. text .. "' is not a number of days" end
   return number
end

local function key_type(command)
   command:option("--key-type", "Kind of key: " .. table.concat(KEYS, ", ") .. "."):argname("KIND"):choices(KEYS)
      :default("p256")
end

local function shared(command, lifetime, out)
   command:option("--out", "Directory to write into; it is made if need be."):argname("DIR"):default(out)
   command:option("--days", "Days that the certificate is valid."):argname("N"):default(lifetime):convert(days)
   options.password(command)
   command:flag("--force", "Overwrite files that are there.")
   command:flag("--json", "Write JSON.")
end

-- What an authority may certify.
local function limits(command)
   command:option("--constrain", "Certify only names below this domain."):argname("DOMAIN"):count("*")
   command:option("--path-length", "So many authorities may stand below it; 0: it certifies no authorities.")
      :argname("N"):convert(options.number(0, 255))
end

local function of_authority(command)
   command:option("--ca", "The authority's directory."):argname("DIR"):default("ca")
end

local EPILOG = [[
An authority is a directory with ca.pem (to be trusted), ca.key (to be kept) and ca.db, the record of what it issued
and revoked, which several programs may use at once. Files are complete or not there; nothing is overwritten without
--force.
A key that is encrypted needs its password: from --password-file, from $BEARSSL_PASSWORD, or typed on the terminal.

Examples:
   bearssl ca init --out ca --name "My CA" --encrypt
   bearssl ca server --ca ca --out . example.org www.example.org 192.0.2.1
   bearssl ca client --ca ca --out . "Some One"
   bearssl ca sign --ca ca --out . device.csr
   bearssl ca revoke --ca ca --reason keyCompromise example.org.pem
   bearssl ca crl --ca ca --days 7]]

local function describe_records(command, adopt)
   local sign = command:command("sign", "Sign a request (PKCS#10) made elsewhere: NAME.pem (the chain).")
   adopt(sign)
   sign:argument("csr", "The request, PEM or DER; - is standard input."):argname("CSR")
   sign:option("--name", "A name that the certificate is to have, instead of all that the request asks for.")
      :argname("NAME"):count("*")
   sign:option("--purpose", "What it is for; else server with a DNS name or an address, client without.")
      :choices { "server", "client", "both" }
   sign:flag("--authority", "Make an authority, which certifies others.")
   limits(sign)
   sign:option("--file", "Name of the file, instead of NAME."):argname("WORD")
   of_authority(sign)
   shared(sign, "365", ".")
   local revoke = command:command("revoke", "Put certificates on record as revoked; `ca crl` tells others.")
   adopt(revoke)
   revoke:argument("names", "Files of certificates, or serial numbers in hex."):argname("FILE|SERIAL"):args("+")
   revoke:option("--reason", "Why: " .. table.concat(REASONS, ", ") .. "."):argname("WORD"):choices(REASONS)
   of_authority(revoke)
   options.password(revoke)
   revoke:flag("--json", "Write JSON.")
   local crl = command:command("crl", "Write the list of what is revoked: ca.crl, in the authority's directory.")
   adopt(crl)
   crl:option("--days", "Days until the next list has to be there."):argname("N"):default("30"):convert(days)
   crl:option("--out", "The file, instead of ca.crl."):argname("FILE")
   of_authority(crl)
   options.password(crl)
   crl:flag("--json", "Write JSON.")
end

function ca.describe(command, adopt)
   command:epilog(EPILOG)
   command:command_target("action"):require_command(true)
   local init = command:command("init", "Make an authority: ca.pem, ca.key.")
   adopt(init)
   init:option("--name", "The authority's name."):argname("NAME"):default("bearssl CA")
   limits(init)
   init:flag("--encrypt", "Encrypt the key with a password, which is asked for; --password-file does it unasked.")
   key_type(init)
   shared(init, "3650", "ca")
   local server = command:command("server", "Make a server's certificate: NAME.pem (the chain), NAME.key.")
   adopt(server)
   server:argument("names", "DNS names (also *.example.org) and IP addresses."):argname("NAME"):args("+")
   local client = command:command("client", "Make a client's certificate: NAME.pem (the chain), NAME.key.")
   adopt(client)
   client:argument("name", "The client's common name."):argname("NAME")
   client:option("--email", "An e-mail address."):argname("ADDRESS"):count("*")
   for _, each in ipairs({ server, client }) do
      of_authority(each)
      each:option("--file", "Name of the files, instead of NAME."):argname("WORD")
      key_type(each)
      shared(each, "365", ".")
   end
   describe_records(command, adopt)
   local p12 = command:command("p12", "Write a certificate and its key as PKCS#12: NAME.p12.")
   adopt(p12)
   require("bearssl.tool.ca_p12").describe(p12)
end

-- ---- Making ----

local function new_key(arguments)
   local kind, bits = arguments.key_type, nil
   if kind:find("^rsa") then kind, bits = "rsa", tonumber(kind:match("%d+")) end
   local key, message, code = bearssl.key.generate(kind, bits)
   if not key then failure.raise("cannot make a key: " .. message, code) end
   return key
end

local function report(arguments, object, certificate_path, key_path)
   if arguments.json then
      local document = describe.certificate(object)
      document.certificate_file, document.key_file = certificate_path, key_path
      output.json(document)
      return 0
   end
   local _, subject = object:subject()
   output.write(("%s: %s, until %s\n"):format(certificate_path, describe.printable(subject, true),
      describe.date(object:not_after())))
   if key_path then output.write(key_path, ": its key\n") end
   output.flush()
   return 0
end

local actions = {}

local function constraints(arguments)
   if #arguments.constrain == 0 then return nil end
   local permitted = {}
   -- A kind of name of which none is named would be free (RFC 5280 section 4.2.1.10).
   for _, name in ipairs(arguments.constrain) do
      for _, kind in ipairs { "DNS", "email", "URI" } do permitted[#permitted + 1] = { type = kind, value = name } end
      for _, kind in ipairs { "email", "URI" } do permitted[#permitted + 1] = { type = kind, value = "." .. name } end
   end
   local excluded = { { type = "IP", value = "0.0.0.0/0" }, { type = "IP", value = "::/0" } }
   return { permitted = permitted, excluded = excluded }
end

function actions.init(arguments)
   authority.refuse(arguments, "ca", true)
   local key = new_key(arguments)
   local object = made(pcall(bearssl.certificate.selfsigned, {
      key = key, subject = { { "CN", arguments.name } }, days = arguments.days, ca = true,
      name_constraints = constraints(arguments), path_length = arguments.path_length,
   }))
   local secret = (arguments.encrypt or arguments.password_file)
      and password.new(arguments, arguments.out:gsub("(.)/+$", "%1") .. "/ca.key")
   authority.forget(arguments.out)
   local text = made(true, key:pem(secret and { password = secret } or nil))
   return report(arguments, object, authority.keep(arguments, "ca", object:pem(), text))
end

local function issue(arguments, stem, fields)
   stem = authority.stem(arguments.file or stem)
   authority.refuse(arguments, stem, true)
   local own = authority.open(arguments)
   local key = new_key(arguments)
   fields.key, fields.days = key, arguments.days
   local object, chain = authority.issue(own, fields)
   return report(arguments, object, authority.keep(arguments, stem, chain, made(true, key:pem())))
end

function actions.server(arguments)
   authority.check_names(arguments.names, true, bearssl.key.generate("ed25519"))
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

local PURPOSES = { server = { "serverAuth" }, client = { "clientAuth" }, both = { "serverAuth", "clientAuth" } }

-- The names that the certificate is to have where the request's own are not what is meant: those of --name; or that of
-- a server whose request has it as its common name alone, which no client looks at.
local function asked_names(arguments, request)
   if #arguments.name > 0 then return arguments.name end
   if arguments.authority or arguments.purpose == "client" or #(request:names() or {}) > 0 then return nil end
   local _, subject = request:subject()
   local common = (subject .. ","):match "CN=([%w*.-]+),"
   return common and common:find(".", 1, true) and { common } or nil
end

function actions.sign(arguments)
   local request = made(true, bearssl.request.load(require("bearssl.tool.inputs").read(arguments.csr)))
   if not arguments.authority and (#arguments.constrain > 0 or arguments.path_length) then
      options.usage("--constrain and --path-length are for --authority")
   end
   if arguments.authority and arguments.purpose then options.usage("give either --authority or --purpose") end
   authority.check_names(arguments.name, arguments.purpose == "server", bearssl.key.generate("ed25519"))
   local names = asked_names(arguments, request)
   local _, subject = request:subject()
   local from_request = request:names() or {}
   local stem = authority.stem(arguments.file or names and names[1] or from_request[1] and from_request[1].value
      or subject:match "CN=([^,+]+)" or "certificate")
   authority.refuse(arguments, stem, false)
   local own = authority.open(arguments)
   local is_renamed = #arguments.name > 0 and #names[1] <= 64
   local object, chain = authority.issue(own, {
      request = request, names = names, subject = is_renamed and { { "CN", names[1] } } or nil,
      days = arguments.days, ca = arguments.authority or nil, path_length = arguments.path_length,
      name_constraints = constraints(arguments), extended_key_usage = PURPOSES[arguments.purpose],
   })
   if request:is_ca() and not arguments.authority then
      output.problem("the request asks to be an authority; the certificate is none (--authority makes one)")
   end
   return report(arguments, object, authority.keep(arguments, stem, chain))
end

function actions.revoke(arguments)
   return require("bearssl.tool.ca_revoke").revoke(arguments)
end

function actions.crl(arguments)
   return require("bearssl.tool.ca_revoke").crl(arguments)
end

function actions.p12(arguments)
   return require("bearssl.tool.ca_p12").run(arguments)
end

function ca.run(arguments)
   return actions[arguments.action](arguments)
end

return ca
