-- What the nginx of nginx_spec.lua runs: an HTTPS client over cosockets inside a request, whose handlers
-- wait, by ngx.sleep and by another cosocket, until other requests of the same worker let them go on.
local bearssl = require "bearssl"

local fetch = {}

local shared = ngx.shared.events
local sessions = ngx.shared.sessions

-- pause notes that a handler runs, and yields until the request /release?name=… has been served.
local function pause(name, job)
   shared:incr("entered:" .. name, 1, 0)
   local slept = 0
   while job.pause and not shared:get("released:" .. name) do
      ngx.sleep(0.002)
      slept = slept + 1
      if slept > 5000 then
         error("nobody released " .. name)
      end
   end
end

-- ask_key_server sends a digest over a cosocket of its own and waits for the signature.
local function ask_key_server(job, question)
   local socket = ngx.socket.tcp()
   assert(socket:connect("127.0.0.1", job.key_server))
   local name = question.scheme and question.scheme:find("^rsa_pss_") and question.scheme or question.hash
   assert(socket:send("sign " .. name .. " " .. ngx.encode_base64(question.digest) .. "\n"))
   local line = assert(socket:receive("*l"))
   socket:close()
   return ngx.decode_base64(line)
end

local contexts = {}

-- One context per kind of job, shared by all requests of the worker.
local function context_for(job)
   local key = job.client_cert or "plain"
   if not contexts[key] then
      local chain = job.client_cert and assert(bearssl.certificate.open(job.client_cert))
      contexts[key] = assert(bearssl.context({
         cafile = job.cafile,
         certificate = chain,
         key = chain and bearssl.key.external(chain[1]),
      }))
   end
   return contexts[key]
end

-- run fetches one line from a TLS server that sends lines back, and returns what happened.
function fetch.run(job)
   local result = { pid = ngx.worker.pid() }
   local socket = ngx.socket.tcp()
   socket:settimeout(20000)
   assert(socket:connect("127.0.0.1", job.port))
   local session = sessions:get(job.keep or "")
   local stream = assert(context_for(job):wrap(socket, {
      server_name = "localhost",
      session = session and assert(bearssl.session.import(session)) or nil,
      early_data = session and job.early and job.early .. "\n" or nil,
      handlers = {
         verify = function(_, question)
            pause("verify", job)
            result.verdict = question.verdict
         end,
         session_store = function(_, question)
            pause("session_store", job)
            if job.keep then
               sessions:set(job.keep, question.session:export())
            end
         end,
         sign = job.key_server and function(_, question)
            shared:incr("entered:sign", 1, 0)
            return ask_key_server(job, question)
         end or nil,
      },
   }))
   local ok, message, code = stream:handshake()
   if not ok then
      result.message, result.code = message, code
      stream:close()
      return result
   end
   local info = stream:info()
   result.resumed, result.version, result.verified = info.resumed, info.version, info.peer_verified
   result.early_data = info.early_data
   assert(stream:send(job.line .. "\n"))
   result.line = assert(stream:receive("*l"))
   if job.update then
      assert(stream:update_keys { request = true })
      assert(stream:send(job.line .. "\n"))
      assert(stream:receive("*l"))
      result.updates = stream:info("key_updates_received")
   end
   if job.length then
      -- as much as the server sends back of a long line
      local text = ("x"):rep(job.length)
      local sender = ngx.thread.spawn(function()
         return stream:send(text .. "\n")
      end)
      local back = assert(stream:receive(job.length + 1))
      assert(ngx.thread.wait(sender))
      result.length = back == text .. "\n" and #back or -1
   end
   stream:close()
   return result
end

return fetch
