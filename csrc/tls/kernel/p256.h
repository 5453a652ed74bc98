/* p256.h - P-256 (FIPS 186-4 appendix D.1.2.3; secp256r1): ECDH, ECDSA. */
#ifndef TLS_KERNEL_P256_H
#define TLS_KERNEL_P256_H

#include "kernel/kernel.h"

extern const tls_kernel tls_kernel_p256_adx; /* MULX, ADCX, ADOX */
extern const tls_kernel tls_kernel_p256;     /* C with 128-bit products */

#endif
