-- What streams pass on to the socket below: getpeername, getsockname, setoption.
local bearssl = require "bearssl"
local loopback = require "spec.support.loopback"
local pair = require "bearssl.transport.pair"
local streams = require "spec.support.streams"

local function wrap(object)
   return streams.keep(assert(streams.client_context():wrap(object, { server_name = "localhost" })))
end

describe("a stream over a LuaSocket object", function()
   after_each(streams.close)

   it("tells both addresses and sets options, until it is closed", function()
      local a, b = loopback.pair()
      local stream = wrap(a)
      local address, port, family = a:getpeername()
      assert.same({ address, port, family }, { stream:getpeername() })
      assert.equal("127.0.0.1", address)
      assert.same({ a:getsockname() }, { stream:getsockname() })
      assert.equal(1, stream:setoption("tcp-nodelay", true))
      assert.equal(1, stream:setoption("keepalive", true))
      stream:close()
      assert.same({ nil, "closed", "closed" }, { stream:getpeername() })
      assert.same({ nil, "closed", "closed" }, { stream:setoption("keepalive", true) })
      b:close()
   end)

   it("within another stream asks that one", function()
      local a, b = loopback.pair()
      local inner = wrap(wrap(a))
      assert.same({ a:getpeername() }, { inner:getpeername() })
      b:close()
   end)
end)

describe("a stream over what has no address", function()
   after_each(streams.close)

   it("says so", function()
      local stream = wrap((pair.new()))
      assert.same({ nil, "the transport has no getpeername" }, { stream:getpeername() })
      local number = streams.keep(assert(bearssl.context { verify = "none" }:wrap(0, { server_name = "localhost" })))
      assert.same({ nil, "the transport has no setoption" }, { number:setoption("keepalive", true) })
   end)
end)

describe("a stream over a socket of cqueues", function()
   after_each(streams.close)

   local found, cqueues_socket = pcall(require, "cqueues.socket")

   it("tells the addresses as LuaSocket does", function()
      if not found then
         assert.is_truthy(cqueues_socket) -- cqueues is not there for this Lua: it says why
         return
      end
      local listener = assert(cqueues_socket.listen("127.0.0.1", 0))
      assert(listener:listen())
      local _, _, port = listener:localname()
      local socket = cqueues_socket.connect("127.0.0.1", port)
      assert(socket:connect(10))
      local stream = wrap(socket)
      local address, number, family = stream:getpeername()
      assert.same({ "127.0.0.1", port }, { address, number })
      assert.equal((socket:peername()), family)
      listener:close()
   end)
end)
