-- bearssl.codes: every code that the library returns, what it calls for, and the alert that goes with it.
local bearssl = require "bearssl"
local core = require "bearssl.core"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local KINDS = {
   again = true, ["end"] = true, certificate = true, protocol = true, input = true, handler = true, ["local"] = true,
}

local function sources(where, pattern)
   local list = {}
   for path in shell.run({ "find", where, "-name", pattern }):gmatch("[^\n]+") do list[#list + 1] = path end
   table.sort(list)
   assert(#list > 10, where)
   return list
end

-- The rows of doc/api.md: code → { kind =, alert =, message = }.
local function documented()
   local rows = {}
   for line in assert(temporary.read("doc/api.md")):match("\n## Error codes\n(.*)$"):gmatch("[^\n]+") do
      local codes, kind, alert, message = line:match("^| (`[^|]+) | ([%l]+) | ([^|]+) | (.-) |$")
      for code in (codes or ""):gmatch("`([%l_]+)`") do
         assert.is_nil(rows[code], code .. " stands twice")
         rows[code] = { kind = kind, alert = alert ~= "–" and alert or nil, message = message }
      end
   end
   return rows
end

describe("bearssl.codes", function()
   it("says of every code its kind, its alert and a sentence", function()
      local count = 0
      for code, entry in pairs(bearssl.codes) do
         assert.matches("^%l[%l_]+$", code)
         assert.is_true(KINDS[entry.kind], code)
         assert.is_true(#entry.message > 10, code)
         assert.is_true(entry.alert == nil or core.alert_number(entry.alert) ~= nil, code)
         for field in pairs(entry) do assert.truthy(({ kind = 1, alert = 1, message = 1 })[field], field) end
         count = count + 1
      end
      assert.is_true(count > 100, count)
   end)

   it("has one of each kind where it belongs", function()
      for code, kind in pairs {
         wantread = "again", timeout = "again", busy = "again", closed = "end", truncated = "end",
         transport_failed = "end", certificate_expired = "certificate", name_mismatch = "certificate",
         pin_mismatch = "certificate", alert_unknown_ca = "certificate", decode_error = "protocol",
         no_common_suite = "protocol", alert_handshake_failure = "protocol", peer_alert = "protocol",
         bad_pem = "input", file_unreadable = "input", key_mismatch = "input", refused = "handler",
         sign_failed = "handler", handler_error = "handler", out_of_memory = "local", no_random = "local",
      } do
         assert.equal(kind, bearssl.codes[code].kind, code)
      end
      assert.equal("handshake_failure", bearssl.codes.no_common_suite.alert)
      assert.equal("protocol_version", bearssl.codes.no_common_version.alert)
      assert.is_nil(bearssl.codes.alert_unknown_ca.alert)
      assert.is_nil(bearssl.codes.closed.alert)
   end)

   it("has one for each alert that ends a connection", function()
      for _, alert in ipairs(core.alerts()) do
         assert.equal(alert.name ~= "close_notify", bearssl.codes["alert_" .. alert.name] ~= nil, alert.name)
      end
      assert.is_true(#core.alerts() > 30)
   end)

   it("is the user's own: what is written into it changes nothing in the library", function()
      local make = require "bearssl.codes"
      local mine = make()
      mine.closed.kind, mine.timeout = "certificate", nil
      assert.equal("end", make().closed.kind)
      assert.equal("again", make().timeout.kind)
      assert.equal("end", bearssl.codes.closed.kind)
   end)

   it("is what doc/api.md lists, both ways", function()
      local rows = documented()
      for code, entry in pairs(bearssl.codes) do
         local row = assert(rows[code], code .. " is not documented")
         assert.equal(entry.kind, row.kind, code)
         assert.equal(entry.alert, row.alert, code)
         local alert = code:match("^alert_(.*)")
         local message = alert and row.message:gsub("of that name$", alert) or row.message
         assert.equal(entry.message, message, code)
      end
      for code in pairs(rows) do assert.truthy(bearssl.codes[code], code .. " is documented and does not exist") end
   end)
end)

describe("the sources", function()
   -- Between functions of the Lua layer alone: "misuse" is raised, "full" is read first.
   local inner = { misuse = true, full = true }

   local function check(code, where)
      assert.truthy(inner[code] or bearssl.codes[code], ("%s: %q is no code"):format(where, code))
   end

   it("in Lua return and compare no code that is not listed", function()
      local found = 0
      for _, path in ipairs(sources("lua/bearssl", "*.lua")) do
         local text = assert(temporary.read(path))
         if not path:find("/tool/", 1, true) then
            for statement in text:gmatch("return nil,(.-)\n%s*[%l}%-]") do
               local code = statement:match(', "([%l_]+)"%s*$') or statement:match(', "([%l_]+)" end$')
               if code and not statement:find("code, \"", 1, true) then
                  check(code, path)
                  found = found + 1
               end
            end
            for code in text:gmatch('note%(stream, [^\n]-"([%l_]+)"%)') do check(code, path) end
            for code in text:gmatch('or "([%l_]+_failed)"') do check(code, path) end
         end
         for code in text:gmatch('%f[%w]code [=~]= "([%l_]+)"') do
            if not path:find("/tool/", 1, true) then check(code, path) end
            found = found + 1
         end
      end
      assert.is_true(found > 50, found)
   end)

   it("in C return no code but a reason's, except where a descriptor is not ready", function()
      local found = 0
      for _, path in ipairs(sources("csrc/lua", "*.c")) do
         local text = assert(temporary.read(path))
         for arguments in text:gmatch("not_yet%(L, ([^;]-)%);") do
            for code in arguments:gmatch('"([%l_]+)"') do
               check(code, path)
               found = found + 1
            end
         end
         for code in text:gmatch('lua_push%l+%(L, "([%l_]+)"%);%s*return 3;') do check(code, path) end
      end
      assert.is_true(found >= 5, found)
   end)

   it("return every code of the core's, but for those that only handlers say", function()
      local said = {
         HANDSHAKE_FAILURE = true, INSUFFICIENT_SECURITY = true, UNRECOGNIZED_NAME = true,
         TIMEOUT = true, -- by its name, from csrc/lua/descriptor.c
      }
      local text, unused = {}, {}
      for _, path in ipairs(sources("csrc", "*.c")) do text[#text + 1] = assert(temporary.read(path)) end
      text = table.concat(text)
      local table_text = assert(temporary.read("csrc/tls/base/error_table.h"))
      local count = 0
      for name in table_text:gmatch("\nTLS_REASON%(%s*([%u%d_]+),") do
         if not said[name] and not text:find("TLS_REASON_" .. name .. "%f[^%w_]") then unused[#unused + 1] = name end
         count = count + 1
      end
      assert.same({}, unused)
      assert.equal(#core.codes(), count)
   end)

   it("has each code once in the guide that tells what to do", function()
      local seen = {}
      for line in assert(temporary.read("doc/guides/errors.md")):gmatch("[^\n]+") do
         local code, cause, remedy = line:match("^| `([%l_]+)` | ([^|]+) | ([^|]+) |$")
         if code then
            assert.is_nil(seen[code], code .. " stands twice")
            assert.is_true(#cause > 5 and #remedy > 5, code)
            seen[code] = true
         else
            assert.is_nil(line:match("^| `"), "a row that is none: " .. line)
         end
      end
      for code in pairs(bearssl.codes) do assert.is_true(seen[code], code .. " is not in doc/guides/errors.md") end
      for code in pairs(seen) do assert.is_not_nil(bearssl.codes[code], code .. " is no code") end
   end)
end)
