/* rsa_pss.c - see rsa_pss.h. Everything here is public, so nothing need be constant-time. */
#include "rsa_pss.h"

#include <string.h>

#include "hkdf.h"
#include "key.h"

/* MGF1 (RFC 8017 appendix B.2.1) of `seed`, XORed over `data`. */
static void
unmask(unsigned char *data, size_t length, const br_hash_class *hash, const unsigned char *seed,
    size_t seed_length)
{
    br_hash_compat_context context;
    unsigned char block[64], counter[4] = {0, 0, 0, 0};
    size_t size = tls_hash_length(hash), i;

    while (length > 0) {
        hash->init(&context.vtable);
        hash->update(&context.vtable, seed, seed_length);
        hash->update(&context.vtable, counter, 4);
        hash->out(&context.vtable, block);
        for (i = 0; i < size && length > 0; i++, length--)
            *data++ ^= block[i];
        counter[3]++; /* at most 512 / 16 blocks */
    }
}

int
tls_rsa_pss_verify(const br_rsa_public_key *key, const br_hash_class *hash,
    const br_hash_class *mask_hash, size_t salt_length, const unsigned char *digest,
    tls_bytes signature)
{
    static const unsigned char zeros[8] = {0};
    unsigned char message[TLS_RSA_MAXIMUM_BITS / 8], expected[64];
    unsigned char *em = message, *h, mask;
    size_t length = signature.length, size = tls_hash_length(hash), db_length, i;
    br_hash_compat_context context;
    unsigned top_bits;

    if (length == 0 || length > sizeof message || length != key->nlen || key->n[0] == 0)
        return 0;
    memcpy(message, signature.data, length);
    if (!br_rsa_public_get_default()(message, length, key))
        return 0;
    /* RFC 8017 section 9.1.2, for emBits = modBits - 1: when that is a multiple of 8, EM is one
     * byte shorter than the modulus. */
    for (top_bits = 7; (key->n[0] >> top_bits & 1) == 0; top_bits--)
        ;
    if (top_bits == 0) {
        if (*em != 0)
            return 0;
        em++;
        length--;
        top_bits = 8;
    }
    if (length < size + salt_length + 2 || em[length - 1] != 0xBC)
        return 0;
    db_length = length - size - 1;
    h = em + db_length;
    mask = (unsigned char)(0xFF >> (8 - top_bits));
    if ((em[0] & ~mask) != 0)
        return 0;
    unmask(em, db_length, mask_hash, h, size);
    em[0] &= mask;
    for (i = 0; i < db_length - salt_length - 1; i++)
        if (em[i] != 0)
            return 0;
    if (em[i] != 0x01)
        return 0;
    hash->init(&context.vtable);
    hash->update(&context.vtable, zeros, sizeof zeros);
    hash->update(&context.vtable, digest, size);
    hash->update(&context.vtable, em + i + 1, salt_length);
    hash->out(&context.vtable, expected);
    return memcmp(expected, h, size) == 0;
}
