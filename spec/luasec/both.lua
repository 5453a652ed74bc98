-- LuaSec and our drop-in side by side, for specs that compare them:
--     local both = require "spec.luasec.both"
--     both.real, both.ours                 a table each: name, ssl, context, x509, config
--     both.each(function(library) … end)   once for each
--     both.pairings(function(client, server) … end)   once for each pairing of libraries
--     local client, server = both.connect(client_library, client_params, server_library, server_params, options)
local luassert = require "luassert"
local socket = require "socket"

local both = {}

local function library(name, prefix, root)
   return {
      name = name, ssl = require(root), context = require(prefix .. "context"), x509 = require(prefix .. "x509"),
      config = require(prefix .. "config"), core = require(prefix .. "core"),
   }
end

both.real = library("LuaSec", "ssl.", "ssl")
both.ours = library("bearssl", "bearssl.luasec.", "bearssl.luasec.ssl")

function both.each(run)
   run(both.real)
   run(both.ours)
end

function both.pairings(run)
   for _, client in ipairs { both.real, both.ours } do
      for _, server in ipairs { both.real, both.ours } do run(client, server) end
   end
end

--- tcp() is a pair of connected sockets.
function both.tcp()
   local listener = assert(socket.bind("127.0.0.1", 0))
   local client = socket.tcp()
   client:settimeout(5)
   assert(client:connect("127.0.0.1", select(2, listener:getsockname())))
   local server = assert(listener:accept())
   listener:close()
   return client, server
end

local again = { wantread = true, wantwrite = true }

--- shake(client, server, seconds) shakes hands on both sides: { client =, server = } of true or the message, and of
-- what an error was, as { raised = }.
function both.shake(client, server, seconds)
   local deadline = socket.gettime() + (seconds or 5)
   local result = {}
   local sides = { client = client, server = server }
   for _, conn in pairs(sides) do conn:settimeout(0) end
   while (result.client == nil or result.server == nil) and socket.gettime() < deadline do
      local waiting = {}
      for _, name in ipairs { "client", "server" } do
         if result[name] == nil then
            local called, ok, message = pcall(sides[name].dohandshake, sides[name])
            if not called then
               result[name] = { raised = ok }
               sides[name]:close()
            elseif ok then
               result[name] = true
            elseif not again[message] then
               result[name] = message
               sides[name]:close() -- so that the other hears of it
            else
               waiting[#waiting + 1] = sides[name]
            end
         end
      end
      if #waiting > 0 then socket.select(waiting, nil, 0.02) end
   end
   for _, conn in pairs(sides) do conn:settimeout(5) end
   return result
end

--- wrap(client_library, client_params, server_library, server_params, options) are two connections before their
-- handshake. options: name (sni of the client), names, strict (sni of the server).
function both.wrap(client_library, client_params, server_library, server_params, options)
   options = options or {}
   local a, b = both.tcp()
   local client = assert(client_library.ssl.wrap(a, client_params))
   local server = assert(server_library.ssl.wrap(b, server_params))
   if options.name then client:sni(options.name) end
   if options.names then server:sni(options.names, options.strict) end
   return client, server
end

--- try(…) is what came of the handshake of wrap(…), and the two connections.
function both.try(...)
   local client, server = both.wrap(...)
   return both.shake(client, server), client, server
end

--- connect(…) is the same where it must succeed: client, server.
function both.connect(...)
   local result, client, server = both.try(...)
   for name, message in pairs(result) do
      if message ~= true then
         error(("%s: %s"):format(name, type(message) == "table" and tostring(message.raised) or message), 2)
      end
   end
   return client, server
end

--- parameters() gives LuaSec's server the Diffie-Hellman parameters of DHE.
function both.parameters()
   return require("spec.support.dh_groups")[2048]
end

-- What a call gives, so that two can be compared: its values, or what it raised without the place and the names of
-- functions, which differ by how something was called.
local function outcome(call, one)
   local values = { pcall(call, one) }
   local count = select("#", (table.unpack or unpack)(values)) -- luacheck: ignore
   if not values[1] then
      local text = tostring(values[2]):gsub("^[^\n:]*:%d+: ", "")
      return { raised = text:match "%((.*)%)$" or text }
   end
   local shown = { count = count }
   for index = 2, count do
      local value = values[index]
      if type(value) == "userdata" then value = tostring(value):gsub("0x%x+", "0x0") end
      shown[index - 1] = value
   end
   return shown
end

--- same(call, expected) asserts that call(library) gives the same with both; expected, where given, is the list of
-- values, or { raised = text }.
function both.same(call, expected)
   local real, ours = outcome(call, both.real), outcome(call, both.ours)
   luassert.same(real, ours)
   if expected then
      real.count = nil
      luassert.same(expected, real)
   end
end

return both
