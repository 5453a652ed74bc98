/* key_use.h - what the key of a certificate may be used for, the peer's and our own: by its type
 * and by keyUsage (RFC 5280 section 4.2.1.3). Nobody else looks at these two. */
#ifndef TLS_KEY_USE_H
#define TLS_KEY_USE_H

#include "x509/certificate.h"

enum tls_key_use {
    TLS_KEY_USE_SIGNATURE,     /* of a handshake, by a scheme that fits the key */
    TLS_KEY_USE_OLD_SIGNATURE, /* PKCS#1 or ECDSA, as where no scheme is named: below TLS 1.2 */
    TLS_KEY_USE_DECRYPTION,    /* of a premaster secret: static RSA */
    TLS_KEY_USE_AGREEMENT,     /* static ECDH */
    TLS_KEY_USE_CERTIFICATES,  /* to sign them */
    TLS_KEY_USE_CRLS
};

/* tls_certificate_allows: RFC 5246 section 7.4.2, RFC 8446 section 4.4.2.2. A key for RSA-PSS does
 * nothing but make such signatures (RFC 4055 section 1.2). */
int tls_certificate_allows(const tls_certificate *certificate, enum tls_key_use use);
/* tls_certificate_allows_handshake: anything at all that a handshake does with a key. */
int tls_certificate_allows_handshake(const tls_certificate *certificate);

#endif
