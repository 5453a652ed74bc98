/* scratch_test.c - what a multiplication or a signature leaves on the stack: on one that was
 * painted neither the scalar nor the shared secret is found afterwards, with the kernels of this
 * processor, those for every one, and BearSSL's own as far as they wipe. */
#include <stdio.h>
#include <string.h>

#include "kernel/choice.h"
#include "kernel/kernel.h"
#include "support/check.h"
#include "support/painted_stack.h"

static int curve, operation;
static size_t scalar_length;
static unsigned char scalar[66], point[140], digest[64], signature[200];

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

int
main(void)
{
    static const char *const choices[] = {"auto", "portable"};
    size_t i;

    for (i = 0; i < 2; i++) {
        const char *primitive, *implementation;
        size_t j;
        int ours = 0;

        require(tls_kernels_choose(choices[i]), "a choice");
        for (j = 0; tls_kernels_entry(j, &primitive, &implementation); j++)
            ours += strcmp(primitive, "x25519") == 0 && strcmp(implementation, "bearssl") != 0;
        if (!ours || !PAINTED_STACK_HAS_OWN_FRAMES) /* without kernels: BearSSL's code does not wipe
                                                       its stack */
            continue;
        try_curve(choices[i], BR_EC_curve25519, 32);
        try_curve(choices[i], BR_EC_secp256r1, 32);
        try_curve(choices[i], BR_EC_secp384r1, 48);
        try_curve(choices[i], BR_EC_secp521r1, 66);
    }
    check(1, "done");
    return check_end();
}
