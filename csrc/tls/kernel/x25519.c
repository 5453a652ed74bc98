/* x25519.c - X25519 in C: see x25519_code.h, and field25519.h for the field. */
#include "kernel/x25519.h"

#include "kernel/build.h"

#if TLS_KERNEL_INT128

#define OWN_EDWARDS25519 tls_edwards25519_portable
#include "kernel/field25519.h"
#include "kernel/x25519_code.h"

const tls_edwards25519 tls_edwards25519_portable = EDWARDS25519;
const tls_kernel tls_kernel_x25519 = {TLS_PRIMITIVE_X25519, "portable", 0, install};

#endif
