/* key_exchange_test.c - (EC)DHE: published vectors, what a peer may not send, both sides agree. */
#include <bearssl.h>
#include <stdio.h>
#include <string.h>

#include "crypto/ffdhe.h"
#include "crypto/key_exchange.h"
#include "kernel/kernel.h"
#include "support/check.h"
#include "wire/registry.h"

static size_t
from_hex(unsigned char *out, const char *hex)
{
    unsigned byte;
    size_t length = 0;

    for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        out[length++] = (unsigned char)byte;
    return length;
}

static const unsigned groups[] = {TLS_GROUP_X25519, TLS_GROUP_SECP256R1, TLS_GROUP_SECP384R1,
    TLS_GROUP_SECP521R1, TLS_GROUP_FFDHE2048, TLS_GROUP_FFDHE3072};
#define GROUP_COUNT (sizeof groups / sizeof groups[0])

static const char *
name_of(unsigned group)
{
    return tls_registry_name(TLS_REGISTRY_GROUP, group);
}

/* BearSSL 0.6 reads x25519's scalar in little-endian order, later versions in big-endian order:
 * which one this is shows in the public key of RFC 7748 section 6.1. */
static int scalars_are_reversed;

static void
set_secret(tls_key_exchange_key *key, unsigned group, const char *hex)
{
    const br_ec_impl *ec = br_ec_get_default();
    unsigned char bytes[80];
    size_t length = from_hex(bytes, hex), skip = 0, i;

    memset(key, 0, sizeof *key);
    key->group = group;
    if (group == TLS_GROUP_X25519 || group >= 32) {
        key->length = length;
    } else {
        ec->order((int)group, &key->length);
        while (length - skip > key->length)
            skip++;
    }
    for (i = 0; i < length - skip; i++)
        key->secret[key->length - 1 - i] = bytes[length - 1 - i];
    if (group == TLS_GROUP_X25519 && scalars_are_reversed)
        for (i = 0; i < length; i++)
            key->secret[i] = bytes[length - 1 - i];
}

static enum tls_reason
shared(const tls_key_exchange_key *key, tls_bytes share, unsigned char *out, size_t *length)
{
    memset(out, 0xEE, TLS_SHARED_SECRET_MAXIMUM);
    *length = 0;
    return tls_key_exchange_shared(key, out, length, share);
}

static int
refused(const tls_key_exchange_key *key, const unsigned char *share, size_t share_length)
{
    unsigned char out[TLS_SHARED_SECRET_MAXIMUM];
    size_t length;

    return shared(key, tls_bytes_make(share, share_length), out, &length) ==
               TLS_REASON_ILLEGAL_PARAMETER &&
           length == 0;
}

/* ---- Known answers ---- */

/* x25519: RFC 7748 sections 5.2 and 6.1. The NIST curves: project Wycheproof,
 * ecdh_secp256r1_ecpoint_test.json and its like for the other curves, tests 1 and 3, whose shared
 * secret is all zero, and one that begins with zeros. */
static const struct {
    unsigned group;
    const char *secret, *share, *result;
} vectors[] = {
    {TLS_GROUP_X25519, "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
    {TLS_GROUP_X25519, "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
    {TLS_GROUP_X25519, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
    {TLS_GROUP_SECP256R1, "0612465c89a023ab17855b0a6bcebfd3febb53aef84138647b5352e02c10c346",
        "0462d5bd3372af75fe85a040715d0f502428e07046868b0bfdfa61d731afe44f26"
        "ac333a93a9e70a81cd5a95b5bf8d13990eb741c8c38872b4a07d275a014e30cf",
        "53020d908b0219328b658b525f26780e3ae12bcd952bb25a93bc0895e1714285"},
    {TLS_GROUP_SECP256R1, "0a0d622a47e48f6bc1038ace438c6f528aa00ad2bd1da5f13ee46bf5f633d71a",
        "0458fd4168a87795603e2b04390285bdca6e57de6027fe211dd9d25e2212d29e62"
        "080d36bd224d7405509295eed02a17150e03b314f96da37445b0d1d29377d12c",
        "0000000000000000000000000000000000000000000000000000000000000000"},
    {TLS_GROUP_SECP256R1, "0a0d622a47e48f6bc1038ace438c6f528aa00ad2bd1da5f13ee46bf5f633d71a",
        "040f6d20c04261ecc3e92846acad48dc8ec5ee35ae0883f0d2ea71216906ee1c47"
        "c042689a996dd12830ae459382e94aac56b717af2e2080215f9e41949b1f52be",
        "00000000000000000000000000000000ffffffffffffffffffffffffffffffff"},
    {TLS_GROUP_SECP384R1,
        "766e61425b2da9f846c09fc3564b93a6f8603b7392c785165bf20da948c49fd1fb1dee4edd64356b9f21c588b7"
        "5dfd81",
        "04790a6e059ef9a5940163183d4a7809135d29791643fc43a2f17ee8bf677ab84f791b64a6be15969ffa012dd9"
        "185d8796"
        "d9b954baa8a75e82df711b3b56eadff6b0f668c3b26b4b1aeb308a1fcc1c680d329a6705025f1c98a0b5e5bfcb"
        "163caa",
        "6461defb95d996b24296f5a1832b34db05ed031114fbe7d98d098f93859866e4de1e229da71fef0c77fe49b249"
        "190135"},
    {TLS_GROUP_SECP384R1,
        "00a2b6442a37f8a3759d2cb91df5eca75b14f5a6766da8035cc1943b15a8e4ebb6025f373be334080f22ab821a"
        "3535a6a7",
        "04490e96d17f4c6ceccd45def408cea33e9704a5f1b01a3de2eaaa3409fd160d78d395d6b3b003d71fd1f590fa"
        "d95bf1c9"
        "d8665efc2070d059aa847125c2f707435955535c7c5df6d6c079ec806dce6b6849d337140db7ca50616f9456de"
        "1323c4",
        "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "000000"},
    {TLS_GROUP_SECP384R1,
        "00a2b6442a37f8a3759d2cb91df5eca75b14f5a6766da8035cc1943b15a8e4ebb6025f373be334080f22ab821a"
        "3535a6a7",
        "04737e8437e18683de2455b68945bba31daec3e754d72f0a0776d3192b2f9298bb95ca1464baa6687aabb679f8"
        "04cf6ec6"
        "c2b4d47d61a60404df63b1e9ac0954b3419bbc2ad52a0409aeeb82f4703758588059165b20367dcb4b235b0caf"
        "71d727",
        "007fff0001fffc0007fff0001fffc0007fff0001fffc0007fff0001fffc0007fff0001fffc0007fff0001fffc0"
        "008000"},
    {TLS_GROUP_SECP521R1,
        "01939982b529596ce77a94bc6efd03e92c21a849eb4f87b8f619d506efc9bb22e7c61640c90d598f795b64566d"
        "c6df43992a"
        "e34a1341d458574440a7371f611c7dcd",
        "040064da3e94733db536a74a0d8a5cb2265a31c54a1da6529a198377fbd38575d9d79769ca2bdf2d4c97264292"
        "6d444891a6"
        "52e7f492337251adf1613cf3077999b5ce00e04ad19cf9fd4722b0c824c069f70c3c0e7ebc5288940dfa924221"
        "52ae4a4f79"
        "183ced375afb54db1409ddf338b85bb6dbfc5950163346bb63a90a70c5aba098f7",
        "01f1e410f2c6262bce6879a3f46dfb7dd11d30eeee9ab49852102e1892201dd10f27266c2cf7cbccc7f6885099"
        "043dad80ff"
        "57f0df96acf283fb090de53df95f7d87"},
    {TLS_GROUP_SECP521R1,
        "00a2b6442a37f8a3759d2cb91df5eca75af6b89e27baf2f6cbf971dee5058ffa9d8dac805c7bc72f3718489d6a"
        "9cb2787af8"
        "c93a17ddeb1a19211ab23604d47b7646",
        "04014c643329691ba27459a40dfe7c4ce17b3ea14d0cd7aa47b01f1315404db51436fbbfe6de0842e0f7e1265f"
        "6ff3aca287"
        "50677d3370b2fb2a6ef497356f4b95811201051b14178639a09a41465c72d3743436ee1c191ff7388a40140b34"
        "d5317de591"
        "1ea03cdbb0329fdeb446695a3b92d437271a9f3c318b02dec4d473908158140e97",
        "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "0000000000"
        "00000000000000000000000000000000"},
};

static void
test_known_answers(void)
{
    const br_ec_impl *ec = &tls_kernels_chosen()->curves;
    tls_key_exchange_key key;
    unsigned char point[133], share[133], expected[66], out[TLS_SHARED_SECRET_MAXIMUM];
    size_t i, length, share_length;

    set_secret(
        &key, TLS_GROUP_X25519, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    from_hex(expected, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    ec->mulgen(point, key.secret, key.length, TLS_GROUP_X25519);
    scalars_are_reversed = memcmp(point, expected, 32) != 0;
    set_secret(
        &key, TLS_GROUP_X25519, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    ec->mulgen(point, key.secret, key.length, TLS_GROUP_X25519);
    check(memcmp(point, expected, 32) == 0, "RFC 7748 section 6.1 (public key)");

    for (i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        set_secret(&key, vectors[i].group, vectors[i].secret);
        share_length = from_hex(share, vectors[i].share);
        check(shared(&key, tls_bytes_make(share, share_length), out, &length) == TLS_OK &&
                  length == from_hex(expected, vectors[i].result) &&
                  memcmp(out, expected, length) == 0,
            "known answer (%s)", name_of(vectors[i].group));
        if (vectors[i].group != TLS_GROUP_X25519) {
            share[0] = 0x02 | (share[share_length - 1] & 1);
            check(refused(&key, share, 1 + share_length / 2), "compressed point (%s)",
                name_of(vectors[i].group));
        }
    }
}

/* Exponents: SHAKE-256 of "ffdhe2048 exponent" and "ffdhe3072 exponent". Results: SHA-256 of the
 * whole big-endian number, from Python's pow(). `small` is a share whose result begins with a zero
 * byte. */
static const struct {
    unsigned group;
    const char *exponent, *prime, *public_share, *of_two_below;
    unsigned char small;
    const char *of_small;
} ffdhe_vectors[] = {
    {TLS_GROUP_FFDHE2048, "7cfdc50af074b725e6a1324d23c63ed7acf54022156a2fe3a06dfc64eee9b2c0",
        "9cd3b7f336872f46c09428d1bbc19877a4d440512cda8d1c1cf0cd6e33698966",
        "21d5603d57049c5f2356e0dac4bad9e8ddef367fbb5b5a221c9b216bef0e4ba5",
        "21d5603d57049c5f2356e0dac4bad9e8ddef367fbb5b5a221c9b216bef0e4ba5", 178,
        "dff9a32aebcfcaf1163161cd3abaff4eb78446e8707c1d4e5e930623e88cf963"},
    {TLS_GROUP_FFDHE3072,
        "1ff408975f2152e3bbf37e49dc7c59b155ac35246fbddb696d1e9a922d5ab5a0f87bd4f16d2a1c9d",
        "0eaf67db3a839156d5013494a5318a772b5697d270d721f37f092efc69ea5a17",
        "60a56c87c8ef0fcea672cbf4e5dab8a19b6cc064d1b571392f09460780251c10",
        "80d233ae77734509fece4518ba91bcb9c66b2e0812dcdcfd9a888f804cb20c9b", 12,
        "a81cafcfa296350704cbbea461f746c2424a210df7687b43cda5fe49d4b3560c"},
};

static int
has_digest(const unsigned char *data, size_t length, const char *expected)
{
    unsigned char digest[32], wanted[32];
    br_sha256_context context;

    br_sha256_init(&context);
    br_sha256_update(&context, data, length);
    br_sha256_out(&context, digest);
    return from_hex(wanted, expected) == 32 && memcmp(digest, wanted, 32) == 0;
}

static void
test_ffdhe(void)
{
    tls_key_exchange_key key;
    unsigned char share[TLS_KEY_SHARE_MAXIMUM], out[TLS_SHARED_SECRET_MAXIMUM];
    size_t i, length;

    for (i = 0; i < sizeof ffdhe_vectors / sizeof ffdhe_vectors[0]; i++) {
        unsigned group = ffdhe_vectors[i].group;
        const char *name = name_of(group);
        tls_bytes prime = tls_ffdhe_prime(group);
        size_t n = prime.length;

        check(
            n == tls_group_share_length(group) && has_digest(prime.data, n, ffdhe_vectors[i].prime),
            "the prime (%s)", name);
        set_secret(&key, group, ffdhe_vectors[i].exponent);
        check(key.length == tls_ffdhe_exponent_length(group), "the exponent's length (%s)", name);
        check(tls_ffdhe_public(out, group, tls_bytes_make(key.secret, key.length)) &&
                  has_digest(out, n, ffdhe_vectors[i].public_share),
            "public share (%s)", name);

        memset(share, 0, sizeof share);
        share[n - 1] = ffdhe_vectors[i].small;
        check(shared(&key, tls_bytes_make(share, n), out, &length) == TLS_OK && length == n &&
                  out[0] == 0 && has_digest(out, n, ffdhe_vectors[i].of_small),
            "padded on the left (%s)", name);
        memcpy(share, prime.data, n);
        share[n - 1] = 0xFD; /* p - 2 */
        check(shared(&key, tls_bytes_make(share, n), out, &length) == TLS_OK && length == n &&
                  has_digest(out, n, ffdhe_vectors[i].of_two_below),
            "the largest share (%s)", name);
        share[n - 1] = 0xFE;
        check(refused(&key, share, n), "p - 1 (%s)", name);
        share[n - 1] = 0xFF;
        check(refused(&key, share, n), "p (%s)", name);
        memset(share + n - 8, 0, 8);
        share[n - 9]++;
        check(refused(&key, share, n), "p + 1 (%s)", name);
        memset(share, 0xFF, n);
        check(refused(&key, share, n), "all ones (%s)", name);
        memset(share, 0, n);
        check(refused(&key, share, n), "0 (%s)", name);
        share[n - 1] = 1;
        check(refused(&key, share, n), "1 (%s)", name);
        share[n - 1] = 2;
        check(shared(&key, tls_bytes_make(share, n), out, &length) == TLS_OK &&
                  has_digest(out, n, ffdhe_vectors[i].public_share),
            "the smallest share (%s)", name);
    }
    check(tls_ffdhe_prime(TLS_GROUP_X25519).length == 0 &&
              tls_ffdhe_exponent_length(TLS_GROUP_X25519) == 0 &&
              !tls_ffdhe_public(out, TLS_GROUP_X25519, tls_bytes_make(key.secret, 32)) &&
              !tls_ffdhe_shared(
                  out, TLS_GROUP_X25519, tls_bytes_make(key.secret, 32), tls_bytes_make(share, 0)),
        "no ffdhe group (x25519)");
}

/* ---- What a peer may not send ---- */

/* Every x25519 share of small order, also as encodings of p and more. */
static const char *const small_order[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void
test_small_order(void)
{
    tls_key_exchange_key key;
    unsigned char share[32];
    size_t i;

    check(
        tls_key_exchange_generate(&key, TLS_GROUP_X25519, NULL, 0) == TLS_OK, "generate (x25519)");
    for (i = 0; i < sizeof small_order / sizeof small_order[0]; i++) {
        from_hex(share, small_order[i]);
        check(refused(&key, share, sizeof share), "small order (%s)", small_order[i]);
        share[31] |= 0x80; /* a bit that RFC 7748 section 5 ignores */
        check(refused(&key, share, sizeof share), "small order with the top bit (%s)",
            small_order[i]);
    }
}

/* Points with x = 0 (project Wycheproof), and the field's prime: x = p is the same point written in
 * another way. */
static const struct {
    unsigned group;
    const char *share, *prime;
} zero_x[] = {
    {TLS_GROUP_SECP256R1,
        "040000000000000000000000000000000000000000000000000000000000000000"
        "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4",
        "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"},
    {TLS_GROUP_SECP384R1,
        "040000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "00000000"
        "3cf99ef04f51a5ea630ba3f9f960dd593a14c9be39fd2bd215d3b4b08aaaf86bbf927f2c46e52ab06fb742b885"
        "0e521e",
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ff"
        "ffffff"},
    {TLS_GROUP_SECP521R1,
        "040000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "0000000000"
        "0000000000000000000000000000000000"
        "00d20ec9fea6b577c10d26ca1bb446f40b299e648b1ad508aad068896fee3f8e614bc63054d5772bf01a65d412"
        "e0bcaa8e96"
        "5d2f5d332d7f39f846d440ae001f4f87",
        "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        "ffffffffff"
        "ffffffffffffffffffffffffffffffff"},
};

static void
test_points(void)
{
    unsigned char share[133], good[133], out[TLS_SHARED_SECRET_MAXIMUM];
    size_t i, bit, n, length;
    unsigned first;

    for (i = 0; i < sizeof zero_x / sizeof zero_x[0]; i++) {
        const char *name = name_of(zero_x[i].group);
        tls_key_exchange_key key, peer;

        check(tls_key_exchange_generate(&key, zero_x[i].group, NULL, 0) == TLS_OK &&
                  tls_key_exchange_generate(&peer, zero_x[i].group, NULL, 0) == TLS_OK,
            "generate (%s)", name);
        n = from_hex(share, zero_x[i].share);
        check(n == tls_group_share_length(zero_x[i].group) &&
                  shared(&key, tls_bytes_make(share, n), out, &length) == TLS_OK,
            "x = 0 (%s)", name);
        from_hex(share + 1, zero_x[i].prime);
        check(refused(&key, share, n), "x = p (%s)", name);
        memset(share + 1, 0, n - 1);
        check(refused(&key, share, n), "x = y = 0 (%s)", name);
        memset(share + 1, 0xFF, n - 1);
        check(refused(&key, share, n), "all ones (%s)", name);
        memset(share, 0, n);
        check(refused(&key, share, n), "all zero (%s)", name);
        check(refused(&key, share, 1), "the point at infinity (%s)", name);

        memcpy(good, tls_key_exchange_share(&peer).data, n);
        for (bit = 0; bit < n * 8; bit += 7) {
            memcpy(share, good, n);
            share[bit / 8] ^= (unsigned char)(1 << bit % 8);
            if (!refused(&key, share, n))
                break;
        }
        check(bit >= n * 8, "a flipped bit is off the curve (%s)", name);
        memcpy(share, good, n);
        for (first = 0; first < 256; first++) {
            share[0] = (unsigned char)first;
            if (refused(&key, share, n) != (first != 0x04))
                break;
        }
        check(first == 256, "only 04 is a first byte (%s)", name);
        share[0] = 0x04;
        memcpy(share + 1 + n / 2, good + 1, n / 2); /* y = x */
        check(refused(&key, share, n), "not on the curve (%s)", name);
    }
}

static void
test_lengths(void)
{
    static const size_t lengths[] = {32, 65, 97, 133, 256, 384};
    unsigned char share[TLS_KEY_SHARE_MAXIMUM + 2];
    size_t i, j;

    for (i = 0; i < GROUP_COUNT; i++) {
        const char *name = name_of(groups[i]);
        tls_key_exchange_key key;
        tls_bytes own;

        check(tls_group_share_length(groups[i]) == lengths[i], "length (%s)", name);
        check(tls_key_exchange_generate(&key, groups[i], NULL, 0) == TLS_OK, "generate (%s)", name);
        own = tls_key_exchange_share(&key);
        check(own.length == lengths[i], "length of a share (%s)", name);
        memset(share, 0, sizeof share);
        memcpy(share, own.data, own.length);
        for (j = 0; j <= sizeof share; j++)
            if (j != own.length && !refused(&key, share, j))
                break;
        check(j > sizeof share, "another length (%s)", name);
    }
    check(tls_group_share_length(TLS_GROUP_X448) == 0 && tls_group_share_length(0) == 0 &&
              tls_group_share_length(0x11EA) == 0 && tls_group_share_length(0x0102) == 0,
        "length (unknown groups)");
}

/* ---- Our own keys ---- */

static void
test_agreement(void)
{
    size_t i, round;

    for (i = 0; i < GROUP_COUNT; i++) {
        const char *name = name_of(groups[i]);
        int agree = 1, fresh = 1;

        check(tls_group_supported(groups[i]), "supported (%s)", name);
        for (round = 0; round < 4; round++) {
            tls_key_exchange_key a, b;
            unsigned char of_a[TLS_SHARED_SECRET_MAXIMUM], of_b[TLS_SHARED_SECRET_MAXIMUM];
            size_t length_a, length_b;

            agree = agree && tls_key_exchange_generate(&a, groups[i], NULL, 0) == TLS_OK &&
                    tls_key_exchange_generate(&b, groups[i], NULL, 0) == TLS_OK &&
                    shared(&a, tls_key_exchange_share(&b), of_a, &length_a) == TLS_OK &&
                    shared(&b, tls_key_exchange_share(&a), of_b, &length_b) == TLS_OK &&
                    length_a == length_b && memcmp(of_a, of_b, length_a) == 0;
            fresh = fresh && memcmp(a.secret, b.secret, a.length) != 0 &&
                    !tls_bytes_equal(tls_key_exchange_share(&a), tls_key_exchange_share(&b));
            if (groups[i] >= 32)
                fresh = fresh && (a.secret[0] & 0x80) != 0;
        }
        check(agree, "both sides agree (%s)", name);
        check(fresh, "keys differ (%s)", name);
    }
}

static void
test_unsupported(void)
{
    static const unsigned others[] = {
        0, 1, 22, 26, 28, 30, 31, 32, 255, 258, 260, 0x0202, 0x11EE, 0x0A0A, 0xFFFF};
    tls_key_exchange_key key, zero;
    unsigned char share[TLS_KEY_SHARE_MAXIMUM], out[TLS_SHARED_SECRET_MAXIMUM];
    size_t i, length;
    int refusals = 1;

    memset(&zero, 0, sizeof zero);
    for (i = 0; i < sizeof others / sizeof others[0]; i++) {
        memset(&key, 0x55, sizeof key);
        refusals =
            refusals && !tls_group_supported(others[i]) &&
            tls_key_exchange_generate(&key, others[i], NULL, 0) == TLS_REASON_ILLEGAL_PARAMETER &&
            memcmp(&key, &zero, sizeof key) == 0;
    }
    check(refusals, "other groups (generate)");
    memset(share, 9, sizeof share);
    check(shared(&zero, tls_bytes_make(share, 0), out, &length) == TLS_REASON_ILLEGAL_PARAMETER,
        "a zero key (no share)");
    zero.group = TLS_GROUP_X25519;
    check(shared(&zero, tls_bytes_make(share, 32), out, &length) == TLS_REASON_ILLEGAL_PARAMETER,
        "a key without a secret (x25519)");
    check(tls_key_exchange_generate(&key, TLS_GROUP_SECP256R1, NULL, 0) == TLS_OK,
        "generate (secp256r1)");
    tls_key_exchange_wipe(&key);
    memset(&zero, 0, sizeof zero);
    check(memcmp(&key, &zero, sizeof key) == 0, "wiped (secp256r1)");
}

int
main(void)
{
    test_known_answers();
    test_ffdhe();
    test_small_order();
    test_points();
    test_lengths();
    test_agreement();
    test_unsupported();
    return check_end();
}
