-- The two nginx of spec/resty: front.conf, which runs our code, and upstream.conf, which it talks to.
local certificates = require "spec.support.certificates"
local luajit = require "spec.support.luajit"
local nginx = require "spec.support.nginx"
local port = require "spec.support.port"

local resty_front = {}

--- start(values) starts both: front (port, upstream). values: WORKERS (1), SIGNER (a port).
function resty_front.start(values)
   luajit.build()
   local all = {
      PORT = port.free(), UPSTREAM = port.free(), PLAIN = port.free(), WORKERS = 1, SIGNER = 0,
      AUTHORITY = certificates.ca.certfile, CERTIFICATE = certificates.ec.chainfile, KEY = certificates.ec.keyfile,
      BETA = "",
   }
   for name, value in pairs(values or {}) do all[name] = value end
   local behind = {}
   for name, value in pairs(all) do behind[name] = value end
   behind.PORT = all.UPSTREAM
   local upstream = nginx.start("spec/resty/upstream.conf", behind, behind.PLAIN)
   local front = nginx.start("spec/resty/front.conf", all, all.PORT)
   front.upstream = upstream
   front.upstream_port = all.UPSTREAM
   return front
end

--- complaints(server) are the lines of its log that tell of a fault, but for the one that nginx's own handshake has
-- with a server that speaks no TLS.
function resty_front.complaints(server)
   local lines = {}
   for line in server:output():gmatch("[^\n]+") do
      if line:find("%[error%]") or line:find("%[alert%]") or line:find("%[crit%]") or line:find("%[emerg%]")
         or line:find("exited on signal") then
         if not line:find("SSL_do_handshake%(%) failed .*wrong version number.*compare") then
            lines[#lines + 1] = line
         end
      end
   end
   return lines
end

return resty_front
