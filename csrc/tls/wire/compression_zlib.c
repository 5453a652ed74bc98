/* compression_zlib.c - certificates compressed with zlib (RFC 1950); see compression.h. */
#include "wire/compression.h"

#ifdef TLS_ZLIB
#include <string.h>
#include <zlib.h>

size_t
tls_zlib_compress(unsigned char *out, size_t room, tls_bytes data)
{
    uLongf length = (uLongf)room;

    return compress2(out, &length, data.data, (uLong)data.length, Z_BEST_COMPRESSION) == Z_OK
               ? (size_t)length
               : 0;
}

/* The window is at most 32 KiB, so that what this takes for itself is bounded. A stream that wants
 * a dictionary gets none. */
enum tls_reason
tls_zlib_expand(unsigned char *out, size_t length, tls_bytes data)
{
    z_stream stream;
    int result;

    memset(&stream, 0, sizeof stream);
    stream.next_in = (Bytef *)(uintptr_t)data.data;
    stream.avail_in = (uInt)data.length;
    stream.next_out = out;
    stream.avail_out = (uInt)length;
    if (inflateInit(&stream) != Z_OK)
        return TLS_REASON_OUT_OF_MEMORY;
    result = inflate(&stream, Z_FINISH);
    (void)inflateEnd(&stream);
    if (result == Z_MEM_ERROR)
        return TLS_REASON_OUT_OF_MEMORY;
    return result == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0
               ? TLS_OK
               : TLS_REASON_BAD_COMPRESSION;
}
#endif
