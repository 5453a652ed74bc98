-- Names for nginx's pools of connections. Without a name a pool is that of an address, which all programs of a worker
-- share: a connection that one leaves in another database, within a transaction, without a password or in the middle of
-- a command would be taken up by whoever comes next, and ours, which has given its password, by others.
local cosocket_pool = {}

-- A password stands in a name as the number under which it came first: nothing can be learnt from that, and a pool
-- lives no longer than this table, whose program it belongs to as well.
local numbers, count = {}, 0

local function number_of(password)
   if not password then return 0 end
   if not numbers[password] then
      count = count + 1
      numbers[password] = count
   end
   return numbers[password]
end

--- name(use, host, port [, password]) is the name of a pool for connections that are used alike.
function cosocket_pool.name(use, host, port, password)
   return ("bearssl.store:%s:%s:%d:%d"):format(use, host, port, number_of(password))
end

return cosocket_pool
