/* rc2.h - RC2 (RFC 2268), which PKCS#12 files of old have their certificates under. Decryption
 * alone: nobody should write it. */
#ifndef TLS_RC2_H
#define TLS_RC2_H

#include "base/bytes.h"

/* tls_rc2_cbc_decrypt decrypts in place: `length` is a multiple of 8. The key has from 1 to 16
 * bytes, and as many effective bits. A table is looked up by the key's bytes, which 40 bits are not
 * worth hiding. */
void tls_rc2_cbc_decrypt(unsigned char *data, size_t length, const unsigned char *key,
    size_t key_length, const unsigned char iv[8]);

#endif
