-- One page of Markdown as HTML. Discount does it, but for three things: fences are ours, which know their language;
-- headings have the anchors that a forge gives them; and links lead to pages.
local highlight = require "highlight"

local markdown = {}

--- run(command) is what it writes.
function markdown.run(command)
   local pipe = assert(io.popen(command))
   local text = pipe:read "*a"
   pipe:close()
   return text
end

local run = markdown.run

-- Other programs have this name as well, which know no tables.
if not run("markdown -V 2>&1"):find "discount" then
   io.stderr:write "doc: the program markdown of discount is needed (Debian, Alpine, Fedora, Homebrew: discount)\n"
   os.exit(1)
end

local function discount(text)
   local name = os.tmpname()
   local file = assert(io.open(name, "wb"))
   assert(file:write(text))
   file:close()
   local html = run("markdown -f nopants,nosuperscript,noalphalist,nodivquote,nostyle '" .. name .. "'")
   os.remove(name)
   assert(html ~= "", "discount made nothing")
   return html
end

-- Letters of more than one byte stay in an anchor; these are the other signs that the pages use in headings.
local SIGNS = { "–", "—", "…", "→", "“", "”", "‘", "’", "·" }

--- The anchor that a forge gives a heading, without the number of those that are the same.
function markdown.anchor(text)
   for _, sign in ipairs(SIGNS) do text = text:gsub(sign, "") end
   return (text:lower():gsub("[^%w%s_\128-\255-]", ""):gsub("%s", "-"))
end

local function plain(html)
   return (html:gsub("<[^>]*>", ""):gsub("&lt;", "<"):gsub("&gt;", ">"):gsub("&quot;", '"'):gsub("&amp;", "&"))
end

-- Code is put aside, and its place marked: Discount may not look into it.
local function put_aside(text)
   local blocks, out, open = {}, {}, nil
   for line in (text .. "\n"):gmatch "([^\n]*)\n" do
      local language = not open and line:match "^```(%S*)"
      if language then
         open = { language = language }
      elseif open and line:find "^```%s*$" then
         blocks[#blocks + 1] = ('<pre class="%s"><code>%s</code></pre>'):format(
            open.language, highlight.code(table.concat(open, "\n"), open.language))
         out[#out + 1] = ("\nCODEBLOCK%dEND\n"):format(#blocks)
         open = nil
      elseif open then
         open[#open + 1] = line
      else
         out[#out + 1] = line
      end
   end
   assert(not open, "a fence is not closed")
   return table.concat(out, "\n"), blocks
end

--- A page.
-- @tparam string text its Markdown
-- @tparam function link (target) → where it leads among the pages
-- @tparam function named (path) → the same for what is only named, in code; nil where there is no such page
-- @treturn string its HTML
-- @treturn table its headings: lists `{ level, anchor, html }`
function markdown.page(text, link, named)
   local rest, blocks = put_aside(text)
   local html = discount(rest)
   html = html:gsub("<p>CODEBLOCK(%d+)END</p>", function(index) return blocks[tonumber(index)] end)
   html = html:gsub("CODEBLOCK(%d+)END", function(index) return blocks[tonumber(index)] end)
   local headings, seen = {}, {}
   html = html:gsub("<h(%d)>(.-)</h%d>", function(level, inner)
      local anchor = markdown.anchor(plain(inner))
      local before = seen[anchor]
      seen[anchor] = (before or 0) + 1
      if before then anchor = anchor .. "-" .. before end
      headings[#headings + 1] = { level = tonumber(level), anchor = anchor, html = inner }
      return ('<h%s id="%s"><a class="anchor" href="#%s">%s</a></h%s>'):format(level, anchor, anchor, inner, level)
   end)
   html = html:gsub('(<a href=")([^"]*)"', function(before, target) return before .. link(target) .. '"' end)
   html = html:gsub('(<img src=")([^"]*)"', function(before, target) return before .. link(target) .. '"' end)
   html = html:gsub("([^>])<code>([%w_]+/[%w_./]+)</code>", function(before, path)
      local target = named(path)
      return target and ('%s<a href="%s"><code>%s</code></a>'):format(before, target, path)
   end)
   html = html:gsub("<table>", '<div class="table"><table>'):gsub("</table>", "</table></div>")
   return html, headings
end

return markdown
