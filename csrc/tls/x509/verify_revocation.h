/* verify_revocation.h - what CRLs and OCSP responses say about one certificate of a path; only
 * verify.c and verify_text.c need it. */
#ifndef TLS_VERIFY_REVOCATION_H
#define TLS_VERIFY_REVOCATION_H

#include "x509/verify.h"

/* What is known about one certificate. */
typedef struct tls_revocation {
    enum tls_reason reason; /* TLS_OK: not revoked, or nothing to say and nothing demanded */
    int64_t time;           /* when it was revoked; for expired CRLs and responses, their end */
    int revoked_because;    /* enum tls_revocation_reason, or TLS_REVOKED_NO_REASON */
    const char *why; /* what is wrong with the CRL or response: "is a delta CRL"; may be NULL */
} tls_revocation;

/* tls_revocation_end_check: is a certificate whose issuer is not known, on top of a path at
 * `position`, one whose status must be known? TLS_OK or REVOCATION_UNKNOWN. */
enum tls_reason tls_revocation_end_check(
    const tls_verify_request *request, size_t position, const tls_certificate *certificate);

/* CRLs whose signature has been checked: none is hashed twice with one key. */
#define TLS_CRL_CHECKS_MAXIMUM 16
typedef struct tls_crl_cache {
    struct {
        const struct tls_crl *crl;
        tls_bytes issuer_key;
        enum tls_reason reason;
    } checked[TLS_CRL_CHECKS_MAXIMUM];
    size_t count;
} tls_crl_cache;

/* tls_revocation_check fills `out` for `certificate`, at `position` of the path (0 is the leaf),
 * whose signature verifies with `issuer`. */
void tls_revocation_check(tls_revocation *out, const tls_verify_request *request,
    tls_crl_cache *cache, size_t position, const tls_certificate *certificate,
    const tls_certificate *issuer);

/* tls_staple_check: TLS_OK, or TLS_REASON_STAPLE_REQUIRED when there is no response for a leaf that
 * needs one. */
enum tls_reason tls_staple_check(const tls_verify_request *request, const tls_certificate *leaf);

#endif
