/* aes_gcm_bearssl.h - AES-GCM by BearSSL's CTR and GHASH. */
#ifndef TLS_KERNEL_AES_GCM_BEARSSL_H
#define TLS_KERNEL_AES_GCM_BEARSSL_H

#include "kernel/aes_gcm.h"

tls_aes_gcm_start tls_aes_gcm_bearssl;

#endif
