-- OpenSSL's names of groups, as the options `curve` and `curveslist` have them.
local core = require "bearssl.core"

local groups = {}

-- Its names → ours. What a build lacks is taken out below.
local known = {
   ["P-256"] = "secp256r1", prime256v1 = "secp256r1", ["P-384"] = "secp384r1", secp384r1 = "secp384r1",
   ["P-521"] = "secp521r1", secp521r1 = "secp521r1", X25519 = "x25519", x25519 = "x25519",
   ffdhe2048 = "ffdhe2048", ffdhe3072 = "ffdhe3072", ffdhe4096 = "ffdhe4096", ffdhe6144 = "ffdhe6144",
   ffdhe8192 = "ffdhe8192", X25519MLKEM768 = "X25519MLKEM768", SecP256r1MLKEM768 = "SecP256r1MLKEM768",
   SecP384r1MLKEM1024 = "SecP384r1MLKEM1024",
}
for name, group in pairs(known) do
   if not core.group_id(group) then known[name] = nil end
end

--- curves() is the set of the names for ssl.config.
function groups.curves()
   local set = {}
   for name in pairs(known) do
      if name ~= "x25519" and not name:find "^ffdhe" then set[name] = true end
   end
   return set
end

--- list(text) is the list of our names, or nil: one name that is unknown, or a group that stands twice, spoils all.
function groups.list(text)
   local found, seen = {}, {}
   for name in (text .. ":"):gmatch "([^:]*):" do
      local group = known[name]
      if not group or seen[group] then return nil end
      seen[group] = true
      found[#found + 1] = group
   end
   return #found > 0 and found or nil
end

--- one(name) is our name of a single NIST curve, or nil.
function groups.one(name)
   local group = known[name]
   return group and group:find "^secp" and group or nil
end

return groups
