-- What the specs of Encrypted ClientHello with other libraries share.
local assert = require "luassert"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local ech_rows = {}

function ech_rows.base64(bytes)
   return (shell.run({ "base64", "-w0", temporary.write(bytes) }))
end

function ech_rows.decode(text)
   return shell.run({ "base64", "-d", temporary.write(text) })
end

-- check(row, infos): each connection's hello was accepted, resumed from the second on, and asked again as the row says.
function ech_rows.check(row, infos)
   assert.equal(row.times or 1, #infos)
   for index, info in ipairs(infos) do
      assert.equal("accepted", info.ech)
      assert.equal("localhost", info.server_name)
      assert.equal(index > 1, info.resumed)
      assert.equal(row.asked ~= nil, info.hello_retry)
      if row.group or row.asked then assert.equal(row.group or row.asked, info.group) end
   end
end

return ech_rows
