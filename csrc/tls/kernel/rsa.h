/* rsa.h - RSA (RFC 8017 section 5) behind BearSSL's types: br_rsa_public and br_rsa_private, and
 * both with PKCS#1 v1.5. Moduli of 1,024 to 4,096 bits are computed here, all others by BearSSL,
 * and so are keys one of whose primes has more than 2,048 bits or less than a quarter of the
 * modulus.
 *
 * A fault in one half of the private operation gives the key away with its result (Boneh, DeMillo
 * and Lipton, "On the importance of checking cryptographic protocols for faults", 1997). These
 * types have no public exponent to find it with, nor have BearSSL's functions: whoever signs
 * verifies before the signature leaves, whatever computes (key/signature.c). */
#ifndef TLS_KERNEL_RSA_H
#define TLS_KERNEL_RSA_H

#include "kernel/kernel.h"
#include "kernel/rsa_arithmetic.h"

extern const tls_kernel tls_kernel_rsa;
extern const tls_kernel tls_kernel_rsa_adx;
extern const tls_kernel tls_kernel_rsa_ifma;

/* tls_rsa_install: RSA by this arithmetic, for a tls_kernel. */
void tls_rsa_install(tls_kernels *kernels, const tls_rsa_arithmetic *arithmetic);

#endif
