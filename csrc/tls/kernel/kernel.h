/* kernel.h - the implementations that run, by BearSSL's own types: whatever computes takes its
 * functions from here, and never BearSSL's defaults. */
#ifndef TLS_KERNEL_H
#define TLS_KERNEL_H

#include <bearssl.h>

#include "kernel/aes_gcm.h"
#include "kernel/choice.h"
#include "kernel/ml_kem.h"
#include "kernel/edwards25519.h"

#define TLS_KERNEL_CURVES 32 /* BearSSL's and TLS's numbers of curves are below */

/* tls_ecdsa_check: does a signature (in raw form) that was made with this private key verify by its
 * public key? Takes both, and is quicker than who has but the public one. */
typedef uint32_t (*tls_ecdsa_check)(const void *digest, size_t digest_length,
    const br_ec_private_key *key, const br_ec_public_key *public_key, const void *signature,
    size_t length);

/* What a kernel does for one curve: members of br_ec_impl, and ECDSA. Where one is NULL, BearSSL's
 * does it, with whatever multiplies. */
typedef struct tls_curve_kernel {
    uint32_t (*multiply)(unsigned char *point, size_t length, const unsigned char *scalar,
        size_t scalar_length, int curve);
    size_t (*multiply_generator)(
        unsigned char *out, const unsigned char *scalar, size_t scalar_length, int curve);
    uint32_t (*multiply_and_add)(unsigned char *a, const unsigned char *b, size_t length,
        const unsigned char *x, size_t x_length, const unsigned char *y, size_t y_length,
        int curve);
    br_ecdsa_sign ecdsa_sign;   /* gives ASN.1 */
    br_ecdsa_vrfy ecdsa_verify; /* takes the raw form */
    tls_ecdsa_check ecdsa_check;
} tls_curve_kernel;

typedef struct tls_kernels {
    const br_hash_class *sha256;
    br_ec_impl curves; /* all curves, whoever does them */
    br_ecdsa_sign ecdsa_sign;
    br_ecdsa_vrfy ecdsa_verify;
    tls_ecdsa_check ecdsa_check;
    tls_curve_kernel curve[TLS_KERNEL_CURVES];
    br_rsa_public rsa_public;
    br_rsa_private rsa_private;
    br_rsa_pkcs1_sign rsa_pkcs1_sign;
    br_rsa_pkcs1_vrfy rsa_pkcs1_verify;
    const struct tls_rsa_arithmetic *rsa; /* what these compute with; see rsa.h. NULL: BearSSL's */
    const tls_edwards25519 *edwards25519; /* ours always; x25519's kernel brings it */
    tls_aes_gcm_start *aes_gcm;
    br_poly1305_run chacha20_poly1305; /* the whole AEAD; give it chacha20 below */
    const tls_ml_kem_arithmetic *ml_kem;
    /* BearSSL's, whatever runs */
    const br_block_ctr_class *aes_ctr;
    const br_block_ctrcbc_class *aes_ctrcbc;
    br_ghash ghash;
    br_chacha20_run chacha20;
} tls_kernels;

/* tls_kernels_chosen: the table, chosen at the first call. Any thread may call it. */
const tls_kernels *tls_kernels_chosen(void);

/* ---- What a kernel is: for the files of this room ---- */

/* Primitives have the names that TLS gives them; kernel.c has the list. */
enum tls_primitive {
    TLS_PRIMITIVE_SHA256,
    TLS_PRIMITIVE_X25519,
    TLS_PRIMITIVE_SECP256R1,
    TLS_PRIMITIVE_SECP384R1,
    TLS_PRIMITIVE_SECP521R1,
    TLS_PRIMITIVE_RSA,
    TLS_PRIMITIVE_AES_GCM,
    TLS_PRIMITIVE_CHACHA20_POLY1305,
    TLS_PRIMITIVE_ML_KEM,
    TLS_PRIMITIVES
};

typedef struct tls_kernel {
    enum tls_primitive primitive;
    const char *implementation;
    unsigned needs; /* TLS_PROCESSOR_...; 0: any processor of the kind that this was built for */
    void (*install)(tls_kernels *kernels);
} tls_kernel;

/* tls_kernels_candidate: all kernels of this build, of each primitive the best first, for i from 0
 * until it returns NULL: for tests that run each. */
const tls_kernel *tls_kernels_candidate(size_t i);

/* tls_kernel_curves puts the dispatch by curve into the table; see curves.c. */
void tls_kernel_curves(tls_kernels *kernels);

#endif
