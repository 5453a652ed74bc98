-- bearssl cert show: what is in files of certificates, requests, lists of what is revoked, and keys; in words or JSON.
local describe = require "bearssl.describe"
local failure = require "bearssl.tool.failure"
local inputs = require "bearssl.tool.inputs"
local output = require "bearssl.tool.output"
local terminal = require "bearssl.tool.terminal"

local DAY = 86400

local function moment(seconds)
   return seconds and os.date("!%Y-%m-%d %H:%M:%S UTC", math.floor(seconds)) or "?"
end

local function days(seconds)
   local number = math.floor(math.abs(seconds) / DAY)
   if number == 0 then return "less than a day" end
   return number == 1 and "1 day" or ("%d days"):format(number)
end

-- How a period stands to the present: "12 days left", "expired 3 days ago", "begins in 2 days".
local function standing(from, to)
   local now = os.time()
   if from and now < from then return "begins in " .. days(from - now) end
   if now > to then return "expired " .. days(now - to) .. " ago" end
   return days(to - now) .. " left"
end

local function key_text(key)
   if key.curve then return ("%s %s"):format(key.type or "EC", key.curve) end
   if key.bits and key.type ~= "Ed25519" then return ("%s, %d bits"):format(key.type or "?", key.bits) end
   return key.type or key.oid or "?"
end

local function name_texts(names)
   local texts = {}
   for index, entry in ipairs(names or {}) do texts[index] = ("%s %s"):format(entry.type, tostring(entry.value)) end
   return texts
end

local function dn(object, method)
   local _, text = object[method](object)
   return text
end

local show = {}

-- Each returns a plain table for JSON and a list of { name, text or list } for people.

local function usages(object, plain, add)
   plain.key_usage, plain.extended_key_usage = object:key_usage(), object:extended_key_usage()
   add("used to", plain.key_usage and table.concat(plain.key_usage, ", "))
   add("used as", plain.extended_key_usage and table.concat(plain.extended_key_usage, ", "))
end

-- Extensions that no other line tells of.
local TOLD = {
   ["2.5.29.14"] = true, ["2.5.29.15"] = true, ["2.5.29.17"] = true, ["2.5.29.19"] = true, ["2.5.29.31"] = true,
   ["2.5.29.35"] = true, ["2.5.29.37"] = true, ["1.3.6.1.5.5.7.1.1"] = true, ["1.3.6.1.5.5.7.1.24"] = true,
   ["1.3.6.1.4.1.11129.2.4.2"] = true,
}

local function extensions(object, plain, add)
   plain.extensions = {}
   local others = {}
   for index, one in ipairs(object:extensions() or {}) do
      plain.extensions[index] = { oid = one.oid, name = one.name, critical = one.critical }
      if not TOLD[one.oid] then
         others[#others + 1] = (one.name or one.oid) .. (one.critical and " (critical)" or "")
      end
   end
   add("also has", #others > 0 and table.concat(others, ", ") or nil)
end

-- Name constraints, as the library's text has them: no method tells them.
local function constraints(object)
   if not object:extension("2.5.29.30") then return nil end
   local list, indent, section = {}, nil, nil
   for line in object:text():gmatch "[^\n]+" do
      local blanks = #line:match "^ *"
      if indent and blanks <= indent then break end
      if indent then
         local word = line:match "^ *(%u%l+):$"
         section = word and word:lower() or section
         if not word then list[#list + 1] = (section or "?") .. " " .. line:match "^ *(.-) *$" end
      elseif line:find "Name Constraints" then
         indent = blanks
      end
   end
   return #list > 0 and list or nil
end

function show.certificate(object, add)
   local plain = describe.certificate(object)
   add("subject", plain.subject == "" and "(empty)" or plain.subject)
   add("names", name_texts(plain.names))
   add("issuer", object:is_self_signed() and "itself" or plain.issuer)
   add("serial", plain.serial)
   add("valid", ("%s to %s (%s)"):format(moment(plain.not_before), moment(plain.not_after),
      standing(plain.not_before, plain.not_after)))
   add("key", key_text(plain.public_key))
   add("signed by", plain.signature_algorithm)
   plain.is_self_signed, plain.path_length = object:is_self_signed(), object:path_length()
   add("authority", plain.is_ca and (plain.path_length and ("yes, with at most %d below it"):format(plain.path_length)
      or "yes") or "no")
   plain.name_constraints = constraints(object)
   add("may certify", plain.name_constraints)
   usages(object, plain, add)
   plain.must_staple = object:must_staple() and true or false
   if plain.must_staple then add("must staple", "yes: servers must show an OCSP response with it") end
   plain.ocsp_uris, plain.issuer_uris, plain.crl_uris = object:ocsp_uris(), object:issuer_uris(), object:crl_uris()
   add("OCSP at", plain.ocsp_uris)
   add("issuer at", plain.issuer_uris)
   add("CRL at", plain.crl_uris)
   local scts = object:scts() or {}
   plain.scts = #scts
   add("logged", #scts > 0 and ("%d signed certificate timestamps"):format(#scts) or nil)
   plain.subject_key_identifier = object:subject_key_identifier()
   plain.authority_key_identifier = object:authority_key_identifier()
   extensions(object, plain, add)
   plain.fingerprint_sha1, plain.pin = object:fingerprint("sha1"), object:pin()
   add("SHA-256", plain.fingerprint)
   add("SHA-1", plain.fingerprint_sha1)
   add("pin", "sha256//" .. plain.pin)
   return plain
end

function show.request(object, add)
   local key = object:public_key() or {}
   local good, message = object:verify()
   local plain = {
      subject = dn(object, "subject"), names = {}, is_ca = object:is_ca() and true or false,
      must_staple = object:must_staple() and true or false, verified = good and true or false,
      public_key = { type = key.type or key.oid, bits = key.bits, curve = key.curve },
   }
   for index, entry in ipairs(object:names() or {}) do
      plain.names[index] = { type = entry.type, value = entry.value }
   end
   add("subject", plain.subject == "" and "(empty)" or plain.subject)
   add("names", name_texts(plain.names))
   add("key", key_text(plain.public_key))
   add("authority", plain.is_ca and "asks to be one" or nil)
   usages(object, plain, add)
   if plain.must_staple then add("must staple", "asked for") end
   add("signature", good and "is good: whoever asks has the key" or message)
   return plain
end

function show.crl(object, add)
   local plain = {
      issuer = dn(object, "issuer"), this_update = object:this_update(), next_update = object:next_update(),
      number = object:number(), count = object:count(), entries = {},
   }
   add("issuer", plain.issuer)
   add("number", plain.number)
   add("made", moment(plain.this_update))
   add("good until", plain.next_update and ("%s (%s)"):format(moment(plain.next_update),
      standing(plain.this_update, plain.next_update)) or "no time is said")
   local lines = {}
   for index, entry in ipairs(object:entries()) do
      plain.entries[index] = {
         serial = entry.serial, date = entry.date, reason = entry.reason, invalidity_date = entry.invalidity_date,
      }
      lines[index] = ("%s, %s%s"):format(entry.serial, moment(entry.date), entry.reason and ", " .. entry.reason or "")
   end
   add("revokes", plain.count == 0 and "nothing" or ("%d certificates"):format(plain.count):gsub("^1 (.*)s$", "1 %1"))
   add("", lines)
   return plain
end

function show.key(object, add, item)
   local plain = describe.key(object)
   plain.encrypted = item.encrypted or false
   add("key", key_text(plain))
   add("protected", item.encrypted and "by a password" or "no: whoever reads the file has the key")
   add("pin", "sha256//" .. plain.pin)
   return plain
end

function show.public_key(object, add)
   local key = object:public_key() or {}
   local plain = { type = key.type or key.oid, bits = key.bits, curve = key.curve, pin = object:pin() }
   add("key", key_text(plain))
   add("pin", "sha256//" .. plain.pin)
   return plain
end

local TITLES = {
   certificate = "certificate", request = "certification request", crl = "certificate revocation list",
   key = "private key", public_key = "public key", unknown = "not readable",
}

-- What an object has to do with the others of its file: who signed it, whose key it is.
local function relations(item, items, plain, add)
   for _, other in ipairs(items) do
      if other ~= item and other.kind == "certificate" and other.object then
         local certificate = other.object
         if item.kind == "certificate" and not item.object:is_self_signed() and certificate:issued(item.object) then
            plain.signed_by_number = other.number
            add("here", ("signed by number %d"):format(other.number))
         elseif item.kind == "key" and item.object:matches(certificate) then
            plain.key_of_number = other.number
            add("here", ("the key of number %d"):format(other.number))
         elseif item.kind == "crl" and item.object:verify(certificate) then
            plain.signed_by_number = other.number
            add("here", ("signed by number %d"):format(other.number))
         end
      end
   end
end

local function document_of(item, items)
   local lines = {}
   local function add(name, text)
      if text == nil or type(text) == "table" and #text == 0 then return end
      lines[#lines + 1] = { name, text }
   end
   local plain = {}
   if item.object then
      plain = show[item.kind](item.object, add, item)
      relations(item, items, plain, add)
   else
      plain.error, plain.code = item.message, item.code
      add("why", item.message)
   end
   plain.kind, plain.file, plain.number, plain.form = item.kind, item.path, item.number, item.form
   return plain, lines
end

local function write(item, many, lines, paint, unicode, with_text)
   output.write(paint("bold", describe.printable(inputs.name(item, many), unicode)), ": ", TITLES[item.kind],
      item.object and "" or item.label and " (" .. item.label .. ")" or "", "\n")
   for _, pair in ipairs(lines) do
      local name, texts = pair[1], type(pair[2]) == "table" and pair[2] or { pair[2] }
      for index, text in ipairs(texts) do
         output.write("  ", paint("dim", ("%-12s"):format(index == 1 and name or "")), " ",
            describe.printable(tostring(text), unicode), "\n")
      end
   end
   if with_text and item.object and (item.kind == "certificate" or item.kind == "request") then
      output.write((item.object:text()))
   end
end

return function(arguments)
   local unicode, paint = terminal.unicode(), terminal.painter(terminal.colour(1))
   local documents, failed = {}, false
   for _, path in ipairs(arguments.files) do
      local items = inputs.items(path, arguments)
      for _, item in ipairs(items) do
         local plain, lines = document_of(item, items)
         failed = failed or not item.object
         if arguments.json then
            plain.text = arguments.text and item.object and (item.kind == "certificate" or item.kind == "request")
               and item.object:text() or nil
            documents[#documents + 1] = plain
         else
            write(item, #items > 1, lines, paint, unicode, arguments.text)
         end
      end
   end
   if arguments.json then output.json(failure.first({ objects = documents }, documents)) end
   output.flush()
   return failed and 1 or 0
end
