-- Text in pages and pictures: what a peer chose is never markup, nor does it turn the direction of what stands beside
-- it.
local describe = require "bearssl.describe"

local markup = {}

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

local function shown_bytes(sequence)
   return (sequence:gsub(".", function(c) return ("\\x%02X"):format(c:byte()) end))
end

--- plain(text) is valid text without control characters: those that change the direction of writing, and the two that
-- XML has not.
function markup.plain(text)
   text = describe.printable(tostring(text), true)
   text = text:gsub("\226\128[\142\143\168-\174]", shown_bytes):gsub("\226\129[\166-\169]", shown_bytes)
   return (text:gsub("\216\156", shown_bytes):gsub("\239\191[\190\191]", shown_bytes))
end

--- escaped(text) is plain text as markup writes it.
function markup.escaped(text)
   return (text:gsub("[&<>\"']", ENTITIES))
end

local CONTINUATION = "[\128-\191]"

--- characters(text) is how many there are.
function markup.characters(text)
   local _, continuations = text:gsub(CONTINUATION, "")
   return #text - continuations
end

--- shortened(text, count) is at most `count` characters of a text.
function markup.shortened(text, count)
   if markup.characters(text) <= count then return text end
   local at, seen = 1, 0
   while at <= #text do
      if not text:sub(at, at):find(CONTINUATION) then
         if seen == count - 1 then break end
         seen = seen + 1
      end
      at = at + 1
   end
   return text:sub(1, at - 1):gsub("[%s,]+$", "") .. "…"
end

--- content(text) is what a peer chose, as it may stand in markup.
function markup.content(text)
   return markup.escaped(markup.plain(text))
end

return markup
