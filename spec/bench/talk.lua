-- What the two ends of a measured connection do, with either library.
--
-- "one process" means that both ends live in this process and take turns over a real loopback TCP connection: what
-- is measured is the work of both ends, kernel included, and no waiting. "two processes" means a server in a child
-- process and a client here, both blocking.
local socket = require "socket"

local talk = {}

local function open_pair(listener, port)
   local client = assert(socket.connect("127.0.0.1", port))
   local server = assert(listener:accept())
   client:setoption("tcp-nodelay", true)
   server:setoption("tcp-nodelay", true)
   -- Closing resets the connection, so that thousands of them do not wait in TIME_WAIT.
   client:setoption("linger", { on = true, timeout = 0 })
   server:setoption("linger", { on = true, timeout = 0 })
   return client, server
end

--- unix_pair() is two connected Unix sockets, or nil where LuaSocket has none.
function talk.unix_pair(path)
   local ok, unix = pcall(require, "socket.unix")
   if not ok then
      return nil
   end
   local stream = type(unix) == "table" and unix.stream or unix
   local listener, client = assert(stream()), assert(stream())
   assert(listener:bind(path))
   assert(listener:listen(1))
   assert(client:connect(path))
   local server = assert(listener:accept())
   listener:close()
   os.remove(path)
   return client, server
end

-- times, if it is there, gains what the call took of this process's processor time, under `side`.
local function advance(connection, who, times, side)
   local start = times and os.clock()
   local ok, message = connection:dohandshake()
   if times then
      times[side] = times[side] + (os.clock() - start)
   end
   if not ok and message ~= "wantread" and message ~= "wantwrite" then
      error(("%s: the handshake failed: %s"):format(who, tostring(message)))
   end
   return ok
end

--- shake_hands(library, contexts, raw_client, raw_server, session, times) in one process: client, server.
function talk.shake_hands(library, contexts, raw_client, raw_server, session, times)
   local client = library.wrap_client(contexts.client, raw_client, session)
   local server = library.wrap_server(contexts.server, raw_server)
   client:settimeout(0)
   server:settimeout(0)
   local client_done, server_done
   repeat
      client_done = client_done or advance(client, library.name .. " client", times, "client")
      server_done = server_done or advance(server, library.name .. " server", times, "server")
   until client_done and server_done
   return client, server
end

--- both(library, contexts, listener, port, session) connects over TCP and shakes hands.
function talk.both(library, contexts, listener, port, session)
   local raw_client, raw_server = open_pair(listener, port)
   return talk.shake_hands(library, contexts, raw_client, raw_server, session)
end

--- timed(library, contexts, listener, port [, session]) → client, server, and what the handshake's calls of each took:
--- { client = seconds, server = seconds } of processor time.
function talk.timed(library, contexts, listener, port, session)
   local raw_client, raw_server = open_pair(listener, port)
   local times = { client = 0, server = 0 }
   local client, server = talk.shake_hands(library, contexts, raw_client, raw_server, session, times)
   return client, server, times
end

--- round_trips(client, server, message, count): both ends in one process; nothing ever waits.
function talk.round_trips(client, server, message, count)
   local length = #message
   for _ = 1, count do
      assert(client:send(message))
      assert(server:receive(length))
      assert(server:send(message))
      assert(client:receive(length))
   end
end

--- pass(from, to, data) sends data from one end to the other in one process (settimeout(0) on both).
function talk.pass(from, to, data)
   local length, sent, partial = #data, 0, nil
   while true do
      if sent < length then
         local last, message, cut = from:send(data, sent + 1)
         if not last and message ~= "wantwrite" and message ~= "timeout" then
            error("send: " .. tostring(message))
         end
         sent = last or cut
      end
      local got, message, part = to:receive(length, partial)
      if got then
         return
      end
      if message ~= "wantread" and message ~= "timeout" then
         error("receive: " .. tostring(message))
      end
      partial = part
   end
end

-- ---- Two processes: the server does what lines from the client tell it ----

--- serve(connection): "echo SIZE COUNT", "sink SIZE COUNT" (answers with one byte), until the peer closes.
function talk.serve(connection)
   while true do
      local line = connection:receive("*l")
      if not line then
         return
      end
      local job, size, count = line:match("^(%a+) (%d+) (%d+)$")
      size, count = tonumber(size), tonumber(count)
      if job == "echo" then
         for _ = 1, count do
            assert(connection:send(assert(connection:receive(size))))
         end
      else
         for _ = 1, count do
            assert(connection:receive(size))
         end
         assert(connection:send("."))
      end
   end
end

function talk.connect(library, context, port, session)
   local raw = assert(socket.connect("127.0.0.1", port))
   raw:setoption("tcp-nodelay", true)
   local connection = library.wrap_client(context, raw, session)
   assert(connection:dohandshake())
   return connection
end

function talk.ask_echo(connection, message, count)
   local length = #message
   assert(connection:send(("echo %d %d\n"):format(length, count)))
   for _ = 1, count do
      assert(connection:send(message))
      assert(connection:receive(length))
   end
end

function talk.ask_sink(connection, data, count)
   assert(connection:send(("sink %d %d\n"):format(#data, count)))
   for _ = 1, count do
      assert(connection:send(data))
   end
   assert(connection:receive(1))
end

return talk
