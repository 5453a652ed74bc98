-- The groups that have ML-KEM beside a curve: what handlers, messages and info say of them; what is offered and taken.
local bearssl = require "bearssl"
local tls13 = require "spec.support.tls13"

local client, server, recorder = tls13.client, tls13.server, tls13.recorder
local shake, established = tls13.shake, tls13.established

local HYBRID = {
   { name = "X25519MLKEM768", id = 0x11EC, client = 1216, server = 1120 },
   { name = "SecP256r1MLKEM768", id = 0x11EB, client = 1249, server = 1153 },
   { name = "SecP384r1MLKEM1024", id = 0x11ED, client = 1665, server = 1665 },
}

local function names(list)
   local found = {}
   for i, entry in ipairs(list) do found[i] = entry.name or entry end
   return found
end

describe("hybrid groups", function()
   it("are among the groups, and the first of the defaults", function()
      local known = {}
      for _, name in ipairs(bearssl.groups()) do known[name] = true end
      for _, group in ipairs(HYBRID) do assert.is_true(known[group.name], group.name) end
      assert.equal("X25519MLKEM768", client():info().groups[1])
      assert.equal("X25519MLKEM768", server():info().groups[1])
   end)

   it("are named by messages and info, by their names in any case and by nothing else", function()
      for _, group in ipairs(HYBRID) do
         local seen = {}
         local options = { groups = { group.name:lower() } }
         local a, b = established(client(options), server(options), { handlers = recorder(seen) })
         for _, connection in ipairs { a, b } do
            local info = connection:info()
            assert.equal(group.name, info.group)
            assert.equal(group.id, info.group_id)
            assert.is_false(info.hello_retry)
         end
         assert.same({ "GREASE", group.name }, names(seen["sent client_hello"].supported_groups))
         assert.same({ "GREASE", group.name }, names(seen["sent client_hello"].key_share_groups))
         assert.equal(group.name, seen["received server_hello"].selected_group)
         assert.equal(group.server, #seen["received server_hello"].key_share)
         assert.has_error(function() client { groups = { group.name .. "x" } } end)
      end
   end)

   it("are asked for with HelloRetryRequest, and left with one", function()
      local seen = {}
      local both = { "X25519MLKEM768", "x25519" }
      local a = established(client { groups = { "x25519", "X25519MLKEM768" } }, server { groups = both },
         { handlers = recorder(seen) })
      assert.is_true(a:info "hello_retry")
      assert.equal("X25519MLKEM768", a:info "group")
      assert.equal("X25519MLKEM768", seen["received hello_retry_request"].selected_group)
      a = established(client { groups = { "X25519MLKEM768", "secp384r1" }, key_shares = 1 },
         server { groups = { "secp384r1" } })
      assert.is_true(a:info "hello_retry")
      assert.equal("secp384r1", a:info "group")
   end)

   it("need no HelloRetryRequest of a server without them", function()
      local a = established(client(), server { groups = { "x25519" } })
      assert.is_false(a:info "hello_retry")
      assert.equal("x25519", a:info "group")
   end)

   it("are counted by key_shares", function()
      for shares, expected in ipairs { { "X25519MLKEM768" }, { "X25519MLKEM768", "x25519" },
         { "X25519MLKEM768", "x25519", "secp256r1" } } do
         local seen = {}
         established(client { key_shares = shares, grease = false }, server(), { handlers = recorder(seen) })
         assert.same(expected, names(seen["sent client_hello"].key_share_groups))
      end
   end)

   it("are shown to select, and explained where there is none in common", function()
      local offered
      local _, _, result = shake(client { groups = { "SecP384r1MLKEM1024" } }, server {
         groups = { "X25519MLKEM768", "x25519" },
         handlers = { select = function(_, hello) offered = names(hello.supported_groups) end },
      })
      assert.same({ "GREASE", "SecP384r1MLKEM1024" }, offered)
      assert.equal("no_common_group", result.server.code)
      assert.matches("X25519MLKEM768, x25519", result.server.message, nil, true)
      assert.matches("SecP384r1MLKEM1024", result.server.message, nil, true)
   end)

   it("are for TLS 1.3: offered beside older versions, taken by none", function()
      local seen = {}
      local a = established(client { min_version = "TLSv1.2" },
         server { min_version = "TLSv1.2", max_version = "TLSv1.2" }, { handlers = recorder(seen) })
      assert.equal("TLSv1.2", a:info "version")
      assert.equal("x25519", a:info "group")
      assert.equal("X25519MLKEM768", names(seen["sent client_hello"].supported_groups)[2])
      seen = {}
      established(client { min_version = "TLSv1.2", max_version = "TLSv1.2" }, server { min_version = "TLSv1.2" },
         { handlers = recorder(seen) })
      assert.same({ "x25519", "secp256r1", "secp384r1", "secp521r1" },
         names(seen["sent client_hello"].supported_groups))
      -- no curve among them, so no suite of TLS 1.2 that wants one
      local made, message = pcall(bearssl.context, { min_version = "TLSv1.2", max_version = "TLSv1.2",
         groups = { "X25519MLKEM768" }, verify = "none" })
      assert.is_false(made)
      assert.matches("none of them is a curve", message, nil, true)
   end)

   it("make hellos that fit servers with a limit, or are told to be too long", function()
      local _, _, result = shake(client(), server { client_hello_limit = 1024 })
      assert.equal("limit_exceeded", result.server.code)
      assert.equal("x25519", (established(client { groups = { "x25519" } },
         server { client_hello_limit = 1024 })):info "group")
   end)

   it("come in records of any size", function()
      for _, size in ipairs { 512, 700, 16384 } do
         local a, b = established(client { record_size = size }, server { record_size = size },
            { pump = { chunk = 1 } })
         assert.equal("X25519MLKEM768", a:info "group")
         assert.equal("X25519MLKEM768", b:info "group")
      end
   end)
end)
