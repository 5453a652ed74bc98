-- The option `trust` as a list, and context:trust().
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pump = require "spec.support.pump"
local temporary = require "spec.support.temporary"

local ca = certificates.ca

local function server()
   local own = certificates.ec
   return assert(bearssl.context { mode = "server", certfile = own.chainfile, keyfile = own.keyfile })
end

local function verifies(context)
   local a, b = assert(context:connection { server_name = "localhost" }), assert(server():connection())
   pump(a, b)
   return a:info "peer_verified" == true
end

local function another()
   local certificate = assert(bearssl.certificate.selfsigned { subject = "CN=Other", ca = true })
   return certificate
end

describe("trust as a list", function()
   local pem = temporary.read(ca.certfile)
   local object = assert(bearssl.certificate.open(ca.certfile))[1]

   it("takes paths, PEM, DER, certificates, stores, and lists of these", function()
      local directory = temporary.make_directory()
      temporary.write(pem, nil, directory .. "/ca.pem")
      for name, entry in pairs { path = ca.certfile, pem = pem, der = object:der(), certificate = object,
         store = assert(bearssl.trust.new { object }), list = { { object } }, directory = directory } do
         local context = assert(bearssl.context { trust = { another(), entry } })
         assert.is_true(verifies(context), name)
         assert.equal(2, context:trust():count(), name)
      end
      assert.is_false(verifies(assert(bearssl.context { trust = { another() } })))
   end)

   it("puts an authority beside the system's", function()
      local alone = assert(bearssl.trust.system())
      local count = alone:count()
      local context = assert(bearssl.context { trust = { "system", ca.certfile } })
      assert.equal(count + 1, context:trust():count())
      assert.is_true(verifies(context))
      assert.equal(count, assert(bearssl.trust.system()):count(), "the shared store is left alone")
   end)

   it("says what cannot be read", function()
      local context, message, code = bearssl.context { trust = { ca.certfile, "/nowhere/ca.pem" } }
      assert.is_nil(context)
      assert.equal("file_unreadable", code)
      assert.truthy(message:find("/nowhere/ca.pem", 1, true))
      local broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
      context, message, code = bearssl.context { trust = { broken } }
      assert.is_nil(context)
      assert.is_string(message)
      assert.is_string(code)
      local key = certificates.ec.keyfile
      context, message, code = bearssl.context { trust = { key } }
      assert.is_nil(context)
      assert.equal("bad_pem", code)
      assert.truthy(message:find(key, 1, true))
   end)

   it("raises for what is no list of such", function()
      for _, wrong in ipairs { {}, { 5 }, { "system", false }, { first = object }, { {}, "system", [4] = "x" } } do
         assert.has_error(function() bearssl.context { trust = wrong } end)
      end
   end)

   it("is read again by context:trust():reload()", function()
      local path = temporary.write(pem)
      local context = assert(bearssl.context { trust = { path } })
      assert.is_true(verifies(context))
      temporary.write(assert(another():pem()), nil, path)
      assert.is_true(verifies(context))
      assert(context:trust():reload())
      context:flush_sessions()
      assert.is_false(verifies(context))
   end)
end)

describe("context:trust()", function()
   it("is the store that was given, or nil", function()
      local store = assert(bearssl.trust.open(ca.certfile))
      assert.equal(store, bearssl.context({ trust = store }):trust())
      assert.is_nil(server():trust())
      assert.has_error(function() server():trust(1) end)
   end)

   it("may hold itself no more than it may hold nothing", function()
      local cyclic = { certificates.ca.certfile }
      cyclic[2] = cyclic
      local endless = {}
      endless[1] = endless
      for option, value in pairs { trust = cyclic, certificate_authorities = endless } do
         local mode = option == "trust" and "client" or "server"
         local ok, message = pcall(bearssl.context, { mode = mode, [option] = value })
         assert.is_false(ok)
         assert.matches("option '" .. option .. "': lists stand in lists more than", message)
      end
      local ok, message = pcall(bearssl.trust.new, endless)
      assert.is_false(ok)
      assert.matches("bearssl.trust.new: lists stand in lists", message)
      local deep = { temporary.read(ca.certfile) }
      for _ = 1, 10 do deep = { deep } end
      assert.equal(1, assert(bearssl.trust.new(deep)):count())
   end)
end)
