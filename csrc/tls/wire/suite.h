/* suite.h - cipher suites: every one that BearSSL 0.6 can do, DHE_RSA and those of TLS 1.3, with
 * their parts; the names of the others, so that anyone's ClientHello can be printed; and the named
 * policies. */
#ifndef TLS_SUITE_H
#define TLS_SUITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/linkage.h"

TLS_PUBLIC_BEGIN

/* Signalling values that stand in the list of suites: RFC 5746 section 3.3, RFC 7507. */
#define TLS_SUITE_EMPTY_RENEGOTIATION_INFO_SCSV 0x00FF
#define TLS_SUITE_FALLBACK_SCSV 0x5600

enum tls_key_exchange {
    TLS_KEY_EXCHANGE_ANY, /* TLS 1.3: the suite does not say */
    TLS_KEY_EXCHANGE_RSA,
    TLS_KEY_EXCHANGE_ECDHE,
    TLS_KEY_EXCHANGE_ECDH, /* static: the certificate's key is the share */
    TLS_KEY_EXCHANGE_DHE   /* ephemeral, over a finite field */
};

enum tls_authentication {
    TLS_AUTHENTICATION_ANY, /* TLS 1.3 */
    TLS_AUTHENTICATION_RSA,
    TLS_AUTHENTICATION_ECDSA
};

enum tls_cipher { TLS_CIPHER_3DES, TLS_CIPHER_AES, TLS_CIPHER_CHACHA20 };

enum tls_cipher_mode { TLS_MODE_CBC, TLS_MODE_GCM, TLS_MODE_CCM, TLS_MODE_CCM8, TLS_MODE_POLY1305 };

/* What a suite gives, and what speaks against it. */
#define TLS_SUITE_FORWARD_SECRECY 1u
#define TLS_SUITE_AEAD 2u
#define TLS_SUITE_WEAK 4u /* 3DES: 64-bit blocks (RFC 8996, CVE-2016-2183) */
#define TLS_SUITE_BEARSSL                                                                          \
    8u /* BearSSL 0.6 implements it (TLS 1.2 and below) or, of DHE, its cipher */

/* Hashes are of enum tls_hash (registry.h): SHA-1, SHA-256, SHA-384. */
typedef struct tls_suite {
    uint16_t id;
    const char *name;         /* RFC: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" */
    const char *openssl_name; /* "ECDHE-RSA-AES128-GCM-SHA256" */
    enum tls_key_exchange key_exchange;
    enum tls_authentication authentication; /* static ECDH: the CA's signature on the certificate */
    enum tls_cipher cipher;
    enum tls_cipher_mode mode;
    unsigned key_bits;    /* 168 for 3DES */
    unsigned tag_length;  /* of the AEAD: 16 or 8; 0 for CBC */
    unsigned mac_hash;    /* CBC: HMAC's hash; 0 for AEAD */
    unsigned prf_hash;    /* TLS 1.2's PRF, TLS 1.3's HKDF */
    unsigned version_min; /* TLS_VERSION_10, _12 or _13 */
    unsigned version_max; /* TLS_VERSION_12 or _13 */
    unsigned flags;
} tls_suite;

/* tls_suite_find: NULL when the suite is not one of ours. */
const tls_suite *tls_suite_find(unsigned id);
/* tls_suite_find_name: by RFC or OpenSSL name, whatever the case; NULL when not one of ours. */
const tls_suite *tls_suite_find_name(const char *name);
/* tls_suite_at walks our table: NULL past the end. */
const tls_suite *tls_suite_at(size_t index);

/* tls_suite_name: the RFC name of any suite IANA knows, of the two SCSVs, "GREASE"; else NULL. */
const char *tls_suite_name(unsigned id);
/* tls_suite_id: the number of an RFC name or, for ours, an OpenSSL name; -1 when unknown. */
int tls_suite_id(const char *name);
/* tls_suite_other_name, tls_suite_other_id: the suites that are not ours (suite_names.c). */
const char *tls_suite_other_name(unsigned id);
int tls_suite_other_id(const char *name);

/* "cipher", "key exchange" … as words: "AES", "ECDHE", "DHE", "RSA", "GCM"; never NULL. */
const char *tls_suite_key_exchange_name(const tls_suite *suite);
const char *tls_suite_authentication_name(const tls_suite *suite);
const char *tls_suite_cipher_name(const tls_suite *suite); /* "AES", "CHACHA20", "3DES" */
/* "CBC", "GCM", "CCM", "CCM_8", "POLY1305" */
const char *tls_suite_mode_name(const tls_suite *suite);

/* tls_suite_fits returns 1 when the suite may be used with the protocol version. */
int tls_suite_fits(const tls_suite *suite, unsigned version);

/* tls_suites_narrow narrows the range of versions to those that some suite of the list belongs to.
 * Returns 0 when none is left. */
int tls_suites_narrow(
    const uint16_t *suites, size_t count, unsigned *version_min, unsigned *version_max);

/* tls_suite_policy: a named, ordered list; NULL for an unknown name.
 *   - "modern": TLS 1.3 without CCM, then forward secrecy and AEAD below: ECDHE with AES-GCM,
 * ChaCha20-Poly1305, then CCM.
 *   - "compatible": modern, then ECDHE with CBC, then static RSA with AES-GCM and CBC. Never 3DES,
 *     CCM_8, DHE or static ECDH: those must be named one by one.
 *   - "tls13": the suites of TLS 1.3 with CCM, without CCM_8. */
const uint16_t *tls_suite_policy(const char *name, size_t *count);

/* tls_suite_order reorders in place: where AES-GCM and ChaCha20-Poly1305 suites of one class
 * (TLS 1.3; ECDHE and DHE; without forward secrecy) stand, those that this processor does well come
 * first: AES-GCM when `has_aes` is set, ChaCha20-Poly1305 when not. Everything else keeps its
 * place. */
void tls_suite_order(uint16_t *list, size_t count, int has_aes);

TLS_PUBLIC_END

#endif
