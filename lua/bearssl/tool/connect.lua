-- bearssl connect HOST:PORT: standard input and output through TLS.
local bearssl = require "bearssl"
local core = require "bearssl.core"
local describe = require "bearssl.describe"
local file = require "bearssl.file"
local options = require "bearssl.tool.options"
local output = require "bearssl.tool.output"

local connect = { summary = "Carry standard input and output through TLS." }

-- What a pipe takes at once, when poll says that it can be written (PIPE_BUF).
local PIECE = 4096

function connect.describe(command)
   command:argument("target", "The server: HOST, HOST:PORT (443, or --starttls's port) or an https URL.")
      :argname("HOST[:PORT]")
   options.client(command)
   options.pins(command)
   options.tickets_client(command)
   options.ech_client(command)
   options.starttls(command)
   command:flag("--crlf", "Send each line's end as carriage return and line feed.")
   command:flag("--show-certificates", "Write the server's certificates (PEM) to standard error.")
   command:option("--session", "Resume the session in this file, if there is one, and keep the new one in it.")
      :argname("FILE")
   command:option("--psk", "A pre-shared key of TLS 1.3: its identity, and the key in hex."):argname("IDENTITY:HEX")
      :convert(options.psk)
   command:option("--crl", "Refuse what this list (PEM or DER) revokes."):argname("FILE"):count("*")
   command:flag("--ocsp", "Demand an OCSP response with the certificate, and judge it.")
   command:flag("-q --quiet", "Do not tell what was negotiated.")
end

-- ---- Sessions in files ----

local MARK = "bearssl-lua session " -- what an exported session begins with, of whatever version

-- A file that is something else stays as it is: what is kept would take the place of somebody's key.
local function read_session(path)
   if not path or not file.exists(path) then return nil end
   local bytes = file.read(path)
   if bytes == "" then return nil end
   if not bytes or bytes:sub(1, #MARK) ~= MARK then
      options.usage("%s is no file of a session, and would be overwritten: --session takes one that an earlier call "
         .. "has written, or a name that is free", path)
   end
   local session, message = bearssl.session.import(bytes)
   if not session then output.problem(("%s: %s: a full handshake follows"):format(path, message)) end
   return session
end

local function keep_session(path, stream)
   local session = path and stream:session()
   if not session then return end
   require("bearssl.tool.save").write(path, session:export(), "077")
end

-- ---- What was negotiated ----

local function tell(stream, arguments)
   local info = stream:info()
   if arguments.json then
      io.stderr:write(output.encode(describe.plain(info), true), "\n")
   elseif not arguments.quiet then
      local parts = { tostring(info.version), tostring(info.cipher_suite) }
      parts[#parts + 1] = describe.group(info)
      if info.alpn then parts[#parts + 1] = "ALPN " .. info.alpn end
      if info.resumed then parts[#parts + 1] = "resumed" end
      local known = info.peer_verified and "verified" or info.psk_identity and "by a pre-shared key" or "not verified"
      parts[#parts + 1] = known
      io.stderr:write("* ", describe.printable(table.concat(parts, ", ")), "\n")
      local leaf = info.peer_certificates[1]
      if leaf then
         io.stderr:write("* ", describe.printable((select(2, leaf:subject()))), ", pin ", leaf:pin(), "\n")
      elseif info.peer_key then
         io.stderr:write("* raw public key, pin ", info.peer_key:pin(), "\n")
      end
   end
   if arguments.show_certificates then
      for _, certificate in ipairs(info.peer_certificates) do io.stderr:write(certificate:pem()) end
   end
end

-- ---- Both ways at once ----

-- line_ends(bytes) has each line end in CRLF; "" is the end. What begins one waits for what comes next.
local function line_ends()
   local held = ""
   return function(bytes)
      local text, is_end = held .. bytes, bytes == ""
      held = not is_end and text:sub(-1) == "\r" and "\r" or ""
      return (text:sub(1, #text - #held):gsub("\r?\n", "\r\n"))
   end
end

-- The conversation: what stdin gives goes to the peer, what the peer says goes to stdout. Neither direction waits for
-- the other: a peer that does not read leaves what it says readable, and a slow reader of stdout does not keep stdin
-- from being sent.
--
-- In TLS 1.3 a peer's close_notify ends its own direction alone (RFC 8446 section 6.1): what stands on standard input
-- is still sent. It is not waited for: most peers have closed then, and a terminal never ends.
local function converse(stream, arguments)
   local outgoing, incoming = "", ""
   local convert = arguments.crlf and line_ends()
   local input_open, peer_open, said_all = true, true, false
   local sending = true
   local message, code
   io.stdout:setvbuf "no"
   while peer_open or incoming ~= "" or sending and not said_all do
      if peer_open and incoming == "" then
         local bytes, why, partial, reason = stream:receiveany(16384)
         bytes = bytes or partial ~= "" and partial or nil
         if bytes then
            incoming = bytes
         elseif reason ~= "wantread" and reason ~= "wantwrite" then
            peer_open = false
            if reason ~= "closed" then message, code = why, reason end
            sending = reason == "closed" and stream:info "version" == "TLSv1.3"
         end
      end
      if outgoing ~= "" and sending then
         local last, why, done, reason = stream:send(outgoing)
         outgoing = outgoing:sub((last or done) + 1)
         if not last and reason ~= "wantwrite" and reason ~= "wantread" then return nil, why, reason end
      end
      if not input_open and outgoing == "" and not said_all and sending then
         local ok, _, reason = stream:shutdown "send"
         said_all = ok or reason ~= "wantwrite"
      end
      local readers, writers = {}, {}
      local fd = sending and stream:getfd()
      if fd and incoming == "" and peer_open then readers[#readers + 1] = fd end
      local wants_input = input_open and sending and outgoing == ""
      if wants_input then readers[#readers + 1] = 0 end
      if fd and (outgoing ~= "" or not input_open and not said_all) then writers[#writers + 1] = fd end
      if incoming ~= "" then writers[#writers + 1] = 1 end
      if #readers + #writers > 0 then
         local is_last = sending and not peer_open and #writers == 0
         local can_read, can_write = core.poll(readers, writers, is_last and 0 or nil)
         if not can_read then return nil, can_write, "transport_failed" end
         if is_last and #can_read == 0 then sending = false end
         for _, index in ipairs(can_read) do
            if readers[index] == 0 and wants_input then
               local bytes, why = core.read(0)
               if not bytes then return nil, "cannot read standard input: " .. why, "transport_failed" end
               if bytes == "" then input_open = false end
               outgoing = convert and convert(bytes) or bytes
            end
         end
         for _, index in ipairs(can_write) do
            if writers[index] == 1 and incoming ~= "" then
               output.write(incoming:sub(1, PIECE))
               incoming = incoming:sub(PIECE + 1)
            end
         end
      end
   end
   if code then return nil, message, code end
   if outgoing ~= "" then return nil, "the server ended before it had all of standard input", "closed" end
   return true
end

-- ---- ----

local function more_of(arguments)
   local more = {}
   if #arguments.crl > 0 then
      more.crls = {}
      for _, path in ipairs(arguments.crl) do
         local list, message = bearssl.crl.open(path)
         if not list then options.usage("%s: %s", path, message) end
         for _, one in ipairs(list) do more.crls[#more.crls + 1] = one end
      end
   end
   if arguments.ocsp then more.staple = "required" end
   return more
end

function connect.run(arguments)
   local host, port = options.need_address(arguments.target, options.port_of(arguments.starttls))
   local context = options.context(arguments, more_of(arguments))
   local psk = arguments.psk
   local stream, message, code = options.tls_connect(context, host, port, {
      server_name = arguments.servername or host, timeout = arguments.timeout, ech = options.ech(arguments.ech),
      session = read_session(arguments.session), starttls = arguments.starttls,
      proxy = arguments.proxy,
      handlers = psk and { psk = function() return { identity = psk.identity, key = psk.key, hash = "sha256" } end },
   })
   if not stream then error({ failure = ("%s (%s)"):format(message, code) }, 0) end
   local ok
   ok, message, code = stream:handshake()
   if ok then
      tell(stream, arguments)
      stream:settimeout(0)
      ok, message, code = converse(stream, arguments)
      keep_session(arguments.session, stream)
   end
   stream:close()
   if ok then return 0 end
   error({ failure = ("%s (%s)"):format(message, code) }, 0)
end

return connect
