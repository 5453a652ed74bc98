-- The library's handlers, as far as a connection of LuaSec's needs them: which certificate a name is shown, ALPN,
-- pre-shared keys, and the judgement on the peer.
local alpn = require "bearssl.luasec.alpn"
local judgement = require "bearssl.luasec.judgement"
local settings_of = require "bearssl.luasec.settings"

local handlers = {}

-- Calls what the program gave. What it raises is raised again by dohandshake (connection.lua), as it is.
local function call(state, callback, ...)
   local ok, value, other = pcall(callback, ...)
   if ok then return true, value, other end
   state.raised = { value }
   return false
end

-- The context that a name stands for: the state, nil for one's own, or false and the reason to end with.
local function chosen(state, name)
   local map = state.names
   if not map or not name then return nil end
   local found
   local ok, value = call(state, function() return map[name] end)
   if not ok then return false, "internal_error" end
   found = value ~= nil and state.look(value) or nil
   if found then return found end
   if state.strict then return false, "unrecognized_name" end
   return nil
end

-- The protocol to answer with: nil for none, or false after an error.
local function protocol(state, context, offered)
   local callback = context.alpn_callback
   if not callback or not offered or #offered == 0 then return nil end
   local ok, wire = call(state, callback, (alpn.to_wire(offered)))
   if not ok then return false end
   local list = type(wire) == "string" and alpn.from_wire(wire)
   return list and alpn.choose(list, offered) or nil
end

local function select_handler(state)
   local own = state.context
   return function(_, hello)
      local context, reason = chosen(state, hello.server_name)
      if context == false then return nil, reason end
      local answer = {}
      if context and context ~= own.origin then
         local credentials = settings_of.credentials(context)
         if credentials and #credentials == 1 then
            answer.certificate, answer.key = credentials[1].certificate, credentials[1].key
         elseif credentials then
            answer.context = settings_of.with_credentials(own, context)
         else
            return nil, "no_usable_credential"
         end
      elseif not settings_of.credentials(own) and not own.psk then
         return nil, "no_usable_credential"
      end
      -- LuaSec's callback is the one of the context that the name chose
      local name = protocol(state, context or own, hello.alpn)
      if name == false then return nil, "internal_error" end
      answer.alpn = name
      return next(answer) and answer or nil
   end
end

local KEY_MAXIMUM, IDENTITY_MAXIMUM = 512, 255

local function psk_handler(state)
   local context = state.context
   if context.mode == "client" then
      return function()
         local ok, identity, key = call(state, context.psk, nil, IDENTITY_MAXIMUM, KEY_MAXIMUM)
         if not ok then return nil, "internal_error" end
         if type(identity) ~= "string" or type(key) ~= "string" then return false end
         return { identity = identity, key = key, hash = "sha256" }
      end
   end
   return function(_, question)
      local ok, key = call(state, context.psk, question.identity, KEY_MAXIMUM)
      if not ok then return nil, "internal_error" end
      if type(key) ~= "string" or key == "" then return nil, "unknown_psk_identity" end
      return { key = key, hash = "sha256" }
   end
end

--- of(state, verifies) is the table of handlers of a connection. verifies: its peer's chain is asked for and judged.
function handlers.of(state, verifies)
   local context, found = state.context, {}
   if verifies then found.verify = judgement.handler(context, state) end
   if context.mode == "server" and (state.names or context.alpn_callback) then found.select = select_handler(state) end
   if context.psk then found.psk = psk_handler(state) end
   return found
end

return handlers
