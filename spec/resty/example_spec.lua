-- examples/nginx_resty.conf, which doc/guides/nginx.md shows, as it is but for ports and files.
local certificates = require "spec.support.certificates"
local loopback = require "spec.support.loopback"
local luajit = require "spec.support.luajit"
local nginx = require "spec.support.nginx"
local ours = require "spec.support.ours"
local peer = require "spec.support.peer"
local port = require "spec.support.port"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local function replaced(config, changes)
   for from, to in pairs(changes) do
      local at, last = config:find(from, 1, true)
      assert.is_truthy(at, from .. " is not in the example")
      config = config:sub(1, at - 1) .. to .. config:sub(last + 1)
   end
   return config
end

describe("examples/nginx_resty.conf", function()
   local front, upstream, redis

   setup(function()
      luajit.build()
      local number, own = port.free(), certificates.ec
      local here, prefix = shell.run("pwd"):match("[^\n]+"), temporary.make_directory()
      local temporary_paths = {}
      for _, name in ipairs { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" } do
         temporary_paths[#temporary_paths + 1] = ("%s_temp_path %s/%s;"):format(name, prefix, name)
      end
      local config = replaced(temporary.read("examples/nginx_resty.conf"), {
         ['lua_package_path "'] = ('lua_package_path "%s/lua/?.lua;%s/lua/?/init.lua;'):format(here, here),
         ['lua_package_cpath "'] = ('lua_package_cpath "%s/build/luajit/?.so;'):format(here),
         ["/usr/lib/nginx/modules/ndk"] = nginx.modules_directory() .. "/ndk",
         ["/etc/ssl/certs/ca-certificates.crt"] = certificates.ca.certfile,
         ["/etc/nginx/server.pem"] = own.chainfile, ["/etc/nginx/server.key"] = own.keyfile,
         ["listen 127.0.0.1:8080"] = "listen 127.0.0.1:" .. number,
         ["daemon off;"] = "daemon off;" .. (shell.run("id -u") == "0\n" and " user root;" or ""),
         ["access_log off;"] = "access_log off;" .. table.concat(temporary_paths, " "),
         -- who has left a connection is asked again
         ["worker_processes 2;"] = "worker_processes 1;",
      })
      local path = temporary.write(config, nil, prefix .. "/nginx.conf")
      front = process.start { nginx.program(), "-p", prefix, "-e", "stderr", "-c", path }
      front.port = number
      peer.ready(front, number)
      local values = { PORT = port.free(), PLAIN = port.free(), CERTIFICATE = own.chainfile, KEY = own.keyfile,
         AUTHORITY = certificates.ca.certfile }
      upstream = nginx.start("spec/resty/upstream.conf", values, values.PORT)
      local redis_port = port.free()
      redis = process.start { "redis-server", "--port", "0", "--tls-port", redis_port, "--bind", "127.0.0.1", "--save",
         "", "--dir", prefix, "--tls-cert-file", own.chainfile, "--tls-key-file", own.keyfile, "--tls-ca-cert-file",
         certificates.ca.certfile, "--tls-auth-clients", "no" }
      redis.port = redis_port
      peer.ready(redis, redis_port)
   end)
   teardown(function() process.stop_all() end)
   after_each(ours.close_all)

   local function get(path)
      return shell.run { "curl", "-sS", "--max-time", "20", ("http://127.0.0.1:%d%s"):format(front.port, path) }
   end

   it("fetches over a connection that it keeps", function()
      local path = "/fetch?host=localhost&address=127.0.0.1&port=" .. upstream.port
      for count = 0, 3 do
         local times, connection = get(path):match("^(%d) times reused\n(%d+) ")
         assert.equal(tostring(count), times)
         assert.is_string(connection)
      end
      local refused = get((path:gsub("host=localhost", "host=elsewhere.example")))
      assert.truthy(refused:find("certificate is not for", 1, true), refused)
   end)

   it("counts in Redis over TLS", function()
      for count = 1, 3 do assert.equal(count .. "\n", get("/count?port=" .. redis.port)) end
   end)

   it("is a TLS server inside a request", function()
      local context = ours.client_context {}
      for index = 1, 2 do
         local socket = loopback.connect(front.port)
         assert(socket:send("GET /tls HTTP/1.1\r\nHost: localhost\r\n\r\n"))
         while assert(socket:receive("*l")) ~= "" do end
         local stream = assert(context:wrap(socket, { server_name = "localhost", timeout = 10 }))
         assert(stream:send("hello\n"))
         assert.equal("you said: hello", stream:receive("*l"))
         assert.equal(index == 2, stream:info("resumed"))
         stream:close()
      end
   end)

   it("logs nothing bad", function()
      assert.equal(0, front:stop())
      assert.is_nil(front:output():find("%[error%]") or front:output():find("%[alert%]"), front:output())
   end)
end)
