-- `lua -l bearssl.luasec.auto program.lua` runs a program of LuaSec's over this library.
return require("bearssl.luasec").install()
