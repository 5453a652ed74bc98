/* sha256_sha2.h - SHA-256 (FIPS 180-4 section 6.2) with the SHA2 instructions of aarch64. */
#ifndef TLS_KERNEL_SHA256_SHA2_H
#define TLS_KERNEL_SHA256_SHA2_H

#include "kernel/kernel.h"

extern const tls_kernel tls_kernel_sha256_sha2;

#endif
