/* compressed_certificate.c - bodies of CompressedCertificate (RFC 8879): what expands is as long as
 * it says, is read as a Certificate, and takes no more memory than one may; and what each algorithm
 * makes of the same bytes. */
#include "fuzz.h"
#include "wire/compression.h"
#include "wire/message.h"

static void
expand_with(unsigned algorithm, tls_bytes data, size_t length)
{
    unsigned char *out = malloc(length + 1), *packed = malloc(length + 1), *again;
    size_t n;

    fuzz_check(out != NULL && packed != NULL);
    out[length] = 0x5A;
    if (tls_expand(algorithm, out, length, data) == TLS_OK) {
        /* What we make of it again gives the same, also where it was not ours. */
        n = tls_compress(algorithm, packed, length, tls_bytes_make(out, length));
        again = malloc(length + 1);
        fuzz_check(again != NULL && n <= length);
        fuzz_check(
            n == 0 || (tls_expand(algorithm, again, length, tls_bytes_make(packed, n)) == TLS_OK &&
                          memcmp(again, out, length) == 0));
        free(again);
    }
    fuzz_check(out[length] == 0x5A);
    free(out);
    free(packed);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    tls_bytes body = tls_bytes_make(data, length);
    tls_buffer raw = {NULL, 0, 0, 0}, whole = {NULL, 0, 0, 0}, same = {NULL, 0, 0, 0};
    tls_compressed_certificate compressed;
    tls_message message;
    unsigned algorithm;
    size_t i;

    fuzz_check(tls_handshake_build(&raw, TLS_HANDSHAKE_COMPRESSED_CERTIFICATE, body) == TLS_OK);
    if (tls_message_parse(&message, tls_buffer_view(&raw), TLS_VERSION_13, 0) == TLS_OK) {
        compressed = message.u.compressed_certificate;
        fuzz_check(tls_message_build(&same, &message) == TLS_OK &&
                   tls_bytes_equal(tls_buffer_view(&same), tls_buffer_view(&raw)));
        if (tls_compressed_certificate_expand(&whole, &message, &compressed) == TLS_OK)
            fuzz_check(message.type == TLS_HANDSHAKE_CERTIFICATE &&
                       message.raw.length == compressed.uncompressed_length + 4 &&
                       message.body.length <= tls_message_limit(TLS_HANDSHAKE_CERTIFICATE));
        for (i = 0; (algorithm = tls_compression_at(i)) != 0; i++)
            expand_with(algorithm, compressed.compressed_certificate_message,
                compressed.uncompressed_length & 0x1FFFF);
    }
    tls_buffer_release(&raw);
    tls_buffer_release(&whole);
    tls_buffer_release(&same);
    return 0;
}
