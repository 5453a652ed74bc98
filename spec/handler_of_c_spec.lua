-- Handlers that are functions of C, which PUC Lua 5.1 makes no coroutine of.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pump = require "spec.support.pump"

describe("a handler that is a function of C", function()
   local server = assert(bearssl.context { mode = "server", certfile = certificates.ec.chainfile,
      keyfile = certificates.ec.keyfile })

   -- shake gives what the client's step fails with.
   local function shake(handler)
      local client = assert(bearssl.context { cafile = certificates.ca.certfile,
         handlers = { server_hello = handler } })
      return pump(assert(client:connection { server_name = "localhost" }), assert(server:connection())).client
   end

   it("is called like others: what it returns counts", function()
      assert.equal("refused", shake(rawequal).code) -- false
   end)

   it("fails the handshake when it raises", function()
      assert.equal("handler_error", shake(string.rep).code)
   end)
end)
