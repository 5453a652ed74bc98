-- bearssl ca revoke and crl: what an authority no longer stands for.
local bearssl = require "bearssl"
local authority = require "bearssl.tool.authority"
local core = require "bearssl.core"
local describe = require "bearssl.describe"
local failure = require "bearssl.tool.failure"
local file = require "bearssl.file"
local options = require "bearssl.tool.options"
local output = require "bearssl.tool.output"
local save = require "bearssl.tool.save"

local revoking = {}

-- Which serial number is meant: that of a certificate's file, or the number itself.
local function serial_of(own, text)
   if core.path_kind(text) then
      local list, message = bearssl.certificate.load(options.read_file(text, "certificate"))
      if not list then options.usage("%s: %s", text, message) end
      if not own.list[1]:issued(list[1]) then
         options.usage("%s was not issued by the authority in %s", text, own.directory)
      end
      return list[1]:serial()
   end
   local digits = text:gsub("[:%s]", ""):lower()
   if not digits:find "^%x+$" then options.usage("'%s' is no file, and no serial number in hex", text) end
   if #digits % 2 == 1 then digits = "0" .. digits end
   if not own.database:state().issued[digits] then
      options.usage("the authority in %s has no record of a certificate %s: give its file", own.directory, digits)
   end
   return digits
end

local function date(seconds)
   return os.date("!%Y-%m-%d %H:%M:%S UTC", seconds)
end

--- revoke(arguments) puts certificates on record as revoked.
function revoking.revoke(arguments)
   local own = authority.open(arguments)
   local serials, list = {}, {}
   for index, text in ipairs(arguments.names) do serials[index] = serial_of(own, text) end
   for index, serial in ipairs(serials) do
      local before = own.database:state().is_revoked[serial]
      if not before then own.database:append("revoked", serial, os.time(), arguments.reason or "") end
      local entry = own.database:state().is_revoked[serial]
      list[index] = { serial = serial, date = entry.date, reason = entry.reason, was_revoked = before ~= nil }
      if not arguments.json then
         output.write(("%s: revoked%s%s\n"):format(serial, before and " already, " .. date(entry.date) or "",
            entry.reason and ", " .. entry.reason or ""))
      end
   end
   if arguments.json then
      output.json { revoked = list }
   else
      local quoted = own.directory:find "^[%w/._-]+$" and own.directory or save.quote(own.directory)
      output.write("to tell others: bearssl ca crl --ca ", describe.printable(quoted, true), "\n")
      output.flush()
   end
   return 0
end

-- The number of the list in a file, or 0.
local function number_in(path)
   local bytes = file.read(path)
   local list = bytes and bearssl.crl.load(bytes)
   return list and tonumber(list[1]:number() or "0", 16) or 0
end

-- A list takes the place of an older one, and of nothing else.
local function refuse_other(path)
   local bytes = core.path_kind(path) == "file" and file.read(path)
   if bytes and bytes ~= "" and not bearssl.crl.load(bytes) then
      failure.raise(("%s is there already, and is no CRL: name another file with --out"):format(path),
         "file_unwritable")
   end
end

--- crl(arguments) writes the list of all that is revoked. Of several programs that write it at once the one with the
-- greatest number wins, which knew of all that the others did: whoever finds that it has covered up a newer one with
-- its own writes another.
function revoking.crl(arguments)
   local own = authority.open(arguments)
   local path = arguments.out or own.directory .. "/ca.crl"
   refuse_other(path)
   local list, state, number
   repeat
      number, state = own.database:claim()
      local object, message, code = bearssl.crl.new {
         issuer = own.list[1], issuer_key = own.key, number = number, days = arguments.days, revoked = state.revoked,
      }
      if not object then failure.raise(message, code) end
      list = object
      save.write(path, list:pem(), "022")
   until core.path_kind(path) ~= "file" or number_in(path) >= own.database:state().number
   if arguments.json then
      output.json { file = path, number = list:number(), count = list:count(), next_update = list:next_update() }
   else
      output.write(("%s: number %s, revokes %d, good until %s\n"):format(describe.printable(path, true), list:number(),
         list:count(), date(list:next_update())))
      output.flush()
   end
   return 0
end

return revoking
