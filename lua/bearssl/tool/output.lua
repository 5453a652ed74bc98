-- What a subcommand writes: JSON, and lines that must not fail silently.
local describe = require "bearssl.describe"

local output = {}

--- write(...) writes to standard output; when that fails (a closed pipe, a full disk) the subcommand ends.
function output.write(...)
   local ok, message = io.stdout:write(...)
   if not ok then error({ failure = "cannot write to standard output: " .. tostring(message) }, 0) end
end

--- flush() makes sure that it has left.
function output.flush()
   local ok, message = io.stdout:flush()
   if not ok then error({ failure = "cannot write to standard output: " .. tostring(message) }, 0) end
end

--- encode(value [, compact]) is JSON of a plain value (see describe.plain), the keys in their order.
function output.encode(value, compact)
   return require("bearssl.tool.json").encode(value, compact)
end

--- json(value [, compact]) writes it as one document and a line end. output.complete(value), where the tool has set it,
-- adds to a document that tells of a failure what failed.
function output.json(value, compact)
   if output.complete and not compact and type(value) == "table" then output.complete(value) end
   output.write(output.encode(value, compact), "\n")
   output.flush()
end

--- spoken(message) is a message of the library's in the words of the command that runs (language.lua).
function output.spoken(message)
   message = tostring(message)
   return output.language and output.language(message) or message
end

--- problem(message) writes a line about what went wrong to standard error.
function output.problem(message)
   message = output.spoken(message):gsub("\n+$", ""):gsub("\n", "; ")
   io.stderr:write("bearssl: ", describe.printable(message, true), "\n")
end

return output
