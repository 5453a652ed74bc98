-- lend(name) requires a module that is one plain Lua file, such as Copas. Debian files it under 5.1 and 5.2 only: the
-- other Luas borrow it.
return function(name)
   if not pcall(require, name) then
      package.preload[name] = assert(loadfile("/usr/share/lua/5.1/" .. name .. ".lua"))
   end
   return require(name)
end
