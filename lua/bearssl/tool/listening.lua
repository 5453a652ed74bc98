-- Where a server listens, and the certificate that it makes for itself when it is given none.
local bearssl = require "bearssl"
local options = require "bearssl.tool.options"

local listening = {}

local BACKLOG = 1024
local DAYS = 7 -- that a certificate is good for which nobody keeps

--- address(text) is what --listen says: { text =, host =, port = }.
function listening.address(text)
   local host, port = options.listen_address(text)
   return { text = text, host = host, port = port }
end

-- Every address of both families, by one socket where the system has IPv6.
local function bind_all(port)
   local socket = require "socket"
   local listener = socket.tcp6 and socket.tcp6()
   if listener then
      listener:setoption("reuseaddr", true)
      listener:setoption("ipv6-v6only", false)
      local bound, message = listener:bind("::", port)
      if bound and listener:listen(BACKLOG) then return listener end
      listener:close()
      -- what is wrong with the port is so for IPv4 as well
      if bound == nil and message:find "in use" then return nil, message end
   end
   return socket.bind("0.0.0.0", port, BACKLOG)
end

--- open(where) → listener, address, port; one that cannot be made ends the subcommand.
function listening.open(where)
   local listener, message
   if where.host == "*" then
      listener, message = bind_all(where.port)
   else
      listener, message = require("socket").bind(where.host, where.port, BACKLOG)
   end
   if not listener then
      if message == "permission denied" and where.port < 1024 then
         message = message .. ": ports below 1024 are for root"
      elseif message:find "in use" then
         message = message .. ": another program listens there"
      end
      error({ failure = ("cannot listen on %s: %s"):format(where.text, message), code = "transport_failed" }, 0)
   end
   listener:settimeout(0)
   local bound, number = listener:getsockname()
   return listener, bound, tonumber(number)
end

-- By which names a server is reached that listens there.
local function names_of(where)
   local names, seen = {}, {}
   local function add(name)
      if name and name ~= "" and not seen[name] then
         seen[name] = true
         names[#names + 1] = name
      end
   end
   local is_all = where.host == "*" or where.host == "0.0.0.0"
   if not is_all then add(where.host) end
   if is_all or where.host:find "^127%." or where.host == "::1" or where.host == "localhost" then
      for _, name in ipairs { "localhost", "127.0.0.1", "::1" } do add(name) end
   end
   if is_all then
      local host = require("socket").dns.gethostname()
      if host and #host <= 64 and host:find "^[%w.-]+$" then add(host) end
   end
   return names
end

--- credential(where) is a new key and its certificate, signed by itself: { credential = what a context takes, pin =,
-- names = }.
function listening.credential(where)
   local names = names_of(where)
   local certificate, key = bearssl.certificate.selfsigned {
      names = names, days = DAYS, subject = { { "CN", names[1] } },
   }
   if not certificate then error({ failure = "cannot make a certificate: " .. key, code = "no_random" }, 0) end
   return { credential = { certificate = { certificate }, key = key }, pin = certificate:pin(), names = names }
end

--- told(own, arguments, address, port) is how a client gets to a server with such a certificate.
function listening.told(own, arguments, address, port)
   local is_all = address == "::" or address == "0.0.0.0"
   local target = options.endpoint(is_all and "localhost" or address, port)
   if not arguments.echo then target = "https://" .. target .. "/" end
   if target:find("[", 1, true) then target = "'" .. target .. "'" end -- brackets are the shell's, too
   local command = ("bearssl %s --%s --pin %s %s"):format(arguments.echo and "connect" or "fetch",
      arguments.raw_public_key and "raw-public-key" or "insecure", own.pin, target)
   return ("its certificate is its own, for %s, of %d days, in memory only; its pin is %s\ntry: %s\n"):format(
      table.concat(own.names, ", "), DAYS, own.pin, command)
end

return listening
