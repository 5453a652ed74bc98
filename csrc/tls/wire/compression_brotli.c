/* compression_brotli.c - certificates compressed with Brotli (RFC 7932); see compression.h. */
#include "wire/compression.h"

#ifdef TLS_BROTLI
#include <brotli/decode.h>
#include <brotli/encode.h>
#include <stdlib.h>

/* The best quality that takes no longer than a signature does; the one above takes sixty times as
 * long and saves two bytes in a hundred. */
#define QUALITY 9

/* What a decoder may allocate beyond four times what it makes. A stream can declare windows of
 * 16 MiB, and hundreds of prefix codes, in a few bytes. */
#define MEMORY_MAXIMUM ((size_t)1 << 20)

size_t
tls_brotli_compress(unsigned char *out, size_t room, tls_bytes data)
{
    int window = BROTLI_MIN_WINDOW_BITS;
    size_t length = room;

    while (window < BROTLI_MAX_WINDOW_BITS && ((size_t)1 << window) - 16 < data.length)
        window++;
    return BrotliEncoderCompress(
               QUALITY, window, BROTLI_MODE_GENERIC, data.length, data.data, &length, out)
               ? length
               : 0;
}

static void *
allocate(void *opaque, size_t size)
{
    size_t *left = opaque;

    if (size > *left)
        return NULL;
    *left -= size;
    return malloc(size);
}

static void
release(void *opaque, void *memory)
{
    (void)opaque;
    free(memory);
}

int
tls_brotli_expand(unsigned char *out, size_t length, tls_bytes data)
{
    size_t left = MEMORY_MAXIMUM + 4 * length;
    BrotliDecoderState *state = BrotliDecoderCreateInstance(allocate, release, &left);
    size_t in_left = data.length, out_left = length;
    const uint8_t *next = data.data;
    BrotliDecoderResult result;

    if (state == NULL)
        return 0;
    result = BrotliDecoderDecompressStream(state, &in_left, &next, &out_left, &out, NULL);
    BrotliDecoderDestroyInstance(state);
    return result == BROTLI_DECODER_RESULT_SUCCESS && in_left == 0 && out_left == 0;
}
#endif
