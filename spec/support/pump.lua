-- Drives two sans-I/O connections against each other, without sockets:
--     local result = pump(client, server)
-- moves bytes until both are quiet. The names of the sides are those of the arguments: "client" first.
-- options:
--    chunk    bytes per feed: 1 cuts everything into single bytes
--    tamper   function(bytes, from, records) → bytes, called for each piece that `from` ("client" or
--             "server") sends; records is pump.records(bytes)
--    observe  function(bytes, from), called for each piece as it arrives
--    rounds   give up after so many rounds (10000)
--    close    when one side has failed the other is told that the transport ended (default true)
-- result:
--    client, server   { status = what the last step() returned first ("wantread", "data", "closed", or
--                     nil), message =, code =, data = plaintext read }
--    wire             list of { from =, bytes = } in order
--    records          list of { from =, type =, version =, body = } in order
--    messages         list of { from =, type =, name =, body = } of the handshake messages sent in clear
local pump = {}

local NAMES = {
   [0] = "hello_request",
   "client_hello",
   "server_hello",
   nil,
   "new_session_ticket",
   [11] = "certificate",
   [12] = "server_key_exchange",
   [13] = "certificate_request",
   [14] = "server_hello_done",
   [15] = "certificate_verify",
   [16] = "client_key_exchange",
   [20] = "finished",
   [22] = "certificate_status",
}

-- records cuts bytes into TLS records; the second result is what is left over.
function pump.records(bytes)
   local list, position = {}, 1
   while position + 4 <= #bytes do
      local kind, major, minor, high, low = bytes:byte(position, position + 4)
      local length = high * 256 + low
      if position + 4 + length > #bytes then
         break
      end
      list[#list + 1] = {
         type = kind,
         version = major * 256 + minor,
         body = bytes:sub(position + 5, position + 4 + length),
      }
      position = position + 5 + length
   end
   return list, bytes:sub(position)
end

-- record makes one record.
function pump.record(kind, body, version)
   version = version or 0x0303
   return string.char(kind, math.floor(version / 256), version % 256, math.floor(#body / 256), #body % 256) .. body
end

-- message makes one handshake message (without the record around it).
function pump.message(kind, body)
   return string.char(kind, math.floor(#body / 65536), math.floor(#body / 256) % 256, #body % 256) .. body
end

-- messages cuts the content of handshake records into messages: until change_cipher_spec, when they
-- are no longer readable.
function pump.messages(records)
   local list, pending, hidden = {}, {}, {}
   for _, record in ipairs(records) do
      local from = record.from or "?"
      if record.type == 20 then
         hidden[from] = true
      elseif record.type == 22 and not hidden[from] then
         local bytes = (pending[from] or "") .. record.body
         while #bytes >= 4 do
            local kind, a, b, c = bytes:byte(1, 4)
            local length = a * 65536 + b * 256 + c
            if #bytes < 4 + length then
               break
            end
            list[#list + 1] = { from = from, type = kind, name = NAMES[kind], body = bytes:sub(5, 4 + length) }
            bytes = bytes:sub(5 + length)
         end
         pending[from] = bytes
      end
   end
   return list
end

-- Each side takes from its queue what it has room for, in pieces of `chunk` bytes.
local function give(side, options)
   local moved = false
   while #side.queue > 0 do
      local piece = options.chunk and side.queue:sub(1, options.chunk) or side.queue
      local taken = side.connection:feed(piece)
      if not taken or taken == 0 then
         break
      end
      moved = true
      side.queue = side.queue:sub(taken + 1)
      if options.chunk then
         break
      end
   end
   return moved
end

local function step(side, result)
   local status, message, code = side.connection:step()
   local moved = status ~= side.result.status
   side.result.status, side.result.message, side.result.code = status, message, code
   local plaintext = side.connection:read()
   while plaintext and #plaintext > 0 do
      side.result.data = side.result.data .. plaintext
      moved = true
      plaintext = side.connection:read()
   end
   local output = side.connection:drain()
   if #output > 0 then
      moved = true
      local tamper = result.options.tamper
      if tamper then
         output = tamper(output, side.name, (pump.records(output)))
      end
      result.wire[#result.wire + 1] = { from = side.name, bytes = output }
      if result.options.observe then
         result.options.observe(output, side.name)
      end
      side.peer.queue = side.peer.queue .. output
      side.sent = side.sent .. output
   end
   if not status then
      side.queue = ""
      if not side.ended and result.options.close ~= false then
         side.ended = true
         side.peer.finish = true
         moved = true
      end
   end
   return moved
end

local function run(_, client, server, options)
   local result = {
      options = options or {},
      client = { data = "" },
      server = { data = "" },
      wire = {},
      records = {},
   }
   local a = { name = "client", connection = client, result = result.client, queue = "", sent = "" }
   local b = { name = "server", connection = server, result = result.server, queue = "", sent = "" }
   a.peer, b.peer = b, a
   local quiet = 0
   for _ = 1, result.options.rounds or 10000 do
      local moved = false
      for _, side in ipairs({ a, b }) do
         moved = give(side, result.options) or moved
         if side.finish and #side.queue == 0 then
            side.finish = nil
            side.connection:feed()
            moved = true
         end
         moved = step(side, result) or moved
         local records, rest = pump.records(side.sent)
         side.sent = rest
         for _, record in ipairs(records) do
            record.from = side.name
            result.records[#result.records + 1] = record
         end
      end
      quiet = moved and 0 or quiet + 1
      if quiet == 2 then
         result.messages = pump.messages(result.records)
         return result
      end
   end
   error("the two connections go on for ever", 2)
end

return setmetatable(pump, { __call = run })
