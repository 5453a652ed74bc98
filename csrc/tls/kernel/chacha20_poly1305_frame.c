/* chacha20_poly1305_frame.c - ChaCha20-Poly1305 (RFC 8439 section 2.8) with whatever vectors are at
 * hand.
 *
 * Vectors have room for several blocks, which take no longer than one. So the block 0, whose
 * beginning is the key of Poly1305, is made together with the first blocks of the text. Records fit
 * into the processor's first cache: nothing is won by encrypting and hashing in one pass. */
#include "kernel/chacha20_poly1305_frame.h"

#if TLS_KERNEL_X86_64 || TLS_KERNEL_AARCH64

#include <string.h>

#define SCRATCH_LENGTH 3072 /* Poly1305 takes 2.4 KB for its powers, and what it calls */
#include "kernel/scratch.h"

/* What a record leaves on the stack if it is not wiped. */
typedef struct working {
    uint32_t matrix[16]; /* but for the counter */
    poly1305 poly;
    unsigned char blocks[CHACHA20_BLOCKS_MAXIMUM * CHACHA20_BLOCK]; /* that are not whole ones */
} working;

static void
set_matrix(uint32_t matrix[16], const unsigned char *key, const unsigned char *nonce)
{
    static const uint32_t constants[4] = {0x61707865, 0x3320646E, 0x79622D32, 0x6B206574};

    memcpy(matrix, constants, sizeof constants);
    memcpy(matrix + 4, key, 32);
    matrix[12] = 0;
    memcpy(matrix + 13, nonce, 12);
}

/* xor_rest: what is behind the first blocks. */
static void
xor_rest(const chacha20_poly1305 *with, working *w, unsigned char *data, size_t length)
{
    const size_t whole = with->blocks * CHACHA20_BLOCK;
    uint32_t counter = with->blocks;

    for (; length >= whole; length -= whole, data += whole, counter += with->blocks)
        with->xor_blocks(w->matrix, counter, data);
    if (length > 0) {
        memcpy(w->blocks, data, length);
        with->xor_blocks(w->matrix, counter, w->blocks);
        memcpy(data, w->blocks, length);
    }
}

static void
run(const chacha20_poly1305 *with, working *w, unsigned char *data, size_t length,
    tls_bytes additional, unsigned char *tag, int encrypt)
{
    unsigned char *first = w->blocks + CHACHA20_BLOCK;
    size_t n = (with->blocks - 1) * CHACHA20_BLOCK;

    if (n > length)
        n = length;
    memset(w->blocks, 0, sizeof w->blocks);
    if (n > 0)
        memcpy(first, data, n);
    with->xor_blocks(w->matrix, 0, w->blocks);
    tls_poly1305_start(&w->poly, w->blocks);
    tls_poly1305_update(&w->poly, additional.data, additional.length);
    if (!encrypt)
        with->update(&w->poly, data, length);
    if (n > 0)
        memcpy(data, first, n);
    xor_rest(with, w, data + n, length - n);
    if (encrypt)
        with->update(&w->poly, data, length);
    tls_poly1305_finish(&w->poly, additional.length, length, tag);
}

void
tls_chacha20_poly1305_run(const chacha20_poly1305 *with, const void *key, const void *nonce,
    void *data, size_t length, const void *additional, size_t additional_length, void *tag,
    int encrypt)
{
    working w;

    set_matrix(w.matrix, key, nonce);
    run(with, &w, data, length, tls_bytes_make(additional, additional_length), tag, encrypt);
    tls_wipe(&w, sizeof w);
    scratch_wipe();
}

#endif
