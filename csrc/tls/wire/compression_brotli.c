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

typedef struct decoder_memory {
    size_t left;
    int refused; /* by the system, and not for want of what is left */
} decoder_memory;

static void *
allocate(void *opaque, size_t size)
{
    decoder_memory *memory = opaque;
    void *block;

    if (size > memory->left)
        return NULL;
    memory->left -= size;
    block = malloc(size);
    memory->refused |= block == NULL;
    return block;
}

static void
release(void *opaque, void *block)
{
    (void)opaque;
    free(block);
}

enum tls_reason
tls_brotli_expand(unsigned char *out, size_t length, tls_bytes data)
{
    decoder_memory memory = {MEMORY_MAXIMUM + 4 * length, 0};
    BrotliDecoderState *state = BrotliDecoderCreateInstance(allocate, release, &memory);
    size_t in_left = data.length, out_left = length;
    const uint8_t *next = data.data;
    BrotliDecoderResult result;

    if (state == NULL)
        return TLS_REASON_OUT_OF_MEMORY;
    result = BrotliDecoderDecompressStream(state, &in_left, &next, &out_left, &out, NULL);
    BrotliDecoderDestroyInstance(state);
    if (memory.refused)
        return TLS_REASON_OUT_OF_MEMORY;
    return result == BROTLI_DECODER_RESULT_SUCCESS && in_left == 0 && out_left == 0
               ? TLS_OK
               : TLS_REASON_BAD_COMPRESSION;
}
#endif
