-- The tool on a terminal: ^C ends it at once wherever it waits, and passwords are asked for without being shown. The
-- terminal is a pseudo-terminal, which Python has.
local bearssl = require "bearssl"
local has = require "spec.support.has"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"
local tool = require "spec.support.tool"

local LUA = os.getenv("LUA") or "lua5.4"

-- Runs a program on a terminal of its own. Each step is a text to wait for and what to type then. Written in the end:
-- how it ended, how long after the last step, whether the terminal shows what is typed, and what stood on it.
local DRIVER = [[
import os, pty, select, signal, sys, termios, time
steps = [step.split("=>", 1) for step in sys.argv[1].split("|") if step]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
seen, at = b"", 0
def read(seconds):
    global seen
    if not select.select([terminal], [], [], seconds)[0]: return True
    try: piece = os.read(terminal, 65536)
    except OSError: piece = b""
    seen += piece
    return piece != b""
hidden = []
for wanted, typed in steps:
    limit = time.time() + 30
    while wanted.encode() not in seen[at:]:
        if not read(0.1) or time.time() > limit: break
    if wanted == "": time.sleep(0.5)
    at = len(seen)
    time.sleep(0.05)
    hidden.append("shown" if termios.tcgetattr(terminal)[3] & termios.ECHO else "hidden")
    os.write(terminal, typed.replace("^C", "\x03").replace("\\n", "\n").encode())
began = time.time()
# what is left on the terminal comes before its end
while read(0.2):
    if time.time() - began > 20: os.kill(pid, signal.SIGKILL)
    if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT): break
read(0.2)
took = time.time() - began
try: echo = "shown" if termios.tcgetattr(terminal)[3] & termios.ECHO else "hidden"
except termios.error: echo = "gone"
_, status = os.waitpid(pid, 0)
how = "signal %d" % os.WTERMSIG(status) if os.WIFSIGNALED(status) else "status %d" % os.WEXITSTATUS(status)
print(how, "%.2f" % took, echo, ",".join(hidden))
sys.stdout.write(seen.decode("utf-8", "replace").replace("\r\n", "\n"))
]]

local driver

-- on_terminal(steps, words…) → how it ended, seconds, whether the terminal shows what is typed in the end, the same
-- while each step was typed, and what was seen.
local function on_terminal(steps, ...)
   local words = { "python3", driver, steps, LUA, "bin/bearssl", ... }
   local output = shell.run(words)
   local how, seconds, echo, hidden, seen = output:match "^(%l+ %d+) ([%d.]+) (%l+) ([%l,]*)\n(.*)$"
   assert(how, output)
   return how, tonumber(seconds), echo, hidden, seen
end

-- What listens and never says a word. Where it is full, whoever connects waits already for that (Linux drops what it
-- has no place for).
local function silent_server(full)
   local script = [[
import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(0 if sys.argv[1] == "full" else 8)
others = []
for _ in range(4 if sys.argv[1] == "full" else 0):
    others.append(socket.socket()); others[-1].setblocking(False); others[-1].connect_ex(s.getsockname())
print(s.getsockname()[1], flush=True)
time.sleep(120)
]]
   local child = process.start { "python3", "-c", script, full or "empty" }
   return tonumber(child:wait_for "(%d+)\n")
end

setup(function() driver = temporary.write(DRIVER, ".py") end)
after_each(process.stop_all)

describe("^C", function()
   local function interrupted(step, ...)
      local how, seconds, _, _, seen = on_terminal(step .. "=>^C", ...)
      local shown = table.concat({ ... }, " ") .. ": " .. how .. "\n" .. seen
      assert.are.equal("signal 2", how, shown)
      assert.is_true(seconds < 2, shown .. seconds)
      assert.is_nil(seen:find("traceback", 1, true), shown)
      assert.is_nil(seen:find("interrupted", 1, true), shown)
   end

   it("ends every command at once while it waits for a handshake", function()
      local target = "127.0.0.1:" .. silent_server()
      for _, words in ipairs {
         { "trace", target }, { "probe", target }, { "connect", target }, { "fetch", "https://" .. target .. "/" },
         { "connect", "--starttls", "smtp", target },
      } do
         interrupted("", (table.unpack or unpack)(words)) -- luacheck: ignore
      end
   end)

   it("ends one that connects, computes, or reads standard input", function()
      interrupted("", "trace", "127.0.0.1:" .. silent_server "full")
      interrupted("", "cert", "show", "-")
      local home = temporary.make_directory()
      interrupted("", "ca", "init", "--key-type", "rsa4096", "--out", home .. "/never",
         "--password-file", "/dev/stdin")
      assert.is_nil(require("bearssl.core").path_kind(home .. "/never/ca.key"))
   end)

   it("ends a server with open connections", function()
      local port = require("spec.support.port").free()
      local busy = process.start { "sh", "-c", ("while :; do curl -sk --max-time 20 https://127.0.0.1:%d/ "
         .. "-H 'Expect:' -T - <'%s'; sleep 0.05; done"):format(port, "/dev/zero") }
      interrupted("try: ", "serve", "--listen", ("%d"):format(port))
      busy:stop()
      interrupted("try: ", "serve", "--listen", "0", "--echo")
   end)
end)

describe("a password", function()
   local function key_file(secret)
      return temporary.write(bearssl.key.generate("secp256r1"):pem { password = secret }, ".key")
   end

   it("is asked for without being shown, by whatever reads an encrypted key", function()
      local file = key_file "correct horse"
      local how, _, echo, hidden, seen = on_terminal(("Password of %s: =>correct horse\\n"):format(file), "cert", "pin",
         file)
      assert.are.same({ "status 0", "shown", "hidden" }, { how, echo, hidden }, seen)
      has(seen, "sha256//")
      assert.is_nil(seen:find("correct horse", 1, true), seen)
      how, _, echo, _, seen = on_terminal("Password of =>wrong\\n", "cert", "show", file)
      assert.are.same({ "status 1", "shown" }, { how, echo }, seen)
      has(seen, "password")
      local key = assert(bearssl.key.load(assert(temporary.read(file)), "correct horse"))
      local own = bearssl.certificate.selfsigned { key = key, names = "localhost" }
      local certificate = temporary.write(own:pem(), ".pem")
      how, _, _, hidden, seen = on_terminal("Password of =>correct horse\\n|listening on=>^C", "serve", "--listen", "0",
         "--cert", certificate, "--key", file)
      assert.are.same({ "signal 2", "hidden,shown" }, { how, hidden }, seen)
   end)

   it("leaves the terminal as it was after ^C", function()
      local how, seconds, echo, hidden, seen = on_terminal("Password of =>^C", "cert", "pin", key_file "x")
      assert.are.same({ "signal 2", "shown", "hidden" }, { how, echo, hidden }, seen)
      assert.is_true(seconds < 2)
   end)

   it("is asked for twice where a key is written", function()
      local home = temporary.make_directory()
      local how, _, _, hidden, seen = on_terminal("New password of =>a b\\n|same again: =>a b\\n", "ca", "init",
         "--encrypt", "--out", home .. "/ca")
      assert.are.same({ "status 0", "hidden,hidden" }, { how, hidden }, seen)
      assert(bearssl.key.open(home .. "/ca/ca.key", "a b"))
      how, _, _, _, seen = on_terminal("Password of =>a b\\n", "ca", "server", "--ca", home .. "/ca", "--out", home,
         "a.example")
      assert.are.equal("status 0", how, seen)
      how, _, _, _, seen = on_terminal("New password of =>a\\n|same again: =>b\\n", "ca", "init", "--encrypt", "--out",
         home .. "/other")
      assert.are.equal("status 2", how, seen)
      has(seen, "the two passwords differ")
      assert.is_nil(require("bearssl.core").path_kind(home .. "/other"))
   end)

   it("is told how to give where there is no terminal", function()
      local status, _, err = tool("cert", "pin", key_file "x")
      assert.are.equal(1, status)
      has(err, "there is no terminal to ask on: give --password-file, or set BEARSSL_PASSWORD")
   end)
end)

describe("a server without a certificate", function()
   it("makes one, and the command that it prints gets to it", function()
      local path = "PATH=" .. temporary.make_directory()
      local bin = path:sub(6)
      local file = assert(io.open(bin .. "/bearssl", "w"))
      file:write(("#!/bin/sh\nexec %s bin/bearssl \"$@\"\n"):format(LUA))
      file:close()
      shell.run { "chmod", "+x", bin .. "/bearssl" }
      for _, words in ipairs {
         { ":0" }, { "0" }, { "[::1]:0" }, { "localhost:0" }, { "0", "--raw-public-key" }, { "[::]:0", "--echo" },
      } do
         local server = tool.start { "serve", "--listen", (table.unpack or unpack)(words) } -- luacheck: ignore
         local command = server:wait_for "\ntry: ([^\n]+)\n"
         local status, output = shell.try(("PATH='%s':$PATH; %s"):format(bin, command))
         local wrong = shell.try(("PATH='%s':$PATH; %s"):format(bin, (command:gsub("%-%-pin %S+", "--pin "
            .. bearssl.key.generate("secp256r1"):pin()))))
         server:stop()
         assert.are.equal(0, status, command .. "\n" .. output)
         assert.are.equal(1, wrong, command)
         has(output, "TLSv1.3")
      end
   end)

   it("refuses a stranger who shows the pinned certificate behind his own", function()
      local home = temporary.make_directory()
      local pinned = bearssl.certificate.selfsigned { names = "localhost" }
      local own, key = bearssl.certificate.selfsigned { names = "localhost" }
      for name, text in pairs { ["s.pem"] = own:pem() .. pinned:pem(), ["s.key"] = key:pem() } do
         local file = assert(io.open(home .. "/" .. name, "w"))
         file:write(text)
         file:close()
      end
      local server = tool.serve("--cert", home .. "/s.pem", "--key", home .. "/s.key")
      local status, _, err = tool("fetch", "--insecure", "--pin", pinned:pin(), server.url)
      server:stop()
      assert.are.equal(1, status)
      has(err, "pin_mismatch")
   end)
end)
