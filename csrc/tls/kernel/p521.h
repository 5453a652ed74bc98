/* p521.h - P-521 (FIPS 186-4 appendix D.1.2.5; secp521r1): ECDH, ECDSA. */
#ifndef TLS_KERNEL_P521_H
#define TLS_KERNEL_P521_H

#include "kernel/kernel.h"

extern const tls_kernel tls_kernel_p521; /* C with 128-bit products */

#endif
