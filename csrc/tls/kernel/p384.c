/* p384.c - P-384 in C: see p384_code.h, which is the same for every processor. */
#include "kernel/p384.h"

#include "kernel/build.h"

#if TLS_KERNEL_INT128

#define LIMBS 6
#include "kernel/limbs.h"
#include "kernel/p384_code.h"

const tls_kernel tls_kernel_p384 = {TLS_PRIMITIVE_SECP384R1, "portable", 0, install};

#endif
