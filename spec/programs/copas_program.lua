-- A server of HTTP and one of lines, and their clients, in one Copas loop, as in Copas's manual. Words: certificate
-- and key of the server of all names, the same of alpha.example and of beta.example, a file of their CA, and of
-- another.
local copas = require "copas"
local http = require "copas.http"
local ltn12 = require "ltn12"
local socket = require "socket"
local ssl = require "ssl"

local pcall, xpcall = pcall, xpcall
if _VERSION == "Lua 5.1" and not rawget(_G, "jit") then -- whose own let nobody yield
   pcall, xpcall = require("coxpcall").pcall, require("coxpcall").xpcall
end

local ca, other = arg[7], arg[8]

local function server_parameters(index)
   return { mode = "server", protocol = "any", certificate = arg[index], key = arg[index + 1] }
end

local alpha = assert(ssl.newcontext(server_parameters(3)))
local beta = assert(ssl.newcontext(server_parameters(5)))

local function listen(handler, parameters)
   local listener = assert(socket.bind("127.0.0.1", 0))
   local _, number = listener:getsockname()
   copas.addserver(listener, copas.handler(handler, parameters))
   return number
end

-- answer is a server of HTTP for one request.
local function answer(stream)
   local line = stream:receive("*l")
   local length = 0
   repeat
      local field = stream:receive("*l")
      length = tonumber((field or ""):lower():match("^content%-length: (%d+)")) or length
   until not field or field == ""
   local path = line and line:match("^%u+ (%S+)")
   if path == "/moved" then
      stream:send("HTTP/1.1 302 Found\r\nLocation: /name\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
   elseif path == "/clear" then
      stream:send("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n")
      stream:send("Connection: close\r\n\r\n")
   elseif path == "/name" then
      local name = tostring(stream:getsniname())
      stream:send(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"):format(#name, name))
   elseif path == "/chunks" then
      stream:send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
      for index = 1, 20 do
         stream:send(("%x\r\n%s\r\n"):format(index * 1000, ("c"):rep(index * 1000)))
         copas.pause(0)
      end
      stream:send("0\r\n\r\n")
   elseif path == "/echo" then
      local body = stream:receive(length)
      stream:send(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"):format(#body))
      stream:send(body)
   end
   stream:close()
end

-- lines gives every line back, and tells of what it was given before the end.
local ended = {}
local function lines(stream)
   repeat
      local line, reason, partial = stream:receive("*l")
      if line then
         stream:send(line .. "\n")
      else
         ended[#ended + 1] = reason .. ":" .. partial
      end
   until not line
   stream:close()
end

local refusals = {}
copas.setErrorHandler(function(message)
   refusals[#refusals + 1] = tostring(message):match("handshake failed: [%w ]+") or tostring(message)
end, true)

local one = listen(answer, server_parameters(1))
local named = listen(answer, {
   wrap = server_parameters(1),
   sni = { names = { ["alpha.example"] = alpha, ["beta.example"] = beta } },
})
local strict = listen(lines, {
   wrap = server_parameters(1),
   sni = { names = { ["alpha.example"] = alpha, ["beta.example"] = beta }, strict = true },
})
local context = listen(lines, assert(ssl.newcontext(server_parameters(3)))) -- a context in place of parameters
local silent = assert(socket.bind("127.0.0.1", 0))

local function say(name, ...)
   local words = { name }
   for index = 1, select("#", ...) do
      words[#words + 1] = tostring((select(index, ...))):match("[^\n]*") -- without a traceback
   end
   print((table.concat(words, "|"):gsub("[^%s|]+copas%.lua:%d+: ", ""))) -- where Copas raised it
end

local function fetch(number, path, request)
   local parts = {}
   request = request or {}
   request.url = ("https://localhost:%d%s"):format(number, path)
   request.sink = ltn12.sink.table(parts)
   local done, code = http.request(request)
   return done and table.concat(parts) or nil, code
end

local function client(name, cafile)
   return {
      wrap = { mode = "client", protocol = "any", verify = "peer", cafile = cafile or ca },
      sni = { names = name },
   }
end

-- connect opens a connection of lines.
local function connect(number, parameters)
   local stream = copas.wrap(socket.tcp(), parameters)
   local done, reason = stream:connect("127.0.0.1", number)
   return done and stream, reason
end

local function subject(stream)
   local certificate = stream.socket:getpeercertificate()
   for _, part in ipairs(certificate:subject()) do
      if part.name == "commonName" then
         return part.value
      end
   end
end

local function together(count, body)
   local left = count
   for index = 1, count do
      copas.addthread(function()
         body(index)
         left = left - 1
      end)
   end
   while left > 0 do
      copas.pause(0.002)
   end
end

local function program()
   say("simple", (http.request("https://localhost:" .. one .. "/name")))
   say("chunks", #fetch(one, "/chunks"))
   say("redirect", fetch(one, "/moved"))
   say("no way down", fetch(one, "/clear"))
   say("verified", fetch(one, "/name", { sslparams = { wrap = { protocol = "any", verify = "peer", cafile = ca } } }))
   say("refused", pcall(fetch, one, "/name", {
      sslparams = { wrap = { protocol = "any", verify = "peer", cafile = other } },
   }))
   local body = ("0123456789"):rep(30000)
   say("post", (http.request("https://localhost:" .. one .. "/echo", body)) == body)

   local good = 0
   together(30, function(index)
      local sent = (tostring(index % 10)):rep(50000 + index)
      if http.request("https://localhost:" .. one .. "/echo", sent) == sent then
         good = good + 1
      end
   end)
   say("thirty at once", good)

   say("named", fetch(named, "/name", { sslparams = client("beta.example") }))
   say("named otherwise", fetch(named, "/name", { sslparams = client("other.example") }))
   for _, name in ipairs({ "alpha.example", "beta.example" }) do
      local stream = assert(connect(strict, client(name)))
      stream:send("one\ntwo\n")
      say("strict " .. name, subject(stream), stream:receive("*l"), stream:receive("*l"), (stream:getsniname()))
      stream:send("without an end")
      stream:close()
   end
   say("strict otherwise", pcall(connect, strict, client("other.example")))

   local stream = assert(connect(context, client("alpha.example")))
   stream:send("line\n")
   stream:settimeouts(1, 1, 0.05)
   say("context", subject(stream), stream:receive("*l"), stream:receive("*l"))
   local received, sent = stream:getstats()
   say("statistics", ("%d|%d"):format(received, sent))
   stream:close()

   local waiting = copas.wrap(socket.tcp(), client("alpha.example"))
   waiting:settimeouts(0.05, 1, 1)
   say("silent server", waiting:connect("127.0.0.1", select(2, silent:getsockname())))
   waiting:close()

   while #ended < 3 do -- the servers hear of it in their turn
      copas.pause(0.002)
   end
   say("ended", ended[1], ended[2], ended[3])
   table.sort(refusals)
   say("refusals", table.concat(refusals, ";"))
   copas.exit()
end

copas.loop(function()
   local done, message = xpcall(program, debug.traceback)
   if not done then
      io.stderr:write(tostring(message), "\n", table.concat(refusals, ";"), "\n")
      os.exit(1)
   end
   os.exit(0)
end)
