/* hybrid.c - see hybrid.h. */
#include "crypto/hybrid.h"

#include <string.h>

#include "wire/registry.h"

/* draft-ietf-tls-ecdhe-mlkem section 4: the NIST curves' parts come first, so that what FIPS
 * approves does; X25519's comes last. */
static const tls_hybrid hybrids[] = {
    {TLS_GROUP_X25519MLKEM768, TLS_GROUP_X25519, &tls_ml_kem_768, 1},
    {TLS_GROUP_SECP256R1MLKEM768, TLS_GROUP_SECP256R1, &tls_ml_kem_768, 0},
    {TLS_GROUP_SECP384R1MLKEM1024, TLS_GROUP_SECP384R1, &tls_ml_kem_1024, 0},
};

const tls_hybrid *
tls_hybrid_find(unsigned group)
{
    size_t i;

    for (i = 0; i < sizeof hybrids / sizeof hybrids[0]; i++)
        if (hybrids[i].group == group)
            return &hybrids[i];
    return NULL;
}

int
tls_hybrid_split(const tls_hybrid *hybrid, tls_hybrid_parts *parts, tls_bytes whole,
    size_t curve_length, size_t kem_length)
{
    if (whole.length != curve_length + kem_length)
        return 0;
    parts->kem = tls_bytes_make(whole.data + (hybrid->kem_first ? 0 : curve_length), kem_length);
    parts->curve = tls_bytes_make(whole.data + (hybrid->kem_first ? kem_length : 0), curve_length);
    return 1;
}

void
tls_hybrid_join(const tls_hybrid *hybrid, unsigned char *out, const tls_hybrid_parts *parts)
{
    tls_bytes first = hybrid->kem_first ? parts->kem : parts->curve;
    tls_bytes last = hybrid->kem_first ? parts->curve : parts->kem;

    memcpy(out, first.data, first.length);
    memcpy(out + first.length, last.data, last.length);
}
