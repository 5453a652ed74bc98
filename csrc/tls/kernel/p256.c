/* p256.c - P-256 in C: see p256_code.h, which is the same for every processor. */
#include "kernel/p256.h"

#include "kernel/build.h"

#if TLS_KERNEL_INT128

#define LIMBS 4
#include "kernel/limbs.h"
#include "kernel/p256_code.h"

const tls_kernel tls_kernel_p256 = {TLS_PRIMITIVE_SECP256R1, "portable", 0, install};

#endif
