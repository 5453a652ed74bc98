/* compression.c - see compression.h. */
#include "wire/compression.h"

static const struct {
    unsigned algorithm;
    size_t (*compress)(unsigned char *out, size_t room, tls_bytes data);
    int (*expand)(unsigned char *out, size_t length, tls_bytes data);
} algorithms[] = {
#ifdef TLS_BROTLI
    {TLS_COMPRESSION_BROTLI, tls_brotli_compress, tls_brotli_expand},
#endif
#ifdef TLS_ZSTD
    {TLS_COMPRESSION_ZSTD, tls_zstd_compress, tls_zstd_expand},
#endif
#ifdef TLS_ZLIB
    {TLS_COMPRESSION_ZLIB, tls_zlib_compress, tls_zlib_expand},
#endif
    {0, NULL, NULL},
};

#define LAST (sizeof algorithms / sizeof *algorithms - 1)

unsigned
tls_compression_at(size_t index)
{
    return algorithms[index < LAST ? index : LAST].algorithm;
}

/* position: of an algorithm; LAST when it was not built in. */
static size_t
position(unsigned algorithm)
{
    size_t i = 0;

    while (i < LAST && algorithms[i].algorithm != algorithm)
        i++;
    return i;
}

int
tls_compression_supported(unsigned algorithm)
{
    return position(algorithm) < LAST;
}

size_t
tls_compress(unsigned algorithm, unsigned char *out, size_t room, tls_bytes data)
{
    size_t i = position(algorithm);

    return i < LAST ? algorithms[i].compress(out, room, data) : 0;
}

int
tls_expand(unsigned algorithm, unsigned char *out, size_t length, tls_bytes data)
{
    size_t i = position(algorithm);

    return i < LAST && algorithms[i].expand(out, length, data);
}
