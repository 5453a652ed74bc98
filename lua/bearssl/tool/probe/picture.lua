-- A picture of a chain of certificates: one box for each, the server's at the bottom, in SVG that stands in a page.
local describe = require "bearssl.describe"
local faults = require "bearssl.tool.probe.certificate_faults"
local markup = require "bearssl.trace.markup"

local picture = {}

local WIDTH, HEIGHT, GAP, LEFT = 480, 84, 34, 2
local NAME, LINE = 36, 66 -- characters

-- How it looks without the page's style, which comes before these.
local TEXT = 'fill="currentColor"'
local SHAPE = 'fill="none" stroke="currentColor"'

local function text(x, y, class, content, limit)
   content = markup.shortened(markup.plain(content), limit)
   return ('<text x="%d" y="%d" class="%s" %s>%s</text>'):format(x, y, class, TEXT, markup.escaped(content))
end

-- The common name of a distinguished name, or all of it: the page has it in full below.
local function short(name)
   return name:match "^CN=([^,+\\]+)" or name:match ",CN=([^,+\\]+)" or name == "" and "(no subject)" or name
end

local function key_of(certificate)
   local key = certificate.public_key
   return ("%s %s"):format(tostring(key.type), tostring(key.curve or key.bits or ""))
end

-- What is wrong with a certificate that can be seen in it alone: nil where nothing is.
local function fault_of(certificate, time)
   if certificate.not_after < time then return "expired" end
   if certificate.not_before > time then return "not valid yet" end
   return nil
end

local function place_of(entry, position, index)
   if index == 1 then return "server" end
   local last = position == #entry.order
   if entry.chain[index].is_self_signed then return last and "root, sent along" or "root" end
   return "intermediate"
end

local function box(put, y, class, lines, dashed)
   put(('<rect x="%d" y="%d" width="%d" height="%d" rx="8" class="%s" %s%s/>'):format(LEFT, y, WIDTH - 2 * LEFT,
      HEIGHT, class, SHAPE, dashed and ' stroke-dasharray="6 4"' or ""))
   put(text(18, y + 26, "n", lines[1], NAME))
   put(text(18, y + 48, "l", lines[2], LINE))
   if lines[3] then put(text(18, y + 68, "l", lines[3], LINE)) end
   put(('<text x="%d" y="%d" class="p" text-anchor="end" %s>%s</text>'):format(WIDTH - 18, y + 26,
      TEXT, markup.content(lines.place)))
end

-- From an issuer to the certificate below it.
local function arrow(put, y, class, below)
   local x = 60
   local weak = faults.is_weakly_signed(below)
   if weak then class = "bad" end
   put(('<path d="M%d %dV%d" class="a %s" %s/>'):format(x, y + 3, y + GAP - 9, class, SHAPE))
   put(('<path d="M%d %dl-5 -9h10z" class="h %s" %s/>'):format(x, y + GAP - 2, class, TEXT))
   put(text(x + 16, y + 22, "l", ("signs with %s%s"):format(tostring(below.signature_algorithm),
      weak and ", which is too weak" or ""), LINE))
end

--- chain(entry, time) draws one of a report's chains, from the authority down to the server: an SVG element. Where the
-- authority was not sent, its box is dashed.
function picture.chain(entry, time)
   local parts, y = {}, 2
   local function put(piece) parts[#parts + 1] = piece end
   local top = entry.chain[entry.order[#entry.order]]
   if not top.is_self_signed then
      local missing = entry.verdict == "unknown_ca"
      box(put, y, missing and "bad" or "good", {
         short(top.issuer),
         missing and "not sent, or not trusted" or entry.verified and "trusted, and so not sent" or "not sent",
         place = entry.verified and "authority" or "issuer",
      }, true)
      arrow(put, y + HEIGHT, missing and "bad" or "good", top)
      y = y + HEIGHT + GAP
   end
   for position = #entry.order, 1, -1 do
      local index = entry.order[position]
      local certificate = entry.chain[index]
      local fault = fault_of(certificate, time)
      local wrong = fault or index == 1 and not entry.name_matches
      box(put, y, wrong and "bad" or "good", {
         short(certificate.subject),
         key_of(certificate) .. (index == 1 and not entry.name_matches and " · for another name" or ""),
         ("%s to %s%s"):format(describe.date(certificate.not_before), describe.date(certificate.not_after),
            fault and " · " .. fault or ""),
         place = place_of(entry, position, index),
      })
      y = y + HEIGHT
      if position > 1 then
         local below = entry.chain[entry.order[position - 1]]
         arrow(put, y, "good", below)
         y = y + GAP
      end
   end
   for _, index in ipairs(entry.superfluous) do
      y = y + 14
      local certificate = entry.chain[index]
      box(put, y, "idle", { short(certificate.subject), key_of(certificate), place = "sent, but not part of it" }, true)
      y = y + HEIGHT
   end
   return ('<svg class="chain" viewBox="0 0 %d %d" width="%d" role="img" aria-label="The chain of certificates">%s'
      .. '</svg>'):format(WIDTH, y + 2, WIDTH, table.concat(parts, "\n"))
end

return picture
