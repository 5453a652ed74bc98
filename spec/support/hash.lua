-- Hashes of strings, big files and streams, by the system's program; and data to transfer.
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local hash = {}

-- file is the SHA-256 of a file in hexadecimal.
function hash.file(path)
   return shell.run({ "openssl", "dgst", "-sha256", "-r", path }):match("^(%x+)")
end

-- bytes is the SHA-256 of a string.
function hash.bytes(data)
   local path = temporary.write(data)
   local result = hash.file(path)
   os.remove(path)
   return result
end

-- raw is the hash of a string by the program's name for it ("sha384"), as bytes.
function hash.raw(name, data)
   local path = temporary.write(data)
   local digits = shell.run({ "openssl", "dgst", "-" .. name, "-r", path }):match("^(%x+)")
   os.remove(path)
   return (digits:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- stream collects pieces: sink:add(bytes) as often as one likes, then sink:finish() gives the hash and
-- the number of bytes.
function hash.stream()
   local path = temporary.path(".sum")
   local pipe = assert(io.popen("openssl dgst -sha256 -r > " .. shell.quote(path), "w"))
   local sink = { length = 0 }
   function sink:add(bytes)
      pipe:write(bytes)
      self.length = self.length + #bytes
   end
   function sink:finish()
      pipe:close()
      return temporary.read(path):match("^(%x+)"), self.length
   end
   return sink
end

local random_files = {}

-- random_file is the path of a file of so many pseudo-random bytes (made once per run), and its hash.
function hash.random_file(length)
   local entry = random_files[length]
   if not entry then
      local path = temporary.path(".random")
      shell.run(
         ("head -c %d /dev/zero | openssl enc -aes-128-ctr -K %032x -iv %032x > %s"):format(
            length,
            length,
            1,
            shell.quote(path)
         )
      )
      entry = { path = path, hash = hash.file(path) }
      random_files[length] = entry
   end
   return entry.path, entry.hash
end

return hash
