-- Encrypted ClientHello with NSS, the library of Firefox, both ways; with early data inside, to OpenSSL 4; and the
-- extension that Chromium sends where it knows no key. See also spec/interop/ech_spec.lua.
local bearssl = require "bearssl"
local browser = require "spec.support.browser"
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local ech_rows = require "spec.support.ech_rows"
local newer = require "spec.support.newer"
local ours = require "spec.support.ours"
local temporary = require "spec.support.temporary"

local base64, decode, check = ech_rows.base64, ech_rows.decode, ech_rows.check

local ROWS = {
   { title = "accepted" },
   { title = "accepted after HelloRetryRequest", asked = "secp384r1", has = { "x25519", "secp384r1" } },
   { title = "accepted and resumed", times = 2 },
   { title = "accepted, mutual and resumed", own = "client_ec", times = 2 },
}

local nss, openssl4
for _, peer in ipairs(newer.peers) do
   if peer.kind == "nss" then nss = peer end
   if peer.name == "OpenSSL 4" then openssl4 = peer end
end

local function keys_of()
   return assert(bearssl.ech.generate { public_name = "example.org", maximum_name_length = 32 })
end

describe("Encrypted ClientHello to a server of NSS", function()
   after_each(ours.close_all)

   for _, row in ipairs(ROWS) do
      it("is " .. row.title, function()
         local own = row.own and certificates[row.own]
         local function context(server)
            return ours.client_context({
               ech = decode(server.ech), groups = row.has,
               certfile = own and own.chainfile, keyfile = own and own.keyfile,
            })
         end
         check(row, newer.connect(nss, context, {
            certificate = certificates.ec, cafile = own and certificates.ca.certfile, times = row.times,
            groups = row.asked and { row.asked }, ech = "example.org",
         }))
      end)
   end
end)

cases.describe("Encrypted ClientHello of a client of NSS", function(listener)
   after_each(ours.close_all)

   for _, row in ipairs(ROWS) do
      it("is " .. row.title, function()
         local keys, own = keys_of(), row.own and certificates[row.own]
         local context = ours.server_context(certificates.ec, {
            ech_keys = keys, groups = { row.asked or "x25519" }, -- of which it has a share
            verify = own and "required", cafile = own and certificates.ca.certfile,
         })
         check(row, newer.accept(nss, listener, context, {
            own = own, groups = row.has, times = row.times, arguments = { "-N", base64(keys:config_list()) },
         }))
      end)
   end
end)

describe("Encrypted ClientHello and early data:", function()
   after_each(ours.close_all)

   it("a server of OpenSSL 4 accepts both", function()
      local keys = keys_of()
      local infos = newer.connect(openssl4, ours.client_context({ ech = keys:config_list() }), {
         times = 2, early_data = "the early bird", arguments = { "-ech_key", temporary.write(keys:pem()) },
      })
      check({ times = 2 }, infos)
      assert.equal("accepted", infos[2].early_data)
   end)
end)

describe("Chromium and a server with keys for Encrypted ClientHello", function()
   local listener
   after_each(function()
      ours.close_all()
      listener:close()
   end)

   it("agree without it", function()
      listener = ours.listen()
      local context = ours.server_context(certificates.ec, { ech_keys = keys_of(), alpn = { "http/1.1" } })
      local child = browser.start(listener, certificates.ec)
      local seen
      local stream = assert(listener:accept(context, { handlers = {
         client_hello = function(_, hello)
            for _, extension in ipairs(hello.extensions) do
               seen = seen or extension.name == "encrypted_client_hello"
            end
         end,
      } }))
      repeat local line = assert(stream:receive("*l")) until line == ""
      local info = stream:info()
      assert(stream:send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<p>hello"))
      stream:close()
      assert.equal(0, child:wait(30), child:told())
      assert.truthy(child:output():find("<p>hello</p>", 1, true), child:output())
      assert.is_true(seen)
      assert.equal("TLSv1.3", info.version)
      assert.are_not.equal("accepted", info.ech)
   end)
end)
