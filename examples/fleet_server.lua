-- One server of a fleet: it resumes the sessions of the others, and takes early data that none of them has taken.
--     lua examples/fleet_server.lua certfile=CERT keyfile=KEY secret=FILE store=redis:HOST:PORT [name=NAME] [port=PORT]
--        [period=SECONDS] [overlap=SECONDS] [window=SECONDS]
-- store may be memcached:HOST:PORT too. FILE holds the fleet's secret, as store.new_secret() gives it. The server
-- answers one line of each client.
local bearssl = require "bearssl"
local loop = require("bearssl.tool.loop").new() -- the tool's, which is private: any loop will do
local socket = require "socket"
local store = require "bearssl.store"

local options = { name = "one" }
for _, word in ipairs(arg) do
   local name, value = word:match "^(%w+)=(.*)$"
   options[assert(name, "words are NAME=VALUE")] = tonumber(value) or value
end

-- The fleet's part.
local kind, host, port = (options.store or error "store= is missing"):match "^(%w+):(.*):(%d+)$"
local backend = require("bearssl.store." .. kind).new { host = host, port = tonumber(port), timeout = 0.2 }
local secret = assert(io.open(options.secret or error "secret= is missing")):read "*l"
local function report(message) print("store: " .. message) end

local keys = assert(store.ticket_keys(backend, {
   secret = secret, period = options.period, overlap = options.overlap, on_error = report,
}))
local context = assert(bearssl.context {
   mode = "server", certfile = options.certfile, keyfile = options.keyfile,
   ticket_keys = keys:keys(), max_early_data = 16384, early_data_window = options.window,
   handlers = store.handlers(backend, { secret = secret, early_data = true, clock_skew = 1, on_error = report }),
})

loop:spawn(function()
   while true do
      keys:refresh()
      loop:sleep(1)
   end
end)

-- The server's part. A line that came early is answered before the handshake is over.
local function first_line(stream)
   local text, early = "", false
   while not text:find "\n" do
      local bytes, message, _, code = stream:receive_early(1024)
      if bytes then
         early = true
      elseif code == "no_early_data" then
         bytes, message = loop:receive(stream, 1024, 10)
      elseif code == "wantread" or code == "wantwrite" or code == "timeout" then
         bytes = loop:wait(stream, code == "wantwrite" and "write" or "read", 10) and ""
      end
      if not bytes then return nil, message end
      text = text .. bytes
   end
   return text:match "^[^\n]*", early
end

local function serve(tcp)
   tcp:settimeout(0)
   local stream = assert(context:wrap(tcp, { timeout = 0 }))
   local line, early = first_line(stream)
   if line then
      print(("%s took '%s'%s"):format(options.name, line, early and " early" or ""))
      loop:send(stream, ("server=%s resumed=%s early=%s %s\n"):format(options.name, tostring(stream:info "resumed"),
         tostring(early), line), 10)
      loop:handshake(stream, 10)
   end
   loop:finish(stream, tcp)
end

io.stdout:setvbuf "line"
local listener = assert(socket.bind("127.0.0.1", options.port or 0, 1024))
listener:settimeout(0)
print("listening on " .. select(2, listener:getsockname()))
loop:spawn(function()
   while true do
      loop:wait(listener, "read")
      local tcp = listener:accept()
      if tcp then loop:spawn(function() serve(tcp) end) end
   end
end)
loop:run()
