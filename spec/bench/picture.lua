-- The ratios of a run as a picture (SVG): a bar for each row, to the right of the line where both are equal if
-- bearssl is better, on a logarithmic scale.
local figures = require "spec.bench.figures"

local picture = {}

local LABEL, HALF, NUMBER, LINE, HEADING = 430, 240, 60, 18, 30
local LIMIT = 16 -- times as good, or as bad, at the ends of the scale
local LESS_IS_BETTER = { us = true, ms = true, bytes = true, KB = true }

local function escape(text)
   return (text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }))
end

--- advantage(row): how many times as good as the other library, more than 1 if ours is better; or nil.
function picture.advantage(row)
   if not row.ratio then
      return nil
   end
   return LESS_IS_BETTER[row.unit] and 1 / row.ratio.median or row.ratio.median
end

local function offset(times)
   local clipped = math.max(1 / LIMIT, math.min(LIMIT, times))
   return HALF * math.log(clipped) / math.log(LIMIT)
end

local function text(x, y, what, more)
   return ('<text x="%.0f" y="%.0f"%s>%s</text>'):format(x, y, more or "", escape(what))
end

local function bar(row, y)
   local times = picture.advantage(row)
   local middle, width = LABEL + HALF, offset(times)
   local color = times >= 1 and "#2a7f62" or "#b5483a"
   return ('<rect x="%.1f" y="%.0f" width="%.1f" height="12" fill="%s"/>'):format(middle + math.min(width, 0), y - 10,
      math.max(math.abs(width), 0.5), color)
      .. text(LABEL - 8, y, row.what, ' text-anchor="end"')
      .. text(LABEL + 2 * HALF + 8, y, figures.short(times))
end

local function scale(bottom)
   local lines = {}
   for _, times in ipairs({ 1 / 16, 1 / 4, 1 / 2, 1, 2, 4, 16 }) do
      local x = LABEL + HALF + offset(times)
      lines[#lines + 1] = ('<line x1="%.1f" y1="52" x2="%.1f" y2="%d" stroke="%s"/>'):format(x, x, bottom,
         times == 1 and "#333" or "#ddd")
      lines[#lines + 1] = text(x, 46, times < 1 and "1/" .. figures.short(1 / times):match("%d+")
         or figures.short(times):match("%d+"), ' text-anchor="middle"')
   end
   return table.concat(lines, "\n")
end

--- draw(machine, rows): the whole picture, a string.
function picture.draw(machine, rows)
   local bars, y, group = {}, 52, nil
   for _, row in ipairs(rows) do
      if row.ratio then
         if row.group ~= group then
            group = row.group
            y = y + HEADING
            bars[#bars + 1] = text(8, y - 2, group, ' font-weight="bold"')
         end
         y = y + LINE
         bars[#bars + 1] = bar(row, y)
      end
   end
   local width, height = LABEL + 2 * HALF + NUMBER, y + 16
   local head = text(8, 20, ("bearssl, times as good as LuaSec, or who is named: %s"):format(machine.processor))
   return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" '
      .. 'font-family="sans-serif" font-size="12">\n'
      .. '<rect width="100%%" height="100%%" fill="white"/>\n%s\n%s\n%s\n</svg>\n')
      :format(width, height, width, height, head, scale(y + 6), table.concat(bars, "\n"))
end

function picture.write(path, machine, rows)
   local file = assert(io.open(path, "w"))
   assert(file:write(picture.draw(machine, rows)))
   file:close()
end

return picture
