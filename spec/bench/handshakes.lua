-- Handshakes between two connections in memory and nothing else, for strace, perf and valgrind: what one costs is the
-- difference between two counts, divided by that of the handshakes.
--     lua spec/bench/handshakes.lua VERSION KIND COUNT [GROUP], as "1.3 full 1000 x25519" or "1.2 resumed 1000"
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"

local version, kind, count, group = arg[1], arg[2], tonumber(arg[3]), arg[4]
assert((version == "1.2" or version == "1.3") and (kind == "full" or kind == "resumed") and count,
   "usage: handshakes.lua 1.2|1.3 full|resumed COUNT [GROUP]")
local resumes = kind == "resumed"

local function context(options)
   options.min_version, options.max_version = "TLSv" .. version, "TLSv" .. version
   options.session_cache = resumes and 100 or 0
   options.groups = group and { group }
   return assert(bearssl.context(options))
end

local client = context { cafile = certificates.ca.certfile }
local server = context { mode = "server", certfile = certificates.ec.chainfile, keyfile = certificates.ec.keyfile,
   tickets = resumes }

local function pass(from, to)
   from:step()
   local bytes = from:drain()
   if bytes and #bytes > 0 then
      to:feed(bytes)
      return true
   end
   return false
end

local function shake(check)
   local a, b = assert(client:connection { server_name = "localhost" }), assert(server:connection())
   repeat
      local to_server, to_client = pass(a, b), pass(b, a)
   until not to_server and not to_client
   if check then check(a, b) end
   a:release()
   b:release()
end

-- What looks at a connection costs too, so only these are looked at.
shake()
shake(function(a, b)
   assert(a:info "established" and b:info "established", "the handshake failed")
   assert(a:info "resumed" == resumes, "resumed, or not, against what was asked for")
end)
local start = os.clock()
for _ = 1, count do shake() end
print(("%s, %s: %.1f us for both ends"):format(version, kind, (os.clock() - start) / math.max(count, 1) * 1e6))
