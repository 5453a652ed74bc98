/* compression_test.c - certificates compressed and expanded (RFC 8879 sections 4 and 5): exactly as
 * long as it is said, never longer, and with little memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "wire/compression.h"
#include "wire/message.h"

/* The Makefile links this program with --wrap for malloc: so what the core asks for is seen, the
 * libraries where they are given an allocator, and not what they ask for by themselves. */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
static size_t asked;

void *
__wrap_malloc(size_t size)
{
    asked += size;
    return __real_malloc(size);
}

#define LONGEST ((size_t)131068)

static int
expands(unsigned algorithm, unsigned char *out, size_t length, tls_bytes data)
{
    enum tls_reason reason = tls_expand(algorithm, out, length, data);

    check(reason == TLS_OK || reason == TLS_REASON_BAD_COMPRESSION, "%s", tls_reason_code(reason));
    return reason == TLS_OK;
}

/* fill: bytes that get shorter, though not much. */
static void
fill(unsigned char *data, size_t length)
{
    uint32_t state = 1;
    size_t i;

    for (i = 0; i < length; i++) {
        state = state * 1103515245u + 12345u;
        data[i] = (unsigned char)((state >> 16) % 19);
    }
}

static void
round_trip(unsigned algorithm, size_t length)
{
    unsigned char *data = calloc(1, length), *packed = malloc(length + 1000),
                  *back = malloc(length + 1);
    tls_bytes all = tls_bytes_make(data, length), small;
    size_t n;

    require(data != NULL && packed != NULL && back != NULL, "memory");
    fill(data, length);
    check_about("algorithm %u, %u bytes", algorithm, (unsigned)length);
    n = tls_compress(algorithm, packed, length + 1000, all);
    check(n > 0 && n < length, "it gets shorter: %u", (unsigned)n);
    /* Zstandard wants some beyond what it uses. */
    check_number(tls_compress(algorithm, packed, n + 64, all), n, "just enough room");
    check_number(tls_compress(algorithm, packed, n - 1, all), 0, "a byte too little room");
    n = tls_compress(algorithm, packed, length + 1000, all);
    small = tls_bytes_make(packed, n);
    memset(back, 0x55, length + 1);
    check(expands(algorithm, back, length, small) && memcmp(back, data, length) == 0 &&
              back[length] == 0x55,
        "the same again, and nothing behind it");
    check(!expands(algorithm, back, length - 1, small), "a byte more than said");
    check(back[length] == 0x55, "never behind the end");
    check(!expands(algorithm, back, length + 1, small), "a byte less than said");
    check(!expands(algorithm, back, 0, small), "more than nothing");
    check(!expands(algorithm, back, length, tls_bytes_make(packed, n - 1)), "cut short");
    packed[n] = 0;
    check(!expands(algorithm, back, length, tls_bytes_make(packed, n + 1)), "a byte behind it");
    check(!expands(algorithm, back, length, all), "not compressed");
    check(!expands(algorithm, back, length, tls_bytes_make(packed, 0)), "nothing at all");
    free(data);
    free(packed);
    free(back);
}

/* A bomb says that it is small, or as long as may be: it costs what a Certificate may. */
static void
bombs(unsigned algorithm)
{
    size_t length = (size_t)4 << 20, n;
    unsigned char *zeros = calloc(1, length), *packed = malloc(length), *back = malloc(LONGEST);

    require(zeros != NULL && packed != NULL && back != NULL, "memory");
    check_about("algorithm %u, a bomb", algorithm);
    n = tls_compress(algorithm, packed, length, tls_bytes_make(zeros, length));
    check(n > 0 && n < length / 500, "4 MiB are %u bytes", (unsigned)n);
    check(!expands(algorithm, back, 100, tls_bytes_make(packed, n)), "as 100 bytes");
    check(!expands(algorithm, back, LONGEST, tls_bytes_make(packed, n)), "as the longest");
    n = tls_compress(algorithm, packed, length, tls_bytes_make(zeros, LONGEST));
    check(expands(algorithm, back, LONGEST, tls_bytes_make(packed, n)), "the longest itself");
    free(zeros);
    free(packed);
    free(back);
}

static void
expand_to(const char *what, unsigned algorithm, const char *hex, const char *expected)
{
    unsigned char data[200], back[200] = {0};
    size_t length = strlen(hex) / 2, i;
    int expanded;

    for (i = 0; i < length; i++) {
        unsigned byte;

        require(sscanf(hex + 2 * i, "%2x", &byte) == 1, "hexadecimal digits");
        data[i] = (unsigned char)byte;
    }
    expanded = expands(algorithm, back, 5, tls_bytes_make(data, length));
    check_number(expanded, expected != NULL, "%s", what);
    if (expected != NULL)
        check(memcmp(back, expected, 5) == 0, "%s: what is inside", what);
}

/* Streams that the libraries' own formats allow and a certificate has no use for. */
static void
streams(void)
{
    static const struct {
        unsigned algorithm;
        const char *what, *hex, *expected;
    } cases[] = {
        {TLS_COMPRESSION_ZLIB, "a stored block", "7801010500faff68656c6c6f062c0215", "hello"},
        {TLS_COMPRESSION_ZLIB, "a wrong checksum", "7801010500faff68656c6c6f062c0216", NULL},
        {TLS_COMPRESSION_ZLIB, "a dictionary", "78f91a0b045dcb003101062c0215", NULL},
        {TLS_COMPRESSION_ZLIB, "deflate without a header", "cb48cdc9c90700", NULL},
        {TLS_COMPRESSION_ZLIB, "gzip", "1f8b08000000000000ffcb48cdc9c9070086a6103605000000", NULL},
        {TLS_COMPRESSION_BROTLI, "one block, uncompressed", "0b028068656c6c6f03", "hello"},
        {TLS_COMPRESSION_BROTLI, "the reserved window", "11028068656c6c6f03", NULL},
        {TLS_COMPRESSION_ZSTD, "a raw block", "28b52ffd200529000068656c6c6f", "hello"},
        {TLS_COMPRESSION_ZSTD, "two frames",
            "28b52ffd2003190000"
            "68656c"
            "28b52ffd2002110000"
            "6c6f",
            NULL},
        {TLS_COMPRESSION_ZSTD, "a skippable frame before it",
            "502a4d1801000000"
            "78"
            "28b52ffd200529000068656c6c6f",
            NULL},
        {TLS_COMPRESSION_ZSTD, "a frame of format 0.7", "27b52ffd200529000068656c6c6f", NULL},
    };
    size_t i;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *expected =
            tls_compression_supported(cases[i].algorithm) ? cases[i].expected : NULL;

        check_about("algorithm %u", cases[i].algorithm);
        expand_to(cases[i].what, cases[i].algorithm, cases[i].hex, expected);
    }
}

/* declared: a window of 16 MiB, and a block as long of which a few bytes are there. */
static void
declared(void)
{
    static const unsigned char stream[] = {0xCF, 0xFF, 0xFF, 0xFF, 'h', 'e', 'l', 'l', 'o'};
    unsigned char back[64];

    check_about("Brotli");
    asked = 0;
    check(
        !expands(TLS_COMPRESSION_BROTLI, back, sizeof back, tls_bytes_make(stream, sizeof stream)),
        "a block of 16 MiB that is not there");
    check(asked <= (size_t)3 << 19, "gets no such memory: %u", (unsigned)asked);
    check_number(asked > 0, tls_compression_supported(TLS_COMPRESSION_BROTLI), "it is looked at");
}

static void
messages(unsigned algorithm)
{
    /* A Certificate without certificates, under a context of 250 zeros. */
    unsigned char body[254] = {250}, packed[254];
    tls_compressed_certificate compressed = {algorithm, sizeof body, {NULL, 0}};
    tls_buffer out = {0};
    tls_message message;

    check_about("algorithm %u, a message", algorithm);
    compressed.compressed_certificate_message = tls_bytes_make(
        packed, tls_compress(algorithm, packed, sizeof packed, tls_bytes_make(body, sizeof body)));
    check_reason(tls_compressed_certificate_expand(&out, &message, &compressed), TLS_OK, "it");
    check(message.type == TLS_HANDSHAKE_CERTIFICATE && message.u.certificate.is_13 &&
              message.u.certificate.certificate_request_context.length == 250 &&
              message.raw.length == sizeof body + 4 && message.u.certificate.certificate_count == 0,
        "is a Certificate");
    tls_buffer_release(&out);
    compressed.uncompressed_length--;
    check_reason(tls_compressed_certificate_expand(&out, &message, &compressed),
        TLS_REASON_BAD_COMPRESSION, "of another length");
    tls_buffer_release(&out);
    compressed.uncompressed_length = LONGEST + 1;
    check_reason(tls_compressed_certificate_expand(&out, &message, &compressed),
        TLS_REASON_BAD_COMPRESSION, "longer than a Certificate may be");
    check(out.capacity == 0, "no memory for that");
    compressed.uncompressed_length = sizeof body;
    body[0] = 249;
    compressed.compressed_certificate_message = tls_bytes_make(
        packed, tls_compress(algorithm, packed, sizeof packed, tls_bytes_make(body, sizeof body)));
    check_reason(tls_compressed_certificate_expand(&out, &message, &compressed), TLS_REASON_DECODE,
        "no Certificate inside");
    tls_buffer_release(&out);
}

int
main(void)
{
    static const size_t lengths[] = {64, 1000, 3000, 17000, LONGEST};
    unsigned known[] = {TLS_COMPRESSION_ZLIB, TLS_COMPRESSION_BROTLI, TLS_COMPRESSION_ZSTD};
    unsigned char byte = 0, back[8];
    unsigned algorithm;
    size_t i, j, built = 0;

    for (i = 0; (algorithm = tls_compression_at(i)) != 0; i++) {
        check(tls_compression_supported(algorithm), "algorithm %u is there", algorithm);
        for (j = 0; j < sizeof lengths / sizeof *lengths; j++)
            round_trip(algorithm, lengths[j]);
        bombs(algorithm);
        messages(algorithm);
    }
    for (j = 0; j < 3; j++)
        built += tls_compression_supported(known[j]) != 0;
    check_number(built, i, "all that are there are known");
    check(!tls_compression_supported(0) && !tls_compression_supported(4), "others are not");
    check(tls_compress(4, back, sizeof back, tls_bytes_make(&byte, 1)) == 0 &&
              !expands(4, back, 1, tls_bytes_make(&byte, 1)),
        "and do nothing");
    streams();
    declared();
    return check_end();
}
