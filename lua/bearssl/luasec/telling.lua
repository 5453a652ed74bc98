-- What LuaSec's connections tell of themselves and of their peer, once the handshake is over.
local cipher_string = require "bearssl.luasec.cipher_string"
local judgement = require "bearssl.luasec.judgement"
local object = require "bearssl.luasec.object"
local x509 = require "bearssl.luasec.x509"

local text = object.text

local EXCHANGES = { ECDHE = "ECDH", DHE = "DH", RSA = "RSA", ECDH = "ECDH", any = "any" }
local MODES = { GCM = "AESGCM", CCM = "AESCCM", CCM_8 = "AESCCM8", CBC = "AES" }
local PROTOCOLS = { ["TLSv1.0"] = "TLSv1" }

local function encryption(entry)
   if entry.cipher == "CHACHA20" then return "CHACHA20/POLY1305(256)" end
   if entry.cipher == "3DES" then return "3DES(168)" end
   return ("%s(%d)"):format(MODES[entry.mode], entry.key_bits)
end

-- The table of info().
local function facts(stream)
   local version, entry = stream:info("version"), cipher_string.entry(stream:info("cipher_suite"))
   return {
      cipher = entry.openssl_name, protocol = PROTOCOLS[version] or version, key = EXCHANGES[entry.key_exchange],
      authentication = entry.authentication, encryption = encryption(entry),
      mac = entry.mac == "SHA" and "SHA1" or entry.mac, bits = entry.key_bits, algbits = entry.key_bits, export = false,
   }
end

local function position(n, method)
   if n == nil then return 1 end
   local number = tonumber(n)
   if not number then error(("bad argument #2 to '%s' (number expected, got %s)"):format(method, type(n)), 3) end
   return math.floor(number)
end

-- A certificate of a list: LuaSec's object, nil past its end; or nil and a message.
local function nth(list, n)
   if n < 1 then return nil, "invalid certificate index" end
   local certificate = list[n]
   return certificate and x509.wrap(certificate) or nil
end

local function wrapped(list)
   local found = {}
   for index, certificate in ipairs(list) do found[index] = x509.wrap(certificate) end
   return found
end

--- telling(methods, check) puts the methods into the class. check: its function that gives a connection's state.
return function(methods, check)
   --- info([field]) is a table: cipher, protocol, key, authentication, encryption, mac, bits, algbits, export; or one
   -- of these; nil, "closed" before the handshake and after the end.
   function methods:info(field)
      local state = check(self, "info")
      if not state.connected then return nil, "closed" end
      local info = facts(state.stream)
      if field then return info[field] end
      return info
   end

   --- getpeercertificate([n]) is the nth of the peer's certificates, its own at 1.
   function methods:getpeercertificate(n)
      local state = check(self, "getpeercertificate")
      n = position(n, "getpeercertificate")
      if not state.connected then return nil, "closed" end
      return nth(state.stream:info("peer_certificates"), n)
   end

   --- getpeerchain() is the list of them.
   function methods:getpeerchain()
      local state = check(self, "getpeerchain")
      if not state.connected then return nil, "closed" end
      return wrapped(state.stream:info("peer_certificates"))
   end

   --- getlocalcertificate([n]), getlocalchain() are the same of what this side showed.
   function methods:getlocalcertificate(n)
      local state = check(self, "getlocalcertificate")
      n = position(n, "getlocalcertificate")
      if not state.connected then return nil, "closed" end
      return nth(state.stream:info("local_certificates") or {}, n)
   end

   function methods:getlocalchain()
      local state = check(self, "getlocalchain")
      if not state.connected then return nil, "closed" end
      return wrapped(state.stream:info("local_certificates") or {})
   end

   --- getpeerverification(): true; or false and OpenSSL's text; with lsec_continue or lsec_ignore_purpose false and a
   -- table of lists of texts, what is wrong with the leaf at 1.
   function methods:getpeerverification()
      local state = check(self, "getpeerverification")
      if not state.connected then return false, "closed" end
      return judgement.tell(state, state.context)
   end

   --- getfinished(), getpeerfinished() are what the Finished messages said.
   function methods:getfinished()
      local state = check(self, "getfinished")
      if not state.connected then return nil, "closed" end
      return state.stream:info(state.context.mode .. "_verify_data")
   end

   function methods:getpeerfinished()
      local state = check(self, "getpeerfinished")
      if not state.connected then return end
      return state.stream:info((state.context.mode == "client" and "server" or "client") .. "_verify_data")
   end

   --- exportkeyingmaterial(label, length [, context]) is bytes that the two ends alone can make (RFC 5705); nil and a
   -- message where that would not be so.
   function methods:exportkeyingmaterial(label, length, context)
      local state = check(self, "exportkeyingmaterial")
      label = text(label, "exportkeyingmaterial", 2)
      local count = tonumber(length)
      if not count then
         error(("bad argument #3 to 'exportkeyingmaterial' (number expected, got %s)"):format(type(length)), 2)
      end
      if context ~= nil then context = text(context, "exportkeyingmaterial", 4) end
      if not state.connected then return end
      count = math.floor(count)
      if count == 0 and state.stream:info("version") == "TLSv1.3" then return "" end
      local ok, bytes = pcall(state.stream.export_keying_material, state.stream, label, count, context)
      if ok and bytes then return bytes end
      return nil, "error exporting keying material"
   end

   --- setdane(host), settlsa(usage, selector, type, data): false: there is no DANE here.
   function methods:setdane()
      check(self, "setdane")
      return false
   end

   function methods:settlsa()
      check(self, "settlsa")
      return false
   end
end
