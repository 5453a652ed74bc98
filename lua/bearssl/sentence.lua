-- Messages that others write: handlers, callers of fail, event loops. None reads as a word of this library's own, since
-- loops compare messages, as with LuaSocket: "timeout" asks to be called again, "closed" is an orderly end.
local sentence = {}

local codes

local function find(word)
   codes = codes or require "bearssl.codes"()
   return codes[word]
end

-- The core's messages end at a NUL.
local function whole(text)
   return (text:gsub("%z", "\\0"))
end

--- is_code(text) tells whether a text is one of the library's codes.
function sentence.is_code(text)
   return find(text) ~= nil
end

--- guard(before, text) is the text, or "before: text" where it is one of the library's codes.
function sentence.guard(before, text)
   return find(text) and before .. ": " .. text or whole(text)
end

--- of(reason, text, handler) is the message of what ends with a reason: the text (nil or "": none given), or what
-- stands for one; nil for the general one of a reason that is a code with an alert. A text that is a code follows that.
-- handler: the name of the one that gave them, or nil.
function sentence.of(reason, text, handler)
   local code = find(reason)
   local general = code and code.alert and code.message
   if text == "" then text = nil end
   if text and not find(text) then return whole(text) end
   if general then return text and text ~= reason and general .. ": " .. text or nil end
   if not handler and not code and not text then return whole(reason) end
   local before = handler and ("the '%s' handler refused: "):format(handler) or "refused: "
   return before .. whole(reason) .. (text and text ~= reason and ": " .. text or "")
end

return sentence
