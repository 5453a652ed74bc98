/* compression_zstd.c - certificates compressed with Zstandard (RFC 8878); see compression.h. */
#include "wire/compression.h"

#ifdef TLS_ZSTD
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

/* Above it nothing is gained for a few kilobytes. */
#define LEVEL 15

size_t
tls_zstd_compress(unsigned char *out, size_t room, tls_bytes data)
{
    size_t length = ZSTD_compress(out, room, data.data, data.length, LEVEL);

    return ZSTD_isError(length) ? 0 : length;
}

/* In one go the output is the window, whatever a frame says that it needs. One frame of the format
 * that RFC 8878 has: libraries also read those of before, with other decoders. */
enum tls_reason
tls_zstd_expand(unsigned char *out, size_t length, tls_bytes data)
{
    static const unsigned char magic[] = {0x28, 0xB5, 0x2F, 0xFD};
    size_t made;

    if (data.length < sizeof magic || memcmp(data.data, magic, sizeof magic) != 0 ||
        ZSTD_findFrameCompressedSize(data.data, data.length) != data.length)
        return TLS_REASON_BAD_COMPRESSION;
    made = ZSTD_decompress(out, length, data.data, data.length);
    if (made == length)
        return TLS_OK;
    return ZSTD_getErrorCode(made) == ZSTD_error_memory_allocation ? TLS_REASON_OUT_OF_MEMORY
                                                                   : TLS_REASON_BAD_COMPRESSION;
}
#endif
