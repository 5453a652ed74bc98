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

/* Factors, exponents and the message are secret. Any odd numbers do, see rsa_kernel_test.c. */
static int
rsa_private(unsigned bits)
{
    unsigned char parts[5][260], x[512];
    size_t length = bits / 16, i;
    br_rsa_private_key key = {bits, parts[0], length, parts[1], length, parts[2], length, parts[3],
        length, parts[4], length};
    uint32_t good;

    for (i = 0; i < sizeof parts; i++)
        parts[i / 260][i % 260] = (unsigned char)(i * 151 + i / 7);
    for (i = 0; i < 5; i++) {
        parts[i][0] = (unsigned char)(i < 2 ? 0xF1 : 0x71);
        parts[i][length - 1] |= 1;
    }
    memset(x, 0x5A, sizeof x);
    SECRET(parts, sizeof parts);
    SECRET(x, sizeof x);
    good = tls_kernels_chosen()->rsa_private(x, &key);
    PUBLIC(&good, sizeof good);
    return good == 1;
}

/* A message that is encrypted is secret, as the premaster secret is. */
static int
rsa_public(unsigned bits)
{
    unsigned char n[512], e[] = {1, 0, 1}, x[512];
    br_rsa_public_key key = {n, bits / 8, e, sizeof e};
    uint32_t good;

    memset(n, 0xF1, sizeof n);
    memset(x, 0x5A, sizeof x);
    SECRET(x, sizeof x);
    good = tls_kernels_chosen()->rsa_public(x, bits / 8, &key);
    PUBLIC(&good, sizeof good);
    return good == 1;
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
    if (strncmp(name, "private", 7) == 0)
        return rsa_private((unsigned)curve);
    if (strncmp(name, "public", 6) == 0)
        return rsa_public((unsigned)curve);
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
