-- What an option that other libraries have is called here: LuaSec's, luaossl's, Node's and Python's names, and ours
-- where they stand in the wrong place. Only looked at when an option is not known, or its value is none of ours.
local other_names = {}

local ON_CONNECTIONS = "belongs to the connection: give it to wrap, connection or bearssl.connect"

local names = {
   protocol = "LuaSec's 'protocol' is 'min_version' and 'max_version' here; without them TLS 1.2 and 1.3 are spoken",
   options = "LuaSec's 'options' are options of their own here, such as tickets, renegotiation, client_preference and "
      .. "min_version; what is unsafe is off anyway",
   ciphers = "LuaSec's 'ciphers' is 'suites' here: \"modern\" (the default), \"compatible\" or a list of names of "
      .. "bearssl.suites()",
   ciphersuites = "LuaSec's 'ciphersuites' is 'suites' here: one list for all versions, names of bearssl.suites()",
   curve = "LuaSec's 'curve' is 'groups' here: a list of names of bearssl.groups()",
   curveslist = "LuaSec's 'curveslist' is 'groups' here: a list of names of bearssl.groups()",
   depth = "LuaSec's 'depth' is 'verify_depth' here: how many certificates may stand between",
   verifyext = "LuaSec's 'verifyext' is 'verify' here: \"report\" goes on with a bad chain, and info(\"verdict\") "
      .. "tells; 'crls' and 'revocation' stand for crl_check",
   dhparam = "LuaSec's 'dhparam' is not needed: DHE suites use the groups of RFC 7919",
   dane = "DANE is not supported; 'pins' ties a server to a key",
   ca = "'cafile' takes a path, 'trust' certificates",
   cert = "'certfile' takes a path, 'certificate' the certificate itself",
   passphrase = "the password of a private key is 'password' here",
   ALPNProtocols = "the protocols of ALPN are 'alpn' here", alpn_protocols = "the protocols of ALPN are 'alpn' here",
   minVersion = "it is 'min_version' here", maxVersion = "it is 'max_version' here",
   rejectUnauthorized = "it is 'verify' here: \"required\" (the default of clients), \"report\" or \"none\"",
   insecure = "it is 'verify' here: \"required\" (the default of clients), \"report\" or \"none\"",
   server_hostname = "the name is 'server_name' here, and " .. ON_CONNECTIONS,
   servername = "the name is 'server_name' here, and " .. ON_CONNECTIONS,
   server_name = ON_CONNECTIONS, session = ON_CONNECTIONS, timeout = ON_CONNECTIONS, early_data = ON_CONNECTIONS,
   psk = "pre-shared keys are what the handler 'psk' returns: handlers = { psk = function … }",
}

-- LuaSec's verify = "peer", also in a list with others.
local verify = {
   peer = "\"required\" here; a server that takes clients without a certificate says \"optional\"",
   fail_if_no_peer_cert = "\"required\" here",
   client_once = "nothing of its own here: without 'renegotiation' there is one handshake",
}

--- of_option(name, value, known) is what to give instead, or nil. known: the options that there are.
function other_names.of_option(name, value, known)
   if not known[name] then return names[name] end
   if name ~= "verify" then return nil end
   if type(value) == "table" then value = value[1] end
   local meant = verify[value]
   if meant then return ("LuaSec's verify = %q is %s"):format(value, meant) end
   if type(value) == "boolean" then
      return value and 'verify is "required" here, which is the default of clients' or 'verify = false is "none" here'
   end
   return nil
end

return other_names
