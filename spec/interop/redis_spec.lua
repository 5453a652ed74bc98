-- Sessions kept in Redis, through session_store and session_load: what one server process made another resumes.
local certificates = require "spec.support.certificates"
local ours = require("spec.support.ours").at_most("TLSv1.2")
local peers = require "spec.support.peer"
local port = require "spec.support.port"
local process = require "spec.support.process"
local redis = require "redis"
local session_server = require "spec.support.session_server"
local temporary = require "spec.support.temporary"
local tls12 = require "spec.support.tls12"

describe("a session cache in Redis", function()
   local number, client, first, second

   setup(function()
      number = port.free()
      local server = process.start({
         "redis-server", "--port", tostring(number), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
         "--dir", temporary.make_directory(),
      })
      peers.ready(server, number)
      client = redis.connect("127.0.0.1", number)
      -- session_cache = 0: nothing is found that is not in Redis
      local options = {
         certificate = certificates.ec, redis = number, cache = 0, clients = "optional",
         cafile = certificates.ca.certfile,
      }
      first, second = session_server.start(options), session_server.start(options)
   end)

   teardown(function()
      client:quit()
      process.stop_all()
   end)

   before_each(function() client:flushall() end)
   after_each(ours.close_all)

   local function ask(server, context, session)
      local stream = assert(ours.connect(server.port, context, { session = session }))
      assert(stream:send("hello\n"))
      local fields = session_server.fields((assert(stream:receive("*l"))))
      local kept = stream:session()
      stream:close()
      return fields, kept
   end

   local function ask_openssl(server, ...)
      local child = tls12.client("openssl", { port = server.port, arguments = { ... } })
      child:write("hello\n")
      local line = child:wait_for("(resumed=[^\n]*) hello")
      child:close_input()
      assert.equal(0, child:wait())
      return session_server.fields(line)
   end

   it("lets a second process resume the sessions of the first, for our client", function()
      local context = ours.client_context({})
      local fields, session = ask(first, context)
      -- a server that keeps sessions issues no tickets, which another process could not open
      assert.same({ resumed = false, ticket = false, ems = true, verified = false }, fields)
      local keys = client:keys("tls:*")
      assert.equal(1, #keys)
      assert.equal("tls:" .. session:id(), keys[1])
      local left = client:ttl(keys[1])
      assert.is_true(left > 7100 and left <= 7200)
      assert.same({ resumed = true, ticket = false, ems = true, verified = false }, (ask(second, context, session)))
      assert.is_true((ask(first, context, session)).resumed)
      -- resuming made no new one
      assert.equal(1, #client:keys("tls:*"))
   end)

   it("lets a second process resume the sessions of the first, for openssl", function()
      local file = temporary.path(".session")
      assert.is_false(ask_openssl(first, "-sess_out", file).resumed)
      assert.is_true(ask_openssl(second, "-sess_in", file).resumed)
      assert.is_true(ask_openssl(first, "-sess_in", file).resumed)
   end)

   it("carries the client's certificate along", function()
      local context = ours.client_context({
         certfile = certificates.client_ec.certfile, keyfile = certificates.client_ec.keyfile,
      })
      local fields, session = ask(first, context)
      assert.is_true(fields.verified)
      fields = ask(second, context, session)
      assert.is_true(fields.resumed)
      assert.is_true(fields.verified)
   end)

   it("means a full handshake once the session has gone from there", function()
      local context = ours.client_context({})
      local _, session = ask(first, context)
      client:flushall()
      local fields, new = ask(second, context, session)
      assert.is_false(fields.resumed)
      assert.is_true((ask(first, context, new)).resumed)
   end)

   it("may hold what another version wrote", function()
      local context = ours.client_context({})
      local _, session = ask(first, context)
      client:set("tls:" .. session:id(), "bearssl-lua session 0: nonsense")
      assert.is_false((ask(second, context, session)).resumed)
   end)
end)
