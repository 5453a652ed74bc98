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

#define TEXT 2100 /* whole groups of blocks, and an end */

/* check_opened: what went over the wire is public, and its text comes back. */
static int
check_opened(unsigned char *text, const unsigned char *tag, const unsigned char *opened_tag)
{
    size_t i, wrong = 0;

    PUBLIC(text, TEXT);
    for (i = 0; i < TEXT; i++)
        wrong += text[i] != (unsigned char)i;
    return wrong == 0 && memcmp(tag, opened_tag, 16) == 0;
}

static int
aes_gcm(size_t key_length)
{
    unsigned char bytes[32], nonce[12] = {9}, text[TEXT], tag[16], opened_tag[16];
    tls_bytes additional = tls_bytes_make("\27\3\3\0", 5);
    tls_aes_gcm_key key;
    size_t i;

    memset(bytes, 0x5A, sizeof bytes);
    for (i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)i;
    SECRET(bytes, sizeof bytes);
    SECRET(text, sizeof text);
    tls_kernels_chosen()->aes_gcm(&key, bytes, key_length);
    key.run(&key, 1, nonce, additional, text, sizeof text, tag);
    PUBLIC(text, sizeof text);
    PUBLIC(tag, sizeof tag);
    key.run(&key, 0, nonce, additional, text, sizeof text, opened_tag);
    PUBLIC(opened_tag, sizeof opened_tag);
    return check_opened(text, tag, opened_tag);
}

static int
chacha20_poly1305(void)
{
    const tls_kernels *kernels = tls_kernels_chosen();
    unsigned char key[32], nonce[12] = {9}, text[TEXT], tag[16], opened_tag[16];
    size_t i;

    memset(key, 0x5A, sizeof key);
    for (i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)i;
    SECRET(key, sizeof key);
    SECRET(text, sizeof text);
    kernels->chacha20_poly1305(
        key, nonce, text, sizeof text, "\27\3\3\0", 5, tag, kernels->chacha20, 1);
    PUBLIC(text, sizeof text);
    PUBLIC(tag, sizeof tag);
    kernels->chacha20_poly1305(
        key, nonce, text, sizeof text, "\27\3\3\0", 5, opened_tag, kernels->chacha20, 0);
    PUBLIC(opened_tag, sizeof opened_tag);
    return check_opened(text, tag, opened_tag);
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
    int curve = atoi(name + strcspn(name, "0123456789")); /* or the length of a key */

    if (strcmp(name, "planted") == 0)
        return planted();
    if (strncmp(name, "aes_gcm", 7) == 0)
        return aes_gcm((size_t)curve);
    if (strcmp(name, "chacha20_poly1305") == 0)
        return chacha20_poly1305();
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
