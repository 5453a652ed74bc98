-- What a side says of its peer's certificates, in LuaSec's words, whichever library the peer is.
local both = require "spec.luasec.both"
local certificates = require "spec.support.certificates"
local temporary = require "spec.support.temporary"

local LOCAL = "unable to get local issuer certificate"
local FIRST = "unable to verify the first certificate"
local EXPIRED = "certificate has expired"

local function path(text)
   return temporary.write(text, ".pem")
end

-- A certificate, the authorities, what is found, and what the peer hears
local cases = {
   { "is good", "ec", "ca", nil },
   { "has an unknown authority", "ec", "other_ca", { { LOCAL, FIRST } }, "tlsv1 alert unknown ca" },
   { "has no authority at all", "ec", nil, { { LOCAL, FIRST } }, "tlsv1 alert unknown ca" },
   { "misses its intermediate", function() return certificates.chain.certfile end, "ca", { { LOCAL, FIRST } },
      "tlsv1 alert unknown ca" },
   { "is complete under an unknown root", "chain", "other_ca", { [2] = { LOCAL } }, "tlsv1 alert unknown ca" },
   { "brings its unknown root",
      function() return path(certificates.ec.certificate .. certificates.ca.certificate) end, "other_ca",
      { [2] = { "self-signed certificate in certificate chain" } }, "tlsv1 alert unknown ca" },
   { "signs itself", "selfsigned", "ca", { { "self-signed certificate" } }, "tlsv1 alert unknown ca" },
   { "has expired", "expired", "ca", { { EXPIRED } }, "sslv3 alert certificate expired" },
   { "is not valid yet", "notyet", "ca", { { "certificate is not yet valid" } }, "sslv3 alert bad certificate" },
   { "has expired, and an unknown authority", "expired", "other_ca", { { LOCAL, FIRST, EXPIRED } },
      "tlsv1 alert unknown ca" },
   { "is for clients", "purpose", "ca", { { "unsuitable certificate purpose" } },
      "sslv3 alert unsupported certificate" },
   { "was signed by a leaf", "under_leaf", "ca", { [2] = { "invalid CA certificate",
      "unsuitable certificate purpose", "key usage does not include certificate signing" } },
      "tlsv1 alert unknown ca" },
}

local function file_of(what)
   if type(what) == "function" then return what() end
   return certificates[what].chainfile
end

local function key_of(what)
   if type(what) == "string" then return certificates[what].keyfile end
   return nil
end

local function server_params(case, version)
   local certificate = file_of(case[2])
   local key = key_of(case[2])
   if not key then
      for _, name in ipairs { "ec", "chain" } do
         local list = certificates[name].certificate
         if temporary.read(certificate):find(list, 1, true) then key = certificates[name].keyfile end
      end
   end
   return { mode = "server", protocol = version, certificate = certificate, key = key }
end

local function client_params(case, more)
   local params = { mode = "client", protocol = "any", cafile = case[3] and certificates[case[3]].certfile }
   for name, value in pairs(more) do params[name] = value end
   return params
end

describe("a client of bearssl.luasec", function()
   for _, version in ipairs { "tlsv1_2", "tlsv1_3" } do
      for _, case in ipairs(cases) do
         it(("finds that a certificate %s, in %s"):format(case[1], version), function()
            both.pairings(function(client_library, server_library)
               local who = client_library.name .. " to " .. server_library.name
               local client, server = both.connect(client_library,
                  client_params(case, { verify = "peer", verifyext = "lsec_continue" }), server_library,
                  server_params(case, version))
               local good, found = client:getpeerverification()
               assert.equal(case[4] == nil, good, who)
               assert.same(case[4], found, who)
               client:close()
               server:close()
               client, server = both.connect(client_library, client_params(case, { verify = "none" }),
                  server_library, server_params(case, version))
               good, found = client:getpeerverification()
               assert.equal(case[4] == nil, good, who)
               assert.equal(case[4] and (case[4][2] or case[4][1])[1], found, who)
               client:close()
               server:close()
            end)
         end)

         it(("goes on or ends where a certificate %s, in %s"):format(case[1], version), function()
            both.pairings(function(client_library, server_library)
               local who = client_library.name .. " to " .. server_library.name
               local result, client, server = both.try(client_library, client_params(case, { verify = "peer" }),
                  server_library, server_params(case, version))
               assert.equal(case[4] and "certificate verify failed" or true, result.client, who)
               assert.equal(case[5] or true, result.server, who)
               client:close()
               server:close()
            end)
         end)
      end
   end
end)
