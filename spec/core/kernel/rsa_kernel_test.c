/* rsa_kernel_test.c - RSA against BearSSL's: both operations with numbers of many lengths, at
 * random and at their edges, and what PKCS#1 v1.5 verification takes and refuses. Run for each
 * choice of kernels that this processor has.
 *
 * The operations are defined for any odd factors, prime or not: only keys that sign are made. */
#include <bearssl.h>
#include <stdio.h>
#include <string.h>

#include "kernel/kernel.h"
#include "support/check.h"

#define MODULUS_MAXIMUM 512
#define FACTOR_MAXIMUM 260

static unsigned char
random_byte(void)
{
    static uint64_t x = 88172645463325252;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (unsigned char)(x >> 24);
}

/* random_bytes: with a run of zeros or ones in every fourth. */
static void
random_bytes(unsigned char *out, size_t length)
{
    size_t i, from, to;

    for (i = 0; i < length; i++)
        out[i] = random_byte();
    if (random_byte() < 64 && length > 1) {
        from = random_byte() % length;
        to = from + random_byte() % (length - from);
        memset(out + from, random_byte() & 1 ? 0xFF : 0, to - from);
    }
}

/* add_small: modulo 256^length. */
static void
add_small(unsigned char *number, size_t length, int n)
{
    size_t i;

    for (i = length; i-- > 0; n >>= 8) {
        n += number[i];
        number[i] = (unsigned char)n;
    }
}

/* ---- The public operation ---- */

/* is_alike: whether x, of any length, gives the same as BearSSL's. */
static int
is_alike(const unsigned char *x, size_t length, const br_rsa_public_key *key)
{
    unsigned char ours[MODULUS_MAXIMUM + 8], theirs[MODULUS_MAXIMUM + 8];
    uint32_t good;

    memcpy(ours, x, length);
    memcpy(theirs, x, length);
    good = br_rsa_public_get_default()(theirs, length, key);
    if (tls_kernels_chosen()->rsa_public(ours, length, key) != good)
        return 0;
    return good == 0 || memcmp(ours, theirs, length) == 0;
}

/* About n, about 0, and what is too short or too long. */
static int
wrong_at_edges(const br_rsa_public_key *key)
{
    unsigned char x[MODULUS_MAXIMUM + 8];
    int i, wrong = 0;

    for (i = -3; i <= 3; i++) {
        memcpy(x, key->n, key->nlen);
        add_small(x, key->nlen, i);
        wrong += !is_alike(x, key->nlen, key);
        memset(x, 0, key->nlen);
        add_small(x, key->nlen, i);
        wrong += !is_alike(x, key->nlen, key);
    }
    memset(x, 0, sizeof x);
    wrong += !is_alike(x, key->nlen - 1, key) || !is_alike(x, key->nlen + 1, key);
    return wrong;
}

static int
wrong_of_modulus(size_t length, int pattern, int count)
{
    static const char exponents[][4] = {"\3", "\1\0\1", "\1", "\0\0\3", "\21", "\1\0\0", "\2"};
    static const size_t lengths[] = {1, 3, 1, 3, 1, 3, 1};
    unsigned char n[MODULUS_MAXIMUM], e[4], x[MODULUS_MAXIMUM];
    br_rsa_public_key key = {n, length, e, 0};
    int wrong = 0;
    size_t i;

    random_bytes(n, length);
    if (pattern == 1)
        memset(n, 0xFF, length); /* R is as close as it can be */
    if (pattern == 2)
        memset(n + 1, 0, length - 1);
    n[0] = (unsigned char)(pattern == 2 ? 0x80 : pattern == 3 ? 1 : n[0] | 0x80);
    n[length - 1] |= 1;
    for (i = length > 200 ? (size_t)pattern : 0;
         i<sizeof exponents / sizeof exponents[0]; i += length> 200 ? 4 : 1) {
        memcpy(e, exponents[i], sizeof e);
        key.elen = lengths[i];
        wrong += wrong_at_edges(&key);
    }
    for (; count > 0; count--) {
        random_bytes(x, length);
        x[0] &= (unsigned char)(count & 1 ? 0x7F : 0xFF);
        memcpy(e, exponents[count & 1], sizeof e);
        key.elen = lengths[count & 1];
        wrong += !is_alike(x, length, &key);
    }
    return wrong;
}

static void
test_public(int count)
{
    static const size_t lengths[] = {
        64, 127, 128, 129, 136, 159, 160, 192, 255, 256, 257, 260, 288, 384, 400, 511, 512};
    int pattern, wrong = 0;
    size_t i;

    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        for (pattern = 0; pattern < 4; pattern++)
            wrong += wrong_of_modulus(
                lengths[i], pattern, count * 128 / (int)lengths[i] * 128 / (int)lengths[i]);
    check_number(wrong, 0, "public operations");
}

/* What callers may hand in, and no key is. */
static void
test_odd_public_keys(void)
{
    unsigned char n[MODULUS_MAXIMUM + 1], x[MODULUS_MAXIMUM], e[MODULUS_MAXIMUM];
    br_rsa_public_key key = {n, 130, e, 130};

    random_bytes(n, sizeof n);
    random_bytes(e, sizeof e);
    random_bytes(x, sizeof x);
    n[0] = n[1] = 0; /* in front of 1,024 bits */
    n[2] = 0x80;
    n[129] |= 1;
    x[0] = 0;
    check(is_alike(x, 128, &key), "a long exponent, and zeros in front of the modulus");
    check(is_alike(x, 130, &key), "a number as long as the modulus with its zeros");
    memset(e, 0, sizeof e);
    check(is_alike(x, 128, &key), "an exponent of 0");
    key.elen = 0;
    check(is_alike(x, 128, &key), "no exponent");
    e[0] = 3;
    key.elen = 1;
    n[129] &= 0xFE;
    check(is_alike(x, 128, &key), "an even modulus");
    memset(n, 0, sizeof n);
    check(is_alike(x, 128, &key), "a modulus of 0");
    key.nlen = 0;
    check(is_alike(x, 128, &key), "no modulus");
    memset(n, 0xFF, sizeof n);
    key.nlen = sizeof n;
    check(is_alike(x, 512, &key), "a modulus that is too long");
}

/* ---- The private operation ---- */

typedef struct factors {
    unsigned char p[FACTOR_MAXIMUM], q[FACTOR_MAXIMUM], dp[FACTOR_MAXIMUM], dq[FACTOR_MAXIMUM];
    unsigned char iq[FACTOR_MAXIMUM], n[2 * FACTOR_MAXIMUM];
    br_rsa_private_key key;
    size_t n_length;
} factors;

/* set_modulus: n = pq, without zeros in front. */
static void
set_modulus(factors *f)
{
    br_rsa_private_key *key = &f->key;
    size_t i, j, length = key->plen + key->qlen;

    memset(f->n, 0, sizeof f->n);
    for (i = key->plen; i-- > 0;) {
        unsigned carry = 0;

        for (j = key->qlen; j-- > 0; carry >>= 8) {
            carry += f->n[i + j + 1] + (unsigned)f->p[i] * f->q[j];
            f->n[i + j + 1] = (unsigned char)carry;
        }
        f->n[i] = (unsigned char)carry;
    }
    for (i = 0; f->n[i] == 0; i++)
        continue;
    memmove(f->n, f->n + i, length - i);
    f->n_length = length - i;
    key->n_bitlen = (uint32_t)(8 * f->n_length);
    for (j = f->n[0]; (j & 0x80) == 0; j <<= 1)
        key->n_bitlen--;
}

/* make_factors: at random, but for a pattern of p and q: all ones, or a one at each end. */
static void
make_factors(factors *f, size_t p_length, size_t q_length, int pattern)
{
    br_rsa_private_key key = {
        0, f->p, p_length, f->q, q_length, f->dp, p_length, f->dq, q_length, f->iq, p_length};

    random_bytes(f->p, p_length);
    random_bytes(f->q, q_length);
    random_bytes(f->dp, p_length);
    random_bytes(f->dq, q_length);
    random_bytes(f->iq, p_length);
    if (pattern & 1)
        memset(f->p, 0xFF, p_length);
    if (pattern & 2)
        memset(f->q + 1, 0, q_length - 1);
    f->p[0] |= 0x80;
    f->q[0] |= (unsigned char)(pattern & 4 ? 0x01 : 0x80);
    f->p[p_length - 1] |= 1;
    f->q[q_length - 1] |= 1;
    if (pattern & 8) { /* iq is below p */
        memcpy(f->iq, f->p, p_length);
        add_small(f->iq, p_length, -1);
    } else {
        f->iq[0] &= 0x7F;
    }
    f->key = key;
    set_modulus(f);
}

static int
is_private_alike(const unsigned char *x, const factors *f)
{
    unsigned char ours[2 * FACTOR_MAXIMUM], theirs[2 * FACTOR_MAXIMUM];
    uint32_t good;

    memcpy(ours, x, f->n_length);
    memcpy(theirs, x, f->n_length);
    good = br_rsa_private_get_default()(theirs, &f->key);
    if (tls_kernels_chosen()->rsa_private(ours, &f->key) != good)
        return 0;
    return good == 0 || memcmp(ours, theirs, f->n_length) == 0;
}

static int
wrong_of_factors(const factors *f, int count)
{
    unsigned char x[2 * FACTOR_MAXIMUM];
    int wrong = 0, i;

    for (i = 0; i < count; i++) {
        random_bytes(x, f->n_length);
        x[0] = (unsigned char)(f->n[0] > 1 ? x[0] % f->n[0] : 0);
        wrong += !is_private_alike(x, f);
    }
    for (i = -1; i <= 1; i++) {
        memcpy(x, f->n, f->n_length);
        add_small(x, f->n_length, i);
        wrong += !is_private_alike(x, f);
        memset(x, 0, f->n_length);
        add_small(x, f->n_length, i); /* all ones, 0 and 1 */
        wrong += !is_private_alike(x, f);
    }
    return wrong;
}

static void
test_private(int count)
{
    static const size_t lengths[][2] = {{64, 64}, {65, 64}, {64, 66}, {70, 60}, {60, 75}, {80, 80},
        {96, 96}, {99, 97}, {128, 128}, {129, 128}, {127, 130}, {132, 125}, {156, 156}, {192, 192},
        {193, 191}, {252, 260}, {256, 256}, {260, 252}};
    factors f;
    size_t i;
    int pattern, wrong = 0;

    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        int large = lengths[i][0] > 150;

        for (pattern = large ? (int)i % 16 : 0; pattern < 16; pattern += large ? 16 : 5) {
            make_factors(&f, lengths[i][0], lengths[i][1], pattern);
            wrong +=
                wrong_of_factors(&f, count * 64 / (int)lengths[i][0] * 64 / (int)lengths[i][1]);
        }
    }
    check_number(wrong, 0, "private operations");
}

/* Beside those of a key: even factors, parts with zeros in front, parts that are missing. */
static void
test_odd_private_keys(void)
{
    unsigned char x[2 * FACTOR_MAXIMUM] = {0};
    factors f;

    make_factors(&f, 64, 64, 0);
    x[f.n_length - 1] = 7;
    f.p[63] &= 0xFE;
    check(is_private_alike(x, &f), "an even p");
    make_factors(&f, 64, 64, 0);
    f.q[63] &= 0xFE;
    check(is_private_alike(x, &f), "an even q");
    make_factors(&f, 70, 64, 0);
    memset(f.p, 0, 6);
    memset(f.dp, 0, 6);
    f.p[6] = f.q[0] = 0xC0;
    set_modulus(&f);
    check(is_private_alike(x, &f), "a p with zeros in front");
    make_factors(&f, 64, 64, 0);
    f.key.dplen = 10;
    f.key.iqlen = 1;
    check(is_private_alike(x, &f), "short parts");
    make_factors(&f, 40, 40, 0);
    check(is_private_alike(x, &f), "a modulus of 640 bits");
    make_factors(&f, 200, 40, 0);
    check(is_private_alike(x, &f), "factors that have little in common");
    memset(f.p, 0, sizeof f.p);
    f.key.n_bitlen = 1024;
    check_number(tls_kernels_chosen()->rsa_private(x, &f.key), 0, "a p of 0");
}

/* ---- PKCS#1 v1.5 ---- */

static const struct hash {
    const unsigned char *oid;
    size_t length;
} hashes[] = {{BR_HASH_OID_SHA1, 20}, {BR_HASH_OID_SHA224, 28}, {BR_HASH_OID_SHA256, 32},
    {BR_HASH_OID_SHA384, 48}, {BR_HASH_OID_SHA512, 64}, {NULL, 36}};
#define HASHES (sizeof hashes / sizeof hashes[0])

typedef struct pair {
    unsigned char private_bytes[BR_RSA_KBUF_PRIV_SIZE(2048)],
        public_bytes[BR_RSA_KBUF_PUB_SIZE(2048)];
    br_rsa_private_key private_key;
    br_rsa_public_key public_key;
} pair;

static void
make_pair(pair *p, unsigned bits, uint32_t exponent)
{
    br_hmac_drbg_context random;

    br_hmac_drbg_init(&random, &br_sha256_vtable, "rsa", 3);
    require(br_rsa_keygen_get_default()(&random.vtable, &p->private_key, p->private_bytes,
                &p->public_key, p->public_bytes, bits, exponent) == 1,
        "a key of %u bits", bits);
}

/* is_verified_alike: the same answer, and the same digest. */
static int
is_verified_alike(
    const unsigned char *signature, size_t length, const struct hash *hash, const pair *p, int good)
{
    unsigned char ours[64] = {0}, theirs[64] = {0};
    uint32_t answer = br_rsa_pkcs1_vrfy_get_default()(
        signature, length, hash->oid, hash->length, &p->public_key, theirs);

    return (good < 0 || answer == (uint32_t)good) &&
           tls_kernels_chosen()->rsa_pkcs1_verify(
               signature, length, hash->oid, hash->length, &p->public_key, ours) == answer &&
           (answer == 0 || memcmp(ours, theirs, hash->length) == 0);
}

static void
test_signatures(const pair *p)
{
    size_t length = p->public_key.nlen, i;
    unsigned char digest[64], ours[256], theirs[256];
    int wrong[3] = {0, 0, 0}, j;

    for (i = 0; i < HASHES; i++) {
        const struct hash *hash = &hashes[i];

        random_bytes(digest, sizeof digest);
        wrong[0] += tls_kernels_chosen()->rsa_pkcs1_sign(
                        hash->oid, digest, hash->length, &p->private_key, ours) != 1 ||
                    br_rsa_pkcs1_sign_get_default()(
                        hash->oid, digest, hash->length, &p->private_key, theirs) != 1 ||
                    memcmp(ours, theirs, length) != 0;
        wrong[1] += !is_verified_alike(ours, length, hash, p, 1);
        wrong[2] += !is_verified_alike(ours, length, &hashes[(i + 1) % HASHES], p, 0);
        wrong[2] += !is_verified_alike(ours, length - 1, hash, p, 0);
        for (j = 0; j < 20; j++) {
            memcpy(theirs, ours, length);
            theirs[random_byte() % length] ^= (unsigned char)(1 << random_byte() % 8);
            wrong[2] += !is_verified_alike(theirs, length, hash, p, 0);
        }
    }
    check_number(wrong[0], 0, "signatures that are BearSSL's");
    check_number(wrong[1], 0, "signatures that verify");
    check_number(wrong[2], 0, "damaged signatures");
}

/* sign_encoded: whatever EM says is signed. */
static int
is_encoding_alike(const unsigned char *em, const struct hash *hash, const pair *p, int good)
{
    unsigned char signature[256];

    memcpy(signature, em, p->public_key.nlen);
    return br_rsa_private_get_default()(signature, &p->private_key) == 1 &&
           is_verified_alike(signature, p->public_key.nlen, hash, p, good);
}

/* put_encoding: EM with a DigestInfo of these bytes, behind `padding` bytes of 0xFF. */
static void
put_encoding(unsigned char *em, size_t length, size_t padding, const unsigned char *information,
    size_t information_length)
{
    memset(em, 0x5A, length); /* behind it, where it is too short: as in forgeries for e = 3 */
    em[0] = 0;
    em[1] = 1;
    memset(em + 2, 0xFF, padding);
    em[2 + padding] = 0;
    memcpy(em + 3 + padding, information, information_length);
}

/* With and without NULL, with a digest that is short, with other padding; and each byte damaged. */
static void
test_encodings(const pair *p)
{
    static const unsigned char with_null[] = {0x30, 0x21, 0x30, 0x09, 6, 5, 0x2B, 14, 3, 2, 26, 5,
        0, 4, 20},
                               without[] = {
                                   0x30, 0x1F, 0x30, 0x07, 6, 5, 0x2B, 14, 3, 2, 26, 4, 20};
    size_t length = p->public_key.nlen, padding = length - 3 - 35, i;
    unsigned char information[35] = {0}, em[256];
    int wrong = 0, taken;

    memcpy(information, with_null, sizeof with_null);
    put_encoding(em, length, padding, information, 35);
    wrong += !is_encoding_alike(em, &hashes[0], p, 1);
    for (i = 0; i < length; i += i < length - 50 ? 13 : 1) {
        em[i] ^= (unsigned char)(i == 0 ? 1 : 1 << random_byte() % 8);
        taken = i >= length - 20;
        wrong += !is_encoding_alike(em, &hashes[0], p, i == 0 ? -1 : taken);
        put_encoding(em, length, padding, information, 35);
    }
    put_encoding(em, length, padding - 1, information, 35);
    wrong += !is_encoding_alike(em, &hashes[0], p, 0);
    put_encoding(em, length, 8, information, 35);
    wrong += !is_encoding_alike(em, &hashes[0], p, 0);
    put_encoding(em, length, padding + 1, information, 34);
    wrong += !is_encoding_alike(em, &hashes[0], p, 0);
    memcpy(information, without, sizeof without);
    put_encoding(em, length, padding + 2, information, 33);
    wrong += !is_encoding_alike(em, &hashes[0], p, 1);
    check_number(wrong, 0, "encodings");
}

/* Keys with no room for a digest: 512 bits and SHA-512. BearSSL signs; so has the padding. */
static void
test_no_room(void)
{
    unsigned char digest[64] = {1}, signature[256];
    pair p;

    make_pair(&p, 520, 3);
    check_number(tls_kernels_chosen()->rsa_pkcs1_sign(
                     BR_HASH_OID_SHA512, digest, 64, &p.private_key, signature),
        0, "a key that is too short signs nothing");
    check_number(tls_kernels_chosen()->rsa_pkcs1_sign(
                     BR_HASH_OID_SHA256, digest, 32, &p.private_key, signature),
        1, "and has room for less");
    check(is_verified_alike(signature, 65, &hashes[2], &p, 1), "which verifies");
    memset(signature, 0, sizeof signature);
    check(is_verified_alike(signature, 65, &hashes[4], &p, 0), "nothing verifies without room");
}

/* implementation: of RSA. */
static const char *
implementation(void)
{
    const char *primitive, *found;
    size_t i;

    for (i = 0; tls_kernels_entry(i, &primitive, &found); i++)
        if (strcmp(primitive, "rsa") == 0)
            return found;
    return "none";
}

/* test_choice: what these words choose, unless it has been tested. */
static void
test_choice(const char *words, const pair pairs[3], int count)
{
    static const char *tested = "";
    int i;

    if (!tls_kernels_choose(words)) /* a kernel that was not built */
        return;
    if (strcmp(implementation(), tested) == 0)
        return;
    tested = implementation();
    check_about("%s", tested);
    test_public(10 * count);
    test_odd_public_keys();
    test_private(count);
    test_odd_private_keys();
    for (i = 0; i < 3; i++) {
        test_signatures(&pairs[i]);
        test_encodings(&pairs[i]);
    }
    test_no_room();
}

int
main(void)
{
    static pair pairs[3];

    require(tls_kernels_choose("auto"), "the kernels of this processor");
    make_pair(&pairs[0], 1024, 65537);
    make_pair(&pairs[1], 1031, 3);
    make_pair(&pairs[2], 1536, 65537);
    test_choice("auto", pairs, 16);
    test_choice("auto,-ifma", pairs, 4);
    test_choice("portable", pairs, 4);
    return check_end();
}
