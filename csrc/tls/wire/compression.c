/* compression.c - see compression.h. */
#include "wire/compression.h"

typedef struct compression {
    unsigned algorithm; /* 0: the end */
    size_t (*compress)(unsigned char *out, size_t room, tls_bytes data);
    enum tls_reason (*expand)(unsigned char *out, size_t length, tls_bytes data);
} compression;

static const compression compressions[] = {
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

unsigned
tls_compression_at(size_t index)
{
    const compression *c = compressions;

    while (index-- > 0 && c->algorithm != 0)
        c++;
    return c->algorithm;
}

/* find: the end when it was not built in. */
static const compression *
find(unsigned algorithm)
{
    const compression *c = compressions;

    while (c->algorithm != 0 && c->algorithm != algorithm)
        c++;
    return c;
}

int
tls_compression_supported(unsigned algorithm)
{
    return find(algorithm)->algorithm != 0;
}

size_t
tls_compress(unsigned algorithm, unsigned char *out, size_t room, tls_bytes data)
{
    const compression *c = find(algorithm);

    return c->algorithm != 0 ? c->compress(out, room, data) : 0;
}

enum tls_reason
tls_expand(unsigned algorithm, unsigned char *out, size_t length, tls_bytes data)
{
    const compression *c = find(algorithm);

    return c->algorithm != 0 ? c->expand(out, length, data) : TLS_REASON_BAD_COMPRESSION;
}
