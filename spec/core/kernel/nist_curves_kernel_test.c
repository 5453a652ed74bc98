/* nist_curves_kernel_test.c - P-256, P-384 and P-521 against BearSSL's: random points, scalars and
 * signatures, scalars about 0, n and 2^bits, points that are none, signatures that are none. Run
 * for each choice of kernels that this processor has. */
#include <bearssl.h>
#include <stdio.h>
#include <string.h>

#include "kernel/kernel.h"
#include "support/check.h"
#include "support/kernels.h"

#define POINT_MAXIMUM 133
#define SCALAR_MAXIMUM 66
#define DIGEST_LENGTH 64

typedef struct curve {
    int id, count; /* how many random ones */
    size_t length, point_length;
    const br_ec_impl *reference, *ours;
    unsigned char order[SCALAR_MAXIMUM], generator[POINT_MAXIMUM];
} curve;

static unsigned char
random_byte(void)
{
    static uint64_t x = 88172645463325252;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (unsigned char)(x >> 24);
}

static void
random_bytes(unsigned char *out, size_t length)
{
    while (length-- > 0)
        *out++ = random_byte();
}

/* random_scalar: from 1 to n - 1, with runs of zeros and ones as well. */
static void
random_scalar(const curve *c, unsigned char *out)
{
    size_t from, to;

    random_bytes(out, c->length);
    if (random_byte() < 64) {
        from = random_byte() % c->length;
        to = from + random_byte() % (c->length - from);
        memset(out + from, random_byte() & 1 ? 0xFF : 0, to - from);
    }
    out[0] = (unsigned char)(c->id == 25 ? 0 : out[0] & 0x7F);
    out[c->length - 1] |= 1;
}

/* add_small: a number of the order's length plus n, modulo 256^length. */
static void
add_small(const curve *c, unsigned char *number, int n)
{
    size_t i;

    for (i = c->length; i-- > 0; n >>= 8) {
        n += number[i];
        number[i] = (unsigned char)n;
    }
}

static int
multiplies_alike(const curve *c, const unsigned char *point, const unsigned char *k)
{
    unsigned char a[POINT_MAXIMUM], b[POINT_MAXIMUM];

    memcpy(a, point, c->point_length);
    memcpy(b, point, c->point_length);
    return c->ours->mul(a, c->point_length, k, c->length, c->id) == 1 &&
           c->reference->mul(b, c->point_length, k, c->length, c->id) == 1 &&
           memcmp(a, b, c->point_length) == 0;
}

static int
generates_alike(const curve *c, const unsigned char *k)
{
    unsigned char a[POINT_MAXIMUM], b[POINT_MAXIMUM];

    return c->ours->mulgen(a, k, c->length, c->id) == c->point_length &&
           c->reference->mulgen(b, k, c->length, c->id) == c->point_length &&
           memcmp(a, b, c->point_length) == 0;
}

static void
test_random(const curve *c)
{
    unsigned char point[POINT_MAXIMUM], other[POINT_MAXIMUM], k[SCALAR_MAXIMUM], l[SCALAR_MAXIMUM];
    unsigned char sum[POINT_MAXIMUM];
    int i, wrong[4] = {0, 0, 0, 0};

    memcpy(point, c->generator, c->point_length);
    for (i = 0; i < c->count; i++) {
        random_scalar(c, k);
        random_scalar(c, l);
        wrong[0] += !generates_alike(c, k);
        wrong[1] += !multiplies_alike(c, point, k);
        memcpy(other, point, c->point_length);
        memcpy(sum, point, c->point_length);
        wrong[2] += !c->ours->muladd(other, i & 1 ? NULL : c->generator, c->point_length, k,
                        c->length, l, c->length, c->id) ||
                    !c->reference->muladd(sum, i & 1 ? NULL : c->generator, c->point_length, k,
                        c->length, l, c->length, c->id) ||
                    memcmp(other, sum, c->point_length) != 0;
        c->ours->mul(point, c->point_length, l, c->length, c->id);
    }
    check_number(wrong[0], 0, "multiples of the generator");
    check_number(wrong[1], 0, "multiples of points");
    check_number(wrong[2], 0, "sums of multiples");
}

/* The generator's table against the other multiplication, which is quicker than BearSSL. */
static void
test_consistent(const curve *c)
{
    unsigned char k[SCALAR_MAXIMUM], a[POINT_MAXIMUM], b[POINT_MAXIMUM];
    int i, wrong = 0;

    for (i = 0; i < 5 * c->count; i++) {
        random_scalar(c, k);
        memcpy(a, c->generator, c->point_length);
        c->ours->mul(a, c->point_length, k, c->length, c->id);
        c->ours->mulgen(b, k, c->length, c->id);
        wrong += memcmp(a, b, c->point_length) != 0;
    }
    check_number(wrong, 0, "generator and point");
}

/* Single bits and what is below them: carries at each limb and each digit. */
static void
test_bits(const curve *c)
{
    unsigned char k[SCALAR_MAXIMUM];
    size_t bit;
    int wrong = 0;

    for (bit = 0; bit < 8 * c->length - (c->id == 25 ? 8 : 1); bit += c->id == 23 ? 3 : 29) {
        memset(k, 0, sizeof k);
        k[c->length - 1 - bit / 8] = (unsigned char)(1 << bit % 8);
        wrong += !generates_alike(c, k) || !multiplies_alike(c, c->generator, k);
        if (bit == 0)
            continue;
        add_small(c, k, -1);
        wrong += !generates_alike(c, k) || !multiplies_alike(c, c->generator, k);
    }
    check_number(wrong, 0, "powers of two, and one less");
}

/* is_multiple: whether both multiplications of the generator by k give j times it. */
static int
is_multiple(const curve *c, const unsigned char *k, size_t length, int j)
{
    unsigned char a[POINT_MAXIMUM], b[POINT_MAXIMUM], expected[POINT_MAXIMUM],
        small[SCALAR_MAXIMUM];

    memcpy(a, c->generator, c->point_length);
    if (j == 0)
        return c->ours->mul(a, c->point_length, k, length, c->id) == 0;
    memset(small, 0, sizeof small);
    if (j < 0)
        memcpy(small, c->order, c->length);
    add_small(c, small, j);
    c->reference->mulgen(expected, small, c->length, c->id);
    return c->ours->mul(a, c->point_length, k, length, c->id) == 1 &&
           c->ours->mulgen(b, k, length, c->id) == c->point_length &&
           memcmp(a, expected, c->point_length) == 0 && memcmp(b, expected, c->point_length) == 0;
}

static void
test_scalar_edges(const curve *c)
{
    unsigned char k[SCALAR_MAXIMUM + 1];
    int j, wrong = 0;

    for (j = -36; j <= 36; j++) { /* 2 x 16 and some */
        memcpy(k, c->order, c->length);
        add_small(c, k, j);
        wrong += !is_multiple(c, k, c->length, j);
        if (j < 0)
            continue;
        memset(k, 0, sizeof k);
        add_small(c, k, j);
        wrong += !is_multiple(c, k, c->length, j);
        k[0] = (unsigned char)j;
        wrong += !is_multiple(c, k, 1, j); /* short ones */
    }
    check_number(wrong, 0, "scalars about 0 and n");
    memset(k, 0, sizeof k);
    check(c->ours->mul(k, 0, k, 1, c->id) == 0, "no point");
}

/* Below: coordinates of the prime or more, another format, points beside the curve. */
static void
test_bad_points(const curve *c)
{
    unsigned char point[POINT_MAXIMUM], k[SCALAR_MAXIMUM] = {0};
    size_t i;
    int taken = 0;

    k[c->length - 1] = 2;
    for (i = 0; i < c->point_length; i++) {
        memcpy(point, c->generator, c->point_length);
        point[i] ^= 1;
        taken += (int)c->ours->mul(point, c->point_length, k, c->length, c->id);
        memcpy(point, c->generator, c->point_length);
        point[i] ^= 1;
        taken +=
            (int)c->ours->muladd(point, NULL, c->point_length, k, c->length, k, c->length, c->id);
    }
    memset(point + 1, 0, c->point_length - 1);
    point[0] = 4;
    taken += (int)c->ours->mul(point, c->point_length, k, c->length, c->id);
    memset(point + 1, 0xFF, c->point_length - 1);
    taken += (int)c->ours->mul(point, c->point_length, k, c->length, c->id);
    memcpy(point, c->generator, c->point_length);
    taken += (int)c->ours->mul(point, c->point_length - 1, k, c->length, c->id);
    check_number(taken, 0, "points that are none");
}

/* Sums that double, and that are infinity. */
static void
test_sum_edges(const curve *c)
{
    unsigned char a[POINT_MAXIMUM], k[SCALAR_MAXIMUM], l[SCALAR_MAXIMUM], e[POINT_MAXIMUM];
    int x, y, wrong = 0;

    for (x = -20; x <= 20; x++)
        for (y = -20; y <= 20; y += 8) {
            memset(k, 0, sizeof k);
            memset(l, 0, sizeof l);
            if (x < 0)
                memcpy(k, c->order, c->length);
            if (y < 0)
                memcpy(l, c->order, c->length);
            add_small(c, k, x);
            add_small(c, l, y);
            memcpy(a, c->generator, c->point_length);
            if (c->ours->muladd(a, x & 1 ? NULL : c->generator, c->point_length, k, c->length, l,
                    c->length, c->id) != (x + y != 0))
                wrong++;
            memset(k, 0, sizeof k);
            if (x + y < 0)
                memcpy(k, c->order, c->length);
            add_small(c, k, x + y);
            c->reference->mulgen(e, k, c->length, c->id);
            wrong += x + y != 0 && memcmp(a, e, c->point_length) != 0;
        }
    check_number(wrong, 0, "sums of small multiples");
}

/* checks counts what the signer's own check says wrongly of a signature that is good, of the same
 * with a bit that fell over in it, in the private key, in the public one, and in the digest. */
static int
checks(const curve *c, const unsigned char *digest, size_t size, const br_ec_private_key *key,
    const br_ec_public_key *public_key, unsigned char *raw, size_t length)
{
    const tls_kernels *kernels = tls_kernels_chosen();
    unsigned char other[DIGEST_LENGTH];
    unsigned char bit = (unsigned char)(1 << random_byte() % 8);
    unsigned char *at = key->x + random_byte() % key->xlen;
    int wrong;

    wrong = kernels->ecdsa_check(digest, size, key, public_key, raw, length) != 1;
    *at ^= bit;
    wrong += kernels->ecdsa_check(digest, size, key, public_key, raw, length) != 0;
    *at ^= bit;
    at = raw + random_byte() % length;
    *at ^= bit;
    wrong += kernels->ecdsa_check(digest, size, key, public_key, raw, length) != 0;
    *at ^= bit;
    at = public_key->q + 1 + random_byte() % c->length;
    *at ^= bit;
    wrong += kernels->ecdsa_check(digest, size, key, public_key, raw, length) != 0;
    *at ^= bit;
    memcpy(other, digest, sizeof other);
    other[random_byte() % (size < c->length ? size : c->length)] ^= bit;
    wrong += kernels->ecdsa_check(other, size, key, public_key, raw, length) != 0;
    return wrong;
}

static const br_hash_class *const hashes[] = {
    &br_sha1_vtable, &br_sha256_vtable, &br_sha384_vtable, &br_sha512_vtable};

/* Deterministic signatures (RFC 6979) are the same; each verifies by both; damaged ones by none. */
static void
test_signatures(const curve *c)
{
    unsigned char x[SCALAR_MAXIMUM], q[POINT_MAXIMUM], digest[DIGEST_LENGTH], a[160], b[160];
    br_ec_private_key key;
    br_ec_public_key public_key;
    int i, wrong[5] = {0, 0, 0, 0, 0};

    for (i = 0; i < c->count; i++) {
        const br_hash_class *hash = hashes[i & 3];
        size_t size = hash->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK, n, m, raw;

        random_scalar(c, x);
        random_bytes(digest, sizeof digest);
        if (i % 16 < 4)
            memset(digest, i % 16 < 2 ? 0xFF : 0, sizeof digest);
        key.curve = public_key.curve = c->id;
        key.x = x;
        key.xlen = c->length;
        public_key.q = q;
        public_key.qlen = c->ours->mulgen(q, x, c->length, c->id);
        n = tls_kernels_chosen()->ecdsa_sign(c->ours, hash, digest, &key, a);
        m = br_ecdsa_i31_sign_asn1(c->reference, hash, digest, &key, b);
        wrong[0] += n == 0 || n != m || memcmp(a, b, n) != 0;
        raw = br_ecdsa_asn1_to_raw(a, n);
        /* BearSSL verifies no signature of zeros. */
        wrong[1] += (i % 16 < 2 || i % 16 >= 4) &&
                    br_ecdsa_i31_vrfy_raw(c->reference, digest, size, &public_key, a, raw) != 1;
        wrong[2] +=
            tls_kernels_chosen()->ecdsa_verify(c->ours, digest, size, &public_key, a, raw) != 1;
        wrong[4] += checks(c, digest, size, &key, &public_key, a, raw);
        a[random_byte() % raw] ^= (unsigned char)(1 << random_byte() % 8);
        wrong[3] +=
            tls_kernels_chosen()->ecdsa_verify(c->ours, digest, size, &public_key, a, raw) != 0;
    }
    check_number(wrong[0], 0, "signatures that are BearSSL's");
    check_number(wrong[1], 0, "signatures that BearSSL verifies");
    check_number(wrong[2], 0, "signatures that verify");
    check_number(wrong[3], 0, "damaged signatures");
    check_number(wrong[4], 0, "what the signer's own check says");
}

/* put_pair: r and s, each 0, n or a good one's value plus a small number. */
static void
test_signature_edges(const curve *c)
{
    unsigned char x[SCALAR_MAXIMUM] = {0}, q[POINT_MAXIMUM], digest[DIGEST_LENGTH] = {1}, good[160];
    unsigned char raw[2 * SCALAR_MAXIMUM + 8];
    br_ec_private_key key = {c->id, x, c->length};
    br_ec_public_key public_key = {c->id, q, c->point_length};
    size_t n, half;
    int i, j, taken = 0;

    x[c->length - 1] = 7;
    c->ours->mulgen(q, x, c->length, c->id);
    n = tls_kernels_chosen()->ecdsa_sign(c->ours, &br_sha256_vtable, digest, &key, good);
    n = br_ecdsa_asn1_to_raw(good, n);
    half = n / 2;
    for (i = 0; i < 2; i++)
        for (j = -1; j <= 3; j++) {
            unsigned char *part = raw + (size_t)i * c->length;

            memset(raw, 0, sizeof raw);
            memcpy(raw + c->length - half, good, half);
            memcpy(raw + 2 * c->length - half, good + half, half);
            if (j < 3)
                memcpy(part, c->order, c->length);
            else
                memset(part, 0, c->length);
            if (j < 3)
                add_small(c, part, j);
            taken += (int)tls_kernels_chosen()->ecdsa_verify(
                c->ours, digest, 32, &public_key, raw, 2 * c->length);
        }
    check_number(taken, 0, "r and s about 0 and n");
    memset(raw, 0, sizeof raw); /* zeros before them */
    memcpy(raw + c->length + 2 - half, good, half);
    memcpy(raw + 2 * c->length + 4 - half, good + half, half);
    check(tls_kernels_chosen()->ecdsa_verify(
              c->ours, digest, 32, &public_key, raw, 2 * c->length + 4) == 1,
        "leading zeros");
    check(tls_kernels_chosen()->ecdsa_verify(
              c->ours, digest, 32, &public_key, raw, 2 * c->length + 3) == 0,
        "an odd length");
    memset(x, 0, sizeof x);
    check(tls_kernels_chosen()->ecdsa_sign(c->ours, &br_sha256_vtable, digest, &key, good) == 0,
        "a private key of 0");
    memcpy(x, c->order, c->length);
    check(tls_kernels_chosen()->ecdsa_sign(c->ours, &br_sha256_vtable, digest, &key, good) == 0,
        "a private key of n");
}

static void
test_curve(int id, int count)
{
    const unsigned char *order, *generator;
    curve c;

    if (!has_kernel(id == 23 ? "secp256r1" : id == 24 ? "secp384r1" : "secp521r1"))
        return;
    c.id = id;
    c.count = portion_of(count);
    c.reference = br_ec_get_default();
    c.ours = &tls_kernels_chosen()->curves;
    order = c.reference->order(id, &c.length);
    memcpy(c.order, order, c.length);
    generator = c.reference->generator(id, &c.point_length);
    memcpy(c.generator, generator, c.point_length);
    test_random(&c);
    test_consistent(&c);
    test_bits(&c);
    test_scalar_edges(&c);
    test_bad_points(&c);
    test_sum_edges(&c);
    test_signatures(&c);
    test_signature_edges(&c);
}

/* test_choice: P-521 has one kernel only. */
static void
test_choice(const char *words, int count)
{
    require(tls_kernels_choose(words), "%s", words);
    check_about("%s P-256", words);
    test_curve(23, count);
    check_about("%s P-384", words);
    test_curve(24, count / 10);
}

int
main(void)
{
    test_choice("auto", 400);
    check_about("P-521");
    test_curve(25, 16);
    if (strcmp(kernel_of("secp256r1"), "adx") == 0) /* the others are what "portable" says */
        test_choice("portable", 160);
    return check_end();
}
