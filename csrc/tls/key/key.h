/* key.h - public keys as certificates carry them, and private keys. */
#ifndef TLS_KEY_H
#define TLS_KEY_H

#include "base/bytes.h"
#include "asn1/der.h"
#include "wire/registry.h"

TLS_PUBLIC_BEGIN

/* BearSSL's RSA code has 4096-bit buffers (BR_MAX_RSA_SIZE). */
#define TLS_RSA_MAXIMUM_BITS 4096
/* Below this a private key is of no use to TLS, and BearSSL's padding has no room. */
#define TLS_PRIVATE_RSA_MINIMUM_BITS 1024
/* The longest SubjectPublicKey point: uncompressed P-521. */
#define TLS_EC_POINT_MAXIMUM 133

enum tls_key_kind {
    TLS_KEY_OTHER = 0, /* a key type or curve that this library cannot use, such as Ed448 */
    TLS_KEY_RSA,
    TLS_KEY_EC,
    TLS_KEY_ED25519
};

/* A view of a public key; it lives as long as what it was parsed from. */
typedef struct tls_public_key {
    enum tls_key_kind kind;
    unsigned bits; /* of the modulus or the curve; may be known for TLS_KEY_OTHER, else 0 */
    int curve;     /* TLS_GROUP_SECP256R1, ..384r1, ..521r1; 0 unless TLS_KEY_EC */
    int pss_only;  /* RSA under id-RSASSA-PSS (RFC 4055): may only make PSS signatures */
    tls_bytes pss_parameters; /* whole RSASSA-PSS-params that narrow it further, or empty */
    tls_bytes algorithm;      /* contents of the algorithm OID */
    tls_bytes modulus;        /* RSA, big-endian, no leading zero */
    tls_bytes exponent;
    tls_bytes point; /* EC, uncompressed: 04 X Y; Ed25519: as RFC 8032 encodes it */
} tls_public_key;

/* tls_public_key_parse parses a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7). A well-formed key
 * that this library cannot use (unknown type or curve, compressed point, RSA above
 * TLS_RSA_MAXIMUM_BITS or with an exponent above 64 bits) gives TLS_OK and TLS_KEY_OTHER;
 * TLS_REASON_BAD_DER when malformed, or no point of its curve, or one of small order. */
enum tls_reason tls_public_key_parse(tls_public_key *out, tls_bytes spki);
int tls_public_key_equal(const tls_public_key *a, const tls_public_key *b);
/* tls_public_key_type: "rsa", "rsa-pss", "ec", "ed25519" or "other". */
const char *tls_public_key_type(const tls_public_key *key);
/* tls_curve_name: "P-256", "P-384", "P-521", or NULL. tls_curve_bits: 256, 384, 521, or 0. */
const char *tls_curve_name(int curve);
unsigned tls_curve_bits(int curve);
/* tls_curve_from_oid: TLS_GROUP_* of a named curve's OID contents, or 0. */
int tls_curve_from_oid(tls_bytes oid);

/* A private key: counted, immutable, wiped on release. It holds the public key too. */
typedef struct tls_private_key tls_private_key;

/* tls_private_key_decode takes DER or PEM of PKCS#1 RSAPrivateKey (RFC 8017), SEC1 ECPrivateKey
 * (RFC 5915) or PKCS#8 PrivateKeyInfo (RFC 5208, RFC 5958; Ed25519: RFC 8410). In PEM the first
 * block with a private key label counts; others (EC PARAMETERS, certificates) are passed over. The
 * parts must fit together: a key whose CRT parts are wrong would give away its factors with its
 * first signature. TLS_REASON_BAD_PEM                  no private key block TLS_REASON_BAD_KEY
 * damaged, or parts that do not fit together TLS_REASON_UNSUPPORTED_KEY          whole, but of a
 * kind, curve or size that cannot be used TLS_REASON_ENCRYPTED_KEY            needs a password: see
 * key_encrypted.h TLS_REASON_UNSUPPORTED_ENCRYPTION   no password will help */
enum tls_reason tls_private_key_decode(tls_private_key **out, tls_bytes bytes);
/* tls_private_key_external makes a key object without secret bytes for the owner of `public_key`:
 * signing is done elsewhere. TLS_REASON_UNSUPPORTED_CERTIFICATE for TLS_KEY_OTHER. */
enum tls_reason tls_private_key_external(tls_private_key **out, const tls_public_key *public_key);
tls_private_key *tls_private_key_retain(tls_private_key *key);
void tls_private_key_release(tls_private_key *key);

int tls_private_key_is_external(const tls_private_key *key);
/* The public half; kind, bits, curve and pss_only are always set. Lives as long as the key. */
const tls_public_key *tls_private_key_public(const tls_private_key *key);
/* The privateExponent of an RSA key as its file has it (nothing here computes with it), big-endian;
 * else empty. */
tls_bytes tls_private_key_exponent(const tls_private_key *key);
/* tls_private_key_matches returns 1 if `public_key` is this key's public half. */
int tls_private_key_matches(const tls_private_key *key, const tls_public_key *public_key);

TLS_PUBLIC_END

#endif
