-- Prosody, of Debian 12 and of a newer Debian (spec/support/newer), started with a configuration of its own:
--     local server = prosody.start({ release = "0.12", hosts = { "localhost" }, global = "…", host = "…" })
--     server.ports.c2s, .direct, .https    where it listens
--     server:account("user@localhost", "secret")
--     server:control("check", "certs")     what prosodyctl says: its status and its output
--     server:stop()
-- options.release is "0.12" or "13"; with `original` it has LuaSec itself, whatever the others have; with `https`
-- and `s2s` it listens for these too; `modules` are more of them, each after a comma. global and host are more
-- lines of the configuration, for all and for each host; a host's certificate and key are in certificates/HOST.crt
-- and .key of `directory`, put there with install().
local luasec = require "spec.programs.support.luasec"
local peer = require "spec.support.peer"
local port = require "spec.support.port"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local prosody = {}
local Server = {}
Server.__index = Server

local LUA = "lua5.4" -- which Debian's Prosody runs on

local function newer_directory()
   return shell.run({ "spec/support/newer", "--group", "xmpp" }):match("[^\n]+")
end

-- command is how a server's program (prosody or prosodyctl) is run, and its environment.
local function command(server, program)
   local options = { original = server.original }
   local words = { "/usr/bin/" .. program }
   if server.release == "13" then
      local root = newer_directory()
      options.modules = { root .. "/usr/share/lua/5.4" }
      options.libraries = { shell.run("ls -d " .. root .. "/usr/lib/*/lua/5.4"):match("[^\n]+") }
      words = { "spec/support/newer", program }
   end
   return words, luasec.environment(LUA, options)
end

local CONFIGURATION = [[
run_as_root = true -- specs may run as anybody
pidfile = "@DIRECTORY@/prosody.pid"
data_path = "@DIRECTORY@/data"
certificates = "certificates"
log = { debug = "*stdout" }
interfaces = { "@ADDRESS@" }
c2s_ports = { @C2S@ }
c2s_direct_tls_ports = { @DIRECT@ }
s2s_ports = { @S2S@ }
http_ports = {}
https_ports = { @HTTPS@ }
component_ports = {}
proxy65_ports = {}
admin_socket = "@DIRECTORY@/admin.sock"
authentication = "internal_hashed"
storage = "internal"
c2s_require_encryption = true
limits = {}
modules_enabled = { "roster", "saslauth", "tls", "disco", "ping", "admin_shell"@MODULES@ }
modules_disabled = { @DISABLED@ }
@GLOBAL@
]]

-- install puts a certificate of spec.support.certificates where the server looks for a host's.
function Server:install(host, certificate)
   temporary.write(certificate.chain, nil, self.directory .. "/certificates/" .. host .. ".crt")
   temporary.write(certificate.key, nil, self.directory .. "/certificates/" .. host .. ".key")
end

-- prepare makes the directory and the configuration of a server; certificates: host -> certificate.
function prosody.prepare(options)
   luasec.build(LUA)
   local directory = temporary.make_directory()
   shell.run({ "mkdir", directory .. "/certificates", directory .. "/data" })
   local self = setmetatable({ directory = directory, release = options.release, original = options.original }, Server)
   self.address = options.address or "127.0.0.1"
   self.ports = { c2s = port.free(), direct = port.free(), https = port.free(), s2s = port.free() }
   for host, certificate in pairs(options.certificates) do
      self:install(host, certificate)
   end
   self.configuration = directory .. "/prosody.cfg.lua"
   self:configure(options)
   return self
end

-- configure writes the configuration anew, with other lines.
function Server:configure(options)
   local values = {
      DIRECTORY = self.directory,
      ADDRESS = self.address,
      C2S = self.ports.c2s,
      DIRECT = self.ports.direct,
      HTTPS = options.https and self.ports.https or "",
      S2S = options.s2s and self.ports.s2s or "",
      MODULES = options.modules or "",
      DISABLED = options.s2s and "" or '"s2s"',
      GLOBAL = options.global or "",
   }
   local text = CONFIGURATION:gsub("@([%u%d]+)@", values)
   for _, host in ipairs(options.hosts) do
      text = ("%s\nVirtualHost %q\n%s\n"):format(text, host, options.host or "")
   end
   temporary.write(text, nil, self.configuration)
end

-- run starts a prepared server and waits until it listens.
function Server:run()
   local words, environment = command(self, "prosody")
   for _, word in ipairs({ "--config", self.configuration, "-F" }) do
      words[#words + 1] = word
   end
   self.process = process.start(words, { environment = environment })
   peer.ready(self.process, self.ports.c2s)
   peer.ready(self.process, self.ports.direct)
   return self
end

function prosody.start(options)
   return prosody.prepare(options):run()
end

function Server:stop()
   if self.process then
      self.process:stop()
   end
end

-- log is what it wrote until now.
function Server:log()
   return self.process:output()
end

-- control runs prosodyctl for this server, and gives its exit status and what it wrote.
function Server:control(...)
   local program, environment = command(self, "prosodyctl")
   local words = { "env" }
   for name, value in pairs(environment) do
      words[#words + 1] = name .. "=" .. value
   end
   for _, word in ipairs(program) do
      words[#words + 1] = word
   end
   for _, word in ipairs({ "--config", self.configuration, ... }) do
      words[#words + 1] = word
   end
   return shell.try(words)
end

-- account makes one; it can be done before the server runs.
function Server:account(jid, password)
   local user, host = jid:match("^(.-)@(.*)$")
   local status, output = self:control("register", user, host, password)
   if status ~= 0 then
      error("prosodyctl register: " .. tostring(output), 2)
   end
end

return prosody
