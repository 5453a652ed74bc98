-- A TLS server of ours in a process of its own, to resume sessions across processes:
--     local server = session_server.start { certificate =, keys = path of exported ticket keys, redis = port,
--                                           tickets = false, cafile = for client authentication, clients =
--                                           "required", cache = number }
-- It has `port`, and answers each line with "resumed=… ticket=… ems=… verified=… line". The keys are read again before
-- each connection, so writing the file rotates them in every process. With `redis` sessions are kept there by their ID,
-- through session_store and session_load.
local interpreter = require "spec.support.interpreter"

local session_server = {}

local SOURCE = [=[
local bearssl = require "bearssl"
local socket = require "socket"

local function read(path)
   local file = assert(io.open(path, "rb"))
   local bytes = file:read("*a")
   file:close()
   return bytes
end

local options = {}
for _, word in ipairs(arg) do
   local name, value = word:match("^(%w+)=(.*)$")
   options[name] = value
end
local settings = {
   mode = "server", certfile = options.certfile, keyfile = options.keyfile, cafile = options.cafile,
   verify = options.clients, session_cache = tonumber(options.cache),
}
local keys
if options.keys then
   keys = assert(bearssl.ticket_keys.import(read(options.keys)))
   settings.ticket_keys = keys
end
if options.tickets == "false" then settings.tickets = false end
if options.redis then
   local redis = require("redis").connect("127.0.0.1", tonumber(options.redis))
   settings.handlers = {
      session_store = function(_, question)
         redis:setex("tls:" .. question.session_id, question.lifetime, question.session:export())
      end,
      session_load = function(_, question)
         return redis:get("tls:" .. question.session_id)
      end,
   }
end
local context = assert(bearssl.context(settings))
local listener = assert(socket.bind("127.0.0.1", 0))
print("session server on " .. select(2, listener:getsockname()))
io.stdout:flush()
while true do
   local plain = listener:accept()
   plain:settimeout(10)
   if keys then assert(keys:replace(read(options.keys))) end
   local stream = assert(context:wrap(plain, { timeout = 10 }))
   local ok, message = stream:handshake()
   if not ok then print("failed: " .. tostring(message)) end
   while ok do
      local line = stream:receive("*l")
      if not line then break end
      local info = stream:info()
      assert(stream:send(("resumed=%s ticket=%s ems=%s verified=%s %s\n"):format(tostring(info.resumed),
         tostring(info.ticket), tostring(info.extended_master_secret), tostring(info.peer_verified), line)))
   end
   stream:close()
end
]=]

function session_server.start(options)
   local words = { "certfile=" .. options.certificate.chainfile, "keyfile=" .. options.certificate.keyfile }
   for _, name in ipairs({ "keys", "redis", "tickets", "cafile", "clients", "cache" }) do
      if options[name] ~= nil then words[#words + 1] = name .. "=" .. tostring(options[name]) end
   end
   local child = interpreter.script(SOURCE, words)
   child.port = tonumber((child:wait_for("session server on (%d+)")))
   return child
end

--- fields(line) are the words name=value of an answer.
function session_server.fields(line)
   local fields = {}
   for name, value in line:gmatch("(%w+)=(%w+)") do fields[name] = value == "true" end
   return fields
end

return session_server
