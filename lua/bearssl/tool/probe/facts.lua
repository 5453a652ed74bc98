-- What probe's report says of a server beside its versions and certificates: lines of a name and a text, for the report
-- as text and as a page.
local facts = {}

--- yes(value) is a boolean in words; nil is not known.
function facts.yes(value)
   return value == nil and "not known" or value and "yes" or "no"
end

local yes = facts.yes

local function listed(list, otherwise)
   return #list > 0 and table.concat(list, ", ") or otherwise
end

local function resumption_text(report)
   local ways = {}
   if report.resumption_by_ticket then ways[#ways + 1] = "by ticket" end
   if report.resumption_by_id then ways[#ways + 1] = "by ID" end
   return #ways > 0 and table.concat(ways, " and ") or yes(report.resumption)
end

local function key_exchange(report, line)
   if report.groups then
      line("groups", listed(report.groups, "none"))
      if #report.groups_hidden > 0 then
         line("", table.concat(report.groups_hidden, ", ") .. " perhaps: the server prefers its certificate's")
      end
   end
   if report.foreign_groups and #report.foreign_groups > 0 then
      line("other groups", table.concat(report.foreign_groups, ", "))
   end
   if report.dhe and report.dhe.bits then
      line("DHE group", report.dhe.group or ("%d bits, %s"):format(report.dhe.bits,
         report.dhe.common and "of many servers" or "the server's own"))
   end
   if report.post_quantum ~= nil then line("post-quantum", yes(report.post_quantum)) end
   if report.signature_schemes and #report.signature_schemes > 0 then
      line("signatures", table.concat(report.signature_schemes, ", "))
   end
end

local function hellos(report, line)
   if report.long_hello ~= nil then
      line("long hello", yes(report.long_hello))
      line("  in records", yes(report.hello_in_records))
   end
   local names, intolerant = {}, {}
   for name in pairs(report.intolerance or {}) do names[#names + 1] = name end
   table.sort(names)
   for _, name in ipairs(names) do
      if report.intolerance[name].tolerant == false then intolerant[#intolerant + 1] = (name:gsub("_", " ")) end
   end
   if report.intolerance then line("intolerant of", listed(intolerant, "nothing that was tried")) end
   if report.alpn then line("ALPN", listed(report.alpn, "none")) end
   if report.ech ~= nil then
      line("encrypted hello", report.ech and "yes, by " .. table.concat(report.ech_public_names, ", ") or "no")
   end
end

local function sessions(report, line)
   line("tickets", yes(report.tickets))
   local ticket = report.ticket
   if ticket then
      if ticket.lifetime then line("  lifetime", ("%d seconds"):format(ticket.lifetime)) end
      line("  again", ticket.reusable == nil and "not known" or ticket.reusable and "each may be used several times"
         or "each is used once")
      if ticket.renewed ~= nil then line("  renewed", yes(ticket.renewed)) end
   end
   line("resumption", resumption_text(report))
   if report.early_data then
      line("early data", report.early_data > 0 and ("%d bytes"):format(report.early_data) or "none")
      line("hello retry", report.hello_retry == nil and "not known: it has every group of ours"
         or yes(report.hello_retry))
   end
end

local function protections(report, line)
   line("fallback", report.fallback_protection and "refused" or report.fallback_protection == false and "not refused"
      or "no older version")
   if report.compression ~= nil then
      line("records", report.compression and "compressed (CRIME)" or "not compressed")
   end
   local renegotiation = report.renegotiation
   if renegotiation then
      line("renegotiation", (renegotiation.client_initiated and "taken from clients" or "refused to clients")
         .. (renegotiation.secure == false and ", without RFC 5746" or ""))
   end
   if report.ccs_injection ~= nil then line("CCS injection", report.ccs_injection and "possible" or "refused") end
end

local function duration(seconds)
   local days = math.floor(seconds / 86400)
   return days >= 1 and ("%d day%s"):format(days, days == 1 and "" or "s") or ("%d seconds"):format(seconds)
end

local function hsts_text(report)
   local hsts = report.hsts
   if not hsts then return hsts == false and "no" or "not for an address" end
   if hsts.error then return "not valid: " .. hsts.error end
   return duration(hsts.max_age) .. (hsts.include_subdomains and ", with subdomains" or "")
      .. (hsts.preload and ", to be preloaded" or "")
end

local function clients(report, line)
   line("client cert", report.client_certificate_required and "required" or report.client_certificate and "asked for"
      or "not asked for")
   if report.certificate_authorities and #report.certificate_authorities > 0 then
      line("  issued by", table.concat(report.certificate_authorities, "; "))
   end
   if report.certificate_compression then
      line("compression", listed(report.certificate_compression, "none of the certificate"))
   end
   if report.server_certificate_types and report.server_certificate_types[2] then
      line("raw key", "yes, for those who ask")
   end
   if report.http then line("HSTS", hsts_text(report)) end
end

--- of(report, line) calls line(name, text) for each; a name with two spaces before it belongs to the one above.
function facts.of(report, line)
   key_exchange(report, line)
   hellos(report, line)
   line("own order", yes(report.server_order))
   line("master secret", report.extended_master_secret == nil and "not known" or report.extended_master_secret
      and "extended" or "not extended")
   sessions(report, line)
   protections(report, line)
   clients(report, line)
end

--- key(certificate) is its key and what it is signed with.
function facts.key(certificate)
   local key = certificate.public_key
   return ("%s %s, signed with %s"):format(tostring(key.type), tostring(key.curve or key.bits),
      tostring(certificate.signature_algorithm))
end

--- names(certificate) are the names that it is for.
function facts.names(certificate)
   local names = {}
   for i, entry in ipairs(certificate.names) do names[i] = tostring(entry.value) end
   return #names > 0 and table.concat(names, ", ") or "none"
end

--- staple(entry) says what was stapled to a chain.
function facts.staple(entry)
   local staple = entry.staple
   if not staple then return "none" end
   return tostring(staple.status) .. (staple.message and ": " .. staple.message or "")
end

--- suites(entry) are those of a version, then those that the library cannot use.
function facts.suites(entry)
   local list = {}
   for _, name in ipairs(entry.suites) do list[#list + 1] = name end
   for _, name in ipairs(entry.foreign_suites or {}) do list[#list + 1] = name end
   return list
end

return facts
