/* signature_forgery_test.c - signatures with paddings and numbers that no honest signer makes.
 * signature_forgery.sh runs it. */
#include <bearssl.h>
#include <stdio.h>
#include <string.h>

#include "key/key.h"
#include "key/key_bearssl.h"

#include "support/check.h"
#include "support/corpus.h"
#include "support/signature_keys.h"

enum forgery {
    HONEST,
    WRONG_TRAILER,
    NONZERO_PADDING,
    WRONG_SEPARATOR,
    TOP_BIT_SET,
    FIRST_BYTE_SET,
    SHORT_SALT,
    LONG_SALT,
    NO_SALT,
    OTHER_MASK_HASH,
    WRONG_HASH,
    FORGERY_COUNT
};
static const char *const forgery_names[] = {"honest", "trailer is not BC", "padding is not zero",
    "separator is not 01", "a bit above emBits", "the byte above EM", "salt too short",
    "salt too long", "no salt", "MGF1 with another hash", "another H"};

/* sign_forged makes a signature with SHA-256 after RFC 8017 section 9.1.1, written apart from
 * rsa_pss.c. Returns 0 when the number came out above the modulus. */
static int
sign_forged(const br_rsa_private_key *rsa, unsigned char *out, const unsigned char *digest,
    enum forgery forgery)
{
    unsigned char m[8 + 32 + 64], h[32], seed[36], mask[64];
    const br_hash_class *mask_hash =
        forgery == OTHER_MASK_HASH ? &br_sha384_vtable : &br_sha256_vtable;
    size_t k = (rsa->n_bitlen + 7) / 8, em_length = (rsa->n_bitlen - 1 + 7) / 8,
           skip = k - em_length;
    size_t salt_length = 32, db_length = em_length - 33, mask_length, i;
    unsigned unused = (unsigned)(8 * em_length - (rsa->n_bitlen - 1));
    br_hash_compat_context context;
    br_sha256_context sha256;

    if (forgery == SHORT_SALT)
        salt_length = 20;
    if (forgery == LONG_SALT)
        salt_length = 48;
    if (forgery == NO_SALT)
        salt_length = 0;
    memset(m, 0, 8);
    memcpy(m + 8, digest, 32);
    memset(m + 40, 0xA5, salt_length);
    br_sha256_init(&sha256);
    br_sha256_update(&sha256, m, 40 + salt_length);
    br_sha256_out(&sha256, h);
    if (forgery == WRONG_HASH)
        h[31] ^= 1;
    memset(out, 0, k);
    out[skip + db_length - salt_length - 1] = forgery == WRONG_SEPARATOR ? 2 : 1;
    memset(out + skip + db_length - salt_length, 0xA5, salt_length);
    if (forgery == NONZERO_PADDING)
        out[skip + 1] = 1;
    memcpy(seed, h, 32);
    mask_length = forgery == OTHER_MASK_HASH ? 48 : 32;
    for (i = 0; i < db_length; i++) {
        if (i % mask_length == 0) {
            memset(seed + 32, 0, 3);
            seed[35] = (unsigned char)(i / mask_length);
            mask_hash->init(&context.vtable);
            mask_hash->update(&context.vtable, seed, sizeof seed);
            mask_hash->out(&context.vtable, mask);
        }
        out[skip + i] ^= mask[i % mask_length];
    }
    out[skip] &= (unsigned char)(0xFF >> unused);
    if (forgery == TOP_BIT_SET)
        out[skip] |= (unsigned char)(0x80 >> (unused - 1));
    if (forgery == FIRST_BYTE_SET)
        out[0] = 1;
    memcpy(out + skip + db_length, h, 32);
    out[k - 1] = forgery == WRONG_TRAILER ? 0xCC : 0xBC;
    return br_rsa_private_get_default()(out, rsa) == 1;
}

static void
test_forgeries(void)
{
    unsigned char digest[32], signature[TLS_SIGNATURE_MAXIMUM];
    int tried[FORGERY_COUNT] = {0};
    char detail[64];
    size_t j;
    int f, n, bad, done;

    for (j = 0; j < SIGNATURE_KEYS; j++) {
        tls_private_key *key;
        const br_rsa_private_key *rsa;
        int byte_above;

        if (!key_signs(signature_keys[j], TLS_SCHEME_RSA_PSS_RSAE_SHA256) &&
            !key_signs(signature_keys[j], TLS_SCHEME_RSA_PSS_PSS_SHA256))
            continue;
        key = corpus_key(signature_keys[j]);
        rsa = tls_private_key_rsa(key);
        byte_above = rsa->n_bitlen % 8 == 1;
        for (f = 0; f < FORGERY_COUNT; f++) {
            unsigned scheme = signature_keys[j][0] == 'p' ? TLS_SCHEME_RSA_PSS_PSS_SHA256
                                                          : TLS_SCHEME_RSA_PSS_RSAE_SHA256;
            size_t length = (rsa->n_bitlen + 7) / 8;

            if ((f == FIRST_BYTE_SET && !byte_above) || (f == TOP_BIT_SET && byte_above))
                continue;
            bad = 0;
            /* Those that set a bit at the top are below the modulus in one of eight trials at
             * least. */
            for (n = 0, done = 0; n < 400 && done < 2; n++) {
                enum tls_reason reason;

                memset(digest, n, sizeof digest);
                digest[0] = (unsigned char)(n >> 8);
                if (!sign_forged(rsa, signature, digest, (enum forgery)f))
                    continue;
                tried[f]++;
                done++;
                reason = tls_verify_scheme(tls_private_key_public(key), scheme,
                    tls_bytes_make(digest, sizeof digest), tls_bytes_make(signature, length));
                bad += reason != (f == HONEST ? TLS_OK : TLS_REASON_BAD_SIGNATURE);
            }
            snprintf(detail, sizeof detail, "%s, %s", signature_keys[j], forgery_names[f]);
            check(bad == 0 && done == 2, "padding: %s", detail);
        }
        tls_private_key_release(key);
    }
    for (f = 0; f < FORGERY_COUNT; f++)
        check(tried[f] > 0, "was tried: %s", forgery_names[f]);
}

/* add_modulus: x + n, when that has the same length. */
static int
add_modulus(unsigned char *x, tls_bytes n)
{
    unsigned carry = 0;
    size_t i;

    for (i = n.length; i-- > 0;) {
        carry += (unsigned)x[i] + n.data[i];
        x[i] = (unsigned char)carry;
        carry >>= 8;
    }
    return carry == 0;
}

static void
test_not_reduced(void)
{
    /* The modulus fills three bits of its first byte, so the sum has the same length. */
    tls_private_key *key = corpus_key("rsa2051");
    const tls_public_key *public_key = tls_private_key_public(key);
    unsigned char digest[32] = {7}, signature[TLS_SIGNATURE_MAXIMUM];
    size_t length, i;

    for (i = 0; i < 2; i++) {
        unsigned scheme = i == 0 ? TLS_SCHEME_RSA_PSS_RSAE_SHA256 : TLS_SCHEME_RSA_PKCS1_SHA256;

        length = tls_sign_scheme(key, signature, scheme, tls_bytes_make(digest, sizeof digest));
        check(length == public_key->modulus.length && add_modulus(signature, public_key->modulus) &&
                  tls_verify_scheme(public_key, scheme, tls_bytes_make(digest, sizeof digest),
                      tls_bytes_make(signature, length)) == TLS_REASON_BAD_SIGNATURE,
            "the same number plus the modulus: %s", scheme_name(scheme));
    }
    tls_private_key_release(key);
}

int
main(int argc, char **argv)
{
    signature_begin(argc, argv);
    test_forgeries();
    test_not_reduced();
    return check_end();
}
