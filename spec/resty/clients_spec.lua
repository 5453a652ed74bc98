-- Debian's lua-nginx-redis and lua-nginx-memcached, as they are, talk TLS to a real redis-server and a real memcached
-- through one call of bearssl.resty.wrap.
local certificates = require "spec.support.certificates"
local nginx_jobs = require "spec.support.nginx_jobs"
local peer = require "spec.support.peer"
local port = require "spec.support.port"
local process = require "spec.support.process"
local resty_front = require "spec.support.resty_front"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local function redis_server(certificate)
   local number = port.free()
   local child = process.start({
      "redis-server", "--port", "0", "--tls-port", number, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
      "--dir", temporary.make_directory(), "--tls-cert-file", certificate.chainfile, "--tls-key-file",
      certificate.keyfile, "--tls-ca-cert-file", certificates.ca.certfile, "--tls-auth-clients", "no",
   })
   child.port = number
   return peer.ready(child, number)
end

local function memcached_server(certificate)
   local number = port.free()
   local argv = { "memcached", "-l", "127.0.0.1", "-p", number, "-U", "0", "-m", "8", "-Z", "-o",
      ("ssl_chain_cert=%s,ssl_key=%s"):format(certificate.chainfile, certificate.keyfile) }
   if shell.run("id -u"):match("^0\n") then
      argv[#argv + 1], argv[#argv + 2] = "-u", "root"
   end
   local child = process.start(argv)
   child.port = number
   return peer.ready(child, number)
end

describe("clients of cosockets, wrapped:", function()
   local front, redis, memcached

   setup(function()
      front = resty_front.start()
      redis, memcached = redis_server(certificates.ec), memcached_server(certificates.rsa)
   end)
   teardown(function() process.stop_all() end)

   local function ask(job) return nginx_jobs.run(front, job) end

   for _, object in ipairs { false, true } do
      it("lua-nginx-redis, " .. (object and "a client object" or "the module"), function()
         -- the second time it is an idle connection of the first object that is taken up
         for round = 0, 3 do
            local value = ("value %d \0\r\n"):format(round)
            local result = ask { name = "redis", port = redis.port, value = value, object = object }
            value = value .. ("x"):rep(40000)
            assert.is_nil(result.failed)
            assert.equal(object and round + 4 or round, result.reused)
            assert.equal("OK", result.set)
            assert.equal(value, result.got)
            assert.is_true(result.missing)
            assert.equal(result.pipeline[1] + 1, result.pipeline[2])
            assert.same({ value, value }, result.pipeline[3])
            assert.equal("ERR value is not an integer or out of range", result.wrong)
            assert.equal(1, result.kept)
         end
      end)
   end

   it("lua-nginx-redis does not talk to who cannot be verified", function()
      local result = ask { name = "redis", port = redis.port, value = "x", context = "stranger" }
      assert.equal("unknown_ca", result.code)
      result = ask { name = "redis", port = redis.port, value = "x", server_name = "elsewhere.example" }
      assert.equal("name_mismatch", result.code)
   end)

   it("lua-nginx-memcached", function()
      for round = 0, 3 do
         local value = ("value %d \0\r\n"):format(round)
         local result = ask { name = "memcached", port = memcached.port, value = value }
         value = value .. ("x"):rep(40000)
         assert.is_nil(result.failed)
         assert.equal(round, result.reused)
         assert.equal(1, result.set)
         assert.equal(value, result.got)
         assert.equal(value, result.several)
         assert.is_true(result.missing)
         assert.truthy(result.version:find("^1%."))
         assert.equal(1, result.kept)
      end
   end)

   it("both are told when the server has gone", function()
      memcached:stop()
      local result = ask { name = "memcached", port = memcached.port, value = "x" }
      assert.equal("connection refused", result.failed)
   end)

   it("nothing bad is logged", function()
      assert.equal(0, front:stop())
      assert.same({}, resty_front.complaints(front))
   end)
end)
