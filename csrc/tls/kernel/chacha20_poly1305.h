/* chacha20_poly1305.h - the AEAD of RFC 8439 with vectors, as BearSSL's br_poly1305_run: it needs
 * no br_chacha20_run. */
#ifndef TLS_KERNEL_CHACHA20_POLY1305_H
#define TLS_KERNEL_CHACHA20_POLY1305_H

#include "kernel/kernel.h"

extern const tls_kernel tls_kernel_chacha20_poly1305_avx2;
extern const tls_kernel tls_kernel_chacha20_poly1305_avx512;
extern const tls_kernel tls_kernel_chacha20_poly1305_neon;

#endif
