-- bearssl cert: what is in a certificate, request, list of what is revoked, or key; whether a chain verifies; and pins.
local options = require "bearssl.tool.options"

local cert = { summary = "Show certificates, requests, CRLs and keys; verify chains; make pins." }

local SHOW = [[
A FILE has PEM, any number of blocks, or DER; - is standard input. Exit code 1 when one of them cannot be read.

Examples:
   bearssl cert show server.pem                      each certificate of the chain, and how they belong together
   bearssl cert show server.key server.csr ca.crl    keys are told by kind and pin, never shown
   bearssl connect --show-certificates -q example.org:443 2>&1 </dev/null | bearssl cert show -]]

local VERIFY = [[
A FILE holds a chain: the certificate first, then those that lead to its authority. Each FILE is judged by itself, with
what --chain adds. Without --servername names are not compared. Exit code 1 when a chain is not good.

Examples:
   bearssl cert verify --servername example.org server.pem
   bearssl cert verify --cafile ca/ca.pem --crl ca/ca.crl --purpose client someone.pem
   bearssl cert verify --at 2027-01-01 server.pem    will it still be good then?]]

local PIN = [[
A pin is the SHA-256 of a public key (RFC 7469 section 2.4): a new certificate for the same key has the same one. Each
line has a pin and what it is the pin of, as sha256sum has; --quiet leaves the latter away. The form is that of --pin,
of the library's option `pins`, and of curl.

Examples:
   bearssl cert pin server.pem
   curl --pinnedpubkey "$(bearssl cert pin --quiet server.key)" https://example.org/
   bearssl fetch --pin "$(bearssl cert pin --quiet server.pem)" https://example.org/]]

local function is_leap(year)
   return year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
end

local DAYS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

--- moment(text) converts "2027-01-31", "2027-01-31T12:00:00Z" (UTC, also with a space) or seconds since 1970
-- (argparse).
function cert.moment(text)
   local wrong = ("'%s' is not a time such as 2027-01-31 or 2027-01-31T12:00:00Z"):format(text)
   if text:find "^%d+$" and #text > 4 and #text < 12 then return tonumber(text) end
   local year, month, day, rest = text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$"
   if not year then return nil, wrong end
   year, month, day = tonumber(year), tonumber(month), tonumber(day)
   local hour, minute, second = 0, 0, 0
   if rest ~= "" then
      local seconds
      hour, minute, seconds = rest:match "^[T ](%d%d):(%d%d)(:?%d?%d?)Z?$"
      second = seconds == "" and "0" or seconds and seconds:match "^:(%d%d)$"
      if not second then return nil, wrong end
      hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
   end
   local days = DAYS[month] and DAYS[month] + (month == 2 and is_leap(year) and 1 or 0)
   if year < 1970 or not days or day < 1 or day > days or hour > 23 or minute > 59 or second > 60 then
      return nil, wrong
   end
   local total = day - 1
   for before = 1970, year - 1 do total = total + (is_leap(before) and 366 or 365) end
   for before = 1, month - 1 do total = total + DAYS[before] + (before == 2 and is_leap(year) and 1 or 0) end
   return ((total * 24 + hour) * 60 + minute) * 60 + second
end

function cert.describe(command, adopt)
   command:command_target("action"):require_command(true)
   local show = command:command("show", "Say what is in files of certificates, requests, CRLs and keys.")
   show:flag("--text", "Every field and extension of certificates and requests, as openssl writes them.")
   show:epilog(SHOW)
   local verify = command:command("verify", "Say whether a chain is good, or exactly what is wrong with it.")
   verify:option("--cafile", "Trust the certificates in this file instead of the system's."):argname("FILE")
   verify:option("--chain", "More certificates that may lead to an authority; they are not trusted."):argname("FILE")
      :count("*")
   verify:option("--servername", "Name or address that the certificate must have."):argname("NAME")
   verify:option("--purpose", "What it is to be used for."):choices { "server", "client", "any" }:default("server")
   verify:option("--crl", "Refuse what this list (PEM or DER) revokes."):argname("FILE"):count("*")
   verify:option("--at", "Judge it as at that time: 2027-01-31, 2027-01-31T12:00:00Z, or seconds since 1970.")
      :argname("TIME"):convert(cert.moment)
   verify:epilog(VERIFY)
   local pin = command:command("pin", "Write the pins of the public keys of certificates, requests and keys.")
   pin:flag("-q --quiet", "Write the pins alone.")
   pin:epilog(PIN)
   for _, each in ipairs { show, verify, pin } do
      adopt(each)
      each:argument("files", "PEM or DER; - is standard input."):argname("FILE"):args("+")
      each:flag("--json", "Write JSON.")
   end
   options.password(show)
   options.password(pin)
end

function cert.run(arguments)
   return require("bearssl.tool.cert_" .. arguments.action)(arguments)
end

return cert
