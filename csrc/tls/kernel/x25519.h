/* x25519.h - X25519 (RFC 7748). */
#ifndef TLS_KERNEL_X25519_H
#define TLS_KERNEL_X25519_H

#include "kernel/kernel.h"

extern const tls_kernel tls_kernel_x25519_ifma; /* AVX-512 IFMA */
extern const tls_kernel tls_kernel_x25519_adx;  /* MULX, ADCX, ADOX */
extern const tls_kernel tls_kernel_x25519;      /* C with 128-bit products */

#endif
