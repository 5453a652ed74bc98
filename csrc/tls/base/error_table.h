/* error_table.h - TLS_REASON(name, alert, code, sentence). Included several times, on purpose.
 * Grouped by who finds it. Codes are stable: callers compare them. Keep one line or two per reason.
 */

/* Local: memory, misuse of an object's state, the transport. Nothing to tell the peer. */
TLS_REASON(OUT_OF_MEMORY, TLS_ALERT_INTERNAL_ERROR, "out_of_memory", "out of memory")
TLS_REASON(INTERNAL, TLS_ALERT_INTERNAL_ERROR, "internal_error", "internal error")
TLS_REASON(
    NO_RANDOM, TLS_ALERT_INTERNAL_ERROR, "no_random", "the operating system gave no random bytes")
TLS_REASON(CLOSED, TLS_ALERT_NONE, "closed", "the connection is closed")
TLS_REASON(TRUNCATED, TLS_ALERT_NONE, "truncated",
    "the peer closed the transport without close_notify: the data may be incomplete")
TLS_REASON(TIMEOUT, TLS_ALERT_NONE, "timeout", "the operation timed out")
TLS_REASON(TRANSPORT_FAILED, TLS_ALERT_NONE, "transport_failed", "the transport failed")
TLS_REASON(NOT_READY, TLS_ALERT_NONE, "not_ready", "the handshake is not complete")

/* Protocol: found in what the peer sent (RFC 5246 section 7.2.2, RFC 8446 section 6.2). */
TLS_REASON(DECODE, TLS_ALERT_DECODE_ERROR, "decode_error", "a message could not be decoded")
TLS_REASON(UNEXPECTED_MESSAGE, TLS_ALERT_UNEXPECTED_MESSAGE, "unexpected_message",
    "a message arrived that is not allowed at this point")
TLS_REASON(BAD_RECORD_MAC, TLS_ALERT_BAD_RECORD_MAC, "bad_record_mac",
    "a record failed its integrity check")
TLS_REASON(RECORD_OVERFLOW, TLS_ALERT_RECORD_OVERFLOW, "record_overflow",
    "a record is longer than the protocol allows")
TLS_REASON(ILLEGAL_PARAMETER, TLS_ALERT_ILLEGAL_PARAMETER, "illegal_parameter",
    "a field has a value that is not allowed")
TLS_REASON(HANDSHAKE_FAILURE, TLS_ALERT_HANDSHAKE_FAILURE, "handshake_failure",
    "no common set of parameters (cipher suites, groups or certificates) could be agreed")
TLS_REASON(PROTOCOL_VERSION, TLS_ALERT_PROTOCOL_VERSION, "protocol_version",
    "the peer offers no protocol version that this context allows")
TLS_REASON(INSUFFICIENT_SECURITY, TLS_ALERT_INSUFFICIENT_SECURITY, "insufficient_security",
    "what the peer offers is weaker than this context allows")
TLS_REASON(INAPPROPRIATE_FALLBACK, TLS_ALERT_INAPPROPRIATE_FALLBACK, "inappropriate_fallback",
    "the client fell back to an older version although both sides support a newer one")
TLS_REASON(UNSUPPORTED_EXTENSION, TLS_ALERT_UNSUPPORTED_EXTENSION, "unsupported_extension",
    "the peer answered with an extension that was not offered")
TLS_REASON(NO_APPLICATION_PROTOCOL, TLS_ALERT_NO_APPLICATION_PROTOCOL, "no_application_protocol",
    "no common ALPN protocol")
TLS_REASON(UNRECOGNIZED_NAME, TLS_ALERT_UNRECOGNIZED_NAME, "unrecognized_name",
    "the server does not know the requested server name")
TLS_REASON(
    BAD_SIGNATURE, TLS_ALERT_DECRYPT_ERROR, "bad_signature", "a handshake signature did not verify")
TLS_REASON(BAD_FINISHED, TLS_ALERT_DECRYPT_ERROR, "bad_finished",
    "the Finished message did not verify: the handshake was altered or the keys differ")
TLS_REASON(
    NO_RENEGOTIATION, TLS_ALERT_NO_RENEGOTIATION, "no_renegotiation", "renegotiation is refused")
TLS_REASON(RESUME_MISMATCH, TLS_ALERT_ILLEGAL_PARAMETER, "resume_mismatch",
    "the resumed session does not match its parameters")
TLS_REASON(LIMIT, TLS_ALERT_DECODE_ERROR, "limit_exceeded",
    "a message or list is longer than this library accepts")

/* Certificates: verdicts (RFC 5280 section 6) and the alerts that RFC 5246 names for them. */
TLS_REASON(CERTIFICATE_REQUIRED, TLS_ALERT_HANDSHAKE_FAILURE, "certificate_required",
    "the peer sent no certificate although one is required")
TLS_REASON(BAD_CERTIFICATE, TLS_ALERT_BAD_CERTIFICATE, "bad_certificate",
    "a certificate could not be parsed or is not a valid X.509 v3 certificate")
TLS_REASON(UNSUPPORTED_CERTIFICATE, TLS_ALERT_UNSUPPORTED_CERTIFICATE, "unsupported_certificate",
    "a certificate's key type or usage does not fit")
TLS_REASON(CERTIFICATE_EXPIRED, TLS_ALERT_CERTIFICATE_EXPIRED, "certificate_expired",
    "a certificate has expired")
TLS_REASON(CERTIFICATE_NOT_YET_VALID, TLS_ALERT_CERTIFICATE_EXPIRED, "certificate_not_yet_valid",
    "a certificate is not valid yet")
TLS_REASON(CERTIFICATE_REVOKED, TLS_ALERT_CERTIFICATE_REVOKED, "certificate_revoked",
    "a certificate has been revoked")
TLS_REASON(UNKNOWN_CA, TLS_ALERT_UNKNOWN_CA, "unknown_ca",
    "the chain does not lead to a trusted certificate")
TLS_REASON(SELF_SIGNED, TLS_ALERT_UNKNOWN_CA, "self_signed",
    "the certificate is self-signed and not trusted")
TLS_REASON(NAME_MISMATCH, TLS_ALERT_BAD_CERTIFICATE, "name_mismatch",
    "the certificate is for another name")
TLS_REASON(BAD_CERTIFICATE_SIGNATURE, TLS_ALERT_BAD_CERTIFICATE, "bad_certificate_signature",
    "a certificate's signature did not verify")
TLS_REASON(NOT_A_CA, TLS_ALERT_UNKNOWN_CA, "not_a_ca",
    "a certificate that signed another is not allowed to")
TLS_REASON(PATH_TOO_LONG, TLS_ALERT_UNKNOWN_CA, "path_too_long",
    "the certification path is longer than allowed")
TLS_REASON(NAME_CONSTRAINT, TLS_ALERT_BAD_CERTIFICATE, "name_constraint",
    "a certificate has a name that its issuer may not certify")
TLS_REASON(WRONG_PURPOSE, TLS_ALERT_UNSUPPORTED_CERTIFICATE, "wrong_purpose",
    "a certificate's key usage or extended key usage does not allow this use")
TLS_REASON(CRITICAL_EXTENSION, TLS_ALERT_UNSUPPORTED_CERTIFICATE, "critical_extension",
    "a certificate has a critical extension that is not understood")
TLS_REASON(
    WEAK_KEY, TLS_ALERT_INSUFFICIENT_SECURITY, "weak_key", "a certificate's public key is too weak")
TLS_REASON(WEAK_SIGNATURE, TLS_ALERT_INSUFFICIENT_SECURITY, "weak_signature",
    "a certificate is signed with a hash that is too weak")
TLS_REASON(CERTIFICATE_REFUSED, TLS_ALERT_CERTIFICATE_UNKNOWN, "certificate_refused",
    "a handler refused the certificate")
TLS_REASON(REVOCATION_UNKNOWN, TLS_ALERT_CERTIFICATE_UNKNOWN, "revocation_unknown",
    "no CRL and no OCSP response tells whether a certificate is revoked")
TLS_REASON(STAPLE_REQUIRED, TLS_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "staple_required",
    "the peer sent no OCSP response although one must come with its certificate")
TLS_REASON(BAD_OCSP_RESPONSE, TLS_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "bad_ocsp_response",
    "an OCSP response could not be parsed or cannot be relied on")
TLS_REASON(OCSP_EXPIRED, TLS_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "ocsp_expired",
    "an OCSP response is not in date")
TLS_REASON(BAD_CRL, TLS_ALERT_CERTIFICATE_UNKNOWN, "bad_crl",
    "a CRL could not be parsed or is not signed by the certificate's issuer")
TLS_REASON(UNSUPPORTED_CRL, TLS_ALERT_CERTIFICATE_UNKNOWN, "unsupported_crl",
    "a CRL is not a complete one of its issuer: delta and indirect CRLs are not supported")
TLS_REASON(CRL_EXPIRED, TLS_ALERT_CERTIFICATE_UNKNOWN, "crl_expired",
    "a CRL has expired: get the issuer's current one")
TLS_REASON(
    CRL_NOT_YET_VALID, TLS_ALERT_CERTIFICATE_UNKNOWN, "crl_not_yet_valid", "a CRL is not valid yet")
TLS_REASON(PIN_MISMATCH, TLS_ALERT_CERTIFICATE_UNKNOWN, "pin_mismatch",
    "no certificate of the path has one of the pinned keys")

/* Files and objects that the caller gives. */
TLS_REASON(BAD_PEM, TLS_ALERT_NONE, "bad_pem", "no usable PEM block was found")
TLS_REASON(BAD_DER, TLS_ALERT_NONE, "bad_der", "the DER encoding is not valid")
TLS_REASON(BAD_KEY, TLS_ALERT_NONE, "bad_key", "the private key could not be decoded")
TLS_REASON(ENCRYPTED_KEY, TLS_ALERT_NONE, "encrypted_key",
    "the private key is encrypted: give its password")
TLS_REASON(
    BAD_PASSWORD, TLS_ALERT_NONE, "bad_password", "the password does not decrypt the private key")
TLS_REASON(UNSUPPORTED_ENCRYPTION, TLS_ALERT_NONE, "unsupported_encryption",
    "the private key is encrypted in a way that is not supported, or not with 1000 to 10 million "
    "iterations: convert it with `openssl pkcs8 -topk8`")
TLS_REASON(UNSUPPORTED_KEY, TLS_ALERT_NONE, "unsupported_key",
    "a key of this kind or size cannot be used for that")
TLS_REASON(KEY_MISMATCH, TLS_ALERT_NONE, "key_mismatch",
    "the private key does not belong to the certificate")
TLS_REASON(BAD_REQUEST, TLS_ALERT_NONE, "bad_request",
    "the certificate request could not be parsed or is not signed with its own key")
TLS_REASON(BAD_NAME, TLS_ALERT_NONE, "bad_name",
    "a distinguished name, host name or address could not be parsed")
TLS_REASON(BAD_FIELD, TLS_ALERT_NONE, "bad_field",
    "a field of what should be issued makes no sense or contradicts another")
TLS_REASON(BAD_SESSION, TLS_ALERT_NONE, "bad_session", "the session could not be decoded")

/* Handlers. */
TLS_REASON(REFUSED, TLS_ALERT_ACCESS_DENIED, "refused", "a handler refused the connection")
TLS_REASON(HANDLER, TLS_ALERT_INTERNAL_ERROR, "handler_error", "a handler failed")
TLS_REASON(SIGN_FAILED, TLS_ALERT_INTERNAL_ERROR, "sign_failed",
    "the private key operation failed or its handler gave no signature")

/* The peer sent a fatal alert; the connection keeps which one. */
TLS_REASON(PEER_ALERT, TLS_ALERT_NONE, "peer_alert", "the peer ended the connection with an alert")

/* Extensions that a message must have (RFC 8446 section 9.2). */
TLS_REASON(MISSING_EXTENSION, TLS_ALERT_MISSING_EXTENSION, "missing_extension",
    "a message lacks an extension that it must have")
TLS_REASON(
    BAD_TICKET_KEYS, TLS_ALERT_NONE, "bad_ticket_keys", "the ticket keys could not be decoded")
TLS_REASON(EXTENDED_MASTER_SECRET, TLS_ALERT_HANDSHAKE_FAILURE, "no_extended_master_secret",
    "the peer does not use the extended master secret although it must")
TLS_REASON(UNSAFE_BINDING, TLS_ALERT_NONE, "unsafe_binding",
    "this connection has nothing safe to bind to: the extended master secret was not negotiated")
TLS_REASON(UNSUPPORTED_VERSION, TLS_ALERT_NONE, "unsupported_version",
    "the protocol version of this connection does not have that")
TLS_REASON(NO_POST_HANDSHAKE_AUTH, TLS_ALERT_NONE, "no_post_handshake_auth",
    "the client did not offer post-handshake authentication")
TLS_REASON(UNKNOWN_PSK_IDENTITY, TLS_ALERT_UNKNOWN_PSK_IDENTITY, "unknown_psk_identity",
    "the client offers no pre-shared key that this server knows")
TLS_REASON(BUSY, TLS_ALERT_NONE, "busy",
    "something before it waits to be sent or to be answered: try again later")
