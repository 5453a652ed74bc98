-- NSS, the library of Firefox, as a peer: its selfserv, which answers a request of HTTP with what it got, and its
-- tstclnt. Both keep certificates and keys in a database.
--     nss.server(options)   certificate; cafile: with it clients must show a certificate; groups, alpn (any list is
--                           http/1.1), ech: the public name of a key for Encrypted ClientHello, whose
--                           list is in `ech` of the process then; arguments
--     nss.client(options)   port; certificate: its own; groups, times: how often it connects, each time with the
--                           session of the time before; arguments. It sends nss.LINE, and ends when the server closes
-- Both trust the authorities of the specs.
local certificates = require "spec.support.certificates"
local newer_program -- of spec.support.newer, which requires this
local peer = require "spec.support.peer"
local port = require "spec.support.port"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local nss = { LINE = "Hello, world" }

local GROUPS = {
   x25519 = "x25519", secp256r1 = "P256", secp384r1 = "P384", secp521r1 = "P521", X25519MLKEM768 = "mlkem768x25519",
}

local function program(...)
   newer_program = newer_program or require("spec.support.newer").program
   return newer_program(...)
end

local databases = {}

-- database makes one with a certificate, its chain and its key under the nickname "own"; or with none.
local function database(certificate)
   local name = certificate and certificate.name or ""
   if not databases[name] then
      local path = temporary.make_directory()
      local directory = "sql:" .. path
      shell.run(program("certutil", "-N", "-d", directory, "--empty-password"))
      shell.run(program("certutil", "-A", "-d", directory, "-n", "authority", "-t", "CT,,", "-i",
         certificates.ca.certfile))
      if certificate then
         shell.run({ "openssl", "pkcs12", "-export", "-in", certificate.chainfile, "-inkey", certificate.keyfile,
            "-out", path .. "/own.p12", "-passout", "pass:own", "-name", "own" })
         shell.run(program("pk12util", "-d", directory, "-i", path .. "/own.p12", "-W", "own"))
      end
      databases[name] = directory
   end
   return databases[name]
end

local function add(words, ...)
   for index = 1, select("#", ...) do words[#words + 1] = (select(index, ...)) end
end

local function common(words, options)
   add(words, "-V", "tls1.2:tls1.3", "-u")
   if options.groups then
      local names = {}
      for index, group in ipairs(options.groups) do names[index] = GROUPS[group] end
      add(words, "-I", table.concat(names, ","))
   end
   for _, word in ipairs(options.arguments or {}) do add(words, word) end
   return words
end

function nss.server(options)
   local number = port.free()
   local words = program("selfserv", "-d", database(options.certificate), "-n", "own", "-p", tostring(number))
   if options.cafile then add(words, "-r", "-r") end
   if options.alpn then add(words, "-Q") end
   if options.ech then
      -- it does not hurry to write the list
      words = { "stdbuf", "-oL", (table.unpack or unpack)(words) } -- luacheck: ignore
      add(words, "-X", "publicname:" .. options.ech)
   end
   local child = process.start(common(words, options))
   child.port = number
   if options.ech then child.ech = child:wait_for("([%w+/]+=*)\n") end
   return peer.ready(child, number)
end

function nss.client(options)
   local words = program("tstclnt", "-4", "-h", "localhost", "-p", tostring(options.port), "-d",
      database(options.certificate), "-f", "-A", temporary.write(nss.LINE .. "\n"), "-L",
      tostring(options.times or 1))
   if options.certificate then add(words, "-n", "own") end
   return process.start(common(words, options))
end

return nss
