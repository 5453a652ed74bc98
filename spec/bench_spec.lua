-- `make bench` itself: its rows run, against who they name, and both reports hold them. No figure is judged.
local dkjson = require "dkjson"
local interpreter = require "spec.support.interpreter"
local process = require "spec.support.process"
local temporary = require "spec.support.temporary"

describe("the measurements", function()
   teardown(process.stop_all)

   -- bench runs the rows that contain a text as fast as it goes, and returns what it wrote in JSON, and the picture.
   local function bench(only)
      local json, svg = temporary.path(".json"), temporary.path(".svg")
      local child = process.start({ interpreter.path, "spec/bench/run.lua", "--quick", "--only", only, "--json", json,
         "--svg", svg }, { environment = interpreter.environment() })
      assert.equal(0, child:wait(60), child:output())
      return dkjson.decode(temporary.read(json)), temporary.read(svg), child:output()
   end

   it("put full handshakes beside LuaSec's, in a table, as JSON and as a picture", function()
      local report, picture, said = bench("TLS 1.3: handshakes a second, one process, AES-128-GCM full, ECDSA")
      assert.equal(2, #report.rows)
      for _, row in ipairs(report.rows) do
         assert.truthy(row.what:find("^full, ECDSA"))
         assert.is_true(row.bearssl.median > 0 and row.luasec.median > 0 and row.ratio.median > 0)
         assert.truthy(picture:find(row.what, 1, true))
         assert.truthy(said:find(row.what, 1, true))
      end
      assert.truthy(report.machine.processor:find("cores"))
   end)

   it("tell one end's share apart", function()
      local report = bench("one end's share of a handshake, AES-128-GCM, x25519 client, full, ECDSA")
      assert.equal(2, #report.rows)
      assert.is_true(report.rows[1].ratio.median > 0)
   end)

   it("put a post-quantum handshake beside one without", function()
      local report, _, said = bench("X25519MLKEM768 beside x25519")
      assert.equal(2, #report.rows)
      assert.equal("bearssl", report.rows[1].beside)
      assert.is_true(report.rows[1].bearssl.median > 0 and report.rows[1].ratio.median > 0, said)
   end)

   it("hold a crowd of idle connections, and tell what a store costs", function()
      local report, _, said = bench("100 idle connections of TLS 1.3 at once")
      assert.equal(10, #report.rows, said)
      for _, row in ipairs(report.rows) do
         -- what else the machine does may free more of the kernel's memory than so few connections take
         assert.is_true(row.bearssl.median > 0 or row.what:find "^kernel" ~= nil, row.what)
      end
      report, _, said = bench("question: processor time memcached")
      assert.equal(6, #report.rows, said)
      for _, row in ipairs(report.rows) do assert.is_true(row.bearssl.median > 0, row.what) end
   end)

   it("refuse rows that do not exist", function()
      local child = process.start({ interpreter.path, "spec/bench/run.lua", "--quick", "--only", "no such row" },
         { environment = interpreter.environment() })
      assert.equal(2, child:wait(60))
      assert.truthy(child:output():find("no row matches", 1, true))
   end)
end)
