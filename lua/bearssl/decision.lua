-- What handlers of decisions return, checked and turned into the core's answers. Each function gets the
-- connection, the handler's two first results and their number, and returns
--    true [, value]          the answer: core:answer(value); no value: the default
--    false, reason           the handshake ends with this reason
--    nil, message            the handler returned what makes no sense
local checks = require "bearssl.checks"
local core = require "bearssl.core"
local options = require "bearssl.options"
local own = require "bearssl.own"

local decision = {}

local REASON = "nil and a reason"

-- nil alone is the default answer, with a reason a refusal; false is a refusal, with `otherwise` as reason.
local function default_or_refusal(answer, reason, otherwise)
   if answer == nil and reason == nil then return true end
   if not answer then return false, reason or otherwise end
   return nil
end

local function wrong(must, answer)
   return nil, ("must return %s, or %s; it returned %s"):format(must, REASON, options.describe(answer))
end

--- stage(answer, reason) judges what a stage handler returned: true, or false, reason, or nil, message.
function decision.stage(answer, reason)
   if answer == true then return true end
   local done, why = default_or_refusal(answer, reason, "refused")
   if done ~= nil then return done, why end
   return wrong("nothing or true", answer)
end

-- Best effort: a store or a log that is down, or that answers "OK", ends no connection.
function decision.session_store() return true end
function decision.keylog() return true end

-- A handler can only refuse, but for the word that accepts: `return pins[question.chain[1]:pin()]` refuses an unknown
-- key, whose nil is a result, and does not let an expired certificate pass because its key is known. Behind true may
-- stand the path that certificate:verify gives.
function decision.verify(_, answer, reason, count)
   if count == 0 or answer == true and (reason == nil or type(reason) == "table") then return true, "judged" end
   if answer == "accept" and reason == nil then return true, "accept" end
   if not answer then return false, reason or "certificate_refused" end
   return wrong('true or nothing for the library\'s verdict, "accept" whatever it is, false to refuse', answer)
end

local function bytes_answer(what)
   return function(_, answer, reason)
      if type(answer) == "string" then return true, answer end
      local done, why = default_or_refusal(answer, reason, "sign_failed")
      if done ~= nil then return done, why end
      return wrong(what .. ", nothing for the context's own key", answer)
   end
end

decision.sign = bytes_answer("the signature as a string")

-- Whatever is no secret, a refusal too, leaves none: the handshake goes on with a random one and fails at Finished, so
-- that nobody learns which ciphertexts were well padded (RFC 5246 section 7.4.7.1). Nothing is for the context's own
-- key, if it has one.
function decision.decrypt(_, answer, reason)
   if type(answer) == "string" then return true, answer end
   if answer == nil and reason == nil then return true end
   return true, ""
end

-- A store that is down has no session, and a string that cannot be imported is none: a shared store may hold what
-- another version wrote.
function decision.session_load(_, answer)
   if not answer then return true end
   if type(answer) == "string" then return true, (core.session_import(answer)) end
   if options.is_object(answer, "session") then return true, answer end
   return nil, "must return a session object or an exported session, nothing for none; it returned "
      .. options.describe(answer)
end

-- known: name → check, as of options; true for what is checked elsewhere.
local function check_fields(answer, known)
   if getmetatable(answer) ~= nil then
      return nil, "returned a table with a metatable: fields behind it would be missed"
   end
   for name, value in pairs(answer) do
      local check = known[name]
      if not check then
         local names = {}
         for field in pairs(known) do names[#names + 1] = field end
         table.sort(names)
         return nil, "returned an answer with an " .. options.unknown("unknown field", name, names, "Fields")
      end
      local must, exact
      if check ~= true then must, exact = check(value) end
      if exact then return nil, ("returned '%s', which cannot be used: %s"):format(name, exact) end
      if must then
         return nil, ("returned '%s', which is not %s but %s"):format(name, must, options.describe(value))
      end
   end
   return true
end

local psk_fields = { identity = true, key = true, hash = true, imported = true, context = true }

-- What is wrong with `imported` and `context` of an answer (RFC 9258), or nil.
local function wrong_import(answer, is_client, question)
   local imported, context = answer.imported, answer.context
   if imported ~= nil and type(imported) ~= "boolean" then
      return "returned an 'imported' that is not true or false but " .. options.describe(imported)
   elseif context ~= nil and not imported then
      return "returned a 'context' without imported = true"
   elseif context ~= nil and not is_client then
      return "returned a 'context', which is for clients: what the client gave stands in question.imported"
   elseif context ~= nil and type(context) ~= "string" then
      return "returned a 'context' that is not a string but " .. options.describe(context)
   elseif imported and is_client and #answer.identity + #(context or "") > 16384 then
      return "returned an 'identity' and a 'context' of more than 16384 bytes together"
   elseif imported and not is_client and not (question and question.imported) then
      return "returned imported = true for an identity that is not imported: question.imported is nil"
   end
   return nil
end

-- false, or nothing, is no pre-shared key: another way of authentication, or the end of the handshake.
function decision.psk(connection, answer, reason, _, question)
   if answer == false and reason == nil then return true, false end
   local done, why = default_or_refusal(answer, reason)
   if done ~= nil then return done, why end
   local is_client = connection.context.settings.mode == "client"
   local must = is_client and "{ identity =, key =, hash = }, false for no key" or "{ key =, hash = }, false for no key"
   if type(answer) ~= "table" then return wrong(must, answer) end
   local ok, message = check_fields(answer, psk_fields)
   if not ok then return nil, message end
   local identity, key, hash = answer.identity, answer.key, answer.hash
   if is_client and identity == nil then return nil, "returned a key without its 'identity'" end
   if identity ~= nil and (type(identity) ~= "string" or identity == "" or #identity > 65535) then
      return nil, "returned an 'identity' that is not a string of 1 to 65535 bytes but " .. options.describe(identity)
   end
   if type(key) ~= "string" or key == "" or #key > 64 then
      -- never shown: it is a secret
      local what = key == "" and "string without bytes" or type(key) == "string" and "longer one" or type(key)
      return nil, "returned a 'key' that is not a string of 1 to 64 bytes but a " .. what
   end
   if hash ~= nil and hash ~= "sha256" and hash ~= "sha384" then
      return nil, "returned a 'hash' that is neither \"sha256\" nor \"sha384\" but " .. options.describe(hash)
   end
   local wrong_one = wrong_import(answer, is_client, question)
   if wrong_one then return nil, wrong_one end
   return true, answer
end

-- Nothing accepts, as the context's max_early_data says.
function decision.early_data(_, answer, reason)
   if type(answer) == "boolean" and reason == nil then return true, answer end
   local done, why = default_or_refusal(answer, reason)
   if done ~= nil then return done, why end
   return wrong("true to accept early data, false to reject it", answer)
end

-- A credential under the names that options use, or the `name` of one of the context's.
local credential_fields = {}
for _, name in ipairs { "certificate", "key", "certfile", "keyfile", "password", "name" } do
   credential_fields[name] = checks.credential[name]
end
local GIVEN = { "certificate", "key", "certfile", "keyfile" }

local function named_credential(context, name)
   local credential = context.named[name]
   if credential then return credential end
   local names = {}
   for known in pairs(context.named) do names[#names + 1] = known end
   table.sort(names)
   if #names == 0 then names[1] = "(the context has none with a name)" end
   return nil, options.unknown("no credential of the context is named", name, names, "Names")
end

-- The credential of an answer: nil for none, or false and a message.
local function credential_of(context, answer)
   local given
   for _, field in ipairs(GIVEN) do given = given or answer[field] ~= nil and field end
   local credential, message
   if answer.name ~= nil then
      if given then return false, ("names a credential and gives '%s': one of them is enough"):format(given) end
      credential, message = named_credential(context, answer.name)
   elseif given then
      credential, message = require("bearssl.credential").gather(answer, nil, context.settings.shows_raw)
   else
      return nil
   end
   if credential then return credential end
   return false, "returned a credential that cannot be used: " .. tostring(message)
end

function decision.client_certificate(connection, answer, reason)
   if answer == false and reason == nil then return true, false end
   local done, why = default_or_refusal(answer, reason)
   if done ~= nil then return done, why end
   if type(answer) ~= "table" then
      return wrong("{ certificate =, key = }, false for no certificate, nothing for the context's own", answer)
   end
   local ok, message = check_fields(answer, credential_fields)
   if not ok then return nil, message end
   local credential
   credential, message = credential_of(connection.context, answer)
   if credential then return true, credential end
   return nil, message or "returned a table without a certificate: false stands for none"
end

local function is_context(value)
   return not own.look("context", value) and "a context" or nil
end

local select_fields = {
   context = is_context, alpn = checks.protocol_name, min_version = options.is.string, max_version = options.is.string,
   suites = checks.suites, ocsp_response = checks.ocsp_response, ocspfile = checks.credential.ocspfile,
}
for field, check in pairs(credential_fields) do select_fields[field] = check end

function decision.select(connection, answer, reason)
   local done, why = default_or_refusal(answer, reason, "refused")
   if done ~= nil then return done, why end
   if own.look("context", answer) then
      answer = { context = answer }
   elseif type(answer) ~= "table" then
      return wrong("nothing, a context, or a table { context =, certificate =, key =, alpn =, … }", answer)
   end
   local ok, message = check_fields(answer, select_fields)
   if not ok then return nil, message end
   local names = require "bearssl.names"
   local context, result = connection.context, {}
   if answer.context ~= nil then
      context = own.look("context", answer.context)
      if context.settings.mode ~= "server" then return nil, "returned a context that is not a server's" end
      result.context = context.core
      connection.selected = context
   end
   local credential
   credential, message = credential_of(context, answer)
   if credential == false then return nil, message end
   result.credential = credential
   result.alpn = answer.alpn
   result.ocsp_response, message = require("bearssl.credential").read(answer, "ocsp_response")
   if result.ocsp_response == false then return nil, "returned an OCSP response that cannot be used: " .. message end
   for name, field in pairs({ min_version = "version_min", max_version = "version_max" }) do
      if answer[name] ~= nil then
         result[field], message = names.version_id(answer[name])
         if not result[field] then return nil, ("returned '%s', which cannot be used: %s"):format(name, message) end
      end
   end
   if answer.suites ~= nil then
      result.suites, message = names.suite_ids(answer.suites)
      if not result.suites then return nil, "returned 'suites' with an " .. message end
   end
   message = require("bearssl.versions").of_answer(result, context.settings)
   if message then return nil, "returned " .. message end
   return true, result
end

return decision
