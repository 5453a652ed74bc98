-- What a connection has of its own instead of its context's: protocols and pins.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pump = require "spec.support.pump"

local function client(options)
   local all = { cafile = certificates.ca.certfile }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(bearssl.context(all))
end

local function server(options)
   local all = { mode = "server", certfile = certificates.ec.chainfile, keyfile = certificates.ec.keyfile }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(bearssl.context(all))
end

local function shake(c, s, options, theirs)
   options = options or {}
   options.server_name = "localhost"
   local a, b = assert(c:connection(options)), assert(s:connection(theirs))
   return a, b, pump(a, b)
end

local pins = {}
for _, name in ipairs { "ec", "rsa", "client_ec" } do
   pins[name] = assert(bearssl.certificate.load(certificates[name].chain))[1]:pin()
end

local function raises(part, f, ...)
   local ok, message = pcall(f, ...)
   assert.is_false(ok)
   assert.is_truthy(message:find(part, 1, true), message)
end

for _, version in ipairs { "TLSv1.2", "TLSv1.3" } do
   describe("a connection of " .. version, function()
      it("offers its own protocols, and takes its own", function()
         local c, s = client { max_version = version, alpn = { "one" } }, server { alpn = { "one" } }
         local a, b = shake(c, s)
         assert.same({ "one", "one" }, { a:info "alpn", b:info "alpn" })
         a, b = shake(c, s, { alpn = { "two", "one" } }, { alpn = { "two" } })
         assert.same({ "two", "two" }, { a:info "alpn", b:info "alpn" })
         local _, _, result = shake(c, s, { alpn = { "two" } })
         assert.equal("no_application_protocol", result.server.code)
         _, _, result = shake(c, s, nil, { alpn = { "two" } })
         assert.equal("no_application_protocol", result.server.code)
         -- where the context has none
         a, b = shake(client { max_version = version }, server(), { alpn = { "x" } }, { alpn = { "y", "x" } })
         assert.same({ "x", "x" }, { a:info "alpn", b:info "alpn" })
         -- nor is it the next one's
         a = shake(c, s)
         assert.equal("one", a:info "alpn")
      end)

      it("demands its own pins instead of the context's, whatever verify says", function()
         local s = server()
         for _, verify in ipairs { "required", "report", "none" } do
            local c = client { max_version = version, verify = verify, pins = { pins.rsa } }
            local _, _, result = shake(c, s)
            assert.equal("pin_mismatch", result.client.code)
            local a
            a, _, result = shake(c, s, { pins = { pins.rsa, pins.ec } })
            assert.is_nil(result.client.code, result.client.message)
            assert.is_true(a:info "established")
            c = client { max_version = version, verify = verify }
            _, _, result = shake(c, s, { pins = { pins.rsa } })
            assert.equal("pin_mismatch", result.client.code)
            a = shake(c, s)
            assert.is_true(a:info "established")
         end
      end)

      it("of a server demands its own pins of its clients", function()
         local own = certificates.client_ec
         local c = client { max_version = version, certificate = own.chain, key = own.key }
         local s = server { verify = "required", cafile = certificates.ca.certfile }
         local _, b = shake(c, s, nil, { pins = { pins.client_ec } })
         assert.is_true(b:info "peer_verified")
         local _, _, result = shake(c, s, nil, { pins = { pins.ec } })
         assert.equal("pin_mismatch", result.server.code)
      end)

      it("resumes nothing that was made under other lists", function()
         local c, s = client { max_version = version, alpn = { "one" } }, server { alpn = { "one", "two" } }
         local function resumes(made, used)
            local a = shake(c, s, made())
            local options = used()
            options.session = assert(a:session())
            a = shake(c, s, options)
            assert.is_true(a:info "established")
            return a:info "resumed"
         end
         local function none() return {} end
         local function pinned() return { pins = { pins.ec } } end
         local function other() return { alpn = { "two" } } end
         for _, options in ipairs { none, pinned, other } do assert.is_true(resumes(options, options)) end
         for _, options in ipairs { pinned, other } do
            assert.is_false(resumes(none, options))
            assert.is_false(resumes(options, none))
         end
      end)
   end)
end

describe("lists of a connection", function()
   it("raise where they make no sense", function()
      local c, s = client(), server()
      local function on(options)
         options.server_name = "localhost"
         return function() return c:connection(options) end
      end
      raises("'alpn': must not be empty", on { alpn = {} })
      raises("'pins': must not be empty", on { pins = {} })
      raises("'alpn'", on { alpn = "h2" })
      raises("'alpn'", on { alpn = { ("x"):rep(256) } })
      raises("'pins'", on { pins = { "no pin" } })
      raises("'pins' needs a context with 'trust'", s.connection, s, { pins = { pins.ec } })
   end)
end)
