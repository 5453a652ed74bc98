/* edwards25519_small.c - the Edwards curve for machines without products of 128 bits: see
 * edwards25519_code.h, and field25519_small.h for the field. X25519 is BearSSL's there. */
#include "kernel/build.h"

#if !TLS_KERNEL_INT128

#include "kernel/field25519_small.h"
#include "kernel/edwards25519_code.h"

const tls_edwards25519 tls_edwards25519_portable = EDWARDS25519;

#endif
