-- What is handed in as a string and cannot be read: the core says what it is; here what to give instead.
local core = require "bearssl.core"

local handed_in = {}

--- refused(value, instead, message, code) is nil, message, code; where `value` is the path of a file, the message says
-- what takes one: instead, such as "the option 'certfile'".
function handed_in.refused(value, instead, message, code)
   if type(value) == "string" and core.looks_like_path(value) then
      message = ("%s, or the path to %s"):format(message, instead)
   end
   return nil, message, code
end

-- reader(load, usually) is load, whose failures tell what takes a path: `instead`, or what usually does.
local function reader(load, usually)
   return function(bytes, instead)
      local result, message, code = load(bytes)
      if result == nil then return handed_in.refused(bytes, instead or usually, message, code) end
      return result
   end
end

handed_in.certificates = reader(function(bytes)
   local list, message, code = require("bearssl.bundle").certificates(bytes)
   return list, message, code
end, "bearssl.certificate.open")
handed_in.crls = reader(core.crls, "bearssl.crl.open")
handed_in.request = reader(core.request, "bearssl.request.open")
handed_in.ocsp_response = reader(core.ocsp_response, "bearssl.ocsp.open")

return handed_in
