-- Other implementations as peers: OpenSSL's s_server and s_client, GnuTLS's gnutls-serv and gnutls-cli.
-- In options, `program` is a list of words that run another openssl, gnutls-serv or gnutls-cli than the system's.
-- Every function returns a process (spec.support.process); a server is ready when it is returned and
-- has its number in `port`.
local port = require "spec.support.port"
local process = require "spec.support.process"
local temporary = require "spec.support.temporary"

local peer = {}

local function append(list, ...)
   for index = 1, select("#", ...) do
      list[#list + 1] = select(index, ...)
   end
   return list
end

local function append_all(list, more)
   for _, word in ipairs(more or {}) do
      list[#list + 1] = word
   end
   return list
end

-- starting gives the words that a command line begins with.
local function starting(options, name)
   return append_all({}, options.program or { name })
end

-- listens tells whether something listens at a loopback port, without connecting to it where the
-- kernel can be asked (a server that takes one connection would take that one).
local function listens(number)
   local hexadecimal = (":%04X "):format(number)
   local known
   for _, path in ipairs({ "/proc/net/tcp", "/proc/net/tcp6" }) do
      local text = temporary.read(path)
      known = known or text
      for line in (text or ""):gmatch("[^\n]+") do
         local address, state = line:match("^%s*%d+: %x+(:%x+ )%x+:%x+ (%x+)")
         if address == hexadecimal and state == "0A" then
            return true
         end
      end
   end
   if known then
      return false
   end
   local probe = require("socket").connect("127.0.0.1", number)
   if probe then
      probe:close()
   end
   return probe ~= nil
end

-- ready waits until a process listens at a port.
function peer.ready(child, number)
   local ready = process.until_true(10, function()
      return listens(number) or child:status()
   end)
   if not ready or child:status() then
      error(("%s %s; it wrote:\n%s"):format(child.name,
         ready and "ended instead of listening" or "timed out: it does not listen", child:told()), 3)
   end
   return child
end

-- openssl_server starts `openssl s_server`. options:
--    certificate    of spec.support.certificates; or a list of at most two of different key types
--    arguments      more words of its command line
--    mode           "rev" sends each line back reversed (default), "www" a status page, "files" serves
--                   options.directory, "pipe" only writes what it receives and sends what is written to it
--    ciphers        default "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
--    environment, separate
-- It serves one connection after the other.
function peer.openssl_server(options)
   local number = port.free()
   local list = options.certificate
   if list.certfile then
      list = { list }
   end
   local words = append(starting(options, "openssl"), "s_server", "-accept", "127.0.0.1:" .. number)
   append(words, "-cert", list[1].certfile, "-key", list[1].keyfile)
   if list[1].rest ~= "" then
      append(words, "-cert_chain", list[1].restfile)
   end
   if list[2] then
      append(words, "-dcert", list[2].certfile, "-dkey", list[2].keyfile)
      if list[2].rest ~= "" then
         append(words, "-dcert_chain", list[2].restfile)
      end
   end
   append(words, "-cipher", options.ciphers or "ALL:COMPLEMENTOFALL:@SECLEVEL=0")
   local mode = options.mode or "rev"
   if mode == "rev" then
      append(words, "-rev")
   elseif mode == "www" then
      append(words, "-www")
   elseif mode == "files" then
      append(words, "-WWW")
   elseif mode == "pipe" then
      append(words, "-quiet")
   end
   append_all(words, options.arguments)
   local child = process.start(words, {
      input = mode == "pipe" or mode == "commands" or options.input,
      directory = options.directory,
      environment = options.environment,
      separate = options.separate,
   })
   child.port = number
   return peer.ready(child, number)
end

-- openssl_client starts `openssl s_client`. options:
--    port           to connect to at 127.0.0.1
--    server_name    default "localhost"; false: none
--    cafile         to verify with; without it nothing is verified
--    ciphers        default "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
--    arguments      more words
--    input          true: write() gives its input; a path; nothing: no input, it ends at once
-- Single letters in the input are commands unless arguments has "-nocommands".
function peer.openssl_client(options)
   local words = append(starting(options, "openssl"), "s_client", "-connect", "127.0.0.1:" .. options.port)
   if options.server_name == false then
      append(words, "-noservername")
   else
      append(words, "-servername", options.server_name or "localhost")
   end
   if options.cafile then
      append(words, "-CAfile", options.cafile, "-verify_return_error", "-verify_quiet")
      if options.server_name ~= false then
         append(words, "-verify_hostname", options.server_name or "localhost")
      end
   end
   append(words, "-cipher", options.ciphers or "ALL:COMPLEMENTOFALL:@SECLEVEL=0")
   append_all(words, options.arguments)
   return process.start(words, {
      input = options.input,
      environment = options.environment,
      separate = options.separate,
   })
end

-- Everything that GnuTLS can do below TLS 1.3, the old things too.
peer.GNUTLS_ALL = "NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.1:+VERS-TLS1.0:+3DES-CBC:+RSA:+SHA1:+AES-128-CCM:"
   .. "+AES-256-CCM:+AES-128-CCM-8:+AES-256-CCM-8:+SHA256:+SHA384:+SIGN-RSA-SHA1:+SIGN-ECDSA-SHA1:"
   .. "%VERIFY_ALLOW_SIGN_WITH_SHA1:%PROFILE_VERY_WEAK"

-- gnutls_server starts `gnutls-serv`. options:
--    certificate    one or a list
--    mode           "echo" (default) or "http"
--    priority       default peer.GNUTLS_ALL
--    client         "none" (default), "request", "require": whether it wants a client's certificate
--    cafile         to verify clients with
--    arguments
-- It serves many connections at once.
function peer.gnutls_server(options)
   local number = port.free()
   local list = options.certificate
   if list.certfile then
      list = { list }
   end
   local words = append(starting(options, "gnutls-serv"), "--port", tostring(number))
   append(words, "--priority", options.priority or peer.GNUTLS_ALL)
   for _, certificate in ipairs(list) do
      append(words, "--x509certfile", certificate.chainfile, "--x509keyfile", certificate.keyfile)
   end
   append(words, options.mode == "http" and "--http" or "--echo")
   if (options.client or "none") == "none" then
      append(words, "--disable-client-cert")
   elseif options.client == "require" then
      append(words, "--require-client-cert", "--verify-client-cert")
   end
   if options.cafile then
      append(words, "--x509cafile", options.cafile)
   end
   append_all(words, options.arguments)
   local child = process.start(words, { environment = options.environment })
   child.port = number
   return peer.ready(child, number)
end

-- gnutls_client starts `gnutls-cli`. options:
--    port, server_name (default "localhost"), cafile, priority, arguments, input as above
-- The name is given for SNI and verification; the connection goes to 127.0.0.1. Without cafile nothing
-- is verified.
function peer.gnutls_client(options)
   local name = options.server_name or "localhost"
   local words = append(starting(options, "gnutls-cli"), "127.0.0.1", "--port", tostring(options.port))
   append(words, "--priority", options.priority or peer.GNUTLS_ALL)
   if options.server_name == false then
      append(words, "--disable-sni")
   else
      append(words, "--sni-hostname", name, "--verify-hostname", name)
   end
   if options.cafile then
      append(words, "--x509cafile", options.cafile)
   else
      append(words, "--insecure")
   end
   append_all(words, options.arguments)
   return process.start(words, {
      input = options.input,
      environment = options.environment,
      separate = options.separate,
   })
end

return peer
