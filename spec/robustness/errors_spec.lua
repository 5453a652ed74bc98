-- What errors say: misuse raises and names the option or argument; what can fail returns nil, a sentence and a
-- stable code; all codes are documented; no text shows an address of memory, a key or a secret.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local hostile = require "spec.robustness.hostile"
local loopback = require "spec.support.loopback"
local pump = require "spec.support.pump"
local temporary = require "spec.support.temporary"

local function table_of_codes()
   local list, text = {}, assert(temporary.read("csrc/tls/base/error_table.h"))
   for entry in text:gmatch("TLS_REASON(%b())") do
      local name, alert, code, sentence = entry:match(
         '^%(%s*([%u%d_]+), [%u]+, TLS_ALERT_([%u%d_]+),%s*"([%l%d_]+)",%s*"(.-)"%)$')
      if name and name ~= "name" then
         list[#list + 1] = { name = name, alert = alert:lower(), code = code, sentence = sentence }
      end
   end
   return list
end

local CODES = table_of_codes()

local function documentation()
   local text = {}
   for _, name in ipairs({ "doc/api.md" }) do text[#text + 1] = temporary.read(name) or "" end
   return table.concat(text, "\n")
end

-- clean fails when a text for users shows what it must not.
local function clean(message, ...)
   assert.is_string(message)
   for _, pattern in ipairs({ "0x%x%x%x%x", "table: ", "userdata: ", "function: ", "thread: ", "%(null%)",
      "%-%-%-%-%-" }) do -- a label may be named, its block must not be shown
      assert.is_nil(message:find(pattern), pattern .. " in: " .. message)
   end
   for index = 1, select("#", ...) do
      local secret = select(index, ...)
      assert.is_nil(message:find(secret, 1, true), "a secret in: " .. message)
   end
   return message
end

local function misuse(f, ...)
   local ok, message = pcall(f, ...)
   assert.is_false(ok, "nothing was raised")
   return clean(message)
end

describe("the codes of errors", function()
   it("are all found", function()
      assert.is_true(#CODES > 40, "found " .. #CODES)
   end)

   it("are short, stable words, once each", function()
      local seen = {}
      for _, entry in ipairs(CODES) do
         assert.is_nil(seen[entry.code], entry.code)
         seen[entry.code] = true
         assert.matches("^%l[%l_]+$", entry.code)
         assert.is_true(#entry.code <= 32)
      end
   end)

   it("have sentences, without a full stop", function()
      for _, entry in ipairs(CODES) do
         assert.is_true(#entry.sentence > 10, entry.code)
         assert.is_nil(entry.sentence:find("%.$"), entry.code)
         assert.is_nil(entry.sentence:find("%", 1, true), entry.code)
      end
   end)

   it("are all documented", function()
      local text, missing = documentation(), {}
      for _, entry in ipairs(CODES) do
         if not text:find("`\"?" .. entry.code .. "\"?`") then missing[#missing + 1] = entry.code end
      end
      assert.same({}, missing)
   end)

   it("that are the transport's and the Lua layer's are documented too", function()
      local text, missing = documentation(), {}
      for _, code in ipairs({ "wantread", "wantwrite", "timeout", "closed", "truncated", "transport_failed",
         "handler_error", "file_unreadable", "trust_not_found" }) do
         if not text:find(code, 1, true) then missing[#missing + 1] = code end
      end
      assert.same({}, missing)
   end)

   it("given by a handler as its reason, send their alert and arrive; those without one are text", function()
      local client_context, server_context = hostile.contexts()
      for _, entry in ipairs(CODES) do
         if entry.code ~= "peer_alert" then
            local client, server = hostile.pair(client_context, server_context, { handlers = {
               certificate = function() return nil, entry.code end } })
            local result = pump(client, server)
            assert.is_nil(result.client.status)
            local has_alert = entry.alert ~= "none"
            assert.equal(has_alert and entry.code or "refused", result.client.code)
            clean(result.client.message)
            if not has_alert then
               assert.equal("the 'certificate' handler refused: " .. entry.code, result.client.message)
            end
            assert.equal("alert_" .. (has_alert and entry.alert or "access_denied"), result.server.code, entry.code)
         end
      end
   end)

   it("and any other text is a refusal", function()
      local client_context, server_context = hostile.contexts()
      local client, server = hostile.pair(client_context, server_context, nil, { handlers = {
         client_hello = function() return false, "we do not like your hat" end } })
      local result = pump(client, server)
      assert.equal("refused", result.server.code)
      assert.equal("the 'client_hello' handler refused: we do not like your hat", result.server.message)
      assert.equal("alert_access_denied", result.client.code)
      -- the name of an alert that is no code, the code of a peer's alert, a code with something behind it
      for _, text in ipairs { "user_canceled", "close_notify", "alert_unknown_ca", "unknown_ca\0", "timeout\0" } do
         client, server = hostile.pair(client_context, server_context, nil, { handlers = {
            client_hello = function() return nil, text end } })
         result = pump(client, server)
         assert.equal("refused", result.server.code)
         assert.equal("alert_access_denied", result.client.code)
      end
   end)
end)

describe("misuse", function()
   it("of a context's option names it", function()
      local wrong = {
         mode = { "peer", 1, true }, min_version = { "TLSv9", 1 }, max_version = { "TLSv9", {} },
         suites = { "TLS_NONE", { "TLS_NONE" }, 1, { 1 }, {} }, groups = { "x25519", { "x" }, {} },
         signature_algorithms = { { "x" }, "x", {} }, alpn = { "h2", { "" }, { ("x"):rep(256) }, { 1 } },
         alpn_required = { 1, "yes" }, trust = { 1, {}, true }, cafile = { 1, {} }, capath = { 1, {} },
         verify = { "maybe", true }, verify_depth = { -1, 1.5, "1", 101 }, certificate = { 1, true, io.stdout },
         key = { 1, {}, io.stdout }, certfile = { 1 }, keyfile = { 1 }, credentials = { 1, "x", { 1 }, { { x = 1 } } },
         session_cache = { -1, "x", 0.5 }, session_lifetime = { 0, -1, "x", 1e9 }, record_size = { 511, 16385, "x" },
         client_preference = { 1 }, handlers = { 1, { unknown = print }, { verify = 1 } }, time = { 1, "x" },
      }
      for option, values in pairs(wrong) do
         for _, value in ipairs(values) do
            local message = misuse(bearssl.context, { [option] = value })
            assert.truthy(message:find(option, 1, true), option .. " is not named in: " .. message)
         end
      end
   end)

   it("of an option's name shows the right one", function()
      assert.matches("cafile", misuse(bearssl.context, { cafiel = "x" }))
      assert.matches("verify_depth", misuse(bearssl.context, { verifydepth = 1 }))
      assert.matches("server_certificate", misuse(bearssl.context, { server_certificate = 1 }))
      misuse(bearssl.context, { [1] = "x" })
      misuse(bearssl.context, { [{}] = "x" })
      misuse(bearssl.context, "x")
   end)

   it("of a connection's option names it", function()
      local client_context, server_context = hostile.contexts()
      local function connection(context, options) return function() return context:connection(options) end end
      for option, values in pairs({
         server_name = { 1, true, "", "a b", ("x"):rep(300) }, session = { 1, "x", {} }, verify = { "maybe", 1 },
         handlers = { 1, { unknown = print } }, timeout = { 1 },
      }) do
         for _, value in ipairs(values) do
            local options = { server_name = "localhost" }
            options[option] = value
            local message = misuse(connection(client_context, options))
            assert.truthy(message:find(option, 1, true), option .. " is not named in: " .. message)
         end
      end
      assert.matches("server_name", misuse(connection(client_context, {})))
      assert.matches("server_name", misuse(connection(server_context, { server_name = "localhost" })))
      for _, value in ipairs({ 0 / 0, "x", true }) do
         local message = misuse(client_context.wrap, client_context, 0, { server_name = "x", timeout = value })
         assert.matches("timeout", message)
      end
   end)

   it("of methods names their arguments", function()
      local client_context, server_context = hostile.contexts()
      local client = hostile.pair(client_context, server_context)
      for _, value in ipairs({ 1, true, {} }) do
         assert.matches("feed", misuse(client.feed, client, value))
         assert.matches("fail", misuse(client.fail, client, value))
      end
      local socket, other = loopback.pair()
      local stream = assert(client_context:wrap(socket, { server_name = "localhost" }))
      assert.matches("receive", misuse(stream.receive, stream, "*x"))
      assert.matches("receive", misuse(stream.receive, stream, -1))
      assert.matches("receive", misuse(stream.receive, stream, {}))
      assert.matches("receive", misuse(stream.receive, stream, 1, {}))
      assert.matches("receiveany", misuse(stream.receiveany, stream, 0))
      assert.matches("send", misuse(stream.send, stream, {}))
      assert.matches("send", misuse(stream.send, stream, nil))
      assert.matches("send", misuse(stream.send, stream, "x", "y"))
      assert.matches("shutdown", misuse(stream.shutdown, stream, "receive"))
      assert.matches("settimeout", misuse(stream.settimeout, stream, "x"))
      misuse(client_context.wrap, client_context)
      misuse(client_context.wrap, client_context, "x", { server_name = "x" })
      misuse(client_context.wrap, client_context, -1, { server_name = "x" })
      misuse(client_context.wrap, client_context, true, { server_name = "x" })
      stream:close()
      other:close()
      for _, f in ipairs({ bearssl.certificate.load, bearssl.key.load, bearssl.trust.load, bearssl.session.import,
         bearssl.certificate.open, bearssl.key.open, bearssl.trust.open }) do
         misuse(f)
         misuse(f, {})
         misuse(f, 1)
      end
      misuse(bearssl.suites, "ancient")
   end)

   it("shows no long value in full", function()
      local long = ("secret"):rep(10000)
      local function short(f, ...)
         local ok, message = pcall(f, ...)
         assert.is_false(ok)
         assert.is_true(#message < 5000, ("a message of %d bytes"):format(#message))
      end
      short(bearssl.context, { mode = long })
      short(bearssl.context, { suites = { long } })
      short(bearssl.context, { suites = long })
      short(bearssl.context, { groups = { long } })
      short(bearssl.context, { min_version = long })
      short(bearssl.context, { [long] = 1 })
      short(bearssl.context, { handlers = { [long] = print } })
      short(bearssl.suites, long)
   end)
end)

describe("failures", function()
   local function fails(code, ...)
      local ok, message, got = ...
      assert.is_nil(ok)
      clean(message)
      if code then assert.equal(code, got, message) else assert.is_string(got) end
      return message
   end

   it("to load name the file and never show what is in it", function()
      local secret = "MHcCAQEEIDcbHwAJ4s8ywStgMcOXVbeXH6BUCBwG9yf5Esbr8xBjoAoGCCqGSM49"
      local path = temporary.write("-----BEGIN EC PRIVATE KEY-----\n" .. secret .. "\n-----END EC PRIVATE KEY-----\n")
      local function named(...)
         local _, message = ...
         clean(message, secret, secret:sub(1, 20))
         assert.truthy(message:find(path, 1, true), message)
         return fails(nil, ...)
      end
      named(bearssl.key.open(path))
      named(bearssl.certificate.open(path))
      named(bearssl.trust.open(path))
      named(bearssl.context({ certfile = path, keyfile = path }))
      named(bearssl.context({ cafile = path }))
      path = "/nonexistent/file.pem"
      named(bearssl.key.open(path))
      named(bearssl.certificate.open(path))
      named(bearssl.trust.open(path))
      named(bearssl.context({ cafile = path }))
      named(bearssl.context({ certfile = path, keyfile = path }))
      fails(nil, bearssl.key.load(""))
      fails(nil, bearssl.certificate.load(""))
      fails(nil, bearssl.certificate.load(certificates.ec.key))
      fails(nil, bearssl.key.load(certificates.ec.certificate))
   end)

   it("of a key that does not belong to its certificate say so", function()
      fails("key_mismatch", bearssl.context({ mode = "server", certificate = certificates.ec.certificate,
         key = certificates.rsa.key }))
      fails("key_mismatch", bearssl.context({ mode = "server", certificate = certificates.ec.certificate,
         key = certificates.client_ec.key }))
   end)

   it("to import a session", function()
      local client_context, server_context = hostile.contexts()
      local client, server = hostile.pair(client_context, server_context)
      pump(client, server)
      local exported = assert(client:session():export())
      for length = 0, #exported - 1, 3 do fails("bad_session", bearssl.session.import(exported:sub(1, length))) end
      fails("bad_session", bearssl.session.import(exported .. "x"))
      fails("bad_session", bearssl.session.import(("\255"):rep(1000)))
      for index = 1, #exported do
         local changed = exported:sub(1, index - 1) .. string.char((exported:byte(index) + 128) % 256)
            .. exported:sub(index + 1)
         local session, message, code = bearssl.session.import(changed)
         if session then
            -- another secret or another name: it is offered, and the server goes on without it, or refuses
            local a, b = hostile.pair(client_context, server_context, { session = session })
            local result = pump(a, b)
            assert.is_true(not result.client.status or not result.client.info or result.client.status == "wantread")
         else
            clean(message)
            assert.equal("bad_session", code)
         end
      end
   end)

   it("show no secret: what is shown of objects", function()
      local client_context, server_context = hostile.contexts()
      local secret
      local client, server = hostile.pair(client_context, server_context, { handlers = { keylog = function(_, question)
         secret = question.line:match("(%x+)$")
      end } })
      pump(client, server)
      assert.equal(96, #secret)
      local raw = secret:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end)
      local session = client:session()
      for _, text in ipairs({ tostring(client), tostring(server), tostring(session), tostring(client_context),
         tostring(server_context), tostring(bearssl.key.load(certificates.ec.key)) }) do
         assert.is_string(text)
         assert.is_nil(text:lower():find(secret:lower(), 1, true))
         assert.is_nil(text:find(raw, 1, true))
      end
      for _, info in ipairs({ client:info(), server:info(), session:info() }) do
         for name, value in pairs(info) do
            if type(value) == "string" then
               assert.is_nil(value:find(raw, 1, true), name)
               assert.is_nil(value:find(secret, 1, true), name)
            end
         end
      end
   end)

   it("of handshakes: every message is a clean sentence", function()
      for _, identity in ipairs({ "expired", "notyet", "wronghost", "untrusted", "selfsigned", "weak", "sha1",
         "purpose", "under_leaf" }) do
         local client_context, server_context = hostile.contexts({ identity = identity })
         local result = pump(hostile.pair(client_context, server_context))
         clean(result.client.message)
         clean(result.server.message)
         assert.is_true(#result.client.message > 15)
         assert.matches("^alert_%l+", result.server.code)
      end
   end)

   it("of handlers that answer nonsense name the handler and what it must return", function()
      local wrong = {
         client_hello = { 1, "x", {} }, certificate = { 1 }, verify = { 1, "x", {} }, sign = { 1, {}, true },
         select = { 1, "x", true, { unknown = 1 }, { alpn = 1 }, { alpn = "" }, { context = {} },
            { certificate = "nobody" }, { certificate = 1, key = 1 }, { min_version = "TLSv9" }, { suites = 1 },
            { suites = { "TLS_NONE" } }, { key = "x" } },
         client_certificate = { 1, "x", {}, { certificate = 1 }, { certificate = "x", key = "y" }, { unknown = 1 } },
         session_load = { 1, {} },
      }
      local own = { verify = "optional", trust = certificates.ca.certificate }
      local client_context, server_context = hostile.contexts(own)
      local first = hostile.run({ contexts = { client = client_context, server = server_context } })
      local session = first.client_connection:session()
      local asked = { select = { "server" }, client_certificate = { "client" } }
      for name, answers in pairs(wrong) do
         for _, answer in ipairs(answers) do
            for _, role in ipairs(asked[name] or { "client", "server" }) do
               local called
               local handlers = { [name] = function()
                  called = true
                  return answer
               end }
               local client, server = hostile.pair(client_context, server_context,
                  { session = name == "session_load" and session or nil,
                     handlers = role == "client" and handlers or nil },
                  role == "server" and { handlers = handlers } or nil)
               local result = pump(client, server)
               if called then
                  local side = result[role]
                  assert.is_nil(side.status, name)
                  assert.equal("handler_error", side.code, name .. ": " .. tostring(side.message))
                  clean(side.message)
                  assert.truthy(side.message:find(name, 1, true), side.message)
               end
            end
         end
      end
   end)

   it("of reasons that are none", function()
      local client_context, server_context = hostile.contexts()
      for _, reason in ipairs({ 42, {}, true, "" }) do
         local client, server = hostile.pair(client_context, server_context, { handlers = {
            verify = function() return nil, reason end } })
         local result = pump(client, server)
         assert.is_nil(result.client.status)
         assert.equal("handler_error", result.client.code)
         assert.matches("verify", clean(result.client.message))
      end
      -- a very long one is kept in bounds or whole, but does no harm
      local client, server = hostile.pair(client_context, server_context, { handlers = {
         verify = function() return nil, ("why "):rep(100000) end } })
      local result = pump(client, server)
      assert.equal("refused", result.client.code)
   end)

   it("of answers that are too long", function()
      local client_context, server_context = hostile.contexts()
      for _, length in ipairs({ 0, 1, 513, 100000 }) do
         local client, server = hostile.pair(client_context, server_context, nil, { handlers = {
            sign = function() return ("s"):rep(length) end } })
         local result = pump(client, server)
         assert.is_nil(result.client.status)
         assert.is_false(client:info("established"))
         assert.is_string(result.server.code or result.client.code)
      end
      assert.is_string(core.version_name(0x0303))
   end)
end)
