-- HTTP Strict Transport Security (RFC 6797): whether a server tells browsers never to come without TLS.
local bearssl = require "bearssl"
local core = require "bearssl.core"
local http = require "bearssl.tool.http"
local options = require "bearssl.tool.options"

local hsts = {}

local INTERIM = 10 -- answers of 1xx before the final one
local LONGEST = 1024 -- bytes of a field that is looked into
local SILENCE = 1 -- seconds that a server may take which has not said that it speaks HTTP

local function unquoted(value)
   return value:match '^"(.*)"$' or value
end

--- parse(value) reads a Strict-Transport-Security field: {max_age, include_subdomains, preload}, or nil, message.
function hsts.parse(value)
   if #value > LONGEST then return nil, ("it is longer than %d bytes"):format(LONGEST) end
   local found, result = {}, {}
   for part in (value .. ";"):gmatch "([^;]*);" do
      local name, given = part:match "^%s*([^%s=]+)%s*=%s*(.-)%s*$"
      if not name then name = part:match "^%s*(.-)%s*$" end
      name = name:lower()
      if name ~= "" then
         if found[name] then return nil, ("the directive %s is there twice"):format(name) end
         found[name] = given and unquoted(given) or true
      end
   end
   local age = found["max-age"]
   if type(age) ~= "string" or not age:find "^%d+$" then return nil, "max-age is missing or no number" end
   result.max_age = math.min(tonumber(age), 2 ^ 31)
   result.include_subdomains = found.includesubdomains ~= nil
   result.preload = found.preload ~= nil
   return result
end

local function is_address(name)
   return name:find(":", 1, true) ~= nil or name:find "^%d+%.%d+%.%d+%.%d+$" ~= nil
end

local function host_field(prober)
   if prober.port ~= 443 then return options.endpoint(prober.name, prober.port) end
   return prober.name:find(":", 1, true) and "[" .. prober.name .. "]" or prober.name
end

-- The final answer to HEAD /, or nil where what is there speaks no HTTP.
local function answer_of(stream, prober)
   local head = http.request_head("HEAD", "/", {
      { "Host", host_field(prober) },
      { "Accept", "*/*" }, { "Connection", "close" },
   })
   if not stream:send(head) then return nil end
   local reader = http.reader(function(max) return http.received(stream:receiveany(max)) end,
      core.monotonic() + prober.timeout)
   for _ = 1, INTERIM do
      local text = reader:head(http.HEAD_LIMIT)
      local response = text and http.response(text)
      if not response or response.status >= 200 then return response end
   end
   return nil
end

-- The first field counts, where there are several (RFC 6797 section 8.1).
local function first_field(response)
   for _, pair in ipairs(response.list) do
      if pair[1]:lower() == "strict-transport-security" then return pair[2] end
   end
   return nil
end

--- ask(prober) asks HEAD / by HTTP/1.1. Gives {status, hsts = false, or {value, max_age, include_subdomains, preload,
-- error}, nil for an address, to which it does not apply}; nil where the port speaks no HTTP.
function hsts.ask(prober)
   local context = bearssl.context {
      trust = prober.trust, verify = "report", credentials = prober.credentials, min_version = bearssl.versions()[1],
      suites = options.suites(), groups = prober.groups, alpn = { "http/1.1" }, grease = not prober.groups,
   }
   if not context then return nil end
   local stream = options.tls_connect(context, prober.host, prober.port, {
      server_name = prober.name, timeout = prober.timeout, handlers = { keylog = prober.keylog }, proxy = prober.proxy,
   })
   if not stream then return nil end
   local response
   if stream:handshake() then
      if stream:info("alpn") ~= "http/1.1" and prober.port ~= 443 then
         stream:settimeout(math.min(SILENCE, prober.timeout))
      end
      response = answer_of(stream, prober)
   end
   stream:close()
   if not response then return nil end
   local report = { status = response.status }
   if is_address(prober.name) then return report end
   local value = first_field(response)
   report.hsts = false
   if value then
      local parsed, message = hsts.parse(value)
      report.hsts = parsed or { error = message }
      report.hsts.value = value
   end
   return report
end

return hsts
