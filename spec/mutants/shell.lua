--- Files and commands, for what makes and tries mutants.
local shell = {}

function shell.read(path)
   local file = io.open(path, "rb")
   if not file then return nil end
   local content = file:read("*a")
   file:close()
   return content
end

function shell.write(path, content, mode)
   local file = assert(io.open(path, mode or "wb"))
   file:write(content)
   file:close()
end

function shell.lines_of(command)
   local pipe, list = assert(io.popen(command)), {}
   for line in pipe:lines() do list[#list + 1] = line end
   pipe:close()
   return list
end

function shell.quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

--- Whether it ends well; what it says goes to `log`.
function shell.run(command, log)
   local status = os.execute("{ " .. command .. "\n} >" .. (log or "/dev/null") .. " 2>&1")
   return status == true or status == 0
end

function shell.must(command)
   local log = os.tmpname()
   local ended_well = shell.run(command, log)
   local said = shell.read(log)
   os.remove(log)
   if not ended_well then error(command .. "\n" .. said, 0) end
end

return shell
