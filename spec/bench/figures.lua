-- Numbers: medians, spreads, and how a report shows them.
local figures = {}

--- summary(values) → { median =, min =, max = }, or nil for none.
function figures.summary(values)
   if #values == 0 then
      return nil
   end
   local sorted = {}
   for i, value in ipairs(values) do
      sorted[i] = value
   end
   table.sort(sorted)
   local middle = (#sorted + 1) / 2
   return {
      median = (sorted[math.floor(middle)] + sorted[math.ceil(middle)]) / 2,
      min = sorted[1],
      max = sorted[#sorted],
   }
end

--- ratios(ours, theirs): round by round, so that a machine that gets slower in between changes little.
function figures.ratios(ours, theirs)
   local list = {}
   for i = 1, math.min(#ours, #theirs) do
      list[i] = ours[i] / theirs[i]
   end
   return figures.summary(list)
end

--- short(number) with three digits that count.
function figures.short(number)
   if number >= 99.95 then
      return ("%.0f"):format(number)
   elseif number >= 9.995 then
      return ("%.1f"):format(number)
   end
   return ("%.2f"):format(number)
end

local function spread(summary, suffix)
   if not summary then
      return "-"
   end
   return ("%s%s (%s-%s)"):format(figures.short(summary.median), suffix, figures.short(summary.min),
      figures.short(summary.max))
end

local function verdict(row)
   local expected = row.expected
   if not expected then
      return ""
   end
   local value = expected.of == "ours" and row.ours or row.ratio
   local bound = (expected.at_most and "<= " or ">= ") .. figures.short(expected.at_most or expected.at_least)
      .. (expected.of == "ours" and " " .. row.unit or "x")
   if not value then
      return bound
   end
   local met
   if expected.at_most then
      met = value.median <= expected.at_most
   else
      met = value.median >= expected.at_least
   end
   return bound .. (met and "  yes" or "  no")
end

--- met(row): "<= 0.65x  yes", or "" where nothing is expected.
figures.verdict = verdict

local FORMAT = "%-46s %-6s %-24s %-24s %-20s %s"

--- heading([beside]), line(row): the table, one line at a time.
function figures.heading(beside)
   return (FORMAT):format("  median (min-max)", "", "bearssl", beside or "LuaSec", "ratio", "expected")
end

function figures.line(row)
   local text = (FORMAT):format(row.what, row.unit, spread(row.ours, ""), spread(row.theirs, ""),
      spread(row.ratio, "x"), verdict(row))
   return (text:gsub("%s+$", ""))
end

return figures
