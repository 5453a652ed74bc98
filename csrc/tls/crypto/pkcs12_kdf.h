/* pkcs12_kdf.h - the key derivation of PKCS#12: RFC 7292 appendix B.2. */
#ifndef TLS_PKCS12_KDF_H
#define TLS_PKCS12_KDF_H

#include <bearssl.h>

#include "base/bytes.h"

/* What the bytes are for: appendix B.3. */
enum tls_pkcs12_purpose { TLS_PKCS12_KEY = 1, TLS_PKCS12_IV = 2, TLS_PKCS12_MAC = 3 };

/* tls_pkcs12_password appends a password as appendix B.1 has it: UTF-16BE with a NUL behind. It is
 * read as UTF-8, or as Latin-1 where it is none. */
void tls_pkcs12_password(tls_buffer *out, tls_bytes password);

/* tls_pkcs12_derive fills `out` with up to 64 bytes. `password` is of tls_pkcs12_password, or
 * empty: no password at all; `iterations` is at least 1. Returns 0 without memory. */
int tls_pkcs12_derive(unsigned char *out, size_t length, const br_hash_class *hash,
    enum tls_pkcs12_purpose purpose, tls_bytes password, tls_bytes salt, uint32_t iterations);

#endif
