/* sha256_sha_ni.h - SHA-256 (FIPS 180-4 section 6.2) with the SHA instructions of x86-64. */
#ifndef TLS_KERNEL_SHA256_SHA_NI_H
#define TLS_KERNEL_SHA256_SHA_NI_H

#include "kernel/kernel.h"

extern const tls_kernel tls_kernel_sha256_sha_ni;

#endif
