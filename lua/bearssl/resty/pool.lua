-- Idle TLS connections of one nginx worker. nginx's pools of cosockets hold connections, but no TLS state: so each
-- connection has a pool of nginx's to itself, under a name that no other ever has, and its stream stands here beside
-- that name. nginx closes an idle connection on which anything arrives, the peer's end or a byte of anybody's; whoever
-- then asks for it by its name finds none, and drops what stands here.
local terms = require "bearssl.resty.terms"

local pool = {}

local idle = {} -- key → list of entries, those that were put back last at the end
local total = 0
local serial = 0

-- A pool of nginx's is looked at before the address is: where it is empty, this one fails without a word to anybody.
local NOWHERE = "unix:"
-- How long an eviction may wait for a peer that does not read, in seconds.
local LAST_WAIT = 0.1

--- name() is a name for a pool of nginx's, which no connection of this worker has had.
function pool.name()
   serial = serial + 1
   return "bearssl.resty " .. serial
end

--- key(host, port, name) is where connections to the same server are looked for. name: the option `pool` of connect.
function pool.key(host, port, name)
   return ("%s\0%s\0%s"):format(host, tostring(port), tostring(name))
end

-- The entry's connection, in a cosocket; or nil when it is gone.
local function fetch(entry, cosocket)
   local found = cosocket:connect(NOWHERE, { pool = entry.name })
   if not found then return nil end
   entry.link.socket = cosocket
   return true
end

local function remove(list, key, index)
   local entry = table.remove(list, index)
   total = total - 1
   if #list == 0 then idle[key] = nil end
   return entry
end

-- Without a connection nothing is sent: the keys are wiped.
local function drop(entry)
   entry.link.socket = nil
   entry.stream:settimeout(LAST_WAIT)
   entry.stream:close()
end

-- Ends an idle connection with close_notify, where it is still there.
local function evict(entry)
   local cosocket = ngx.socket.tcp()
   if cosocket and fetch(entry, cosocket) then
      entry.stream:settimeout(LAST_WAIT)
      entry.stream:close()
   else
      drop(entry)
   end
end

-- ---- When idle connections end ----

local due -- when the timer that runs goes off, or nil

-- Ends those whose time is over, and tells when the next one's is.
local function expire()
   local now, gone, nearest = ngx.now(), {}, nil
   for key, list in pairs(idle) do
      for index = #list, 1, -1 do
         local expires = list[index].expires
         if expires and expires <= now then
            gone[#gone + 1] = { list, key, index }
         elseif expires and (not nearest or expires < nearest) then
            nearest = expires
         end
      end
   end
   -- an eviction may yield, and others use the lists meanwhile: they are taken out before
   for place, what in ipairs(gone) do gone[place] = remove(what[1], what[2], what[3]) end
   for _, entry in ipairs(gone) do evict(entry) end
   return nearest
end

local schedule

local function sweep(premature)
   due = nil
   -- a worker that ends closes its connections itself
   if premature then return end
   local nearest = expire()
   if nearest then schedule(nearest) end
end

-- One timer for all of them, of the least of their times. Without one, nginx closes them itself, a second later.
function schedule(expires)
   if due and due <= expires then return end
   if ngx.timer.at(math.max(expires - ngx.now(), 0) + 0.001, sweep) then due = expires end
end

--- put(entry, cosocket, timeout) keeps a connection: true; or nil and nginx's message. It never yields: whoever has put
-- one aside forgets it before anybody else can run. entry: key, terms, stream, link (link.socket is the cosocket),
-- name, times (how often it has been taken up). timeout: milliseconds, 0 for ever.
function pool.put(entry, cosocket, timeout)
   local kept, message = cosocket:setkeepalive(timeout > 0 and timeout + 1000 or 0, 1)
   if not kept then return nil, message end
   entry.link.socket = nil
   entry.expires = timeout > 0 and ngx.now() + timeout / 1000 or nil
   local list = idle[entry.key]
   if not list then
      list = {}
      idle[entry.key] = list
   end
   list[#list + 1] = entry
   total = total + 1
   if entry.expires then schedule(entry.expires) end
   return true
end

--- trim(key, size) ends what has waited longest under a key, until so many are left. It may yield.
function pool.trim(key, size)
   local list, surplus = idle[key], {}
   while list and #list > size do surplus[#surplus + 1] = remove(list, key, 1) end
   for _, old in ipairs(surplus) do evict(old) end
end

-- The newest entry under a key whose terms are those; its place in the list is given up before anybody can yield.
local function find(key, wanted, now)
   local list = idle[key]
   for index = list and #list or 0, 1, -1 do
      local entry = list[index]
      if (not entry.expires or entry.expires > now) and terms.equal(entry.terms, wanted) then
         return remove(list, key, index)
      end
   end
   return nil
end

--- take(key, wanted, cosocket) brings an idle connection under the terms wanted into a cosocket, and returns its entry;
-- nil when there is none.
function pool.take(key, wanted, cosocket)
   while true do
      local entry = find(key, wanted, ngx.now())
      if not entry then return nil end
      if fetch(entry, cosocket) then
         entry.times = entry.times + 1
         return entry
      end
      drop(entry)
   end
end

--- has(key) tells whether any connection lies idle under a key, whatever its terms are.
function pool.has(key)
   return idle[key] ~= nil
end

--- count() is how many there are.
function pool.count()
   return total
end

return pool
