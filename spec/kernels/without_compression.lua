-- A build that has none of the optional libraries: it works, says so, and names what is missing. `make kernels-tests`
-- runs it in the build that has no kernels either.
local bearssl = require "bearssl"
local assert = require "luassert"
local tls13 = require "spec.support.tls13"

assert.same({ certificate_compression = {} }, bearssl.features())

local seen = {}
local function note(_, message)
   seen[#seen + 1] = tostring(message.compression_algorithm)
end
local function hello(_, message)
   for _, extension in ipairs(message.extensions) do assert.not_equal("compress_certificate", extension.name) end
end
tls13.established(tls13.client(), tls13.server(), { handlers = { certificate = note, client_hello = hello } })
assert.same({ "nil" }, seen)
assert.same({}, tls13.client():info().certificate_compression)
assert(bearssl.context { certificate_compression = false })

for name, library in pairs { zlib = "zlib", brotli = "libbrotlienc and libbrotlidec", zstd = "libzstd" } do
   local ok, message = pcall(bearssl.context, { certificate_compression = { name } })
   assert.is_false(ok)
   local expected = "bearssl.context: option 'certificate_compression': the compression %s is not supported by this "
      .. "build: leave it out (bearssl.features() tells what there is), or build again where pkg-config finds %s"
   assert.equal(expected:format(name, library), (message:gsub("^[^:]*:%d+: ", "")))
end

local ok, message = pcall(bearssl.context, { certificate_compression = { "lz4" } })
assert.is_false(ok)
assert.matches("unknown compression \"lz4\" %(a string%): this build has none$", message)

local out = assert(io.popen("bearssl --version")):read("*a")
assert.matches("\ncertificate compression: none\n$", out)
print "without compression: 1 passed, 0 failed"
