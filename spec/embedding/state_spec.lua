-- What a process has in common: every variable of the archive, and of BearSSL's, that can change while it runs. Each
-- has something that makes it safe in threads; one that is new fails here until it has, and is named with it.
local shell = require "spec.support.shell"
local support = require "spec.embedding.support"

local TABLE = "made by the first thread that wants it, the others wait (kernel/once.h); constant after"
local SAFE = {
   ["kernel/kernel"] = { table = TABLE, implementations = TABLE, chosen = "atomic" },
   ["kernel/ml_kem_avx512"] = { arithmetic = TABLE .. ", with kernel.c's" },
   ["base/random"] = { shared = "atomic; a page whose owner is chosen by an atomic, and that a fork wipes",
      unavailable = "an address that nobody reads or writes" },
   ["base/bytes"] = { wipe_function = "constant: volatile only for the compiler" },
   ["tls12/server"] = { empty_name = "nobody writes it: BearSSL's type has no const" },
   ["lua/signal"] = { signals = "the tool's own", wake_read = "the tool's own", wake_write = "the tool's own" },
}
for _, curve in ipairs { "p256", "p256_adx", "p384", "p384_adx", "p521" } do
   SAFE["kernel/" .. curve] = { made = "atomic", table = TABLE, curve_b = TABLE, field_one = TABLE, field_r2 = TABLE,
      order_factor = TABLE, order_square = TABLE }
end
for _, curve in ipairs { "x25519", "x25519_adx", "x25519_ifma", "edwards25519_small" } do
   SAFE["kernel/" .. curve] = { table_made = "atomic", table = TABLE }
end

-- writable gives "FILE" → names of variables in sections that stay writable once the program runs: those of
-- .data.rel.ro are constants whose addresses the loader fills in.
local function writable(files)
   local found, file = {}, nil
   for line in shell.run("objdump -t " .. files):gmatch "[^\n]+" do
      file = line:match "^(%S+):%s+file format" or file
      local kind, section, name = line:match "^%x+ ......(.) (%S+)%s+%x+%s+(.+)$"
      if kind ~= "O" and not (section or ""):find "^%.t" then section = nil end -- a thread's own have no kind
      if not section then section, name = line:match "^%x+ .-(%*COM%*)%s+%x+%s+(.+)$" end
      if section and (section:find "^%.data" or section:find "^%.t?bss" or section:find "^%.tdata"
         or section == "*COM*") and not section:find "^%.data%.rel%.ro" then
         found[#found + 1] = { file = file, name = (name:gsub("^%.hidden ", ""):gsub("%.%d+$", "")) }
      end
   end
   return found
end

describe("what a process has in common", function()
   it("is known, and safe in threads", function()
      support.install "lua5.4"
      local count = 0
      for _, variable in ipairs(writable "$(find build/tls build/lua5.4/lua build/lua5.4/static -name '*.o')") do
         local place = variable.file:gsub("%.o$", ""):match "([^/]+/[^/]+)$"
         assert.is_truthy((SAFE[place] or {})[variable.name], place .. ": " .. variable.name)
         count = count + 1
      end
      assert.is_true(count > 20)
   end)

   it("is nothing of BearSSL's", function()
      local archive = shell.run("cc -print-file-name=libbearssl.a"):match "%S+"
      assert.same({}, writable(shell.quote(archive)))
   end)

   it("is seen where there is some", function()
      local object = require("spec.support.temporary").path ".o"
      shell.run(("printf 'static int a; int b = 1, c; __thread int d; int *const e = &b; " ..
         "int f(void) { static int g; return a++ + g++; }' | cc -x c -fPIC -c -o %s -"):format(shell.quote(object)))
      local names = {}
      for _, variable in ipairs(writable(shell.quote(object))) do names[#names + 1] = variable.name end
      table.sort(names)
      assert.same({ "a", "b", "c", "d", "g" }, names)
   end)
end)
