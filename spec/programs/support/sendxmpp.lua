-- go-sendxmpp, a client of XMPP (spec/support/newer has it), against a server of spec.programs.support.prosody:
--     sendxmpp.send(server, jid, password, options)     sends options.text to options.to; its exit status and output
--     sendxmpp.listen(server, jid, password, options)   a process that writes what it is sent, once it is there
-- options:
--     direct      TLS from the first byte, in place of STARTTLS
--     mechanism   the only one that the client takes part in
--     cafile      whom it trusts; nothing: the CA of spec.support.certificates
-- With `debug` the client tells all that it sends and receives.
local certificates = require "spec.support.certificates"
local process = require "spec.support.process"
local temporary = require "spec.support.temporary"

local sendxmpp = {}

local function start(server, jid, password, options, more)
   local number = options.direct and server.ports.direct or server.ports.c2s
   local words = { "spec/support/newer", "go-sendxmpp", "--suppress-root-warning", "--fast-off" }
   for _, word in ipairs({ "-u", jid, "-p", password }) do
      words[#words + 1] = word
   end
   words[#words + 1] = "-j"
   words[#words + 1] = server.address .. ":" .. number
   if options.direct then
      words[#words + 1] = "-t"
   end
   if options.debug then
      words[#words + 1] = "-d"
   end
   if options.mechanism then
      words[#words + 1] = "--scram-mech-pinning"
      words[#words + 1] = options.mechanism
   end
   for _, word in ipairs(more) do
      words[#words + 1] = word
   end
   return process.start(words, {
      environment = { SSL_CERT_FILE = options.cafile or certificates.ca.certfile,
         XDG_CONFIG_HOME = temporary.directory(), XDG_DATA_HOME = temporary.directory() },
      input = options.text and temporary.write(options.text),
   })
end

function sendxmpp.send(server, jid, password, options)
   local child = start(server, jid, password, options, { options.to })
   return child:wait(20), child:output()
end

function sendxmpp.listen(server, jid, password, options)
   options.debug = true -- it does not say by itself when it is there
   local child = start(server, jid, password, options, { "-l" })
   child:wait_for("RECV: <presence[^\n]*from='" .. jid:gsub("%.", "%%."), 20)
   return child
end

return sendxmpp
