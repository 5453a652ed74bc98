-- What the subcommands share: their options, targets (HOST:PORT, URLs), contexts, and connecting.
local bearssl = require "bearssl"
local core = require "bearssl.core"

local options = {}

--- usage(message) ends the subcommand: the command line is wrong (exit code 2).
function options.usage(message, ...)
   error({ usage = select("#", ...) > 0 and message:format(...) or message }, 0)
end

-- ---- Targets ----

local function port_number(text)
   local number = text:find("^%d+$") and #text <= 5 and tonumber(text)
   return number and number <= 65535 and number or nil
end

--- address(text, default_port) → host, port of "host", "host:port", "[v6]:port", a bare IPv6 address or a URL.
function options.address(text, default_port)
   local host, port = text, nil
   host = host:gsub("^%a[%w+.-]*://", ""):gsub("[/?#].*$", "")
   local v6, rest = host:match("^%[([%x:.%%%w]+)%](.*)$")
   if v6 then
      host, port = v6, rest:match("^:(%d+)$")
      if rest ~= "" and not port then return nil end
   elseif not host:find(":.*:") then
      local name, digits = host:match("^([^:]*):(.*)$")
      if name then host, port = name, digits end
   end
   local number = port and port_number(port)
   if host == "" or host:find("[%s%c@]") or (port and not number) then return nil end
   return host, number or default_port
end

--- need_address is address for a command line: what is wrong there is a usage error.
function options.need_address(text, default_port)
   local host, port = options.address(text, default_port)
   if not host then options.usage("'%s' is not HOST[:PORT]", text) end
   if not port then options.usage("'%s' has no port", text) end
   return host, port
end

local LISTEN = "PORT (on 127.0.0.1), :PORT (on every address), HOST:PORT or [IPV6]:PORT"

--- listen_address(text) → host, port to listen on; the host is "*" for every address.
function options.listen_address(text)
   local function wrong(why)
      options.usage("cannot listen on '%s': %s; give %s", text, why, LISTEN)
   end
   local host, digits = text:match "^%[([^%[%]]*)%]:(.*)$"
   if host and not host:find ":.*:" then wrong "there is no IPv6 address within the brackets" end
   if not host and text:find "^%d+$" then host, digits = "127.0.0.1", text end
   if not host then
      if text:find "^%[" or not text:find(":", 1, true) then wrong "it has no port" end
      if text:find ":.*:" then wrong "an IPv6 address needs brackets" end
      host, digits = text:match "^([^:]*):(.*)$"
   end
   local port = port_number(digits)
   if not port then wrong(digits == "" and "it has no port" or ("'%s' is no port, 0 to 65535"):format(digits)) end
   if host:find "[%s%c/@]" then wrong(("'%s' is no host"):format(host)) end
   return (host == "" or host == "*" or host == "::") and "*" or host, port
end

--- endpoint(host, port) is "host:port", with brackets around an IPv6 address.
options.endpoint = require("bearssl.ip_address").endpoint

-- ---- Values ----

--- split(text) makes a list of "a,b,c".
function options.split(text)
   local list = {}
   for item in text:gmatch("[^,%s]+") do list[#list + 1] = item end
   return list
end

--- version(text) is the library's name of "1.2", "TLS1.2", "tlsv1.2" …
function options.version(text)
   local number = text:lower():match("^tlsv?(%d%.?%d?)$") or text:match("^(%d%.%d)$")
   if number == "1" then number = "1.0" end
   for _, name in ipairs(bearssl.versions()) do
      if name:lower() == text:lower() or (number and name == "TLSv" .. number) then return name end
   end
   options.usage("'%s' is no version this build speaks: %s", text, table.concat(bearssl.versions(), ", "))
end

--- read_file(path, what) is what a file of the command line holds; what: how messages call it.
local function read_file(path, what)
   local file, message = io.open(path, "rb")
   local bytes = file and file:read("*a")
   if file then file:close() end
   if not bytes then options.usage("cannot read the %s: %s", what, message or path .. " is not a file") end
   return bytes
end

--- seconds(text) converts a positive number (argparse).
function options.seconds(text)
   local number = tonumber(text)
   if not number or not (number > 0 and number < 1e9) then return nil, "'" .. text .. "' is not a number of seconds" end
   return number
end

options.read_file = read_file

-- ---- Options ----

--- ticket_numbers(text) converts "NEW" or "NEW,RESUMED" (argparse): how many tickets a server is asked for.
function options.ticket_numbers(text)
   local new, resumed = text:match "^(%d+),?(%d*)$"
   new, resumed = tonumber(new), tonumber(resumed) or tonumber(new)
   if not new or new > 255 or resumed > 255 then return nil, "'" .. text .. "' is not one or two numbers up to 255" end
   return { new = new, resumed = resumed }
end

--- keylog_option(command) adds the one for where secrets are written.
function options.keylog_option(command)
   command:option("--keylog", "Append the secrets to this file, for Wireshark; else $SSLKEYLOGFILE."):argname("FILE")
end

--- password(command) adds the option for where the password of a key is, if it is not to be asked for.
function options.password(command)
   command:option("--password-file", "File whose first line is the keys' password; else $BEARSSL_PASSWORD, or it is "
      .. "asked for."):argname("FILE")
end

--- tls(command) adds the options for a TLS connection.
function options.tls(command)
   command:option("--cafile", "Trust the certificates in this file instead of the system's."):argname("FILE")
   command:option("--cert", "Certificate chain (PEM or DER) with its --key, or PKCS#12."):argname("FILE"):count("*")
   command:option("--key", "Private key of the --cert before it."):argname("FILE"):count("*")
   options.password(command)
   command:option("--alpn", "Protocols to offer or accept, separated by commas."):argname("LIST")
   command:option("--min", "Lowest TLS version: 1.0, 1.1, 1.2, 1.3."):argname("V")
   command:option("--max", "Highest TLS version."):argname("V")
   command:option("--suites", "Cipher suites by RFC name, or a policy: modern, compatible, all."):argname("LIST")
   command:option("--groups", "Groups for key exchange, e.g. x25519,secp256r1."):argname("LIST")
   command:option("--compression", "How certificates may be compressed, e.g. brotli,zlib, or none."):argname("LIST")
   command:flag("--authorities", "Say which authorities are trusted, so that a certificate is chosen by them.")
   command:option("--cert-signatures", "What certificates may be signed with, if not the default."):argname("LIST")
   options.keylog_option(command)
end

--- proxy(text) converts the URL of a proxy, or "none" (argparse): no message shows its password.
function options.proxy(text)
   if text == "none" or text == "" then return "none" end
   local found, message = require("bearssl.proxy").read(text)
   return found, message
end

--- proxy_option(command) adds the one for the proxy to go through.
function options.proxy_option(command)
   command:option("--proxy", "Go through this proxy: http, https, socks5 or socks5h ://[USER:PASSWORD@]HOST[:PORT], or "
      .. "none; else $https_proxy, $all_proxy, $no_proxy."):argname("URL"):convert(options.proxy)
end

--- client(command) adds the options of a client.
function options.client(command)
   options.tls(command)
   options.proxy_option(command)
   command:flag("-k --insecure", "Accept whatever certificate the server shows.")
   command:option("--servername", "Name to ask for and to verify, instead of HOST."):argname("NAME")
   command:option("--timeout", "Seconds to wait for the network."):argname("SECONDS"):default("15")
      :convert(options.seconds)
end

--- pins(command) adds the options for keys that are pinned, and for raw public keys, on both sides.
function options.pins(command)
   command:option("--pin", "Take only a peer with this public key, or above it: base64 or hex of its SHA-256.")
      :argname("PIN"):count("*")
   command:flag("--raw-public-key", "The server shows its bare public key (TLS 1.3); a --key without --cert is one.")
end

--- tickets_client(command) adds the option for how many tickets a server is asked for.
function options.tickets_client(command)
   command:option("--ticket-request", "Ask for so many tickets after a full handshake, and after a resumed one.")
      :argname("NEW[,RESUMED]"):convert(options.ticket_numbers)
end

--- ech_client(command) adds the option for Encrypted ClientHello; options.ech reads what it is given.
function options.ech_client(command)
   command:option("--ech", "Encrypt the hello: a list of configurations (ech=BASE64 of an HTTPS record, or a file).")
      :argname("FILE|BASE64")
end

--- starttls(command) adds the option for protocols that begin in clear text; port_of tells where their servers listen.
function options.starttls(command)
   local protocols = require "bearssl.tool.starttls"
   command:option("--starttls", "Begin in the clear text of a protocol: " .. table.concat(protocols.names, ", ") .. ".")
      :argname("PROTOCOL"):convert(function(text)
         if protocols.ports[text] then return text end
         return nil, ("'%s' is no protocol that is known: %s"):format(text, table.concat(protocols.names, ", "))
      end)
end

--- port_of(protocol) is the port of servers that begin in clear text; 443 for nil.
function options.port_of(protocol)
   return protocol and require("bearssl.tool.starttls").ports[protocol] or 443
end

--- psk(text) converts "IDENTITY:HEX" (argparse): { identity =, key = }.
function options.psk(text)
   local identity, digits = text:match "^(.+):(%x+)$"
   if not identity or #digits % 2 ~= 0 then return nil, "the pre-shared key is not IDENTITY:HEX" end
   return { identity = identity, key = require("bearssl.hex").decode(digits) }
end

--- ech(text) is an ECHConfigList: text is base64, with "ech=" before it or not, or the name of a file that has that, or
-- a block ECHCONFIG of PEM, or the bytes themselves. nil for nil.
function options.ech(text)
   if not text then return nil end
   local file = io.open(text, "rb")
   local bytes = file and file:read("*a")
   if file then file:close() end
   local given = bytes or text
   local block = given:match "%-%-%-%-%-BEGIN ECHCONFIG%-%-%-%-%-(.-)%-%-%-%-%-END"
   if not block and given:find "[%z\1-\8\127-\255]" then return given end
   local encoded = (block or given:match 'ech="?([%w+/=]+)' or given):gsub("%s+", "")
   local list = encoded:find "^[%w+/]+=*$" and require("mime").unb64(encoded)
   if list and list ~= "" and (bytes or bearssl.ech.configs(list) or encoded:find "^AA" or given:find "ech=") then
      return list
   elseif bytes then
      options.usage("%s has no block ECHCONFIG, and no base64 of a list of configurations", text)
   end
   options.usage("'%s' is no file, and no base64 of a list of configurations either", text)
end

--- suites([version]) is the list of every suite that this build can negotiate, with that version.
function options.suites(version)
   local list = {}
   for _, suite in ipairs(core.suites()) do
      local fits = not version or suite.min_version <= version and version <= suite.max_version
      if suite.supported and fits then list[#list + 1] = suite.name end
   end
   return list
end

local function suites(text)
   local list = {}
   for _, item in ipairs(options.split(text)) do
      if item == "all" then
         for _, name in ipairs(options.suites()) do list[#list + 1] = name end
      else
         list[#list + 1] = item
      end
   end
   return list
end

--- trust(arguments) is the store of --cafile, or nil for the default. It may be PKCS#12.
function options.trust(arguments)
   if not arguments.cafile then return nil end
   local bytes = read_file(arguments.cafile, "CA file")
   local store, message
   if require("bearssl.pkcs12_read").is(bytes) then
      local password = require "bearssl.tool.password"
      local found
      found, message = bearssl.pkcs12.load(bytes, { password = password.of(arguments, arguments.cafile) })
      store = found and bearssl.trust.new(found.authorities)
   else
      store, message = bearssl.trust.load(bytes)
   end
   if not store then options.usage("%s: %s", arguments.cafile, message) end
   return store
end

--- credentials(arguments) is the list of credentials of --cert and --key, or nil.
function options.credentials(arguments)
   local certs, keys = arguments.cert or {}, arguments.key or {}
   local password = require "bearssl.tool.password"
   local list = {}
   if arguments.raw_public_key and #certs == 0 then
      for i, path in ipairs(keys) do
         list[i] = {
            key = read_file(path, "key"), name = i == 1 and path or path .. "#" .. i,
            password = password.of(arguments, path),
         }
      end
      return #list > 0 and list or nil
   end
   local taken = 0
   for i, path in ipairs(certs) do
      local certificate, key, key_path = read_file(path, "certificate"), nil, path
      if not require("bearssl.pkcs12_read").is(certificate) then -- which has its key in it
         taken = taken + 1
         key_path = keys[taken]
         key = key_path and read_file(key_path, "key")
      end
      list[i] = {
         certificate = certificate, key = key, name = i == 1 and path or path .. "#" .. i,
         password = password.of(arguments, key_path or path),
      }
   end
   if taken ~= #keys then
      options.usage("every --cert needs its --key, and every --key its --cert (PKCS#12 has both)")
   end
   return #list > 0 and list or nil
end

--- keylog(arguments) is a handler that writes secrets in the NSS key log format, or nil. The library itself never looks
-- at SSLKEYLOGFILE: a program would give away its connections because of its environment.
function options.keylog(arguments)
   local path = arguments.keylog or os.getenv("SSLKEYLOGFILE")
   if not path or path == "" then return nil end
   local handler, message = require("bearssl.keylog_file").open(path)
   if not handler then options.usage("%s", message) end
   return handler
end

-- The library raises errors for options that are wrong: here they come from the command line.
local function from_command_line(make, ...)
   local ok, value, message, code = pcall(make, ...)
   if ok then return value, message, code end
   options.usage("%s", (tostring(value):gsub("\nstack traceback.*", ""):gsub("^[^\n:]+:%d+: ", "")))
end

-- What the two sides show, and what is trusted of it. A server that has a certificate too shows it to those who take
-- nothing else; clients show bare keys where they have nothing else, and servers take them where keys are pinned.
local function certificate_types(arguments, settings, is_server)
   local has_pins = #(arguments.pin or {}) > 0
   if has_pins then settings.pins = arguments.pin end
   if not arguments.raw_public_key then return end
   local only_raw, has_certificate = { "raw_public_key" }, #(arguments.cert or {}) > 0
   if is_server then
      settings.server_certificate_types = has_certificate and { "raw_public_key", "x509" } or only_raw
      if has_pins then
         settings.client_certificate_types = arguments.cafile and { "raw_public_key", "x509" } or only_raw
      end
   else
      settings.server_certificate_types = only_raw
      if not has_certificate and #(arguments.key or {}) > 0 then settings.client_certificate_types = only_raw end
      if arguments.insecure and not has_pins then
         settings.handlers.verify = function(_, question) return question.key and "accept" or nil end
      elseif not has_pins then
         options.usage("--raw-public-key needs the key's --pin: nothing else vouches for it")
      end
   end
   if not is_server or not has_certificate or settings.client_certificate_types == only_raw then
      if not arguments.max or settings.max_version == "TLSv1.3" then
         settings.min_version = settings.min_version or "TLSv1.3"
      end
   end
end

--- context(arguments, more) makes the context that the options describe; `more` is added to it.
function options.context(arguments, more)
   local settings = {}
   if arguments.min then settings.min_version = options.version(arguments.min) end
   if arguments.max then settings.max_version = options.version(arguments.max) end
   -- one bound alone moves the other, whose default is TLS 1.2 or 1.3
   if arguments.max and not arguments.min and settings.max_version < "TLSv1.2" then
      settings.min_version = settings.max_version
   end
   if arguments.alpn then settings.alpn = options.split(arguments.alpn) end
   if arguments.suites then settings.suites = suites(arguments.suites) end
   if arguments.groups then settings.groups = options.split(arguments.groups) end
   if arguments.compression then
      settings.certificate_compression = arguments.compression ~= "none" and options.split(arguments.compression)
   end
   if arguments.cert_signatures then settings.signature_algorithms_cert = options.split(arguments.cert_signatures) end
   settings.certificate_authorities = arguments.authorities
   settings.handlers = { keylog = options.keylog(arguments) }
   if arguments.insecure then settings.verify = "none" end
   if arguments.ticket_request then
      settings.new_session_count = arguments.ticket_request.new
      settings.resumption_count = arguments.ticket_request.resumed
   end
   certificate_types(arguments, settings, more and more.mode == "server")
   settings.trust = options.trust(arguments)
   settings.credentials = options.credentials(arguments)
   for name, value in pairs(more or {}) do settings[name] = value end
   local context, message = from_command_line(bearssl.context, settings)
   if not context then options.usage("%s", message) end
   return context
end

-- ---- Connecting ----

local function connect(host, port, timeout)
   local tcp, message = require("bearssl.tcp").connect(host, port, timeout)
   if not tcp then
      return nil, ("cannot connect to %s: %s"):format(options.endpoint(host, port), message),
         message == "timeout" and "timeout" or "transport_failed"
   end
   tcp:setoption("tcp-nodelay", true)
   return tcp
end

--- proxy_of(given, scheme, host) is the proxy for a connection, or nil; or nil, message, code. given: what --proxy
-- names ("none", or nil for what the environment says for URLs of that scheme).
function options.proxy_of(given, scheme, host)
   if given == "none" then return nil end
   if given then return given end
   return require("bearssl.proxy").of("environment", scheme, host)
end

--- connect(host, port, timeout [, proxy [, is_forwarded]]) → what is connected, and has LuaSocket's methods: a socket,
-- or the stream to a proxy that speaks TLS; or nil, message, code. proxy: see proxy_of; is_forwarded: the proxy is to
-- get requests, and connects by itself.
function options.connect(host, port, timeout, proxy, is_forwarded)
   if not proxy then return connect(host, port, timeout) end
   local tcp, message, code = connect(proxy.host, proxy.port, timeout)
   if not tcp then return nil, "the proxy: " .. message, code end
   local module = require "bearssl.proxy"
   local below
   below, message, code = module.shake(proxy, tcp, { timeout = timeout })
   if below and not is_forwarded then
      local ok
      ok, message, code = module.tunnel(proxy, require("bearssl.proxy.channel").over(below, timeout), host, port)
      below:settimeout(timeout)
      if ok then return below end
      below:close()
      below = nil
   end
   if not below then
      tcp:close()
      return nil, message, code
   end
   return below
end

--- await_session(stream, seconds) is the session of a connection. In TLS 1.3 it comes after the handshake: it is
-- waited for so long, and what the peer says meanwhile is dropped. Or nil, message, code when the server refuses what
-- the client said last, such as that it has no certificate.
function options.await_session(stream, seconds)
   if stream:info("version") ~= "TLSv1.3" then return stream:session() end
   local deadline = core.monotonic() + seconds
   repeat
      -- once more after it has come: several tickets come together
      local done = stream:session() or core.monotonic() >= deadline
      stream:settimeout(done and 0 or 0.02)
      local bytes, message, _, code = stream:receiveany()
      if not bytes and code:find("^alert_") then return nil, message, code end
      if not bytes and code ~= "timeout" and code ~= "wantread" then break end
   until done
   stream:settimeout(nil)
   return stream:session()
end

--- number(minimum, maximum) converts an integer (argparse).
function options.number(minimum, maximum)
   return function(text)
      local number = text:find("^%d+$") and tonumber(text)
      if number and number >= minimum and number <= maximum then return number end
      return nil, ("'%s' is not a number from %d to %d"):format(text, minimum, maximum)
   end
end

--- plain_connect(host, port, settings) is a socket on which TLS can begin, or nil, message, code. settings: timeout,
-- server_name, starttls (a protocol to begin in), proxy (what --proxy names).
function options.plain_connect(host, port, settings)
   local proxy, message, code = options.proxy_of(settings.proxy, settings.starttls or "https", host)
   if message then return nil, message, code end
   local tcp
   tcp, message, code = options.connect(host, port, settings.timeout, proxy)
   if not tcp or not settings.starttls then return tcp, message, code end
   local ok
   ok, message, code = require("bearssl.tool.starttls").begin(tcp, settings.starttls, settings.server_name or host,
      settings.timeout)
   if ok then return tcp end
   tcp:close()
   return nil, message, code
end

--- tls_connect(context, host, port, settings) connects and makes a stream, whose handshake is still to
-- be done. settings: timeout, starttls (a protocol to begin in), proxy (what --proxy names), and the options of
-- context:wrap.
function options.tls_connect(context, host, port, settings)
   local tcp, message, code = options.plain_connect(host, port, settings)
   if not tcp then return nil, message, code end
   settings.starttls, settings.proxy = nil, nil
   local stream
   stream, message, code = from_command_line(context.wrap, context, tcp, settings)
   if not stream then
      tcp:close()
      return nil, message, code
   end
   return stream, tcp
end

return options
