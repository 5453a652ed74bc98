-- OpenSSL and GnuTLS as peers that speak TLS 1.3 (and older versions only where that is asked for), the same way for
-- both kinds, "openssl" and "gnutls":
--     peers13.server(kind, options)   certificate; client: "request", "require", "later" (it may be asked after the
--                                     handshake), with cafile; early_data: bytes that it takes
--     peers13.client(kind, options)   port; certificate: its own; cafile; later: it offers to show its certificate
--                                     after the handshake; early_data: the path of what to send on resumption;
--                                     commands: write() may give peers13.update's
-- For both: suite (of peers13.suites), groups (list, a client has a key share of the first), alpn (list), tls12:
-- TLS 1.2 too, arguments (more words), environment, program (of spec.support.peer).
--     peers13.answer(kind, line)      what the server sends back for a line
local peers = require "spec.support.peer"

local peers13 = { kinds = { "openssl", "gnutls" } }

peers13.suites = {
   { name = "TLS_AES_128_GCM_SHA256", gnutls = "AES-128-GCM" },
   { name = "TLS_AES_256_GCM_SHA384", gnutls = "AES-256-GCM" },
   { name = "TLS_CHACHA20_POLY1305_SHA256", gnutls = "CHACHA20-POLY1305" },
   { name = "TLS_AES_128_CCM_SHA256", gnutls = "AES-128-CCM" },
   { name = "TLS_AES_128_CCM_8_SHA256", gnutls = "AES-128-CCM-8" },
}

-- What the peers call the groups.
local GROUPS = {
   x25519 = { "X25519", "X25519" },
   secp256r1 = { "P-256", "SECP256R1" },
   secp384r1 = { "P-384", "SECP384R1" },
   secp521r1 = { "P-521", "SECP521R1" },
   ffdhe2048 = { "ffdhe2048", "FFDHE2048" },
   ffdhe3072 = { "ffdhe3072", "FFDHE3072" },
   ffdhe4096 = { "ffdhe4096", "FFDHE4096" },
   ffdhe6144 = { "ffdhe6144", "FFDHE6144" },
   ffdhe8192 = { "ffdhe8192", "FFDHE8192" },
}
peers13.groups = { "x25519", "secp256r1", "secp384r1", "secp521r1", "ffdhe2048", "ffdhe3072", "ffdhe8192" }

local function append(list, ...)
   for index = 1, select("#", ...) do list[#list + 1] = (select(index, ...)) end
   return list
end

local function append_all(list, more)
   for _, word in ipairs(more or {}) do list[#list + 1] = word end
   return list
end

local function groups_of(options, peer)
   local names = {}
   for index, group in ipairs(options.groups) do names[index] = GROUPS[group] and GROUPS[group][peer] or group end
   return names
end

local function openssl_arguments(options)
   local arguments = {}
   if not options.tls12 then append(arguments, "-tls1_3") end
   if options.suite then append(arguments, "-ciphersuites", options.suite.name) end
   if options.groups then append(arguments, "-groups", table.concat(groups_of(options, 1), ":")) end
   if options.alpn then append(arguments, "-alpn", table.concat(options.alpn, ",")) end
   return arguments
end

local function gnutls_priority(options)
   local words = { options.tls12 and "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
      or "NORMAL:-VERS-ALL:+VERS-TLS1.3" }
   if options.suite then append(words, "-CIPHER-ALL", "+" .. options.suite.gnutls) end
   if options.groups then
      append(words, "-GROUP-ALL")
      for _, name in ipairs(groups_of(options, 2)) do append(words, "+GROUP-" .. name) end
   end
   append_all(words, options.priority)
   return table.concat(words, ":")
end

local function gnutls_arguments(options)
   local arguments = {}
   for _, name in ipairs(options.alpn or {}) do append(arguments, "--alpn=" .. name) end
   return arguments
end

function peers13.server(kind, options)
   if kind == "openssl" then
      local arguments, mode = openssl_arguments(options), options.mode
      if options.client == "request" or options.client == "require" then
         append(arguments, options.client == "require" and "-Verify" or "-verify", "5", "-verify_return_error",
            "-CAfile", options.cafile)
      elseif options.client == "later" then
         append(arguments, "-CAfile", options.cafile, "-verify_return_error")
         mode = "commands"
      end
      if options.early_data then
         append(arguments, "-early_data", "-max_early_data", tostring(options.early_data))
         mode = mode or "commands" -- it refuses -rev then
      end
      return peers.openssl_server {
         certificate = options.certificate, arguments = append_all(arguments, options.arguments), mode = mode,
         environment = options.environment, program = options.program,
      }
   end
   local arguments = gnutls_arguments(options)
   if options.early_data then
      append(arguments, "--earlydata", "--maxearlydata=" .. options.early_data)
   end
   return peers.gnutls_server {
      certificate = options.certificate, cafile = options.cafile,
      client = options.client ~= "later" and options.client or nil,
      priority = gnutls_priority(options), arguments = append_all(arguments, options.arguments),
      environment = options.environment, program = options.program,
   }
end

function peers13.client(kind, options)
   local certificate = options.certificate
   if kind == "openssl" then
      local arguments = openssl_arguments(options)
      append(arguments, "-no_ign_eof")
      if not options.commands then append(arguments, "-nocommands") end
      if certificate then
         append(arguments, "-cert", certificate.certfile, "-key", certificate.keyfile)
         if certificate.rest ~= "" then append(arguments, "-cert_chain", certificate.restfile) end
      end
      if options.later then append(arguments, "-enable_pha") end
      if options.early_data then append(arguments, "-early_data", options.early_data) end
      return peers.openssl_client {
         port = options.port, cafile = options.cafile, server_name = options.server_name,
         arguments = append_all(arguments, options.arguments), input = options.input or true,
         environment = options.environment, program = options.program,
      }
   end
   local arguments = gnutls_arguments(options)
   append(arguments, "--single-key-share")
   if certificate then
      append(arguments, "--x509certfile", certificate.chainfile, "--x509keyfile", certificate.keyfile)
   end
   if options.later then append(arguments, "--post-handshake-auth") end
   if options.early_data then append(arguments, "--earlydata=" .. options.early_data) end
   if options.commands then append(arguments, "--inline-commands") end
   return peers.gnutls_client {
      port = options.port, cafile = options.cafile, server_name = options.server_name,
      priority = gnutls_priority(options), arguments = append_all(arguments, options.arguments),
      input = options.input or true, environment = options.environment, program = options.program,
   }
end

-- Lines for the input of a client with `commands` (and of an OpenSSL server in the mode "commands") that make it update
-- its keys, and ask for ours or not.
peers13.update = {
   openssl = { alone = "k\n", both = "K\n" },
   gnutls = { alone = "^rekey1^\n", both = "^rekey^\n" },
}

function peers13.answer(kind, line)
   return kind == "openssl" and line:reverse() or line
end

return peers13
