-- STARTTLS: from a protocol's clear text to TLS, as a client. Each protocol is a function(talk, host) that returns true
-- when the server is about to speak TLS, or nil and what it said instead.
--     starttls.begin(tcp, "smtp", "mail.example.org", 10) → true, or nil, message, code
local core = require "bearssl.core"

local starttls = {}

local LINE_MAXIMUM = 8192
local LINES_MAXIMUM = 200
local PACKET_MAXIMUM = 65536

-- ---- Talking ----

local Talk = {}
Talk.__index = Talk

-- What ends the conversation is raised, and caught in begin.
local function fail(message, code)
   error({ message = message, code = code or "decode_error" }, 0)
end

-- What is left of the time for the whole conversation.
local function limit(self)
   if not self.deadline then return end
   local left = self.deadline - core.monotonic()
   if left <= 0 then fail("the server does not come to an end", "timeout") end
   self.tcp:settimeout(left)
end

function Talk:send(bytes)
   limit(self)
   local ok, message = self.tcp:send(bytes)
   if not ok then fail("cannot send: " .. tostring(message), "transport_failed") end
end

local function lost(message)
   if message == "timeout" then fail("the server does not answer", "timeout") end
   fail(message == "closed" and "the server closed the connection" or message, "transport_failed")
end

function Talk:bytes(count)
   if count > PACKET_MAXIMUM then fail("the server's answer is too long", "limit_exceeded") end
   limit(self)
   local bytes, message = self.tcp:receive(count)
   if not bytes then lost(message) end
   return bytes
end

-- A line without its end. It is read byte by byte, so that a server that never ends one is stopped, and nothing behind
-- it is taken.
function Talk:line()
   self.lines = self.lines + 1
   if self.lines > LINES_MAXIMUM then fail("the server says too much", "limit_exceeded") end
   local bytes = {}
   while true do
      local byte = self:bytes(1)
      if byte == "\n" then break end
      bytes[#bytes + 1] = byte
      if #bytes > LINE_MAXIMUM then fail("a line of the server's is too long", "limit_exceeded") end
   end
   return (table.concat(bytes):gsub("\r$", ""))
end

-- An answer of SMTP, FTP or NNTP: its code, and its lines; "250-…" has more behind it.
function Talk:reply()
   local lines = {}
   repeat
      local line = self:line()
      lines[#lines + 1] = line
      local code, more = line:match "^(%d%d%d)([ -]?)"
      if #lines == 1 and not code then return nil, lines end
   until code and more ~= "-" and code == lines[1]:sub(1, 3)
   return tonumber(lines[1]:sub(1, 3)), lines
end

-- ---- The protocols ----

local protocols = {}

local function says(lines)
   return nil, "the server says: " .. (type(lines) == "table" and lines[#lines] or lines)
end

local function expect(good, lines)
   if good then return true end
   return says(lines)
end

-- RFC 3207
function protocols.smtp(talk)
   local code, lines = talk:reply()
   if code ~= 220 then return says(lines) end
   talk:send "EHLO localhost\r\n"
   code, lines = talk:reply()
   if code ~= 250 then return says(lines) end
   local offered = false
   for _, line in ipairs(lines) do offered = offered or line:sub(5):upper():find "^STARTTLS%s*$" ~= nil end
   if not offered then return nil, "the server does not offer STARTTLS" end
   talk:send "STARTTLS\r\n"
   code, lines = talk:reply()
   return expect(code == 220, lines)
end

-- RFC 9051 section 6.2.1
function protocols.imap(talk)
   local line = talk:line()
   if not line:find "^%* OK" then return says(line) end
   talk:send "a STARTTLS\r\n"
   repeat line = talk:line() until line:find "^a "
   return expect(line:find "^a OK" ~= nil, line)
end

-- RFC 2595 section 4
function protocols.pop3(talk)
   local line = talk:line()
   if not line:find "^%+OK" then return says(line) end
   talk:send "STLS\r\n"
   line = talk:line()
   return expect(line:find "^%+OK" ~= nil, line)
end

-- RFC 4217
function protocols.ftp(talk)
   local code, lines = talk:reply()
   if code ~= 220 then return says(lines) end
   talk:send "AUTH TLS\r\n"
   code, lines = talk:reply()
   return expect(code == 234, lines)
end

-- RFC 4642
function protocols.nntp(talk)
   local code, lines = talk:reply()
   if code ~= 200 and code ~= 201 then return says(lines) end
   talk:send "STARTTLS\r\n"
   code, lines = talk:reply()
   return expect(code == 382, lines)
end

-- ManageSieve, RFC 5804
function protocols.sieve(talk)
   local line
   local offered = false
   repeat
      line = talk:line()
      offered = offered or line:upper():find '^"STARTTLS"' ~= nil
   until line:find "^OK" or line:find "^NO" or line:find "^BYE"
   if not line:find "^OK" then return says(line) end
   if not offered then return nil, "the server does not offer STARTTLS" end
   talk:send "STARTTLS\r\n"
   line = talk:line()
   return expect(line:find "^OK" ~= nil, line)
end

-- RFC 6120 section 5. XML is read up to a tag that must come, without looking at what stands in between.
local function read_until(talk, ...)
   local bytes, tail = {}, ""
   while true do
      local byte = talk:bytes(1)
      bytes[#bytes + 1] = byte
      tail = (tail .. byte):sub(-128)
      for _, pattern in ipairs(byte == ">" and { ... } or {}) do
         if tail:find(pattern) then return table.concat(bytes) end
      end
      if #bytes > PACKET_MAXIMUM then fail("the server's answer is too long", "limit_exceeded") end
   end
end

function protocols.xmpp(talk, host)
   talk:send(("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream="
      .. "'http://etherx.jabber.org/streams' to='%s' version='1.0'>"):format((host:gsub("[<>&'\"]", ""))))
   local features = read_until(talk, "</stream:features>$", "<stream:features/>$", "</stream:error>$",
      "</stream:stream>$")
   if not features:find("urn:ietf:params:xml:ns:xmpp-tls", 1, true) then
      return nil, "the server does not offer STARTTLS"
   end
   talk:send "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
   local answer = read_until(talk, "<proceed[^>]*>$", "<failure[^>]*>$", "</stream:stream>$")
   if answer:find "<proceed[^>]*[^/]>$" then read_until(talk, "</proceed>$") end
   return expect(answer:find "<proceed" ~= nil, "failure")
end

-- The Frontend/Backend Protocol: SSLRequest
function protocols.postgres(talk)
   talk:send "\0\0\0\8\4\210\22\47"
   local answer = talk:bytes(1)
   if answer == "S" then return true end
   return nil, answer == "N" and "the server does not offer TLS" or "the server is none of PostgreSQL's"
end

-- The Client/Server Protocol: Protocol::SSLRequest
function protocols.mysql(talk)
   local a, b, c, number = talk:bytes(4):byte(1, 4)
   local greeting = talk:bytes(a + 256 * b + 65536 * c)
   local _, behind = greeting:find("%z", 2)
   if number ~= 0 or greeting:byte(1) ~= 10 or not behind or #greeting < behind + 15 then
      return nil, "the server is none of MySQL's"
   end
   local high = greeting:byte(behind + 15)
   if math.floor(high / 8) % 2 == 0 then return nil, "the server does not offer TLS" end -- CLIENT_SSL, 0x0800
   -- CLIENT_PROTOCOL_41, CLIENT_SSL, CLIENT_SECURE_CONNECTION; packets of up to 16 MB; utf8
   talk:send("\32\0\0\1" .. "\0\138\0\0" .. "\0\0\0\1" .. "\33" .. ("\0"):rep(23))
   return true
end

-- RFC 4511 section 4.14: an ExtendedRequest, and an ExtendedResponse whose resultCode is success
function protocols.ldap(talk)
   local oid = "1.3.6.1.4.1.1466.20037"
   talk:send("\48\29\2\1\1\119\24\128\22" .. oid)
   local tag, length = talk:bytes(2):byte(1, 2)
   if tag ~= 0x30 then return nil, "the server is none of LDAP's" end
   if length >= 0x80 then
      if length == 0x80 or length > 0x84 then return nil, "the server is none of LDAP's" end
      local count = length - 0x80
      length = 0
      for _, byte in ipairs { talk:bytes(count):byte(1, count) } do length = length * 256 + byte end
   end
   local answer = talk:bytes(length)
   local code = answer:match "^\2\1\1\120[\1-\127]\10\1(.)"
   if not code then code = answer:match "^\2\1\1\120[\129-\132]..?.?.?\10\1(.)" end
   if not code then return nil, "the server is none of LDAP's" end
   return code == "\0" or nil, "the server refuses StartTLS: result " .. code:byte()
end

-- ---- ----

--- ports: protocol → where its servers listen.
starttls.ports = {
   smtp = 25, imap = 143, pop3 = 110, ftp = 21, xmpp = 5222, postgres = 5432, mysql = 3306, ldap = 389, sieve = 4190,
   nntp = 119,
}

--- names: the protocols, sorted.
starttls.names = {}
for name in pairs(starttls.ports) do starttls.names[#starttls.names + 1] = name end
table.sort(starttls.names)

--- begin(tcp, protocol, host, timeout) speaks a protocol over a connected socket of LuaSocket until TLS can begin, for
-- so many seconds in all: true; or nil, message, code. What stands behind the server's last word would be somebody
-- else's, and is refused.
function starttls.begin(tcp, protocol, host, timeout)
   local deadline = timeout and core.monotonic() + timeout
   local talk = setmetatable({ tcp = tcp, lines = 0, deadline = deadline }, Talk)
   local ok, good, message = pcall(protocols[protocol], talk, host)
   tcp:settimeout(timeout)
   if not ok then
      if type(good) ~= "table" then error(good, 0) end
      return nil, ("STARTTLS (%s): %s"):format(protocol, good.message), good.code
   end
   if not good then return nil, ("STARTTLS (%s): %s"):format(protocol, message), "refused" end
   if tcp.dirty and tcp:dirty() then
      local problem = "STARTTLS (%s): something stands behind the server's last word: it is not the server's"
      return nil, problem:format(protocol), "decode_error"
   end
   return true
end

return starttls
