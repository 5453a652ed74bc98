-- Every certificate of the system's CA bundle can be read, and what is read equals what openssl says of it.
local bearssl = require "bearssl"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local BUNDLE = os.getenv("SSL_CERT_FILE") or "/etc/ssl/certs/ca-certificates.crt"

local MONTHS = {}
for number, name in ipairs({ "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }) do
   MONTHS[name] = number
end

-- Days of the proleptic Gregorian calendar since 1970, to need no time zone of the machine's.
local function days(year, month, day)
   if month <= 2 then
      year, month = year - 1, month + 12
   end
   return 365 * year + math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
      + math.floor((153 * (month - 3) + 2) / 5) + day - 1 - 719468
end

-- "Jan  1 00:00:00 2028 GMT" → seconds
local function seconds(text)
   local month, day, hour, minute, second, year = text:match("^(%a+)%s+(%d+) (%d+):(%d+):(%d+) (%d+) GMT$")
   return ((days(tonumber(year), MONTHS[month], tonumber(day)) * 24 + hour) * 60 + minute) * 60 + second
end

local KEY_USAGES = {
   digitalSignature = "Digital Signature", nonRepudiation = "Non Repudiation", keyEncipherment = "Key Encipherment",
   dataEncipherment = "Data Encipherment", keyAgreement = "Key Agreement", keyCertSign = "Certificate Sign",
   cRLSign = "CRL Sign", encipherOnly = "Encipher Only", decipherOnly = "Decipher Only",
}
KEY_USAGES.contentCommitment = KEY_USAGES.nonRepudiation
local PURPOSES = {
   serverAuth = "TLS Web Server Authentication", clientAuth = "TLS Web Client Authentication",
   emailProtection = "E-mail Protection", codeSigning = "Code Signing", timeStamping = "Time Stamping",
   OCSPSigning = "OCSP Signing", anyExtendedKeyUsage = "Any Extended Key Usage",
}
local NAME_KINDS = { IP = "IP Address", dirName = "DirName", RID = "Registered ID" }

local function join(list, names)
   if not list then
      return nil
   end
   local words = {}
   for i, word in ipairs(list) do
      words[i] = names[word] or word
   end
   return table.concat(words, ", ")
end

-- openssl writes a directory name in a name list in its old way: /O=a/CN=b, in the order of the encoding.
local function old_way(text)
   local words = {}
   for word in (text .. ","):gmatch("(.-[^\\]),") do
      table.insert(words, 1, "/" .. word)
   end
   return table.concat(words)
end

local function alternative_names(certificate)
   local words = {}
   for i, name in ipairs(certificate:names()) do
      local value = name.type == "dirName" and old_way(name.value) or name.value
      words[i] = (NAME_KINDS[name.type] or name.type) .. ":" .. value
   end
   return words[1] and table.concat(words, ", ") or nil
end

local function basic_constraints(certificate)
   for _, extension in ipairs(certificate:extensions()) do
      if extension.name == "basicConstraints" then
         local length = certificate:path_length()
         return "CA:" .. (certificate:is_ca() and "TRUE" or "FALSE") .. (length and ", pathlen:" .. length or "")
      end
   end
end

local function identifier(bytes)
   return bytes and (bytes:gsub(".", function(byte)
      return (":%02X"):format(byte:byte())
   end):sub(2)) or nil
end

local function second(_, value)
   return value
end

-- What our own object says of a certificate, in openssl's words.
local function ours(certificate)
   return {
      subject = second(certificate:subject()),
      issuer = second(certificate:issuer()),
      serial = certificate:serial():upper(),
      notBefore = certificate:not_before(),
      notAfter = certificate:not_after(),
      sha256 = certificate:fingerprint(),
      sha1 = certificate:fingerprint("sha1"),
      sha512 = certificate:fingerprint("sha512"),
      ["Key Usage"] = join(certificate:key_usage(), KEY_USAGES),
      ["Extended Key Usage"] = join(certificate:extended_key_usage(), PURPOSES),
      ["Subject Alternative Name"] = alternative_names(certificate),
      ["Basic Constraints"] = basic_constraints(certificate),
      ["Subject Key Identifier"] = identifier(certificate:subject_key_identifier()),
      key = certificate:public_key_fingerprint("sha256"),
   }
end

-- Runs openssl once for each certificate, and once for each hash: everything in one shell.
local SCRIPT = [[
set -e
cd "$1"
awk '/-----BEGIN /{n++} n{print > sprintf("%04d.pem", n)}' "$2"
for f in *.pem; do
   echo "file $f"
   sed /-----/d $f | base64 -d >${f%.pem}.der
   openssl x509 -in $f -noout -nameopt RFC2253,-esc_msb,utf8 -subject -issuer -serial -dates -pubkey \
      -ext subjectAltName,keyUsage,extendedKeyUsage,basicConstraints,subjectKeyIdentifier 2>/dev/null >out
   sed -n '/BEGIN PUBLIC/,/END PUBLIC/{/-----/!p}' out | base64 -d >${f%.pem}.spki
   cat out
done
openssl dgst -sha256 -r *.spki | sed 's/^/key /; s/\.spki$/.der/'
openssl dgst -sha1 -r *.der | sed 's/^/sha1 /'
openssl dgst -sha256 -r *.der | sed 's/^/sha256 /'
openssl dgst -sha512 -r *.der | sed 's/^/sha512 /'
]]

local function theirs(path)
   local output = shell.run({ "sh", "-c", SCRIPT, "sh", temporary.make_directory(), path })
   local list, extension = {}, nil
   for line in output:gmatch("[^\n]+") do
      local entry = list[#list]
      local name, value = line:match("^([%a]+)=(.*)$")
      local hash, digest, number = line:match("^(%w+) (%x+) %*?(%d+)%.der$")
      if line:find("^file ") then
         list[#list + 1] = {}
         extension = nil
      elseif hash then
         list[tonumber(number)][hash] = digest
      elseif line:find("^X509v3 ") then
         extension = line:match("^X509v3 ([^:]+):")
      elseif extension and line:find("^    ") then
         entry[extension] = line:match("^%s+(.-)%s*$")
      elseif name == "notBefore" or name == "notAfter" then
         entry[name] = seconds(value)
      elseif name == "serial" then
         -- an even number of digits there, no leading zero here
         entry.serial = value:match("^0*(%x+)$")
      elseif name == "subject" or name == "issuer" then
         entry[name] = value
      end
   end
   return list
end

local function readable(path)
   local file = io.open(path)
   if file then
      file:close()
   end
   return file ~= nil
end

describe("The system's CA bundle", function()
   if not readable(BUNDLE) then
      error("there is none at " .. BUNDLE)
      return
   end
   local certificates, read, expected

   lazy_setup(function()
      certificates = assert(bearssl.certificate.open(BUNDLE))
      read = {}
      for i, certificate in ipairs(certificates) do
         read[i] = ours(certificate)
      end
      expected = theirs(BUNDLE)
   end)

   it("can be read, every one of its certificates", function()
      assert.is_true(#expected > 0)
      assert.are.equal(#expected, #certificates)
      local trust = assert(bearssl.trust.open(BUNDLE))
      assert.are.equal(0, trust:skipped())
      assert.are.equal(#expected, trust:count())
   end)

   for _, field in ipairs({ "subject", "issuer", "serial", "notBefore", "notAfter", "sha1", "sha256", "sha512", "key",
      "Key Usage", "Extended Key Usage", "Subject Alternative Name", "Basic Constraints", "Subject Key Identifier" }) do
      it("says of each what openssl says: " .. field, function()
         for index, mine in ipairs(read) do
            local got, wanted = mine[field], expected[index][field]
            if field == "serial" then
               got = got:match("^0*(%x+)$")
            end
            assert.are.equal(wanted, got, ("%s of %s"):format(field, mine.subject))
         end
      end)
   end

   it("has certificates that are equal to themselves after a round through PEM and DER, and to no other", function()
      local seen = {}
      for _, certificate in ipairs(certificates) do
         assert.are.equal(certificate, bearssl.certificate.load(certificate:pem())[1])
         assert.are.equal(certificate, bearssl.certificate.load(certificate:der())[1])
         assert.is_nil(seen[certificate:fingerprint()])
         seen[certificate:fingerprint()] = true
      end
   end)
end)
