-- The clock that early data of TLS 1.3 goes by (RFC 8446 section 8): one, which never goes back.
local bearssl = require "bearssl"
local tls13 = require "spec.support.tls13"

local client, established, session_of = tls13.client, tls13.established, tls13.session

local function early_server(options)
   options.max_early_data = 1000
   return tls13.server(options)
end

describe("early data", function()
   it("goes by the context's own clock alone, from the first", function()
      for _, shift in ipairs { -86400, -30, 30, 86400 } do
         local function clock() return os.time() + shift end
         local c, s = client { clock = clock }, early_server { clock = clock }
         local session = session_of(c, s)
         local a = established(c, s, { session = session, early_data = "x" })
         assert.equal("accepted", a:info "early_data", shift)
         assert.equal("rejected", established(c, s, { session = session, early_data = "x" }):info "early_data")
      end
   end)

   it("stays rejected after a clock that went on and came back", function()
      local now = os.time()
      local time = now
      local function clock() return time end
      local keys = assert(bearssl.ticket_keys.new())
      local c = client { clock = function() return now end }
      local s = early_server { ticket_keys = keys, clock = clock }
      local session = session_of(c, s)
      local function offer()
         return established(c, s, { session = session, early_data = "x" }):info "early_data"
      end
      assert.equal("accepted", offer())
      time = now + 60
      assert.equal("rejected", offer())
      time = now
      assert.equal("rejected", offer())
      -- nor does another context with the same keys take it
      s = early_server { ticket_keys = keys, clock = clock }
      assert.equal("rejected", offer())
   end)
end)
