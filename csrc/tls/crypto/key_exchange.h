/* key_exchange.h - the (EC)DHE of TLS 1.3 (RFC 8446 sections 4.2.8 and 7.4), and the hybrid groups
 * that have ML-KEM beside it (crypto/hybrid.h): a key share of our own, and the secret that it
 * makes with the peer's. */
#ifndef TLS_KEY_EXCHANGE_H
#define TLS_KEY_EXCHANGE_H

#include "base/bytes.h"

#define TLS_KEY_SHARE_MAXIMUM 384       /* ffdhe3072; of a hybrid group, its curve's part */
#define TLS_SHARED_SECRET_MAXIMUM 384   /* ffdhe3072 */
#define TLS_KEY_SHARE_SECRET_MAXIMUM 66 /* the order of P-521 */

/* What a hybrid group has besides its curve's key: the matrix of ML-KEM's key, the whole share, and
 * the decapsulation key. A server has but the share. */
typedef struct tls_hybrid_key {
    size_t matrix_length, share_length, private_length;
    unsigned char bytes[];
} tls_hybrid_key;

/* An ephemeral key pair. It belongs to whoever declares it and is wiped and freed by
 * tls_key_exchange_wipe; zeroed it is no key, and every operation refuses it. Of a hybrid group,
 * `secret` and `public_share` are its curve's. */
typedef struct tls_key_exchange_key {
    unsigned group;
    size_t length;                                      /* of the secret */
    unsigned char secret[TLS_KEY_SHARE_SECRET_MAXIMUM]; /* a scalar, or the exponent of ffdhe */
    size_t public_length;
    unsigned char public_share[TLS_KEY_SHARE_MAXIMUM];
    tls_hybrid_key *hybrid; /* NULL of other groups */
} tls_key_exchange_key;

/* tls_group_supported: x25519, secp256r1, secp384r1 and secp521r1 as far as this BearSSL has them,
 * the hybrid groups of the first three, ffdhe2048 and ffdhe3072. Returns 1 or 0. */
int tls_group_supported(unsigned group);
/* tls_group_is_curve: whether suites up to TLS 1.2 can use the group (RFC 8422), if it is
 * supported: they have elliptic curves only. */
int tls_group_is_curve(unsigned group);
/* tls_group_is_hybrid: whether the group has ML-KEM beside its curve. */
int tls_group_is_hybrid(unsigned group);
/* tls_group_share_length: the length that a client's key_exchange of this group has; 0 for a group
 * that is never supported. */
size_t tls_group_share_length(unsigned group);

/* tls_key_exchange_generate makes a client's key pair, beside `count` others of the same
 * ClientHello: groups that have a curve in common have one key of it (draft-ietf-tls-hybrid-design
 * section 3.2). On failure the key is zero. TLS_REASON_ILLEGAL_PARAMETER (the group is not
 * supported), TLS_REASON_NO_RANDOM, TLS_REASON_OUT_OF_MEMORY. */
enum tls_reason tls_key_exchange_generate(
    tls_key_exchange_key *key, unsigned group, const tls_key_exchange_key *others, size_t count);
/* tls_key_exchange_answer makes a server's key pair and the secret that it makes with the client's
 * key_exchange, as tls_key_exchange_shared does. On failure the key is zero too. */
enum tls_reason tls_key_exchange_answer(tls_key_exchange_key *key, unsigned group,
    unsigned char *out, size_t *length, tls_bytes peer_share);
/* tls_key_exchange_share: our key_exchange, as KeyShareEntry holds it; lives as long as the key. */
tls_bytes tls_key_exchange_share(const tls_key_exchange_key *key);
/* tls_key_exchange_shared computes the shared secret with the server's key_exchange: at most
 * TLS_SHARED_SECRET_MAXIMUM bytes to `out`, and how many. On failure `out` holds no secret.
 * TLS_REASON_ILLEGAL_PARAMETER: another length than the group's, a point that is compressed or not
 * on the curve, an all-zero result of x25519 (RFC 8446 section 7.4.2), a share outside of 1 < Y < p
 * - 1 (section 4.2.8.1), an encapsulation key with numbers that are not reduced (FIPS 203 section
 * 7.2). */
enum tls_reason tls_key_exchange_shared(
    const tls_key_exchange_key *key, unsigned char *out, size_t *length, tls_bytes peer_share);
/* tls_ec_multiply multiplies a point in place, as br_ec_impl.mul does, and returns 0 for what is no
 * point of the group, and for one of small order on X25519: its multiple is a secret that everybody
 * knows (RFC 8422 section 5.11, RFC 8446 section 7.4.2). */
uint32_t tls_ec_multiply(unsigned char *point, size_t length, const unsigned char *scalar,
    size_t scalar_length, int group);

void tls_key_exchange_wipe(tls_key_exchange_key *key);
/* tls_key_exchange_memory: what it takes besides itself. */
size_t tls_key_exchange_memory(const tls_key_exchange_key *key);

#endif
