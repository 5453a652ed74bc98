/* ed25519.c - see ed25519.h. */
#include "crypto/ed25519.h"

#include <bearssl.h>
#include <string.h>

#include "base/declassify.h"
#include "crypto/scalar25519.h"
#include "kernel/kernel.h"
#include "kernel/scratch.h"

#define HALF TLS_ED25519_LENGTH

/* expand: the secret scalar, and the prefix of what makes the numbers of signatures (RFC 8032
 * section 5.1.5). */
static TLS_SMALL void
expand(unsigned char expanded[2 * HALF], const unsigned char private_key[HALF])
{
    br_sha512_context hash;

    br_sha512_init(&hash);
    br_sha512_update(&hash, private_key, HALF);
    br_sha512_out(&hash, expanded);
    expanded[0] &= 0xF8;
    expanded[HALF - 1] = (unsigned char)((expanded[HALF - 1] & 0x7F) | 0x40);
    tls_wipe(&hash, sizeof hash);
}

/* hash_to_scalar: of one or two strings of 32 bytes and the message. */
static TLS_SMALL void
hash_to_scalar(unsigned char out[HALF], const unsigned char first[HALF],
    const unsigned char *second, tls_bytes message)
{
    unsigned char wide[br_sha512_SIZE];
    br_sha512_context hash;

    br_sha512_init(&hash);
    br_sha512_update(&hash, first, HALF);
    if (second != NULL)
        br_sha512_update(&hash, second, HALF);
    if (message.length > 0)
        br_sha512_update(&hash, message.data, message.length);
    br_sha512_out(&hash, wide);
    tls_scalar25519_reduce(out, wide);
    tls_wipe(wide, sizeof wide);
    tls_wipe(&hash, sizeof hash);
}

static TLS_SMALL void
public_in_scratch(unsigned char public_key[HALF], const unsigned char private_key[HALF])
{
    unsigned char expanded[2 * HALF];

    expand(expanded, private_key);
    tls_kernels_chosen()->edwards25519->generate(public_key, expanded);
    tls_wipe(expanded, sizeof expanded);
}

TLS_SMALL void
tls_ed25519_public(unsigned char public_key[HALF], const unsigned char private_key[HALF])
{
    public_in_scratch(public_key, private_key);
    scratch_wipe();
}

TLS_SMALL int
tls_ed25519_is_public(const unsigned char public_key[HALF])
{
    return tls_kernels_chosen()->edwards25519->is_public_key(public_key);
}

static TLS_SMALL void
sign_in_scratch(unsigned char signature[2 * HALF], const unsigned char private_key[HALF],
    const unsigned char public_key[HALF], tls_bytes message)
{
    unsigned char expanded[2 * HALF], number[HALF], challenge[HALF];

    expand(expanded, private_key);
    hash_to_scalar(number, expanded + HALF, NULL, message);
    tls_kernels_chosen()->edwards25519->generate(signature, number);
    hash_to_scalar(challenge, signature, public_key, message);
    tls_scalar25519_multiply_add(signature + HALF, expanded, challenge, number);
    TLS_DECLASSIFY(signature + HALF, HALF);
    tls_wipe(expanded, sizeof expanded);
    tls_wipe(number, sizeof number);
}

TLS_SMALL int
tls_ed25519_sign(unsigned char signature[2 * HALF], const unsigned char private_key[HALF],
    const unsigned char public_key[HALF], tls_bytes message)
{
    sign_in_scratch(signature, private_key, public_key, message);
    scratch_wipe();
    if (tls_ed25519_verify(public_key, message, tls_bytes_make(signature, 2 * (size_t)HALF)))
        return 1;
    tls_wipe(signature, 2 * (size_t)HALF);
    return 0;
}

/* Without the cofactor, as RFC 8032 section 5.1.7 permits: R is what comes out of S and the
 * challenge, byte by byte, so that an R that is not canonical, or no point, is none. Nor need its
 * order be looked at: a small one comes out only for who knows the private key, or S is 0. */
TLS_SMALL int
tls_ed25519_verify(const unsigned char public_key[HALF], tls_bytes message, tls_bytes signature)
{
    unsigned char challenge[HALF], r[HALF];

    if (signature.length != 2 * (size_t)HALF || !tls_scalar25519_is_proper(signature.data + HALF))
        return 0;
    hash_to_scalar(challenge, signature.data, public_key, message);
    return tls_kernels_chosen()->edwards25519->combine(
               r, public_key, challenge, signature.data + HALF) &&
           memcmp(r, signature.data, HALF) == 0;
}
