/* hkdf.h - HKDF (RFC 5869) as TLS 1.3 uses it (RFC 8446 section 7.1). */
#ifndef TLS_HKDF_H
#define TLS_HKDF_H

#include <bearssl.h>

#include "base/bytes.h"
#include "crypto/hash.h"

/* The longest hash that TLS 1.3's suites name, SHA-384. */
#define TLS_HKDF_HASH_MAXIMUM 48
/* HkdfLabel.label is at most 255 bytes, "tls13 " among them. */
#define TLS_HKDF_LABEL_MAXIMUM 249

/* tls_hkdf_extract writes a pseudorandom key of the hash's length; an empty salt means zeros. */
void tls_hkdf_extract(const br_hash_class *hash, unsigned char *out, tls_bytes salt, tls_bytes ikm);

/* tls_hkdf_expand_label is HKDF-Expand-Label(secret, label, context, length): `secret` has the
 * hash's length, `label` comes without "tls13 ". `out` may be `secret`. The caller keeps to what
 * the structures can say: a label of at most TLS_HKDF_LABEL_MAXIMUM bytes, a context of at most
 * 255, and a length of at most 255 times the hash's. */
void tls_hkdf_expand_label(const br_hash_class *hash, unsigned char *out, size_t length,
    const unsigned char *secret, const char *label, tls_bytes context);

#endif
