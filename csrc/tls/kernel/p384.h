/* p384.h - P-384 (FIPS 186-4 appendix D.1.2.4; secp384r1): ECDH, ECDSA. */
#ifndef TLS_KERNEL_P384_H
#define TLS_KERNEL_P384_H

#include "kernel/kernel.h"

extern const tls_kernel tls_kernel_p384_adx; /* MULX, ADCX, ADOX */
extern const tls_kernel tls_kernel_p384;     /* C with 128-bit products */

#endif
