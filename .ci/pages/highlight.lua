-- The words of a piece of source as HTML: comments, strings and keywords are marked. A language that is not known is
-- text alone.
local highlight = {}

function highlight.escape(text)
   return (text:gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }))
end

local function set(words)
   local all = {}
   for word in words:gmatch "%S+" do all[word] = true end
   return all
end

-- Patterns are tried in order where a token may begin; what none takes is text.
local LUA_COMMENTS = { "^%-%-%[%[.-%]%]", "^%-%-[^\n]*" }
local STRINGS = { '^"[^"\n]*"', "^'[^'\n]*'" }
local LANGUAGES = {
   lua = {
      comments = LUA_COMMENTS, strings = { '^"[^"\n]*"', "^'[^'\n]*'", "^%[%[.-%]%]" },
      keywords = set [[and break do else elseif end false for function goto if in local nil not or repeat return then
         true until while]],
   },
   c = {
      comments = { "^/%*.-%*/", "^//[^\n]*" }, strings = STRINGS,
      keywords = set [[break case char const continue default do else enum extern for if int long return short signed
         sizeof static struct switch typedef union unsigned void while size_t uint8_t uint16_t uint32_t uint64_t]],
   },
   sh = { comments = { "^#[^\n]*" }, strings = STRINGS, keywords = {} },
   nginx = { comments = { "^#[^\n]*" }, strings = STRINGS, keywords = {} },
}
LANGUAGES.h, LANGUAGES.conf = LANGUAGES.c, LANGUAGES.nginx

local function first(patterns, text, at)
   for _, pattern in ipairs(patterns) do
      local from, to = text:find(pattern, at)
      if from then return to end
   end
end

local function span(class, text) return ('<span class="%s">%s</span>'):format(class, highlight.escape(text)) end

--- The HTML of a piece of source.
-- @tparam string text
-- @tparam ?string language "lua", "c", "sh" …
function highlight.code(text, language)
   local rules = LANGUAGES[language]
   if not rules then return highlight.escape(text) end
   local parts, at = {}, 1
   while at <= #text do
      local class, to = "comment", nil
      -- a comment of the shell's kind begins a word
      if not (text:sub(at, at) == "#" and at > 1 and text:find("^%S", at - 1)) then
         to = first(rules.comments, text, at)
      end
      if not to then class, to = "string", first(rules.strings, text, at) end
      if not to then
         to = select(2, text:find("^[%a_][%w_]*", at))
         class = to and rules.keywords[text:sub(at, to)] and "keyword" or nil
      end
      to = to or at
      local token = text:sub(at, to)
      parts[#parts + 1] = class and span(class, token) or highlight.escape(token)
      at = to + 1
   end
   return table.concat(parts)
end

return highlight
