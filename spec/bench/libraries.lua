-- The libraries behind one interface, so that all run the same code:
--     library.client_context(settings), .server_context(settings)
--     library.wrap_client(context, socket, session), .wrap_server(context, socket)
--         → connection with dohandshake, send, receive, settimeout, close
-- luaossl is here for certificates alone, which LuaSec only judges in handshakes:
--     library.load_trust(path), .verifier(root, chain)    → store; function that verifies the chain again (PEM)
-- settings: suite (OpenSSL's name), curve ("x25519", "secp256r1"), cafile, certfile, keyfile. Both speak the one
-- version that the suite belongs to (TLS 1.3 where its name begins with TLS_) with exactly that suite, and the client
-- verifies the server's chain; without a suite and a curve each has its defaults. x25519 means x25519 before secp256r1,
-- because the certificate's key is on that curve (RFC 8422 section 5.1.1). What cannot be the same is said in
-- `differences`, which the report shows.
local libraries = {}

libraries.differences = {
   "bearssl also checks the server's name and keeps sessions to resume; LuaSec 1.2 does neither, and its tickets are",
   "off in TLS 1.2 because its clients cannot use them; in TLS 1.3 both servers send two. ssl.wrap takes the",
   "descriptor out of the LuaSocket object; context:wrap keeps the object, unless it gets the bare descriptor: the",
   "rows for idle connections say which. bearssl's verdict_cache is off, so that both judge each chain, but in those",
   "of defaults.",
}

-- ---- bearssl ----

local ours = { name = "bearssl" }

local group_lists = {
   x25519 = { "x25519", "secp256r1" }, secp256r1 = { "secp256r1" },
   X25519MLKEM768 = { "X25519MLKEM768", "x25519", "secp256r1" }, -- as the defaults begin; ours only
}

function ours.load()
   ours.module = require "bearssl"
   ours.version = ours.module._VERSION
   return ours
end

function ours.client_context(settings)
   return assert(ours.module.context({
      mode = "client", cafile = settings.cafile,
      verdict_cache = settings.suite and 0 or nil, -- the other library judges each chain
      suites = settings.suite and { settings.suite }, groups = group_lists[settings.curve],
   }))
end

function ours.server_context(settings)
   return assert(ours.module.context({
      mode = "server", certfile = settings.certfile, keyfile = settings.keyfile,
      suites = settings.suite and { settings.suite }, groups = group_lists[settings.curve],
      tickets = settings.tickets,
   }))
end

function ours.wrap_client(context, socket, session)
   return assert(context:wrap(socket, { server_name = "localhost", session = session or false }))
end

function ours.wrap_server(context, socket)
   return assert(context:wrap(socket))
end

function ours.load_bundle(path)
   return assert(ours.module.context({ mode = "client", cafile = path }))
end

function ours.load_trust(path)
   return assert(ours.module.trust.open(path))
end

function ours.verifier(root, chain)
   local trust = assert(ours.module.trust.load(root))
   local certificates = assert(ours.module.certificate.load(table.concat(chain)))
   local options = { purpose = "server" }
   return function()
      assert(trust:verify(certificates, options))
   end
end

-- ---- LuaSec ----

local luasec = { name = "LuaSec" }

local curve_lists = { x25519 = "X25519:P-256", secp256r1 = "P-256" }

function luasec.load()
   local ok, module = pcall(require, "ssl")
   if not ok then
      return nil, module
   end
   luasec.module = module
   luasec.version = "LuaSec " .. module._VERSION
   return luasec
end

local function luasec_context(settings, more)
   if not settings.suite then
      more.protocol = "any"
      more.options = { "no_sslv3", "no_tlsv1", "no_tlsv1_1", "no_compression" }
   elseif settings.suite:find("^TLS_") then
      more.protocol, more.ciphersuites = "tlsv1_3", settings.suite
   else
      more.protocol, more.ciphers = "tlsv1_2", settings.suite
      more.options = { "no_ticket", "no_compression" }
   end
   more.curveslist = curve_lists[settings.curve]
   return assert(luasec.module.newcontext(more))
end

function luasec.client_context(settings)
   return luasec_context(settings, {
      mode = "client", cafile = settings.cafile, verify = { "peer", "fail_if_no_peer_cert" },
   })
end

function luasec.server_context(settings)
   return luasec_context(settings, { mode = "server", certificate = settings.certfile, key = settings.keyfile })
end

function luasec.wrap_client(context, socket)
   return assert(luasec.module.wrap(socket, context))
end

luasec.wrap_server = luasec.wrap_client

function luasec.load_bundle(path)
   return assert(luasec.module.newcontext({ mode = "client", protocol = "tlsv1_2", cafile = path, verify = "peer" }))
end

-- ---- luaossl ----

local luaossl = { name = "luaossl" }

function luaossl.load()
   local ok, store = pcall(require, "openssl.x509.store")
   if not ok then
      return nil, store
   end
   luaossl.store, luaossl.x509, luaossl.chain = store, require "openssl.x509", require "openssl.x509.chain"
   luaossl.version = "luaossl"
   return luaossl
end

function luaossl.load_trust(path)
   return assert(luaossl.store.new():add(path))
end

function luaossl.verifier(root, chain)
   local store = luaossl.store.new():add(luaossl.x509.new(root))
   local leaf, rest = luaossl.x509.new(chain[1]), luaossl.chain.new()
   for i = 2, #chain do
      rest:add(luaossl.x509.new(chain[i]))
   end
   return function()
      assert(store:verify(leaf, rest))
   end
end

-- ---- For primitives, and in nginx ----

-- The TLS of nginx's own Lua module; what it does is in nginx.conf.
local nginx = { name = "nginx" }

function nginx.load()
   return nginx
end

libraries.bearssl, libraries.LuaSec, libraries.luaossl = ours, luasec, luaossl
libraries.OpenSSL, libraries.nginx = require "spec.bench.openssl", nginx
return libraries
