-- The option `keylogfile` of a context: secrets for Wireshark, as the handler `keylog` has them.
local bearssl = require "bearssl"
local certificates = require "spec.support.certificates"
local pump = require "spec.support.pump"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local function connect(options, of_connection)
   local own = certificates.ec
   local server = assert(bearssl.context { mode = "server", certfile = own.chainfile, keyfile = own.keyfile })
   options.cafile = certificates.ca.certfile
   of_connection = of_connection or {}
   of_connection.server_name = "localhost"
   local a, b = assert(assert(bearssl.context(options)):connection(of_connection)), assert(server:connection())
   pump(a, b)
   assert.is_true(a:info "established")
   return a
end

describe("keylogfile", function()
   it("appends what the handler keylog is told, to a file that its owner alone can read", function()
      local path = temporary.path ".keys"
      local told = {}
      local handlers = { keylog = function(_, question) told[#told + 1] = question.line .. "\n" end }
      connect { keylogfile = path, handlers = handlers }
      assert.equal(table.concat(told), temporary.read(path))
      assert.is_true(#told >= 5)
      assert.equal("-rw-------", shell.run { "ls", "-l", path }:match "^%S+")
      local client = connect { keylogfile = path, max_version = "TLSv1.2" }
      local text = temporary.read(path)
      assert.equal(table.concat(told), text:sub(1, #table.concat(told)))
      local random = client:info("client_random"):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
      assert.truthy(text:find("\nCLIENT_RANDOM " .. random .. " ", 1, true))
   end)

   it("is off for a connection that takes the handler away", function()
      local path = temporary.path ".keys"
      connect({ keylogfile = path }, { handlers = { keylog = false } })
      assert.equal("", temporary.read(path))
   end)

   it("is never written through a link that leads to nothing", function()
      local elsewhere, path = temporary.path ".elsewhere", temporary.path ".keys"
      shell.run { "ln", "-s", elsewhere, path }
      local context, message, code = bearssl.context { keylogfile = path }
      assert.is_nil(context)
      assert.equal("file_unreadable", code)
      assert.truthy(message:find(path, 1, true))
      assert.is_nil(temporary.read(elsewhere))
   end)

   it("says what cannot be written", function()
      local context, message, code = bearssl.context { keylogfile = "/nowhere/at/all" }
      assert.is_nil(context)
      assert.equal("file_unreadable", code)
      assert.truthy(message:find("/nowhere/at/all", 1, true))
      assert.has_error(function() bearssl.context { keylogfile = 5 } end)
   end)
end)
