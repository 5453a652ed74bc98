-- The ClientHellos of a scan: what it offers unless a question is about something else.
local hello = require "bearssl.tool.scan.hello"

local offers = {}

-- Those that nearly every server has one of, and which no server minds.
local GROUPS = { 29, 23, 24, 25, 30, 22, 26, 27, 28, 256, 257 }
local SCHEMES = { 0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401,
   0x0501, 0x0601, 0x0303, 0x0301, 0x0203, 0x0201, 0x0402, 0x0202 }

--- build(scan, version, suites [, more]) is a hello (hello.build); `more` has what it has otherwise, false for nothing.
function offers.build(scan, version, suites, more)
   local settings = { version = version, suites = suites, name = scan.prober.name, groups = GROUPS }
   if version >= "TLSv1.2" then settings.schemes = SCHEMES end
   for name, value in pairs(more or {}) do settings[name] = value end
   return hello.build(settings)
end

return offers
