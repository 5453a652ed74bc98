-- What a server in front of others needs (RFC 9849 section 3.1, split mode): it opens a client's hello, by whose name
-- it chooses a server behind, and passes on everything else as it is. keys:opener() makes one for each client.
--     local records, name = opener:feed(bytes)   -- what came from the client
--     records                                     a string: to be sent to the server behind
--     false, received                             not for these keys: the front's own TLS goes on with what came
--     nil, message, code [, alert]                "wantread"; or a failure, and the record that tells the client
local class = require "bearssl.own"
local codes = require "bearssl.codes"
local core = require "bearssl.core"
local options = require "bearssl.options"

local own = class.self_of "ech_opener"

local ALERT, HANDSHAKE, APPLICATION_DATA, CLIENT_HELLO = 21, 22, 23, 1
local RECORD_HEADER, MESSAGE_HEADER, PLAINTEXT_MAXIMUM = 5, 4, 16384
-- More is refused before it is collected, as servers here do by default (`client_hello_limit`).
local HELLO_MAXIMUM = 65536

local methods = {}

-- Its state has the fields
--    core        what opens hellos (csrc/lua/ech_opener.c); nil when nothing will be opened any more
--    came        all that came, in pieces, until the first hello is known; then nil
--    parts, size, expected, version   what was collected of a hello: fragments, their length in all, that of the hello
--                where it is known, the version of the records
--    buffer      what came of a record that waits for the rest of it
--    left        how much of a record that is passed on is still to come
--    early_data  the first hello offers early data
--    failed      the code with which it has ended, or "not for these keys"

local function fail(state, message, code)
   state.core, state.failed = nil, code
   local alert = core.alert_number(codes()[code].alert or "internal_error")
   return nil, message, code, string.char(ALERT, 3, 3, 0, 2, 2, alert)
end

-- A first hello that is not opened is the front's own affair, which has the same keys and says what is wrong with it.
local function refuse(state, message, code)
   if not state.came then return fail(state, message, code) end
   local received = table.concat(state.came)
   state.core, state.came, state.failed = nil, nil, "not for these keys"
   return false, received
end

-- A message as records of the version that the client wrote on its own.
local function records_of(message, version)
   local records = {}
   for at = 1, #message, PLAINTEXT_MAXIMUM do
      local part = message:sub(at, at + PLAINTEXT_MAXIMUM - 1)
      records[#records + 1] = string.char(HANDSHAKE) .. version
         .. string.char(math.floor(#part / 256), #part % 256) .. part
   end
   return table.concat(records)
end

-- Collects what a record has of a hello. Returns the message when it is whole, or cannot become one.
local function collect(state, version, content)
   local parts = state.parts
   parts[#parts + 1], state.size, state.version = content, state.size + #content, state.version or version
   if not state.expected and state.size >= MESSAGE_HEADER then
      local kind, a, b, c = table.concat(parts):byte(1, MESSAGE_HEADER)
      local length = MESSAGE_HEADER + 65536 * a + 256 * b + c
      state.expected = kind == CLIENT_HELLO and length <= HELLO_MAXIMUM and length or 0
   end
   local is_over = content == "" or state.size >= (state.expected or HELLO_MAXIMUM)
   return is_over and table.concat(parts) or nil
end

-- Opens a hello: true, its records, the name in it; or false, and what feed returns where it is refused.
local function open(state, message)
   local inner, name, early_data = state.core:open(message)
   if not inner then return false, refuse(state, name, early_data) end
   local records = records_of(inner, state.version)
   if not state.came then state.core = nil end
   state.came, state.early_data = nil, early_data
   state.parts, state.size, state.expected, state.version = {}, 0, nil, nil
   return true, records, name
end

-- Looks at the record that begins at bytes[at]. Returns where it goes on, or nil where more must come; with records and
-- a name where a hello was opened, which cannot be where it ends: false, and what feed returns.
local function look(state, bytes, at)
   local kind, _, _, high, low = bytes:byte(at, at + RECORD_HEADER - 1)
   local content = at + RECORD_HEADER
   local past = low and content + 256 * high + low
   local message
   if kind ~= HANDSHAKE and (state.came or state.size > 0) then
      message = table.concat(state.parts) -- and no more of it: the core says so
   elseif not low or kind == HANDSHAKE and past > #bytes + 1 then
      return nil
   elseif kind ~= HANDSHAKE then
      -- It goes on as it is. Where no early data is offered, a protected one tells that no second hello was asked for.
      if kind == APPLICATION_DATA and not state.early_data then state.core = nil end
      state.left = past - at
      return at
   else
      message = collect(state, bytes:sub(at + 1, at + 2), bytes:sub(content, past - 1))
      if not message then return past end
   end
   local opened, a, b, c, d = open(state, message)
   if not opened then return false, a, b, c, d end
   return past, a, b
end

--- feed(bytes) takes what came from the client. Returns what is to be sent to the server behind, and with it, where a
-- hello was opened, the name of that server (nil where the hello has none): the first time that there is anything, and
-- once more after HelloRetryRequest, when it goes to the same server. Or false and all that came, where there is no
-- hello that the keys open; nil, "wantread", "wantread" where more must come; or nil, message, code and an alert to
-- send to the client, for a second hello that no server may take. After either end it raises.
function methods:feed(bytes, ...)
   local state = own(self, "feed")
   options.surplus("feed", bytes, ...)
   if type(bytes) ~= "string" then error("feed: bytes must be a string, not " .. options.describe(bytes), 2) end
   if state.failed then error("feed: this opener is at its end: " .. state.failed, 2) end
   if state.came then state.came[#state.came + 1] = bytes end
   bytes, state.buffer = state.buffer .. bytes, ""
   local out, name, at = {}, nil, 1
   while at <= #bytes do
      if not state.core or state.left > 0 then
         local past = state.core and math.min(at + state.left, #bytes + 1) or #bytes + 1
         out[#out + 1], state.left, at = bytes:sub(at, past - 1), state.left - (past - at), past
      else
         local past, a, b, c, d = look(state, bytes, at)
         if past == false then return a, b, c, d end
         if not past then
            state.buffer = bytes:sub(at)
            break
         end
         if a then out[#out + 1], name = a, b end
         at = past
      end
   end
   if #out == 0 then return nil, "wantread", "wantread" end
   return table.concat(out), name
end

--- done() tells that whatever comes from the client may go on as it is, without feed(): nothing will be opened any
-- more.
function methods:done(...)
   local state = own(self, "done")
   options.surplus("done", nil, ...)
   return state.core == nil and not state.failed
end

local make = class.class("ech_opener", methods, {
   __tostring = function(self)
      own(self, "tostring")
      return "bearssl.ech_opener"
   end,
})

--- The function makes one of keys.
return function(keys)
   return make { core = core.ech_opener(keys), came = {}, parts = {}, size = 0, buffer = "", left = 0 }
end
