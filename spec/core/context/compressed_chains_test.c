/* compressed_chains_test.c - what is kept of compressed certificates: each once, and not too many.
 */
#include <string.h>

#include "context/compressed_chains.h"
#include "support/check.h"
#include "wire/compression.h"
#include "wire/message.h"

/* body: a Certificate's, of which no two are alike. */
static tls_bytes
body(unsigned number, size_t length)
{
    static unsigned char bytes[131000];
    uint32_t state = number;
    size_t i;

    for (i = 0; i < length; i++) {
        state = state * 1103515245u + 12345u;
        bytes[i] = (unsigned char)((state >> 16) % 100);
    }
    return tls_bytes_make(bytes, length);
}

static void
get(tls_compressed_chains *chains, tls_buffer *out, unsigned algorithm, tls_bytes data, int keep)
{
    tls_buffer_clear(out);
    check_reason(
        tls_compressed_chains_get(chains, out, algorithm, data, keep), TLS_OK, "no failure");
}

static void
kept_once(unsigned algorithm)
{
    tls_compressed_chains chains = {0};
    tls_buffer first = {0}, second = {0};
    tls_message message;
    size_t bytes;

    check_about("algorithm %u", algorithm);
    get(&chains, &first, algorithm, body(1, 3000), 1);
    bytes = chains.bytes;
    check(chains.count == 1 && bytes > 0 && bytes < 3000, "one is kept");
    check_reason(
        tls_message_parse(&message, tls_buffer_view(&first), TLS_VERSION_13, 0), TLS_OK, "parsed");
    check(message.type == TLS_HANDSHAKE_COMPRESSED_CERTIFICATE &&
              message.u.compressed_certificate.algorithm == algorithm &&
              message.u.compressed_certificate.uncompressed_length == 3000 &&
              message.u.compressed_certificate.compressed_certificate_message.length == bytes,
        "a CompressedCertificate");
    get(&chains, &second, algorithm, body(1, 3000), 1);
    check(chains.count == 1 && chains.bytes == bytes &&
              tls_bytes_equal(tls_buffer_view(&first), tls_buffer_view(&second)),
        "the same again");
    get(&chains, &second, algorithm, body(2, 3000), 1);
    check(chains.count == 2 && !tls_bytes_equal(tls_buffer_view(&first), tls_buffer_view(&second)),
        "another staple is another message");
    get(&chains, &second, algorithm, body(3, 3000), 0);
    check(second.length > 0 && chains.count == 2, "what never comes again is not kept");
    get(&chains, &second, algorithm, body(4, 12), 1);
    check(second.length == 0 && chains.count == 3, "what does not get shorter is sent as it is");
    tls_buffer_release(&first);
    tls_buffer_release(&second);
    tls_compressed_chains_clear(&chains);
    check(chains.count == 0 && chains.bytes == 0, "nothing is left");
}

static void
bounded(unsigned algorithm)
{
    tls_compressed_chains chains = {0};
    tls_buffer out = {0};
    tls_compressed_chain *oldest;
    unsigned i;

    check_about("algorithm %u, many", algorithm);
    for (i = 0; i < TLS_COMPRESSED_CHAINS_COUNT; i++)
        get(&chains, &out, algorithm, body(i, 200), 1);
    check_number(chains.count, TLS_COMPRESSED_CHAINS_COUNT, "so many");
    get(&chains, &out, algorithm, body(0, 200), 1);
    oldest = chains.first;
    get(&chains, &out, algorithm, body(i, 200), 1);
    check_number(chains.count, TLS_COMPRESSED_CHAINS_COUNT, "and no more");
    get(&chains, &out, algorithm, body(0, 200), 1);
    check(chains.first == oldest, "what was used last has stayed");
    for (i = 0; i < 12; i++)
        get(&chains, &out, algorithm, body(i, 131000), 1);
    check(chains.bytes <= TLS_COMPRESSED_CHAINS_BYTES && chains.count > 2, "long ones: %u bytes",
        (unsigned)chains.bytes);
    tls_buffer_release(&out);
    tls_compressed_chains_clear(&chains);
}

int
main(void)
{
    tls_compressed_chains chains = {0};
    tls_buffer out = {0};
    unsigned algorithm;
    size_t i;

    for (i = 0; (algorithm = tls_compression_at(i)) != 0; i++) {
        kept_once(algorithm);
        bounded(algorithm);
    }
    check_about("an algorithm that is none");
    get(&chains, &out, 4, body(1, 3000), 1);
    check(out.length == 0, "sent as it is");
    tls_compressed_chains_clear(&chains);
    tls_buffer_release(&out);
    return check_end();
}
