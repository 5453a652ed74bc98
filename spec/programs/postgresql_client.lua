-- A client of PostgreSQL's protocol, with the calls that pgmoon makes of LuaSec: SSLRequest, TLS,
-- SCRAM-SHA-256-PLUS bound to the server's certificate, a client's certificate, and queries. Words: the port, a
-- file of the CA, one of another CA, and a client's certificate and key.
local digest = require "openssl.digest"
local hmac = require "openssl.hmac"
local kdf = require "openssl.kdf"
local mime = require "mime"
local socket = require "socket"
local ssl = require "ssl"
local x509 = require "openssl.x509"

local number, ca, other, certificate, key = tonumber(arg[1]), arg[2], arg[3], arg[4], arg[5]

local function uint32(value)
   return string.char(math.floor(value / 16777216) % 256, math.floor(value / 65536) % 256,
      math.floor(value / 256) % 256, value % 256)
end

local function number_of(bytes)
   local a, b, c, d = bytes:byte(1, 4)
   return ((a * 256 + b) * 256 + c) * 256 + d
end

local function read(stream, count)
   local data, reason = stream:receive(count)
   return data or error("receive: " .. tostring(reason), 0)
end

-- message is the next one: its type and what is in it.
local function message(stream)
   local head = read(stream, 5)
   return head:sub(1, 1), read(stream, number_of(head:sub(2)) - 4)
end

local function send(stream, kind, body)
   local data = kind .. uint32(#body + 4) .. body
   local last, reason = stream:send(data)
   if last ~= #data then
      error("send: " .. tostring(reason), 0)
   end
end

-- sent to be told what went wrong: the field M of an error.
local function refusal(body)
   return (body:match("%zM([^%z]*)") or body):gsub(" in file.*", "")
end

local function exclusive_or(one, two)
   local bytes = {}
   for index = 1, #one do
      local a, b, sum, bit = one:byte(index), two:byte(index), 0, 1
      while bit < 256 do
         if a % 2 ~= b % 2 then
            sum = sum + bit
         end
         a, b, bit = math.floor(a / 2), math.floor(b / 2), bit * 2
      end
      bytes[index] = string.char(sum)
   end
   return table.concat(bytes)
end

local function sign(secret, data)
   return hmac.new(secret, "sha256"):final(data)
end

-- binding is what tls-server-end-point binds to (RFC 5929), as pgmoon finds it.
local function binding(stream)
   local peer = stream:getpeercertificate()
   local name = peer:getsignaturename():lower():match("sha%d+")
   if name == "sha1" then
      name = "sha256"
   end
   return digest.new(name):final(x509.new(peer:pem()):tostring("DER"))
end

-- log_in answers SCRAM-SHA-256-PLUS (RFC 7677, RFC 5802); spoil: with something else than the binding.
local function log_in(stream, mechanisms, password, spoil)
   if not mechanisms:find("SCRAM-SHA-256-PLUS", 1, true) then
      error("no SCRAM-SHA-256-PLUS", 0)
   end
   local header = "p=tls-server-end-point,,"
   local bare = "n=,r=" .. mime.b64(tostring(socket.gettime()))
   local first = header .. bare
   send(stream, "p", "SCRAM-SHA-256-PLUS\0" .. uint32(#first) .. first)
   local kind, body = message(stream)
   assert(kind == "R" and number_of(body) == 11, refusal(body))
   local server = body:sub(5)
   local nonce, salt, rounds = server:match("r=([^,]+),s=([^,]+),i=(%d+)")
   local salted = kdf.derive({
      type = "PBKDF2", md = "sha256", pass = password, salt = mime.unb64(salt), iter = tonumber(rounds), outlen = 32,
   })
   local bound = spoil and ("x"):rep(32) or binding(stream)
   local final = "c=" .. mime.b64(header .. bound) .. ",r=" .. nonce
   local all = bare .. "," .. server .. "," .. final
   local client_key = sign(salted, "Client Key")
   local proof = exclusive_or(client_key, sign(digest.new("sha256"):final(client_key), all))
   send(stream, "p", final .. ",p=" .. mime.b64(proof))
   kind, body = message(stream)
   if kind ~= "R" then
      error(refusal(body), 0)
   end
   assert(number_of(body) == 12)
   assert(body:sub(5) == "v=" .. mime.b64(sign(sign(salted, "Server Key"), all)), "the server does not know it")
end

-- connect opens a connection; parameters are LuaSec's.
local function connect(parameters, user, password, spoil)
   local raw = socket.tcp()
   raw:settimeout(10)
   assert(raw:connect("127.0.0.1", number))
   raw:send(uint32(8) .. uint32(80877103))
   assert(raw:receive(1) == "S")
   parameters.mode = "client"
   parameters.protocol = parameters.protocol or "any"
   parameters.verify = "peer"
   parameters.cafile = parameters.cafile or ca
   local stream = assert(ssl.wrap(raw, parameters))
   stream:settimeout(10)
   local done, reason = stream:dohandshake()
   if not done then
      error("handshake: " .. tostring(reason), 0)
   end
   local start = uint32(196608) .. "user\0" .. user .. "\0database\0postgres\0\0"
   stream:send(uint32(#start + 4) .. start)
   repeat
      local kind, body = message(stream)
      if kind == "E" then
         error(refusal(body), 0)
      elseif kind == "R" and number_of(body) == 10 then
         log_in(stream, body:sub(5), password, spoil)
      end
   until kind == "Z"
   return stream
end

-- query gives the first column of each row.
local function query(stream, text)
   send(stream, "Q", text .. "\0")
   local rows = {}
   repeat
      local kind, body = message(stream)
      if kind == "D" then
         local length = number_of(body:sub(3, 6))
         rows[#rows + 1] = body:sub(7, 6 + length)
      elseif kind == "E" then
         error(refusal(body), 0)
      end
   until kind == "Z"
   return rows
end

local function say(name, ...)
   local words = { name }
   for index = 1, select("#", ...) do
      words[#words + 1] = tostring((select(index, ...)))
   end
   print(table.concat(words, "|"))
end

local USED = "SELECT version || ' ' || ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()"

for _, protocol in ipairs({ "any", "tlsv1_2" }) do
   local stream = connect({ protocol = protocol }, "scram", "secret")
   say(protocol, query(stream, USED)[1])
   local rows = query(stream, "SELECT repeat(chr(97 + n % 26), 1000) FROM generate_series(0, 2999) AS n")
   local right = 0
   for index, row in ipairs(rows) do
      if row == string.char(97 + (index - 1) % 26):rep(1000) then
         right = right + 1
      end
   end
   say("rows", #rows, right)
   local long = ("0123456789abcdef"):rep(65536)
   say("long question", query(stream, "SELECT length('" .. long .. "')")[1])
   stream:close()
end
say("wrong password", pcall(connect, {}, "scram", "other"))
say("wrong binding", pcall(connect, {}, "scram", "secret", true))
say("wrong CA", pcall(connect, { cafile = other }, "scram", "secret"))
local stream = connect({ certificate = certificate, key = key }, "client ec")
say("certificate", query(stream, "SELECT current_user")[1],
   query(stream, "SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()")[1])
stream:close()
say("no certificate", pcall(connect, {}, "client ec"))
