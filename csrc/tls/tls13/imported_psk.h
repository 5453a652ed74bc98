/* imported_psk.h - external pre-shared keys that are imported for one protocol and one hash (RFC
 * 9258), so that a key is never used with two of them. */
#ifndef TLS_IMPORTED_PSK_H
#define TLS_IMPORTED_PSK_H

#include <bearssl.h>

#include "base/bytes.h"

/* tls_imported_psk derives the imported key (section 5.1), which has the target hash's length and
 * is returned by it: `key` and `hash` are the external one's, `identity` an ImportedIdentity as it
 * stands on the wire. */
size_t tls_imported_psk(
    unsigned char *out, int target_hash, tls_bytes key, int hash, tls_bytes identity);

#endif
