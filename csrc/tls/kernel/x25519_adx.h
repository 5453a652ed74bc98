/* x25519_adx.h - what x25519_ifma.c takes from x25519_adx.c. */
#ifndef TLS_KERNEL_X25519_ADX_H
#define TLS_KERNEL_X25519_ADX_H

#include <stdint.h>

/* u = x/z of two numbers below 2^256; 0 for z = 0. Wipes neither. */
void tls_x25519_adx_quotient(unsigned char u[32], const uint64_t x[4], const uint64_t z[4]);

#endif
