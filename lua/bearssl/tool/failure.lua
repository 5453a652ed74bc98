-- What a command says when it fails: a line on standard error, and with --json a document on standard output, so that a
-- program that reads it always finds one.
local language = require "bearssl.tool.language"
local output = require "bearssl.tool.output"

local failure = {}

-- What commands call what they were asked about.
local SUBJECTS = { "target", "url", "csr", "name", "names", "files", "file", "list", "directory" }

--- raise(message, code) ends a command (exit code 1); a code is one of the library's words.
function failure.raise(message, code)
   error({ failure = tostring(message), code = code }, 0)
end

--- wants_json(argv): also where the command line cannot be read.
function failure.wants_json(argv)
   for _, word in ipairs(argv) do
      if word == "--" then return false end
      if word == "--json" then return true end
   end
   return false
end

local function add_flags(command, flags)
   for _, option in ipairs(command._options) do
      for _, alias in ipairs(option._aliases) do flags[alias] = true end
   end
   for _, part in ipairs(command._commands) do add_flags(part, flags) end
   return flags
end

--- speak(command, own) has all that is told from here on say the options of this command (argparse's).
function failure.speak(command, own)
   output.language = language.of(add_flags(command, {}), own)
end

-- A code stands behind many a message: "connection refused (transport_failed)".
local function split(message, code)
   if code then return message, code end
   local text, word = message:match("^(.*) %(([%l%d_]+)%)$")
   if word and (require("bearssl.codes")()[word] or word:find("^alert_")) then return text, word end
   return message, nil
end

--- complete(document, asked) has a document that tells of a failure say of what command and of what target.
function failure.complete(document, asked)
   if not document.error then return end
   document.code = document.code or "failed"
   document.command = document.command or asked.command
   for _, name in ipairs(SUBJECTS) do
      local value = asked.arguments and asked.arguments[name]
      if value and document.target == nil then document.target = value end
   end
end

--- tell(asked, message, code) says what went wrong. asked: { json =, command =, arguments = }; the latter is nil when
-- the command line could not be read.
function failure.tell(asked, message, code)
   local text, known = split(message, code)
   output.problem(code and code ~= "usage" and ("%s (%s)"):format(text, code) or message)
   if not asked.json then return end
   pcall(output.json, { error = output.spoken(text), code = known })
end

--- first(document, list) is a document about several things, with the error and code of the first that failed, if any.
function failure.first(document, list)
   for _, entry in ipairs(list) do
      if entry.error and not document.error then document.error, document.code = entry.error, entry.code end
   end
   return document
end

return failure
