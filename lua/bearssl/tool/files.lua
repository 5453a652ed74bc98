-- Which file of a directory an HTTP request means. Symbolic links inside the directory are followed,
-- wherever they lead: whoever put them there decides. Nothing in a request can leave the directory.
local core = require "bearssl.core"

local files = {}

local types = {
   html = "text/html; charset=utf-8", htm = "text/html; charset=utf-8", css = "text/css; charset=utf-8",
   js = "text/javascript; charset=utf-8", mjs = "text/javascript; charset=utf-8", json = "application/json",
   txt = "text/plain; charset=utf-8", md = "text/markdown; charset=utf-8", lua = "text/plain; charset=utf-8",
   xml = "application/xml", svg = "image/svg+xml", png = "image/png", jpg = "image/jpeg", jpeg = "image/jpeg",
   gif = "image/gif", webp = "image/webp", ico = "image/x-icon", pdf = "application/pdf", gz = "application/gzip",
   zip = "application/zip", tar = "application/x-tar", wasm = "application/wasm", mp4 = "video/mp4",
   mp3 = "audio/mpeg", woff = "font/woff", woff2 = "font/woff2", csv = "text/csv; charset=utf-8",
   crt = "application/x-pem-file", pem = "application/x-pem-file",
}

--- content_type(path) by the name's extension.
function files.content_type(path)
   local extension = path:match("%.(%w+)$")
   return extension and types[extension:lower()] or "application/octet-stream"
end

local EACCES, ENFILE, EMFILE = 13, 23, 24

-- What is at path: "file" with the open file and its size, "directory", "other" (a device, a pipe, a socket), or nil.
-- What is no regular file is not opened: opening a pipe waits for whoever writes to it.
local function look(path)
   local kind, _, number = core.path_kind(path)
   if kind == "directory" or kind == "other" then return kind end
   local file
   if kind then file, _, number = io.open(path, "rb") end
   if number == EACCES then return "forbidden" end
   if number == EMFILE or number == ENFILE then return "busy" end
   if not file then return nil end
   local size = file:seek("end")
   if not size or not file:seek("set", 0) then
      file:close()
      return "other"
   end
   return "file", file, size
end

--- find(root, request) → {file, size, path}; or {status = …} when there is nothing to send; a status of 301
-- comes with the location. `request` is http.request's.
function files.find(root, request)
   local path = root
   for _, segment in ipairs(request.segments) do path = path .. "/" .. segment end
   local kind, file, size = look(path)
   if kind == "directory" then
      if not request.directory then return { status = 301, location = request.path:gsub("^//+", "/") .. "/" } end
      path = path .. "/index.html"
      kind, file, size = look(path)
      if kind ~= "file" then return { status = 403 } end
   elseif kind == "file" and request.directory then
      file:close()
      return { status = 404 }
   end
   if kind == "file" then return { status = 200, file = file, size = size, path = path } end
   if kind == "busy" then return { status = 503 } end
   return { status = (kind == "other" or kind == "forbidden") and 403 or 404 }
end

--- is_directory(path), for the command line.
function files.is_directory(path)
   return core.path_kind(path) == "directory"
end

return files
