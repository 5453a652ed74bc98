-- A TLS server inside a request: the client asks by HTTP for the protocol "tls", and after "101" it is TLS that both
-- speak on the same connection. Handlers ask others over cosockets of their own: a key server for signatures, an HTTP
-- service for certificates, a dictionary that the workers share for sessions.
local bearssl = require "bearssl"
local resty = require "bearssl.resty"

local accept = {}

local settings, contexts, own_pin

-- A line to a server on a port of this machine, and its answer.
local function ask(port, text, pattern)
   local socket = ngx.socket.tcp()
   socket:settimeouts(5000, 5000, 5000)
   assert(socket:connect("127.0.0.1", port))
   assert(socket:send(text))
   local answer = assert(socket:receive(pattern))
   socket:close()
   return answer
end

-- What the key server has is asked there; a key that came with its certificate signs itself.
local function sign(_, question)
   if question.certificate:pin() ~= own_pin then return end
   local name = question.scheme:find("^rsa_pss_") and question.scheme or question.hash
   ngx.shared.events:incr("signed", 1, 0)
   return ngx.decode_base64(ask(settings.key_server, ("sign %s %s\n"):format(name,
      ngx.encode_base64(question.digest)), "*l"))
end

-- The certificate of a name that the context has none for comes from a service.
local function select_certificate(_, hello)
   if hello.server_name ~= "beta.example" then return nil end
   local answer = ask(settings.own, ("GET /certificate?name=%s HTTP/1.0\r\n\r\n"):format(hello.server_name), "*a")
   local pem = answer:match("^HTTP/1%.%d 200 .-\r\n\r\n(.*)$")
   if not pem then return nil, "unrecognized_name" end
   ngx.shared.events:incr("fetched", 1, 0)
   return { certificate = pem, key = pem }
end

function accept.prepare(given)
   settings = given
   local chain = assert(bearssl.certificate.open(given.certificate))
   own_pin = chain[1]:pin()
   local handlers = resty.sessions("sessions")
   handlers.sign, handlers.select = sign, select_certificate
   contexts = {
      remote = given.key_server > 0 and assert(bearssl.context {
         mode = "server", certificate = chain, key = bearssl.key.external(chain[1]), handlers = handlers,
      }),
      -- its own key, for those who count
      plain = assert(bearssl.context { mode = "server", certfile = given.certificate, keyfile = given.key }),
   }
end

--- certificate(name): what the service answers.
function accept.certificate(name)
   local file = name == "beta.example" and io.open(settings.beta)
   if not file then return ngx.exit(404) end
   ngx.print(file:read("*a"))
   file:close()
end

--- serve(): lines come back reversed, "?" tells about the connection, "bye" ends it.
function accept.serve()
   local socket = assert(ngx.req.socket(true))
   socket:settimeouts(5000, 5000, 5000)
   assert(socket:send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: tls\r\n\r\n"))
   local stream = assert(contexts[ngx.var.arg_plain and "plain" or "remote"]:wrap(socket, { timeout = 10 }))
   local good, message = stream:handshake()
   while good do
      local line
      line, message = stream:receive("*l")
      if not line or line == "bye" then break end
      if line == "?" then
         local events = ngx.shared.events
         line = ("%d %s %d %d"):format(ngx.worker.pid(), tostring(stream:info("resumed")), events:get("signed") or 0,
            events:get("fetched") or 0)
      else
         line = line:reverse()
      end
      good, message = stream:send(line .. "\n")
   end
   stream:close()
   if message and message ~= "closed" then ngx.log(ngx.NOTICE, "tls: ", message) end
end

return accept
