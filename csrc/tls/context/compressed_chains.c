/* compressed_chains.c - see compressed_chains.h. */
#include "context/compressed_chains.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "wire/compression.h"
#include "wire/message.h"

/* Of a CompressedCertificate, before what is compressed (RFC 8879 section 4). */
#define FIELDS_LENGTH 8

#define DIGEST_LENGTH 32 /* of SHA-256 */

struct tls_compressed_chain {
    tls_compressed_chain *next;
    unsigned algorithm;
    unsigned char digest[DIGEST_LENGTH];
    size_t length; /* 0: it does not get shorter */
    unsigned char data[];
};

/* find: the link to it, or to what stands behind the last. */
static tls_compressed_chain **
find(tls_compressed_chains *chains, unsigned algorithm, const unsigned char *digest)
{
    tls_compressed_chain **link = &chains->first;

    while (*link != NULL &&
           ((*link)->algorithm != algorithm || memcmp((*link)->digest, digest, DIGEST_LENGTH) != 0))
        link = &(*link)->next;
    return link;
}

static tls_compressed_chain *
take_out(tls_compressed_chains *chains, tls_compressed_chain **link)
{
    tls_compressed_chain *chain = *link;

    *link = chain->next;
    chains->count--;
    chains->bytes -= chain->length;
    return chain;
}

static void
put_first(tls_compressed_chains *chains, tls_compressed_chain *chain)
{
    chain->next = chains->first;
    chains->first = chain;
    chains->count++;
    chains->bytes += chain->length;
}

static void
drop_last(tls_compressed_chains *chains)
{
    tls_compressed_chain **link = &chains->first;

    while ((*link)->next != NULL)
        link = &(*link)->next;
    free(take_out(chains, link));
}

/* compress puts it first; NULL when there is no memory. */
static tls_compressed_chain *
compress(tls_compressed_chains *chains, unsigned algorithm, tls_bytes body)
{
    size_t room = body.length > FIELDS_LENGTH ? body.length - FIELDS_LENGTH - 1 : 0;
    tls_compressed_chain *chain = malloc(sizeof *chain + room), *smaller;

    if (chain == NULL)
        return NULL;
    chain->algorithm = algorithm;
    chain->length = tls_compress(algorithm, chain->data, room, body);
    smaller = realloc(chain, sizeof *chain + chain->length);
    if (smaller != NULL)
        chain = smaller;
    put_first(chains, chain);
    return chain;
}

static enum tls_reason
write_message(tls_buffer *out, const tls_compressed_chain *chain, size_t uncompressed_length)
{
    tls_message message;

    if (chain->length == 0)
        return TLS_OK;
    memset(&message, 0, sizeof message);
    message.type = TLS_HANDSHAKE_COMPRESSED_CERTIFICATE;
    message.u.compressed_certificate.algorithm = chain->algorithm;
    message.u.compressed_certificate.uncompressed_length = uncompressed_length;
    message.u.compressed_certificate.compressed_certificate_message =
        tls_bytes_make(chain->data, chain->length);
    return tls_message_build(out, &message);
}

enum tls_reason
tls_compressed_chains_get(
    tls_compressed_chains *chains, tls_buffer *out, unsigned algorithm, tls_bytes body, int keep)
{
    unsigned char digest[TLS_FINGERPRINT_MAXIMUM];
    tls_compressed_chain *chain, **link;
    enum tls_reason reason;

    (void)tls_fingerprint(digest, TLS_HASH_SHA256, body);
    link = find(chains, algorithm, digest);
    if (*link != NULL) {
        chain = take_out(chains, link);
        put_first(chains, chain);
    } else {
        chain = compress(chains, algorithm, body);
        if (chain == NULL)
            return TLS_REASON_OUT_OF_MEMORY;
        memcpy(chain->digest, digest, sizeof chain->digest);
    }
    reason = write_message(out, chain, body.length);
    if (!keep)
        free(take_out(chains, &chains->first));
    while (
        chains->count > TLS_COMPRESSED_CHAINS_COUNT || chains->bytes > TLS_COMPRESSED_CHAINS_BYTES)
        drop_last(chains);
    return reason;
}

void
tls_compressed_chains_clear(tls_compressed_chains *chains)
{
    while (chains->first != NULL)
        free(take_out(chains, &chains->first));
}
