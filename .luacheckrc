-- The library runs on every Lua, so only what all of them have is allowed.
std = "min"
max_line_length = 120
cache = true
exclude_files = { "build", "lua_modules", "doc/html" }

-- Feature tests and what stands in for missing functions
read_globals = {
   "jit",
   table = { fields = { "pack", "unpack", "move" } },
   math = { fields = { "type", "tointeger" } },
   string = { fields = { "pack", "unpack" } },
   package = { fields = { "searchpath" } },
   coroutine = { fields = { "isyieldable", "close" } },
   debug = { fields = { "upvalueid", "setuservalue", "getuservalue" } },
   "unpack",
   "loadstring",
   "setfenv",
   "utf8",
}
-- self is part of a method's signature, used or not
self = false

files["spec"] = { std = "+busted" }
files["spec/nginx"] = { std = "+ngx_lua" }
files["spec/resty"] = { std = "+ngx_lua" }
files["spec/bench/fetch.lua"] = { std = "+ngx_lua" }
files["examples"] = { read_globals = { "ngx" } }
files["spec/**/nginx*"] = { std = "+ngx_lua" }
files["lua/bearssl"] = { read_globals = { "ngx" } }
files[".ci/*.lua"] = { std = "max" }
files["**/*.d.lua"] = { ignore = { "2", "3", "1" } }
files["doc/types"] = { ignore = { "1", "2", "3", "6" } }
files["rockspec/*.rockspec"] = { std = "rockspec" }
