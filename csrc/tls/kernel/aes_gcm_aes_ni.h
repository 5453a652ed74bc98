/* aes_gcm_aes_ni.h - AES-GCM with AES-NI and PCLMULQDQ. */
#ifndef TLS_KERNEL_AES_GCM_AES_NI_H
#define TLS_KERNEL_AES_GCM_AES_NI_H

#include "kernel/kernel.h"

extern const tls_kernel tls_kernel_aes_gcm_aes_ni;

#endif
