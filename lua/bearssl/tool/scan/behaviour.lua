-- What a server makes of things that have been dangerous: compression, renegotiation, heartbeats, a fallback to SSL
-- 3.0, and ChangeCipherSpec before there are keys.
local answer = require "bearssl.tool.scan.answer"
local bytes = require "bearssl.tool.scan.bytes"
local core = require "bearssl.core"
local hello = require "bearssl.tool.scan.hello"
local offers = require "bearssl.tool.scan.offers"
local suites = require "bearssl.tool.scan.suites"

local behaviour = {}

local HEARTBEAT, MASTER_SECRET, RENEGOTIATION = 15, 23, 0xff01
local FALLBACK_SCSV = 0x5600
local DEFLATE, LZS = 1, 64

-- What a hello that offers all of it is answered: compression, renegotiation_info, heartbeat, extended_master_secret.
local function look(scan, entry)
   local report = scan.report
   local result = scan.line:ask(offers.build(scan, entry.version, suites.of(entry), {
      compression = { DEFLATE, LZS, 0 }, first = { { HEARTBEAT, "\1" } },
   }))
   if not answer.has_hello(result) then
      -- RFC 5246 section 7.4.1.2: methods that a server does not know mean nothing
      scan:not_tested(("Compression and renegotiation_info were not seen: the server answers a hello that offers them "
         .. "with: %s."):format(answer.text(result)))
      return
   end
   report.compression = result.compression ~= 0
   report.heartbeat = result.extensions[HEARTBEAT] ~= nil
   report.renegotiation = { secure = result.extensions[RENEGOTIATION] ~= nil }
   if report.extended_master_secret == nil then
      report.extended_master_secret = result.extensions[MASTER_SECRET] ~= nil
   end
   if report.secure_renegotiation == nil then report.secure_renegotiation = report.renegotiation.secure end
end

-- A client that comes back with SSL 3.0 says so (RFC 7507); where TLS is there too, it must be refused.
local function fallback(scan)
   local report = scan.report
   for _, entry in ipairs(report.versions) do
      if entry.version == "SSLv3" and entry.supported and scan.best ~= entry and report.fallback_protection == nil then
         local offered = suites.of(entry)
         offered[#offered + 1] = FALLBACK_SCSV
         local result = scan.line:ask(offers.build(scan, "SSLv3", offered))
         if result.alert == "inappropriate_fallback" then
            report.fallback_protection = true
         elseif answer.has_hello(result) then
            report.fallback_protection = false
         end
      end
   end
end

-- CVE-2014-0224: a server must not take ChangeCipherSpec before the keys are agreed upon. One that does takes the
-- second for an encrypted record, and complains of what it cannot decrypt. Nothing of it is harmful to a server.
local function ccs_injection(scan, entry)
   local began = core.monotonic()
   local tcp, receive = scan.line:open()
   if not tcp then return nil, "no connection" end
   local ccs = "\20" .. bytes.u16(hello.numbers[entry.version]) .. "\0\1\1"
   tcp:send(offers.build(scan, entry.version, suites.of(entry)))
   local result = answer.read(receive, function(result) return result.done end)
   local vulnerable
   if result.done then
      tcp:send(ccs)
      local first = answer.read(scan.line.short(tcp), function() return false end, { size = 0 })
      if first.ended == "timeout" then
         tcp:send(ccs)
         local second = answer.read(scan.line.short(tcp), function() return false end, { size = 0 })
         if second.alert == "bad_record_mac" or second.alert == "decryption_failed" then
            vulnerable = true
         elseif second.ended ~= "timeout" then
            vulnerable = false
         end
      else
         vulnerable = false
      end
   end
   tcp:close()
   scan.line:count(result, began)
   return vulnerable, "the server answers nothing that tells"
end

--- run(scan) fills report.compression, .heartbeat, .renegotiation.secure, .ccs_injection, and what else is nil.
function behaviour.run(scan)
   local report, entry = scan.report, scan.classic
   if not entry then
      report.compression, report.heartbeat, report.ccs_injection = false, false, false -- TLS 1.3 has none of it
      return
   end
   look(scan, entry)
   fallback(scan)
   local why
   report.ccs_injection, why = ccs_injection(scan, entry)
   if report.ccs_injection == nil then
      scan:not_tested(("Whether ChangeCipherSpec is taken too early is not known: %s."):format(why))
   end
   scan.progress:step("behaviour", 0)
end

return behaviour
