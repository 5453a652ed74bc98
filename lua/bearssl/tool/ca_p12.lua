-- bearssl ca p12: a certificate, its chain and its key in one PKCS#12 file, as browsers, Java and Windows want it.
local bearssl = require "bearssl"
local output = require "bearssl.tool.output"
local password = require "bearssl.tool.password"
local save = require "bearssl.tool.save"

local ca_p12 = {}

--- describe(command) adds its arguments and options.
function ca_p12.describe(command)
   command:argument("certificate", "The certificate's file, with its chain: NAME.pem; NAME.key beside it has its key.")
      :argname("NAME.pem")
   command:option("--key", "The key's file, instead of NAME.key."):argname("FILE")
   command:option("--key-password-file", "File whose first line is the password of that key."):argname("FILE")
   command:option("--authority", "A certificate to put in beside the chain: the authority's ca.pem."):argname("FILE")
      :count("*")
   command:option("--friendly-name", "What programs call it; NAME."):argname("TEXT")
   command:option("--out", "The file to write, instead of NAME.p12."):argname("FILE")
   command:option("--password-file", "File whose first line is the password of the file to be written; else "
      .. "$BEARSSL_PASSWORD, or it is asked for."):argname("FILE")
   command:flag("--force", "Overwrite a file that is there.")
end

local function fail(message, ...)
   error({ failure = message:format(...) }, 0)
end

local function load(loader, ...)
   local object, message = loader(...)
   if not object then fail("%s", message) end
   return object
end

--- run(arguments) writes the file.
function ca_p12.run(arguments)
   local stem = arguments.certificate:gsub("%.%w+$", "")
   local path = arguments.out or stem .. ".p12"
   save.refuse(path, arguments.force)
   local chain = load(bearssl.certificate.open, arguments.certificate)
   local key = load(bearssl.key.open, arguments.key or stem .. ".key",
      password.of({ password_file = arguments.key_password_file }, arguments.key or stem .. ".key"))
   local authorities = {}
   for _, file in ipairs(arguments.authority) do
      for _, one in ipairs(load(bearssl.certificate.open, file)) do authorities[#authorities + 1] = one end
   end
   local bytes = load(bearssl.pkcs12.make, {
      certificate = chain, key = key, authorities = #authorities > 0 and authorities or nil,
      friendly_name = arguments.friendly_name or stem:match("[^/]*$"), password = password.new(arguments, path),
   })
   save.write(path, bytes, "077")
   output.write(("%s: the certificate, its key, %d of its issuers\n"):format(path, #chain - 1 + #authorities))
   output.flush()
   return 0
end

return ca_p12
