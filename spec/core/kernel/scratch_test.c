/* scratch_test.c - what a multiplication, a signature or RSA's private operation leaves on the
 * stack: on one that was painted neither the secrets of a key nor the shared secret is found
 * afterwards, with the kernels of this processor, those for every one, and BearSSL's own as far as
 * they wipe. */
#include <stdio.h>
#include <string.h>

#include "crypto/ed25519.h"
#include "kernel/choice.h"
#include "kernel/kernel.h"
#include "support/check.h"
#include "support/painted_stack.h"

static int curve, operation;
static size_t scalar_length;
static unsigned char scalar[66], point[140], digest[64], signature[200];

/* p, q, dP, dQ, qInv: any odd numbers do, see rsa_kernel_test.c. */
static unsigned char parts[5][128], message[256];

static void
run_rsa(void)
{
    br_rsa_private_key key = {
        2048, parts[0], 128, parts[1], 128, parts[2], 128, parts[3], 128, parts[4], 128};

    tls_kernels_chosen()->rsa_private(message, &key);
}

static void
run(void)
{
    const tls_kernels *kernels = tls_kernels_chosen();
    br_ec_private_key key = {curve, scalar, scalar_length};

    if (operation == 0)
        kernels->curves.mul(point, curve == BR_EC_curve25519 ? 32 : 1 + 2 * scalar_length, scalar,
            scalar_length, curve);
    else
        kernels->ecdsa_sign(&kernels->curves, &br_sha512_vtable, digest, &key, signature);
}

static unsigned char seed[32], ed25519_public[32];

static void
run_ed25519(void)
{
    tls_ed25519_sign(signature, seed, ed25519_public, tls_bytes_make(message, sizeof message));
}

static void
run_ed25519_public(void)
{
    tls_ed25519_public(ed25519_public, seed);
}

/* has: in this order, and turned around by eights as SHA-512 has its words. */
static int
has(const unsigned char bytes[32])
{
    unsigned char turned[32];
    size_t i;

    for (i = 0; i < sizeof turned; i++)
        turned[i] = bytes[i / 8 * 8 + 7 - i % 8];
    return painted_stack_has(bytes, 32) || painted_stack_has(turned, 32);
}

static void
try_ed25519(const char *words)
{
    unsigned char expanded[br_sha512_SIZE];
    br_sha512_context hash;
    size_t i;

    check_about("%s, Ed25519", words);
    for (i = 0; i < sizeof seed; i++)
        seed[i] = (unsigned char)((i + 3) * 23 * 41 >> 1);
    br_sha512_init(&hash);
    br_sha512_update(&hash, seed, sizeof seed);
    br_sha512_out(&hash, expanded);
    painted_stack_run(run_ed25519_public);
    check(!has(seed) && !has(expanded) && !has(expanded + 32), "the key is left");
    expanded[0] &= 0xF8;
    expanded[31] = (unsigned char)((expanded[31] & 0x7F) | 0x40);
    check(!has(expanded), "its scalar is left");
    painted_stack_run(run_ed25519);
    check(!has(seed) && !has(expanded) && !has(expanded + 32), "the key of a signature is left");
}

static void
prepare(int id, size_t length, unsigned seed)
{
    size_t i;

    curve = id;
    scalar_length = length;
    for (i = 0; i < sizeof scalar; i++)
        scalar[i] = (unsigned char)((i + 3) * (seed * 2 + 7) * 41 >> 1);
    for (i = 0; i < sizeof digest; i++)
        digest[i] = (unsigned char)(i * 59 + seed);
    scalar[0] &= id == BR_EC_secp521r1 ? 0 : 0x7F;
    tls_kernels_chosen()->curves.mulgen(point, scalar, scalar_length, curve);
}

static void
try_curve(const char *words, int id, size_t length)
{
    check_about("%s, curve %d", words, id);
    prepare(id, length, 1);
    operation = 0;
    painted_stack_run(run);
    check(!painted_stack_has(scalar, length), "the scalar of a multiplication is left");
    if (id == BR_EC_curve25519)
        check(!painted_stack_has(point, 32), "its result is left");
    else
        check(!painted_stack_has(point + 1, length), "its result is left");
    if (id == BR_EC_curve25519)
        return;
    operation = 1;
    painted_stack_run(run);
    check(!painted_stack_has(scalar, length), "the key of a signature is left");
}

/* half_of: the message modulo a factor, raised to its exponent. Who has it has the factor. */
static void
half_of(unsigned char half[128], size_t factor)
{
    br_rsa_public_key key = {parts[factor], 128, parts[2 + factor], 128};

    memcpy(half, message + 128, 128);
    require(br_rsa_public_get_default()(half, 128, &key) == 1, "a power");
}

static void
try_rsa(const char *words)
{
    static const char *const names[] = {"p", "q", "dP", "dQ", "qInv"};
    unsigned char halves[2][128];
    size_t i, j;

    check_about("%s, RSA", words);
    for (i = 0; i < 5; i++) {
        for (j = 0; j < sizeof parts[i]; j++)
            parts[i][j] = (unsigned char)((j + 5) * (2 * i + 7) * 43 >> 1);
        parts[i][0] = (unsigned char)(i < 2 ? 0xE1 : 0x61);
        parts[i][127] |= 1;
    }
    memset(message, 0, 128); /* below both factors */
    memset(message + 128, 0x3C, 128);
    half_of(halves[0], 0);
    half_of(halves[1], 1);
    painted_stack_run(run_rsa);
    for (i = 0; i < 5; i++)
        check(!painted_stack_has(parts[i], 128) && !painted_stack_has_limbs(parts[i], 128),
            "%s is left", names[i]);
    for (i = 0; i < 2; i++)
        check(!painted_stack_has(halves[i], 128) && !painted_stack_has_limbs(halves[i], 128),
            "the half of %s is left", names[i]);
    check(!painted_stack_has(message, 256), "the result is left");
}

int
main(void)
{
    static const char *const choices[] = {"auto", "portable", "-ifma"};
    size_t i;

    for (i = 0; i < 3; i++) {
        const char *primitive, *implementation;
        size_t j;
        int ours = 0;

        if (!tls_kernels_choose(choices[i])) /* a kernel that was not built */
            continue;
        for (j = 0; tls_kernels_entry(j, &primitive, &implementation); j++)
            ours += strcmp(primitive, "x25519") == 0 && strcmp(implementation, "bearssl") != 0;
        if (!ours || !PAINTED_STACK_HAS_OWN_FRAMES) /* without kernels: BearSSL's code does not wipe
                                                       its stack */
            continue;
        try_curve(choices[i], BR_EC_curve25519, 32);
        try_curve(choices[i], BR_EC_secp256r1, 32);
        try_curve(choices[i], BR_EC_secp384r1, 48);
        try_curve(choices[i], BR_EC_secp521r1, 66);
        try_rsa(choices[i]);
        try_ed25519(choices[i]);
    }
    check(1, "done");
    return check_end();
}
