-- A real nginx, whose configuration is a file in which the words between @ signs are filled in.
local peer = require "spec.support.peer"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local nginx = {}

local MODULES = { "/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/local/lib/nginx/modules" }

-- modules_directory is where the Lua module of nginx is, or nil.
function nginx.modules_directory()
   for _, directory in ipairs(MODULES) do
      if temporary.read(directory .. "/ngx_http_lua_module.so") then
         return directory
      end
   end
end

function nginx.program()
   return shell.which("nginx") or "/usr/sbin/nginx"
end

-- start runs it with a configuration and waits until it listens at a port. MODULES, USER, PREFIX and HERE (where the
-- project is) are filled in besides `values`.
function nginx.start(config, values, number)
   local prefix = temporary.make_directory()
   local modules = nginx.modules_directory()
   local all = {
      MODULES = modules or error("ngx_http_lua_module.so was not found: install libnginx-mod-http-lua"),
      USER = shell.run("id -u"):match("^0\n") and "user root;" or "",
      PREFIX = prefix,
      HERE = shell.run("pwd"):match("[^\n]+"),
   }
   for name, value in pairs(values) do
      all[name] = value
   end
   local path = temporary.write(temporary.read(config):gsub("@(%u+)@", all), nil, prefix .. "/nginx.conf")
   local server = process.start({ nginx.program(), "-p", prefix, "-e", "stderr", "-c", path })
   server.port = number
   return peer.ready(server, number)
end

return nginx
