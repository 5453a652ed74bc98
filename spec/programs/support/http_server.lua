-- The nginx of http.conf, with OpenSSL, that the programs of several specs fetch from.
local certificates = require "spec.support.certificates"
local nginx = require "spec.support.nginx"
local port = require "spec.support.port"
local temporary = require "spec.support.temporary"

local http_server = {}

-- start serves the files of a directory besides what http.conf names. The process has `port`, `port12` (TLS 1.2 only),
-- `plain` and `log`, the path of what it was asked.
function http_server.start(root)
   local values = {
      PORT = port.free(),
      PLAIN = port.free(),
      CERTIFICATE = certificates.rsa.chainfile,
      KEY = certificates.rsa.keyfile,
      ROOT = root or temporary.make_directory(),
      OLD = port.free(),
      LOG = temporary.path(".log"),
   }
   local server = nginx.start("spec/programs/http.conf", values, values.PORT)
   server.port12, server.plain, server.log = values.OLD, values.PLAIN, values.LOG
   return server
end

-- connections tells who made the connections of TLS that a server's log has: how many each. We put a value of GREASE
-- before the suites that we offer; OpenSSL does not.
function http_server.connections(server)
   local ours, others, nameless = 0, 0, 0
   for name, offered in temporary.read(server.log):gmatch("TLSv1%.%d %S+ name=(%S+) offered=(%S+)") do
      if offered:find("^0x%xa%xa:") then
         ours = ours + 1
      else
         others = others + 1
      end
      nameless = nameless + (name == "-" and 1 or 0)
   end
   return { ours = ours, others = others, nameless = nameless }
end

return http_server
