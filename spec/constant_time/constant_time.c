/* constant_time.c - does a branch or an index depend on a secret? Secrets are marked as undefined,
 * and memcheck reports whatever depends on them (after Adam Langley's ctgrind). What may be told is
 * marked as defined where it comes to be (TLS_DECLASSIFY). run.sh runs each case. constant_time
 * CASE PROCESSOR       the features of kernel/processor.h that it is taken to have: memcheck's
 * processor says it has none, and runs most of them */
#include <bearssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "kernel/kernel.h"
#include "kernel/processor.h"

#define SECRET(data, length) (void)VALGRIND_MAKE_MEM_UNDEFINED(data, length)
#define PUBLIC(data, length) (void)VALGRIND_MAKE_MEM_DEFINED(data, length)

static unsigned features;

unsigned
tls_processor_features(void)
{
    return features;
}

/* A scalar of this curve, below the order and not yet a secret. */
static size_t
scalar_of(unsigned char scalar[66], int curve)
{
    size_t length;

    br_ec_get_default()->order(curve, &length);
    memset(scalar, 0x5A, 66);
    if (curve == 25)
        scalar[0] = 0;
    return length;
}

static int
multiplications(int curve)
{
    const br_ec_impl *curves = &tls_kernels_chosen()->curves;
    unsigned char scalar[66], point[133];
    size_t length = scalar_of(scalar, curve), point_length;
    uint32_t good;

    SECRET(scalar, length);
    point_length = curves->mulgen(point, scalar, length, curve);
    PUBLIC(point, point_length);
    good = curves->mul(point, point_length, scalar, length, curve);
    PUBLIC(&good, sizeof good); /* of the point */
    return good == 1;
}

static int
signature(int curve)
{
    unsigned char scalar[66], digest[32] = {1, 2, 3}, out[160];
    br_ec_private_key key = {curve, scalar, scalar_of(scalar, curve)};

    SECRET(scalar, key.xlen);
    return tls_kernels_chosen()->ecdsa_sign(
               &tls_kernels_chosen()->curves, tls_kernels_chosen()->sha256, digest, &key, out) > 0;
}

/* Without a report on this one none of the others says anything. */
static int
planted(void)
{
    unsigned char scalar[66];

    SECRET(scalar, sizeof scalar);
    if (scalar[7] & 1)
        puts("odd");
    return 1;
}

static int
run(const char *name)
{
    int curve = atoi(name + strcspn(name, "0123456789"));

    if (strcmp(name, "planted") == 0)
        return planted();
    return strncmp(name, "multiply", 8) == 0 ? multiplications(curve) : signature(curve);
}

int
main(int argc, char **argv)
{
    const char *primitive, *implementation;
    size_t i;

    if (argc != 3)
        return 2;
    features = (unsigned)strtoul(argv[2], NULL, 0);
    tls_kernels_choose("auto");
    for (i = 0; tls_kernels_entry(i, &primitive, &implementation); i++)
        printf("%s %s, ", primitive, implementation);
    return run(argv[1]) ? 0 : 1;
}
