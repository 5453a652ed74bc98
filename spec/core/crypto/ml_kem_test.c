/* ml_kem_test.c - ML-KEM by published vectors, and what is refused: other lengths, numbers that are
 * not reduced, keys that were damaged; a ciphertext that was is not, and gives another secret. */
#include <stdio.h>
#include <string.h>

#include "crypto/ml_kem.h"
#include "crypto/sha3.h"
#include "support/check.h"
#include "support/ml_kem_vectors.h"

static const tls_ml_kem *const kems[] = {&tls_ml_kem_768, &tls_ml_kem_1024};

static size_t
from_hex(unsigned char *out, const char *hex)
{
    unsigned byte;
    size_t length = 0;

    for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        out[length++] = (unsigned char)byte;
    return length;
}

static tls_bytes
from_pieces(unsigned char *out, const ml_kem_pieces pieces)
{
    size_t length = 0, i;

    for (i = 0; i < 4 && pieces[i] != NULL; i++)
        length += from_hex(out + length, pieces[i]);
    return tls_bytes_make(out, length);
}

static void
check_digest(tls_bytes a, tls_bytes b, const char *expected, const char *name)
{
    unsigned char digest[32];
    tls_sha3 sha3;

    tls_sha3_256_start(&sha3);
    tls_sha3_absorb(&sha3, a.data, a.length);
    tls_sha3_absorb(&sha3, b.data, b.length);
    tls_sha3_squeeze(&sha3, digest, sizeof digest);
    check_hex(tls_bytes_make(digest, sizeof digest), expected, "%s", name);
}

/* ---- Known answers ---- */

static void
test_keys(void)
{
    unsigned char key[TLS_ML_KEM_PRIVATE_MAXIMUM], seeds[64];
    const ml_kem_key_vector *v;

    for (v = ml_kem_key_vectors; v->kem != NULL; v++) {
        from_hex(seeds, v->seeds);
        tls_ml_kem_key_of(v->kem, key, seeds, NULL);
        check_digest(tls_ml_kem_public_key(v->kem, key),
            tls_bytes_make(key, v->kem->private_length), v->digest, "a key of ACVP's seeds");
    }
}

static void
test_vector(const ml_kem_vector *v)
{
    unsigned char key[TLS_ML_KEM_PRIVATE_MAXIMUM], input[TLS_ML_KEM_CIPHERTEXT_MAXIMUM];
    unsigned char out[TLS_ML_KEM_CIPHERTEXT_MAXIMUM], secret[32];
    tls_bytes k = from_pieces(key, v->key), in = from_pieces(input, v->input);
    enum tls_reason reason;

    if (v->what == ML_KEM_SEEDS) {
        memcpy(out, key, 64);
        tls_ml_kem_key_of(v->kem, key, out, NULL);
        k.length = v->kem->private_length;
    }
    reason = v->what == ML_KEM_ENCAPSULATE
                 ? tls_ml_kem_encapsulate_message(v->kem, out, secret, k, in.data)
                 : tls_ml_kem_decapsulate(v->kem, secret, k, in, NULL);
    check_reason(reason, TLS_OK, "%s", v->name);
    check_hex(tls_bytes_make(secret, sizeof secret), v->secret, "%s: the secret", v->name);
    if (v->what == ML_KEM_ENCAPSULATE)
        check_digest(tls_bytes_make(out, v->kem->ciphertext_length), tls_bytes_make("", 0),
            v->digest, v->name);
}

/* ---- Keys and ciphertexts of our own ---- */

typedef struct agreement {
    unsigned char key[TLS_ML_KEM_PRIVATE_MAXIMUM], ciphertext[TLS_ML_KEM_CIPHERTEXT_MAXIMUM + 1];
    unsigned char secret[32];
    tls_bytes private_key, public_key, sent;
} agreement;

static void
agree(agreement *a, const tls_ml_kem *kem)
{
    require(tls_ml_kem_generate(kem, a->key, NULL) == TLS_OK, "a key");
    a->private_key = tls_bytes_make(a->key, kem->private_length);
    a->public_key = tls_ml_kem_public_key(kem, a->key);
    require(
        tls_ml_kem_encapsulate(kem, a->ciphertext, a->secret, a->public_key) == TLS_OK, "a secret");
    a->sent = tls_bytes_make(a->ciphertext, kem->ciphertext_length);
}

static int
opens(const agreement *a, const tls_ml_kem *kem)
{
    unsigned char secret[32];

    return tls_ml_kem_decapsulate(kem, secret, a->private_key, a->sent, NULL) == TLS_OK &&
           memcmp(secret, a->secret, sizeof secret) == 0;
}

static void
test_agreement(const tls_ml_kem *kem)
{
    agreement a, b;

    agree(&a, kem);
    agree(&b, kem);
    check(opens(&a, kem) && opens(&b, kem), "both sides agree");
    check(memcmp(a.secret, b.secret, 32) != 0 && !tls_bytes_equal(a.public_key, b.public_key) &&
              !tls_bytes_equal(a.sent, b.sent),
        "nothing comes twice");
    b.sent = a.sent;
    check(!opens(&b, kem), "another's ciphertext");
}

/* Any bit of a ciphertext: the secret is then the one of section 7.3, J(z, c). */
static void
test_rejection(const tls_ml_kem *kem)
{
    agreement a;
    unsigned char secret[32], expected[32];
    unsigned wrong = 0;
    size_t bit;
    tls_sha3 sha3;

    agree(&a, kem);
    for (bit = 0; bit < 8 * kem->ciphertext_length; bit += 61) {
        a.ciphertext[bit / 8] ^= (unsigned char)(1 << bit % 8);
        tls_shake256_start(&sha3);
        tls_sha3_absorb(&sha3, a.key + kem->private_length - 32, 32);
        tls_sha3_absorb(&sha3, a.sent.data, a.sent.length);
        tls_sha3_squeeze(&sha3, expected, sizeof expected);
        wrong += tls_ml_kem_decapsulate(kem, secret, a.private_key, a.sent, NULL) != TLS_OK ||
                 memcmp(secret, expected, 32) != 0;
        a.ciphertext[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    check_number(wrong, 0, "secrets of damaged ciphertexts");
    check(opens(&a, kem), "and of the whole one");
}

static void
test_lengths(const tls_ml_kem *kem)
{
    unsigned char key[TLS_ML_KEM_PRIVATE_MAXIMUM + 1], secret[32], out[2000];
    agreement a;
    size_t length;
    unsigned wrong = 0;

    agree(&a, kem);
    memset(key, 0, sizeof key);
    memcpy(key, a.key, kem->private_length);
    for (length = 0; length <= kem->public_length + 1; length++)
        wrong += length != kem->public_length &&
                 tls_ml_kem_encapsulate(kem, out, secret,
                     tls_bytes_make(a.public_key.data, length)) != TLS_REASON_ILLEGAL_PARAMETER;
    for (length = 0; length <= kem->ciphertext_length + 1; length++)
        wrong += length != kem->ciphertext_length &&
                 tls_ml_kem_decapsulate(kem, secret, a.private_key,
                     tls_bytes_make(a.sent.data, length), NULL) != TLS_REASON_ILLEGAL_PARAMETER;
    for (length = 0; length <= kem->private_length + 1; length++)
        wrong += length != kem->private_length &&
                 tls_ml_kem_decapsulate(kem, secret, tls_bytes_make(key, length), a.sent, NULL) !=
                     TLS_REASON_ILLEGAL_PARAMETER;
    check_number(wrong, 0, "other lengths that were taken");
}

/* set_number: of twelve bits, in an encapsulation key. */
static void
set_number(unsigned char *key, size_t i, unsigned value)
{
    unsigned char *p = key + i / 2 * 3;

    if (i % 2 == 0) {
        p[0] = (unsigned char)value;
        p[1] = (unsigned char)((p[1] & 0xF0) | value >> 8);
    } else {
        p[1] = (unsigned char)((p[1] & 0x0F) | value << 4);
        p[2] = (unsigned char)(value >> 4);
    }
}

/* Section 7.2: every place, with the least and the greatest number that is not reduced. */
static void
test_modulus(const tls_ml_kem *kem)
{
    unsigned char key[TLS_ML_KEM_PUBLIC_MAXIMUM], secret[32];
    unsigned char out[TLS_ML_KEM_CIPHERTEXT_MAXIMUM];
    static const unsigned values[] = {3329, 3330, 4095};
    agreement a;
    size_t i, wrong = 0;
    tls_bytes view;

    agree(&a, kem);
    for (i = 0; i < (size_t)256 * kem->rank; i++) {
        memcpy(key, a.public_key.data, kem->public_length);
        view = tls_bytes_make(key, kem->public_length);
        set_number(key, i, values[i % 3]);
        wrong += tls_ml_kem_encapsulate(kem, out, secret, view) != TLS_REASON_ILLEGAL_PARAMETER;
        set_number(key, i, 3328);
        wrong += i % 16 == 0 && tls_ml_kem_encapsulate(kem, out, secret, view) != TLS_OK;
    }
    check_number(wrong, 0, "numbers of q and more");
}

/* Section 7.3: the hash in a decapsulation key is that of its encapsulation key. */
static void
test_damaged_keys(const tls_ml_kem *kem)
{
    unsigned char secret[32];
    agreement a;
    size_t i, wrong = 0, vector = (size_t)384 * kem->rank;

    agree(&a, kem);
    for (i = vector; i < kem->private_length - 32; i += 7) {
        a.key[i] ^= 0x10;
        wrong += tls_ml_kem_decapsulate(kem, secret, a.private_key, a.sent, NULL) !=
                 TLS_REASON_ILLEGAL_PARAMETER;
        a.key[i] ^= 0x10;
    }
    check_number(wrong, 0, "damaged keys that were taken");
}

int
main(void)
{
    const ml_kem_vector *v;
    size_t i;

    test_keys();
    for (v = ml_kem_vectors; v->kem != NULL; v++)
        test_vector(v);
    for (i = 0; i < sizeof kems / sizeof kems[0]; i++) {
        check_about("rank %u: ", kems[i]->rank);
        test_agreement(kems[i]);
        test_rejection(kems[i]);
        test_lengths(kems[i]);
        test_modulus(kems[i]);
        test_damaged_keys(kems[i]);
    }
    return check_end();
}
