/* rsa_adx.h - the multiplication of rsa_adx.c, for other implementations on such processors. */
#ifndef TLS_KERNEL_RSA_ADX_H
#define TLS_KERNEL_RSA_ADX_H

#include <stddef.h>
#include <stdint.h>

void tls_rsa_adx_multiply(uint64_t *out, const uint64_t *a, const uint64_t *b,
    const uint64_t *modulus, uint64_t factor, size_t words);

#endif
