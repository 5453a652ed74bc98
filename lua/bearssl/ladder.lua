-- Draws a handshake as a ladder diagram: the client's line, the server's line, and every message as an
-- arrow between them with its main fields and its time.
--     local ladder = require "bearssl.ladder"
--     local recorder = ladder.recorder()
--     local stream = context:wrap(socket, { server_name = name, handlers = recorder:handlers() })
--     recorder:start()
--     stream:handshake()
--     print(recorder:draw())
-- Double arrows are messages under encryption.
local describe = require "bearssl.describe"

local ladder = { describe = describe.message, title = describe.title }

-- ---- Text: widths are counted in characters, and what a peer chose never reaches the terminal raw ----

local CONTINUATION = "[\128-\191]"

local function width_of(text)
   local _, continuations = text:gsub(CONTINUATION, "")
   return #text - continuations
end

-- The first `count` characters of text, and the rest.
local function cut(text, count)
   local at, seen = 1, 0
   while at <= #text do
      if not text:sub(at, at):find(CONTINUATION) then
         if seen == count then break end
         seen = seen + 1
      end
      at = at + 1
   end
   return text:sub(1, at - 1), text:sub(at)
end

local function pad(text, width, fill)
   return text .. (fill or " "):rep(width - width_of(text))
end

-- Breaks text into lines of at most `width` characters, after commas and at spaces where it can.
local function wrap(text, width, limit)
   local lines, line = {}, ""
   local function push(piece)
      lines[#lines + 1] = piece
   end
   for word in text:gmatch("%S+") do
      if line ~= "" and width_of(line) + 1 + width_of(word) > width then
         push(line)
         line = ""
      end
      line = line == "" and word or (line .. " " .. word)
      while width_of(line) > width do
         local head, tail = cut(line, width)
         push(head)
         line = tail
      end
   end
   if line ~= "" then push(line) end
   if limit and #lines > limit then
      for i = #lines, limit + 1, -1 do lines[i] = nil end
      lines[limit] = cut(lines[limit], width - 3):gsub("[,%s]+$", "") .. "..."
   end
   return lines
end

-- ---- Recording ----

local Recorder = {}
Recorder.__index = Recorder

local function default_clock()
   local ok, socket = pcall(require, "socket")
   return ok and socket.gettime or os.clock
end

--- recorder([options]) notes every stage of one connection. options: mode ("client", or "server" when the
-- connection is a server's), clock (function → seconds), states (true: each with the state of the handshake).
function ladder.recorder(options)
   options = options or {}
   if options.mode and options.mode ~= "client" and options.mode ~= "server" then
      error("mode must be 'client' or 'server'", 2)
   end
   return setmetatable({
      mode = options.mode or "client", clock = options.clock or default_clock(), entries = {},
      states = options.states and true or false,
   }, Recorder)
end

--- start() sets the time that counts as zero; otherwise it is the first message's.
function Recorder:start()
   self.began = self.clock()
end

--- note(message) adds one stage's message.
function Recorder:note(message)
   local now = self.clock()
   self.began = self.began or now
   local from
   if message.direction == "sent" then
      from = self.mode
   elseif message.direction == "received" then
      from = self.mode == "client" and "server" or "client"
   end
   local title, fields = describe.message(message)
   -- it is no message of its own on the wire (RFC 9849)
   if message.stage == "client_hello" and message.ech == "inner" then
      title = title .. " (encrypted in the outer one)"
   end
   if self.states and message.state then table.insert(fields, 1, { "state", message.state }) end
   self.entries[#self.entries + 1] = {
      stage = message.stage, from = from, at = now - self.began, title = title, fields = fields,
      length = message.length, message = message,
   }
end

--- remark(title, fields) adds what is no message.
function Recorder:remark(title, fields)
   local now = self.clock()
   self.began = self.began or now
   self.entries[#self.entries + 1] = { at = now - self.began, title = title, fields = fields }
end

--- handlers([stages]) is a table of handlers for a context or a connection: for every stage but
-- application_data, or for the stages listed.
function Recorder:handlers(stages)
   local handlers = {}
   local function note(_, message) self:note(message) end
   for _, stage in ipairs(stages or describe.stages) do
      if stages or stage ~= "application_data" then handlers[stage] = note end
   end
   return handlers
end

--- seconds() is the time of the last message.
function Recorder:seconds()
   local last = self.entries[#self.entries]
   return last and last.at or 0
end

--- draw([options]) is the diagram as text; see ladder.draw.
function Recorder:draw(options)
   return ladder.draw(self.entries, options)
end

-- ---- Drawing ----

local STYLES = {
   unicode = {
      line = "│", sent = "├─ ", received = "│◀─ ", rule = "─", to_server = "─▶│", to_client = "─┤",
      crypt_sent = "╞═ ", crypt_received = "│◀═ ", crypt_rule = "═", crypt_to_server = "═▶│", crypt_to_client = "═╡",
      note_left = "├┄ ", note_rule = "┄", note_right = "┄┤",
   },
   ascii = {
      line = "|", sent = "|-- ", received = "|<- ", rule = "-", to_server = "->|", to_client = "--|",
      crypt_sent = "|== ", crypt_received = "|<= ", crypt_rule = "=", crypt_to_server = "=>|", crypt_to_client = "==|",
      note_left = "|.. ", note_rule = ".", note_right = "..|",
   },
}

local TIME_WIDTH = 9
local MINIMUM = 48

local ANSI = { bold = "1", dim = "2", red = "31", green = "32", yellow = "33", cyan = "36", blue = "34" }

local function painter(on)
   return function(style, text)
      local code = on and ANSI[style]
      return code and ("\27[" .. code .. "m" .. text .. "\27[0m") or text
   end
end

local function safe(text, unicode)
   return describe.printable(text, unicode)
end

-- Stages that are never encrypted in TLS 1.3 (RFC 8446 section 5).
local CLEAR = { client_hello = true, hello_retry_request = true, server_hello = true, change_cipher_spec = true }

-- Notes from which message on the sides encrypt: in TLS 1.3 from ServerHello, below it from their ChangeCipherSpec.
local function note_encryption(encrypted, entry)
   local message = entry.message or {}
   if entry.stage == "server_hello" and message.version == "TLSv1.3" then
      encrypted.client, encrypted.server = true, true
   elseif entry.stage == "change_cipher_spec" and entry.from and message.changes_protection ~= false then
      encrypted[entry.from] = true
   end
end

local function is_encrypted(encrypted, entry)
   if entry.message and entry.message.early then return true end
   return encrypted[entry.from] and not CLEAR[entry.stage]
end

--- encryption() is a function(entry) that tells whether a message is under encryption, when it is asked for each entry
-- of a recording in order.
function ladder.encryption()
   local encrypted = {}
   return function(entry)
      local answer = is_encrypted(encrypted, entry) and true or false
      note_encryption(encrypted, entry)
      return answer
   end
end

-- Draws one diagram as a list of lines, each exactly `width` characters wide on the screen.
local function lines_of(entries, options)
   local width = math.max(MINIMUM, options.width)
   local style = options.unicode and STYLES.unicode or STYLES.ascii
   local paint = painter(options.colour)
   local inner = width - TIME_WIDTH - 2
   local blank = (" "):rep(TIME_WIDTH)
   local lines, encrypted = {}, ladder.encryption()

   local function put(text)
      lines[#lines + 1] = text
   end

   local function arrow(entry, from)
      local crypt = encrypted(entry) and "crypt_" or ""
      local rule = style[crypt .. "rule"]
      local sent = from == "client"
      local head = style[sent and crypt .. "sent" or crypt .. "received"]
      local tail = style[sent and crypt .. "to_server" or crypt .. "to_client"]
      if not from then head, tail, rule = style.note_left, style.note_right, style.note_rule end
      local size = from and entry.length and (" %d byte%s "):format(entry.length, entry.length == 1 and "" or "s") or ""
      local title = safe(entry.title, options.unicode)
      title = cut(title, inner + 2 - width_of(head) - width_of(tail) - #size - 2)
      local room = width - TIME_WIDTH - width_of(head) - width_of(title) - 1 - width_of(tail) - #size
      local colour = entry.stage == "alert" and "red" or not from and "green" or sent and "cyan" or "yellow"
      local time = entry.at and ("%7.2f  "):format(entry.at * 1000) or blank
      put(paint("dim", pad(time, TIME_WIDTH)) .. paint(colour, head) .. paint("bold", title) .. " "
         .. paint(colour, rule:rep(room)) .. paint("dim", size) .. paint(colour, tail))
   end

   local function field(name, text)
      local label = name == "" and "" or name .. "  "
      local indent = 4 + #label
      local room = inner - indent - 1
      for i, piece in ipairs(wrap(safe(text, options.unicode), room, options.lines)) do
         local start = i == 1 and "    " .. paint("dim", label) or (" "):rep(indent)
         put(blank .. style.line .. start .. pad(piece, room + 1) .. style.line)
      end
   end

   if options.title then put(paint("bold", pad(cut(safe(options.title, options.unicode), width), width))) end
   local client, server = options.client or "client", options.server or "server"
   server = cut(server, math.max(1, width - TIME_WIDTH - #client - 2))
   put(paint("dim", pad("     ms", TIME_WIDTH)) .. client
      .. (" "):rep(width - TIME_WIDTH - width_of(client) - width_of(server)) .. server)
   put(blank .. style.line .. (" "):rep(inner) .. style.line)
   for _, entry in ipairs(entries) do
      arrow(entry, entry.from)
      if options.fields ~= false then
         for _, pair in ipairs(entry.fields or {}) do field(pair[1], pair[2]) end
      end
   end
   put(blank .. style.line .. (" "):rep(inner) .. style.line)
   return lines, width
end

local function settings(options)
   local complete = { width = 80, lines = 3 }
   for name, value in pairs(options or {}) do complete[name] = value end
   return complete
end

--- draw(entries [, options]) is the diagram of one recording as text. options: width (80), unicode (false:
-- ASCII only), colour, fields (false leaves them out), lines (at most so many per field, 3), title,
-- client, server (the columns' names).
function ladder.draw(entries, options)
   return table.concat((lines_of(entries, settings(options))), "\n")
end

local GAP = 4

--- beside(left, right [, options]) draws two recordings beside each other where options.width has the room,
-- else one below the other. options.titles: the two titles; the rest as for draw.
function ladder.beside(left, right, options)
   local base = settings(options)
   local titles = base.titles or {}
   local half = math.floor((base.width - GAP) / 2)
   local function part(entries, index, width)
      local own = settings(base)
      own.width, own.title = width, titles[index]
      return lines_of(entries, own)
   end
   if half < MINIMUM + 8 then
      local above, below = part(left, 1, base.width), part(right, 2, base.width)
      return table.concat(above, "\n") .. "\n\n" .. table.concat(below, "\n")
   end
   local a, width = part(left, 1, half)
   local b = part(right, 2, half)
   local rows = {}
   for i = 1, math.max(#a, #b) do
      local gap = b[i] and (" "):rep(GAP) or ""
      rows[i] = (a[i] or (" "):rep(width)) .. gap .. (b[i] or "")
      if not b[i] then rows[i] = rows[i]:gsub(" +$", "") end
   end
   return table.concat(rows, "\n")
end

return ladder
