-- What a context is told after connections have begun, flags of `verify` in every mixture, and calls that go on after
-- another has failed: bearssl.luasec beside LuaSec.
local both = require "spec.luasec.both"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local process = require "spec.support.process"
local socket = require "socket"

local LUA = os.getenv "LUA" or "lua5.4"

local CA, OTHER = certificates.ca.certfile, certificates.ec.certfile -- a leaf vouches for nobody else
local libraries = { ours = both.ours, LuaSec = both.real }

local function server(more)
   local own = certificates.rsa
   local given = { mode = "server", protocol = "any", certificate = own.chainfile, key = own.keyfile }
   for name, value in pairs(more or {}) do given[name] = value end
   return given
end

local function client(more)
   local given = { mode = "client", protocol = "any", cafile = OTHER }
   for name, value in pairs(more or {}) do given[name] = value end
   return given
end

for name, library in pairs(libraries) do
   describe("a client's verify, with " .. name, function()
      it("is on with any flag but none", function()
         for _, flags in ipairs { "peer", "client_once", "fail_if_no_peer_cert", { "none", "client_once" },
            { "client_once", "fail_if_no_peer_cert" } } do
            local result = both.try(library, client { verify = flags }, both.real, server())
            assert.equal("certificate verify failed", result.client)
         end
         assert.is_true(both.try(library, client { verify = "none" }, both.real, server()).client)
      end)

      it("stays on when setverify is told none, or nothing", function()
         for _, more in ipairs { { "none" }, {} } do
            local ctx = assert(library.ssl.newcontext(client { verify = "peer" }))
            assert.is_true(library.context.setverify(ctx, (table.unpack or unpack)(more))) -- luacheck: ignore
            assert.equal("certificate verify failed", both.try(library, ctx, both.real, server()).client)
         end
      end)
   end)

   describe("a connection that has begun, with " .. name, function()
      -- its hello is on its way, then its context is told something, and another connection begins
      local function begun(change)
         local ctx = assert(library.ssl.newcontext(client { verify = "peer" }))
         local a, b = both.wrap(library, ctx, both.real, server())
         a:settimeout(0)
         a:dohandshake()
         change(ctx)
         local other = assert(library.ssl.wrap((both.tcp()), ctx))
         other:settimeout(0)
         other:dohandshake()
         return both.shake(a, b), ctx, a, b
      end

      it("goes on as its context was", function()
         local result, ctx = begun(function(ctx) assert(ctx:setverifyext("lsec_continue", "lsec_ignore_purpose")) end)
         assert.equal("certificate verify failed", result.client)
         assert.is_true(both.try(library, ctx, both.real, server()).client)
      end)

      it("does not raise for new authorities, which are added", function()
         local result, ctx = begun(function(ctx) assert(library.context.locations(ctx, CA, nil)) end)
         assert.is_string(result.client == true and "LuaSec shares its store" or result.client)
         assert.is_true(both.try(library, ctx, both.real, server()).client)
         assert(library.context.locations(ctx, OTHER, nil))
         assert.is_true(both.try(library, ctx, both.real, server()).client)
      end)
   end)

   describe("a connection, with " .. name, function()
      it("gives what has come after a send has failed", function()
         local a, b = both.connect(library, client(), both.real, server())
         b:send "line1\nline2\nline3\n"
         assert.equal("line1", a:receive "*l")
         b:close()
         socket.sleep(0.05)
         local sent, problem
         for _ = 1, 50 do
            sent, problem = a:send(("x"):rep(100000))
            if not sent then break end
            socket.sleep(0.01)
         end
         assert.is_nil(sent)
         assert.is_string(problem)
         assert.equal("line2", a:receive "*l")
         assert.equal("line3", a:receive "*l")
         a:close()
      end)

      it("waits for a line as long as it was told in all, however it dribbles", function()
         local peer = process.start { LUA, "spec/luasec/dribble.lua", certificates.rsa.chainfile,
            certificates.rsa.keyfile }
         local number = tonumber(peer:wait_for "listening on (%d+)")
         local a = assert(library.ssl.wrap(assert(socket.connect("127.0.0.1", number)), client()))
         assert(a:dohandshake())
         a:settimeout(0.5)
         local began = core.monotonic()
         local line, problem, partial = a:receive "*l"
         assert.same({ nil, "wantread" }, { line, problem })
         assert.matches("^x+$", partial)
         assert.is_true(core.monotonic() - began < 1.5)
         a:close()
         peer:stop()
      end)
   end)
end

describe("verify_host of bearssl.luasec", function()
   it("is not taken beside a pre-shared key, which has no name", function()
      local ctx, message = both.ours.ssl.newcontext(client { verify = "peer", verify_host = true,
         psk = function() return "me", "key" end })
      assert.is_nil(ctx)
      assert.matches("verify_host and psk", message)
   end)
end)
