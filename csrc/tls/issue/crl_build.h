/* crl_build.h - making and signing a complete CRL, version 2 (RFC 5280 section 5). */
#ifndef TLS_CRL_BUILD_H
#define TLS_CRL_BUILD_H

#include "x509/crl.h"
#include "key/key.h"

TLS_PUBLIC_BEGIN

typedef struct tls_crl_fields {
    const tls_certificate *issuer;
    const tls_private_key *key; /* the issuer's */
    int hash; /* TLS_HASH_SHA256, TLS_HASH_SHA384, TLS_HASH_SHA512; 0: what fits the key */
    int64_t this_update;
    int64_t next_update;
    tls_bytes number; /* big-endian, at most 20 bytes; empty: 0 */
    /* serial (contents of the INTEGER, or big-endian bytes), revocation_date, reason,
     * invalidity_date; a serial twice is TLS_REASON_BAD_FIELD */
    const tls_crl_entry *entries;
    size_t entry_count;
    const tls_extension_view *extra; /* more extensions of the CRL */
    size_t extra_count;
} tls_crl_fields;

/* tls_crl_issue: the caller owns the result. TLS_REASON_KEY_MISMATCH, TLS_REASON_BAD_FIELD,
 * TLS_REASON_UNSUPPORTED_KEY, TLS_REASON_SIGN_FAILED. */
enum tls_reason tls_crl_issue(tls_crl **out, const tls_crl_fields *fields);

TLS_PUBLIC_END

#endif
