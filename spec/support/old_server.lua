-- A server that nobody should run any more, or that is broken: it answers ClientHellos in the clear, and no more.
--     old_server.start [[{ ssl2 = { 0x010080 }, [0x0300] = { 5, 4 }, prime = "…" }]]   a process, with its `port`
-- The table has
--    ssl2             cipher kinds of SSL 2.0
--    [number]         suites of that version, in the server's order
--    prime            of DHE, hexadecimal; groups, schemes: numbers, in the server's order
--    deflate          it compresses; ccs: "taken" where ChangeCipherSpec comes too early
--    early, heartbeat it takes heartbeats
--    longest          it hangs up on a longer hello; bears = { version = false, … }: what it refuses with an alert
--    fault            "silent": it never says a word; "drip": a byte now and then; "garbage": bytes that are no TLS;
--                     "endless": messages that never end; "lies": lengths that are not there; "gone": it hangs up
--    after            the fault begins after so many connections
local interpreter = require "spec.support.interpreter"

local old_server = {}

local SOURCE = [=[
local socket = require "socket"
local what = assert((loadstring or load)("return " .. arg[1]))()

local function u16(n) return string.char(math.floor(n / 256), n % 256) end
local function v16(text) return u16(#text) .. text end
local function number(text, at) return text:byte(at) * 256 + text:byte(at + 1) end
local function record(kind, version, body) return string.char(kind) .. u16(version) .. v16(body) end
local function message(kind, body) return string.char(kind) .. "\0" .. v16(body) end
local function unhex(text) return (text:gsub("%x%x", function(d) return string.char(tonumber(d, 16)) end)) end

local function list(text)
   local items, set = {}, {}
   for at = 1, #text - 1, 2 do
      items[#items + 1] = number(text, at)
      set[number(text, at)] = true
   end
   return items, set
end

local function first_of(own, offered)
   for _, item in ipairs(own) do
      if offered[item] then return item end
   end
end

local function take(text, at, width)
   local length = width == 1 and text:byte(at) or number(text, at)
   return text:sub(at + width, at + width + length - 1), at + width + length
end

local function parse(body)
   local hello = { version = number(body, 1), extensions = {}, order = {} }
   local at, text = 35, nil
   hello.session_id, at = take(body, at, 1)
   text, at = take(body, at, 2)
   hello.suite_list, hello.suites = list(text)
   hello.methods, at = take(body, at, 1)
   if at < #body then
      text = take(body, at, 2)
      local here = 1
      while here < #text do
         local id = number(text, here)
         hello.order[#hello.order + 1] = id
         hello.extensions[id], here = take(text, here + 2, 2)
      end
   end
   return hello
end

local function refuses(hello, length, records, record_version)
   local bears = what.bears or {}
   local id = hello.order[#hello.order]
   if what.longest and length > what.longest then return "hang up" end
   if bears.version == false and hello.version > 0x0303 then return true end
   if bears.unknown_extension == false and hello.extensions[0x2f4d] then return true end
   if bears.empty == false and id and hello.extensions[id] == "" then return true end
   if bears.grease == false then
      for suite in pairs(hello.suites) do
         if suite % 4096 == 0xa3a or suite == 0x3a3a then return true end
      end
   end
   if bears.records == false and records > 1 then return "hang up" end
   if bears.record_version == false and record_version == 0x0300 then return true end
   local name = (hello.extensions[0] or ""):sub(6)
   return bears.name == false and name ~= "localhost" and "name"
end

local function alert(version, description) return record(21, version, "\2" .. string.char(description)) end

local function chosen_version(hello)
   local version
   for n = 0x0300, 0x0303 do
      if what[n] and n <= hello.version then version = n end
   end
   return version
end

local function key_exchange(hello, suite, version)
   local body
   if what.is_dhe and what.is_dhe[suite] then
      body = v16(unhex(what.prime)) .. v16 "\2" .. v16 "\3"
   elseif suite >= 0xc000 then
      local _, groups = list((hello.extensions[10] or "\0\0"):sub(3))
      local group = first_of(what.groups, groups)
      if not group then return nil end
      body = "\3" .. u16(group) .. "\1\4"
   else
      return ""
   end
   if version == 0x0303 then
      local _, schemes = list((hello.extensions[13] or "\0\0"):sub(3))
      local scheme = first_of(what.schemes or {}, schemes)
      if not scheme then return nil end
      body = body .. u16(scheme)
   end
   return message(12, body .. v16 "signature")
end

local function flight(hello)
   local version = chosen_version(hello)
   if not version then return alert(0x0301, 70) end
   local suite = first_of(what[version], hello.suites)
   if hello.suites[0x5600] and version < 0x0303 and what.fallback then return alert(version, 86) end
   local exchange = suite and key_exchange(hello, suite, version)
   if not exchange then return alert(version, 40) end
   local method = what.deflate and hello.methods:find("\1", 1, true) and "\1" or "\0"
   local extensions = ""
   if hello.extensions[0xff01] and what.secure then extensions = "\255\1\0\1\0" end
   if hello.extensions[15] and what.heartbeat then extensions = extensions .. "\0\15\0\1\1" end
   if extensions ~= "" then extensions = v16(extensions) end
   local server_hello = u16(version) .. ("r"):rep(32) .. "\0" .. u16(suite) .. method .. extensions
   return record(22, version, message(2, server_hello) .. message(11, "\0\0\0") .. exchange .. message(14, "")), version
end

local function ssl2_hello(body)
   local offered, specs = {}, body:sub(10, 9 + number(body, 4))
   local kinds = {}
   for at = 1, #specs, 3 do offered[specs:byte(at) * 65536 + number(specs, at + 1)] = true end
   for _, kind in ipairs(what.ssl2 or {}) do
      if offered[kind] then kinds[#kinds + 1] = string.char(math.floor(kind / 65536)) .. u16(kind % 65536) end
   end
   local list = table.concat(kinds)
   local answer = "\4\0\1\0\2" .. u16(0) .. u16(#list) .. u16(16) .. list .. ("c"):rep(16)
   return u16(0x8000 + #answer) .. answer
end

local function read_hello(client)
   local head = client:receive(5)
   if not head then return end
   if head:byte(1) >= 0x80 then
      return "ssl2", head:sub(3) .. (client:receive(number(head, 1) - 0x8000 - 3) or "")
   end
   local body, records = client:receive(number(head, 4)), 1
   if not body then return end
   local length = body:byte(2) * 65536 + number(body, 3)
   while #body < length + 4 do
      local more = client:receive(5)
      if not more then return end
      body, records = body .. client:receive(number(more, 4)), records + 1
   end
   return parse(body:sub(5)), #body, records, number(head, 2)
end

local kept = {}
local faults = {}

function faults.silent(client) kept[#kept + 1] = client return true end
function faults.gone() end
function faults.garbage(client) client:send("HTTP/1.1 400 Bad Request\r\n\r\n" .. ("x"):rep(100)) end
function faults.drip(client)
   client:settimeout(0)
   kept[#kept + 1] = client
   what.dripping = true
   return true
end
function faults.endless(client)
   client:settimeout(1)
   local part = record(22, 0x0303, ("\11\0\0\0"):rep(4000))
   for _ = 1, 1000 do
      if not client:send(part) then return end
   end
end
local lies = {
   record(22, 0x0303, message(2, u16(0x0303) .. ("r"):rep(32) .. "\255")), record(22, 0x0303, "\2\255\255\255"),
   record(22, 0x0303, message(2, "")), "\22\3\3\255\255", record(22, 0x0303, ""), record(21, 0x0303, "\2"),
   "\128\3\4", "\255\255\4\0\1\0\2\255\255\255\255\255\255", record(22, 0x0303, message(12, "\255\255")),
   record(22, 0x0303, message(2, u16(0x0303) .. ("r"):rep(32) .. "\0\204\168\0\255\255\0") .. message(12, "\3\0")),
}
local turn = 0
function faults.lies(client)
   turn = turn % #lies + 1
   client:send(lies[turn])
end

local listener = assert(socket.bind("127.0.0.1", 0))
print("old server at " .. select(2, listener:getsockname()))
io.stdout:flush()
local count = 0
if what.fault == "drip" then listener:settimeout(0.05) end
while true do
   local client = listener:accept()
   for _, dripping in ipairs(not client and what.dripping and kept or {}) do dripping:send "\22" end
   if client then
      count = count + 1
      client:settimeout(10)
      local keep
      if what.fault and count > (what.after or 0) then
         keep = faults[what.fault](client)
      else
         local hello, length, records, record_version = read_hello(client)
         if hello == "ssl2" then
            if what.ssl2 then client:send(ssl2_hello(length)) end
         elseif hello then
            local refused = refuses(hello, length, records, record_version)
            if refused ~= "hang up" then
               local answer, version
               if refused == "name" then
                  answer = alert(0x0303, 112)
               elseif refused then
                  answer = alert(0x0303, 50)
               else
                  answer, version = flight(hello)
               end
               client:send(answer)
               if version and (client:receive(6) or ""):byte() == 20 then
                  if what.ccs ~= "taken" then
                     client:send(alert(version, 10))
                  elseif client:receive(6) then
                     client:send(alert(version, 20))
                  end
               end
            end
         end
      end
      if not keep then client:close() end
   end
end
]=]

function old_server.start(what)
   local child = interpreter.script(SOURCE, { what })
   child.port = tonumber((child:wait_for("old server at (%d+)")))
   return child
end

return old_server
