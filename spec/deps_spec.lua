-- .ci/deps: which packages it would install, on systems that have other names for some, or none.
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

-- A system of Debian's that has nothing installed, and all packages but these.
local function system(...)
   local bin = temporary.make_directory()
   local function program(name, text)
      temporary.write("#!/bin/sh\n" .. text .. "\n", nil, bin .. "/" .. name)
      shell.run { "chmod", "+x", bin .. "/" .. name }
   end
   program("dpkg-query", "exit 1")
   program("apt-get", "echo apt-get \"$@\"")
   program("apt-cache", ([[case " %s " in *" $2 "*) echo '  Candidate: (none)' ;; *) echo '  Candidate: 1.0' ;; esac]])
      :format(table.concat({ ... }, " ")))
   return bin
end

local function deps(bin, words, lua)
   local status, output = shell.try(("env PATH=%s:\"$PATH\" LUA=%s .ci/deps --print %s"):format(shell.quote(bin),
      lua or "lua5.4", words or ""))
   local packages = {}
   for name in (output:match "apt%-get install ([^\n]*)" or ""):gmatch "[^%s]+" do packages[name] = true end
   return packages, output, status
end

describe(".ci/deps", function()
   it("asks for what building and running need, and with --test for the rest", function()
      local packages, _, status = deps(system())
      assert.equal(0, status)
      for _, name in ipairs { "gcc", "libbearssl-dev", "lua5.4", "liblua5.4-dev", "lua-socket", "lua-argparse" } do
         assert.is_true(packages[name], name)
      end
      for _, name in ipairs { "lua-busted", "valgrind", "clang", "postgresql", "lua5.1" } do
         assert.is_nil(packages[name], name)
      end
      packages = deps(system(), "--test")
      for _, name in ipairs { "gcc", "lua-busted", "valgrind", "clang", "postgresql", "lua5.1", "luajit2" } do
         assert.is_true(packages[name], name)
      end
   end)

   it("takes the names that a release has", function()
      local trixie = system("luajit2", "libluajit2-5.1-dev", "libclang-rt-14-dev", "lua5.5", "liblua5.5-dev")
      local packages, output = deps(trixie, "--test")
      assert.is_true(packages.luajit and packages["libluajit-5.1-dev"] and packages["libclang-rt-19-dev"])
      assert.is_nil(packages.luajit2)
      assert.truthy(output:find("left out, for this system has none: lua5.5", 1, true), output)
      packages = deps(trixie, "", "luajit")
      assert.is_true(packages.luajit and packages["libluajit-5.1-dev"])
      assert.is_nil(packages["lua5.4"])
   end)

   it("uses the package manager that there is: what README says of Alpine, Fedora and macOS", function()
      local function other(manager, lua, words)
         local bin = temporary.make_directory()
         for _, name in ipairs { "sh", "basename", "dirname", "tr", "id" } do
            shell.run(("ln -s \"$(command -v %s)\" %s/"):format(name, bin))
         end
         temporary.write("#!/bin/sh\n", nil, bin .. "/" .. manager)
         shell.run { "chmod", "+x", bin .. "/" .. manager }
         local status, output = shell.try(("env PATH=%s LUA=%s .ci/deps --print %s"):format(shell.quote(bin), lua,
            words or ""))
         return output, status
      end
      local cases = {
         { "apk", "lua5.4", nil,
            "apk add gcc .* bearssl%-dev .* lua5%.4 lua5%.4%-dev lua5%.4%-socket lua5%.4%-argparse *\n$" },
         { "apk", "lua5.3", nil, " lua5%.3 lua5%.3%-dev lua5%.3%-socket lua5%.3%-argparse *\n$" },
         { "apk", "luajit", nil, " luajit luajit%-dev lua5%.1%-socket lua5%.1%-argparse *\n$" },
         { "apk", "lua5.4", "--test", " lua5%.4%-busted " },
         { "dnf", "lua", nil,
            "dnf install %-%-assumeyes gcc .* bearssl%-devel .* lua lua%-devel lua%-socket lua%-argparse *\n$" },
         { "dnf", "lua", "--test", "then  luarocks install busted\n$" },
         { "brew", "lua", nil,
            "brew install bearssl .* lua luarocks .*then  luarocks install luasocket argparse dkjson\n$" },
         { "brew", "lua", "--test", "then  luarocks install luasocket argparse dkjson busted\n$" },
      }
      for _, case in ipairs(cases) do
         local output, status = other(case[1], case[2], case[3])
         assert.equal(0, status, output)
         assert.truthy(output:find(case[4]), output)
      end
      local output, status = other("pacman", "lua")
      assert.equal(1, status)
      assert.truthy(output:find("no apt-get, apk, dnf or brew here", 1, true), output)
   end)

   it("says what there is not", function()
      local _, output = deps(system("libbearssl-dev", "lua-dkjson"))
      assert.truthy(output:find("this system has no package libbearssl-dev", 1, true), output)
      assert.truthy(output:find("left out, for this system has none: lua-dkjson", 1, true), output)
   end)

   -- A directory stands for the system's, and apt-get for one that takes long: it says that it is there, then waits.
   it("leaves nothing behind that keeps services from starting, however it ends", function()
      for signal, wanted in pairs { INT = 130, TERM = 143, HUP = 143 } do
         local bin = system()
         local policy, started = bin .. "/policy-rc.d", bin .. "/started"
         temporary.write("#!/bin/sh\necho 0\n", nil, bin .. "/id")
         temporary.write(("#!/bin/sh\n[ -x %s ] && : >%s\nexec sleep 0.5\n"):format(shell.quote(policy),
            shell.quote(started)), nil, bin .. "/apt-get")
         shell.run { "chmod", "+x", bin .. "/id", bin .. "/apt-get" }
         -- in a script of its own, for a shell's background jobs ignore INT
         local script = temporary.write(([==[
            sed 's|^policy=.*|policy=%s|' .ci/deps >%s/deps
            python3 -c '
import os, signal, subprocess, sys, time
deps = subprocess.Popen(["sh", sys.argv[1]], stdout=subprocess.DEVNULL)
until = time.time() + 20
while not os.path.exists(sys.argv[2]) and time.time() < until: time.sleep(0.02)
deps.send_signal(getattr(signal, "SIG" + sys.argv[3]))
sys.exit(deps.wait())' %s/deps %s %s]==]):format(policy, bin, bin, started, signal), ".sh")
         local status, output = shell.try(("env PATH=%s:\"$PATH\" LUA=lua5.4 sh %s"):format(shell.quote(bin), script))
         assert.equal(wanted, status, output)
         assert.truthy(io.open(started), signal)
         assert.is_nil((io.open(policy)), signal)
      end
   end)

   it("says that it needs root, and what it does not know", function()
      local bin = system()
      temporary.write("#!/bin/sh\necho 1000\n", nil, bin .. "/id")
      shell.run { "chmod", "+x", bin .. "/id" }
      local status, output = shell.try(("env PATH=%s:\"$PATH\" .ci/deps"):format(shell.quote(bin)))
      assert.equal(1, status)
      assert.truthy(output:find("needs root: try  sudo make deps", 1, true), output)
      status, output = shell.try ".ci/deps --everything"
      assert.equal(2, status)
      assert.truthy(output:find("no such option: --everything", 1, true), output)
   end)
end)
