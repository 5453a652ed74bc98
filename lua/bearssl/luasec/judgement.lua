-- Judges the peer's chain as LuaSec would: by the library's verdict, but for the host name, which LuaSec never looks
-- at; and goes on or refuses as `verify` and `verifyext` say. What was found is kept for getpeerverification.
local verify_text = require "bearssl.luasec.verify_text"

local judgement = {}

-- As the connection has judged it, but for the name.
local function verify_again(settings, question, time, purpose)
   local given = { ocsp_responses = question.ocsp_response, staple = settings.mode == "client" and "if_must" or nil }
   for name, value in pairs(settings.verification) do given[name] = value end
   given.time, given.purpose = time, purpose or (settings.mode == "server" and "client" or "server")
   return settings.trust:verify(question.chain, given)
end

-- The verdict without the name: true, or nil, message, code, index.
local function verdict_of(settings, question)
   local verdict = question.verdict
   if verdict == "ok" then return true end
   if verdict == "name_mismatch" then
      local good, message, other, index = verify_again(settings, question)
      if good then return true end
      return nil, message, other, index
   end
   if verdict == "wrong_purpose" and settings.verifyext.lsec_ignore_purpose and settings.mode == "server" then
      if verify_again(settings, question, nil, "server") then return true end
   end
   return nil, question.message, verdict, question.index
end

-- The name that the certificate must have, where the option `verify_host` asks for one: true, or nil, message, code.
local function check_host(settings, state, chain)
   local wanted = settings.verify_host
   if not wanted then return true end
   local name = wanted == true and state.server_name or wanted
   if type(name) ~= "string" then
      return nil, "verify_host = true needs the name that sni() is given", "name_mismatch"
   end
   if chain[1]:matches(name) then return true end
   return nil, ("the certificate is not for %s"):format(name), "name_mismatch"
end

-- Alerts that OpenSSL sends in place of ours, by codes that have them.
local ALERTS = { certificate_not_yet_valid = "bad_certificate", bad_certificate_signature = "bad_signature" }

--- handler(settings, state) is the `verify` handler of a connection. settings: its context's; state: the connection's,
-- whose field `judged` it sets: { good =, texts =, first =, depth = }.
function judgement.handler(settings, state)
   return function(_, question)
      local chain = question.chain
      local good, message, code, index = verdict_of(settings, question)
      if good then
         good, message, code = check_host(settings, state, chain)
         index = 1
      end
      if good then
         state.judged = { good = true }
         return question.verdict == "ok" and true or "accept"
      end
      local texts, first, depth = verify_text.of(chain, code, message, index, function(time)
         return verify_again(settings, question, time)
      end)
      state.judged = { good = false, texts = texts, first = first, depth = depth }
      if settings.goes_on then return "accept" end
      state.refused = true
      return nil, ALERTS[code] or code, message
   end
end

--- tell(state, settings) is what getpeerverification says: true; or false and what was found.
function judgement.tell(state, settings)
   local judged = state.judged
   if not judged or judged.good then return true end
   local flags = settings.verifyext
   if flags.lsec_continue then return false, judged.texts end
   if flags.lsec_ignore_purpose then return false, { [judged.depth] = { judged.first } } end
   return false, judged.first
end

return judgement
