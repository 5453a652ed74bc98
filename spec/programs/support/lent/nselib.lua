-- nselib.load(name): a library of Nmap's scripts (nmap-common has them) with the stand-in for Nmap's own part.
local nselib = {}

package.path = package.path .. ";/usr/share/nmap/nselib/?.lua"
rawset(require "stdnse", "silent_require", require) -- what Nmap's main program adds
nselib.load = require

return nselib
