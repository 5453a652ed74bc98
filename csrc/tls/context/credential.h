/* credential.h - what a side authenticates with: a chain and its key. */
#ifndef TLS_CREDENTIAL_H
#define TLS_CREDENTIAL_H

#include "wire/codec.h"
#include "x509/certificate.h"

TLS_PUBLIC_BEGIN

typedef struct tls_credential {
    const tls_certificate *const *chain; /* leaf first; none: a key alone, a raw public key */
    size_t chain_count;
    tls_private_key *key;    /* may be external (keyless): then SIGN/DECRYPT must be answered */
    tls_bytes ocsp_response; /* server: stapled for clients that ask (RFC 6066 section 8) */
} tls_credential;

/* tls_credential_check: KEY_MISMATCH, LIMIT (a chain too long to send in one flight),
 * ILLEGAL_PARAMETER (no key, or no chain where a raw public key is not shown). */
enum tls_reason tls_credential_check(const tls_credential *credential, int may_be_raw);
/* tls_credential_signs: its key may sign in a handshake, by what its certificate says, if it has
 * one. */
int tls_credential_signs(const tls_credential *credential);
/* What a peer's certificate_authorities are compared by. A stranger may send thousands of names:
 * each is digested once, not for each credential, and those behind the first 256 do not count. */
#define TLS_AUTHORITIES_COMPARED 256

typedef struct tls_authority_digests {
    int any; /* no names were sent: every issuer will do */
    size_t count;
    unsigned char digests[TLS_AUTHORITIES_COMPARED][TLS_NAME_DIGEST_LENGTH];
} tls_authority_digests;

/* tls_authorities_digest: of a list of vector16. */
void tls_authorities_digest(tls_authority_digests *out, tls_bytes authorities);
/* tls_credential_issued_by: a certificate of the chain is issued by one of the authorities of a
 * peer (RFC 5246 section 7.4.6, RFC 8446 section 4.2.4). */
int tls_credential_issued_by(
    const tls_credential *credential, const tls_authority_digests *authorities);
/* tls_credential_signed_by: each certificate of the chain that is not issued by itself is signed by
 * a scheme of the list, of its first 64, or there is no list (RFC 8446 section 4.4.2.2). A
 * certificate does not say on which curve it is signed. */
int tls_credential_signed_by(const tls_credential *credential, tls_u16_list schemes);
/* tls_credential_copy retains; tls_credential_clear releases and zeroes. */
enum tls_reason tls_credential_copy(tls_credential *out, const tls_credential *credential);
void tls_credential_clear(tls_credential *credential);

TLS_PUBLIC_END

#endif
