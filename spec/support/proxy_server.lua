-- A proxy: HTTP's CONNECT, requests in absolute form, and SOCKS5, one connection after the other. It says on standard
-- output what it was asked:
--     lua spec/support/proxy_server.lua [user=NAME:PASSWORD] [cert=FILE key=FILE] [fault=FAULT]
-- cert, key: TLS to the proxy itself. FAULT: "silent", "endless" (a line without end), "dribble" (a byte now and then),
-- "glued" (its answer comes in one piece with the server's first words), "refuse", "closed", "nonsense"
local bearssl = require "bearssl"
local socket = require "socket"

local given = {}
for _, word in ipairs(arg) do
   local name, value = word:match "^(%w+)=(.*)$"
   given[name] = value
end

local function note(...)
   io.stdout:write(table.concat({ ... }, " "), "\n")
   io.stdout:flush()
end

local function connect(host, port)
   local upstream = socket.tcp()
   upstream:settimeout(20)
   if upstream:connect(host == "far.example" and "127.0.0.1" or host, tonumber(port)) then return upstream end
end

local function some(one)
   one:settimeout(0)
   local bytes, why, partial, code
   if one.receiveany then
      bytes, why, partial, code = one:receiveany(16384)
   else
      bytes, why, partial = one:receive(16384)
   end
   bytes = bytes or partial ~= "" and partial or nil
   if bytes then return bytes end
   if why == "timeout" or code == "wantread" or code == "timeout" then return "" end
   return nil
end

-- Until both have ended, or one is gone. An end of a TCP connection is passed on.
local function relay(client, upstream)
   local open = { [client] = upstream, [upstream] = client }
   while next(open) do
      local readers = {}
      for one in pairs(open) do readers[#readers + 1] = one end
      socket.select(readers, nil, 0.05)
      for _, one in ipairs(readers) do
         local other = one == client and upstream or client
         local bytes = some(one)
         if not bytes then
            open[one] = nil
            if not pcall(other.shutdown, other, "send") then return end
         elseif bytes ~= "" then
            other:settimeout(20)
            if not other:send(bytes) then return end
         end
      end
   end
end

-- What a proxy says when it has connected; glued, the server's first words come with it.
local function answer(client, text, upstream)
   if given.fault == "dribble" then
      for byte in text:gmatch "." do
         if not client:send(byte) then return end
         socket.sleep(0.2)
      end
      return
   end
   if given.fault == "glued" then
      socket.select({ upstream }, nil, 5)
      text = text .. (some(upstream) or "")
   end
   client:send(text)
end

local function allowed(user, password)
   return not given.user or given.user == ("%s:%s"):format(user or "", password or "")
end

local function socks(client)
   local methods = client:receive(client:receive(1):byte())
   if given.user then
      if not methods:find("\2", 1, true) then return client:send "\5\255" end
      client:send "\5\2"
      local length = client:receive(2):byte(2)
      local user = client:receive(length)
      local password = client:receive(client:receive(1):byte())
      client:send(allowed(user, password) and "\1\0" or "\1\1")
      if not allowed(user, password) then return end
   else
      client:send "\5\0"
   end
   local kind = client:receive(4):byte(4)
   local host
   if kind == 1 then
      host = table.concat({ client:receive(4):byte(1, 4) }, ".")
   elseif kind == 3 then
      host = client:receive(client:receive(1):byte())
   else
      client:receive(16)
      host = "::1"
   end
   local high, low = client:receive(2):byte(1, 2)
   note("SOCKS", kind == 3 and "name" or "address", host, tostring(high * 256 + low))
   if given.fault == "refuse" then return client:send "\5\2\0\1\0\0\0\0\0\0" end
   local upstream = connect(host, high * 256 + low)
   if not upstream then return client:send "\5\5\0\1\0\0\0\0\0\0" end
   answer(client, "\5\0\0\3\4name\0\1", upstream)
   relay(client, upstream)
   upstream:close()
end

local function http(client, first)
   local line = first .. client:receive "*l"
   note(line)
   local head, authorization = {}, nil
   repeat
      local field = client:receive "*l"
      local value = field:match "^Proxy%-Authorization: Basic (.*)$"
      authorization = authorization or value
      if field:find "^Proxy" then note((field:gsub(" .*", ""))) elseif field ~= "" then head[#head + 1] = field end
   until field == ""
   local user, password
   if authorization then user, password = require("mime").unb64(authorization):match "^([^:]*):(.*)$" end
   if not allowed(user, password) then
      return client:send "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
   end
   if given.fault == "refuse" then return client:send "HTTP/1.1 403 No\27[31m\r\n\r\n" end
   local host, port = line:match "^CONNECT %[?([^ %]]+)%]?:(%d+) HTTP/1.1$"
   local method, place, path = line:match "^(%u+) http://([^/]+)(%S*) HTTP/1.1$"
   if method then host, port = place:match "^(.-):?(%d*)$" end
   local upstream = connect(host, port ~= "" and port or 80)
   if not upstream then return client:send "HTTP/1.1 502 Bad Gateway\r\nX: y\r\n\r\n" end
   if method then
      upstream:send(("%s %s HTTP/1.1\r\n%s\r\n\r\n"):format(method, path, table.concat(head, "\r\n")))
   else
      answer(client, "HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\n\r\n", upstream)
   end
   relay(client, upstream)
   upstream:close()
end

local faults = {
   silent = function(client) some(client) socket.select({ client }, nil, 30) end,
   endless = function(client) while client:send(("x"):rep(1000)) do end end,
   closed = function() end,
   nonsense = function(client) client:send "220 mail.example ESMTP\r\n" end,
}

local context = given.cert and assert(bearssl.context { mode = "server", certfile = given.cert, keyfile = given.key })
local listener = assert(socket.bind("127.0.0.1", 0))
note("listening on 127.0.0.1:" .. select(2, listener:getsockname()))
while true do
   local client = assert(listener:accept())
   client:setoption("tcp-nodelay", true)
   client:settimeout(20)
   local stream = context and assert(context:wrap(client, { timeout = 20 }))
   local good = not stream or stream:handshake()
   local speaker = stream or client
   local first = good and speaker:receive(1)
   if first then
      local ok, problem = pcall(faults[given.fault] or first == "\5" and socks or http, speaker, first)
      if not ok then note("error: " .. tostring(problem)) end
   end
   if stream then stream:close() else client:close() end
end
