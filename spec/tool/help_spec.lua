-- The help of every command is whole: what it is for, its options, and examples whose options it has.
local tool = require "spec.support.tool"

local COMMANDS = {
   "trace", "probe", "connect", "fetch", "serve", "cert show", "cert verify", "cert pin", "ca init", "ca server",
   "ca client", "ca sign", "ca revoke", "ca crl", "ech generate", "ech show",
}

describe("the help of the tool", function()
   for _, name in ipairs(COMMANDS) do
      it("of " .. name .. " has its options, and examples with these", function()
         local words = {}
         for word in name:gmatch "%S+" do words[#words + 1] = word end
         words[#words + 1] = "--help"
         local status, out, err = tool((table.unpack or unpack)(words)) -- luacheck: ignore
         assert.are.equal(0, status, err)
         local options, examples = out:match "^(.*)\nExamples:\n(.*)$"
         assert(options, "no examples:\n" .. out)
         assert.is_truthy(options:find("--json", 1, true), out)
         assert.is_truthy(examples:find("bearssl " .. name, 1, true), out)
         for line in examples:gmatch "[^\n]+" do
            for own, rest in (line .. "|"):gmatch "bearssl (%l+ ?%l*)(.-)[|)]" do
               for flag in own:find("^" .. name:match "%l+") and rest:gmatch "%s(%-%-?%l[%l-]*)" or function() end do
                  assert.is_truthy(options:find(flag, 1, true), flag .. " in: " .. line)
               end
            end
         end
      end)
   end

   it("names every command there is", function()
      local _, out = tool "--help"
      for line in out:match("\nCommands:\n(.-)\n\n"):gmatch "[^\n]+" do
         local name = line:match "^   (%l+) "
         local found = name == nil
         for _, known in ipairs(COMMANDS) do found = found or known:match "^%l+" == name end
         assert.is_true(found, line)
      end
   end)
end)
