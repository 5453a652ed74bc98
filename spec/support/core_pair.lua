-- What the specs of bearssl.core share: contexts, and two connections pumped against each other.
local core = require "bearssl.core"
local assert = require "luassert"
local certificates = require "spec.support.certificates"

-- These specs are about the binding, and know the messages of TLS 1.2.
local TLS12 = core.version_id "TLSv1.2"

local ALL_STAGES = 2 ^ #core.stages() - 1
local ALL_DECISIONS = 2 ^ #core.decisions() - 1

local function certificate(name) return assert(core.certificates(certificates[name].certificate))[1] end

local function credential(name)
   local files = certificates[name]
   return { chain = assert(core.certificates(files.chain)), key = assert(core.key(files.key)) }
end

local function trust()
   local store = assert(core.trust())
   assert(core.trust_add(store, certificates.ca.certificate))
   return store
end

local function server_context(options)
   local all = {
      role = "server", version_max = TLS12, verify = "none", credentials = { credential "rsa" }, session_cache = 10,
   }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(core.context(all))
end

local function client_context(options)
   local all = { role = "client", version_max = TLS12, verify = "required", trust = trust() }
   for name, value in pairs(options or {}) do all[name] = value end
   return assert(core.context(all))
end

-- Answers questions and looks at stages until the connection wants something else.
local function step(connection, handlers, log)
   while true do
      local event, message, code = connection:step()
      if event == "stage" then
         local stage = connection:stage()
         log[#log + 1] = stage
      elseif event == "decision" then
         local name, question = connection:question()
         log[#log + 1] = { decision = name, question = question }
         local handler = handlers and handlers[name]
         if handler then assert(connection:answer(handler(question))) end
      else
         return event, message, code
      end
   end
end

-- Moves bytes until both are quiet; returns what each reported last, and what each went through.
local function shake(client, server, handlers)
   local logs, last = { {}, {} }, {}
   local sides = { client, server }
   for _ = 1, 50 do
      local moved = false
      for i = 1, 2 do
         local event, message, code = step(sides[i], handlers, logs[i])
         last[i] = { event = event, message = message, code = code }
         local output = sides[i]:drain()
         if output ~= "" then
            moved = true
            sides[3 - i]:feed(output)
         end
      end
      if not moved then break end
   end
   return last[1], last[2], logs[1], logs[2]
end

local function pair(client_options, server_options, options)
   options = options or {}
   options.server_name = options.server_name or "localhost"
   local client = assert(core.connection(client_context(client_options), options))
   local server = assert(core.connection(server_context(server_options),
      { stage_mask = options.stage_mask, decision_mask = options.decision_mask }))
   return client, server
end

local function established()
   local client, server = pair()
   shake(client, server)
   assert.is_true(client:info().established)
   assert.is_true(server:info().established)
   return client, server
end

-- Every client_hello … of a full handshake with client authentication: { name → message }, of the client.
local function messages(handlers)
   local client, server = pair(
      { credentials = { credential "client_rsa" }, alpn = { "h2", "http/1.1" } },
      { verify = "optional", trust = trust(), alpn = { "http/1.1" } },
      { stage_mask = ALL_STAGES, decision_mask = handlers and ALL_DECISIONS or 0 })
   local _, _, log = shake(client, server, handlers)
   local found = {}
   for _, message in ipairs(log) do
      if message.stage then found[message.stage .. "/" .. (message.direction or "")] = message end
   end
   return found, log, client, server
end

return {
   ALL_STAGES = ALL_STAGES,
   ALL_DECISIONS = ALL_DECISIONS,
   certificate = certificate,
   credential = credential,
   trust = trust,
   server_context = server_context,
   client_context = client_context,
   step = step,
   shake = shake,
   pair = pair,
   established = established,
   messages = messages,
}
