-- Encrypted ClientHello with OpenSSL 4 and Go, both ways: accepted, after HelloRetryRequest, resumed, with client
-- certificates; rejected, and with what was told to try again with; key files of `openssl ech`.
local bearssl = require "bearssl"
local cases = require "spec.support.server_cases"
local certificates = require "spec.support.certificates"
local ech_rows = require "spec.support.ech_rows"
local loopback = require "spec.support.loopback"
local newer = require "spec.support.newer"
local ours = require "spec.support.ours"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local base64, decode, check = ech_rows.base64, ech_rows.decode, ech_rows.check

-- One that the certificate has beside localhost, so that a peer's one certificate is for both.
local PUBLIC_NAME = "example.org"

local ROWS = {
   { title = "accepted", group = "X25519MLKEM768" },
   { title = "accepted after HelloRetryRequest", asked = "secp384r1", has = { "x25519", "secp384r1" } },
   { title = "accepted and resumed", times = 2 },
   { title = "accepted, mutual", own = "client_ec" },
   -- s_client of OpenSSL 4.0.3 with -sess_out, -cert and ECH sends decode_error; with its own s_server it fails too
   { title = "accepted, mutual and resumed", own = "client_ec", times = 2, unlike = "openssl" },
   { title = "accepted with a key of P-256", kem = "secp256r1" },
}

-- What Go takes: a config and the key that follows in the file.
local function of_go(keys)
   local der = decode(keys:pem():match "BEGIN PRIVATE KEY%-+\n(.-)%-")
   local config = keys:config_list():sub(3)
   local key = #der == 48 and der:sub(-32) or der:sub(37, 68)
   return { { config = base64(config), key = base64(key) } }
end

local function keys_of(row)
   return assert(bearssl.ech.generate { public_name = PUBLIC_NAME, kem = row.kem, maximum_name_length = 32 })
end

local function peers()
   local list = {}
   for _, peer in ipairs(newer.peers) do
      if peer.name == "OpenSSL 4" or peer.name == "Go" then list[#list + 1] = peer end
   end
   return list
end

-- What makes the peer's server hold the keys, and its client use the list.
local function with_keys(peer, keys, options)
   if peer.kind == "go" then
      options.job = { ech = of_go(keys) }
   else
      options.arguments = { "-ech_key", temporary.write(keys:pem()) }
   end
   return options
end

local function with_list(peer, list, options)
   if peer.kind == "go" then
      options.job = { ech = base64(list) }
   else
      -- OpenSSL 4.0 offers TLS 1.2 in the inner hello otherwise, which RFC 9849 section 7.1 has servers refuse
      options.arguments = { "-tls1_3", "-ech_config_list", base64(list) }
   end
   return options
end

-- A listener whose streams have a front before them, which opens the clients' hellos.
local function fronted(listener, keys)
   return { port = listener.port, accept = function(_, context, options)
      local tcp, opener = loopback.accept(listener.listener), keys:opener()
      local settings = { timeout = 10 }
      for name, value in pairs(options or {}) do settings[name] = value end
      local stream = assert(context:wrap({
         read = function()
            local records, message, code
            repeat
               tcp:settimeout(0)
               local bytes, problem, partial = tcp:receive(16384)
               bytes = bytes or partial
               if bytes == "" and problem == "closed" then return nil, "closed" end
               if bytes == "" then
                  tcp:settimeout(10)
                  bytes, problem = tcp:receive(1)
                  if not bytes then return nil, problem end
               end
               records, message, code = opener:feed(bytes)
               assert(records or code == "wantread", message)
            until records
            return records
         end,
         write = function(bytes)
            tcp:settimeout(10)
            return tcp:send(bytes)
         end,
         close = function() tcp:close() end,
      }, settings))
      local ok, message, code = stream:handshake()
      if not ok then return nil, message, code, stream end
      return stream
   end }
end

for _, peer in ipairs(peers()) do
   describe("Encrypted ClientHello to a server of " .. peer.name, function()
      after_each(ours.close_all)

      for _, row in ipairs(ROWS) do
         it("is " .. row.title, function()
            local keys = keys_of(row)
            local own = row.own and certificates[row.own]
            local context = ours.client_context({
               ech = keys:config_list(), groups = row.has,
               certfile = own and own.chainfile, keyfile = own and own.keyfile,
            })
            check(row, newer.connect(peer, context, with_keys(peer, keys, {
               certificate = certificates.ec, cafile = own and certificates.ca.certfile,
               groups = row.asked and { row.asked }, times = row.times,
            })))
         end)
      end

      it("is rejected with configurations that are accepted then", function()
         local keys = keys_of {}
         local context = ours.client_context({ ech = keys_of({}):config_list() })
         local told
         assert.has_error(function()
            newer.connect(peer, context, with_keys(peer, keys, {
               certificate = certificates.ec,
               stream = { handlers = { closed = function(stream) told = stream:info() end } },
            }))
         end)
         assert.equal("rejected", told.ech)
         assert.equal(keys:config_list(), told.ech_retry_configs)
         check({}, newer.connect(peer, ours.client_context({ ech = told.ech_retry_configs }), with_keys(peer, keys, {
            certificate = certificates.ec,
         })))
      end)

      it("is GREASE where there is no list, which changes nothing", function()
         local infos = newer.connect(peer, ours.client_context({}), with_keys(peer, keys_of {}, {
            certificate = certificates.ec, times = 2,
         }))
         assert.equal("grease", infos[1].ech)
         assert.is_true(infos[2].resumed)
      end)
   end)

   cases.describe("Encrypted ClientHello of a client of " .. peer.name, function(listener)
      after_each(ours.close_all)

      for _, row in ipairs(ROWS) do
         if row.unlike ~= peer.kind then it("is " .. row.title, function()
            local keys = keys_of(row)
            local own = row.own and certificates[row.own]
            local context = ours.server_context(certificates.ec, {
               ech_keys = keys, groups = row.asked and { row.asked },
               verify = own and "required", cafile = own and certificates.ca.certfile,
            })
            check(row, newer.accept(peer, listener, context, with_list(peer, keys:config_list(), {
               own = own, groups = row.has, times = row.times,
            })))
         end) end
         if row.unlike ~= peer.kind and not row.own then it("is " .. row.title .. ", behind a front", function()
            local keys = keys_of(row)
            local context = ours.server_context(certificates.ec, {
               ech_backend = true, groups = row.asked and { row.asked },
            })
            check(row, newer.accept(peer, fronted(listener, keys), context, with_list(peer, keys:config_list(), {
               groups = row.has, times = row.times,
            })))
         end) end
      end
   end)
end

describe("a key file", function()
   it("of `openssl ech` is read, and the other way round", function()
      local path = temporary.write("")
      shell.run(newer.program("openssl4", "ech", "-public_name", "front.example", "-max_name_len", "40", "-out", path))
      local keys = assert(bearssl.ech.open(path))
      local configs = assert(bearssl.ech.configs(keys:config_list()))
      assert.equal("front.example", configs[1].public_name)
      assert.equal(40, configs[1].maximum_name_length)
      assert.is_true(configs[1].usable)
      local told = shell.run(newer.program("openssl4", "ech", "-text", "-in", temporary.write(keys_of({}):pem())))
      assert.truthy(told:find(PUBLIC_NAME, 1, true), told)
   end)
end)
