-- What connections and streams tell alike.
local core = require "bearssl.core"
local driver = require "bearssl.driver"
local options = require "bearssl.options"

local fields, names = {}, core.info_fields()
for _, name in ipairs(names) do fields[name] = true end
table.sort(names)

local bindings = { "tls-exporter", "tls-server-end-point", "tls-unique" }

local function check_field(field)
   if field ~= nil and not fields[field] then
      error(options.unknown("info: unknown field", field, names, "Fields"), 3)
   end
end

local function export(connection, name, label, length, context)
   if type(label) ~= "string" or label == "" or label:find("%z") then
      error(name .. ": the label must be a string, neither empty nor with a NUL in it", 3)
   elseif type(length) ~= "number" or length % 1 ~= 0 or length < 1 or length > 65535 then
      error(name .. ": the length must be an integer from 1 to 65535", 3)
   elseif context ~= nil and (type(context) ~= "string" or #context > 65535) then
      error(name .. ": the context must be a string of at most 65535 bytes", 3)
   end
   local object = connection.core
   if not object then return nil, driver.CLOSED, "closed" end
   local bytes, message, code = object[name](object, label, length, context)
   if code == "illegal_parameter" then error(("%s: TLS itself uses the label '%s'"):format(name, label), 3) end
   return options.result(bytes, message, code)
end

--- telling(methods, own) puts the methods into a class. own: its function that gives an object's state, whose field
-- `connection` is the connection's state.
return function(methods, own)
   --- info([field]) is a table of what is known and negotiated (doc/api.md), or one field of it; an unknown field
   -- raises. After the end it is what it was last.
   function methods:info(field)
      local connection = own(self, "info").connection
      check_field(field)
      local info = (connection.core or connection.retired):info()
      if field ~= nil then return info[field] end
      return info
   end

   --- session() is the session object that a later connection can resume (option `session`), or nil.
   function methods:session()
      local connection = own(self, "session").connection
      return (connection.core or connection.retired):session()
   end

   --- export_keying_material(label, length [, context]) is `length` bytes (RFC 5705) that only the two ends of this
   -- connection can make, for a protocol above it. label: a string, usually "EXPORTER-…"; one that TLS uses itself
   -- raises. context: a string; none and "" are different. nil, message, code: "not_ready" before the handshake is
   -- over, "unsafe_binding" where the extended master secret was not negotiated, "closed" after close().
   function methods:export_keying_material(label, length, context)
      local connection = own(self, "export_keying_material").connection
      local bytes, message, code = export(connection, "export_keying_material", label, length, context)
      return options.result(bytes, message, code) -- no tail call of export: error messages name the caller's line
   end

   --- export_early_keying_material(label, length [, context]) is the same of the early exporter (RFC 8446 section 7.5),
   -- on connections whose early data was accepted; "not_ready" otherwise. Who replays early data replays this too.
   function methods:export_early_keying_material(label, length, context)
      local connection = own(self, "export_early_keying_material").connection
      local bytes, message, code = export(connection, "export_early_keying_material", label, length, context)
      return options.result(bytes, message, code)
   end

   --- channel_binding(type) is what ties another authentication to this connection: "tls-unique" and
   -- "tls-server-end-point" (RFC 5929), "tls-exporter" (RFC 9266); another type raises. nil, message, code:
   -- "not_ready", "unsafe_binding" (no extended master secret), "closed".
   function methods:channel_binding(kind)
      local connection = own(self, "channel_binding").connection
      local known = false
      for _, name in ipairs(bindings) do known = known or kind == name end
      if not known then
         error(options.unknown("channel_binding: unknown type", kind, bindings, "Types"), 2)
      end
      local object = connection.core
      if not object then return nil, driver.CLOSED, "closed" end
      return object:channel_binding(kind)
   end
end
