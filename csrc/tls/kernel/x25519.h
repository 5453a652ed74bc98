/* x25519.h - X25519 (RFC 7748), in C with 128-bit products. */
#ifndef TLS_KERNEL_X25519_H
#define TLS_KERNEL_X25519_H

#include "kernel/kernel.h"

extern const tls_kernel tls_kernel_x25519;

#endif
