/* prf.h - the PRF of TLS 1.2 (RFC 5246 section 5) over the hashes that run: BearSSL's own is tied
 * to BearSSL's. */
#ifndef TLS_PRF_H
#define TLS_PRF_H

#include <bearssl.h>

/* Both are br_tls_prf_impl. */
void tls_prf_sha256(void *out, size_t length, const void *secret, size_t secret_length,
    const char *label, size_t seed_count, const br_tls_prf_seed_chunk *seed);
void tls_prf_sha384(void *out, size_t length, const void *secret, size_t secret_length,
    const char *label, size_t seed_count, const br_tls_prf_seed_chunk *seed);

#endif
