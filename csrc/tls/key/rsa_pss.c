/* rsa_pss.c - see rsa_pss.h. Whoever has the public key gets everything here from a signature, so
 * only the private key operation need be constant-time. */
#include "key/rsa_pss.h"

#include <string.h>

#include "crypto/hkdf.h"
#include "key/key.h"
#include "base/declassify.h"
#include "base/random.h"
#include "kernel/kernel.h"

/* MGF1 (RFC 8017 appendix B.2.1) of `seed`, XORed over `data`. */
static void
apply_mask(unsigned char *data, size_t length, const br_hash_class *hash, const unsigned char *seed,
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

/* hash_salted: H of RFC 8017 section 9.1. */
static void
hash_salted(unsigned char *out, const br_hash_class *hash, const unsigned char *digest,
    const unsigned char *salt, size_t salt_length)
{
    static const unsigned char zeros[8] = {0};
    br_hash_compat_context context;

    hash->init(&context.vtable);
    hash->update(&context.vtable, zeros, sizeof zeros);
    hash->update(&context.vtable, digest, tls_hash_length(hash));
    hash->update(&context.vtable, salt, salt_length);
    hash->out(&context.vtable, out);
}

int
tls_rsa_pss_verify(const br_rsa_public_key *key, const br_hash_class *hash,
    const br_hash_class *mask_hash, size_t salt_length, const unsigned char *digest,
    tls_bytes signature)
{
    unsigned char message[TLS_RSA_MAXIMUM_BITS / 8], expected[64];
    unsigned char *em = message, *h, mask;
    size_t length = signature.length, size = tls_hash_length(hash), db_length, i;
    unsigned top_bits;

    if (length == 0 || length > sizeof message || length != key->nlen || key->n[0] == 0)
        return 0;
    memcpy(message, signature.data, length);
    if (!tls_kernels_chosen()->rsa_public(message, length, key))
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
    apply_mask(em, db_length, mask_hash, h, size);
    em[0] &= mask;
    for (i = 0; i < db_length - salt_length - 1; i++)
        if (em[i] != 0)
            return 0;
    if (em[i] != 0x01)
        return 0;
    hash_salted(expected, hash, digest, em + i + 1, salt_length);
    return memcmp(expected, h, size) == 0;
}

int
tls_rsa_pss_sign(const br_rsa_private_key *key, const br_hash_class *hash, unsigned char *out,
    const unsigned char *digest)
{
    size_t modulus_length = (key->n_bitlen + 7) / 8, size = tls_hash_length(hash), db_length,
           padding;
    /* RFC 8017 section 9.1.1, for emBits = modBits - 1. */
    size_t bits = key->n_bitlen - 1, length = (bits + 7) / 8;
    unsigned char salt[64], *em = out;
    uint32_t good;

    if (key->n_bitlen > TLS_RSA_MAXIMUM_BITS || length < 2 * size + 2 ||
        tls_random(salt, size) != TLS_OK)
        return 0;
    if (length < modulus_length)
        *em++ = 0;
    db_length = length - size - 1;
    padding = db_length - size - 1;
    memset(em, 0, padding);
    em[padding] = 0x01;
    memcpy(em + padding + 1, salt, size);
    hash_salted(em + db_length, hash, digest, salt, size);
    em[length - 1] = 0xBC;
    apply_mask(em, db_length, hash, em + db_length, size);
    em[0] &= (unsigned char)(0xFF >> (8 * length - bits));
    good = tls_kernels_chosen()->rsa_private(out, key);
    TLS_DECLASSIFY(&good, sizeof good);
    TLS_DECLASSIFY(out, modulus_length);
    return good == 1;
}
