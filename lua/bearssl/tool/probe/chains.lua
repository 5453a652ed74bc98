-- The chains of certificates that a server has, one for each kind of key, and what can be read off them.
local asking = require "bearssl.tool.probe.asking"
local bearssl = require "bearssl"
local describe = require "bearssl.describe"

local chains = {}

local function common_name(object)
   local name
   for _, part in ipairs((object:subject())) do
      if part.name == "CN" then name = part.value end
   end
   return name
end

--- certificate(object) is describe.certificate with what faults are looked for in.
function chains.certificate(object)
   local plain = describe.certificate(object)
   plain.is_self_signed = object:is_self_signed()
   plain.must_staple = object:must_staple()
   plain.key_usage = object:key_usage()
   plain.extended_key_usage = object:extended_key_usage()
   plain.pin = object:pin()
   plain.common_name = common_name(object)
   plain.scts = #object:scts()
   plain.issuer_uris = object:issuer_uris()
   plain.ocsp_uris = object:ocsp_uris()
   plain.crl_uris = object:crl_uris()
   return plain
end

-- Follows the issuers from the leaf within what was sent: the indexes of those certificates, the leaf's first.
local function path_within(chain)
   local path, used, at = { 1 }, { true }, 1
   repeat
      local above
      for i, candidate in ipairs(chain) do
         if not used[i] and not above and candidate:issued(chain[at]) then above = i end
      end
      if above then
         path[#path + 1], used[above], at = above, true, above
      end
   until not above
   return path, used
end

-- What is wrong with what was sent as a chain.
local function order_of(entry, chain)
   local path, used = path_within(chain)
   entry.in_order, entry.superfluous = true, {}
   for i = 2, #path do
      if path[i] < path[i - 1] then entry.in_order = false end
   end
   for i in ipairs(chain) do
      if not used[i] then table.insert(entry.superfluous, i) end
   end
   entry.order = path
   entry.root_sent = #path > 1 and chain[path[#path]]:is_self_signed() or false
   local top = chain[path[#path]]
   -- one that says where its issuer's certificate is to be had is below an intermediate, or nobody would need to ask
   entry.incomplete = entry.verdict == "unknown_ca" and not top:is_self_signed() and #top:issuer_uris() > 0
end

-- The stapled OCSP response; false where none came.
local function staple_of(judged)
   if not judged.ocsp_response then return false end
   local response, message = bearssl.ocsp.load(judged.ocsp_response)
   if not response then return { status = "malformed", message = message } end
   local issuer = judged.path and judged.path[2] or judged.chain[2]
   if response:response_status() ~= "successful" or not issuer then return { status = response:response_status() } end
   local status, detail, code = response:status(judged.chain[1], issuer)
   return { status = status or code, message = not status and detail or nil, produced_at = response:produced_at() }
end

--- describe(prober, result) is what a handshake has shown: {key_type, chain, verdict, verified, name_matches, in_order,
-- superfluous, order, root_sent, incomplete, staple, scts}.
function chains.describe(prober, result)
   local judged = result.judged
   local entry = { chain = {}, verdict = judged.verdict, verified = judged.verdict == "ok" }
   for i, object in ipairs(judged.chain) do entry.chain[i] = chains.certificate(object) end
   entry.key_type = entry.chain[1].public_key.type
   entry.name_matches = judged.chain[1]:matches(prober.name)
   entry.staple = staple_of(judged)
   local timestamps = result.info and result.info.signed_certificate_timestamps
   entry.scts = entry.chain[1].scts + (type(timestamps) == "table" and #timestamps or timestamps and 1 or 0)
   order_of(entry, judged.chain)
   return entry
end

local KINDS = {
   { "RSA", { "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512", "rsa_pss_pss_sha256",
      "rsa_pss_pss_sha384", "rsa_pss_pss_sha512", "rsa_pkcs1_sha256", "rsa_pkcs1_sha384", "rsa_pkcs1_sha512",
      "rsa_pkcs1_sha1" }, "_RSA_" },
   { "EC", { "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512", "ecdsa_sha1" }, "_ECDSA_" },
   { "Ed25519", { "ed25519" }, "_ECDSA_" },
}

local function group_of(kind) return kind == "RSA-PSS" and "RSA" or kind end

local function supported(list)
   local has, rest = {}, {}
   for _, name in ipairs(bearssl.signature_algorithms()) do has[name] = true end
   for _, name in ipairs(list) do
      if has[name] then rest[#rest + 1] = name end
   end
   return rest
end

-- Suites of TLS 1.3 tell nothing of the certificate; those below it do.
local function fitting(suites, version, pattern)
   if version == "TLSv1.3" then return suites end
   local rest = {}
   for _, name in ipairs(suites) do
      if name:find(pattern, 1, true) then rest[#rest + 1] = name end
   end
   return rest
end

--- others(prober, version, suites, known) are the chains for the kinds of keys that a first handshake, whose leaf has a
-- key of the kind `known`, has not shown.
function chains.others(prober, version, suites, known)
   local list = {}
   for _, kind in ipairs(KINDS) do
      local schemes, fit = supported(kind[2]), fitting(suites, version, kind[3])
      if kind[1] ~= group_of(known) and #schemes > 0 and #fit > 0 then
         local result = asking.once(prober, {
            min_version = version, max_version = version, suites = fit, signature_algorithms = schemes,
            -- an authority may have another kind of key than what it signs
            signature_algorithms_cert = bearssl.signature_algorithms(),
         })
         local leaf = result.judged and result.judged.chain[1]
         if leaf and group_of(leaf:public_key().type) == kind[1] then
            list[#list + 1] = chains.describe(prober, result)
         end
      end
   end
   return list
end

return chains
