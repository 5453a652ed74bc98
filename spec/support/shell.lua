-- Runs commands of the system's shell, the same way on every Lua.
local shell = {}

-- quote makes one word of the shell of a string.
function shell.quote(word)
   word = tostring(word)
   if word:find("^[%w_/.,:=@%%+-]+$") then
      return word
   end
   return "'" .. word:gsub("'", "'\\''") .. "'"
end

-- join makes a command line of a list of words.
function shell.join(words)
   local quoted = {}
   for index, word in ipairs(words) do
      quoted[index] = shell.quote(word)
   end
   return table.concat(quoted, " ")
end

local function command_line(command)
   if type(command) == "table" then
      return shell.join(command)
   end
   return command
end

-- try runs a command (a string for the shell, or a list of words) to its end and returns its exit
-- status and what it wrote on both outputs.
function shell.try(command)
   local pipe = assert(io.popen("{ " .. command_line(command) .. "\n} 2>&1 </dev/null; echo \"status=$?\""))
   local output = pipe:read("*a")
   pipe:close()
   local status
   output, status = output:match("^(.-)status=(%d+)\n$")
   return tonumber(status), output
end

-- run is try for commands that must succeed: it returns their output.
function shell.run(command)
   local status, output = shell.try(command)
   if status ~= 0 then
      error(("exit status %s of: %s\n%s"):format(tostring(status), command_line(command), tostring(output)), 2)
   end
   return output
end

-- lines is the list of the lines that such a command writes.
function shell.lines(command)
   local list = {}
   for line in shell.run(command):gmatch("[^\n]+") do
      list[#list + 1] = line
   end
   return list
end

-- which tells where a program is, or nil.
function shell.which(program)
   local status, output = shell.try("command -v " .. shell.quote(program))
   return status == 0 and output:match("^[^\n]+") or nil
end

return shell
