-- Certificates and keys for the specs, made with our own issuing when they are first asked for (what it refuses to
-- make, a short key, one for RSA-PSS only or a SHA-1 signature, with the openssl program):
--     local certificates = require "spec.support.certificates"
--     certificates.rsa.certfile, .keyfile, .chainfile    paths of PEM files
--     certificates.rsa.certificate, .key, .chain         the same as strings
--     certificates.ca.certfile                           the root that signed nearly all of them
-- chain is what a server sends: the leaf, then its intermediates, without the root; rest (restfile) is the
-- chain without the leaf, which may be empty. The files live as long as the test run. Spec files that run beside
-- each other share them, and so do child processes.
local core = require "bearssl.core"
local lock = require "spec.support.lock"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local LOCALHOST = "DNS:localhost,DNS:example.org,IP:127.0.0.1,IP:::1"
local DAY = 24 * 3600

-- What each name is. Defaults: issuer "ca", key "rsa:2048", common name localhost, subject alternative
-- names of LOCALHOST, usage "server", hash "sha256", from yesterday for two years. issuer false: signed by itself.
local definitions = {
   -- authorities
   ca = { cn = "Test Root CA", issuer = false, usage = "ca" },
   ec_ca = { cn = "Test EC Root CA", key = "ec:P-256", issuer = false, usage = "ca" },
   other_ca = { cn = "Other Root CA", issuer = false, usage = "ca" },
   ed25519_ca = { cn = "Test Ed25519 Root CA", key = "ed:25519", issuer = false, usage = "ca" },
   expired_ca = { cn = "Expired Root CA", issuer = false, usage = "ca", from = -20, to = -10 },
   intermediate = { cn = "Test Intermediate CA", usage = "ca" },
   intermediate2 = { cn = "Test Lower Intermediate CA", key = "ec:P-256", issuer = "intermediate", usage = "ca" },
   not_ca = { cn = "Not a CA", key = "ec:P-256" }, -- a leaf that signs nonetheless

   -- servers, one per key type
   rsa = {},
   rsa3072 = { key = "rsa:3072" },
   rsa4096 = { key = "rsa:4096" },
   ec = { key = "ec:P-256" },
   ec384 = { key = "ec:P-384" },
   ec521 = { key = "ec:P-521" },
   ed25519 = { key = "ed:25519", usage = "signature" },
   ed25519_only = { key = "ed:25519", usage = "signature", issuer = "ed25519_ca" },
   rsa_by_ed25519 = { issuer = "ed25519_ca" },
   rsa_pss = { key = "rsa-pss:2048" }, -- whose key signs by RSA-PSS only
   sha384 = { key = "ec:P-384", hash = "sha384" },
   -- static ECDH: the suite's name tells who signed the certificate
   ecdh_rsa = { key = "ec:P-256", usage = "agreement" },
   ecdh_ecdsa = { key = "ec:P-256", usage = "agreement", issuer = "ec_ca" },
   ec_only = { key = "ec:P-256", issuer = "ec_ca" },
   -- servers behind intermediates
   chain = { issuer = "intermediate" },
   chain_ec = { key = "ec:P-256", issuer = "intermediate2" },
   -- servers chosen by name
   alpha = { cn = "alpha.example", san = "DNS:alpha.example" },
   beta = { cn = "beta.example", san = "DNS:beta.example", key = "ec:P-256" },
   wildcard = { cn = "*.wild.example", san = "DNS:*.wild.example", key = "ec:P-256" },

   -- servers that a client must refuse
   expired = { key = "ec:P-256", from = -20, to = -10 },
   notyet = { key = "ec:P-256", from = 10, to = 20 },
   wronghost = { key = "ec:P-256", cn = "wrong.example", san = "DNS:wrong.example" },
   selfsigned = { key = "ec:P-256", issuer = false },
   untrusted = { key = "ec:P-256", issuer = "other_ca" },
   under_expired = { key = "ec:P-256", issuer = "expired_ca" },
   under_leaf = { key = "ec:P-256", issuer = "not_ca" },
   sha1 = { key = "ec:P-256", hash = "sha1" },
   weak = { key = "rsa:1024" },
   purpose = { key = "ec:P-256", usage = "client" }, -- has the names, lacks the purpose

   -- clients
   client_rsa = { cn = "client rsa", san = "email:client@example.org", usage = "client" },
   client_ec = { cn = "client ec", san = "email:client@example.org", usage = "client", key = "ec:P-256" },
   client_ec384 = { cn = "client ec384", san = "email:client@example.org", usage = "client", key = "ec:P-384" },
   client_ec521 = { cn = "client ec521", san = "email:client@example.org", usage = "client", key = "ec:P-521" },
   client_ed25519 = { cn = "client ed", san = "email:client@example.org", usage = "client", key = "ed:25519" },
   client_rsa_pss = { cn = "client pss", san = "email:client@example.org", usage = "client", key = "rsa-pss:2048" },
   client_chain = { cn = "client chain", san = "email:client@example.org", usage = "client", issuer = "intermediate" },
   client_ec_only = { cn = "client ec only", usage = "client", key = "ec:P-256", issuer = "ec_ca" },
   client_expired = { cn = "client old", usage = "client", key = "ec:P-256", from = -20, to = -10 },
   client_untrusted = { cn = "client stranger", usage = "client", key = "ec:P-256", issuer = "other_ca" },
}

local usages = {
   ca = { ca = true, key_usage = { "keyCertSign", "cRLSign" } },
   server = {
      ca = false, key_usage = { "digitalSignature", "keyEncipherment" }, extended_key_usage = { "serverAuth" },
   },
   signature = { ca = false, key_usage = { "digitalSignature" }, extended_key_usage = { "serverAuth" } },
   agreement = {
      ca = false, key_usage = { "digitalSignature", "keyAgreement" }, extended_key_usage = { "serverAuth" },
   },
   client = { ca = false, key_usage = { "digitalSignature" }, extended_key_usage = { "clientAuth" } },
}

-- The same for the openssl program.
local EXTENSIONS = {
   server = "basicConstraints=CA:false\nkeyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth\n",
   client = "basicConstraints=CA:false\nkeyUsage=digitalSignature\nextendedKeyUsage=clientAuth\n",
}

local CONFIG = [[
[ca]
default_ca=this
[this]
database=%s/index.txt
new_certs_dir=%s
rand_serial=yes
policy=any
default_md=%s
email_in_dn=no
unique_subject=no
copy_extensions=none
x509_extensions=extensions
[any]
commonName=supplied
organizationName=optional
[req]
distinguished_name=name
prompt=no
string_mask=utf8only
[name]
O=bearssl for Lua
CN=%s
[extensions]
subjectKeyIdentifier=hash
%s]]

local get

local function date(days)
   return os.date("!%Y%m%d%H%M%SZ", os.time() + days * DAY)
end

-- make_with_openssl writes what we do not make ourselves, beside the signer's files.
local function make_with_openssl(definition, signer, path)
   local work = temporary.make_directory()
   temporary.write("", nil, work .. "/index.txt")
   local extensions = EXTENSIONS[definition.usage or "server"] .. "subjectAltName=" .. (definition.san or LOCALHOST)
      .. "\nauthorityKeyIdentifier=keyid\n"
   local config = temporary.write(
      CONFIG:format(work, work, definition.hash or "sha256", definition.cn or "localhost", extensions),
      nil,
      work .. "/config"
   )
   local kind, size = definition.key:match("^([%w-]+):(.+)$")
   local key = path .. ".key"
   shell.run({ "openssl", "genpkey", "-quiet", "-out", key, "-algorithm", kind:upper(),
      "-pkeyopt", kind:find("^rsa") and "rsa_keygen_bits:" .. size or "ec_paramgen_curve:" .. size })
   local request = work .. "/request"
   shell.run({ "openssl", "req", "-new", "-config", config, "-key", key, "-out", request })
   shell.run({ "openssl", "ca", "-batch", "-notext", "-config", config, "-in", request, "-out", path .. ".crt",
      "-startdate", date(definition.from or -1), "-enddate", date(definition.to or 730),
      "-cert", signer.certfile, "-keyfile", signer.keyfile })
   shell.run({ "rm", "-r", work })
   return temporary.read(path .. ".crt")
end

local curves = { ["P-256"] = "p256", ["P-384"] = "p384", ["P-521"] = "p521" }

local function names_of(san)
   local names = {}
   for kind, value in san:gmatch("(%w+):([^,]+)") do
      names[#names + 1] = { type = kind, value = value }
   end
   return names
end

local function make_ourselves(definition, signer, path)
   local kind, size = (definition.key or "rsa:2048"):match("^(%w+):(.+)$")
   local is_rsa = kind == "rsa"
   local kinds = { rsa = "rsa", ed = "ed25519" }
   local key = assert(core.generate_key(kinds[kind] or curves[size], is_rsa and tonumber(size) or nil))
   local usage = usages[definition.usage or "server"]
   local fields = {
      public_key = key, issuer_key = key, hash = definition.hash,
      subject = { { "CN", definition.cn or "localhost" }, { "O", "bearssl for Lua" } },
      not_before = os.time() + (definition.from or -1) * DAY, not_after = os.time() + (definition.to or 730) * DAY,
   }
   for field, value in pairs(usage) do
      fields[field] = value
   end
   if not usage.ca then
      fields.names = names_of(definition.san or LOCALHOST)
   end
   if signer then
      fields.issuer = assert(core.certificates(signer.certificate))[1]
      fields.issuer_key = assert(core.key(signer.key))
   end
   local certificate = assert(core.issue(fields))
   temporary.write(key:pem(), nil, path .. ".key")
   temporary.write(certificate:pem(), nil, path .. ".crt")
   return certificate:pem()
end

-- make writes NAME.crt, NAME.key and NAME.chain into the run's certificate directory.
local function make(name, path)
   local definition = definitions[name]
   local issuer = definition.issuer
   if issuer == nil then
      issuer = "ca"
   end
   local signer = issuer and get(issuer)
   local key = definition.key or ""
   local refused = definition.hash == "sha1" or key == "rsa:1024" or key:find("^rsa%-pss:")
   local chain = (refused and make_with_openssl or make_ourselves)(definition, signer, path)
   if signer and definitions[issuer].issuer ~= false then
      chain = chain .. signer.chain
   end
   temporary.write(chain:match("%-%-\n(%-%-%-%-%-BEGIN.*)$") or "", nil, path .. ".rest")
   temporary.write(chain, nil, path .. ".part")
   assert(os.rename(path .. ".part", path .. ".chain")) -- last: its presence says that all is there
end

local cache = {}

function get(name)
   local entry = cache[name]
   if entry then
      return entry
   end
   if not definitions[name] then
      error("spec.support.certificates makes no certificate named " .. tostring(name), 3)
   end
   local path = temporary.shared() .. "/certificates/" .. name
   if not temporary.read(path .. ".chain") then
      lock.hold(name, function()
         if not temporary.read(path .. ".chain") then
            make(name, path)
         end
      end)
   end
   entry = {
      name = name,
      certfile = path .. ".crt",
      keyfile = path .. ".key",
      chainfile = path .. ".chain",
      restfile = path .. ".rest",
      certificate = temporary.read(path .. ".crt"),
      key = temporary.read(path .. ".key"),
      chain = temporary.read(path .. ".chain"),
      rest = temporary.read(path .. ".rest"),
   }
   cache[name] = entry
   return entry
end

return setmetatable({}, {
   __index = function(_, name)
      return get(name)
   end,
})
