/* error_table.h - TLS_REASON(name, kind, alert, code, sentence). Included several times, on
 * purpose. Grouped by who finds it. Codes are stable: callers compare them. Keep one line or two
 * per reason.
 */

/* Local: memory, misuse of an object's state, the transport. Nothing to tell the peer. */
TLS_REASON(OUT_OF_MEMORY, LOCAL, TLS_ALERT_INTERNAL_ERROR, "out_of_memory", "out of memory")
TLS_REASON(INTERNAL, LOCAL, TLS_ALERT_INTERNAL_ERROR, "internal_error", "internal error")
TLS_REASON(NO_RANDOM, LOCAL, TLS_ALERT_INTERNAL_ERROR, "no_random",
    "the operating system gave no random bytes")
TLS_REASON(CLOSED, END, TLS_ALERT_NONE, "closed", "the connection is closed")
TLS_REASON(TRUNCATED, END, TLS_ALERT_NONE, "truncated",
    "the peer closed the transport without close_notify: the data may be incomplete")
TLS_REASON(TIMEOUT, AGAIN, TLS_ALERT_NONE, "timeout", "the operation timed out")
TLS_REASON(TRANSPORT_FAILED, END, TLS_ALERT_NONE, "transport_failed", "the transport failed")
TLS_REASON(NOT_READY, AGAIN, TLS_ALERT_NONE, "not_ready", "the handshake is not complete")

/* Protocol: found in what the peer sent (RFC 5246 section 7.2.2, RFC 8446 section 6.2). */
TLS_REASON(
    DECODE, PROTOCOL, TLS_ALERT_DECODE_ERROR, "decode_error", "a message could not be decoded")
TLS_REASON(UNEXPECTED_MESSAGE, PROTOCOL, TLS_ALERT_UNEXPECTED_MESSAGE, "unexpected_message",
    "a message arrived that is not allowed at this point")
TLS_REASON(BAD_RECORD_MAC, PROTOCOL, TLS_ALERT_BAD_RECORD_MAC, "bad_record_mac",
    "a record failed its integrity check")
TLS_REASON(RECORD_OVERFLOW, PROTOCOL, TLS_ALERT_RECORD_OVERFLOW, "record_overflow",
    "a record is longer than the protocol allows")
TLS_REASON(ILLEGAL_PARAMETER, PROTOCOL, TLS_ALERT_ILLEGAL_PARAMETER, "illegal_parameter",
    "a field has a value that is not allowed")
TLS_REASON(HANDSHAKE_FAILURE, PROTOCOL, TLS_ALERT_HANDSHAKE_FAILURE, "handshake_failure",
    "the handshake was refused")
TLS_REASON(NO_COMMON_SUITE, PROTOCOL, TLS_ALERT_HANDSHAKE_FAILURE, "no_common_suite",
    "the two sides have no cipher suite in common")
TLS_REASON(NO_COMMON_GROUP, PROTOCOL, TLS_ALERT_HANDSHAKE_FAILURE, "no_common_group",
    "the two sides have no group in common")
TLS_REASON(NO_COMMON_SIGNATURE_ALGORITHM, PROTOCOL, TLS_ALERT_HANDSHAKE_FAILURE,
    "no_common_signature_algorithm", "the two sides have no signature algorithm in common")
TLS_REASON(NO_USABLE_CREDENTIAL, PROTOCOL, TLS_ALERT_HANDSHAKE_FAILURE, "no_usable_credential",
    "this side has no certificate whose key can do what both sides have in common")
TLS_REASON(NO_COMMON_VERSION, PROTOCOL, TLS_ALERT_PROTOCOL_VERSION, "no_common_version",
    "the two sides have no protocol version in common")
TLS_REASON(PROTOCOL_VERSION, PROTOCOL, TLS_ALERT_PROTOCOL_VERSION, "protocol_version",
    "a message or a record names a protocol version that it must not")
TLS_REASON(INSUFFICIENT_SECURITY, PROTOCOL, TLS_ALERT_INSUFFICIENT_SECURITY,
    "insufficient_security", "what the peer offers is weaker than this context allows")
TLS_REASON(INAPPROPRIATE_FALLBACK, PROTOCOL, TLS_ALERT_INAPPROPRIATE_FALLBACK,
    "inappropriate_fallback",
    "the client fell back to an older version although both sides support a newer one")
TLS_REASON(UNSUPPORTED_EXTENSION, PROTOCOL, TLS_ALERT_UNSUPPORTED_EXTENSION,
    "unsupported_extension", "the peer answered with an extension that was not offered")
TLS_REASON(NO_APPLICATION_PROTOCOL, PROTOCOL, TLS_ALERT_NO_APPLICATION_PROTOCOL,
    "no_application_protocol", "no common ALPN protocol")
TLS_REASON(UNRECOGNIZED_NAME, PROTOCOL, TLS_ALERT_UNRECOGNIZED_NAME, "unrecognized_name",
    "the server does not know the requested server name")
TLS_REASON(BAD_SIGNATURE, PROTOCOL, TLS_ALERT_DECRYPT_ERROR, "bad_signature",
    "a handshake signature did not verify")
TLS_REASON(BAD_FINISHED, PROTOCOL, TLS_ALERT_DECRYPT_ERROR, "bad_finished",
    "the Finished message did not verify: the handshake was altered or the keys differ")
TLS_REASON(NO_RENEGOTIATION, PROTOCOL, TLS_ALERT_NO_RENEGOTIATION, "no_renegotiation",
    "renegotiation is refused, here or by the peer")
TLS_REASON(RENEGOTIATION_MISMATCH, PROTOCOL, TLS_ALERT_HANDSHAKE_FAILURE, "renegotiation_mismatch",
    "a renegotiation is not the connection's own, or changes what must stay")
TLS_REASON(RESUME_MISMATCH, PROTOCOL, TLS_ALERT_ILLEGAL_PARAMETER, "resume_mismatch",
    "the resumed session does not match its parameters")
TLS_REASON(LIMIT, PROTOCOL, TLS_ALERT_DECODE_ERROR, "limit_exceeded",
    "a message or list is longer than this library accepts")

/* Certificates: verdicts (RFC 5280 section 6) and the alerts that RFC 5246 names for them. */
TLS_REASON(CERTIFICATE_REQUIRED, CERTIFICATE, TLS_ALERT_HANDSHAKE_FAILURE, "certificate_required",
    "the peer sent no certificate although one is required")
TLS_REASON(BAD_CERTIFICATE, CERTIFICATE, TLS_ALERT_BAD_CERTIFICATE, "bad_certificate",
    "a certificate could not be parsed or is not a valid X.509 v3 certificate")
TLS_REASON(UNSUPPORTED_CERTIFICATE, CERTIFICATE, TLS_ALERT_UNSUPPORTED_CERTIFICATE,
    "unsupported_certificate", "a certificate's key type or usage does not fit")
TLS_REASON(CERTIFICATE_EXPIRED, CERTIFICATE, TLS_ALERT_CERTIFICATE_EXPIRED, "certificate_expired",
    "a certificate has expired")
TLS_REASON(CERTIFICATE_NOT_YET_VALID, CERTIFICATE, TLS_ALERT_CERTIFICATE_EXPIRED,
    "certificate_not_yet_valid", "a certificate is not valid yet")
TLS_REASON(CERTIFICATE_REVOKED, CERTIFICATE, TLS_ALERT_CERTIFICATE_REVOKED, "certificate_revoked",
    "a certificate has been revoked")
TLS_REASON(UNKNOWN_CA, CERTIFICATE, TLS_ALERT_UNKNOWN_CA, "unknown_ca",
    "the chain does not lead to a trusted certificate")
TLS_REASON(SELF_SIGNED, CERTIFICATE, TLS_ALERT_UNKNOWN_CA, "self_signed",
    "the certificate is self-signed and not trusted")
TLS_REASON(NAME_MISMATCH, CERTIFICATE, TLS_ALERT_BAD_CERTIFICATE, "name_mismatch",
    "the certificate is for another name")
TLS_REASON(BAD_CERTIFICATE_SIGNATURE, CERTIFICATE, TLS_ALERT_BAD_CERTIFICATE,
    "bad_certificate_signature", "a certificate's signature did not verify")
TLS_REASON(NOT_A_CA, CERTIFICATE, TLS_ALERT_UNKNOWN_CA, "not_a_ca",
    "a certificate that signed another is not allowed to")
TLS_REASON(PATH_TOO_LONG, CERTIFICATE, TLS_ALERT_UNKNOWN_CA, "path_too_long",
    "the certification path is longer than allowed")
TLS_REASON(NAME_CONSTRAINT, CERTIFICATE, TLS_ALERT_BAD_CERTIFICATE, "name_constraint",
    "a certificate has a name that its issuer may not certify")
TLS_REASON(WRONG_PURPOSE, CERTIFICATE, TLS_ALERT_UNSUPPORTED_CERTIFICATE, "wrong_purpose",
    "a certificate's key usage or extended key usage does not allow this use")
TLS_REASON(CRITICAL_EXTENSION, CERTIFICATE, TLS_ALERT_UNSUPPORTED_CERTIFICATE, "critical_extension",
    "a certificate has a critical extension that is not understood, or that must not be critical")
TLS_REASON(WEAK_KEY, CERTIFICATE, TLS_ALERT_INSUFFICIENT_SECURITY, "weak_key",
    "a certificate's public key is too weak")
TLS_REASON(WEAK_SIGNATURE, CERTIFICATE, TLS_ALERT_INSUFFICIENT_SECURITY, "weak_signature",
    "a certificate is signed with a hash that is too weak")
TLS_REASON(CERTIFICATE_REFUSED, CERTIFICATE, TLS_ALERT_CERTIFICATE_UNKNOWN, "certificate_refused",
    "a handler refused the certificate")
TLS_REASON(REVOCATION_UNKNOWN, CERTIFICATE, TLS_ALERT_CERTIFICATE_UNKNOWN, "revocation_unknown",
    "no CRL and no OCSP response tells whether a certificate is revoked")
TLS_REASON(STAPLE_REQUIRED, CERTIFICATE, TLS_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE,
    "staple_required", "the peer sent no OCSP response although one must come with its certificate")
TLS_REASON(BAD_OCSP_RESPONSE, CERTIFICATE, TLS_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE,
    "bad_ocsp_response", "an OCSP response could not be parsed or cannot be relied on")
TLS_REASON(OCSP_EXPIRED, CERTIFICATE, TLS_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "ocsp_expired",
    "an OCSP response is not in date")
TLS_REASON(BAD_CRL, CERTIFICATE, TLS_ALERT_CERTIFICATE_UNKNOWN, "bad_crl",
    "a CRL could not be parsed or is not signed by the certificate's issuer")
TLS_REASON(UNSUPPORTED_CRL, CERTIFICATE, TLS_ALERT_CERTIFICATE_UNKNOWN, "unsupported_crl",
    "a CRL is not a complete one of its issuer: delta and indirect CRLs are not supported")
TLS_REASON(CRL_EXPIRED, CERTIFICATE, TLS_ALERT_CERTIFICATE_UNKNOWN, "crl_expired",
    "a CRL has expired: get the issuer's current one")
TLS_REASON(CRL_NOT_YET_VALID, CERTIFICATE, TLS_ALERT_CERTIFICATE_UNKNOWN, "crl_not_yet_valid",
    "a CRL is not valid yet")
TLS_REASON(PIN_MISMATCH, CERTIFICATE, TLS_ALERT_CERTIFICATE_UNKNOWN, "pin_mismatch",
    "no certificate of the path has one of the pinned keys")

/* Files and objects that the caller gives. */
TLS_REASON(BAD_PEM, INPUT, TLS_ALERT_NONE, "bad_pem", "no usable PEM block was found")
TLS_REASON(BAD_DER, INPUT, TLS_ALERT_NONE, "bad_der", "the DER encoding is not valid")
TLS_REASON(BAD_KEY, INPUT, TLS_ALERT_NONE, "bad_key", "the private key could not be decoded")
TLS_REASON(ENCRYPTED_KEY, INPUT, TLS_ALERT_NONE, "encrypted_key",
    "the private key is encrypted: give its password")
TLS_REASON(BAD_PASSWORD, INPUT, TLS_ALERT_NONE, "bad_password",
    "the password does not decrypt the private key")
TLS_REASON(UNSUPPORTED_ENCRYPTION, INPUT, TLS_ALERT_NONE, "unsupported_encryption",
    "the private key is encrypted in a way that is not supported, or not with 1000 to 10 million "
    "iterations: convert it with `openssl pkcs8 -topk8`")
TLS_REASON(UNSUPPORTED_KEY, INPUT, TLS_ALERT_NONE, "unsupported_key",
    "a key of this kind or size cannot be used for that")
TLS_REASON(KEY_MISMATCH, INPUT, TLS_ALERT_NONE, "key_mismatch",
    "the private key does not belong to the certificate")
TLS_REASON(BAD_REQUEST, INPUT, TLS_ALERT_NONE, "bad_request",
    "the certificate request could not be parsed or is not signed with its own key")
TLS_REASON(BAD_NAME, INPUT, TLS_ALERT_NONE, "bad_name",
    "a distinguished name, host name or address could not be parsed")
TLS_REASON(BAD_FIELD, INPUT, TLS_ALERT_NONE, "bad_field",
    "a field of what should be issued makes no sense or contradicts another")
TLS_REASON(BAD_SESSION, INPUT, TLS_ALERT_NONE, "bad_session", "the session could not be decoded")

/* Handlers. */
TLS_REASON(REFUSED, HANDLER, TLS_ALERT_ACCESS_DENIED, "refused", "a handler refused the connection")
TLS_REASON(HANDLER, HANDLER, TLS_ALERT_INTERNAL_ERROR, "handler_error", "a handler failed")
TLS_REASON(SIGN_FAILED, HANDLER, TLS_ALERT_INTERNAL_ERROR, "sign_failed",
    "no signature: the key is external and no sign handler made one, or the operation failed")

/* The peer sent a fatal alert; the connection keeps which one. */
TLS_REASON(PEER_ALERT, PROTOCOL, TLS_ALERT_NONE, "peer_alert",
    "the peer ended the connection with an alert")

/* Extensions that a message must have (RFC 8446 section 9.2). */
TLS_REASON(MISSING_EXTENSION, PROTOCOL, TLS_ALERT_MISSING_EXTENSION, "missing_extension",
    "a message lacks an extension that it must have")
TLS_REASON(BAD_TICKET_KEYS, INPUT, TLS_ALERT_NONE, "bad_ticket_keys",
    "the ticket keys could not be decoded")
TLS_REASON(EXTENDED_MASTER_SECRET, PROTOCOL, TLS_ALERT_HANDSHAKE_FAILURE,
    "no_extended_master_secret",
    "the peer does not use the extended master secret although it must")
TLS_REASON(UNEXPECTED_MASTER_SECRET, PROTOCOL, TLS_ALERT_HANDSHAKE_FAILURE,
    "unexpected_master_secret",
    "the peer resumes a session with the extended master secret that was made without it")
TLS_REASON(UNSAFE_BINDING, PROTOCOL, TLS_ALERT_NONE, "unsafe_binding",
    "this connection has nothing safe to bind to: the extended master secret was not negotiated")
TLS_REASON(UNSUPPORTED_VERSION, PROTOCOL, TLS_ALERT_NONE, "unsupported_version",
    "the protocol version of this connection does not have that")
TLS_REASON(NO_POST_HANDSHAKE_AUTH, PROTOCOL, TLS_ALERT_NONE, "no_post_handshake_auth",
    "the client did not offer post-handshake authentication")
TLS_REASON(UNKNOWN_PSK_IDENTITY, PROTOCOL, TLS_ALERT_UNKNOWN_PSK_IDENTITY, "unknown_psk_identity",
    "the client offers no pre-shared key that this server knows")
TLS_REASON(BAD_COMPRESSION, PROTOCOL, TLS_ALERT_BAD_CERTIFICATE, "bad_compression",
    "a compressed certificate message is not what it says, or longer than this library accepts")
TLS_REASON(BUSY, AGAIN, TLS_ALERT_NONE, "busy",
    "something before it waits to be sent or to be answered: try again later")
