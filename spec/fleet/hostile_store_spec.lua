-- Stores that answer slowly, without end, or something else than was asked: no question takes longer than it may, and
-- no answer but the right one is taken for "you alone have added it".
local core = require "bearssl.core"
local impostor = require "spec.support.impostor"
local process = require "spec.support.process"

local function repeated(first, piece, times)
   local pieces = { first }
   for _ = 1, times do pieces[#pieces + 1] = piece end
   return pieces
end

describe("a store that answers in pieces", function()
   after_each(function() process.stop_all() end)

   local slow = {
      { "redis", "a list, element by element", repeated("*100000\r\n", ":1\r\n", 40) },
      { "redis", "a string, byte by byte", repeated("$100\r\n", "x", 40) },
      { "redis", "a number, digit by digit", repeated(":", "1", 40) },
      { "memcached", "a value, line by line", { "VALUE key 0 3\r\n", "abc\r\n", "END\r\n" } },
      { "memcached", "a value, byte by byte", repeated("VALUE key 0 100\r\n", "x", 40) },
   }
   for _, case in ipairs(slow) do
      local kind, what, pieces = case[1], case[2], case[3]
      it(("holds its asker up for no longer than the timeout: %s, %s"):format(kind, what), function()
         local _, number = impostor.start(0.16, pieces)
         local backend = require("bearssl.store." .. kind).new { port = number, timeout = 0.2, retry = 0 }
         local start = core.monotonic()
         local value, message = backend:get("key")
         local taken = core.monotonic() - start
         assert.is_nil(value)
         assert.equal("string", type(message))
         -- three lines of 0.16 s each would be 0.32 s
         assert.is_true(taken < 0.3, taken)
      end)
   end
end)

describe("a Redis that answers something else", function()
   after_each(function() process.stop_all() end)

   -- whether each method takes the answer: true, or nil for a failure
   local answers = {
      { "+QUEUED\r\n" }, { "+PONG\r\n", get = "PONG" }, { "$5\r\nhello\r\n", get = "hello" },
      { ":1\r\n", delete = true }, { "+OK\r\n", set = true }, { "_\r\n" }, { "$x\r\n" }, { "\r\n" },
      { ":nil\r\n" }, { "*0\r\n" }, { "*-1\r\n" }, { "*1\r\n+OK\r\n" }, { "*100000000\r\n" }, { "-ERR no\r\n" },
      { "$-2\r\n" }, { "$1048577\r\n" }, { "$99999999999999999999\r\n" },
   }
   for _, case in ipairs(answers) do
      it(("is not taken for one that agreed, and its connection is closed: %q"):format(case[1]), function()
         local child, number = impostor.start(0, { case[1] })
         local backend = require("bearssl.store.redis").new { port = number, timeout = 0.5, retry = 0 }
         local asked = 0
         for _, method in ipairs { "add", "get", "set", "delete" } do
            local value, message = backend[method](backend, "key", "value", 10)
            assert.equal(case[method], value, method)
            assert.equal(case[method] == nil and "string" or "nil", type(message), method)
            -- what was taken keeps its connection, on which this server says nothing more
            if case[method] then return end
            asked = asked + 1
            assert.is_true(process.until_true(5, function() return impostor.connections(child) == asked end))
         end
      end)
   end

   it("is told nothing but the password before it has agreed to that", function()
      local child, number = impostor.start(0, { "+QUEUED\r\n" })
      local backend = require("bearssl.store.redis").new { port = number, timeout = 0.5, retry = 0, password = "x" }
      for asked = 1, 2 do
         assert.same({ nil, "Redis answered AUTH by table" }, { backend:get("key") })
         assert.is_true(process.until_true(5, function() return impostor.connections(child) == asked end))
      end
   end)

   it("nothing is kept that would not be read back", function()
      local backend = require("bearssl.store.redis").new { port = 1 }
      for _, method in ipairs { "set", "add" } do
         local ok, message = backend[method](backend, "key", ("x"):rep(1024 * 1024 + 1), 10)
         assert.is_nil(ok)
         assert.equal("a value in Redis has 1048576 bytes at most", message)
      end
   end)
end)
