-- HTTP/1.0 and 1.1 messages (RFC 9110, RFC 9112): a reader with limits over any function that receives
-- bytes, heads both ways, and bodies. It knows no sockets.
local core = require "bearssl.core"

local http = {}

--- What a request's head may be long, in bytes.
http.HEAD_LIMIT = 65536

http.reasons = {
   [200] = "OK", [204] = "No Content", [301] = "Moved Permanently", [400] = "Bad Request", [403] = "Forbidden",
   [404] = "Not Found", [405] = "Method Not Allowed", [408] = "Request Timeout", [413] = "Content Too Large",
   [417] = "Expectation Failed", [431] = "Request Header Fields Too Large", [500] = "Internal Server Error",
   [501] = "Not Implemented", [503] = "Service Unavailable", [505] = "HTTP Version Not Supported",
}

-- ---- Reading ----

local Reader = {}
Reader.__index = Reader

--- reader(receive [, deadline]) reads from receive(max) → bytes, or nil, message, code. deadline: in seconds of
-- core.monotonic(), in the reader's field of that name; after it nothing more is received. A head that comes byte by
-- byte takes no longer so than one that comes late.
function http.reader(receive, deadline)
   return setmetatable({ receive = receive, buffer = "", deadline = deadline }, Reader)
end

--- received(…) is for a reader what receive or receiveany of a stream or a socket gives.
function http.received(bytes, why, partial, reason)
   if not bytes and partial and #partial > 0 then return partial end
   return bytes, why, reason or why
end

local function fill(self)
   if self.deadline and core.monotonic() > self.deadline then return nil, "timeout", "timeout" end
   local bytes, message, code = self.receive(16384)
   if not bytes then return nil, message, code or message end
   return bytes
end

--- some(max) gives at least one byte and at most max.
function Reader:some(max)
   local bytes = self.buffer
   if bytes == "" then
      local message, code
      bytes, message, code = fill(self)
      if not bytes then return nil, message, code end
   end
   self.buffer = bytes:sub(max + 1)
   return #bytes > max and bytes:sub(1, max) or bytes
end

-- Collects bytes until `pattern` matches, which must not span more than `overlap` + 1 bytes; what comes
-- after stays in the buffer. Long heads that come byte by byte cost linear time.
local function read_until(self, pattern, overlap, limit)
   local pieces, total, tail = {}, 0, ""
   local piece = self.buffer
   self.buffer = ""
   while true do
      local window = tail .. piece
      local _, last = window:find(pattern)
      if last then
         local used = last - #tail
         if total + used > limit then return nil, "too long", "limit_exceeded" end
         pieces[#pieces + 1] = piece:sub(1, used)
         self.buffer = piece:sub(used + 1)
         return table.concat(pieces)
      end
      total = total + #piece
      if total > limit then return nil, "too long", "limit_exceeded" end
      pieces[#pieces + 1] = piece
      tail = window:sub(-overlap)
      local message, code
      piece, message, code = fill(self)
      if not piece then
         if code == "closed" and total > 0 then
            message, code = "the peer closed in the middle of a message", "truncated"
         end
         return nil, message, code, total
      end
   end
end

--- line(limit) is the next line without its end, which is CRLF or (RFC 9112 section 2.2) LF.
function Reader:line(limit)
   local line, message, code, got = read_until(self, "\n", 1, limit)
   if not line then return nil, message, code, got end
   return (line:gsub("\r?\n$", ""))
end

--- head(limit) is everything up to the next empty line; empty lines before it are dropped. After an
-- error the fourth value tells how many bytes had come.
function Reader:head(limit)
   local leading = 0
   while true do
      local _, ending = self.buffer:find("^[\r\n]+")
      if ending then
         leading = leading + ending
         self.buffer = self.buffer:sub(ending + 1)
         if leading > 16 then return nil, "nothing but empty lines", "decode_error", leading end
      end
      if self.buffer ~= "" then break end
      local bytes, message, code = fill(self)
      if not bytes then return nil, message, code, 0 end
      self.buffer = bytes
   end
   return read_until(self, "\n\r?\n", 2, limit)
end

-- ---- Heads ----

local TOKEN = "[%w!#$%%&'*+%-.^_`|~]+"

-- Header fields as a table: lower-case name → values joined with ", "; and the list {name, value} as sent.
-- What stands between blanks. A pattern that ends in blanks would look at each run of them as often as it is long.
local function trimmed(text)
   local first, last = text:find("[^ \t]"), #text
   if not first then return "" end
   while text:find("^[ \t]", last) do last = last - 1 end
   return text:sub(first, last)
end

local function parse_fields(lines, from)
   local fields, list = {}, {}
   for i = from, #lines do
      local name, value = lines[i]:match("^(" .. TOKEN .. "):(.*)$")
      value = name and trimmed(value)
      if not name or value:find("[%z\1-\8\10-\31\127]") then return nil end
      local key = name:lower()
      if (key == "host" or key == "content-length") and fields[key] and fields[key] ~= value then return nil end
      if key == "host" and fields[key] then return nil end
      if key ~= "content-length" or not fields[key] then
         fields[key] = fields[key] and (fields[key] .. ", " .. value) or value
      end
      list[#list + 1] = { name, value }
   end
   return fields, list
end

local function split_lines(head)
   local lines = {}
   for line in head:gmatch("([^\n]*)\n") do
      lines[#lines + 1] = (line:gsub("\r$", ""))
   end
   while lines[#lines] == "" do lines[#lines] = nil end
   return lines
end

local function unescape(text)
   if text:gsub("%%%x%x", ""):find("%%") then return nil end
   return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

--- segments(path) splits a path into decoded segments: nil when one could lead elsewhere ("..", NUL, an
-- escaped slash) or an escape is broken. The second value tells whether it ends with a slash.
function http.segments(path)
   local list, directory = {}, false
   for raw in path:gmatch("[^/]+") do
      local segment = unescape(raw)
      if not segment or segment == ".." or segment:find("[%z/]") then return nil end
      directory = segment == "."
      if not directory then list[#list + 1] = segment end
   end
   return list, directory or path:sub(-1) == "/"
end

--- request(head) → {method, target, version, headers, path, query, segments, directory, keep_alive, has_body}, or
-- nil, status, what is wrong.
function http.request(head)
   local lines = split_lines(head)
   local method, target, major, minor = (lines[1] or ""):match("^(" .. TOKEN .. ") ([\33-\126]+) HTTP/(%d)%.(%d)$")
   if not method then return nil, 400, "the request line is malformed" end
   if major ~= "1" then return nil, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here" end
   local headers = parse_fields(lines, 2)
   if not headers then return nil, 400, "a header field is malformed" end
   local version = minor == "0" and "1.0" or "1.1"
   if version == "1.1" and not headers.host then return nil, 400, "HTTP/1.1 requires a Host field" end
   local length = headers["content-length"]
   if length and (not length:find("^%d+$") or headers["transfer-encoding"]) then
      return nil, 400, "the body's length is not clear"
   end
   local path = target
   local rest = target:match("^[Hh][Tt][Tt][Pp][Ss]?://[^/?#]+(.*)$") -- absolute-form
   if rest then path = rest:sub(1, 1) == "/" and rest or "/" .. rest end
   local query
   path, query = path:match("^([^?#]*)%??([^#]*)")
   local segments, directory
   if not (target == "*" and method == "OPTIONS") then
      if path:sub(1, 1) == "/" then segments, directory = http.segments(path) end
      if not segments then return nil, 400, "the request target is not allowed" end
   end
   local connection = (headers.connection or ""):lower()
   local keep_alive = version == "1.1"
   for option in connection:gmatch("[^%s,]+") do
      if option == "close" then keep_alive = false end
   end
   return {
      method = method, target = target, version = version, headers = headers, path = path, query = query,
      segments = segments, directory = directory, keep_alive = keep_alive,
      has_body = headers["transfer-encoding"] ~= nil or (length ~= nil and tonumber(length) > 0),
   }
end

-- Fields that go on in the next line, which begins with a space, in one line each (RFC 9112 section 5.2). None can go
-- on from the status line.
local function unfold(lines)
   local whole, parts = { lines[1] }, nil
   for i = 2, #lines do
      if parts and lines[i]:find("^[ \t]") then
         parts[#parts + 1] = trimmed(lines[i])
      else
         if parts then whole[#whole + 1] = table.concat(parts, " ") end
         parts = { lines[i] }
      end
   end
   if parts then whole[#whole + 1] = table.concat(parts, " ") end
   return whole
end

--- response(head) → {version, status, reason, headers, list}, or nil, message.
function http.response(head)
   local lines = unfold(split_lines(head))
   local version, status, reason = (lines[1] or ""):match("^HTTP/(1%.%d) ([1-9]%d%d) ?(.*)$")
   if not version then return nil, "the answer is not HTTP" end
   local headers, list = parse_fields(lines, 2)
   if not headers then return nil, "a header field of the answer is malformed" end
   -- Whose end is where is not clear: someone in between may have seen another one (RFC 9112 section 6.3).
   if headers["transfer-encoding"] and headers["content-length"] then
      return nil, "the answer has both Content-Length and Transfer-Encoding: where it ends is not clear"
   end
   return { version = version, status = tonumber(status), reason = reason, headers = headers, list = list }
end

local function header_lines(first, fields)
   local lines = { first }
   for _, pair in ipairs(fields) do
      local value = tostring(pair[2])
      if value:find("[%z\r\n]") then error("a header field's value has a line break", 3) end
      lines[#lines + 1] = pair[1] .. ": " .. value
   end
   lines[#lines + 1] = "\r\n"
   return table.concat(lines, "\r\n")
end

--- request_head(method, target, fields) writes a request's head; fields is a list of {name, value}.
function http.request_head(method, target, fields)
   return header_lines(("%s %s HTTP/1.1"):format(method, target), fields)
end

--- response_head(version, status, fields) writes a response's head.
function http.response_head(version, status, fields)
   return header_lines(("HTTP/%s %d %s"):format(version, status, http.reasons[status] or "Status"), fields)
end

--- date([seconds]) as HTTP writes it (RFC 9110 section 5.6.7).
function http.date(seconds)
   return os.date("!%a, %d %b %Y %H:%M:%S GMT", seconds and math.floor(seconds))
end

-- ---- Bodies of responses (RFC 9112 section 6.3) ----

local PIECE = 65536

local function by_length(reader, length)
   return function()
      if length == 0 then return nil end
      local bytes, message, code = reader:some(math.min(length, PIECE))
      if not bytes then
         if code == "closed" then
            message, code = ("the peer closed with %d bytes of the body missing"):format(length), "truncated"
         end
         return nil, message, code
      end
      length = length - #bytes
      return bytes
   end
end

local function until_closed(reader)
   return function()
      local bytes, message, code = reader:some(PIECE)
      if not bytes and code ~= "closed" then return nil, message, code end
      return bytes
   end
end

local function broken(message, code)
   if code == nil or code == "closed" then return nil, "the chunked body is cut short", "truncated" end
   return nil, message, code
end

local function chunked(reader)
   local left, over = nil, false
   return function()
      if over then return nil end
      if not left then
         local line, message, code = reader:line(4096)
         if not line then return broken(message, code) end
         local digits = line:match("^(%x+)%s*$") or line:match("^(%x+)%s*;")
         if not digits or #digits > 12 then return nil, "a chunk's size is malformed", "decode_error" end
         left = tonumber(digits, 16)
         if left == 0 then
            local room = http.HEAD_LIMIT
            for _ = 1, 1000 do -- the trailer
               line, message, code = reader:line(room)
               if not line then return broken(message, code) end
               room = room - #line
               if line == "" then
                  over = true
                  return nil
               end
            end
            return nil, "the trailer is too long", "limit_exceeded"
         end
      end
      local bytes, message, code = reader:some(math.min(left, PIECE))
      if not bytes then return broken(message, code) end
      left = left - #bytes
      if left == 0 then
         local line
         line, message, code = reader:line(2)
         if not line then return broken(message, code) end
         if line ~= "" then return nil, "a chunk is longer than its size", "decode_error" end
         left = nil
      end
      return bytes
   end
end

--- body(reader, response, method) is a function that gives the body piece by piece, then nil; or nil,
-- message, code when it is cut short or malformed.
function http.body(reader, response, method)
   local status, headers = response.status, response.headers
   if method == "HEAD" or status == 204 or status == 304 or status < 200 then
      return by_length(reader, 0)
   end
   local coding = headers["transfer-encoding"]
   if coding then
      if coding:lower() ~= "chunked" then
         return function() return nil, "the transfer coding " .. coding .. " is not known", "decode_error" end
      end
      return chunked(reader)
   end
   local length = headers["content-length"]
   if length then
      if not length:find("^%d+$") or #length > 15 then -- also a list of them
         return function() return nil, "Content-Length is malformed", "decode_error" end
      end
      return by_length(reader, tonumber(length))
   end
   return until_closed(reader)
end

return http
