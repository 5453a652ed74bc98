/* compression.h - what compresses certificates (RFC 8879), as far as its libraries were found when
 * this was built: compression_zlib.c, compression_brotli.c, compression_zstd.c, each of which says
 * nothing where it has none. */
#ifndef TLS_COMPRESSION_H
#define TLS_COMPRESSION_H

#include "base/bytes.h"
#include "base/error.h"

TLS_PUBLIC_BEGIN

/* IANA "TLS Certificate Compression Algorithm IDs" (RFC 8879 section 7.3). */
enum tls_certificate_compression {
    TLS_COMPRESSION_ZLIB = 1,
    TLS_COMPRESSION_BROTLI = 2,
    TLS_COMPRESSION_ZSTD = 3
};

/* tls_compression_at: the algorithms that were built in, best first; 0 past the last. */
unsigned tls_compression_at(size_t index);
int tls_compression_supported(unsigned algorithm);

TLS_PUBLIC_END

/* tls_compress returns the length of what it has written, or 0 when that would be longer than
 * `room`, or there is no memory. */
size_t tls_compress(unsigned algorithm, unsigned char *out, size_t room, tls_bytes data);
/* tls_expand writes `length` bytes, and never more. BAD_COMPRESSION unless `data` is exactly so
 * many, compressed (RFC 8879 section 4); OUT_OF_MEMORY. */
enum tls_reason tls_expand(unsigned algorithm, unsigned char *out, size_t length, tls_bytes data);

/* ---- The algorithms ---- */
size_t tls_zlib_compress(unsigned char *out, size_t room, tls_bytes data);
enum tls_reason tls_zlib_expand(unsigned char *out, size_t length, tls_bytes data);
size_t tls_brotli_compress(unsigned char *out, size_t room, tls_bytes data);
enum tls_reason tls_brotli_expand(unsigned char *out, size_t length, tls_bytes data);
size_t tls_zstd_compress(unsigned char *out, size_t room, tls_bytes data);
enum tls_reason tls_zstd_expand(unsigned char *out, size_t length, tls_bytes data);

#endif
