-- ssl.https, and installing all of it in LuaSec's place: in programs of their own.
local certificates = require "spec.support.certificates"
local interpreter = require "spec.support.interpreter"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

-- A server of LuaSec's, for one request after the other: it answers with what it was asked.
local SERVER = [[
local socket, ssl = require "socket", require "ssl"
local certificate, key = arg[1], arg[2]
local listener = assert(socket.bind("127.0.0.1", 0))
io.write("port ", (select(2, listener:getsockname())), "\n")
io.stdout:flush()
while true do
   local tcp = listener:accept()
   tcp:settimeout(5)
   local conn = ssl.wrap(tcp, { mode = "server", protocol = "any", certificate = certificate, key = key })
   conn:settimeout(1)
   if conn:dohandshake() then
      local method, path = (conn:receive() or ""):match "^(%u+) (%S+)"
      local length, line = 0, nil
      repeat
         line = conn:receive()
         length = line and tonumber(line:lower():match "^content%-length: (%d+)") or length
      until not line or line == ""
      local body = length > 0 and conn:receive(length) or ""
      local answer = ("%s %s %s %s"):format(method, path, body, tostring(conn:getsniname()))
      if path == "/long" then answer = ("x"):rep(300000) end
      if path == "/moved" then
         conn:send("HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
      elseif path == "/open" then
         conn:send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" .. answer)
      else
         conn:send(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"):format(#answer, answer))
      end
      conn:close()
   end
end
]]

-- What a program of LuaSec's does with https, without a word of ours.
local CLIENT = [[
local port, cafile = tonumber(arg[1]), arg[2]
local ssl, https, http, ltn12 = require "ssl", require "ssl.https", require "socket.http", require "ltn12"
local base = "https://localhost:" .. port
local function show(...)
   local parts = {}
   for index = 1, select("#", ...) do
      local value = select(index, ...)
      parts[index] = type(value) == "table" and "{}" or type(value) == "number" and ("%d"):format(value)
         or #tostring(value) > 500 and #value or tostring(value)
   end
   print((table.concat(parts, "|"):gsub("0x%x+", "0x0"):gsub("localhost:%d+", "localhost:port")))
end
show(https.request(base .. "/one"))
show(https.request(base .. "/form", "a=1"))
show(https.request(base .. "/long"))
show(https.request(base .. "/open"))
show(https.request(base .. "/moved"))
local function ask(more)
   local sunk = {}
   local request = { url = base .. "/table", sink = ltn12.sink.table(sunk) }
   for name, value in pairs(more) do request[name] = value end
   show(https.request(request))
   show(table.concat(sunk))
   collectgarbage() -- connections that failed
   return request
end
local request = ask {}
show(request.protocol, request.verify, request.mode, type(request.create), request.options[4])
show(https.request(request))
ask { verify = "peer", cafile = cafile }
ask { verify = "peer" }
ask { proxy = "http://127.0.0.1:1/" }
ask { redirect = true }
ask { redirect = false }
ask { protocol = "tlsv1_2", method = "PUT", source = ltn12.source.string("body"), headers = { ["content-length"] = 4 } }
ask { protocol = "nonsense" }
ask { cafile = "/none/such.pem" }
show(http.request { url = base .. "/plain", verify = "peer", cafile = cafile })
show((http.request(base .. "/plain")))
show((https.request("https://127.0.0.1:1/")))
show(select(2, https.request("https://127.0.0.1:1/")))
https.PORT = port
show(https.request("https://localhost/by-default"))
https.TIMEOUT = 7
local made = https.tcp()()
show(type(made.settimeout), type(made.connect), type(made.send))
show(made:connect("localhost", port))
for _, name in ipairs { "send", "receive", "getpeercertificate", "dohandshake", "close" } do show(type(made[name])) end
made:send("GET /by-hand HTTP/1.0\r\n\r\n")
show(made:receive())
made:close()
]]

local function start_server()
   local server = process.start({ interpreter.path, temporary.write(SERVER, ".lua"), certificates.ec.chainfile,
      certificates.ec.keyfile })
   return server, assert(server:wait_for("port (%d+)", 10))
end

-- What a program prints, with LuaSec or with ours.
local function output(arguments, module)
   local command = { "env", "SSL_CERT_FILE=" .. certificates.ca.certfile }
   for name, value in pairs(interpreter.environment()) do command[#command + 1] = name .. "=" .. value end
   command[#command + 1] = interpreter.path
   if module then
      command[#command + 1] = "-l"
      command[#command + 1] = module
   end
   for _, word in ipairs(arguments) do command[#command + 1] = word end
   return shell.run(command)
end

describe("ssl.https of bearssl.luasec", function()
   local server, port
   setup(function() server, port = start_server() end)
   teardown(function() server:stop() end)

   it("does for an unmodified program what LuaSec's does", function()
      local program = { temporary.write(CLIENT, ".lua"), port, certificates.ca.certfile }
      local expected = output(program)
      assert.truthy(expected:find("GET /one  localhost", 1, true))
      assert.truthy(expected:find("certificate verify failed", 1, true))
      -- LuaSec gives an older error of the process's for the file that is not there
      local function comparable(text) return (text:gsub("CA locations %b()", "CA locations")) end
      assert.equal(comparable(expected), comparable(output(program, "bearssl.luasec.auto")))
   end)
end)

describe("installing bearssl.luasec", function()
   -- Everything that is asked for by LuaSec's names is ours afterwards, and nothing else is changed.
   local PROGRAM = [[
      local before = {}
      for name in pairs(_G) do before[name] = true end
      local luasec = require "bearssl.luasec"
      local returned = luasec.install()
      local ssl = require "ssl"
      assert(returned == ssl and ssl == require "bearssl.luasec.ssl" and luasec.ssl == ssl)
      assert(ssl._VERSION == "1.3.2" and type(ssl._COPYRIGHT) == "string")
      assert(require "ssl.context" == luasec.context and ssl.config == require "ssl.config")
      assert(require "ssl.x509".load == ssl.loadcertificate and require "ssl.x509" == luasec.x509)
      assert(require "ssl.core".SOCKET_INVALID == -1 and type(require "ssl.core".copyright()) == "string")
      assert(require "ssl.https" == luasec.https and luasec.https._VERSION == "1.3.2")
      assert(luasec.nonsense == nil)
      for name in pairs(_G) do assert(before[name], name) end
      print "good"
   ]]

   it("gives everything under LuaSec's names", function()
      assert.equal("good\n", output { temporary.write(PROGRAM, ".lua") })
   end)

   it("comes before LuaSec where that is loaded already", function()
      local program = temporary.write([[
         local real = require "ssl"
         require "bearssl.luasec.auto"
         assert(require "ssl" ~= real and require "ssl"._VERSION == "1.3.2" and real._VERSION ~= "1.3.2")
         print "good"]], ".lua")
      assert.equal("good\n", output { program })
   end)

   it("loads nothing of LuaSocket's before it is asked for", function()
      local program = temporary.write([[
         require "bearssl.luasec.auto"
         for name in pairs(package.loaded) do assert(not name:find "^socket", name) end
         print "good"]], ".lua")
      assert.equal("good\n", output { program })
   end)
end)
