--- Where the operators of a C source stand, and what each may be exchanged for.
-- Comments, strings and lines of the preprocessor are passed over. The sources are laid out by clang-format, so a
-- binary operator has a space on both sides, which tells it from a pointer or a sign.
local operators = {}

local BINARY = {
   ["=="] = "!=", ["!="] = "==", ["<="] = "<", [">="] = ">", ["<"] = "<=", [">"] = ">=", ["&&"] = "||", ["||"] = "&&",
   ["+"] = "-", ["-"] = "+", ["*"] = "/", ["&"] = "|", ["|"] = "&", ["<<"] = ">>", [">>"] = "<<", ["+="] = "-=",
   ["-="] = "+=", ["|="] = "&=", ["&="] = "|=",
}
local KINDS = { "[=!<>]=", "&&", "||", "<<", ">>", "[-+|&]=", "[-+*&|<>]" }

--- What is no code, as blanks of the same length.
local function code_only(source)
   local function blank(text) return (text:gsub("[^\n]", " ")) end
   local out, at = {}, 1
   while at <= #source do
      local first, skipped = source:sub(at, at), nil
      if source:find("^/%*", at) then
         local _, last = source:find("*/", at + 2, true)
         skipped = source:sub(at, last or #source)
      elseif first == '"' or first == "'" then
         local last = at + 1
         while source:sub(last, last) ~= first do last = last + (source:sub(last, last) == "\\" and 2 or 1) end
         skipped = source:sub(at, last)
      elseif first == "#" and source:sub(1, at - 1):find("%f[^\n%z][ \t]*$") then
         local last = at
         while source:find("^[^\n]*\\\n", last) do last = select(2, source:find("^[^\n]*\\\n", last)) + 1 end
         skipped = source:sub(at, (source:find("\n", last, true) or #source + 1) - 1)
      end
      out[#out + 1] = skipped and blank(skipped) or first
      at = at + (skipped and #skipped or 1)
   end
   return table.concat(out)
end

local function binary_at(code, at)
   if not code:find("^[ \n]", at - 1) then return nil end
   for _, kind in ipairs(KINDS) do
      local found = code:match("^(" .. kind .. ")[ \n]", at)
      if found then return found end
   end
   return nil
end

--- A list of { at =, old =, new =, line = } in the order of the source.
function operators.sites(source)
   local code, sites, line = code_only(source), {}, 1
   for at = 1, #code do
      local first = code:sub(at, at)
      local old = at > 1 and binary_at(code, at)
      local new = old and BINARY[old]
      if first == "\n" then line = line + 1 end
      if not old and first == "!" and code:find("^![%a_(]", at) then old, new = "!", "" end
      if not old and code:find("^%+%+", at) then old, new = "++", "--" end
      if old then sites[#sites + 1] = { at = at, old = old, new = new, line = line } end
   end
   return sites
end

function operators.apply(source, site)
   return source:sub(1, site.at - 1) .. site.new .. source:sub(site.at + #site.old)
end

return operators
