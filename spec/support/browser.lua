-- Visitors of the page of `bearssl serve` about the connection: the newest Chromium without a screen, and curl.
--     browser.chromium(server, certificate)   status, page, errors: with no key but this certificate's taken for known
--     browser.start(server, certificate)      the same, but the process, which has only begun
--     browser.curl(server, …)                 status, page: with the specs' CA trusted, and more words
--     browser.facts(page)                     what the page says: name -> value
local certificates = require "spec.support.certificates"
local newer = require "spec.support.newer"
local process = require "spec.support.process"
local shell = require "spec.support.shell"
local temporary = require "spec.support.temporary"

local browser = {}

local PATIENCE = 30

local function pin_of(certificate)
   return shell.run(("openssl x509 -in %s -pubkey -noout | openssl pkey -pubin -outform der"
      .. " | openssl dgst -sha256 -binary | openssl base64"):format(shell.quote(certificate.certfile))):match("[^\n]+")
end

function browser.start(server, certificate)
   return process.start(newer.program("chromium", "--no-sandbox", "--disable-gpu",
      "--user-data-dir=" .. temporary.make_directory(), "--ignore-certificate-errors-spki-list=" .. pin_of(certificate),
      "--dump-dom", ("https://127.0.0.1:%d/"):format(server.port)), { separate = true })
end

function browser.chromium(server, certificate)
   local child = browser.start(server, certificate)
   return child:wait(PATIENCE), child:output(), child:errors()
end

function browser.curl(server, ...)
   return shell.try(newer.program("curl", "--silent", "--show-error", "--max-time", "30", "--noproxy", "*",
      "--cacert", certificates.ca.certfile, server.url .. "/", ...))
end

-- The page is HTML for browsers and lines for others.
function browser.facts(page)
   local facts = {}
   for name, value in page:gmatch("([%w_]+)  +([^\n]+)") do facts[name] = value end
   for name, value in page:gmatch('<th align="left">([%w_]+)</th><td>([^<]*)</td>') do facts[name] = value end
   return facts
end

return browser
