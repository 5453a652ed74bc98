-- What probe did not test, in words: whoever reads the report must not take silence for a good sign.
local not_tested = {}

local function has_version(report, version)
   for _, entry in ipairs(report.versions) do
      if entry.version == version then return true end
   end
   return false
end

local function looks_beyond(report)
   for _, entry in ipairs(report.versions) do
      if entry.foreign_suites then return true end
   end
   return false
end

--- of(report, prober) is a list of sentences, those that are in report.not_tested first.
function not_tested.of(report, prober)
   local list = {}
   local function add(sentence) list[#list + 1] = sentence end
   for _, sentence in ipairs(report.not_tested or {}) do add(sentence) end
   if not has_version(report, "SSLv3") then add "Whether SSLv2 or SSLv3 is spoken was not asked." end
   if not looks_beyond(report) then
      add("Only suites and groups that this library can use were offered: others, such as anonymous ones, export or "
         .. "RC4, may be there.")
   end
   if report.compression == nil then add "Whether records are compressed (CRIME) was not asked." end
   if prober.starttls then
      add(("HTTP was not asked: the connection begins in the clear text of %s."):format(prober.starttls))
   elseif report.client_certificate_required then
      add("The server wants a client's certificate; without one sessions, HTTP and what follows a handshake were not "
         .. "looked at.")
   elseif report.http == nil then
      add "The port answered no HTTP request, so HSTS was not looked for."
   end
   if not report.public then
      add("The certificate was not held to the rules of public authorities (validity, timestamps): none of the "
         .. "system's authorities vouches for it.")
   end
   add "Revocation lists and OCSP responders were not asked: only a stapled response was looked at."
   add("One address was asked: other addresses and ports of the name may answer otherwise, and HTTP/3 (QUIC) was not "
      .. "tried.")
   add "Defects of a server's program, such as Heartbleed, ROBOT or Ticketbleed, were not looked for."
   add "What an application does above TLS (cookies, redirects, mixed content) was not looked at."
   return list
end

return not_tested
