-- The Lua that runs the specs, to start further programs with it, and what such programs need to find
-- this checkout's modules.
local interpreter = {}

local function find()
   local lowest = 0
   for index in pairs(arg or {}) do
      if type(index) == "number" and index < lowest then
         lowest = index
      end
   end
   return arg and arg[lowest] or "lua"
end

-- path is the interpreter's command.
interpreter.path = os.getenv("BEARSSL_SPEC_LUA") or find()

-- environment lets a child process find the same modules as this one. A relative path only holds in
-- the same directory, so the present one is put before it.
function interpreter.environment()
   local here = require("spec.support.shell").run({ "pwd" }):match("[^\n]+")
   local function absolute(path)
      return (";" .. path):gsub(";%./", ";" .. here .. "/"):gsub(";([%w_]+/)", ";" .. here .. "/%1"):sub(2)
   end
   return {
      LUA_PATH = absolute(package.path),
      LUA_CPATH = absolute(package.cpath),
      BEARSSL_SPEC_LUA = interpreter.path,
   }
end

-- tool starts `bearssl` of this checkout with the words given; options of process.start.
function interpreter.tool(words, options)
   local argv = { interpreter.path, "bin/bearssl" }
   for _, word in ipairs(words) do
      argv[#argv + 1] = word
   end
   options = options or {}
   options.environment = interpreter.environment()
   return require("spec.support.process").start(argv, options)
end

-- script starts Lua source of one's own. options.environment: more variables.
function interpreter.script(source, words, options)
   local temporary = require "spec.support.temporary"
   local argv = { interpreter.path, temporary.write(source, ".lua") }
   for _, word in ipairs(words or {}) do
      argv[#argv + 1] = word
   end
   options = options or {}
   local environment = interpreter.environment()
   for name, value in pairs(options.environment or {}) do
      environment[name] = value
   end
   options.environment = environment
   return require("spec.support.process").start(argv, options)
end

return interpreter
