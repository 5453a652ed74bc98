-- A peer that breaks the rules: a real connection whose flights are taken apart into messages on the wire,
-- changed, and put together again. What follows its ChangeCipherSpec cannot be read and stays one piece.
--     hostile.tamper("server", function(items) … end)       a `tamper` option for pump
-- An item is { kind = "message", type =, name =, body = }, { kind = "record", type =, body = } (alerts,
-- change_cipher_spec …) or { kind = "raw", bytes = }.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local core = require "bearssl.core"
local pump = require "spec.support.pump"

local hostile = {}

local function merge(...)
   local result = {}
   for index = 1, select("#", ...) do
      for name, value in pairs((select(index, ...)) or {}) do
         result[name] = value
      end
   end
   return result
end

-- contexts makes a server's and a client's context; the tables are options over these. TLS 1.2 unless they say
-- otherwise: most of its handshake stands on the wire in clear.
function hostile.contexts(server, client)
   local identity = certificates[server and server.identity or "ec"]
   local server_options = merge({ mode = "server", certificate = identity.chain, key = identity.key,
      max_version = "TLSv1.2" }, server)
   server_options.identity = nil
   -- what is damaged is a full handshake, unless a session is given
   local client_options = merge({ trust = certificates.ca.certificate, max_version = "TLSv1.2", session_cache = 0 },
      client)
   return assert(bearssl.context(client_options)), assert(bearssl.context(server_options))
end

-- pair makes a client's and a server's connection.
function hostile.pair(client_context, server_context, client_options, server_options)
   return assert(client_context:connection(merge({ server_name = "localhost" }, client_options))),
      assert(server_context:connection(server_options or {}))
end

local NAMES = {}
for number = 0, 255 do
   local table_or_nil = core.parse_message(string.char(2, number), { type = "alert" })
   NAMES[number] = table_or_nil and table_or_nil.description or tostring(number)
end

-- alert tells the name of the last alert that `from` sent: in the clear, or as its peer heard it; "protected" when
-- the peer could not read it any more.
function hostile.alert(result, from)
   local name, protected
   for _, record in ipairs(result.records) do
      if record.from == from and record.type == 21 and #record.body == 2 then
         name = NAMES[record.body:byte(2)]
      end
      protected = record.from == from and record.type == 21 or protected and record.from ~= from
   end
   local peer = from == "client" and result.server or result.client
   return name or peer.code and peer.code:match("^alert_(.+)") or protected and "protected" or nil
end

function hostile.message(type, body)
   return { kind = "message", type = type, body = body }
end

function hostile.record(type, body)
   return { kind = "record", type = type, body = body }
end

function hostile.raw(bytes)
   return { kind = "raw", bytes = bytes }
end

-- items takes whole records apart. hidden: what follows cannot be read.
function hostile.items(records, hidden)
   local list, pending = {}, ""
   for _, record in ipairs(records) do
      if hidden then
         list[#list + 1] = hostile.raw(pump.record(record.type, record.body, record.version))
      elseif record.type == 22 then
         pending = pending .. record.body
         for _, message in ipairs(pump.messages({ { type = 22, body = pending } })) do
            message.kind = "message"
            list[#list + 1] = message
            pending = pending:sub(5 + #message.body)
         end
      else
         list[#list + 1] = hostile.record(record.type, record.body)
         hidden = hidden or record.type == 20
      end
   end
   return list, hidden
end

function hostile.bytes(items, version)
   local list = {}
   for _, item in ipairs(items) do
      if item.kind == "message" then
         local bytes = pump.message(item.type, item.body)
         for first = 1, #bytes, 16384 do
            list[#list + 1] = pump.record(22, bytes:sub(first, first + 16383), version)
         end
      elseif item.kind == "record" then
         list[#list + 1] = pump.record(item.type, item.body, version)
      else
         list[#list + 1] = item.bytes
      end
   end
   return table.concat(list)
end

-- tamper calls edit(items, flight) for each flight of `attacker`: it changes the list or returns another one.
function hostile.tamper(attacker, edit)
   local hidden, flight = nil, 0
   return function(bytes, from, records)
      if from ~= attacker then
         return bytes
      end
      flight = flight + 1
      local items
      items, hidden = hostile.items(records, hidden)
      items = edit(items, flight) or items
      return hostile.bytes(items, 0x0303)
   end
end

-- find gives the index of a message by name, or of a record by its type.
function hostile.find(items, what)
   for index, item in ipairs(items) do
      if item.name == what or item.kind == "record" and item.type == what then
         return index
      end
   end
   return nil
end

-- run does one handshake with a tampering peer: pump's result. options: contexts, attacker, edit, and the rest is
-- pump's.
function hostile.run(options)
   local contexts = options.contexts
   local client, server = hostile.pair(contexts.client, contexts.server, options.client, options.server)
   local result = pump(client, server, merge(options, {
      tamper = options.edit and hostile.tamper(options.attacker, options.edit) or options.tamper,
   }))
   result.client.info, result.server.info = client:info(), server:info()
   result.client_connection, result.server_connection = client, server
   return result
end

return hostile
