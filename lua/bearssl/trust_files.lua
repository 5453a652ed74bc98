-- Stores of trusted certificates that are read from files, and read again: what bearssl.trust, the options `cafile` and
-- `capath`, and trust:reload have in common.
local core = require "bearssl.core"
local file = require "bearssl.file"
local options = require "bearssl.options"

local is = options.is

local trust_files = {}

-- Where systems keep all their certificates in one file.
local FILES = {
   "/etc/ssl/certs/ca-certificates.crt", -- Debian, Ubuntu, Alpine, Arch, Gentoo
   "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", -- Fedora, RHEL
   "/etc/pki/tls/certs/ca-bundle.crt", -- older Fedora, RHEL
   "/etc/ssl/ca-bundle.pem", -- openSUSE
   "/etc/ssl/cert.pem", -- Alpine, macOS, FreeBSD, OpenBSD
   "/usr/local/etc/ssl/cert.pem", -- FreeBSD, ports
   "/usr/local/share/certs/ca-root-nss.crt", -- FreeBSD, ca_root_nss
   "/opt/homebrew/etc/openssl@3/cert.pem", -- macOS, Homebrew
   "/opt/homebrew/etc/ca-certificates/cert.pem",
   "/usr/local/etc/openssl@3/cert.pem",
}

-- Where they keep one file per certificate.
local DIRECTORIES = { "/etc/ssl/certs", "/etc/pki/tls/certs", "/system/etc/security/cacerts" }

-- Where a store came from, for reload: store → function(store) that fills one.
local sources = setmetatable({}, { __mode = "k" })

--- each_file(directory, take) calls take(bytes) for each file of a directory that may hold certificates in PEM: hash
-- links ("4a6481c9.0") and what is named so; the rest is passed over. true, or nil, message, code.
function trust_files.each_file(path, take)
   local names, message, code = file.list(path)
   if not names then return nil, message, code end
   for _, name in ipairs(names) do
      if name:find("%.%d+$") or name:find("%.pem$") or name:find("%.crt$") or name:find("%.cer$") then
         local bytes = file.read(path .. "/" .. name)
         if bytes and bytes:find("-----BEGIN", 1, true) then take(bytes) end
      end
   end
   return true
end

local function add_directory(store, path)
   local count = 0
   local found, message, code = trust_files.each_file(path, function(bytes)
      count = count + (require("bearssl.bundle").trust_add(store, bytes) or 0)
   end)
   if not found then return nil, message, code end
   if count == 0 and store:count() == 0 then
      return nil, "the directory " .. path .. " holds no certificate", "bad_pem"
   end
   return store
end

-- PKCS#12 without a password, or with an empty one, gives its authorities. Others are opened by bearssl.pkcs12.
local function add_bytes(store, bytes, path)
   local pkcs12 = require "bearssl.pkcs12_read"
   if not pkcs12.is(bytes) then
      local count, message, code = require("bearssl.bundle").trust_add(store, bytes)
      return count, message, code
   end
   local found, message, code = pkcs12.read(bytes, nil, path)
   if not found then
      if code == "encrypted_key" then
         message = message .. ": bearssl.pkcs12.open reads it, for a list of certificates"
      end
      return nil, message, code
   end
   for _, one in ipairs(found.authorities) do core.trust_add_certificate(store, one) end
   if #found.authorities == 0 then return nil, "PKCS#12 without a certificate of an authority", "bad_certificate" end
   return #found.authorities
end

local function add_file(store, path, what)
   local bytes, message, code = file.read(path, what or "trust file")
   if not bytes then return nil, message, code end
   local count
   count, message, code = add_bytes(store, bytes, path)
   if not count then return nil, path .. ": " .. tostring(message), code end
   return store
end

-- fill(store) puts the certificates of files into an empty store; it is called again for a reload.
local function from(fill)
   local store, message, code = fill(core.trust())
   if not store then return nil, message, code end
   sources[store] = fill
   return store
end

local is_list = is.list(is.any("a certificate object or a PEM or DER string", is.string, is.object("certificate")),
   "certificates")

-- What trust:reload does (methods.lua).
function trust_files.reload(store, list)
   if list == nil then
      local fill = sources[store]
      if not fill then
         error("trust:reload: this store was not read from files: give the certificates to replace it with", 0)
      end
      local fresh, message, code = fill(core.trust())
      if not fresh then return nil, message, code end
      list = {}
      for index = 1, fresh:count() do list[index] = fresh:certificate(index):der() end
   else
      if type(list) ~= "table" then list = { list } end
      local must, exact = is_list(list)
      if must then error("trust:reload: " .. (exact or "must be " .. must), 0) end
      local bytes = {}
      for index, entry in ipairs(list) do
         bytes[index] = options.is_object(entry, "certificate") and entry:der() or entry
      end
      list = bytes
   end
   local count, message, code = core.trust_replace(store, list)
   return count, message, code
end

--- open(path) is a store of a file or a directory.
function trust_files.open(path)
   local made, message, code = from(function(store)
      if file.is_directory(path) then return add_directory(store, path) end
      return add_file(store, path)
   end)
   return made, message, code
end

--- gather(cafile, capath) is a store of a file, a directory, or both.
function trust_files.gather(cafile, capath)
   local made, message, code = from(function(store)
      if cafile then
         local ok, reason, reason_code = add_file(store, cafile, "cafile")
         if not ok then return nil, reason, reason_code end
      end
      if capath then return add_directory(store, capath) end
      return store
   end)
   return made, message, code
end

local function fill_system(store)
   local env_file, env_directory = os.getenv("SSL_CERT_FILE"), os.getenv("SSL_CERT_DIR")
   local found = false
   if env_file and env_file ~= "" then
      local ok, message, code = add_file(store, env_file, "SSL_CERT_FILE")
      if not ok then return nil, message, code end
      found = true
   end
   if env_directory and env_directory ~= "" then
      for path in env_directory:gmatch("[^:]+") do
         local ok, message, code = add_directory(store, path)
         if not ok then return nil, message, code end
         found = true
      end
   end
   for _, path in ipairs(found and {} or FILES) do
      found = file.exists(path) and add_file(store, path) ~= nil
      if found then break end
   end
   for _, path in ipairs(found and {} or DIRECTORIES) do
      found = add_directory(store, path) ~= nil
      if found then break end
   end
   if found then return store end
   return nil, "no system trust store was found: install ca-certificates, set SSL_CERT_FILE, or give the "
      .. "context a 'cafile'; looked for " .. table.concat(FILES, ", "), "trust_not_found"
end

--- copy(store, from_store) puts the certificates of one store into another: the latter; or nil, message, code.
function trust_files.copy(store, from_store)
   for index = 1, from_store:count() do
      local ok, message, code = core.trust_add_certificate(store, from_store:certificate(index))
      if not ok then return nil, message, code end
   end
   return store
end

local add_all

local function add_one(store, entry)
   if options.is_object(entry, "trust") then return trust_files.copy(store, entry) end
   if options.is_object(entry, "certificate") then return core.trust_add_certificate(store, entry) end
   if type(entry) == "table" then return add_all(store, entry) end
   if entry == "system" then
      -- into a store of its own: that of the others must not pass for the system's
      local fresh, message, code = fill_system(core.trust())
      if not fresh then return nil, message, code end
      return trust_files.copy(store, fresh)
   end
   -- PEM has line ends, and DER small numbers: no path has either
   if entry:find "%c" then return add_bytes(store, entry) end
   if file.is_directory(entry) then return add_directory(store, entry) end
   return add_file(store, entry)
end

function add_all(store, list)
   for _, entry in ipairs(list) do
      local ok, message, code = add_one(store, entry)
      if not ok then return nil, message, code end
   end
   return store
end

--- collect(list) is a store of all that a list holds: stores, certificates, PEM or DER strings, paths of files and
-- directories, "system", and lists of these. nil, message, code where one of them cannot be used.
function trust_files.collect(list)
   local made, message, code = from(function(store) return add_all(store, list) end)
   return made, message, code
end

local system, system_key

--- system() is the store of the system's trusted certificates, loaded once and shared. SSL_CERT_FILE and
-- SSL_CERT_DIR in the environment come first, as in OpenSSL. nil, message, "trust_not_found" when the
-- system has none.
function trust_files.system()
   local wanted = (os.getenv("SSL_CERT_FILE") or "") .. "\0" .. (os.getenv("SSL_CERT_DIR") or "")
   if system and system_key == wanted then return system end
   local store, message, code = from(fill_system)
   if not store then return nil, message, code end
   system, system_key = store, wanted
   return store
end

return trust_files
