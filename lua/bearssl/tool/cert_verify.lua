-- bearssl cert verify: whether chains are good, without a connection.
local bearssl = require "bearssl"
local describe = require "bearssl.describe"
local failure = require "bearssl.tool.failure"
local inputs = require "bearssl.tool.inputs"
local options = require "bearssl.tool.options"
local output = require "bearssl.tool.output"
local without_place = require("bearssl.options").without_place

local function certificates(path)
   local list, message = bearssl.certificate.load(inputs.read(path))
   if not list then options.usage("%s: %s", path, message) end
   return list
end

local function revocation_lists(arguments)
   local all = {}
   for _, path in ipairs(arguments.crl) do
      local list, message = bearssl.crl.load(inputs.read(path))
      if not list then options.usage("%s: %s", path, message) end
      for _, one in ipairs(list) do all[#all + 1] = one end
   end
   return #all > 0 and all or nil
end

local function subject_of(certificate)
   local _, text = certificate:subject()
   return text == "" and "(no subject)" or text
end

-- What was judged, and how.
local function judge(arguments, path, store, more, crls)
   local chain = certificates(path)
   local own = #chain
   for _, one in ipairs(more) do chain[#chain + 1] = one end
   local ok, found, code, index = store:verify(chain, {
      server_name = arguments.servername, purpose = arguments.purpose, time = arguments.at, crls = crls,
   })
   local result = { file = path, verified = ok and true or false, subject = subject_of(chain[1]), certificates = own }
   if ok then
      result.path = {}
      for position, certificate in ipairs(found) do result.path[position] = describe.certificate(certificate) end
   else
      result.error, result.code = found, code
      if index and chain[index] then result.at_certificate, result.at_subject = index, subject_of(chain[index]) end
   end
   return result
end

local function tell(arguments, result)
   local function line(...) output.write(describe.printable(table.concat { ... }, true), "\n") end
   local name = result.file == "-" and "standard input" or result.file
   if result.verified then
      line(name, ": good for ", arguments.purpose == "any" and "any purpose" or "a TLS " .. arguments.purpose,
         arguments.servername and ", as " .. arguments.servername or "; names were not compared (--servername)")
      for position, certificate in ipairs(result.path) do
         local subject = certificate.subject == "" and "(no subject)" or certificate.subject
         line(position == 1 and "  " or "  signed by ", subject, ", until ", describe.date(certificate.not_after))
      end
      return
   end
   line(name, ": not good: ", result.error, " (", tostring(result.code), ")")
   if result.at_certificate and result.at_certificate > 1 then
      line("  it is certificate ", tostring(result.at_certificate), ": ", result.at_subject)
   else
      line("  it is the certificate itself: ", result.subject)
   end
end

return function(arguments)
   local store = options.trust(arguments)
   if not store then
      local message
      store, message = bearssl.trust.system()
      if not store then options.usage("%s", message) end
   end
   local more = {}
   for _, path in ipairs(arguments.chain) do
      for _, one in ipairs(certificates(path)) do more[#more + 1] = one end
   end
   local crls = revocation_lists(arguments)
   local results, failed = {}, false
   for index, path in ipairs(arguments.files) do
      local ok, result = pcall(judge, arguments, path, store, more, crls)
      if not ok and type(result) == "table" then error(result, 0) end
      if not ok then options.usage("%s", tostring(without_place(result))) end
      results[index] = result
      failed = failed or not result.verified
      if not arguments.json then tell(arguments, result) end
   end
   if arguments.json then output.json(failure.first({ results = results }, results)) end
   output.flush()
   return failed and 1 or 0
end
