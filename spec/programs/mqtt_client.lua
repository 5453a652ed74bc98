-- A client of MQTT 3.1.1 with the habits of luamqtt: a time-out of 5 ms for a whole call, and receive(n) again for
-- all of n when it is over, whatever came until then. So no call may give back less than what has arrived when it
-- is made. Words: the port of a broker, a topic, a file of its CA, one of another, the port for who has a
-- certificate, and one with its key.
local socket = require "socket"
local ssl = require "ssl"

local number, topic, ca, other, second = tonumber(arg[1]), arg[2], arg[3], arg[4], tonumber(arg[5])

local CONNECT, CONNACK, PUBLISH, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP = 1, 2, 3, 8, 9, 12, 13

local function text(bytes)
   return string.char(math.floor(#bytes / 256), #bytes % 256) .. bytes
end

local function packet(kind, flags, body)
   local head, left = string.char(kind * 16 + flags), #body
   repeat
      local low = left % 128
      left = math.floor(left / 128)
      head = head .. string.char(left > 0 and low + 128 or low)
   until left == 0
   return head .. body
end

local function send(stream, data)
   local sent = 0
   repeat
      local last, reason, partial = stream:send(data, sent + 1)
      sent = last or partial
      if not last and reason ~= "wantread" and reason ~= "wantwrite" and reason ~= "timeout" then
         error("send: " .. reason, 0)
      end
   until sent == #data
end

local WAITING = { wantread = true, wantwrite = true, timeout = true }

-- receive drops what came of an answer that is not whole.
local function receive(stream, count)
   local deadline = socket.gettime() + 5
   repeat
      local data, reason = stream:receive(count)
      if data then
         return data
      elseif not WAITING[reason] then
         error("receive: " .. reason, 0)
      end
   until socket.gettime() > deadline
   error("receive: lost", 0)
end

local function read(stream)
   local head = receive(stream, 1):byte()
   local length, factor, byte = 0, 1
   repeat
      byte = receive(stream, 1):byte()
      length = length + byte % 128 * factor
      factor = factor * 128
   until byte < 128
   socket.sleep(0.05) -- meanwhile the rest of it arrives
   return math.floor(head / 16), length > 0 and receive(stream, length) or ""
end

local function expect(stream, wanted)
   local kind, body
   repeat
      kind, body = read(stream)
   until kind == wanted
   return body
end

local function connect(port, parameters)
   local raw = socket.tcp()
   assert(raw:connect("127.0.0.1", port))
   parameters.mode, parameters.verify = "client", "peer"
   parameters.protocol = parameters.protocol or "any"
   parameters.cafile = parameters.cafile or ca
   local stream = assert(ssl.wrap(raw, parameters))
   local done, reason = stream:dohandshake()
   if not done then
      error("handshake: " .. reason, 0)
   end
   stream:settimeout(0.005, "t")
   send(stream, packet(CONNECT, 0, text("MQTT") .. "\4\2\0\60" .. text("client" .. port)))
   local answer = expect(stream, CONNACK)
   assert(answer:byte(2) == 0)
   return stream
end

local function say(...)
   print(table.concat({ ... }, "|"))
end

for _, protocol in ipairs({ "any", "tlsv1_2" }) do
   local stream = connect(number, { protocol = protocol })
   send(stream, packet(SUBSCRIBE, 2, "\0\1" .. text(topic) .. "\0"))
   expect(stream, SUBACK)
   for _, length in ipairs({ 0, 100, 16384, 20480, 100000 }) do
      local sent = ("m"):rep(length)
      send(stream, packet(PUBLISH, 0, text(topic) .. sent))
      local body = expect(stream, PUBLISH)
      say(protocol, length, tostring(body == text(topic) .. sent))
   end
   send(stream, packet(PINGREQ, 0, ""))
   expect(stream, PINGRESP)
   say(stream:info("protocol"), "alive")
   stream:close()
end
say("wrong CA", tostring(select(2, pcall(connect, number, { cafile = other }))))
local stream = connect(second, { certificate = arg[6], key = arg[7] })
say("certificate", "taken")
stream:close()
local done, reason = pcall(connect, second, {})
-- the broker's reset may overtake its alert
say("no certificate", tostring(done), tostring(reason == "receive: tlsv13 alert certificate required"
   or reason == "receive: closed" or reason == "send: closed" or reason))
