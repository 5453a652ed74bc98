-- Stands in for what Nmap gives the libraries of its scripts from C: sockets, here of LuaSocket and of what stands for
-- LuaSec, and settings. With it nselib's clients, such as pgsql.lua and mqtt.lua, run under a plain Lua 5.4.
local digest = require "openssl.digest"
local socket = require "socket"
local ssl = require "ssl"

local nmap = { registry = { args = {} } }

-- What they call of Nmap's module "openssl".
package.preload.openssl = function()
   return {
      md5 = function(data)
         return digest.new("md5"):final(data)
      end,
   }
end

-- parameters are those of every TLS connection; a program may set them.
nmap.parameters = { mode = "client", protocol = "any" }

local Socket = {}
Socket.__index = Socket

local TIMEOUT = 10

function nmap.new_socket()
   return setmetatable({ buffer = "" }, Socket)
end

function Socket:set_timeout(milliseconds)
   self.timeout = milliseconds / 1000
   return true
end

local function number_of(port)
   return type(port) == "table" and port.number or port
end

function Socket:connect(host, port, protocol)
   local stream = socket.tcp()
   stream:settimeout(self.timeout or TIMEOUT)
   local done, reason = stream:connect(type(host) == "table" and host.ip or host, number_of(port))
   if not done then
      return false, reason
   end
   self.stream = stream
   if protocol == "ssl" then
      return self:reconnect_ssl()
   end
   return true
end

-- reconnect_ssl goes on with TLS.
function Socket:reconnect_ssl()
   local stream, reason = ssl.wrap(self.stream, nmap.parameters)
   if not stream then
      return false, reason
   end
   self.stream = stream
   stream:settimeout(self.timeout or TIMEOUT)
   return stream:dohandshake()
end

function Socket:send(data)
   local last, reason = self.stream:send(data)
   return last == #data, reason
end

-- some waits for bytes and takes what there is.
local function some(self)
   local data, reason, partial = self.stream:receive(1)
   if not data and partial == "" then
      return nil, reason == "closed" and "EOF" or reason
   end
   self.stream:settimeout(0)
   local more, _, rest = self.stream:receive("*a")
   self.stream:settimeout(self.timeout or TIMEOUT)
   return (data or partial) .. (more or rest or "")
end

-- receive gives what there is.
function Socket:receive()
   local data, reason = self.buffer
   self.buffer = ""
   if data == "" then
      data, reason = some(self)
   end
   return data ~= nil, data or reason
end

-- receive_bytes gives no fewer than a number, and all that there is.
function Socket:receive_bytes(count)
   local data = self.buffer
   self.buffer = ""
   while #data < count do
      local more, reason = some(self)
      if not more then
         return false, reason
      end
      data = data .. more
   end
   return true, data
end

-- receive_buf gives what comes before the delimiter that find(buffer) tells the ends of, and it too if it is kept.
function Socket:receive_buf(find, keep)
   while true do
      local first, last = find(self.buffer)
      if first then
         local data = self.buffer:sub(1, keep and last or first - 1)
         self.buffer = self.buffer:sub(last + 1)
         return true, data
      end
      local more, reason = some(self)
      if not more then
         return false, reason
      end
      self.buffer = self.buffer .. more
   end
end

function Socket:close()
   self.stream:close()
   return true
end

local function none()
   return 0
end
nmap.socket = { sleep = socket.sleep }

function nmap.clock_ms()
   return socket.gettime() * 1000
end

nmap.debugging, nmap.verbosity = none, none

function nmap.log_write() end

return nmap
