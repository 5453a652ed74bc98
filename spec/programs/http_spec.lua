-- LuaSocket's socket.http and ssl.https against nginx, under three Luas.
local certificates = require "spec.support.certificates"
local http_server = require "spec.programs.support.http_server"
local luasec = require "spec.programs.support.luasec"
local temporary = require "spec.support.temporary"

local EXPECTED = {
   "simple|hello\\n|200|6|HTTP/1.1 200 OK",
   "through socket.http|hello\\n",
   "chunked|50191|200|chunked|50",
   "until the end|50000|200",
   "post|200|true",
   "put|200|short",
   "redirect|hello\\n|200",
   "redirect not followed|true|302",
   "redirect refused|nil|redirect not supported",
   "proxy refused|nil|proxy not supported",
   "create refused|nil|create function not permitted",
   "from http to https|hello\\n|200",
   "verified|hello\\n|200|table",
   "refused|nil|certificate verify failed",
   "verified by socket.http|hello\\n|200|table",
   "refused by socket.http|nil|certificate verify failed",
   "TLS 1.2|hello\\n|200|table",
   "TLS 1.2 refused|nil|certificate verify failed",
   "TLS 1.3 only|nil|tlsv1 alert protocol version",
   "twenty|true",
   "plain text|nil|wrong version number",
   "nobody|nil|connection refused",
   "defaults|443|60|true",
}

describe("socket.http and ssl.https", function()
   local server

   setup(function()
      server = http_server.start()
   end)

   teardown(function()
      server:stop()
   end)

   for _, lua in ipairs({ "lua5.4", "lua5.1", "luajit" }) do
      it("fetch with " .. lua, function()
         local output = luasec.run(lua, "spec/programs/http_client.lua", {
            server.port,
            server.port12,
            server.plain,
            certificates.ca.certfile,
            certificates.other_ca.certfile,
         })
         assert.same(table.concat(EXPECTED, "\n") .. "\n", (output:gsub("table: 0x%x+", "table")))
      end)
   end

   it("name the host, in both versions", function()
      local log = temporary.read(server.log)
      assert.matches("GET /hello TLSv1.3 TLS_%S+ name=localhost", log)
      assert.matches("GET /hello TLSv1.2 ECDHE%-RSA%-%S+ name=localhost", log)
      local count = http_server.connections(server)
      assert.same(0, count.nameless)
      assert.same(luasec.original, count.ours == 0)
      assert.same(luasec.original, count.others > 0)
   end)
end)
