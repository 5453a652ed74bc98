-- What the help of each command ends with: lines that can be typed.
local examples = {
   trace = {
      "bearssl trace example.org                       the handshake, message by message",
      "bearssl trace --resume --early-data example.org once more, resumed",
      "bearssl trace --max 1.2 --suites compatible 192.0.2.1:8443 -k",
      "bearssl trace --starttls smtp --pcap it.pcapng mail.example.org",
   },
   probe = {
      "bearssl probe example.org                       what it supports, and what is wrong with it",
      "bearssl probe --json example.org:8443 >report.json",
      "bearssl probe --starttls imap mail.example.org",
   },
   connect = {
      "bearssl connect --crlf example.org:443",
      "bearssl connect --starttls smtp --crlf mail.example.org",
      "bearssl connect --session s.bin --quiet example.org:443 <request >answer",
   },
   fetch = {
      "bearssl fetch https://example.org/",
      "bearssl fetch -L -f -o page.html https://example.org/page",
      "bearssl fetch --cafile ca/ca.pem --cert me.pem --key me.key https://localhost:8443/",
      "bearssl fetch --json -I https://example.org/",
   },
   ["ca init"] = {
      "bearssl ca init --out ca --name \"My CA\" --encrypt", "bearssl ca init --out ca --constrain example.org",
   },
   ["ca server"] = {
      "bearssl ca server --ca ca --out . example.org '*.example.org' 192.0.2.1",
      "bearssl ca server --ca ca --key-type rsa3072 --days 90 example.org",
   },
   ["ca client"] = { "bearssl ca client --ca ca --email some@example.org \"Some One\"" },
   ["ca sign"] = {
      "bearssl ca sign --ca ca --out . device.csr",
      "bearssl ca sign --ca ca --name example.org --purpose both device.csr",
      "bearssl ca sign --ca ca --authority --path-length 0 --constrain example.org sub.csr",
   },
   ["ca revoke"] = {
      "bearssl ca revoke --ca ca --reason keyCompromise example.org.pem",
      "bearssl ca revoke --ca ca 4e466ee8fa342d14dad0",
   },
   ["ca crl"] = { "bearssl ca crl --ca ca --days 7 --out /srv/www/ca.crl" },
   ech = { "bearssl ech generate front.example --out ech.pem", "bearssl ech show ech.pem" },
   ["ech generate"] = { "bearssl ech generate front.example --out ech.pem", "bearssl serve --ech-keys ech.pem DIR" },
   ["ech show"] = { "bearssl ech show ech.pem", "bearssl ech show ech=AEX+DQBB…" },
   cert = {
      "bearssl cert show server.pem server.key", "bearssl cert verify --servername example.org server.pem",
      "bearssl cert pin server.pem",
   },
}

--- of(name) is the end of a command's help, such as "ca sign"; or nil.
function examples.of(name)
   local lines = examples[name]
   return type(lines) == "table" and "Examples:\n   " .. table.concat(lines, "\n   ") or nil
end

return examples
