-- Passwords of keys: from --password-file, from the environment, or asked for on the terminal.
local options = require "bearssl.tool.options"
local quote = require("bearssl.tool.save").quote

local password = {}

--- The variable of the environment that scripts may set.
password.VARIABLE = "BEARSSL_PASSWORD"

-- The terminal is the shell's business: no Lua can turn its echo off. It is restored whatever ends the question; where
-- that is ^C, the shell ends by the signal as the tool does.
local SCRIPT = [[
{ exec 3<>/dev/tty; } 2>/dev/null || { echo '!terminal'; exit; }
command -v stty >/dev/null 2>&1 || { echo '!stty'; exit; }
kept=$(stty -g <&3 2>/dev/null) || { echo '!terminal'; exit; }
restore() { stty "$kept" <&3; printf '\n' >&3; }
for signal in INT TERM HUP; do trap "restore; trap - $signal; kill -$signal \$\$" $signal; done
stty -echo <&3
printf '%s' "$1" >&3
IFS= read -r line <&3 && answer="=$line" || answer='!end'
restore
printf '%s\n' "$answer"
]]

local WHY = {
   terminal = "there is no terminal to ask on",
   stty = "the system has no stty, without which a terminal would show it",
   ["end"] = "none was typed",
}

local INSTEAD = "give --password-file, or set " .. password.VARIABLE

-- ask(prompt) → what was typed, or nil and why there is nothing.
local function ask(prompt)
   -- a subshell, which the check for a terminal may end without a word of its own
   local pipe = io.popen(("sh -c %s sh %s 2>/dev/null"):format(quote(SCRIPT), quote(prompt)), "r")
   local answer = pipe and pipe:read "*l" or "!terminal"
   if pipe then pipe:close() end
   if answer:sub(1, 1) == "=" then return answer:sub(2) end
   return nil, ("%s: %s"):format(WHY[answer:sub(2)] or WHY.terminal, INSTEAD)
end

local function printable(path)
   return require("bearssl.describe").printable(path, true)
end

-- The first line of the file that is named, or the variable's value; nil where there is neither.
local function given(arguments)
   if arguments.password_file then
      local line = options.read_file(arguments.password_file, "password file"):match "^[^\r\n]*"
      if line == "" then options.usage("the password file %s has an empty first line", arguments.password_file) end
      return line
   end
   local value = os.getenv(password.VARIABLE)
   return value ~= "" and value or nil
end

local typed = {} -- path → password: a command that reads a key twice asks once

--- of(arguments, path) is what the library takes for the password of the key in that file: a string, or a function that
-- asks for it when the key turns out to be encrypted.
function password.of(arguments, path)
   return given(arguments) or function()
      local why
      if not typed[path] then typed[path], why = ask(("Password of %s: "):format(printable(path))) end
      return typed[path], why
   end
end

--- new(arguments, path) is the password of a key that is to be written there: asked for twice.
function password.new(arguments, path)
   local word = given(arguments)
   if word then return word end
   local first, why = ask(("New password of %s: "):format(printable(path)))
   if not first then options.usage("a password is needed: %s", why) end
   if first == "" then options.usage("an empty password protects nothing") end
   if ask "The same again: " ~= first then options.usage("the two passwords differ") end
   return first
end

return password
