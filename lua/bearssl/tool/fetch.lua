-- bearssl fetch URL: an HTTPS request, its body to standard output.
local describe = require "bearssl.describe"
local http = require "bearssl.tool.http"
local options = require "bearssl.tool.options"
local output = require "bearssl.tool.output"
local terminal = require "bearssl.tool.terminal"

local fetch = { summary = "Fetch an https URL and write its body to standard output." }

local REDIRECTS = 10
local INTERIM = 10 -- answers of 1xx before the final one
local JSON_BODY = 16 * 1024 * 1024 -- bytes of a body that --json holds

function fetch.describe(command)
   command:argument("url", "https://HOST[:PORT]/PATH"):argname("URL")
   options.client(command)
   options.pins(command)
   options.tickets_client(command)
   options.ech_client(command)
   command:flag("-i --include", "Write the answer's head before the body.")
   command:flag("-I --head", "Ask for the head only (HEAD), and write it.")
   command:option("-H --header", "Add a field to the request."):argname("'NAME: VALUE'"):count("*")
   command:option("-X --request", "Method."):argname("METHOD")
   command:option("-d --data", "Body to send (POST unless -X says otherwise); @FILE reads a file."):argname("DATA")
   command:option("-o --output", "Write the body to this file."):argname("FILE")
   command:flag("-f --fail", "Write no body and exit with 4 when the status is 400 or more.")
   command:flag("-L --location", "Follow redirects to other https URLs.")
   command:flag("-v --verbose", "Tell on standard error what was negotiated.")
end

-- ---- URLs ----

local function parse_url(url)
   local scheme, authority, rest = url:match("^(%a[%w+.-]*)://([^/?#]*)([^#]*)")
   if not scheme then return nil, ("'%s' is not a URL such as https://example.org/"):format(url) end
   if scheme:lower() ~= "https" then return nil, ("only https URLs can be fetched, not %s"):format(scheme:lower()) end
   local host, port = options.address(authority, 443)
   if not host then return nil, ("'%s' has no valid host"):format(url) end
   if rest:sub(1, 1) ~= "/" then rest = "/" .. rest end
   if rest:find("[%z\1-\32\127]") then return nil, "a URL must not contain spaces or controls: escape them" end
   rest = rest:gsub("[\128-\255]", function(c) return ("%%%02X"):format(c:byte()) end)
   return { host = host, port = port, target = rest, authority = authority }
end
fetch.parse_url = parse_url

-- Where a Location leads, seen from `base` (RFC 3986 section 5.2, without dot segments in between).
local function resolve(base, location)
   if location:find("^%a[%w+.-]*:") then return location end
   if location:sub(1, 2) == "//" then return "https:" .. location end
   local origin = "https://" .. base.authority
   if location:sub(1, 1) == "/" then return origin .. location end
   local path = base.target:match("^[^?]*")
   if location:sub(1, 1) == "?" then return origin .. path .. location end
   return origin .. path:gsub("[^/]*$", "") .. location
end

-- ---- The request ----

-- Fields given by hand that are for the server that was named: where a redirect leads elsewhere they stay behind.
local of_one_origin = {
   authorization = true, ["proxy-authorization"] = true, cookie = true, cookie2 = true, host = true,
}

-- An origin (RFC 6454 section 4); the scheme is always https.
local function same_origin(a, b)
   return a.host:lower() == b.host:lower() and a.port == b.port
end

-- Who the user is, is not shown elsewhere either.
local function without_certificates(arguments)
   local rest = {}
   for name, value in pairs(arguments) do rest[name] = value end
   rest.cert, rest.key = nil, nil
   return rest
end

local function request_fields(arguments, url, body, is_elsewhere)
   local fields = {
      { "Host", url.port == 443 and (url.host:find(":", 1, true) and "[" .. url.host .. "]" or url.host)
         or options.endpoint(url.host, url.port) },
      { "User-Agent", "bearssl" }, { "Accept", "*/*" }, { "Connection", "close" },
   }
   if body then
      fields[#fields + 1] = { "Content-Length", #body }
      fields[#fields + 1] = { "Content-Type", "application/x-www-form-urlencoded" }
   end
   for _, text in ipairs(arguments.header or {}) do
      local name, value = text:match("^([%w!#$%%&'*+%-.^_`|~]+):%s*([^%z\r\n]*)$")
      if not name then options.usage("'%s' is not 'NAME: VALUE'", text) end
      local replaced = is_elsewhere and of_one_origin[name:lower()] or false
      for i, pair in ipairs(fields) do
         if not replaced and pair[1]:lower() == name:lower() and i <= 6 then
            fields[i], replaced = { name, value }, true
            break
         end
      end
      if not replaced then fields[#fields + 1] = { name, value } end
   end
   return fields
end

local function request_body(arguments)
   local data = arguments.data
   if not data or data:sub(1, 1) ~= "@" then return data end
   local file, message = io.open(data:sub(2), "rb")
   local bytes = file and file:read("*a")
   if file then file:close() end
   if not bytes then options.usage("cannot read the data: %s", message or data:sub(2)) end
   return bytes
end

local function fail(message, code)
   error({ failure = code and code ~= message and ("%s (%s)"):format(tostring(message), code) or tostring(message) }, 0)
end

local function describe_connection(info)
   local parts = { tostring(info.version), tostring(info.cipher_suite) }
   parts[#parts + 1] = describe.group(info)
   if info.ech == "accepted" then parts[#parts + 1] = "hello encrypted" end
   if info.peer_key then parts[#parts + 1] = "raw public key " .. info.peer_key:pin() end
   if info.alpn then parts[#parts + 1] = "ALPN " .. info.alpn end
   parts[#parts + 1] = info.peer_verified and "verified" or "not verified"
   return table.concat(parts, ", ")
end

-- One exchange: the response, a function for its body, and the stream.
local exchange
function exchange(context, arguments, url, method, body, is_elsewhere, ech, retried)
   local stream, message, code = options.tls_connect(context, url.host, url.port, {
      server_name = not is_elsewhere and arguments.servername or url.host, timeout = arguments.timeout,
      ech = not is_elsewhere and ech or nil,
   })
   if not stream then fail(message, code) end
   local ok
   ok, message, code = stream:handshake()
   if not ok then
      local retry = stream:info("ech_retry_configs")
      stream:close()
      -- once: a server that rejects its own is not asked a third time (RFC 9849 section 6.1.6)
      if code == "ech_required" and retry and not retried then
         if arguments.verbose then
            io.stderr:write("* the server rejected the encrypted hello and gave other configurations: trying again\n")
         end
         return exchange(context, arguments, url, method, body, is_elsewhere, retry, true)
      end
      fail(message, code)
   end
   local info = stream:info()
   info.ech_retried = retried -- for --json
   if arguments.verbose then io.stderr:write("* ", describe_connection(info), "\n") end
   local head = http.request_head(method, url.target, request_fields(arguments, url, body, is_elsewhere))
   local _
   ok, message, _, code = stream:send(head .. (body or ""))
   if not ok then fail(message, code) end
   local reader = http.reader(function(max)
      local bytes, why, partial, reason = stream:receiveany(max)
      if not bytes and partial and #partial > 0 then return partial end
      return bytes, why, reason or why
   end)
   local response
   for count = 1, INTERIM + 1 do -- interim responses (1xx) come before the final one
      local text
      text, message, code = reader:head(http.HEAD_LIMIT)
      if not text then fail(message == "closed" and "the server closed without an answer" or message, code) end
      response, message = http.response(text)
      if not response then fail(message, "decode_error") end
      if response.status >= 200 then break end
      if count > INTERIM then fail(("more than %d interim answers (1xx)"):format(INTERIM), "limit_exceeded") end
   end
   return response, http.body(reader, response, method), stream, info
end

-- ---- The answer ----

local function head_text(response)
   local lines = { ("HTTP/%s %d %s"):format(response.version, response.status, response.reason) }
   for _, pair in ipairs(response.list) do lines[#lines + 1] = pair[1] .. ": " .. pair[2] end
   local text = table.concat(lines, "\n") .. "\n\n"
   if terminal.columns(1) then text = describe.printable(text:gsub("\n", "\1"), true):gsub("\\x01", "\n") end
   return text
end

local function write_body(arguments, body)
   local file
   if arguments.output and arguments.output ~= "-" then
      local message
      file, message = io.open(arguments.output, "wb")
      if not file then fail(("cannot write %s"):format(tostring(message))) end
   end
   while true do
      local bytes, message, code = body()
      if not bytes then
         if file then file:close() else output.flush() end
         if message then fail(message, code) end
         return
      end
      if file then
         local ok, problem = file:write(bytes)
         if not ok then fail(("cannot write %s: %s"):format(arguments.output, tostring(problem))) end
      else
         output.write(bytes)
      end
   end
end

local function write_json(url, response, body, info)
   local pieces, length = {}, 0
   while true do
      local bytes, message, code = body()
      if not bytes then
         if message then fail(message, code) end
         break
      end
      length = length + #bytes
      if length > JSON_BODY then fail("the body is too long for --json", "limit_exceeded") end
      pieces[#pieces + 1] = bytes
   end
   local text = table.concat(pieces)
   local plain = text:gsub("[\t\r\n]", " ")
   local fields = {}
   for i, pair in ipairs(response.list) do fields[i] = { name = pair[1], value = pair[2] } end
   local document = {
      url = url, status = response.status, reason = response.reason, headers = fields, length = length,
      tls = describe.plain(info),
   }
   if describe.is_text(plain) then document.body = text else document.body_hex = describe.hex(text) end
   output.json(document)
end

function fetch.run(arguments)
   local context, ech = options.context(arguments), options.ech(arguments.ech)
   local body = request_body(arguments)
   local method = arguments.request or arguments.head and "HEAD" or body and "POST" or "GET"
   if not method:find("^[%u%-]+$") then options.usage("'%s' is not a method", method) end
   local address, first, stranger = arguments.url, nil, nil
   local response, next_piece, stream, info
   for round = 0, REDIRECTS do
      local url, message = parse_url(address)
      if not url then
         if round == 0 then options.usage("%s", message) end
         fail(message)
      end
      first = first or url
      local is_elsewhere = not same_origin(first, url)
      if is_elsewhere and not stranger then stranger = options.context(without_certificates(arguments)) end
      response, next_piece, stream, info = exchange(is_elsewhere and stranger or context,
         arguments, url, method, body, is_elsewhere, ech)
      local location = response.headers.location
      local status = response.status
      if not (arguments.location and location and status >= 300 and status < 400 and status ~= 304) then break end
      if round == REDIRECTS then fail("too many redirects") end
      if status == 303 or (body and status < 303) then method, body = method == "HEAD" and "HEAD" or "GET", nil end
      stream:close()
      address = resolve(url, location)
   end
   local refused = arguments.fail and response.status >= 400
   if arguments.json then
      write_json(address, response, next_piece, info)
   else
      if arguments.include or arguments.head then output.write(head_text(response)) end
      if not refused then write_body(arguments, next_piece) end
      output.flush()
   end
   stream:close()
   if refused then
      output.problem(("the server answered %d %s"):format(response.status, response.reason))
      return 4
   end
   return 0
end

return fetch
