-- What Redis may answer to the commands that a store sends (GET, SET, DEL, INFO, AUTH), checked before its client reads
-- it: a status, an error, a number, a string, or nothing. None has a list for an answer, whose elements a client would
-- read one by one, and for which it would make room, however many are announced.
local redis_reply = {}

--- MOST_BYTES has the longest string that is asked for or kept.
redis_reply.MOST_BYTES = 1024 * 1024

--- check(line) says what is wrong with the first line of an answer, or nil.
function redis_reply.check(line)
   if line:find "^[+-]" or line:find "^:%-?%d+$" or line == "$-1" then return nil end
   local length = line:match "^%$(%d+)$"
   if length and #length <= 7 and tonumber(length) <= redis_reply.MOST_BYTES then return nil end
   return ("Redis answered %q, which is no answer to what was asked"):format(line:sub(1, 40))
end

--- check_value(value) is true, or nil and a message for one that would be too long to be read back.
function redis_reply.check_value(value)
   if #value <= redis_reply.MOST_BYTES then return true end
   return nil, ("a value in Redis has %d bytes at most"):format(redis_reply.MOST_BYTES)
end

return redis_reply
