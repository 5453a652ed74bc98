-- What an authority has issued and revoked: a file of lines beside its key, to which lines are added and nothing else.
-- One line is one write at the file's end: two programs at once mix up nothing, and whoever is killed leaves whole
-- lines (half of one, after a power cut, is passed over).
--     issued   SERIAL  TIME  END  SUBJECT       before the certificate is handed out
--     revoked  SERIAL  TIME  REASON
--     crl      NUMBER  TIME  WORD               a list's number, and who has it
local core = require "bearssl.core"
local describe = require "bearssl.describe"
local content = require("bearssl.file").read
local failure = require "bearssl.tool.failure"

local Database = {}
Database.__index = Database

local HEAD = "# What this authority has issued and revoked (bearssl ca). Lines are added, never changed.\n"

--- append(...) adds a line of these words; it must be there before what it is about is used.
function Database:append(...)
   local words = { ... }
   for index, word in ipairs(words) do words[index] = describe.printable(tostring(word), true) end
   if not core.path_kind(self.path) then core.private_file(self.path) end
   local file, message = io.open(self.path, "ab")
   if not file then failure.raise("cannot write the authority's records: " .. message, "file_unwritable") end
   local before = content(self.path)
   local start = before == "" and HEAD or before and before:sub(-1) ~= "\n" and "\n" or ""
   file:setvbuf("full", 65536) -- one write
   local written, reason = file:write(start, table.concat(words, "\t"), "\n")
   local closed, late = file:close()
   if not (written and closed) then
      failure.raise(("cannot write the authority's records: %s: %s"):format(self.path, tostring(reason or late)),
         "file_unwritable")
   end
end

--- state() is what the lines say: issued: serial → { time =, not_after =, subject = }; revoked: list of { serial =,
-- date =, reason = }, each serial once; is_revoked: serial → one of these; number: the greatest of a list so far;
-- owners: number → the word of whoever had it first.
function Database:state()
   local state = { issued = {}, revoked = {}, is_revoked = {}, owners = {}, number = 0 }
   for line in (content(self.path) or ""):gmatch "([^\n]*)\n" do
      local words = {}
      for word in (line .. "\t"):gmatch "([^\t]*)\t" do words[#words + 1] = word end
      local kind, first, time = words[1], words[2], tonumber(words[3])
      if kind == "issued" and time then
         state.issued[first] = { time = time, not_after = tonumber(words[4]), subject = words[5] }
      elseif kind == "revoked" and time and not state.is_revoked[first] then
         local entry = { serial = first, date = time, reason = words[4] ~= "" and words[4] or nil }
         state.is_revoked[first] = entry
         state.revoked[#state.revoked + 1] = entry
      elseif kind == "crl" and tonumber(first) and words[4] then
         local number = tonumber(first)
         state.owners[number] = state.owners[number] or words[4]
         state.number = math.max(state.number, number)
      end
   end
   return state
end

--- claim() is a number for a list that no other list has, greater than all before; and what there is to revoke.
function Database:claim()
   local word = tostring({}):match "%x+$" .. ("%.0f"):format(core.monotonic() * 1e6)
   while true do
      local number = math.max(self:state().number + 1, os.time())
      self:append("crl", ("%.0f"):format(number), os.time(), word)
      local state = self:state()
      if state.owners[number] == word then return number, state end
   end
end

--- The function opens the records of the authority in a directory; there need be none yet.
return function(directory)
   return setmetatable({ path = directory .. "/ca.db" }, Database)
end
