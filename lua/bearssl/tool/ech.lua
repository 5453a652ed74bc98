-- bearssl ech: keys for Encrypted ClientHello (RFC 9849), and what their lists say.
local bearssl = require "bearssl"
local describe = require "bearssl.describe"
local options = require "bearssl.tool.options"
local output = require "bearssl.tool.output"
local save = require "bearssl.tool.save"

local ech = { summary = "Make keys for Encrypted ClientHello, and show their configurations." }

local KEMS = { [0x10] = "DHKEM(P-256, HKDF-SHA256)", [0x20] = "DHKEM(X25519, HKDF-SHA256)" }
local KDFS = { [1] = "HKDF-SHA256", [2] = "HKDF-SHA384", [3] = "HKDF-SHA512" }
local AEADS = { [1] = "AES-128-GCM", [2] = "AES-256-GCM", [3] = "ChaCha20-Poly1305" }

local function name_of(names, number)
   return names[number] or ("0x%04x"):format(number)
end

function ech.describe(command, adopt)
   command:command_target("action"):require_command(true)
   local generate = command:command("generate", "Make a key file (PRIVATE KEY and ECHCONFIG) for `serve --ech-keys`.")
   adopt(generate)
   generate:argument("name", "Public name: clients see its certificate when they use an old key."):argname("NAME")
   generate:option("--out", "The key file."):argname("FILE"):default("ech.pem")
   generate:option("--max-name-length", "Length of the longest name that is hidden."):argname("N"):default("0")
      :convert(options.number(0, 255))
   generate:option("--kem", "Kind of key."):choices { "x25519", "secp256r1" }:default("x25519")
   generate:flag("--force", "Overwrite the file if it is there.")
   local show = command:command("show", "Show a key file, a list of configurations, or an HTTPS record's text.")
   adopt(show)
   show:argument("list", "A file, base64, or ech=BASE64."):argname("FILE|BASE64")
   for _, each in ipairs({ generate, show }) do each:flag("--json", "Write JSON.") end
end

local function plain(list)
   local configs, message = bearssl.ech.configs(list)
   if not configs then error({ failure = message }, 0) end
   local all = { ech = require("mime").b64(list), configs = {} }
   for index, config in ipairs(configs) do
      local suites = {}
      for n, suite in ipairs(config.suites or {}) do
         suites[n] = name_of(KDFS, suite.kdf) .. " " .. name_of(AEADS, suite.aead)
      end
      all.configs[index] = {
         version = ("0x%04x"):format(config.version), usable = config.usable, config_id = config.config_id,
         kem = config.kem and name_of(KEMS, config.kem), public_name = config.public_name,
         maximum_name_length = config.maximum_name_length, suites = suites, mandatory = config.mandatory,
         public_key = config.public_key and describe.hex(config.public_key),
      }
   end
   return all
end

local function report(arguments, list, path)
   local all = plain(list)
   all.file = path
   if arguments.json then
      output.json(all)
      return 0
   end
   if path then output.write(path, ": the key\n") end
   for _, config in ipairs(all.configs) do
      output.write(("version %s%s\n"):format(config.version, config.usable and "" or ", not for clients of ours"))
      if config.config_id then
         output.write(("  public name  %s\n  number       %d\n  KEM          %s, %s\n"
            .. "  names        to %d bytes\n"):format(
            describe.printable(config.public_name, true), config.config_id, config.kem, config.public_key,
            config.maximum_name_length))
         for _, suite in ipairs(config.suites) do output.write("  suite        ", suite, "\n") end
      end
   end
   output.write("HTTPS record: ech=", all.ech, "\n")
   output.flush()
   return 0
end

local actions = {}

function actions.generate(arguments)
   local keys, message, code = bearssl.ech.generate {
      public_name = arguments.name, maximum_name_length = arguments.max_name_length, kem = arguments.kem,
   }
   if not keys and code == "bad_name" then options.usage("%s", message) end
   if not keys then error({ failure = message }, 0) end
   save.refuse(arguments.out, arguments.force)
   save.write(arguments.out, keys:pem(), "077")
   return report(arguments, keys:config_list(), arguments.out)
end

function actions.show(arguments)
   return report(arguments, options.ech(arguments.list))
end

function ech.run(arguments)
   return actions[arguments.action](arguments)
end

return ech
