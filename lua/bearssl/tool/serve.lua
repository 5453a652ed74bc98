-- bearssl serve: an HTTPS file server, or an echo server. One process, one coroutine per connection; a
-- client that is slow, silent or hostile costs the others nothing.
local bearssl = require "bearssl"
local core = require "bearssl.core"
local describe = require "bearssl.describe"
local files = require "bearssl.tool.files"
local http = require "bearssl.tool.http"
local listening = require "bearssl.tool.listening"
local new_loop = require "bearssl.tool.loop"
local options = require "bearssl.tool.options"
local output = require "bearssl.tool.output"
local terminal = require "bearssl.tool.terminal"

local serve = { summary = "Serve files (or an echo) over TLS." }

local PATIENCE = 30 -- seconds for a whole handshake or request head, however slowly it comes; or --idle if less
local DRAIN = 3 -- seconds that connections get to finish what they send when the server is told to end
local SLICE = 65536 -- bytes of a file in memory at a time
local ECHO_AHEAD = 8 * 1024 * 1024 -- bytes that an echo takes before its client reads any
local ECHO_BUDGET = 256 * 1024 * 1024 -- the same, of all connections together

local EPILOG = [[
Without --cert and --key it makes a certificate of its own, for the names and addresses that it listens on. The
certificate is kept in memory and is good for a week; the pin of its key, by which a client knows it, is written.
^C on a terminal ends the server at once. Elsewhere SIGTERM and SIGINT let it finish what it sends, for 3 seconds; a
second one ends it at once.

Examples:
   bearssl serve DIR                                 a certificate of its own, on 127.0.0.1:8443
   bearssl serve --listen :8443 --cert example.org.pem --key example.org.key DIR
   bearssl serve --listen '[::1]:0' --echo]]

function serve.describe(command)
   command:epilog(EPILOG)
   command:argument("directory", "Serve the files of this directory; without it a page about the connection.")
      :argname("DIR"):args("?")
   command:option("--listen", "Where to listen: PORT (on 127.0.0.1), :PORT (every address), HOST:PORT, [IPV6]:PORT; "
      .. "port 0 picks a free one."):argname("ADDR:PORT"):default("127.0.0.1:8443")
   options.tls(command)
   options.pins(command)
   command:option("--verify", "Whether clients must show a certificate."):choices { "none", "optional", "required" }
   command:option("--early-data", "Accept so many bytes of early data (0-RTT) of TLS 1.3."):argname("N")
      :convert(options.number(0, 2147483647))
   command:option("--tickets", "Session tickets after a handshake of TLS 1.3; 0: no tickets at all."):argname("N")
      :convert(options.number(0, 16))
   command:option("--ech-keys", "Key file of `bearssl ech generate`; of several the first is current.")
      :argname("FILE"):count("*")
   command:flag("--echo", "Send every byte back instead of speaking HTTP.")
   command:flag("--trace", "Write each handshake stage and request to standard error.")
   command:option("--idle", "Seconds after which a silent connection is closed."):argname("SECONDS"):default("60")
      :convert(options.seconds)
   command:option("--connections", "Connections at a time; more wait."):argname("N"):default("4000")
      :convert(function(text)
         local number = text:find("^%d+$") and tonumber(text)
         if not number or number < 1 then return nil, "'" .. text .. "' is not a number of connections" end
         return number
      end)
end

-- The keys of the first file are current; those of the others, which were before, are still accepted.
local function ech_keys(arguments)
   local keys
   for index = #arguments.ech_keys, 1, -1 do
      local path = arguments.ech_keys[index]
      local file, message = io.open(path, "rb")
      local pem = file and file:read("*a")
      if file then file:close() end
      if not pem then options.usage("cannot read the key file: %s", message or path .. " is not a file") end
      local ok
      if keys then
         ok, message = keys:rotate(pem)
      else
         keys, message = bearssl.ech.load(pem)
         ok = keys
      end
      if not ok then options.usage("%s: %s", path, message) end
   end
   return keys
end

-- ---- Trace ----

local function log(server, client, text, message)
   if not server.trace then return end
   if server.json then
      io.stderr:write(output.encode({ connection = client.id, peer = client.peer, event = text,
         message = message and describe.plain(message) },
         true), "\n")
   else
      io.stderr:write(("#%d %s %s\n"):format(client.id, client.peer, describe.printable(text)))
   end
   io.stderr:flush()
end

local function trace_handlers(server, client)
   if not server.trace then return nil end
   local handlers = {}
   for _, stage in ipairs(bearssl.stages) do
      handlers[stage] = function(_, message)
         if server.json then
            log(server, client, stage, message)
         else
            log(server, client, describe.line(message))
         end
      end
   end
   return handlers
end

-- ---- Echo ----

-- Reads ahead while the client does not read: one that sends everything before it reads must not block.
local function echo(server, client)
   local stream, loop = client.stream, server.loop
   local queue, first, last, waiting = {}, 1, 0, 0
   local offset, ended = 1, false
   while not (ended and waiting == 0) do
      local moved, want_read, want_write = false, false, false
      if waiting > 0 then
         local piece = queue[first]
         local done, _, partial, code = stream:send(piece, offset)
         local sent = done or partial or offset - 1
         if not done and code ~= "wantwrite" and code ~= "wantread" and code ~= "timeout" then return nil, code end
         if sent >= offset then
            moved = true
            waiting = waiting - (sent - offset + 1)
            server.echoing = server.echoing - (sent - offset + 1)
            client.echoing = waiting
            offset = sent + 1
         end
         if offset > #piece then
            queue[first], first, offset = nil, first + 1, 1
         else
            want_write = true
         end
      end
      if not ended and waiting < ECHO_AHEAD and (waiting == 0 or server.echoing < ECHO_BUDGET) then
         local bytes, message, partial, code = stream:receiveany(16384)
         if not bytes and partial and #partial > 0 then bytes = partial end
         if bytes then
            moved = true
            last = last + 1
            queue[last] = bytes
            waiting = waiting + #bytes
            server.echoing = server.echoing + #bytes
            client.echoing = waiting
         else
            code = code or message
            if code == "closed" then
               ended = true
            elseif code ~= "wantwrite" and code ~= "wantread" and code ~= "timeout" then
               return nil, code
            else
               want_read = true
            end
         end
      end
      local ok, reason = true, nil
      if moved then
         loop:pause()
      elseif want_read or want_write then
         if server.draining then return true end
         local direction = want_read and want_write and "both" or want_read and "read" or "write"
         ok, reason = loop:wait(stream, direction, server.idle)
      end
      if not ok and not (reason == "draining" and waiting > 0) then return nil, reason end
   end
   return true
end

-- ---- HTTP ----

local function escape(text)
   return (tostring(text):gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ["\""] = "&quot;" }))
end

-- The page where no directory is given: what this connection negotiated.
local function page(client, request)
   local info = client.stream:info()
   local rows = {}
   local function row(name, value)
      if value ~= nil and value ~= "" then rows[#rows + 1] = { name, describe.printable(tostring(value), true) } end
   end
   for _, name in ipairs { "version", "cipher_suite", "group", "local_signature_algorithm", "alpn", "server_name" } do
      row(name, info[name] and describe.name_of(info[name]))
   end
   row("resumed", info.resumed and "yes" or "no")
   row("early_data", info.early_data)
   row("peer_verified", info.peer_verified and "yes" or "no")
   local leaf = info.peer_certificates and info.peer_certificates[1]
   if leaf then row("client", describe.certificate(leaf).subject) end
   if info.peer_key then row("client", "raw public key " .. info.peer_key:pin()) end
   row("peer", client.peer)
   local title = "bearssl for Lua: this connection"
   local lines = {}
   if (request.headers.accept or ""):find("text/html", 1, true) then
      for i, pair in ipairs(rows) do
         lines[i] = ("<tr><th align=left>%s</th><td>%s</td></tr>"):format(escape(pair[1]), escape(pair[2]))
      end
      return "text/html; charset=utf-8", ("<!DOCTYPE html>\n<title>%s</title>\n<h1>%s</h1>\n<table>\n%s\n</table>\n")
         :format(title, title, table.concat(lines, "\n"))
   end
   for i, pair in ipairs(rows) do lines[i] = ("%-26s %s"):format(pair[1], pair[2]) end
   return "text/plain; charset=utf-8", title .. "\n\n" .. table.concat(lines, "\n") .. "\n"
end

-- Sends one response whose body is a string.
local function respond(server, client, request, status, kind, body, extra)
   local version = request and request.version or "1.1"
   body = body or (("%d %s\n"):format(status, http.reasons[status] or ""))
   local fields = {
      { "Date", http.date() }, { "Server", "bearssl" }, { "Content-Type", kind or "text/plain; charset=utf-8" },
      { "Content-Length", #body },
   }
   for _, pair in ipairs(extra or {}) do fields[#fields + 1] = pair end
   if not client.keep_alive then fields[#fields + 1] = { "Connection", "close" } end
   local head = http.response_head(version, status, fields)
   log(server, client, ("response %d, %d bytes"):format(status, #body))
   return server.loop:send(client.stream, request and request.method == "HEAD" and head or head .. body, server.idle)
end

local function send_file(server, client, request, found)
   local loop, stream, file = server.loop, client.stream, found.file
   client.file = file
   local fields = {
      { "Date", http.date() }, { "Server", "bearssl" }, { "Content-Type", files.content_type(found.path) },
      { "Content-Length", ("%d"):format(found.size) }, { "X-Content-Type-Options", "nosniff" },
   }
   if not client.keep_alive then fields[#fields + 1] = { "Connection", "close" } end
   log(server, client, ("response 200, %d bytes"):format(found.size))
   -- head and first slice share a record
   local pending = http.response_head(request.version, 200, fields)
   local left = request.method == "HEAD" and 0 or found.size
   repeat
      if left > 0 then
         local slice = file:read(math.min(left, SLICE))
         if not slice then return nil, "the file became shorter", "file" end
         left = left - #slice
         pending = pending == "" and slice or pending .. slice
      end
      local ok, message, code = loop:send(stream, pending, server.idle)
      if not ok then return nil, message, code end
      pending = ""
      if left > 0 then loop:pause() end
   until left == 0
   file:close()
   client.file = nil
   return true
end

local function answer(server, client, request)
   if request.method == "OPTIONS" then
      return respond(server, client, request, 200, nil, "", { { "Allow", "GET, HEAD, OPTIONS" } })
   elseif request.method ~= "GET" and request.method ~= "HEAD" then
      return respond(server, client, request, 405, nil, nil, { { "Allow", "GET, HEAD, OPTIONS" } })
   elseif not server.directory then
      if #request.segments > 0 then return respond(server, client, request, 404) end
      return respond(server, client, request, 200, page(client, request))
   end
   local found = files.find(server.directory, request)
   if found.file then return send_file(server, client, request, found) end
   return respond(server, client, request, found.status, nil, nil,
      found.location and { { "Location", found.location } } or nil)
end

local function speak_http(server, client)
   local loop, stream = server.loop, client.stream
   local reader = http.reader(function(max)
      if server.draining and not client.busy then return nil, "draining", "draining" end
      local timeout = client.deadline - core.monotonic()
      if timeout <= 0 then return nil, "timeout", "timeout" end
      local bytes, message, code = loop:receive(stream, max, timeout)
      if bytes and not client.busy then -- the first bytes of a request: the rest has to come soon
         client.busy = true
         client.deadline = core.monotonic() + server.patience
      end
      return bytes, message, code
   end)
   repeat
      client.busy = reader.buffer ~= ""
      client.deadline = core.monotonic() + (client.busy and server.patience or server.idle)
      local head, message, code, got = reader:head(http.HEAD_LIMIT)
      client.keep_alive = false
      if not head then
         if code == "limit_exceeded" then return respond(server, client, nil, 431) end
         if code == "decode_error" then return respond(server, client, nil, 400) end
         if code == "timeout" and got and got > 0 then return respond(server, client, nil, 408) end
         return nil, message, code
      end
      client.busy = true
      local request, status, reason = http.request(head)
      if not request then
         log(server, client, ("bad request: %s"):format(reason))
         return respond(server, client, nil, status, nil, ("%d %s\n"):format(status, reason))
      end
      log(server, client, ("request %s %s HTTP/%s"):format(request.method, request.target, request.version))
      -- a body is not read: the connection ends after the answer
      client.keep_alive = request.keep_alive and not request.has_body and not server.draining
      local ok
      ok, message, code = answer(server, client, request)
      if not ok then return nil, message, code end
      if client.keep_alive then loop:pause() end
   until not client.keep_alive
   return true
end

-- ---- Connections ----

-- Whether the end may look clean to the client: not when it would hide that something is missing.
local function converse(server, client)
   local loop, tcp = server.loop, client.tcp
   tcp:settimeout(0)
   tcp:setoption("tcp-nodelay", true)
   local stream, message = server.context:wrap(tcp, { handlers = trace_handlers(server, client) })
   if not stream then
      log(server, client, "failed: " .. tostring(message))
      return tcp:close()
   end
   client.stream = stream
   stream:settimeout(0)
   local ok, code
   ok, message, code = loop:handshake(stream, server.patience)
   if not ok then
      log(server, client, ("handshake failed: %s (%s)"):format(tostring(message), tostring(code)))
      if code == "draining" then return loop:finish(stream, tcp, 0) end
      return loop:finish(nil, tcp, 1)
   end
   client.established = true
   if server.echo then
      ok, code = echo(server, client)
      message = code
   else
      ok, message, code = speak_http(server, client)
   end
   if ok or code == "closed" or code == "timeout" and not client.file or code == "draining" then
      loop:finish(stream, tcp, server.draining and 0.5 or 2)
   else
      log(server, client, ("ended: %s (%s)"):format(tostring(message), tostring(code)))
      tcp:close()
   end
end

local function forget(server, client, ok, message)
   if not ok then io.stderr:write("bearssl: internal error: ", tostring(message), "\n") end
   server.clients[client] = nil
   server.count = server.count - 1
   server.echoing = server.echoing - (client.echoing or 0)
   if client.file then client.file:close() end
   if client.stream and not ok then pcall(client.stream.close, client.stream) end
   client.tcp:close()
   log(server, client, "closed")
   if server.acceptor_sleeps then server.loop:wake(server.acceptor, "room") end
end

local function admit(server, tcp)
   local address, port = tcp:getpeername()
   server.accepted = server.accepted + 1
   local client = { id = server.accepted, tcp = tcp, peer = options.endpoint(address or "?", tonumber(port) or 0) }
   server.clients[client] = true
   server.count = server.count + 1
   log(server, client, "connected")
   client.task = server.loop:spawn(function() converse(server, client) end, function(ok, message)
      forget(server, client, ok, message)
   end)
end

local function accept(server)
   local loop = server.loop
   while not server.draining do
      local wait, reason = true, nil
      if server.count >= server.connections then
         server.acceptor_sleeps = true
         wait, reason = loop:sleep(nil)
         server.acceptor_sleeps = false
      else
         local tcp, message = server.listener:accept()
         if tcp then
            admit(server, tcp)
         elseif message == "timeout" then
            wait, reason = loop:wait(server.listener, "read")
         else -- no descriptors are left, say
            wait, reason = loop:sleep(0.1)
         end
      end
      if not wait and reason == "draining" then break end
   end
   server.listener:close()
end

-- ---- The end ----

-- trap(loop, f) calls f once in a task when SIGTERM or SIGINT arrives; a second signal ends the loop at once.
-- Who runs it on a terminal wants it to stop at ^C, at once: the signal's default does that.
local function trap(loop, on_signal)
   for number = 0, 2 do
      if terminal.columns(number) then return end
   end
   local descriptor = core.trap_terminate()
   if not descriptor then return end -- the signal's default then ends the process, at once
   local source = { getfd = function() return descriptor end }
   loop:spawn(function()
      repeat loop:wait(source, "read") until core.terminated() > 0
      on_signal()
      repeat loop:wait(source, "read") until core.terminated() > 1
      loop:stop()
   end)
end

local function drain(server)
   server.draining = true
   server.loop:wake(server.acceptor, "draining")
   for client in pairs(server.clients) do
      if not client.established or not client.busy then server.loop:wake(client.task, "draining") end
   end
   local deadline = core.monotonic() + DRAIN
   server.loop:spawn(function()
      while server.count > 0 and core.monotonic() < deadline do server.loop:sleep(0.02) end
      server.loop:stop()
   end)
end

function serve.run(arguments)
   local where = listening.address(arguments.listen)
   if arguments.directory and not files.is_directory(arguments.directory) then
      options.usage("'%s' is not a directory", arguments.directory)
   end
   if arguments.verify and arguments.verify ~= "none" and not arguments.cafile
      and not (arguments.raw_public_key and #arguments.pin > 0) then
      options.usage("--verify %s needs a --cafile to verify with", arguments.verify)
   end
   local own = #arguments.cert + #arguments.key == 0 and listening.credential(where) or nil
   local loop = new_loop.new()
   local server = {
      loop = loop, clients = {}, count = 0, accepted = 0, echoing = 0, idle = arguments.idle,
      patience = math.min(arguments.idle, PATIENCE), echo = arguments.echo,
      trace = arguments.trace, json = arguments.json, connections = arguments.connections,
      context = options.context(arguments, {
         mode = "server", verify = arguments.verify, max_early_data = arguments.early_data,
         tickets = arguments.tickets ~= 0, ticket_count = arguments.tickets, ech_keys = ech_keys(arguments),
         credentials = own and { own.credential },
      }),
      directory = arguments.directory and arguments.directory:gsub("(.)/+$", "%1") or nil,
   }
   local host, port
   server.listener, host, port = listening.open(where)
   loop.on_error = function(message) io.stderr:write("bearssl: internal error: ", tostring(message), "\n") end
   server.acceptor = loop:spawn(function() accept(server) end)
   trap(loop, function() drain(server) end)
   if arguments.json then
      output.json({ event = "listening", address = host, port = port, pin = own and own.pin }, true)
   else
      output.write("listening on ", options.endpoint(host, port), "\n")
      if own then output.write(listening.told(own, arguments, host, port)) end
      output.flush()
   end
   loop:run()
   for client in pairs(server.clients) do
      if client.stream then pcall(client.stream.close, client.stream) end
      client.tcp:close()
   end
   return 0
end

return serve
