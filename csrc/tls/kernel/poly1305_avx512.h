/* poly1305_avx512.h - tls_poly1305_update with AVX512-IFMA. */
#ifndef TLS_KERNEL_POLY1305_AVX512_H
#define TLS_KERNEL_POLY1305_AVX512_H

#include "kernel/poly1305.h"

#if TLS_KERNEL_X86_64

void tls_poly1305_update_avx512(poly1305 *p, const unsigned char *data, size_t length);

#endif

#endif
