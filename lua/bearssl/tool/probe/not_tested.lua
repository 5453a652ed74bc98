-- What probe did not test, in words: whoever reads the report must not take silence for a good sign.
local not_tested = {}

--- of(report, prober) is a list of sentences, those that are in report.not_tested first.
function not_tested.of(report, prober)
   local list = {}
   local function add(sentence) list[#list + 1] = sentence end
   for _, sentence in ipairs(report.not_tested or {}) do add(sentence) end
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
   add "What an application does above TLS (cookies, redirects, mixed content) was not looked at."
   return list
end

return not_tested
