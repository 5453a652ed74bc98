/* compressed_chains.h - Certificate messages that were compressed (RFC 8879), so that each is
 * compressed once and not in every handshake. The key is the message: a handler may give another
 * chain, or staple another response, each time. */
#ifndef TLS_COMPRESSED_CHAINS_H
#define TLS_COMPRESSED_CHAINS_H

#include "base/bytes.h"
#include "base/error.h"

typedef struct tls_compressed_chain tls_compressed_chain;

/* Zero is an empty one. It holds so many messages, and so many bytes of them, and drops what was
 * used longest ago. */
#define TLS_COMPRESSED_CHAINS_COUNT 256
#define TLS_COMPRESSED_CHAINS_BYTES ((size_t)512 * 1024)

typedef struct tls_compressed_chains {
    tls_compressed_chain *first; /* used last */
    size_t count, bytes;
} tls_compressed_chains;

/* tls_compressed_chains_get appends to `out` a CompressedCertificate message that stands for a
 * Certificate of this body; nothing where it would not be shorter. `keep`: the body may come again.
 */
enum tls_reason tls_compressed_chains_get(
    tls_compressed_chains *chains, tls_buffer *out, unsigned algorithm, tls_bytes body, int keep);
void tls_compressed_chains_clear(tls_compressed_chains *chains);

#endif
