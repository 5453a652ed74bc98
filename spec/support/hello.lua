-- A client that says one ClientHello of any kind to a server of ours, and reads what it answers in the clear:
--     hello.build { legacy_version = 0x0303, suites = { 0xC02B }, extensions = { [43] = "\2\3\3", [11] = false } }
-- gives the message; extensions is by type, over those that an honest client of both TLS 1.2 and 1.3 sends, and false
-- takes one away. versions, when given, is the list of supported_versions.
--     hello.ask(server_context, message, options)
-- gives { server_hello =, certificate = ..., alert =, code =, message = , connection = }: each message by its name, as
-- core.parse_message gives it, the alert that was sent, and why the server ended.
local core = require "bearssl.core"
local assert = require "luassert"
local pump = require "spec.support.pump"

local hello = {}

local function u16(number) return string.char(math.floor(number / 256), number % 256) end

function hello.vector16(bytes) return u16(#bytes) .. bytes end

function hello.list(numbers)
   local out = {}
   for index, number in ipairs(numbers) do out[index] = u16(number) end
   return hello.vector16(table.concat(out))
end

-- server_name of one name, or of several { type, name }.
function hello.names(...)
   local out = {}
   for index, name in ipairs { ... } do
      if type(name) == "string" then name = { 0, name } end
      out[index] = string.char(name[1]) .. hello.vector16(name[2])
   end
   return hello.vector16(table.concat(out))
end

local function versions(list)
   local raw = hello.list(list)
   return raw:sub(2)
end

local function usual()
   return {
      [0] = hello.names "localhost",
      [10] = hello.list { 29, 23 },
      [11] = "\1\0",
      [13] = hello.list { 0x0403, 0x0804, 0x0401 },
      [23] = "",
      [43] = versions { 0x0304, 0x0303 },
      [45] = "\1\1",
      -- a share of x25519: its base point
      [51] = hello.vector16(u16(29) .. hello.vector16("\9" .. ("\0"):rep(31))),
   }
end

function hello.build(options)
   options = options or {}
   local all, list = usual(), {}
   if options.versions == false then
      all[43], all[45], all[51] = nil, nil, nil
   elseif options.versions then
      all[43] = versions(options.versions)
   end
   for kind, raw in pairs(options.extensions or {}) do all[kind] = raw or nil end
   for kind, raw in pairs(all) do list[#list + 1] = { id = kind, raw = raw } end
   -- pre_shared_key comes last
   table.sort(list, function(a, b) return (a.id == 41 and 1e6 or a.id) < (b.id == 41 and 1e6 or b.id) end)
   return assert(core.build_message {
      stage = "client_hello", legacy_version = options.legacy_version or 0x0303, random = ("r"):rep(32),
      session_id = options.session_id or "",
      cipher_suites = options.suites or { 0x1301, 0xC02B, 0xC02F, 0xC00A, 0xC014 },
      extensions = list,
   })
end

function hello.ask(context, message, options)
   local connection = assert(context:connection(options))
   local reply = { connection = connection }
   connection:feed(pump.record(22, message, 0x0301))
   reply.status, reply.message, reply.code = connection:step()
   local bytes = ""
   for _, record in ipairs((pump.records(connection:drain()))) do
      if record.type == 22 then bytes = bytes .. record.body end
      if record.type == 21 then
         reply.alert = assert(core.parse_message(record.body, { type = "alert" })).description
      end
      reply[#reply + 1] = record
   end
   local version, suite
   while #bytes > 0 do
      local length = 4 + bytes:byte(2) * 65536 + bytes:byte(3) * 256 + bytes:byte(4)
      local parsed = assert(core.parse_message(bytes:sub(1, length), { version = version, suite = suite }))
      if parsed.stage == "server_hello" then version, suite = parsed.version_id, parsed.cipher_suite_id end
      reply[parsed.stage] = parsed
      bytes = bytes:sub(length + 1)
   end
   return reply
end

-- extension: the data of one in a parsed hello, or nil.
function hello.extension(parsed, kind)
   for _, extension in ipairs(parsed.extensions) do
      if extension.id == kind then return extension.raw end
   end
   return nil
end

return hello
