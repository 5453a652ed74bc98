-- Jobs for an nginx that a spec has started: a table goes to /job as JSON, to the function that its `name` names in a
-- module of nginx's, and what that returns comes back. nginx_jobs.send() returns at once, so that several are under
-- way.
local dkjson = require "dkjson"
local loopback = require "spec.support.loopback"

local nginx_jobs = {}

--- request(server, path) asks for a path: a function that waits for the answer's status and body.
function nginx_jobs.request(server, path)
   local socket = loopback.connect(server.port)
   socket:settimeout(30)
   assert(socket:send("GET " .. path .. " HTTP/1.0\r\nHost: localhost\r\n\r\n"))
   return function()
      local reply = assert(socket:receive("*a"))
      socket:close()
      return reply:match("^HTTP/1%.%d (%d+).-\r\n\r\n(.*)$")
   end
end

--- send(server, job) is a function that waits for the result.
function nginx_jobs.send(server, job)
   local text = dkjson.encode(job):gsub("[^%w]", function(character) return ("%%%02x"):format(character:byte()) end)
   local answer = nginx_jobs.request(server, "/job?" .. text)
   return function()
      local status, body = answer()
      if status ~= "200" then
         error(("job %s: status %s\n%s\n%s"):format(job.name, tostring(status), tostring(body), server:output()), 2)
      end
      return assert(dkjson.decode(body))
   end
end

--- run(server, job) is the result.
function nginx_jobs.run(server, job)
   return nginx_jobs.send(server, job)()
end

return nginx_jobs
