/* ed25519_test.c - Ed25519: RFC 8032 section 7.1, Wycheproof's cases, public keys that are none,
 * and signatures that were changed; by each implementation of the curve. */
#include <stdio.h>
#include <string.h>

#include "crypto/ed25519.h"
#include "crypto/scalar25519.h"
#include "kernel/choice.h"
#include "kernel/kernel.h"
#include "support/check.h"
#include "support/kernels.h"

#include "ed25519_wycheproof.h"

#define MESSAGE_MAXIMUM 2048
#define CASES (sizeof wycheproof / sizeof wycheproof[0])

static size_t
from_hex(unsigned char *out, const char *hex)
{
    unsigned byte;
    size_t length = 0;

    for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        out[length++] = (unsigned char)byte;
    return length;
}

/* RFC 8032 section 7.1; "TEST 1024" is Wycheproof's case 83 too, and has its message there. */
static const struct {
    const char *private_key, *public_key, *message, *signature;
} rfc8032[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
        "f9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
        "f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76098"
        "4dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
        "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e", NULL,
        "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23c4"
        "36d94b5e8fcd4f681e30a6ac00a9704a188a03"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3"
        "f"
        "eebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c664"
        "31e0303dca179c138ac17ad9bef1177331a704"},
};

static const char *
message_of(int id)
{
    size_t i;

    for (i = 0; i < CASES; i++)
        if (wycheproof[i].id == id)
            return wycheproof[i].message;
    return "";
}

static void
test_rfc8032(void)
{
    unsigned char private_key[32], public_key[32], message[MESSAGE_MAXIMUM], signature[64];
    size_t i, length;

    for (i = 0; i < sizeof rfc8032 / sizeof rfc8032[0]; i++) {
        const char *hex = rfc8032[i].message != NULL ? rfc8032[i].message : message_of(83);

        from_hex(private_key, rfc8032[i].private_key);
        length = from_hex(message, hex);
        tls_ed25519_public(public_key, private_key);
        check_hex(tls_bytes_make(public_key, 32), rfc8032[i].public_key, "public key %u",
            (unsigned)i + 1);
        check(tls_ed25519_is_public(public_key), "is one");
        check(tls_ed25519_sign(
                  signature, private_key, public_key, tls_bytes_make(message, length)) == 1,
            "signs");
        check_hex(
            tls_bytes_make(signature, 64), rfc8032[i].signature, "signature %u", (unsigned)i + 1);
    }
}

static void
test_wycheproof(void)
{
    unsigned char key[32], message[MESSAGE_MAXIMUM], signature[128];
    int wrong = 0, keys = 0;
    size_t i;

    for (i = 0; i < CASES; i++) {
        size_t length = from_hex(message, wycheproof[i].message);
        size_t signature_length = from_hex(signature, wycheproof[i].signature);
        int good;

        from_hex(key, wycheproof[i].key);
        keys += tls_ed25519_is_public(key);
        good = tls_ed25519_verify(
            key, tls_bytes_make(message, length), tls_bytes_make(signature, signature_length));
        if (good != wycheproof[i].valid) {
            check(0, "case %d: %d", wycheproof[i].id, good);
            wrong++;
        }
    }
    check_number(CASES, 150, "cases");
    check_number(keys, 150, "keys");
    check_number(wrong, 0, "cases that went wrong");
}

/* Points of orders 1, 2, 4 and 8; encodings that are not the least (RFC 8032 section 5.1.3), -0;
 * and a y without an x. */
static void
test_keys(void)
{
    static const char *const none[] = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0200000000000000000000000000000000000000000000000000000000000000",
    };
    unsigned char key[32];
    size_t i;

    for (i = 0; i < sizeof none / sizeof none[0]; i++) {
        from_hex(key, none[i]);
        check(!tls_ed25519_is_public(key), "no key: %s", none[i]);
    }
    from_hex(key, "0300000000000000000000000000000000000000000000000000000000000000");
    check(tls_ed25519_is_public(key), "y = 3");
    key[31] = 0x80;
    check(tls_ed25519_is_public(key), "y = 3, with the other x");
}

/* Below the order, and it, and more. */
static void
test_scalars(void)
{
    static const char *const numbers[] = {
        "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
        "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
        "eed3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    static const char *const residues[] = {
        "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "1c95988d7431ecd670cf7d73f45befc6feffffffffffffffffffffffffffff0f",
    };
    unsigned char number[64], out[32], one[32] = {1};
    size_t i;

    for (i = 0; i < 4; i++) {
        memset(number, 0, sizeof number);
        from_hex(number, numbers[i]);
        check_number(tls_scalar25519_is_proper(number), i == 0, "%s", numbers[i]);
        tls_scalar25519_reduce(out, number);
        check_hex(tls_bytes_make(out, 32), residues[i], "residue %u", (unsigned)i);
        tls_scalar25519_multiply_add(out, number, one, one);
        if (i < 3) /* -1, 0 and 1, and one more */
            check_number(out[0], i, "times 1 and 1 more");
    }
    memset(number, 0xFF, sizeof number);
    tls_scalar25519_reduce(out, number);
    check_hex(tls_bytes_make(out, 32),
        "000f9c44e31106a447938568a71b0ed065bef517d273ecce3d9a307c1b419903", "2^512 - 1");
}

static void
test_changes(void)
{
    unsigned char private_key[32], public_key[32], other[32], signature[64], message[48];
    tls_bytes view = tls_bytes_make(message, sizeof message);
    int taken = 0;
    size_t i;

    memset(private_key, 7, sizeof private_key);
    memset(message, 9, sizeof message);
    tls_ed25519_public(public_key, private_key);
    require(tls_ed25519_sign(signature, private_key, public_key, view), "a signature");
    for (i = 0; i < 512; i++) {
        signature[i / 8] ^= (unsigned char)(1 << i % 8);
        taken += tls_ed25519_verify(public_key, view, tls_bytes_make(signature, 64));
        signature[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    message[20] ^= 1;
    taken += tls_ed25519_verify(public_key, view, tls_bytes_make(signature, 64));
    message[20] ^= 1;
    check_number(taken, 0, "changed ones that verify");
    check(tls_ed25519_verify(public_key, view, tls_bytes_make(signature, 64)), "unchanged");
    /* With another public key in the hash it would tell the private one. */
    private_key[0] ^= 1;
    tls_ed25519_public(other, private_key);
    private_key[0] ^= 1;
    check(!tls_ed25519_sign(signature, private_key, other, view), "another's public key");
    for (i = 0; i < 64 && signature[i] == 0; i++)
        ;
    check_number(i, 64, "nothing is given away");
}

int
main(void)
{
    static const char *const choices[] = {"auto", "portable", "none"};
    const tls_edwards25519 *last = NULL;
    size_t i;

    for (i = 0; i < 3; i++) {
        if (!tls_kernels_choose(choices[i]) || tls_kernels_chosen()->edwards25519 == last)
            continue;
        last = tls_kernels_chosen()->edwards25519;
        check_about("%s", choices[i]);
        test_rfc8032();
        test_wycheproof();
        test_keys();
        test_scalars();
        test_changes();
    }
    return check_end();
}
