-- The command-line tool, run for real.
--    local status, output, errors = tool("fetch", "https://…")   runs it to its end
--    local output, errors = tool.ok("ca", "init")                and expects that this is good
--    local server = tool.serve(…)                                 a server that listens: port, url, and process's
local assert = require "luassert"
local certificates = require "spec.support.certificates"
local has = require "spec.support.has"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local LUA = os.getenv("LUA") or "lua5.4"

local tool = {}

-- start starts it with these words as its arguments.
function tool.start(words, options)
   local argv = { LUA, "bin/bearssl" }
   for _, word in ipairs(words) do
      argv[#argv + 1] = word
   end
   options = options or {}
   options.separate = true
   options.environment = options.environment or {}
   options.environment.LC_ALL = options.environment.LC_ALL or "C.UTF-8"
   -- whoever runs the specs may sit behind a proxy
   options.environment.no_proxy = options.environment.no_proxy or "*"
   return process.start(argv, options)
end

local function run(_, ...)
   local child = tool.start { ... }
   local status = child:wait(60)
   return status, child:output(), child:errors()
end

-- ok runs it to a good end: standard output, standard error.
function tool.ok(...)
   local status, out, err = run(nil, ...)
   assert.are.equal(0, status, err .. out)
   return out, err
end

-- refused runs it to an end of this exit status, where it says this part of a message.
function tool.refused(expected, part, ...)
   local status, out, err = run(nil, ...)
   assert.are.equal(expected, status, err .. out)
   has(err, part)
end

function tool.serve(...)
   local child = tool.start { "serve", "--listen", "127.0.0.1:0", ... }
   child.port = tonumber(child:wait_for("listening on 127%.0%.0%.1:(%d+)\n"))
   child.url = "https://localhost:" .. child.port
   return child
end

-- credential gives the options that name a certificate and its key.
function tool.credential(name)
   return "--cert", certificates[name].chainfile, "--key", certificates[name].keyfile
end

-- curl runs curl, which trusts the specs' CA: exit status, output.
function tool.curl(...)
   return shell.try { "curl", "-sS", "--max-time", "60", "--cacert", certificates.ca.certfile, ... }
end

-- A TLS client of Python's: tls(port) gives a connected socket, close_notify required at the end.
local PYTHON = [[
import hashlib, os, socket, ssl, sys, threading, time
def tls(port, timeout=30):
    context = ssl.create_default_context(cafile=sys.argv[1])
    plain = socket.create_connection(("127.0.0.1", port), timeout=timeout)
    return context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False)
def rest(s):
    pieces = []
    while True:
        piece = s.recv(65536)
        if not piece: return b"".join(pieces)
        pieces.append(piece)
port = int(sys.argv[2])
]]

-- python_client runs a script against a server, with PYTHON's functions: its output.
function tool.python_client(server, script)
   local path = temporary.write(PYTHON .. script, ".py")
   local status, output = shell.try { "timeout", "100", "python3", path, certificates.ca.certfile, server.port }
   assert.are.equal(0, status, output)
   return output
end

return setmetatable(tool, { __call = run })
