/* hpke.h - Hybrid Public Key Encryption (RFC 9180) in mode base: whoever has the public key of a
 * recipient encrypts to it, message after message. The KEMs are DHKEM(X25519, HKDF-SHA256) and
 * DHKEM(P-256, HKDF-SHA256), the KDF is HKDF-SHA256. */
#ifndef TLS_HPKE_H
#define TLS_HPKE_H

#include "crypto/key_exchange.h"

/* Sections 7.1 to 7.3. */
enum tls_hpke_kem { TLS_HPKE_DHKEM_P256 = 0x0010, TLS_HPKE_DHKEM_X25519 = 0x0020 };
enum tls_hpke_kdf { TLS_HPKE_HKDF_SHA256 = 0x0001 };
enum tls_hpke_aead {
    TLS_HPKE_AES_128_GCM = 0x0001,
    TLS_HPKE_AES_256_GCM = 0x0002,
    TLS_HPKE_CHACHA20_POLY1305 = 0x0003
};

#define TLS_HPKE_PUBLIC_MAXIMUM 65 /* of P-256 */
#define TLS_HPKE_SECRET_LENGTH 32  /* of both */
#define TLS_HPKE_TAG_LENGTH 16
#define TLS_HPKE_NONCE_LENGTH 12

typedef struct tls_hpke_suite {
    unsigned kem, kdf, aead;
} tls_hpke_suite;

/* A context belongs to whoever declares it, and is wiped by tls_hpke_wipe. */
typedef struct tls_hpke {
    unsigned aead;
    uint64_t sequence; /* of the next message */
    unsigned char key[32], base_nonce[TLS_HPKE_NONCE_LENGTH];
} tls_hpke;

/* tls_hpke_group: the group of a KEM, or 0 for one that is not known. */
unsigned tls_hpke_group(unsigned kem);
/* tls_hpke_supported: whether all three are known, and the group is there. */
int tls_hpke_supported(tls_hpke_suite suite);

/* tls_hpke_key_import makes a recipient's key of its private and public key as they stand on the
 * wire (section 7.1). BAD_KEY when they do not belong together. tls_hpke_key_export writes the
 * private key of one that tls_key_exchange_generate made. */
enum tls_reason tls_hpke_key_import(
    tls_key_exchange_key *key, unsigned kem, tls_bytes secret, tls_bytes public_key);
void tls_hpke_key_export(
    const tls_key_exchange_key *key, unsigned char secret[TLS_HPKE_SECRET_LENGTH]);

/* tls_hpke_sender is SetupBaseS of section 5.1.1; what is sent as `enc` is the share of the
 * ephemeral key, which the caller makes by tls_key_exchange_generate for the KEM's group.
 * tls_hpke_recipient is SetupBaseR. ILLEGAL_PARAMETER for a public key, or an enc, that the KEM has
 * not; on failure the context holds no key. */
enum tls_reason tls_hpke_sender(tls_hpke *hpke, tls_hpke_suite suite,
    const tls_key_exchange_key *ephemeral, tls_bytes recipient, tls_bytes info);
enum tls_reason tls_hpke_recipient(tls_hpke *hpke, tls_hpke_suite suite,
    const tls_key_exchange_key *key, tls_bytes enc, tls_bytes info);

/* tls_hpke_seal encrypts in place and writes the tag behind the data, where there must be room.
 * tls_hpke_open decrypts data with its tag in place, and returns 1; or 0, with the data wiped: such
 * a message does not count (section 5.2). */
void tls_hpke_seal(tls_hpke *hpke, tls_bytes additional, unsigned char *data, size_t length);
int tls_hpke_open(tls_hpke *hpke, tls_bytes additional, unsigned char *data, size_t length);
void tls_hpke_wipe(tls_hpke *hpke);

#endif
