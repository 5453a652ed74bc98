/* aes_gcm_pmull.h - AES-GCM with the AES and PMULL instructions of aarch64. */
#ifndef TLS_KERNEL_AES_GCM_PMULL_H
#define TLS_KERNEL_AES_GCM_PMULL_H

#include "kernel/kernel.h"

extern const tls_kernel tls_kernel_aes_gcm_pmull;

#endif
