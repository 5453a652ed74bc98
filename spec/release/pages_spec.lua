-- The pages beside README name targets of make and files that are there.
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local PAGES = { "README.md", "CONTRIBUTING.md", "RELEASING.md", "SECURITY.md" }

local targets = {}
for names in ("\n" .. temporary.read "Makefile"):gmatch "\n([%l][%l%- ]*):[^=]" do
   for name in names:gmatch "%S+" do targets[name] = true end
end

-- What stands between backticks, and lines of commands
local function code(page)
   local found = {}
   local text = "\n" .. temporary.read(page):gsub("```.-```", "")
   for piece in text:gmatch "`([^`\n]+)`" do found[#found + 1] = piece end
   for line in text:gmatch "\n    +([^\n]+)" do found[#found + 1] = line:gsub("%s+#.*", "") end
   return found
end

for _, page in ipairs(PAGES) do
   describe(page, function()
      it("names targets of make", function()
         local count = 0
         for _, piece in ipairs(code(page)) do
            for words in ("; " .. piece):gmatch "[;&]%s*make ([^;&]+)" do
               for word in words:gmatch "%S+" do
                  if word:find "^%l[%l%-]*$" then
                     assert.is_true(targets[word], piece)
                     count = count + 1
                  end
               end
            end
         end
         assert.is_true(count > 0)
      end)

      it("names files", function()
         for _, piece in ipairs(code(page)) do
            for path in piece:gmatch "%f[%w.][%w._/%-]+" do
               local room = path:match "^(%.?%l+)/"
               -- ROOM and NAME stand for others; what is built need not be there
               if room and room ~= "build" and not path:find "%u%u" and shell.try { "test", "-e", room } == 0 then
                  assert.equal(0, (shell.try { "test", "-e", path }), piece)
               end
            end
         end
      end)
   end)
end
