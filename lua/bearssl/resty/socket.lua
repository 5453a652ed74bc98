-- What bearssl.resty.wrap makes of a cosocket: an object of the same methods, which return what nginx's return, plain
-- until sslhandshake and TLS afterwards, by a context of ours. A method that fails in TLS gives nginx's word where
-- there is one ("timeout", "closed", "socket busy reading"), a sentence otherwise, and behind them the library's code.
local idle = require "bearssl.resty.idle"
local Link = require "bearssl.resty.link"
local options = require "bearssl.options"
local pool = require "bearssl.resty.pool"
local terms = require "bearssl.resty.terms"
local text = require "bearssl.resty.text"

local class = require "bearssl.own"
local own = class.self_of "resty socket"

local Socket = {}

local running, status = coroutine.running, coroutine.status

-- ---- One light thread reads and one writes, as with nginx's ----

local lanes = { reader = "socket busy reading", writer = "socket busy writing" }

local function is_busy(owner)
   return owner and owner ~= running() and status(owner) ~= "dead"
end

local function leave(state, lane, ...)
   state[lane] = nil
   return ...
end

-- f(…) in a lane. `untouched`: a connection from the pool of which nobody has made use yet.
local function guarded(state, lane, f, ...)
   if is_busy(state[lane]) then return nil, lanes[lane] end
   state[lane], state.untouched = running(), nil
   return leave(state, lane, f(...))
end

-- ---- Connecting ----

local function forget(state)
   state.stream, state.link, state.entry, state.untouched, state.rest = nil, nil, nil, nil, ""
   state.ended = nil
   state.connected = nil
end

-- Ends what is there, as connect does before it begins anew: true where there was something.
local function disconnect(state)
   local stream, connected, put_off = state.stream, state.connected, state.put_off
   if not connected then return nil end
   forget(state)
   state.put_off = nil
   if put_off then return true end
   if stream then
      stream:settimeout(state.timeouts[2] > 0 and state.timeouts[2] / 1000 or nil)
      stream:close()
   else
      state.raw:close()
   end
   return true
end

local function adopt(state, entry)
   entry.link.timeouts = state.timeouts
   state.entry, state.stream, state.link = entry, entry.stream, entry.link
   state.connected, state.untouched, state.rest = true, true, ""
end

-- A TCP connection, in a pool of nginx's of its own. 1, or nil and nginx's message.
local function dial(state)
   forget(state)
   state.put_off = nil
   state.name = pool.name()
   local own_pool = { pool = state.name }
   local connected, message
   if state.port then
      connected, message = state.raw:connect(state.host, state.port, own_pool)
   else
      connected, message = state.raw:connect(state.host, own_pool)
   end
   if not connected then return nil, message end
   state.connected = true
   return connected
end

-- A connection that was put off, and is wanted now, plain: true, or nil and nginx's message.
local function dial_at_last(state)
   if not state.put_off then return true end
   local connected, message = dial(state)
   if not connected then return nil, message end
   return true
end

local function host_to_verify(state)
   return state.port and state.host or nil
end

local function own_terms(state, name, ssl_verify)
   return terms.of(state.settings, host_to_verify(state), name, ssl_verify, state.credential)
end

-- The time for a handshake in all is that for connecting, as nginx has it.
local function shake_hands(state, wanted, session)
   local link = Link.new(state.raw, state.timeouts)
   local stream, message, code = wanted.context:wrap(link, terms.options_of(wanted, session))
   if not stream then
      disconnect(state)
      return nil, message, code
   end
   local limit = state.timeouts[1]
   stream:settimeout(limit > 0 and limit / 1000 or nil)
   local done
   done, message, code = stream:handshake()
   if not done then
      state.stream = stream
      disconnect(state)
      return nil, (code == "timeout" or code == "closed") and code or message, code
   end
   -- from here on each wait has the time of its kind, by the cosocket's own count
   stream:settimeout(nil)
   state.stream, state.link, state.rest = stream, link, ""
   state.entry = { key = state.key, terms = wanted, stream = stream, link = link, name = state.name, times = 0 }
   return true
end

-- Checks what connect was given, and remembers it. Returns nothing, or what is wrong of what cannot be done.
local function note_address(state, host, port, given)
   if type(port) == "table" and given == nil then port, given = nil, port end
   if type(host) ~= "string" then error("connect: the host must be a string, not " .. options.describe(host), 3) end
   if given ~= nil and type(given) ~= "table" then
      error("connect: the options must be a table, not " .. options.describe(given), 3)
   end
   local pool_name, size = given and given.pool, given and given.pool_size
   if pool_name ~= nil and type(pool_name) ~= "string" and type(pool_name) ~= "number" then
      error(('bad "pool" option type: %s'):format(type(pool_name)), 3)
   end
   if size ~= nil and options.is.integer(1, 2 ^ 31 - 1)(size) then
      error(('bad "pool_size" option value: %s'):format(tostring(size)), 3)
   end
   if given and given.backlog ~= nil then
      return "the option 'backlog' cannot be had: a pool of nginx's holds one TLS connection here"
   end
   state.host, state.port, state.size = host, port, size
   state.key = pool.key(host, port, pool_name)
   return nil
end

--- connect(host, port [, options]), connect("unix:…" [, options]) connects, or takes up an idle TLS connection that
-- setkeepalive has put back: one to the same host and port, under the same option `pool`, and under the terms (context,
-- name, verification …) that a handshake without arguments would have. With the option handshake_on_connect of wrap it
-- shakes hands too. options: pool, pool_size as nginx's; backlog is refused. 1, or nil, message [, code].
function Socket:connect(host, port, given)
   local state = own(self, "connect")
   if is_busy(state.reader) or is_busy(state.writer) then
      return nil, is_busy(state.reader) and lanes.reader or lanes.writer
   end
   local refused = note_address(state, host, port, given)
   if refused then return nil, refused end
   state.ever, state.put_off = true, nil
   disconnect(state)
   local wanted, message, code = own_terms(state)
   local entry = wanted and pool.take(state.key, wanted, state.raw)
   if entry then
      adopt(state, entry)
      return 1
   end
   local at_once = state.settings.handshake_on_connect
   if at_once and not wanted then return nil, message, code end
   if not at_once and pool.has(state.key) then
      -- under terms that sslhandshake may name: it is to find them before there is a connection in vain
      state.connected, state.put_off, state.rest = true, true, ""
      return 1
   end
   local connected
   connected, message = dial(state)
   if not connected then return nil, message end
   if at_once then
      local done
      done, message, code = shake_hands(state, wanted)
      if not done then return nil, message, code end
   end
   return connected
end

-- ---- The handshake ----

local make_session = require "bearssl.resty.session".new
local session_of = require "bearssl.resty.session".of

local function result(state, reused_session)
   if reused_session == false then return true end
   return make_session(state.stream)
end

-- A connection from the pool was taken up under other terms than are asked for: it goes back as it came, for another.
local function exchange(state)
   local entry = state.entry
   entry.times = entry.times - 1
   if pool.put(entry, state.raw, entry.timeout) then forget(state) else disconnect(state) end
   state.connected, state.put_off = true, true
end

--- sslhandshake([reused_session [, server_name [, ssl_verify [, send_status_req]]]]) shakes hands. reused_session:
-- false for no session in return; what an earlier call returned, or a session of bearssl.session: it is offered;
-- otherwise the context offers what it remembers. server_name: the name to send and to verify (wrap's option, or the
-- host). ssl_verify: true verifies, false does not, unless wrap's option `verify` asks for more; nil: as wrap's option
-- or the context says, which is to verify. send_status_req: true asks for a stapled OCSP response, as every context
-- does that has not staple = "none". Returns a session, or true where reused_session is false; nil, message, code, and
-- the socket is closed. Where TLS is spoken under these terms already, it returns so at once.
function Socket:sslhandshake(reused_session, name, ssl_verify, send_status_req, ...)
   local state = own(self, "sslhandshake")
   if select("#", ...) > 0 then
      error(("ngx.socket sslhandshake: expecting 1 ~ 5 arguments (including the object), but seen %d"):format(
         5 + select("#", ...)), 2)
   end
   if name ~= nil and type(name) ~= "string" then
      error("sslhandshake: the server name must be a string, not " .. options.describe(name), 2)
   end
   if not state.ever then error("socket is never created nor connected", 2) end
   if not state.connected then return nil, "closed" end
   for lane, message in pairs(lanes) do
      if is_busy(state[lane]) then return nil, message end
   end
   local wanted, message, code = own_terms(state, name, ssl_verify)
   if wanted and send_status_req and wanted.context:info().staple == "none" then
      wanted, message, code = nil, "send_status_req: the context has staple = \"none\"", "revocation_unknown"
   end
   if not wanted then
      disconnect(state)
      return nil, message, code
   end
   if state.stream then
      if terms.covers(state.entry.terms, wanted) then return result(state, reused_session) end
      if not state.untouched then
         return nil, "TLS is spoken on this connection already, under another name, verification or certificate"
      end
      exchange(state)
   end
   if state.put_off then
      local entry = pool.take(state.key, wanted, state.raw)
      if entry then
         adopt(state, entry)
         return result(state, reused_session)
      end
      local dialled
      dialled, message = dial_at_last(state)
      if not dialled then return nil, message end
   end
   return leave(state, "reader", (function()
      state.reader = running()
      local done
      done, message, code = shake_hands(state, wanted, session_of(reused_session))
      if not done then return nil, message, code end
      return result(state, reused_session)
   end)())
end

--- setclientcert([certificate, key]) is what to show a server that asks: PEM, DER, or objects of bearssl.certificate
-- and bearssl.key; without arguments nothing any more. true, or nil, message. nginx's own certificates (cdata) are
-- OpenSSL's.
function Socket:setclientcert(certificate, key)
   local state = own(self, "setclientcert")
   if not certificate and not key then
      state.credential = nil
      return true
   end
   if not certificate or not key then
      return nil, "client certificate must be supplied with corresponding private key"
   end
   local bearssl = require "bearssl"
   for name, value in pairs { cert = certificate, pkey = key } do
      if type(value) == "cdata" then
         return nil, ("bad %s arg: PEM or an object of bearssl.%s expected, got cdata"):format(name,
            name == "cert" and "certificate" or "key")
      end
   end
   local message
   if type(certificate) == "string" then
      local chain
      chain, message = bearssl.certificate.load(certificate)
      if not chain then return nil, "bad cert arg: " .. message end
   end
   if type(key) == "string" then
      local object
      object, message = bearssl.key.load(key)
      if not object then return nil, "bad pkey arg: " .. message end
   end
   state.credential = { certificate = certificate, key = key }
   return true
end

-- ---- Data ----

-- A method of the cosocket's, as long as no TLS is spoken.
local function plainly(state, name, ...)
   local there, message = dial_at_last(state)
   if not there then return nil, message end
   return state.raw[name](state.raw, ...)
end

--- send(data) sends a string, a number, or an array of them and of such arrays: how many bytes, or nil, message, code.
function Socket:send(data)
   local state = own(self, "send")
   local stream = state.stream
   if not stream then return plainly(state, "send", data) end
   local bytes, wrong = text(data)
   if not bytes then error(("bad argument #1 to 'send' (%s)"):format(wrong), 2) end
   if bytes == "" then return 0 end
   local sent, message, _, code = guarded(state, "writer", stream.send, stream, bytes)
   if sent then return sent end
   return nil, message, code
end

-- Gives "all" for what had come until an orderly end, which nobody has been told of yet; everything else as it is.
local function finish(state, pattern, data, message, partial, code)
   if not data and code == "closed" then
      local is_all = pattern == "*a" or pattern == "a"
      if is_all and (partial ~= "" or not state.ended) then return partial end
      state.ended = true
   end
   if data then return data end
   return nil, message, partial, code
end

-- A number of bytes, "*a" or a line, of which the beginning may have come with what receiveuntil read.
local function receive(state, pattern)
   local rest = state.rest
   local count = tonumber(pattern)
   if count then
      if #rest >= count then
         state.rest = rest:sub(count + 1)
         return rest:sub(1, count)
      end
   elseif rest ~= "" and not pattern:find("a", 1, true) then
      local line, behind = rest:match("^([^\n]*)\n(.*)$")
      if line then
         state.rest = behind
         return (line:gsub("\r", ""))
      end
      rest = rest:gsub("\r", "")
   end
   state.rest = ""
   return finish(state, pattern, state.stream:receive(pattern, rest ~= "" and rest or nil))
end

local patterns = { ["*l"] = true, ["*a"] = true, l = true, a = true }

local function check_pattern(pattern)
   if patterns[pattern] then return pattern end
   local count = tonumber(pattern)
   if not count or count < 0 or count % 1 ~= 0 or count > options.MOST_BYTES then
      error("bad argument #1 to 'receive' (bad pattern argument)", 3)
   end
   return count
end

--- receive([pattern]) receives a line ("*l", the default), all until the end ("*a"), or a number of bytes: the data; or
-- nil, message, what has come so far, code. An end without the server's close_notify is not "closed": its message says
-- that data may be missing, and its code is "truncated".
function Socket:receive(...)
   local state = own(self, "receive")
   if not state.stream then return plainly(state, "receive", ...) end
   local pattern = select("#", ...) == 0 and "*l" or check_pattern((...))
   return guarded(state, "reader", receive, state, pattern)
end

local function receive_any(state, max)
   local rest = state.rest
   if rest == "" then return state.stream:receiveany(max) end
   state.rest = rest:sub(max + 1)
   return rest:sub(1, max)
end

--- receiveany(max) receives what is there, waiting for one byte at least and taking `max` at most: the data; or nil,
-- message, "", code.
function Socket:receiveany(...)
   local state = own(self, "receiveany")
   if not state.stream then return plainly(state, "receiveany", ...) end
   local max = tonumber((...))
   if not max or max < 1 or max % 1 ~= 0 then error("bad argument #1 to 'receiveany' (bad max argument)", 2) end
   return guarded(state, "reader", receive_any, state, max)
end

--- receiveuntil(pattern [, { inclusive = true }]) is a function([size]) that receives what stands before the bytes
-- `pattern`, or with inclusive them too: the data, of at most so many bytes, and nil, nil, nil where a size was given
-- and the pattern has been reached; or nil, message, what has come so far, code. nil, "pattern is empty" for none.
function Socket:receiveuntil(...)
   local state = own(self, "receiveuntil")
   if not state.stream then return plainly(state, "receiveuntil", ...) end
   local pattern, given = ...
   if type(pattern) == "number" then pattern = tostring(pattern) end
   if type(pattern) ~= "string" then error("bad argument #1 to 'receiveuntil' (string expected)", 2) end
   local inclusive = type(given) == "table" and given.inclusive
   if inclusive ~= nil and type(inclusive) ~= "boolean" then
      error(('bad "inclusive" option value type: %s'):format(type(inclusive)), 2)
   end
   if pattern == "" then return nil, "pattern is empty" end
   local stream = state.stream
   return require "bearssl.resty.until"(state, pattern, inclusive, function(f, ...)
      if state.stream ~= stream then return nil, "closed" end
      return guarded(state, "reader", f, ...)
   end)
end

-- ---- The end, or not yet ----

--- close() ends the conversation with close_notify, and the connection: 1, or nil, "closed".
function Socket:close()
   local state = own(self, "close")
   if not state.connected then return nil, "closed" end
   disconnect(state)
   return 1
end

local function put_aside(state, entry)
   local good, message = idle(entry.stream, not entry.settled)
   entry.settled = true
   if not good then return nil, message end
   good, message = pool.put(entry, state.raw, entry.timeout)
   if good then
      forget(state)
      return 1
   end
   -- nginx has closed it, since something has arrived
   disconnect(state)
   return nil, message
end

--- setkeepalive([timeout [, size]]) puts a TLS connection aside for a later connect, of any request of this worker: 1,
-- and the socket is closed for its user. timeout: milliseconds until it is ended, with close_notify (keepalive_timeout
-- of wrap; 0: never); size: how many lie idle for its host, port and pool: one more ends that which has for longest
-- (pool_size of connect, or of wrap). nil, message, and nothing has changed, where it cannot lie idle: "unread data in
-- buffer", "closed", while a light thread is at it; and for a plain connection, which cannot be told from a TLS one by
-- who takes it up: use a cosocket that is not wrapped.
function Socket:setkeepalive(timeout, size)
   local state = own(self, "setkeepalive")
   if timeout ~= nil and options.is.integer(0, 2 ^ 31 - 1)(timeout) then
      error("setkeepalive: the timeout must be milliseconds from 0 on, not " .. options.describe(timeout), 2)
   elseif size ~= nil and options.is.integer(1, 2 ^ 31 - 1)(size) then
      error("setkeepalive: the size must be a positive integer, not " .. options.describe(size), 2)
   end
   if not state.connected then return nil, "closed" end
   for lane, message in pairs(lanes) do
      if is_busy(state[lane]) then return nil, message end
   end
   local entry = state.entry
   if not entry then
      return nil, "a plain connection is not kept by bearssl.resty: use a cosocket that is not wrapped"
   end
   if not entry.name then return nil, "the cosocket was connected before it was wrapped: wrap it first" end
   if state.rest ~= "" then return nil, "unread data in buffer" end
   entry.timeout = timeout or state.settings.keepalive_timeout
   -- it may wait: for what was written to leave, for tickets
   state.reader, state.writer = running(), running()
   local kept, message = leave(state, "reader", leave(state, "writer", put_aside(state, entry)))
   if kept then pool.trim(entry.key, size or state.size or state.settings.pool_size) end
   return kept, message
end

--- getreusedtimes() is how often the connection has been taken up again: 0 for a new one; nil, "closed".
function Socket:getreusedtimes()
   local state = own(self, "getreusedtimes")
   if not state.connected then return nil, "closed" end
   return state.entry and state.entry.times or 0
end

-- ---- Settings ----

local function milliseconds(value, method)
   if value == nil then return 0 end
   local number = tonumber(value)
   if not number or number ~= number or number < 0 or number > 2 ^ 31 - 1 then
      error(method .. ": a timeout is milliseconds, not " .. options.describe(value), 3)
   end
   return math.floor(number)
end

--- settimeout(time) is for connecting and the handshake, each wait of sending and of receiving: milliseconds, 0 for
-- what nginx's directives say.
function Socket:settimeout(time)
   local state = own(self, "settimeout")
   local limit = milliseconds(time, "settimeout")
   local timeouts = state.timeouts
   timeouts[1], timeouts[2], timeouts[3] = limit, limit, limit
   return state.raw:settimeout(limit)
end

--- settimeouts(connect, send, read) says each of them.
function Socket:settimeouts(connect, send, read)
   local state = own(self, "settimeouts")
   local timeouts = state.timeouts
   timeouts[1], timeouts[2], timeouts[3] = milliseconds(connect, "settimeouts"), milliseconds(send, "settimeouts"),
      milliseconds(read, "settimeouts")
   return state.raw:settimeouts(timeouts[1], timeouts[2], timeouts[3])
end

for _, name in ipairs { "getoption", "setoption", "bind" } do
   Socket[name] = function(self, ...)
      local state = own(self, name)
      if not state.raw[name] then return nil, name .. ": this nginx has no such method" end
      return plainly(state, name, ...)
   end
end

-- ---- What the stream below tells ----

for _, name in ipairs { "info", "session", "getpeercertificate", "export_keying_material", "channel_binding" } do
   Socket[name] = function(self, ...)
      local stream = own(self, name).stream
      if not stream then return nil, "TLS is not spoken on this socket", "not_ready" end
      return stream[name](stream, ...)
   end
end

local make = class.class("resty socket", Socket, {
   __tostring = function(self)
      local state = own(self, "tostring")
      return ("bearssl.resty.socket: %s"):format(not state.connected and "closed" or state.stream and "TLS" or "plain")
   end,
})

--- new(cosocket, settings) wraps a cosocket. settings: of terms.settings. connected: it has been connected already.
return {
   new = function(cosocket, settings, connected)
      return make { raw = cosocket, settings = settings, timeouts = { 0, 0, 0 }, rest = "", connected = connected,
         ever = connected }
   end,
}
