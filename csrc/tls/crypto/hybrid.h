/* hybrid.h - the groups of TLS 1.3 that are a curve and ML-KEM at once (draft-ietf-tls-ecdhe-mlkem,
 * draft-ietf-tls-hybrid-design): whoever wants the secret must break both. */
#ifndef TLS_HYBRID_H
#define TLS_HYBRID_H

#include "crypto/ml_kem.h"

#define TLS_HYBRID_SHARE_MAXIMUM 1665 /* SecP384r1MLKEM1024 */

typedef struct tls_hybrid {
    unsigned group, curve;
    const tls_ml_kem *kem;
    int kem_first; /* of the parts of shares and secrets; otherwise the curve's is */
} tls_hybrid;

/* tls_hybrid_find returns NULL for a group that is none of these. */
const tls_hybrid *tls_hybrid_find(unsigned group);

/* The two parts of a share or a secret. */
typedef struct tls_hybrid_parts {
    tls_bytes curve, kem;
} tls_hybrid_parts;

/* tls_hybrid_split divides what a peer sent, in which ML-KEM's part has `kem_length` bytes; 0 when
 * the whole has another length than both parts. */
int tls_hybrid_split(const tls_hybrid *hybrid, tls_hybrid_parts *parts, tls_bytes whole,
    size_t curve_length, size_t kem_length);
/* tls_hybrid_join writes both parts in their order. */
void tls_hybrid_join(const tls_hybrid *hybrid, unsigned char *out, const tls_hybrid_parts *parts);

#endif
