/* ml_kem_accumulated_test.c - ten thousand keys, secrets and refused ciphertexts of each parameter
 * set, whose digest is published (C2SP, CCTV/ML-KEM, "Accumulated pq-crystals vectors").
 *
 * Those were made by FIPS 203's draft, in which a key's seeds are G(d). With G(d, k) of the
 * standard the digests are those that LibreSSL's tests (mlkem_iteration_tests.c) and BoringSSL
 * agree upon. */
#include <string.h>

#include "crypto/ml_kem.h"
#include "crypto/sha3.h"
#include "support/check.h"
#include "support/kernels.h"

#define COUNT 10000

typedef struct run {
    const tls_ml_kem *kem;
    int draft;
    tls_sha3 random, results;
    unsigned wrong;
    tls_polynomial matrix[TLS_ML_KEM_RANK_MAXIMUM * TLS_ML_KEM_RANK_MAXIMUM];
} run;

static void
make_key(run *r, unsigned char *key)
{
    unsigned char seeds[64], rho_sigma[64];
    tls_sha3 sha3;

    tls_sha3_squeeze(&r->random, seeds, sizeof seeds);
    if (!r->draft) {
        tls_ml_kem_key_of(r->kem, key, seeds, r->matrix);
        return;
    }
    tls_sha3_512_start(&sha3);
    tls_sha3_absorb(&sha3, seeds, 32);
    tls_sha3_squeeze(&sha3, rho_sigma, sizeof rho_sigma);
    tls_ml_kem_key_of_seeds(r->kem, key, rho_sigma, seeds + 32, r->matrix);
}

static void
one(run *r)
{
    unsigned char key[TLS_ML_KEM_PRIVATE_MAXIMUM], ciphertext[TLS_ML_KEM_CIPHERTEXT_MAXIMUM];
    unsigned char message[32], secret[32], same[32];
    tls_bytes private_key, public_key;

    make_key(r, key);
    private_key = tls_bytes_make(key, r->kem->private_length);
    public_key = tls_ml_kem_public_key(r->kem, key);
    tls_sha3_absorb(&r->results, public_key.data, public_key.length);
    tls_sha3_absorb(&r->results, key, private_key.length);
    tls_sha3_squeeze(&r->random, message, sizeof message);
    r->wrong +=
        tls_ml_kem_encapsulate_message(r->kem, ciphertext, secret, public_key, message) != TLS_OK;
    tls_sha3_absorb(&r->results, ciphertext, r->kem->ciphertext_length);
    tls_sha3_absorb(&r->results, secret, sizeof secret);
    r->wrong += tls_ml_kem_decapsulate(r->kem, same, private_key,
                    tls_bytes_make(ciphertext, r->kem->ciphertext_length), NULL) != TLS_OK ||
                memcmp(secret, same, sizeof same) != 0;
    tls_sha3_squeeze(&r->random, ciphertext, r->kem->ciphertext_length);
    r->wrong += tls_ml_kem_decapsulate(r->kem, secret, private_key,
                    tls_bytes_make(ciphertext, r->kem->ciphertext_length),
                    (const tls_polynomial *)r->matrix) != TLS_OK;
    tls_sha3_absorb(&r->results, secret, sizeof secret);
}

static void
test(const tls_ml_kem *kem, int draft, int count, const char *expected)
{
    run r;
    unsigned char digest[32];
    int i;

    r.kem = kem;
    r.draft = draft;
    r.wrong = 0;
    tls_shake128_start(&r.random);
    tls_shake128_start(&r.results);
    for (i = 0; i < count; i++)
        one(&r);
    check_number(r.wrong, 0, "secrets that differ");
    tls_sha3_squeeze(&r.results, digest, sizeof digest);
    check_hex(tls_bytes_make(digest, sizeof digest), expected, "%d of rank %u", count, kem->rank);
}

int
main(void)
{
    /* Under emulators and sanitizers the digest of the first hundred has to do, which Go's tests
     * have. */
    if (portion_of(COUNT) < COUNT) {
        test(&tls_ml_kem_768, 1, 100,
            "8d0c478ead6037897a0da6be21e5399545babf5fc6dd10c061c99b7dee2bf0dc");
        return check_end();
    }
    test(&tls_ml_kem_768, 1, COUNT,
        "f7db260e1137a742e05fe0db9525012812b004d29040a5b606aad3d134b548d3");
    test(&tls_ml_kem_1024, 1, COUNT,
        "47ac888fe61544efc0518f46094b4f8a600965fc89822acb06dc7169d24f3543");
    test(&tls_ml_kem_768, 0, COUNT,
        "f959d18d3d1180121433bf0e05f11e7908cf9d03edc150b2b07cb90bef5bc1c1");
    test(&tls_ml_kem_1024, 0, COUNT,
        "e3bf82b013307b2e9d47dde791ff6dfc82e694e6382404abdb948b908b75bad5");
    return check_end();
}
