-- What may need what: the tool is built on the library, never the other way round.
local shell = require "spec.support.shell"

-- Names and files of the library's own modules
local function modules()
   local found = {}
   for path in shell.run("find lua/bearssl -name '*.lua'"):gmatch("[^\n]+") do
      local name = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
      if not name:find("^bearssl%.tool") then found[name] = path end
   end
   return found
end

local function refuse(name)
   if name:find("^bearssl%.tool") then error("the library needs " .. name) end
end

describe("the library", function()
   local loaders = rawget(package, "searchers") or rawget(package, "loaders")
   local kept

   before_each(function()
      kept = {}
      for name, module in pairs(package.loaded) do
         if name:find("^bearssl") and name ~= "bearssl.core" then kept[name] = module end
      end
      for name in pairs(kept) do package.loaded[name] = nil end
      table.insert(loaders, 1, refuse)
   end)

   after_each(function()
      table.remove(loaders, 1)
      for name in pairs(modules()) do package.loaded[name] = nil end
      for name, module in pairs(kept) do package.loaded[name] = module end
   end)

   it("loads where there is no tool", function()
      local count = 0
      for name in pairs(modules()) do
         assert.truthy(require(name), name)
         count = count + 1
      end
      assert.is_true(count > 25)
   end)

   it("does not ask for the tool later either", function()
      for name, path in pairs(modules()) do
         local file = assert(io.open(path))
         local text = file:read("*a")
         file:close()
         assert.is_nil(text:match("require[^\n]*bearssl[./]tool"), name)
      end
   end)
end)
