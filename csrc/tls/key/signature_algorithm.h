/* signature_algorithm.h - the AlgorithmIdentifiers of signatures (RFC 3279, 4055, 5758, 8410), as
 * certificates, requests, CRLs and OCSP responses name them. */
#ifndef TLS_SIGNATURE_ALGORITHM_H
#define TLS_SIGNATURE_ALGORITHM_H

#include "crypto/hash.h"
#include "key/key.h"

TLS_PUBLIC_BEGIN

enum tls_signature_kind {
    TLS_SIGNATURE_OTHER = 0,
    TLS_SIGNATURE_RSA_PKCS1,
    TLS_SIGNATURE_RSA_PSS,
    TLS_SIGNATURE_ECDSA,
    TLS_SIGNATURE_ED25519
};

/* An AlgorithmIdentifier of a signature. */
typedef struct tls_signature_algorithm {
    tls_bytes oid; /* contents of the OID */
    enum tls_signature_kind kind;
    int hash;             /* TLS_HASH_MD5, TLS_HASH_SHA1, .. TLS_HASH_SHA512; 0 if unknown, and for
                             Ed25519, which hashes by itself */
    int mask_hash;        /* RSA-PSS: the hash of MGF1 */
    unsigned salt_length; /* RSA-PSS */
} tls_signature_algorithm;

/* tls_signature_algorithm_parse reads a whole AlgorithmIdentifier. Returns 0 if it is malformed. */
int tls_signature_algorithm_parse(tls_signature_algorithm *out, tls_bytes whole);
/* tls_signature_algorithm_name: "ecdsa-with-SHA256", "sha256WithRSAEncryption", "rsassaPss",
 * "ED25519" …, or NULL for an unknown OID (use tls_oid_text). */
const char *tls_signature_algorithm_name(const tls_signature_algorithm *algorithm);
/* tls_pss_key_allows: may a key that is for PSS only have made this signature? Its parameters,
 * where it has any, name the hashes and the shortest salt (RFC 4055 section 1.2); those that are
 * not understood allow nothing. */
int tls_pss_key_allows(const tls_public_key *key, const tls_signature_algorithm *algorithm);
/* tls_hash_algorithm_read reads the AlgorithmIdentifier of a hash: TLS_HASH_SHA1 ..
 * TLS_HASH_SHA512, or 0. */
int tls_hash_algorithm_read(tls_der *der);

TLS_PUBLIC_END

#endif
