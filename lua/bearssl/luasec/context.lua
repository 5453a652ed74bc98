-- ssl.context: the functions that set a context up, one by one. Each but create takes the context first, and raises
-- for anything else; true, or false and a message in OpenSSL's words.
local alpn = require "bearssl.luasec.alpn"
local cipher_string = require "bearssl.luasec.cipher_string"
local config = require "bearssl.luasec.config"
local groups = require "bearssl.luasec.groups"
local loading = require "bearssl.luasec.loading"
local object = require "bearssl.luasec.object"
local settings = require "bearssl.luasec.settings"

local text = object.text

local methods = {}
local make, look, check = object.class("SSL:Context", "SSL context", methods, {
   -- Nothing to release: what it holds is memory alone, and connections may still use it.
   __gc = function() end, __close = function() end,
})

local context = {}

local function changed(state, result)
   state.revision = (state.revision or 0) + 1
   settings.changed(state)
   return result == nil or result
end

--- create(protocol) is a new context, or nil and a message.
function context.create(protocol)
   protocol = text(protocol, "create", 1)
   local state = settings.new(protocol)
   if not state then return nil, ("invalid protocol (%s)"):format(protocol) end
   return make(state)
end

--- setmode(ctx, "client" or "server"): true, or (as LuaSec has it) the message alone.
function context.setmode(ctx, mode)
   local state = check(ctx, "setmode")
   mode = text(mode, "setmode", 2)
   if mode ~= "client" and mode ~= "server" then return ("invalid mode (%s)"):format(mode) end
   state.mode = mode
   return changed(state)
end

-- The place for a chain and a key of one kind, of which a context has one.
local function slot_for(state, kind)
   for _, slot in ipairs(state.slots) do
      if slot.kind == kind then return slot end
   end
   local slot = { kind = kind }
   state.slots[#state.slots + 1] = slot
   return slot
end

--- loadkey(ctx, path, password): password, a string, a function or nil, must be given.
function context.loadkey(ctx, path, ...)
   local state = check(ctx, "loadkey")
   path = text(path, "loadkey", 2)
   local password = ...
   local kind = type(password)
   if select("#", ...) == 0 or kind ~= "nil" and kind ~= "string" and kind ~= "function" then
      error("bad argument #3 to 'loadkey' (invalid callback value)", 2)
   end
   local key, reason = loading.key(path, password)
   if not key then return false, ("error loading private key (%s)"):format(reason) end
   local slot = slot_for(state, key:type())
   slot.key, state.last_key = key, key
   return changed(state)
end

--- loadcert(ctx, path): a certificate and those that lead to its authority.
function context.loadcert(ctx, path)
   local state = check(ctx, "loadcert")
   path = text(path, "loadcert", 2)
   local chain, reason = loading.chain(path)
   if not chain then return false, ("error loading certificate (%s)"):format(reason) end
   local slot = slot_for(state, chain[1]:public_key().type)
   slot.chain, state.last_chain = chain, chain
   return changed(state)
end

--- checkkey(ctx) tells whether the key loaded last is that of the certificate loaded last.
function context.checkkey(ctx)
   local state = check(ctx, "checkkey")
   return state.last_key ~= nil and state.last_chain ~= nil and state.last_key:matches(state.last_chain[1])
end

--- locations(ctx, file, directory): the authorities to trust, beside those that it was told before.
function context.locations(ctx, cafile, capath)
   local state = check(ctx, "locations")
   cafile = cafile ~= nil and text(cafile, "locations", 2) or nil
   capath = capath ~= nil and text(capath, "locations", 3) or nil
   local found, reason = loading.authorities(cafile, capath, state.authorities)
   if not found then return false, ("error loading CA locations (%s)"):format(reason) end
   state.authorities, state.trust = found, nil
   return changed(state)
end

--- setcipher(ctx, string): OpenSSL's cipher string, for TLS 1.2 and below.
function context.setcipher(ctx, list)
   local state = check(ctx, "setcipher")
   local names, level = cipher_string.read(text(list, "setcipher", 2))
   if not names then return false, ("error setting cipher list (%s)"):format(level) end
   state.suites_12, state.level = names, level or state.level
   return changed(state)
end

--- setciphersuites(ctx, string): names of TLS 1.3's, with colons between.
function context.setciphersuites(ctx, list)
   local state = check(ctx, "setciphersuites")
   local names, reason = cipher_string.read_13(text(list, "setciphersuites", 2))
   if not names then return false, ("error setting cipher list (%s)"):format(reason) end
   state.suites_13 = names
   return changed(state)
end

--- setdepth(ctx, n): how many intermediates a chain may have.
function context.setdepth(ctx, depth)
   local state = check(ctx, "setdepth")
   local number = tonumber(depth)
   if not number then
      error(("bad argument #2 to 'setdepth' (number expected, got %s)"):format(type(depth)), 2)
   end
   state.depth = number
   return changed(state)
end

-- Names given as arguments → a set; or nil and what is wrong.
local function set_of(known, method, what, ...)
   local found = {}
   for index = 1, select("#", ...) do
      local name = text((select(index, ...)), method, index + 1)
      if not known[name] then return nil, ("invalid %s (%s)"):format(what, name) end
      found[name] = true
   end
   return found
end

local VERIFY = { none = true, peer = true, client_once = true, fail_if_no_peer_cert = true }
local VERIFYEXT = { lsec_continue = true, lsec_ignore_purpose = true, crl_check = true, crl_check_chain = true }

--- setverify(ctx, name…): none, peer, client_once, fail_if_no_peer_cert. As in LuaSec, "none" alone, or nothing, leaves
-- what was set before.
function context.setverify(ctx, ...)
   local state = check(ctx, "setverify")
   local flags, message = set_of(VERIFY, "setverify", "verify option", ...)
   if not flags then return false, message end
   if not (flags.peer or flags.fail_if_no_peer_cert or flags.client_once) then return true end
   flags.none = nil
   state.verify = flags
   return changed(state)
end

--- setoptions(ctx, name…): those of ssl.config.options; what was set stays set.
function context.setoptions(ctx, ...)
   local state = check(ctx, "setoptions")
   local flags, message = set_of(config.options, "setoptions", "option", ...)
   if not flags then return false, message end
   for name in pairs(flags) do state.options[name] = true end
   return changed(state)
end

--- setverifyext(ctx, name…): lsec_continue, lsec_ignore_purpose, crl_check, crl_check_chain.
local function setverifyext(ctx, ...)
   local state = check(ctx, "setverifyext")
   local flags, message = set_of(VERIFYEXT, "setverifyext", "verify option", ...)
   if not flags then return false, message end
   state.verifyext = flags
   return changed(state)
end
methods.setverifyext = setverifyext

--- setdhparam(ctx, function): accepted; the groups of DHE are those of RFC 7919, which need no parameters.
function context.setdhparam(ctx)
   check(ctx, "setdhparam")
end

--- setcurve(ctx, name): the one NIST curve for key exchange.
function context.setcurve(ctx, name)
   local state = check(ctx, "setcurve")
   name = text(name, "setcurve", 2)
   local group = groups.one(name)
   if not group then return false, ("elliptic curve '%s' not supported"):format(name) end
   state.groups = { group }
   return changed(state)
end

--- setcurveslist(ctx, list): groups for key exchange, with colons between, the most wanted first.
function context.setcurveslist(ctx, list)
   local state = check(ctx, "setcurveslist")
   list = text(list, "setcurveslist", 2)
   local found = groups.list(list)
   if not found then return false, ('unknown elliptic curve in "%s"'):format(list) end
   state.groups = found
   return changed(state)
end

--- setalpn(ctx, wire): a client's protocols, each after its length.
function context.setalpn(ctx, wire)
   local state = check(ctx, "setalpn")
   local list = alpn.from_wire(text(wire, "setalpn", 2))
   if not list then return false, "error setting ALPN" end
   state.alpn = list
   return changed(state)
end

--- setalpncb(ctx, function(wire) → wire or nil): which of a client's protocols a server takes.
function context.setalpncb(ctx, callback)
   local state = check(ctx, "setalpncb")
   state.alpn_callback = callback
   return changed(state)
end

--- setclientpskcb(ctx, function(hint, most, most) → identity, key): a pre-shared key of a client; of TLS 1.3 alone.
function context.setclientpskcb(ctx, callback)
   local state = check(ctx, "setclientpskcb")
   state.psk = callback
   return changed(state)
end

--- setserverpskcb(ctx, function(identity, most) → key): a pre-shared key that a server knows; of TLS 1.3 alone.
function context.setserverpskcb(ctx, callback)
   local state = check(ctx, "setserverpskcb")
   state.psk = callback
   return changed(state)
end

--- setpskhint(ctx, hint): accepted; TLS 1.3 has none.
function context.setpskhint(ctx, hint)
   check(ctx, "setpskhint")
   text(hint, "setpskhint", 2)
   return true
end

--- setdane(ctx): false: there is no DANE here.
function context.setdane(ctx)
   check(ctx, "setdane")
   return false
end

-- The state of a context, for our own modules.
setmetatable(context, { __index = { look = look } })

return context
