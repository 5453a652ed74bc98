/* hash.h - hash functions by their number in the registry (enum tls_hash), which is BearSSL's too.
 */
#ifndef TLS_HASH_H
#define TLS_HASH_H

#include "base/bytes.h"
#include "wire/registry.h"

TLS_PUBLIC_BEGIN

#define TLS_FINGERPRINT_MAXIMUM 64

struct br_hash_class_; /* BearSSL's br_hash_class */

/* tls_hash_class: BearSSL's class of TLS_HASH_MD5 .. TLS_HASH_SHA512, or NULL. */
const struct br_hash_class_ *tls_hash_class(int hash);
/* tls_hash_length: the bytes that it gives. */
size_t tls_hash_length(const struct br_hash_class_ *hash);
/* tls_hash_size: the bytes of TLS_HASH_SHA1 .. TLS_HASH_SHA512; 0 for others. */
size_t tls_hash_size(int hash);
/* tls_hash_name: "md5sha1" for 0, "sha1", "sha256" …, NULL for others. tls_hash_from_name: -1. */
const char *tls_hash_name(int hash);
int tls_hash_from_name(const char *name);
/* tls_hash_oid: the DigestInfo OID as br_rsa_pkcs1_sign and _vrfy want it (RFC 8017 section 9.2);
 * NULL for other hashes than TLS_HASH_SHA1 .. TLS_HASH_SHA512. */
const unsigned char *tls_hash_oid(int hash);

/* tls_fingerprint hashes `bytes` by TLS_HASH_MD5 .. TLS_HASH_SHA512. Returns the length, 0 for
 * another hash. Use on certificate->der, or ->public_key_info for a pin. */
size_t tls_fingerprint(unsigned char out[TLS_FINGERPRINT_MAXIMUM], int hash, tls_bytes bytes);

TLS_PUBLIC_END

#endif
