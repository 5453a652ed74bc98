/* ocsp_build.h - OCSP requests, and signed responses to them (RFC 6960 section 4). */
#ifndef TLS_OCSP_BUILD_H
#define TLS_OCSP_BUILD_H

#include "key/key.h"
#include "x509/ocsp.h"

TLS_PUBLIC_BEGIN

/* tls_ocsp_request_build appends the DER of an unsigned request about one certificate. `hash` is
 * TLS_HASH_SHA1 (what every responder knows; also for 0) or TLS_HASH_SHA256; `nonce` may be empty.
 * TLS_REASON_BAD_FIELD. */
enum tls_reason tls_ocsp_request_build(tls_buffer *out, const tls_certificate *certificate,
    const tls_certificate *issuer, int hash, tls_bytes nonce);

typedef struct tls_ocsp_fields {
    const tls_certificate *certificate; /* the one it is about */
    const tls_certificate *issuer;      /* who issued that */
    const tls_certificate *responder;   /* who signs; NULL: the issuer */
    const tls_private_key *key;         /* of who signs */
    int hash;                           /* of the signature; 0: what fits the key */
    int id_hash;          /* of the certificate's identity: TLS_HASH_SHA1 (0) or TLS_HASH_SHA256 */
    int responder_by_key; /* name the responder by its key's hash, not by its name */
    int without_certificate; /* leave a delegated responder's certificate out */
    enum tls_ocsp_certificate_status status;
    int64_t revocation_time; /* for TLS_OCSP_REVOKED */
    int reason;              /* enum tls_revocation_reason, or TLS_REVOKED_NO_REASON */
    int64_t produced_at;
    int64_t this_update;
    int64_t next_update; /* INT64_MAX: absent */
    tls_bytes nonce;     /* empty: absent */
} tls_ocsp_fields;

/* tls_ocsp_response_build makes a signed, successful response; the caller owns it.
 * TLS_REASON_KEY_MISMATCH, TLS_REASON_BAD_FIELD, TLS_REASON_UNSUPPORTED_KEY,
 * TLS_REASON_SIGN_FAILED. */
enum tls_reason tls_ocsp_response_build(tls_ocsp_response **out, const tls_ocsp_fields *fields);

/* tls_ocsp_certificate_id_write appends a CertID; returns 0 for a hash that is not known or a
 * malformed issuer key. */
int tls_ocsp_certificate_id_write(
    tls_buffer *out, const tls_certificate *certificate, const tls_certificate *issuer, int hash);

TLS_PUBLIC_END

#endif
