-- What `select` and `client_certificate` may answer: a context, and credentials in every form that options take.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pump = require "spec.support.pump"

local function server(options)
   local all = { mode = "server", certfile = certificates.rsa.chainfile, keyfile = certificates.rsa.keyfile }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(bearssl.context(all))
end

local client = assert(bearssl.context { cafile = certificates.ca.certfile })

local function shake(c, s, options)
   options = options or {}
   options.server_name = options.server_name or "localhost"
   local a, b = assert(c:connection(options)), assert(s:connection())
   return a, b, pump(a, b)
end

local encrypted = assert(bearssl.key.load(certificates.ec.key)):pem { password = "secret", iterations = 1000 }

-- Each is the certificate of `name` and its key.
local function forms(name)
   local own = certificates[name]
   return {
      ["strings"] = { certificate = own.chain, key = own.key },
      ["objects"] = { certificate = bearssl.certificate.load(own.chain), key = bearssl.key.load(own.key) },
      ["files"] = { certfile = own.chainfile, keyfile = own.keyfile },
      ["a name"] = { name = name },
      ["a key elsewhere"] = { certificate = own.chain, key = "external" },
   }
end

local function sign(_, question)
   return assert(bearssl.key.load(question.certificate:public_key().type == "EC" and certificates.ec.key
      or certificates.rsa.key)):sign(question.scheme or question.hash, question.digest)
end

describe("select answers", function()
   it("a context, found by name", function()
      local contexts = { ["localhost"] = server { certfile = certificates.ec.chainfile,
         keyfile = certificates.ec.keyfile } }
      local s = server { handlers = { select = function(_, hello) return contexts[hello.server_name] end } }
      local a = shake(client, s)
      assert.equal("EC", a:info("peer_certificates")[1]:public_key().type)
      contexts.localhost = nil -- nothing is the default
      a = shake(client, s)
      assert.equal("RSA", a:info("peer_certificates")[1]:public_key().type)
      contexts.localhost = client
      local _, _, result = shake(client, s)
      assert.equal("handler_error", result.server.code)
   end)

   -- Nothing that a handler chooses widens what the connection itself was limited to.
   it("versions, within those of the connection", function()
      local function versions(answer, limits, offered)
         local s = server { handlers = { select = function() return answer end } }
         local a, b = assert(client:connection { server_name = "localhost", max_version = offered }),
            assert(s:connection(limits))
         return a:info("version"), pump(a, b).server.code, a:info("version")
      end
      local newest, older = { min_version = "TLSv1.3" }, { max_version = "TLSv1.2" }
      for _, answer in ipairs { server(), { context = server() }, { min_version = "TLSv1.2" } } do
         local _, code = versions(answer, newest, "TLSv1.2")
         assert.equal("no_common_version", code)
         local _, none, version = versions(answer, newest)
         assert.is_nil(none)
         assert.equal("TLSv1.3", version)
         _, none, version = versions(answer, older)
         assert.is_nil(none)
         assert.equal("TLSv1.2", version)
      end
      for _, case in ipairs { { { min_version = "TLSv1.3" }, older }, { { max_version = "TLSv1.2" }, newest },
         { server { max_version = "TLSv1.2" }, newest } } do
         local s = server { handlers = { select = function() return case[1] end } }
         local a, b = assert(client:connection { server_name = "localhost" }), assert(s:connection(case[2]))
         local result = pump(a, b).server
         assert.equal("handler_error", result.code)
         assert.truthy(result.message:find("the connection's own limits", 1, true), result.message)
      end
   end)

   it("what raises when it is used, and the handshake ends", function()
      local closed = assert(bearssl.key.load(certificates.ec.key))
      debug.getmetatable(closed).__close(closed)
      for _, answer in ipairs {
         { certificate = certificates.ec.chain, key = encrypted, password = function() error "kms down" end },
         { certificate = certificates.ec.chain, key = encrypted, password = function() return 5 end },
         { certificate = certificates.ec.chain, key = closed },
      } do
         local s = server { handlers = { select = function() return answer end } }
         local _, _, result = shake(client, s)
         assert.equal("handler_error", result.server.code)
         assert.truthy(result.server.message:find("'select' handler", 1, true), result.server.message)
      end
   end)

   for name, form in pairs(forms "ec") do
      it("a credential as " .. name, function()
         local s = server { handlers = { select = function() return form end, sign = sign }, credentials = {
            { name = "ec", certificate = certificates.ec.chain, key = certificates.ec.key } } }
         local a, _, result = shake(client, s)
         assert.is_nil(result.server.code, result.server.message)
         assert.equal("EC", a:info("peer_certificates")[1]:public_key().type)
      end)
   end

   it("an encrypted key with its password", function()
      for _, password in ipairs { "secret", function() return "secret" end } do
         local a = shake(client, server { handlers = { select = function()
            return { certificate = certificates.ec.chain, key = encrypted, password = password }
         end } })
         assert.equal("EC", a:info("peer_certificates")[1]:public_key().type)
      end
   end)

   it("what cannot be used, and is told so", function()
      local own = { certificate = certificates.ec.chain, key = certificates.ec.key }
      for part, answer in pairs {
         ["names a credential and gives 'certificate'"] = { name = "x", certificate = own.certificate, key = own.key },
         ["no credential of the context is named"] = { name = "x" },
         ["/nonexistent/file"] = { certfile = "/nonexistent/file", keyfile = certificates.ec.keyfile },
         ["the key is missing"] = { certificate = own.certificate },
         ["either 'key' or 'keyfile'"] = { certificate = own.certificate, key = own.key, keyfile = "x" },
         ["'certfile', which is not a string"] = { certfile = {} },
         ["'name', which is not a string"] = { name = 1 },
         ["'password', which is not a string or a function"] = {
            certificate = own.certificate, key = encrypted, password = 1 },
         ["does not belong"] = { certificate = own.certificate, key = certificates.rsa.key },
         ["OCSP response"] = { ocspfile = "/nonexistent/response" },
         ["'suites', which cannot be used: must not be empty"] = { suites = {} },
         ["'suites', which cannot be used: must be a list, not a table with names"] = { suites = { x = 1 } },
         ["'suites', which is not a policy's name or a list of names but 5"] = { suites = 5 },
         ["'certificate', which cannot be used: must not be empty"] = { certificate = {}, key = own.key },
         ["'certificate', which cannot be used: must be a list"] = { certificate = { x = 1 }, key = own.key },
         ["'keyfile', which cannot be used: must have no NUL"] = { certfile = "x", keyfile = "y\0z" },
         ["a 'max_version', TLSv1.0, that the context does not speak: TLSv1.2 to TLSv1.3"] = {
            max_version = "TLSv1.0" },
         ["a 'min_version', TLSv1.1, that the context does not speak: TLSv1.2 to TLSv1.3"] = {
            min_version = "TLSv1.1" },
         ["a 'min_version', TLSv1.3, that is above its 'max_version', TLSv1.2"] = {
            min_version = "TLSv1.3", max_version = "TLSv1.2" },
         ["'suites' none of which is for TLSv1.3"] = {
            min_version = "TLSv1.3", suites = { "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" } },
      } do
         local _, _, result = shake(client, server { handlers = { select = function() return answer end } })
         assert.equal("handler_error", result.server.code, part)
         assert.is_truthy(result.server.message:find(part, 1, true), result.server.message)
         assert.matches("the 'select' handler %(.*select_spec%.lua:%d+%)", result.server.message)
         assert.equal("alert_internal_error", result.client.code)
      end
   end)
end)

describe("client_certificate answers", function()
   for name, form in pairs(forms "client_ec") do
      it("a credential as " .. name, function()
         local c = assert(bearssl.context { cafile = certificates.ca.certfile, credentials = {
            { name = "client_ec", certificate = certificates.client_ec.chain, key = certificates.client_ec.key } },
            handlers = { client_certificate = function() return form end, sign = function(_, question)
               return assert(bearssl.key.load(certificates.client_ec.key)):sign(question.scheme, question.digest)
            end } })
         local _, b, result = shake(c, server { verify = "required", cafile = certificates.ca.certfile })
         assert.is_nil(result.client.code, result.client.message)
         assert.is_true(b:info "peer_verified")
      end)
   end

   it("what cannot be used, and is told so", function()
      for part, answer in pairs { ["without a certificate"] = {}, ["unknown field 'alpn'"] = { alpn = "x" },
         ["unknown field 'ocspfile'"] = { ocspfile = "x" }, ["is named 'nobody'"] = { name = "nobody" } } do
         local c = assert(bearssl.context { cafile = certificates.ca.certfile,
            handlers = { client_certificate = function() return answer end } })
         local _, _, result = shake(c, server { verify = "required", cafile = certificates.ca.certfile })
         assert.equal("handler_error", result.client.code, part)
         assert.is_truthy(result.client.message:find(part, 1, true), result.client.message)
      end
   end)
end)
