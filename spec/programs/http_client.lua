-- A program that fetches with LuaSocket and ssl.https, as any does: it knows nothing of what `ssl` is. Words: the
-- ports of http.conf (TLS 1.2 and 1.3, TLS 1.2 only, in the clear), a file of the CA that signed the server, and of
-- one that did not.
local http = require "socket.http"
local https = require "ssl.https"
local ltn12 = require "ltn12"

local number, number12, plain, ca, other = arg[1], arg[2], arg[3], arg[4], arg[5]
local base = "https://localhost:" .. number

local function say(name, ...)
   local words = { name }
   for index = 1, select("#", ...) do
      words[#words + 1] = tostring((select(index, ...)))
   end
   print((table.concat(words, "|"):gsub("\n", "\\n")))
end

-- fetch asks by the generic form and gives the body, or the reason.
local function fetch(module, request)
   local parts = {}
   request.sink = ltn12.sink.table(parts)
   local done, code, headers = module.request(request)
   if not done then
      return nil, code
   end
   return table.concat(parts), code, headers
end

local body, code, headers, status = https.request(base .. "/hello")
say("simple", body, code, headers["content-length"], status)

say("through socket.http", (http.request(base .. "/hello")))

body, code, headers = https.request(base .. "/chunked")
say("chunked", #body, code, headers["transfer-encoding"], select(2, body:gsub("\n", "")))

body, code = https.request(base .. "/until-end")
say("until the end", type(body) == "string" and #body or body, code)

local long = ("0123456789abcdef"):rep(65536)
body, code = https.request(base .. "/echo", long)
say("post", code, body == long)

body, code = fetch(https, {
   url = base .. "/echo",
   method = "PUT",
   headers = { ["content-length"] = 5 },
   source = ltn12.source.string("short"),
})
say("put", code, body)

body, code = https.request(base .. "/moved")
say("redirect", body, code)

body, code = fetch(https, { url = base .. "/moved", redirect = false })
say("redirect not followed", body ~= nil, code)

say("redirect refused", fetch(https, { url = base .. "/moved", redirect = true }))
say("proxy refused", fetch(https, { url = base .. "/hello", proxy = "http://127.0.0.1:" .. plain }))
say("create refused", fetch(https, { url = base .. "/hello", create = print }))

-- socket.http follows from one scheme to the other, as it says
body, code = http.request("http://127.0.0.1:" .. plain .. "/up")
say("from http to https", body, code)

local function verified(module, url, cafile)
   return fetch(module, { url = url, verify = "peer", cafile = cafile, protocol = "any" })
end

say("verified", verified(https, base .. "/hello", ca))
say("refused", verified(https, base .. "/hello", other))
say("verified by socket.http", verified(http, base .. "/hello", ca))
say("refused by socket.http", verified(http, base .. "/hello", other))
say("TLS 1.2", verified(https, "https://localhost:" .. number12 .. "/hello", ca))
say("TLS 1.2 refused", verified(https, "https://localhost:" .. number12 .. "/hello", other))
say("TLS 1.3 only", fetch(https, { url = "https://localhost:" .. number12 .. "/hello", protocol = "tlsv1_3" }))

-- several at once would need a loop; one after the other, many times, must leave nothing behind
local same = true
for _ = 1, 20 do
   same = same and https.request(base .. "/hello") == "hello\n"
end
say("twenty", same)

say("plain text", fetch(https, { url = "https://127.0.0.1:" .. plain .. "/plain" }))
say("nobody", fetch(https, { url = "https://127.0.0.1:1/" }))
say("defaults", https.PORT, https.TIMEOUT, require("ssl")._VERSION >= "1.2")
