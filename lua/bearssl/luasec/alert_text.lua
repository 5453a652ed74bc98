-- What went wrong, in OpenSSL's words: LuaSec gives them on, and programs compare them.
local alert_text = {}

local prefixes = {
   ["sslv3 alert "] = { "unexpected_message", "bad_record_mac", "decompression_failure", "handshake_failure",
      "no_certificate", "bad_certificate", "unsupported_certificate", "certificate_revoked", "certificate_expired",
      "certificate_unknown", "illegal_parameter" },
   ["tlsv1 alert "] = { "record_overflow", "unknown_ca", "access_denied", "decode_error", "decrypt_error",
      "export_restriction", "protocol_version", "insufficient_security", "internal_error", "inappropriate_fallback",
      "no_renegotiation", "unknown_psk_identity", "no_application_protocol" },
   ["tlsv13 alert "] = { "missing_extension", "certificate_required" },
   ["tlsv1 "] = { "unsupported_extension", "certificate_unobtainable", "unrecognized_name",
      "bad_certificate_status_response", "bad_certificate_hash_value" },
}

local texts = {
   alert_decryption_failed = "tlsv1 alert decryption failed", alert_user_canceled = "tlsv1 alert user cancelled",
   alert_ech_required = "ech required",
   no_common_version = "unsupported protocol", protocol_version = "wrong version number",
   no_common_suite = "no shared cipher", no_usable_credential = "no shared cipher",
   no_common_signature_algorithm = "no suitable signature algorithm",
   certificate_required = "peer did not return a certificate", truncated = "unexpected eof while reading",
   bad_record_mac = "decryption failed or bad record mac", unrecognized_name = "callback failed",
   unknown_psk_identity = "psk identity not found",
   bad_signature = "bad signature", bad_finished = "digest check failed",
   inappropriate_fallback = "inappropriate fallback", unsupported_extension = "unsolicited extension",
   unexpected_message = "unexpected message", illegal_parameter = "illegal parameter",
   record_overflow = "packet length too long", insufficient_security = "dh key too small",
   no_extended_master_secret = "inconsistent extms", missing_extension = "missing supported groups extension",
   no_renegotiation = "no renegotiation", out_of_memory = "malloc failure", closed = "closed",
   not_ready = "closed",
}
for prefix, names in pairs(prefixes) do
   for _, name in ipairs(names) do texts["alert_" .. name] = prefix .. name:gsub("_", " ") end
end

-- Verdicts on certificates: the handshake has one text for all, getpeerverification tells them apart.
local kinds
local function is_verdict(code)
   kinds = kinds or require "bearssl.codes" ()
   local entry = kinds[code]
   return entry and entry.kind == "certificate" and not code:find "^alert_"
end

-- What the library says of a peer that does not speak TLS.
local function of_stranger(message, is_server)
   if is_server and message:find "%(a plain HTTP request, for a proxy%)$" then return "https proxy request" end
   if is_server and message:find "%(a plain HTTP request%)$" then return "http request" end
   return "wrong version number"
end

--- of(code, message, is_server, version) is the text for a failure of the library's. version: of the connection, as
-- far as it is known.
function alert_text.of(code, message, is_server, version)
   local text = texts[code]
   message = message or code or "System error"
   if message:find "^the peer does not speak TLS" then
      return of_stranger(message, is_server)
   elseif code == "no_common_group" then
      return version == "TLSv1.3" and "no suitable key share" or "no shared cipher"
   elseif code == "transport_failed" then
      return message:find "[Rr]eset" and "closed" or message
   elseif text then
      return text
   end
   return is_verdict(code) and "certificate verify failed" or message
end

return alert_text
