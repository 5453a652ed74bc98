-- The command-line tool: `bearssl trace | probe | connect | fetch | serve | cert | ca | ech`. bin/bearssl calls
-- main(arg).
-- A subcommand is a module with describe(command), which adds its options, and run(arguments), which
-- returns the exit code. It ends early with error({ usage = … }) or error({ failure =, code = }).
local tool = {}

--- Exit codes.
tool.exit = { ok = 0, failed = 1, usage = 2, problems = 3, http = 4 }

local EPILOG = [[
Exit codes: 0 done; 1 it failed (network, TLS, HTTP); 2 the command line is wrong or names a file that
cannot be used; 3 probe found problems, or a grade under --fail-under; 4 fetch --fail got an HTTP status of 400 or more;
130 (SIGINT) after ^C.
With --json a command that fails writes an object with "error", "code", "command" and "target" to standard output.
`bearssl COMMAND --help` tells a command's options. Colours appear on terminals only; NO_COLOR turns them off.]]

local names = { "trace", "probe", "connect", "fetch", "serve", "cert", "ca", "ech" }

-- argparse would print and exit from the middle of things; here that becomes an error to catch.
local function add_help(command)
   command:add_help(false)
   command:flag("-h --help", "Show this help and exit."):action(function()
      error({ text = command:get_help() }, 0)
   end)
end

-- A command that says nothing in the end of its help ends with examples.
local function add_examples(command, name)
   local text = not command._epilog and require("bearssl.tool.examples").of(name)
   if text then command:epilog(text) end
   for _, part in ipairs(command._commands) do add_examples(part, name .. " " .. part._name) end
end

-- Who has named no command, or none that there is, is told which there are.
local function commands_of(parser)
   local found = {}
   for index, command in ipairs(parser._commands) do found[index] = command._name end
   return #found > 0 and "\nCommands: " .. table.concat(found, ", ") .. " (--help tells what each does)" or ""
end

local function complain(parser, message)
   error({ usage = message, synopsis = parser:get_usage() .. commands_of(parser) }, 0)
end

-- The version, and what computes: a report of a slow or failing program is of little use without.
local function version()
   local bearssl = require "bearssl"
   local parts = {}
   for primitive, by in pairs(bearssl.kernels()) do parts[#parts + 1] = primitive .. " " .. by end
   table.sort(parts)
   local compressions = table.concat(bearssl.features().certificate_compression, ", ")
   return bearssl._VERSION .. "\nkernels: " .. table.concat(parts, ", ") .. "\ncertificate compression: "
      .. (compressions == "" and "none" or compressions)
end

local function build()
   local argparse = require "argparse"
   local parser = argparse("bearssl",
      "TLS from the command line: look at handshakes, test servers, connect, fetch, serve, issue certificates.")
   parser:epilog(EPILOG)
   add_help(parser)
   parser:flag("--version", "Show the version, the kernels and what is built in, and exit."):action(function()
      error({ text = version() }, 0)
   end)
   parser:command_target("command"):require_command(true)
   parser.error = complain
   for _, name in ipairs(names) do
      local module = require("bearssl.tool." .. name)
      local command = parser:command(name, module.summary)
      local function adopt(part)
         add_help(part)
         part.error = complain
      end
      adopt(command)
      module.describe(command, adopt)
      add_examples(command, name)
      -- a command that has commands gives it to each of them
      if #command._commands == 0 then command:flag("--json", "Write JSON.") end
   end
   return parser
end

-- asked: see failure.tell.
local function run(argv, asked)
   local parser = build()
   for _, command in ipairs(parser._commands) do
      if command._name == argv[1] then
         asked.command = command._name
         require("bearssl.tool.failure").speak(command, require("bearssl.tool." .. command._name).language)
      end
   end
   local arguments = parser:parse(argv)
   asked.arguments = arguments
   if arguments.action then asked.command = arguments.command .. " " .. arguments.action end
   return require("bearssl.tool." .. arguments.command).run(arguments) or tool.exit.ok
end

local function on_error(problem)
   if type(problem) == "table" then return problem end
   local absent = require("bearssl.tool.missing").told(tostring(problem))
   if absent then return { failure = absent } end
   return { traceback = debug.traceback(tostring(problem), 2) }
end

-- A descriptor of 0 to 2 that is closed would be the next socket's, and what is meant for the user would go to a
-- stranger. A file that is opened takes the lowest descriptor that is free: three are enough.
-- tool.kept holds on to them: a file that is collected is closed.
local function fill_standard_descriptors()
   tool.kept = { io.open("/dev/null", "r+"), io.open("/dev/null", "r+"), io.open("/dev/null", "r+") }
end

--- main(argv) runs the tool and returns its exit code.
function tool.main(argv)
   fill_standard_descriptors()
   local failure = require "bearssl.tool.failure"
   local asked = { json = failure.wants_json(argv) }
   require("bearssl.tool.output").complete = function(document) failure.complete(document, asked) end
   local ok, result = xpcall(function() return run(argv, asked) end, on_error)
   if ok then return result end
   if result.text then
      io.stdout:write((result.text:gsub("\n*$", "\n")))
      return tool.exit.ok
   elseif result.usage then
      failure.tell(asked, result.usage, "usage")
      if result.synopsis then io.stderr:write(result.synopsis, "\n") end
      return tool.exit.usage
   elseif result.failure then
      failure.tell(asked, result.failure, result.code)
      return tool.exit.failed
   end
   local message = tostring(result.traceback)
   if message:find("^[^\n]*interrupted!") then return 130 end
   if asked.json then failure.tell(asked, "a defect of the tool: " .. message:match("^[^\n]*"), "internal_error") end
   io.stderr:write("bearssl: ", message, "\n")
   return tool.exit.failed
end

return tool
