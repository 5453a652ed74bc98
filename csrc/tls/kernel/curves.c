/* curves.c - elliptic curves by their numbers: each goes to its kernel, and to BearSSL without one.
 * BearSSL's code takes one br_ec_impl for all curves. */
#include "kernel/kernel.h"

static const tls_curve_kernel *
kernel_of(int curve)
{
    static const tls_curve_kernel none = {NULL, NULL, NULL, NULL, NULL, NULL};

    return curve >= 0 && curve < TLS_KERNEL_CURVES ? &tls_kernels_chosen()->curve[curve] : &none;
}

static uint32_t
multiply(unsigned char *point, size_t length, const unsigned char *scalar, size_t scalar_length,
    int curve)
{
    const tls_curve_kernel *kernel = kernel_of(curve);

    return (kernel->multiply != NULL ? kernel->multiply : br_ec_get_default()->mul)(
        point, length, scalar, scalar_length, curve);
}

static size_t
multiply_generator(unsigned char *out, const unsigned char *scalar, size_t scalar_length, int curve)
{
    const tls_curve_kernel *kernel = kernel_of(curve);

    return (kernel->multiply_generator != NULL
                ? kernel->multiply_generator
                : br_ec_get_default()->mulgen)(out, scalar, scalar_length, curve);
}

static uint32_t
multiply_and_add(unsigned char *a, const unsigned char *b, size_t length, const unsigned char *x,
    size_t x_length, const unsigned char *y, size_t y_length, int curve)
{
    const tls_curve_kernel *kernel = kernel_of(curve);

    return (kernel->multiply_and_add != NULL
                ? kernel->multiply_and_add
                : br_ec_get_default()->muladd)(a, b, length, x, x_length, y, y_length, curve);
}

static size_t
ecdsa_sign(const br_ec_impl *curves, const br_hash_class *hash, const void *digest,
    const br_ec_private_key *key, void *signature)
{
    br_ecdsa_sign own = kernel_of(key->curve)->ecdsa_sign;

    return (own != NULL ? own : br_ecdsa_sign_asn1_get_default())(
        curves, hash, digest, key, signature);
}

static uint32_t
ecdsa_verify(const br_ec_impl *curves, const void *digest, size_t digest_length,
    const br_ec_public_key *key, const void *signature, size_t length)
{
    br_ecdsa_vrfy own = kernel_of(key->curve)->ecdsa_verify;

    return (own != NULL ? own : br_ecdsa_vrfy_raw_get_default())(
        curves, digest, digest_length, key, signature, length);
}

static uint32_t
ecdsa_check(const void *digest, size_t digest_length, const br_ec_private_key *key,
    const br_ec_public_key *public_key, const void *signature, size_t length)
{
    tls_ecdsa_check own = kernel_of(key->curve)->ecdsa_check;

    if (own != NULL)
        return own(digest, digest_length, key, public_key, signature, length);
    return tls_kernels_chosen()->ecdsa_verify(
        &tls_kernels_chosen()->curves, digest, digest_length, public_key, signature, length);
}

void
tls_kernel_curves(tls_kernels *kernels)
{
    kernels->curves = *br_ec_get_default(); /* also generators, orders, offsets */
    kernels->curves.mul = multiply;
    kernels->curves.mulgen = multiply_generator;
    kernels->curves.muladd = multiply_and_add;
    kernels->ecdsa_sign = ecdsa_sign;
    kernels->ecdsa_verify = ecdsa_verify;
    kernels->ecdsa_check = ecdsa_check;
}
