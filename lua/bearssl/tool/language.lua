-- The library's messages in the tool's language: an option is called what it is called on the command line.
local language = {}

-- What the library calls options by → what the tool does. A command that calls one otherwise says so in a table of its
-- own, `language`, with the same form.
local NAMES = {
   suites = "--suites", groups = "--groups", min_version = "--min", max_version = "--max", alpn = "--alpn",
   certificate_compression = "--compression", signature_algorithms_cert = "--cert-signatures", pins = "--pin",
   certificate_authorities = "--authorities", new_session_count = "--ticket-request",
   resumption_count = "--ticket-request", ticket_count = "--tickets", tickets = "--tickets",
   max_early_data = "--early-data", early_data = "--early-data", ech = "--ech", ech_keys = "--ech-keys",
   server_name = "--servername", cafile = "--cafile", capath = "--cafile", trust = "--cafile",
   server_certificate_types = "--raw-public-key", client_certificate_types = "--raw-public-key", crls = "--crl",
   staple = "--ocsp", certificate = "--cert", certfile = "--cert", key = "--key", keyfile = "--key",
   credentials = "--cert and --key", password = "--password-file", session = "--session", keylogfile = "--keylog",
   timeout = "--timeout", verify = "--verify", name_constraints = "--constrain", path_length = "--path-length",
   days = "--days", time = "--at", purpose = "--purpose",
}

-- What only a program can give, and what it is called where there is none.
local PHRASES = {
   { ", or a certificate or key object", "" }, { " %(a string%)", "" }, { "bearssl%.[%l_]+%.open", "a file" },
   { "the context does", "this side does" }, { "the connection does", "this side does" },
   { " %(ech = false on the connection goes without%)", "" }, { "verify is \"none\"", "--insecure is given" },
   { "[Tt]he options? ('[%l_]+')", "%1" }, { "options? ('[%l_]+')", "%1" },
}

-- "TLSv1.3" is 1.3 on the command line, and words need no quotes there.
local function word(value)
   return (value:gsub("^TLSv", ""))
end

--- of(flags, own) is a function(message) → the message for whoever uses a command. flags: set of the options that the
-- command has; own: its table of names, or nil.
function language.of(flags, own)
   local function name_of(name)
      local flag = own and own[name] or NAMES[name]
      if name == "verify" and not flags[flag] then flag = "--insecure" end
      if flag and flags[flag:match("^%S+")] then return flag end
      return flag and name:gsub("_", " ") or nil
   end
   local function assigned(name, value)
      local flag = name_of(name)
      if not flag then return nil end
      return flag == "--insecure" and flag or flag .. " " .. word(value)
   end
   return function(message)
      message = message:gsub("%f[%w]bearssl%.[%w_.]+: ", ""):gsub("^%l+:%l+: ", ""):gsub("^wrap: ", "")
      for _, pair in ipairs(PHRASES) do message = message:gsub(pair[1], pair[2]) end
      message = message:gsub("o?p?t?i?o?n?s?%.?%f[%l]credentials%[(%d+)%]%.?(%l*)", function(number, field)
         local flag = name_of(field ~= "" and field or "credentials") or "--cert and --key"
         return number == "1" and flag or ("%s (number %s)"):format(flag, number)
      end)
      message = message:gsub("%f[%l_]([%l_]+) i?=?s? ?\"([^\"]*)\"", assigned)
      message = message:gsub("%f[%l_]([%l_]+) = ([%w_.-]+)", assigned)
      message = message:gsub("'([%l_]+)'", name_of)
      message = message:gsub("%f[%w_/.-]%l+_[%l_]+%f[^%w_/.-]", name_of)
      message = message:gsub("(%-%-m[%l]+) TLSv", "%1 ")
      message = message:gsub("(%-%-[%l-]+): element %d+ ", "%1 ")
      message = message:gsub("(%-%-[%l-]+) or %1%f[^%l-]", "%1"):gsub("(%-%-[%l-]+) and %1%f[^%l-]", "%1")
      return (message)
   end
end

return language
