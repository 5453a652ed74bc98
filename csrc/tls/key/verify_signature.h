/* verify_signature.h - one signature with one public key. */
#ifndef TLS_VERIFY_SIGNATURE_H
#define TLS_VERIFY_SIGNATURE_H

#include "key/signature_algorithm.h"

TLS_PUBLIC_BEGIN

/* tls_verify_signature checks a signature over `data` with a public key: the algorithms of
 * tls_signature_algorithm with SHA-256/384/512 and SHA-1, and Ed25519. TLS_OK,
 * TLS_REASON_BAD_CERTIFICATE_SIGNATURE, TLS_REASON_UNSUPPORTED_CERTIFICATE,
 * TLS_REASON_WEAK_SIGNATURE for hashes not known here. */
enum tls_reason tls_verify_signature(const tls_public_key *key,
    const tls_signature_algorithm *algorithm, tls_bytes data, tls_bytes signature);
/* tls_verify_digest is that for a digest, which has the length of algorithm->hash (so not for
 * Ed25519); SHA-224 is known here too. Returns 1 when the signature is good; 0 when not, and when
 * the key made no such signature because it is of another kind. */
int tls_verify_digest(const tls_public_key *key, const tls_signature_algorithm *algorithm,
    const unsigned char *digest, tls_bytes signature);

TLS_PUBLIC_END

#endif
