/* imported_identity.h - the identity of a pre-shared key that is imported (RFC 9258). */
#ifndef TLS_IMPORTED_IDENTITY_H
#define TLS_IMPORTED_IDENTITY_H

#include "base/bytes.h"

TLS_PUBLIC_BEGIN

/* What identity and context may have together: the whole is an identity again, and a client offers
 * one for each hash in extensions of 65535 bytes. */
#define TLS_IMPORTED_IDENTITY_MAXIMUM 16384

/* ImportedIdentity (section 5.1), which is the identity on the wire. */
typedef struct tls_imported_identity {
    tls_bytes external_identity;
    tls_bytes context;
    unsigned target_protocol; /* 0x0304: TLS 1.3 */
    int target_hash;          /* enum tls_hash of the target KDF; 0: another one */
} tls_imported_identity;

/* tls_imported_identity_parse gives 1 for what is one, to its last byte: views of it. */
int tls_imported_identity_parse(tls_imported_identity *out, tls_bytes identity);
/* tls_imported_identity_usable: one that TLS 1.3 takes with a hash of its suites. */
int tls_imported_identity_usable(const tls_imported_identity *identity);
/* tls_imported_identity_write appends one. */
void tls_imported_identity_write(tls_buffer *out, const tls_imported_identity *identity);

TLS_PUBLIC_END

#endif
