-- Draws recordings of ladder.lua as a picture: a sequence diagram in SVG that needs nothing beside itself, and looks
-- right on a light page as on a dark one.
local ladder = require "bearssl.ladder"
local markup = require "bearssl.trace.markup"

local svg = {}

local characters, escaped, plain, shortened = markup.characters, markup.escaped, markup.plain, markup.shortened

-- Breaks a text into at most `limit` lines of at most `width` characters.
local function lines_of(text, width, limit)
   local lines, line = {}, ""
   for word in text:gmatch "%S+" do
      if line == "" then
         line = word
      elseif characters(line) + 1 + characters(word) <= width then
         line = line .. " " .. word
      elseif #lines + 1 >= limit then
         line = line .. " " .. word
      else
         lines[#lines + 1], line = line, word
      end
   end
   lines[#lines + 1] = line
   for i, piece in ipairs(lines) do lines[i] = shortened(piece, width) end
   return lines
end

-- ---- Measures ----

local WIDTH = 1100
local MARGIN = 28
local TIME = 92 -- where times end
local CLIENT, SERVER = 128, 560 -- the two lines
local MIDDLE = (CLIENT + SERVER) / 2
local FIELDS, VALUES = 592, 142 -- where fields begin, and their values after that
local VALUE_WIDTH = 50 -- characters of a value on a line
local LINE = 15
local ROW = 50 -- the least height of a message
local MOST_LINES = 5 -- of fields beside one message

local STYLE = [[
.paper{fill:#ffffff}.band{fill:#f5f7fa}.ink{fill:#1c2733}.faint{fill:#667585}.life{stroke:#b8c2cc;stroke-width:1.5;
stroke-dasharray:2 4}.box{fill:#eef2f6}.client{stroke:#1f6fd1}.server{stroke:#0f8a6c}.bad{stroke:#cf2f3b}
.box{stroke-width:1.6}.fclient{fill:#1f6fd1}.fserver{fill:#0f8a6c}.fbad{fill:#cf2f3b}.note{fill:#fff7df;stroke:#d9b44a}
.good{fill:#e4f6ee;stroke:#4cae8b}.wrong{fill:#fdeaec;stroke:#cf2f3b}
.handler{fill:#f1ecfb;stroke:#9277cf;stroke-dasharray:4 3}
@media(prefers-color-scheme:dark){.paper{fill:#12181f}.band{fill:#182029}.ink{fill:#e6edf3}.faint{fill:#93a1b0}
.life{stroke:#46525f}.box{fill:#1d2630}.client{stroke:#6cb0ff}.server{stroke:#4fd0a9}.bad{stroke:#ff7a85}
.fclient{fill:#6cb0ff}.fserver{fill:#4fd0a9}.fbad{fill:#ff7a85}.note{fill:#332b13;stroke:#a88a35}
.good{fill:#12322a;stroke:#3f9c7c}.wrong{fill:#3a1a1f;stroke:#ff7a85}.handler{fill:#272040;stroke:#8f76cf}}
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-size:12px}
.title{font-size:19px;font-weight:600}.name{font-size:13.5px;font-weight:600}.small{font-size:11px}
.mono{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:11px}
.arrow{fill:none;stroke-width:1.6}.double{fill:none;stroke-width:4.6}.gap{fill:none;stroke-width:1.4}
.gap{stroke:#ffffff}@media(prefers-color-scheme:dark){.gap{stroke:#12181f}}
]]

-- ---- Pieces ----

local function number(value)
   return (("%.1f"):format(value):gsub("%.0$", ""))
end

local function text(x, y, class, content, anchor)
   return ('<text x="%s" y="%s" class="%s"%s>%s</text>'):format(number(x), number(y), class,
      anchor and (' text-anchor="%s"'):format(anchor) or "", escaped(plain(content)))
end

local function box(x, y, width, height, class, radius)
   return ('<rect x="%s" y="%s" width="%s" height="%s" rx="%s" class="%s"/>'):format(number(x), number(y),
      number(width), number(height), number(radius or 0), class)
end

local function line(x1, y1, x2, y2, class)
   return ('<line x1="%s" y1="%s" x2="%s" y2="%s" class="%s"/>'):format(number(x1), number(y1), number(x2), number(y2),
      class)
end

-- A padlock, ten wide, whose foot stands at y.
local function lock(x, y, class)
   return ('<g class="%s"><rect x="%s" y="%s" width="9" height="7" rx="1.4" class="f%s" stroke="none"/>'
      .. '<path d="M%s %sv-2.2a2.5 2.5 0 0 1 5 0v2.2" fill="none" stroke-width="1.4"/></g>'):format(class, number(x),
      number(y - 7), class, number(x + 2), number(y - 7))
end

local function arrow_head(x, y, to_right, class)
   local back = to_right and x - 10 or x + 10
   return ('<path d="M%s %sL%s %sL%s %sz" class="f%s"/>'):format(number(x), number(y), number(back), number(y - 5),
      number(back), number(y + 5), class)
end

-- About how wide a name is, at 13.5 px.
local function width_of(name)
   return characters(name) * 8.4
end

-- ---- Rows ----

local function size_of(entry)
   local length = entry.length
   if not length then return nil end
   return ("%d byte%s"):format(length, length == 1 and "" or "s")
end

-- The fields of an entry as lines of {name, text}.
local function field_lines(entry)
   local rows = {}
   for _, pair in ipairs(entry.fields or {}) do
      for i, piece in ipairs(lines_of(plain(pair[2]), VALUE_WIDTH, 2)) do
         rows[#rows + 1] = { i == 1 and pair[1] or "", piece }
      end
   end
   local more = #rows - MOST_LINES
   if more > 0 then
      for i = #rows, MOST_LINES, -1 do rows[i] = nil end
      rows[MOST_LINES] = { "", ("… %d more line%s"):format(more + 1, more == 0 and "" or "s") }
   end
   return rows
end

-- All of it, for whoever points at it.
local function tooltip(entry)
   local parts = { entry.title }
   for _, pair in ipairs(entry.fields or {}) do
      parts[#parts + 1] = pair[1] == "" and pair[2] or pair[1] .. ": " .. pair[2]
   end
   for i, part in ipairs(parts) do parts[i] = escaped(plain(part)) end
   return "<title>" .. table.concat(parts, "\n") .. "</title>"
end

-- close_notify is an orderly end.
local function is_failure(entry)
   return entry.stage == "alert" and not (entry.message and entry.message.description == "close_notify")
end

local function draw_message(put, entry, y, is_encrypted)
   local to_right = entry.from == "client"
   local class = is_failure(entry) and "bad" or entry.from
   local from, to = to_right and CLIENT or SERVER, to_right and SERVER or CLIENT
   local tip = to_right and to - 3 or to + 3
   local tail = to_right and from + 3 or from - 3
   local ending = to_right and tip - 8 or tip + 8
   put(line(tail, y, ending, y, (is_encrypted and "double " or "arrow ") .. class))
   if is_encrypted then put(line(tail, y, ending, y, "gap")) end
   put(arrow_head(tip, y, to_right, class))
   local name = shortened(plain(entry.title), 46)
   put(text(MIDDLE, y - 8, "name ink", name, "middle"))
   if is_encrypted then put(lock(MIDDLE - width_of(name) / 2 - 16, y - 8, class)) end
   local size = size_of(entry)
   if size then put(text(MIDDLE, y + 15, "small faint", size, "middle")) end
end

local function is_wrong(entry)
   for _, pair in ipairs(entry.fields or {}) do
      local name, value = pair[1], pair[2]
      if name == "verdict" and value ~= "ok" or name == "answer" and value:find "^refused" then return true end
   end
   return false
end

local function draw_note(put, entry, y)
   local title = shortened(plain(entry.title), 46)
   local width = math.max(130, width_of(title) + 36)
   local class = "good"
   if not entry.stage then class = "handler" elseif entry.stage == "closed" then class = "note" end
   if is_wrong(entry) then class = "wrong" end
   put(box(MIDDLE - width / 2, y - 14, width, 24, class, 12))
   put(text(MIDDLE, y + 3, "name ink", title, "middle"))
end

local function draw_row(put, entry, top, is_encrypted, odd)
   local fields = field_lines(entry)
   local height = math.max(ROW, #fields * LINE + 18)
   local y = top + height / 2
   put("<g>" .. tooltip(entry))
   if odd then put(box(MARGIN - 12, top, WIDTH - 2 * MARGIN + 24, height, "band", 6)) end
   put(line(CLIENT, top, CLIENT, top + height, "life"))
   put(line(SERVER, top, SERVER, top + height, "life"))
   if entry.at then put(text(TIME, y + 4, "mono faint", ("%.2f ms"):format(entry.at * 1000), "end")) end
   if entry.from then
      draw_message(put, entry, y, is_encrypted)
   else
      draw_note(put, entry, y)
   end
   local first = y - (#fields - 1) * LINE / 2 + 4
   for i, pair in ipairs(fields) do
      local at = first + (i - 1) * LINE
      if pair[1] ~= "" then
         put(text(FIELDS, at, "small faint", shortened(plain(pair[1]), 24)))
      end
      put(text(pair[1] == "" and pair[2]:find "^…" and FIELDS or FIELDS + VALUES, at, "small ink", pair[2]))
   end
   put("</g>")
   return top + height
end

local function actor(put, x, y, name, side)
   local shown = shortened(plain(name), 24)
   local width = math.max(96, width_of(shown) + 28)
   put(box(x - width / 2, y, width, 28, "box " .. side, 6))
   put(text(x, y + 18.5, "name ink", shown, "middle"))
end

local function legend(put, y)
   local x = MARGIN
   local function mark(class, label, is_encrypted)
      put(line(x, y - 4, x + 34, y - 4, (is_encrypted and "double " or "arrow ") .. class))
      if is_encrypted then
         put(line(x, y - 4, x + 34, y - 4, "gap"))
         put(lock(x + 40, y, class))
         x = x + 14
      end
      put(text(x + 42, y, "small faint", label))
      x = x + 42 + characters(label) * 6.2 + 26
   end
   mark("client", "client, in the clear")
   mark("server", "server, in the clear")
   mark("client", "encrypted", true)
   mark("bad", "alert")
   put(text(WIDTH - MARGIN, y, "small faint", "bearssl for Lua", "end"))
end

-- Draws one recording from y on: the y where it ends.
local function draw_recording(put, recording, y)
   put(text(MARGIN, y + 20, "title ink", shortened(plain(recording.title or "Handshake"), 90)))
   y = y + 28
   for _, below in ipairs { recording.subtitle or "", recording.note or "" } do
      if below ~= "" then
         put(text(MARGIN, y + 14, "faint", shortened(plain(below), 140)))
         y = y + 19
      end
   end
   y = y + 16
   actor(put, CLIENT, y, recording.client or "client", "client")
   actor(put, SERVER, y, recording.server or "server", "server")
   y = y + 28
   local encrypted = ladder.encryption()
   for i, entry in ipairs(recording.entries) do
      y = draw_row(put, entry, y, encrypted(entry), i % 2 == 1)
   end
   if recording.failure then
      local lines = lines_of(plain(recording.failure), 130, 4)
      local height = #lines * 18 + 16
      y = y + 12
      put(box(MARGIN - 12, y, WIDTH - 2 * MARGIN + 24, height, "wrong", 6))
      for i, piece in ipairs(lines) do put(text(MARGIN + 4, y + 8 + i * 18 - 5, "ink", piece)) end
      y = y + height
   end
   return y + 14
end

--- draw(recordings) is the picture of one recording or more, one below the other. Each: { entries = a recorder's,
-- title =, subtitle =, note =, client =, server = (the names of the two sides), failure = how it ended, if not well }.
function svg.draw(recordings)
   local parts = {}
   local function put(piece) parts[#parts + 1] = piece end
   local y = 18
   for i, recording in ipairs(recordings) do
      if i > 1 then y = y + 26 end
      y = draw_recording(put, recording, y)
   end
   y = y + 22
   legend(put, y)
   local height = y + 20
   local title = escaped(plain(recordings[1].title or "Handshake"))
   return ('<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %s" '
      .. 'width="%d" height="%s" role="img">\n<title>%s</title>\n<style>%s</style>\n%s\n'):format(WIDTH, number(height),
      WIDTH, number(height), title, STYLE, box(0, 0, WIDTH, height, "paper"))
      .. table.concat(parts, "\n") .. "\n</svg>\n"
end

return svg
