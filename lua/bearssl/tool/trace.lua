-- bearssl trace HOST[:PORT]: the handshake as a ladder diagram.
local bearssl = require "bearssl"
local describe = require "bearssl.describe"
local ladder = require "bearssl.ladder"
local options = require "bearssl.tool.options"
local output = require "bearssl.tool.output"
local terminal = require "bearssl.tool.terminal"

local trace = { summary = "Draw the handshake with a server, message by message." }

function trace.describe(command)
   command:argument("target", "The server: HOST, HOST:PORT (443 otherwise) or an https URL."):argname("HOST[:PORT]")
   options.client(command)
   options.pins(command)
   options.tickets_client(command)
   options.ech_client(command)
   options.starttls(command)
   command:flag("--resume", "Connect again with the session, and show both handshakes.")
   command:flag("--early-data", "With --resume: send an HTTP request as early data (0-RTT) of TLS 1.3.")
   command:flag("--full", "Show every field in full.")
   command:flag("--states", "Show in which state of the handshake each message comes or goes.")
   command:option("--pcap", "Write the packets here, as pcapng with the secrets that decrypt them: keep it private.")
      :argname("FILE")
   command:option("--svg", "Draw the ladder into this file, as a picture."):argname("FILE")
   command:flag("--raw", "Add each message's bytes to --json.")
   command:option("--width", "Columns to draw in."):argname("N"):convert(tonumber)
   command:flag("--ascii", "Draw with ASCII characters only.")
end

local TICKET_WAIT = 0.3 -- seconds, and the time of the handshake, in which a server's tickets come

local function stages(with_data)
   local list = {}
   for _, name in ipairs(bearssl.stages) do
      if with_data or name ~= "application_data" then list[#list + 1] = name end
   end
   return list
end

-- One connection from connect to close. Gives what happened, whether it worked or not.
local function converse(context, arguments, host, port, session)
   local early
   if session and arguments.early_data then
      early = ("GET / HTTP/1.0\r\nHost: %s\r\n\r\n"):format(host)
   end
   local name = arguments.servername or host
   local recorder = ladder.recorder { states = arguments.states }
   local result = { recorder = recorder, target = options.endpoint(host, port) }
   local handlers = recorder:handlers(stages(early))
   if arguments.raw then
      for stage, note in pairs(handlers) do
         handlers[stage] = function(connection, message)
            local _ = message.raw
            return note(connection, message)
         end
      end
   end
   local stream, message, code = options.tls_connect(context, host, port, {
      server_name = name, session = session, timeout = arguments.timeout, handlers = handlers,
      early_data = early, early_data_resend = early and true, ech = arguments.ech, starttls = arguments.starttls,
      proxy = arguments.proxy,
   })
   if not stream then
      result.message, result.code = message, code
      return result
   end
   -- it hears what the recorder cannot: ciphertext and secrets
   if arguments.pcap then result.tracer = bearssl.trace(stream, { secrets = true }) end
   recorder:start()
   result.ok, result.message, result.code = stream:handshake()
   result.seconds = recorder.clock() - recorder.began
   if result.ok then
      result.session, result.message, result.code = options.await_session(stream, TICKET_WAIT + result.seconds)
      if result.code then result.ok = false end
   end
   result.info = stream:info()
   stream:close()
   return result
end

local function report(result, raw)
   local messages = {}
   for i, entry in ipairs(result.recorder.entries) do
      local plain = describe.plain(entry.message)
      plain.stage, plain.from, plain.time = entry.stage, entry.from, entry.at
      plain.name = entry.title
      plain.raw = raw and type(entry.message.raw) == "string" and describe.hex(entry.message.raw) or nil
      messages[i] = plain
   end
   return {
      ok = result.ok and true or false, error = result.message and output.spoken(result.message), code = result.code,
      seconds = result.seconds, messages = messages, summary = result.info and describe.plain(result.info) or nil,
   }
end

local function title(result, kind)
   local info = result.info
   if not result.ok then return ("%s: failed"):format(kind) end
   return ("%s: %s, %.1f ms"):format(info.resumed and "resumed handshake" or kind, tostring(info.version),
      result.seconds * 1000)
end

local function draw(results, arguments, host)
   local unicode = not arguments.ascii and terminal.unicode()
   local columns = terminal.columns(1)
   local style = {
      width = math.max(48, arguments.width or columns or 80), unicode = unicode, colour = terminal.colour(1),
      lines = not arguments.full and 3 or nil, server = host,
   }
   if arguments.full then style.lines = math.huge end
   if results[2] then
      style.titles = { title(results[1], "full handshake"), title(results[2], "second handshake, not resumed") }
      return ladder.beside(results[1].recorder.entries, results[2].recorder.entries, style)
   end
   style.title = title(results[1], "handshake")
   return results[1].recorder:draw(style)
end

local function check_files(arguments)
   if arguments.pcap and arguments.pcap == arguments.svg then options.usage("--pcap and --svg name the same file") end
   for _, name in ipairs { "pcap", "svg" } do
      if arguments[name] == "" then options.usage("--%s needs the name of a file", name) end
   end
end

local function picture(results, host)
   local kinds = { results[2] and "full handshake" or "handshake", "second handshake, not resumed" }
   local recordings = {}
   for i, result in ipairs(results) do
      local info = result.info
      recordings[i] = {
         entries = result.recorder.entries, server = host, title = title(result, kinds[i]),
         subtitle = info and info.established and ("%s, %s"):format(tostring(info.cipher_suite),
            tostring(info.group or info.key_exchange)) or nil,
         failure = not result.ok and ("%s (%s)"):format(tostring(result.message), tostring(result.code)) or nil,
      }
   end
   return recordings
end

-- The files that were asked for: true, or false where one cannot be written.
local function write_files(results, arguments, host)
   local all = true
   local function note(done, message)
      if not done then output.problem(message) end
      all = all and done
   end
   if arguments.pcap then
      local tracers = {}
      for _, result in ipairs(results) do tracers[#tracers + 1] = result.tracer end
      note(require("bearssl.trace").write_pcap(arguments.pcap, tracers))
      if all and not arguments.json then
         output.problem(("%s holds the secrets of the connection: whoever has it reads what was said"):format(
            arguments.pcap))
      end
   end
   if arguments.svg then
      note(require("bearssl.trace.writing").write(arguments.svg,
         require("bearssl.trace.svg").draw(picture(results, host))))
   end
   return all
end

function trace.run(arguments)
   check_files(arguments)
   if arguments.early_data and not arguments.resume then options.usage("--early-data needs --resume") end
   local host, port = options.need_address(arguments.target, options.port_of(arguments.starttls))
   local context = options.context(arguments)
   arguments.ech = options.ech(arguments.ech)
   local results = { converse(context, arguments, host, port) }
   if arguments.resume and results[1].ok then
      results[2] = converse(context, arguments, host, port, results[1].session)
   end
   local last = results[#results]
   local written = write_files(results, arguments, host)
   if arguments.json then
      local document = report(results[1], arguments.raw)
      document.target = results[1].target
      if results[2] then document.second = report(results[2], arguments.raw) end
      document.pcap, document.svg = arguments.pcap, arguments.svg
      output.json(document)
   elseif #results[1].recorder.entries > 0 then
      output.write(draw(results, arguments, host), "\n")
      output.flush()
   end
   if not last.ok then
      output.problem(("%s (%s)"):format(tostring(last.message), tostring(last.code)))
      return 1
   end
   if arguments.resume and not last.info.resumed and not arguments.json then
      output.problem("the server did not resume the session")
   elseif arguments.early_data and last.info.early_data ~= "accepted" and not arguments.json then
      output.problem(last.info.early_data and "the server rejected the early data"
         or "the session allows no early data: the request was sent after the handshake")
   end
   return written and 0 or 1
end

return trace
