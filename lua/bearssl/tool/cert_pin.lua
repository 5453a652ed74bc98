-- bearssl cert pin: the SHA-256 of public keys.
local bearssl = require "bearssl"
local describe = require "bearssl.describe"
local failure = require "bearssl.tool.failure"
local inputs = require "bearssl.tool.inputs"
local output = require "bearssl.tool.output"

-- A request's key is known by the certificate that it asks for, which any authority may sign to find out.
local function of_request(request)
   local authority, key = bearssl.certificate.selfsigned { subject = "CN=pin", ca = true }
   if not authority then return nil, key end
   local certificate, message = bearssl.certificate.issue {
      request = request, issuer = authority, issuer_key = key, subject = "CN=pin", accept = {},
   }
   if not certificate then return nil, message end
   return certificate:pin()
end

-- pin(item) → its pin and what it is; or nil and why there is none.
local function pin(item)
   if not item.object then return nil, item.message end
   if item.kind == "certificate" then return item.object:pin(), (select(2, item.object:subject())) end
   if item.kind == "key" then return item.object:pin(), "private key" end
   if item.kind == "public_key" then return item.object:pin(), "public key" end
   if item.kind == "request" then
      local text, message = of_request(item.object)
      return text, text and "request for " .. select(2, item.object:subject()) or message
   end
   return nil, "has no public key"
end

return function(arguments)
   local list, failed = {}, 0
   for _, path in ipairs(arguments.files) do
      local items = inputs.items(path, arguments)
      for _, item in ipairs(items) do
         local text, what = pin(item)
         local name = inputs.name(item, #items > 1)
         if text then
            list[#list + 1] = {
               pin = "sha256//" .. text, file = path, number = item.number, kind = item.kind, subject = what,
            }
            if arguments.quiet and not arguments.json then
               output.write("sha256//", text, "\n")
            elseif not arguments.json then
               output.write(("sha256//%s  %s (%s)\n"):format(text, describe.printable(name, true),
                  describe.printable(what, true)))
            end
         elseif item.kind ~= "crl" or #items == 1 then
            failed = failed + 1
            output.problem(("%s: %s"):format(name, what))
            list[#list + 1] = { file = path, number = item.number, error = what, code = item.code }
         end
      end
   end
   if arguments.json then output.json(failure.first({ pins = list }, list)) end
   output.flush()
   return failed > 0 and 1 or 0
end
