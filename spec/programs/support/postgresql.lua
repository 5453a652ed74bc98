-- A real PostgreSQL with TLS, of Debian's, in a directory of its own:
--     local server = postgresql.start()
--     server.port; server:log(); server:stop()
-- Its users, all with the password "secret": scram and md5, by the two kinds of passwords that it knows, and client ec,
-- who comes with the certificate client_ec and no password. Without TLS it takes nobody.
local certificates = require "spec.support.certificates"
local peer = require "spec.support.peer"
local port = require "spec.support.port"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local postgresql = {}
local Server = {}
Server.__index = Server

local SETTINGS = [[
listen_addresses = '127.0.0.1'
port = @PORT@
unix_socket_directories = ''
fsync = off
shared_buffers = 8MB
max_connections = 10
dynamic_shared_memory_type = mmap
log_min_messages = log
log_connections = on
ssl = on
ssl_cert_file = 'server.crt'
ssl_key_file = 'server.key'
ssl_ca_file = 'ca.crt'
ssl_max_protocol_version = ''
]]

local ACCESS = [[
hostssl all scram       127.0.0.1/32 scram-sha-256
hostssl all md5         127.0.0.1/32 md5
hostssl all "client ec" 127.0.0.1/32 cert
hostnossl all all       127.0.0.1/32 reject
]]

local USERS = [[
CREATE ROLE scram LOGIN PASSWORD 'secret';
SET password_encryption = 'md5';
CREATE ROLE md5 LOGIN PASSWORD 'secret';
CREATE ROLE "client ec" LOGIN;
]]

-- as gives words that run a program as somebody whom PostgreSQL does not refuse.
local function as(words)
   if not shell.run("id -u"):find("^0\n") then
      return words
   end
   local all = { "setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "env", "HOME=/" }
   for _, word in ipairs(words) do
      all[#all + 1] = word
   end
   return all
end

local function program(name)
   return shell.run("ls /usr/lib/postgresql/*/bin/" .. name .. " | tail -n 1"):match("[^\n]+")
end

function postgresql.start()
   local self = setmetatable({ port = port.free() }, Server)
   self.directory = temporary.make_directory()
   local data = self.directory .. "/data"
   shell.run({ "mkdir", "-m", "700", data })
   if as({})[1] then -- who is not root may pass through, and has what is inside
      shell.run({ "chmod", "711", temporary.directory(), self.directory })
      shell.run({ "chown", "postgres:", data })
   end
   local made = { program("initdb"), "-D", data, "-A", "trust", "--no-sync", "--no-locale", "-E", "UTF8" }
   shell.run("cd / && " .. shell.join(as(made)))
   temporary.write(SETTINGS:gsub("@PORT@", self.port), nil, data .. "/postgresql.conf")
   temporary.write(ACCESS, nil, data .. "/pg_hba.conf")
   temporary.write(certificates.rsa.chain, nil, data .. "/server.crt")
   temporary.write(certificates.rsa.key, nil, data .. "/server.key")
   temporary.write(certificates.ca.certificate, nil, data .. "/ca.crt")
   shell.run({ "chmod", "600", data .. "/server.key" })
   if as({})[1] then
      shell.run("chown postgres: " .. shell.quote(data) .. "/*")
   end
   local server = program("postgres")
   local single = as({ server, "--single", "-j", "-D", data, "postgres" })
   shell.run(("cd / && %s <%s"):format(shell.join(single), shell.quote(temporary.write(USERS:gsub(";\n", ";\n\n")))))
   self.process = process.start(as({ server, "-D", data }), { directory = "/" })
   peer.ready(self.process, self.port)
   return self
end

function Server:log()
   return self.process:output()
end

function Server:stop()
   if self.process:running() then
      self.process:signal("INT") -- at once: TERM waits for those who are connected
   end
   self.process:stop()
end

return postgresql
