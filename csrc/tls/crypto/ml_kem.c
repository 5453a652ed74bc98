/* ml_kem.c - see ml_kem.h. */
#include "crypto/ml_kem.h"

#include <string.h>

#include "base/declassify.h"
#include "base/random.h"
#include "crypto/ml_kem_encryption.h"
#include "crypto/ml_kem_polynomial.h"
#include "crypto/sha3.h"
#include "kernel/scratch.h"

#define SEED ((size_t)TLS_ML_KEM_SEED)
#define VECTOR(rank) ((rank)*TLS_ML_KEM_LENGTH(TLS_ML_KEM_FULL))

/* Section 8, table 3. A decapsulation key is that of K-PKE, the encapsulation key, its hash, z. */
#define PARAMETERS(k, du, dv)                                                                      \
    {                                                                                              \
        k, du, dv, VECTOR(k) + SEED, 2 * VECTOR(k) + 3 * SEED,                                     \
            (k)*TLS_ML_KEM_LENGTH(du) + TLS_ML_KEM_LENGTH(dv)                                      \
    }

const tls_ml_kem tls_ml_kem_768 = PARAMETERS(3, 10, 4);
const tls_ml_kem tls_ml_kem_1024 = PARAMETERS(4, 11, 5);

/* ---- Hash functions (section 4.1) ---- */

/* digest: of two pieces, the second of which may be empty. */
static void
digest(void (*start)(tls_sha3 *sha3), unsigned char *out, size_t out_length, tls_bytes a,
    const unsigned char *b, size_t b_length)
{
    tls_sha3 sha3;

    start(&sha3);
    tls_sha3_absorb(&sha3, a.data, a.length);
    tls_sha3_absorb(&sha3, b, b_length);
    tls_sha3_squeeze(&sha3, out, out_length);
    tls_wipe(&sha3, sizeof sha3);
}

static void
hash_h(unsigned char out[SEED], tls_bytes a)
{
    digest(tls_sha3_256_start, out, SEED, a, NULL, 0);
}

static void
hash_g(
    unsigned char out[2 * SEED], const unsigned char a[SEED], const unsigned char *b, size_t length)
{
    digest(tls_sha3_512_start, out, 2 * SEED, tls_bytes_make(a, SEED), b, length);
}

static void
hash_j(unsigned char out[SEED], const unsigned char z[SEED], tls_bytes ciphertext)
{
    digest(
        tls_shake256_start, out, SEED, tls_bytes_make(z, SEED), ciphertext.data, ciphertext.length);
}

/* ---- Keys ---- */

tls_bytes
tls_ml_kem_public_key(const tls_ml_kem *kem, const unsigned char *private_key)
{
    return tls_bytes_make(private_key + VECTOR(kem->rank), kem->public_length);
}

static const unsigned char *
hash_in(const tls_ml_kem *kem, const unsigned char *private_key)
{
    return private_key + kem->private_length - 2 * SEED;
}

static const unsigned char *
z_in(const tls_ml_kem *kem, const unsigned char *private_key)
{
    return private_key + kem->private_length - SEED;
}

/* Algorithm 16. */
void
tls_ml_kem_key_of_seeds(const tls_ml_kem *kem, unsigned char *private_key,
    const unsigned char rho_sigma[2 * SEED], const unsigned char z[SEED], tls_polynomial *matrix)
{
    unsigned char *public_key = private_key + VECTOR(kem->rank);

    tls_ml_kem_make_keys(kem, private_key, public_key, rho_sigma, rho_sigma + SEED, matrix);
    TLS_DECLASSIFY(public_key, kem->public_length);
    hash_h(public_key + kem->public_length, tls_bytes_make(public_key, kem->public_length));
    memcpy(public_key + kem->public_length + SEED, z, SEED);
}

void
tls_ml_kem_key_of(const tls_ml_kem *kem, unsigned char *private_key,
    const unsigned char seeds[2 * SEED], tls_polynomial *matrix)
{
    unsigned char rho_sigma[2 * SEED], rank = (unsigned char)kem->rank;

    hash_g(rho_sigma, seeds, &rank, 1);
    TLS_DECLASSIFY(rho_sigma, SEED); /* rho is in the encapsulation key */
    tls_ml_kem_key_of_seeds(kem, private_key, rho_sigma, seeds + SEED, matrix);
    tls_wipe(rho_sigma, sizeof rho_sigma);
    scratch_wipe();
}

enum tls_reason
tls_ml_kem_generate(const tls_ml_kem *kem, unsigned char *private_key, tls_polynomial *matrix)
{
    unsigned char seeds[2 * SEED];
    enum tls_reason reason = tls_random(seeds, sizeof seeds);

    if (reason == TLS_OK)
        tls_ml_kem_key_of(kem, private_key, seeds, matrix);
    tls_wipe(seeds, sizeof seeds);
    return reason;
}

/* ---- Encapsulation ---- */

/* Algorithm 17, and the check of section 7.2 for numbers that are not reduced. */
enum tls_reason
tls_ml_kem_encapsulate_message(const tls_ml_kem *kem, unsigned char *ciphertext,
    unsigned char secret[TLS_ML_KEM_SECRET], tls_bytes public_key,
    const unsigned char message[SEED])
{
    unsigned char hash[SEED], secret_randomness[2 * SEED];
    int good;

    if (public_key.length != kem->public_length)
        return TLS_REASON_ILLEGAL_PARAMETER;
    hash_h(hash, public_key);
    hash_g(secret_randomness, message, hash, sizeof hash);
    good = tls_ml_kem_encrypt(
        kem, ciphertext, public_key.data, message, secret_randomness + TLS_ML_KEM_SECRET, NULL);
    TLS_DECLASSIFY(ciphertext, kem->ciphertext_length);
    if (good)
        memcpy(secret, secret_randomness, TLS_ML_KEM_SECRET);
    tls_wipe(secret_randomness, sizeof secret_randomness);
    scratch_wipe();
    return good ? TLS_OK : TLS_REASON_ILLEGAL_PARAMETER;
}

enum tls_reason
tls_ml_kem_encapsulate(const tls_ml_kem *kem, unsigned char *ciphertext,
    unsigned char secret[TLS_ML_KEM_SECRET], tls_bytes public_key)
{
    unsigned char message[SEED];
    enum tls_reason reason = tls_random(message, sizeof message);

    if (reason == TLS_OK)
        reason = tls_ml_kem_encapsulate_message(kem, ciphertext, secret, public_key, message);
    tls_wipe(message, sizeof message);
    return reason;
}

/* ---- Decapsulation ---- */

/* choose puts the secret into `out`, or the other one where the ciphertexts differ: which of them
 * it was, nobody may learn. */
static void
choose(unsigned char out[TLS_ML_KEM_SECRET], const unsigned char *secret,
    const unsigned char *other, const unsigned char *a, const unsigned char *b, size_t length)
{
    uint32_t difference = 0, mask;
    size_t i;

    for (i = 0; i < length; i++)
        difference |= (uint32_t)(a[i] ^ b[i]);
    mask = (difference + 0xFF) >> 8; /* 1 where they differ */
    mask = 0 - mask;
    for (i = 0; i < TLS_ML_KEM_SECRET; i++)
        out[i] = (unsigned char)((secret[i] & ~mask) | (other[i] & mask));
}

/* Algorithm 18. */
static void
decapsulate(const tls_ml_kem *kem, unsigned char secret[TLS_ML_KEM_SECRET],
    const unsigned char *private_key, tls_bytes ciphertext, const tls_polynomial *matrix)
{
    unsigned char message[SEED], secret_randomness[2 * SEED], other[SEED];
    unsigned char again[TLS_ML_KEM_CIPHERTEXT_MAXIMUM];
    tls_bytes public_key = tls_ml_kem_public_key(kem, private_key);

    tls_ml_kem_decrypt(kem, message, private_key, ciphertext.data);
    hash_g(secret_randomness, message, hash_in(kem, private_key), SEED);
    hash_j(other, z_in(kem, private_key), ciphertext);
    (void)tls_ml_kem_encrypt(
        kem, again, public_key.data, message, secret_randomness + TLS_ML_KEM_SECRET, matrix);
    choose(secret, secret_randomness, other, again, ciphertext.data, ciphertext.length);
    tls_wipe(message, sizeof message);
    tls_wipe(secret_randomness, sizeof secret_randomness);
    tls_wipe(other, sizeof other);
    tls_wipe(again, sizeof again);
}

static int
has_its_hash(const tls_ml_kem *kem, const unsigned char *private_key)
{
    unsigned char hash[SEED];

    hash_h(hash, tls_ml_kem_public_key(kem, private_key));
    return tls_secret_equal(hash, hash_in(kem, private_key), SEED);
}

enum tls_reason
tls_ml_kem_decapsulate(const tls_ml_kem *kem, unsigned char secret[TLS_ML_KEM_SECRET],
    tls_bytes private_key, tls_bytes ciphertext, const tls_polynomial *matrix)
{
    if (private_key.length != kem->private_length || ciphertext.length != kem->ciphertext_length ||
        (matrix == NULL && !has_its_hash(kem, private_key.data)))
        return TLS_REASON_ILLEGAL_PARAMETER;
    decapsulate(kem, secret, private_key.data, ciphertext, matrix);
    scratch_wipe();
    return TLS_OK;
}
