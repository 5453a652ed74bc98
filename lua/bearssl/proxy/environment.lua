-- Which proxy the environment names for a connection, by curl's rules.
local binary = require("bearssl.ip_address").bytes

local environment = {}

-- Of several names the first that has a value.
local function value_of(get, ...)
   for index = 1, select("#", ...) do
      local name = select(index, ...)
      local value = get(name)
      if value and value ~= "" then return value, name end
   end
   return nil
end

local function bits(bytes, count)
   local number = {}
   for index = 1, math.floor(count / 8) do number[index] = bytes:sub(index, index) end
   local rest = count % 8
   if rest > 0 then
      local unit = 2 ^ (8 - rest)
      number[#number + 1] = string.char(math.floor(bytes:byte(#number + 1) / unit) * unit)
   end
   return table.concat(number)
end

local function is_in_network(ip, entry)
   local network, digits = entry:match "^([^/]+)/?(%d*)$"
   local bytes = network and binary(network)
   if not bytes or #bytes ~= #ip then return false end
   local length = digits == "" and 8 * #ip or tonumber(digits)
   return length <= 8 * #ip and bits(bytes, length) == bits(ip, length)
end

local function plain(name)
   return (name:lower():gsub("%.$", ""))
end

--- is_excepted(host, list) tells whether no_proxy's list has a host: "*" alone is every host; else, separated by commas
-- or spaces, names that the host has or lies below ("example.org", ".example.org"), addresses, and networks
-- ("192.0.2.0/24").
function environment.is_excepted(host, list)
   if list:match "^%s*(.-)%s*$" == "*" then return true end
   host = plain(host)
   local ip = binary(host)
   for word in list:gmatch "[^,%s]+" do
      local entry = word:match "^%[(.*)%]$" or word
      if ip then
         if is_in_network(ip, entry) then return true end
      else
         entry = plain(entry):gsub("^%.", "")
         if entry ~= "" and (host == entry or host:sub(-#entry - 1) == "." .. entry) then return true end
      end
   end
   return false
end

--- proxy(scheme, host [, get]) is the URL of the proxy and the name of the variable that has it, or nil. For a URL of
-- that scheme it is in `https_proxy` or `HTTPS_PROXY` (for http in `http_proxy` alone: what a server of CGI calls
-- HTTP_PROXY is its client's), else in `all_proxy` or `ALL_PROXY`; `no_proxy` or `NO_PROXY` excepts hosts. What is
-- empty is not set. get: os.getenv unless given.
function environment.proxy(scheme, host, get)
   get = get or os.getenv
   local own = scheme .. "_proxy"
   local upper = scheme ~= "http" and own:upper() or own
   local url, name = value_of(get, own, upper, "all_proxy", "ALL_PROXY")
   if not url then return nil end
   local excepted = value_of(get, "no_proxy", "NO_PROXY")
   if excepted and environment.is_excepted(host, excepted) then return nil end
   return url, name
end

return environment
