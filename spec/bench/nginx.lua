-- One nginx worker that fetches over HTTPS for every request that it serves, from a second nginx, with wrk as the
-- load: over our streams, or with the sslhandshake of its own Lua module. Requests in a second of the worker's
-- processor time, so that what wrk and the other nginx take counts for neither.
local certificates = require "spec.support.certificates"
local luajit = require "spec.support.luajit"
local nginx = require "spec.support.nginx"
local port = require "spec.support.port"
local scenarios = require "spec.bench.scenarios"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local bench = {}

--- available() tells whether nginx, its Lua module and wrk are here.
function bench.available()
   return shell.which("wrk") ~= nil and nginx.modules_directory() ~= nil and temporary.read(nginx.program()) ~= nil
end

local front

-- Both are started once for all rows, and stopped with every other child.
local function start()
   if front then
      return front
   end
   luajit.build()
   local upstream, number = port.free(), port.free()
   nginx.start("spec/bench/upstream.conf", {
      PORT = upstream, CERTIFICATE = certificates.ec.chainfile, KEY = certificates.ec.keyfile,
   }, upstream)
   front = nginx.start("spec/bench/nginx.conf", {
      PORT = number, UPSTREAM = upstream, AUTHORITY = certificates.ca.certfile,
   }, number)
   return front
end

-- Of the processor time, in seconds, that a process has used (proc(5): utime and stime).
local function processor_time(pid, ticks)
   local stat = assert(temporary.read(("/proc/%d/stat"):format(pid)), "no /proc here")
   local user, system = stat:match("^%d+ %b() %S+" .. (" %S+"):rep(10) .. " (%d+) (%d+)")
   return (user + system) / ticks
end

--- requests(version, how): version "1.2" or "1.3", how "full" or "resumed".
function bench.requests(version, how)
   return function(library)
      local server = start()
      local base = ("http://127.0.0.1:%d/"):format(server.port)
      local whose = library.name == "bearssl" and "ours" or "theirs"
      local url = ("%s%s_%s?how=%s"):format(base, whose, (version:gsub("%.", "")), how)
      local pid = tonumber(shell.run({ "curl", "-sf", base .. "pid" }))
      local ticks = tonumber(shell.run("getconf CLK_TCK"))
      shell.run({ "curl", "-sf", url })
      return function()
         local seconds = math.max(1, math.ceil(scenarios.options.seconds * 8))
         local before = processor_time(pid, ticks)
         local said = shell.run({ "wrk", "-t", 1, "-c", 8, "-d", seconds .. "s", url })
         local used = processor_time(pid, ticks) - before
         local count = said:match("(%d+) requests in")
         if not count or said:find("Non-2xx", 1, true) or said:find("Socket errors", 1, true) then
            error(said .. server:output())
         end
         return count / used
      end
   end
end

return bench
