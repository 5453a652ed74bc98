/* aes_gcm_vaes.h - AES-GCM with vectors of two and of four blocks. */
#ifndef TLS_KERNEL_AES_GCM_VAES_H
#define TLS_KERNEL_AES_GCM_VAES_H

#include "kernel/kernel.h"

extern const tls_kernel tls_kernel_aes_gcm_vaes;
extern const tls_kernel tls_kernel_aes_gcm_vaes512;

#endif
