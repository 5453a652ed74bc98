-- bearssl fetch URL: an HTTP request over TLS (or, for http URLs, without), its body to standard output.
local core = require "bearssl.core"
local describe = require "bearssl.describe"
local http = require "bearssl.tool.http"
local options = require "bearssl.tool.options"
local output = require "bearssl.tool.output"
local terminal = require "bearssl.tool.terminal"
local urls = require "bearssl.tool.url"

local fetch = { summary = "Fetch an https or http URL and write its body to standard output." }

local REDIRECTS = 10
local INTERIM = 10 -- answers of 1xx before the final one
local JSON_BODY = 16 * 1024 * 1024 -- bytes of a body that --json holds

function fetch.describe(command)
   command:argument("url", "https://HOST[:PORT]/PATH, or http://…"):argname("URL")
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
   command:flag("-L --location", "Follow redirects; what is for one server is not sent to another.")
   command:flag("--location-insecure", "Follow them from https to http too.")
   command:option("-r --range", "Ask for a part: the first byte and the last, as 0-99, 100- or -100."):argname("A-B")
   command:flag("-C --continue", "Go on where the --output file ends.")
   command:flag("--compressed", "Take a body that is compressed with gzip or deflate, and write what it was.")
   command:flag("-v --verbose", "Tell on standard error what was negotiated.")
end

-- ---- The request ----

-- Fields given by hand are for the server that was named: where a redirect leads elsewhere all stay behind but these,
-- of which none is a secret. Others, such as X-Api-Key, may be.
local of_any_origin = {
   accept = true, ["accept-charset"] = true, ["accept-encoding"] = true, ["accept-language"] = true,
   ["cache-control"] = true, ["content-language"] = true, ["content-type"] = true, pragma = true, range = true,
   ["user-agent"] = true,
}

-- Who the user is, is not shown elsewhere either.
local function without_certificates(arguments)
   local rest = {}
   for name, value in pairs(arguments) do rest[name] = value end
   rest.cert, rest.key = nil, nil
   return rest
end

local function request_fields(arguments, url, body, is_elsewhere)
   local fields = {
      { "Host", urls.host(url) }, { "User-Agent", "bearssl" }, { "Accept", "*/*" }, { "Connection", "close" },
   }
   if body then
      fields[#fields + 1] = { "Content-Length", #body }
      fields[#fields + 1] = { "Content-Type", "application/x-www-form-urlencoded" }
   end
   if arguments.compressed then fields[#fields + 1] = { "Accept-Encoding", "gzip, deflate" } end
   if arguments.range then fields[#fields + 1] = { "Range", "bytes=" .. arguments.range } end
   local own = #fields
   for _, text in ipairs(arguments.header or {}) do
      local name, value = text:match("^([%w!#$%%&'*+%-.^_`|~]+):%s*([^%z\r\n]*)$")
      if not name then options.usage("'%s' is not 'NAME: VALUE'", text) end
      local replaced = is_elsewhere and not of_any_origin[name:lower()]
      for i, pair in ipairs(fields) do
         if not replaced and pair[1]:lower() == name:lower() and i <= own then
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

-- A stream whose handshake is done, and what it settled. Failures end the command.
local secure_connection
function secure_connection(context, arguments, url, is_elsewhere, ech, retried)
   local stream, message, code = options.tls_connect(context, url.host, url.port, {
      server_name = not is_elsewhere and arguments.servername or url.host, timeout = arguments.timeout,
      ech = not is_elsewhere and ech or nil, proxy = arguments.proxy,
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
         return secure_connection(context, arguments, url, is_elsewhere, retry, true)
      end
      fail(message, code)
   end
   local info = stream:info()
   info.ech_retried = retried -- for --json
   if arguments.verbose then io.stderr:write("* ", describe_connection(info), "\n") end
   return stream, info
end

-- A connection in clear text, the target of requests over it, and fields for the proxy in between: one of HTTP gets
-- requests in absolute form (RFC 9112 section 3.2.2), and no tunnel.
local function clear_connection(arguments, url)
   local proxy, message, code = options.proxy_of(arguments.proxy, "http", url.host)
   if message then fail(message, code) end
   local is_forwarded = proxy ~= nil and not proxy.scheme:find "^socks"
   local tcp
   tcp, message, code = options.connect(url.host, url.port, arguments.timeout, proxy, is_forwarded)
   if not tcp then fail(message, code) end
   if arguments.verbose then io.stderr:write("* in clear text\n") end
   if not is_forwarded then return tcp, url.target, {} end
   local authorization = require("bearssl.proxy.http").authorization(proxy)
   return tcp, "http://" .. urls.host(url) .. url.target, { authorization and { "Proxy-Authorization", authorization } }
end

-- receiver(connection) reads some bytes of a stream, or of a socket of LuaSocket's.
local function receiver(connection, timeout)
   return function(max)
      if connection.receiveany then return http.received(connection:receiveany(max)) end
      if not connection:dirty() then core.wait(connection:getfd(), "r", timeout) end
      connection:settimeout(0)
      return http.received(connection:receive(max))
   end
end

-- One exchange: the response, a function for its body, the connection, and what TLS settled.
local function exchange(context, arguments, url, method, body, is_elsewhere, ech)
   local connection, info, target, more
   if url.scheme == "https" then
      connection, info = secure_connection(context, arguments, url, is_elsewhere, ech)
   else
      connection, target, more = clear_connection(arguments, url)
   end
   local fields = request_fields(arguments, url, body, is_elsewhere)
   for _, pair in ipairs(more or {}) do fields[#fields + 1] = pair end
   local sent, message, _, code = connection:send(http.request_head(method, target or url.target, fields)
      .. (body or ""))
   if not sent then fail(message, code) end
   local reader = http.reader(receiver(connection, arguments.timeout), core.monotonic() + 2 * arguments.timeout)
   local response
   for count = 1, INTERIM + 1 do -- interim responses (1xx) come before the final one
      local text
      text, message, code = reader:head(http.HEAD_LIMIT)
      if not text then fail(message == "closed" and "the server closed without an answer" or message, code) end
      response, message = http.response(text)
      if not response then fail(message, "decode_error") end
      if response.status >= 200 then break end
      if response.status == 101 then fail("the server changes to a protocol that was not asked for", "decode_error") end
      if count > INTERIM then fail(("more than %d interim answers (1xx)"):format(INTERIM), "limit_exceeded") end
   end
   reader.deadline = nil
   local next_piece = http.body(reader, response, method)
   local coding = response.headers["content-encoding"]
   if arguments.compressed and coding then next_piece = require("bearssl.tool.coding").decode(coding, next_piece) end
   return response, next_piece, connection, info
end

-- ---- The answer ----

local function head_text(response)
   local lines = { ("HTTP/%s %d %s"):format(response.version, response.status, response.reason) }
   for _, pair in ipairs(response.list) do lines[#lines + 1] = pair[1] .. ": " .. pair[2] end
   local text = table.concat(lines, "\n") .. "\n\n"
   if terminal.columns(1) then text = describe.printable(text:gsub("\n", "\1"), true):gsub("\\x01", "\n") end
   return text
end

local function write_body(arguments, body, mode)
   local file
   if arguments.output and arguments.output ~= "-" then
      local message
      file, message = io.open(arguments.output, mode or "wb")
      if not file then fail(("cannot write %s"):format(tostring(message))) end
   end
   while true do
      local bytes, message, code = body()
      if not bytes then
         local ok, problem = true, nil
         if file then ok, problem = file:close() else output.flush() end
         if not ok then fail(("cannot write %s: %s"):format(arguments.output, tostring(problem))) end
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
      tls = info and describe.plain(info),
   }
   if describe.is_text(plain) then document.body = text else document.body_hex = describe.hex(text) end
   output.json(document)
end

-- ---- Parts of a body (RFC 9110 section 14) ----

-- Where --continue goes on: the size of the file, whose rest is asked for. Nil where there is nothing yet.
local function begin_range(arguments)
   if arguments.range and not (arguments.range:find "^%d+%-%d*$" or arguments.range:find "^%-%d+$") then
      options.usage("'%s' is not a part such as 0-99, 100- or -100", arguments.range)
   end
   local from, to = (arguments.range or ""):match "^(%d+)%-(%d+)$"
   if from and tonumber(to) < tonumber(from) then
      options.usage("the part '%s' ends before it begins", arguments.range)
   end
   if not arguments.continue then return nil end
   if not arguments.output or arguments.output == "-" then
      options.usage "--continue needs the name of an --output file"
   end
   for _, other in ipairs { "range", "compressed", "json", "head", "data", "request" } do
      if arguments[other] then options.usage("--continue does not go with --%s", other) end
   end
   local file = io.open(arguments.output, "rb")
   local size = file and file:seek "end"
   if file then file:close() end
   if not size or size == 0 then return nil end
   arguments.range = ("%.0f-"):format(size)
   return size
end

-- Whether the file has all that there is: there is no part behind its end.
local function is_complete(response, size)
   local range = response.headers["content-range"] or ""
   return response.status == 416 and tonumber(range:match "^bytes %*/(%d+)$") == size
end

-- How the file is opened for the answer's body: "ab" for the rest that was asked for.
local function mode_of(response, size)
   if not size then return "wb" end
   local range = response.headers["content-range"] or ""
   if response.status == 206 then
      local first = tonumber(range:match "^bytes (%d+)%-%d+/")
      if first ~= size then fail(("the server sent another part than asked for (%s)"):format(range), "decode_error") end
      return "ab"
   elseif response.status == 200 then
      return "wb" -- it knows no parts: all of it comes
   end
   fail(("the server answered %d %s, and the file is left as it is"):format(response.status, response.reason))
end

-- ---- ----

-- Where the answer leads: a URL, or nil where it is the last one.
local function redirection(arguments, url, response)
   local location, status = response.headers.location, response.status
   if not (arguments.location or arguments.location_insecure) or not location then return nil end
   if status < 300 or status >= 400 or status == 304 then return nil end
   local address = urls.resolve(url, location)
   local next_url, message = urls.parse(address)
   if not next_url then fail(message) end
   if url.scheme == "https" and next_url.scheme == "http" and not arguments.location_insecure then
      fail(("the server leads from https to http (%s), where anybody can read and change what is said: "
         .. "--location-insecure follows it"):format(address), "refused")
   end
   return next_url, address
end

function fetch.run(arguments)
   local address = arguments.url
   local url, message = urls.parse(address)
   if not url then options.usage("%s", message) end
   local context, ech = options.context(arguments), options.ech(arguments.ech)
   local body = request_body(arguments)
   local size = begin_range(arguments)
   local method = arguments.request or arguments.head and "HEAD" or body and "POST" or "GET"
   if not method:find("^[%u%-]+$") then options.usage("'%s' is not a method", method) end
   local first, stranger = url, nil
   local response, next_piece, connection, info
   for round = 0, REDIRECTS do
      local is_elsewhere = not urls.same_origin(first, url)
      if is_elsewhere and not stranger then stranger = options.context(without_certificates(arguments)) end
      response, next_piece, connection, info = exchange(is_elsewhere and stranger or context,
         arguments, url, method, body, is_elsewhere, ech)
      local next_url, next_address = redirection(arguments, url, response)
      if not next_url then break end
      if round == REDIRECTS then fail("too many redirects") end
      local status = response.status
      if status == 303 or (body and status < 303) then method, body = method == "HEAD" and "HEAD" or "GET", nil end
      if body and not urls.same_origin(first, next_url) then
         fail(("the server leads what --data has to another server: send it there by itself, to %s"):format(
            next_address), "refused")
      end
      connection:close()
      url, address = next_url, next_address
   end
   local has_all = size and is_complete(response, size)
   local refused = arguments.fail and response.status >= 400 and not has_all
   if arguments.json then
      write_json(address, response, next_piece, info)
   else
      if arguments.include or arguments.head then output.write(head_text(response)) end
      if not refused and not has_all and method ~= "HEAD" then
         write_body(arguments, next_piece, mode_of(response, size))
      end
      output.flush()
   end
   connection:close()
   if refused then
      output.problem(("the server answered %d %s"):format(response.status, response.reason))
      return 4
   end
   return 0
end

return fetch
