/* chacha20_poly1305_avx2.c - ChaCha20-Poly1305 (RFC 8439) with AVX2: eight blocks of ChaCha20 at
 * once in vectors, and Poly1305 with whole words (poly1305.h) between them, which other units of
 * the processor do. It also has what the wider kernel leaves to it: short records and ends. See
 * chacha20_x86_64.h. */
#include "kernel/chacha20_poly1305.h"

#include <string.h>

#include "kernel/chacha20_x86_64.h"
#include "kernel/processor.h"

#if TLS_KERNEL_X86_64

#define AVX2 TLS_TARGET("avx2,bmi2")

typedef __m256i vector;

#define LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define STORE(p, x) _mm256_storeu_si256((__m256i *)(void *)(p), (x))
#define ADD(a, b) _mm256_add_epi32(a, b)
#define XOR(a, b) _mm256_xor_si256(a, b)
#define ROTATE16(x) _mm256_shuffle_epi8(x, rotate16)
#define ROTATE12(x) _mm256_or_si256(_mm256_slli_epi32(x, 12), _mm256_srli_epi32(x, 20))
#define ROTATE8(x) _mm256_shuffle_epi8(x, rotate8)
#define ROTATE7(x) _mm256_or_si256(_mm256_slli_epi32(x, 7), _mm256_srli_epi32(x, 25))
#define UNPACK_LOW32(a, b) _mm256_unpacklo_epi32(a, b)
#define UNPACK_HIGH32(a, b) _mm256_unpackhi_epi32(a, b)
#define UNPACK_LOW64(a, b) _mm256_unpacklo_epi64(a, b)
#define UNPACK_HIGH64(a, b) _mm256_unpackhi_epi64(a, b)
#define BOTH(p) _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(p)))

#define ROTATIONS                                                                                  \
    const vector rotate16 =                                                                        \
        _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0D0C0F0E09080B0A, 0x0504070601000302));       \
    const vector rotate8 =                                                                         \
        _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0E0D0C0F0A09080B, 0x0605040702010003))

/* ---- Four blocks, by rows ---- */

#define TURN(b, c, d, words)                                                                       \
    do {                                                                                           \
        (b) = _mm256_shuffle_epi32(b, (words) == 1 ? 0x39 : 0x93);                                 \
        (c) = _mm256_shuffle_epi32(c, 0x4E);                                                       \
        (d) = _mm256_shuffle_epi32(d, (words) == 1 ? 0x93 : 0x39);                                 \
    } while (0)

#define STORE_ROWS(out, a, b, c, d)                                                                \
    do {                                                                                           \
        STORE(out, _mm256_permute2x128_si256(a, b, 0x20));                                         \
        STORE((out) + 32, _mm256_permute2x128_si256(c, d, 0x20));                                  \
        STORE((out) + 64, _mm256_permute2x128_si256(a, b, 0x31));                                  \
        STORE((out) + 96, _mm256_permute2x128_si256(c, d, 0x31));                                  \
    } while (0)

/* four_blocks: block 0, and three from `last` on. */
AVX2 static void
four_blocks(const uint32_t matrix[16], uint32_t last, unsigned char out[4 * CHACHA20_BLOCK])
{
    ROTATIONS;
    const vector row0 = BOTH(matrix), row1 = BOTH(matrix + 4), row2 = BOTH(matrix + 8);
    const vector row3 = BOTH(matrix + 12);
    const vector counters0 = ADD(row3, _mm256_set_epi32(0, 0, 0, (int)last, 0, 0, 0, 0));
    const vector counters1 =
        ADD(row3, _mm256_set_epi32(0, 0, 0, (int)last + 2, 0, 0, 0, (int)last + 1));
    vector a0 = row0, b0 = row1, c0 = row2, d0 = counters0;
    vector a1 = row0, b1 = row1, c1 = row2, d1 = counters1;
    unsigned i;

    for (i = 0; i < 10; i++) {
        CHACHA20_QUARTER(a0, b0, c0, d0);
        CHACHA20_QUARTER(a1, b1, c1, d1);
        TURN(b0, c0, d0, 1);
        TURN(b1, c1, d1, 1);
        CHACHA20_QUARTER(a0, b0, c0, d0);
        CHACHA20_QUARTER(a1, b1, c1, d1);
        TURN(b0, c0, d0, 3);
        TURN(b1, c1, d1, 3);
    }
    STORE_ROWS(out, ADD(a0, row0), ADD(b0, row1), ADD(c0, row2), ADD(d0, counters0));
    STORE_ROWS(out + 128, ADD(a1, row0), ADD(b1, row1), ADD(c1, row2), ADD(d1, counters1));
}

/* ---- Eight blocks, by words ---- */

#define GROUP (8 * (size_t)CHACHA20_BLOCK)

#define SET(x, i) (x) = _mm256_set1_epi32((int)w->matrix[i])
#define ADD_MATRIX(x, i) (x) = ADD(x, _mm256_set1_epi32((int)w->matrix[i]))

/* Rows 4i to 4i + 3 of the blocks j and j + 4 stand in four vectors. */
#define XOR_TEXT(at, x) STORE(data + (at), XOR(LOAD(data + (at)), x))
#define XOR_BLOCKS(j, a, b, c, d)                                                                  \
    do {                                                                                           \
        XOR_TEXT(64 * (j), _mm256_permute2x128_si256(a, b, 0x20));                                 \
        XOR_TEXT(64 * (j) + 32, _mm256_permute2x128_si256(c, d, 0x20));                            \
        XOR_TEXT(64 * (j) + 256, _mm256_permute2x128_si256(a, b, 0x31));                           \
        XOR_TEXT(64 * (j) + 288, _mm256_permute2x128_si256(c, d, 0x31));                           \
    } while (0)

/* xor_group does eight blocks of `data`, and Poly1305 of the 512 bytes at `hashed`, unless it is
 * NULL. */
AVX2 static void
xor_group(chacha20_working *w, uint32_t counter, unsigned char *data, const unsigned char *hashed)
{
    ROTATIONS;
    const vector counters =
        ADD(_mm256_set1_epi32((int)counter), _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0));
    vector x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15;
    poly1305 poly = w->poly;
    unsigned i;

    CHACHA20_SIXTEEN(SET);
    x12 = counters;
    for (i = 0; i < 10; i++) {
        if (hashed != NULL && i < 8) {
            poly1305_two(&poly, hashed + 64 * i);
            poly1305_two(&poly, hashed + 64 * i + 32);
        }
        CHACHA20_TWO_ROUNDS();
    }
    memcpy(w->poly.h, poly.h, sizeof poly.h);
    CHACHA20_SIXTEEN(ADD_MATRIX);
    x12 = ADD(x12, counters);
    CHACHA20_TRANSPOSE(x0, x1, x2, x3);
    CHACHA20_TRANSPOSE(x4, x5, x6, x7);
    CHACHA20_TRANSPOSE(x8, x9, x10, x11);
    CHACHA20_TRANSPOSE(x12, x13, x14, x15);
    XOR_BLOCKS(0, x0, x4, x8, x12);
    XOR_BLOCKS(1, x1, x5, x9, x13);
    XOR_BLOCKS(2, x2, x6, x10, x14);
    XOR_BLOCKS(3, x3, x7, x11, x15);
}

/* xor_end: fewer than eight blocks. */
static void
xor_end(chacha20_working *w, uint32_t counter, unsigned char *data, size_t length)
{
    unsigned char end[GROUP];

    memcpy(end, data, length);
    memset(end + length, 0, sizeof end - length);
    xor_group(w, counter, end, NULL);
    memcpy(data, end, length);
    tls_wipe(end, sizeof end);
}

/* What is opened is hashed as it is decrypted, what is sealed is hashed one group later. */
static size_t
bulk(chacha20_working *w, int encrypt, unsigned char *data, size_t length)
{
    const unsigned char *hashed = encrypt ? NULL : data;
    unsigned char *start = data;
    size_t left = length;
    uint32_t counter = 1;

    for (; left >= GROUP; left -= GROUP) {
        xor_group(w, counter, data, hashed);
        data += GROUP;
        hashed = encrypt ? data - GROUP : data;
        counter += 8;
    }
    if (encrypt && data > start)
        tls_poly1305_update(&w->poly, data - GROUP, GROUP);
    if (left <= CHACHA20_LAST * CHACHA20_BLOCK)
        return length - left;
    if (!encrypt)
        tls_poly1305_update(&w->poly, data, left);
    xor_end(w, counter, data, left);
    if (encrypt)
        tls_poly1305_update(&w->poly, data, left);
    return length;
}

/* ---- Records ---- */

static void
set_matrix(uint32_t matrix[16], const unsigned char *key, const unsigned char *nonce)
{
    static const uint32_t constants[4] = {0x61707865, 0x3320646E, 0x79622D32, 0x6B206574};

    memcpy(matrix, constants, sizeof constants);
    memcpy(matrix + 4, key, 32);
    matrix[12] = 0;
    memcpy(matrix + 13, nonce, 12);
}

static void
xor_bytes(unsigned char *data, const unsigned char *stream, size_t length)
{
    size_t i;

    for (i = 0; i + 8 <= length; i += 8) {
        uint64_t a, b;

        memcpy(&a, data + i, 8);
        memcpy(&b, stream + i, 8);
        a ^= b;
        memcpy(data + i, &a, 8);
    }
    for (; i < length; i++)
        data[i] ^= stream[i];
}

/* Section 2.8. The bytes of the last CHACHA20_LAST blocks, if there are no more of them than that
 * behind whole groups, are done with the first block, whose beginning is the key of Poly1305. */
void
tls_chacha20_poly1305_x86_64(const void *key, const void *nonce, void *data, size_t length,
    const void *additional, size_t additional_length, void *tag, int encrypt, chacha20_bulk *wide)
{
    unsigned char *text = data;
    chacha20_working w;
    size_t done, last;

    set_matrix(w.matrix, key, nonce);
    four_blocks(w.matrix, (uint32_t)(length / GROUP * (GROUP / CHACHA20_BLOCK)) + 1, w.first);
    tls_poly1305_start(&w.poly, w.first);
    tls_poly1305_update(&w.poly, additional, additional_length);
    done = wide(&w, encrypt, text, length);
    last = length - done;
    if (!encrypt)
        tls_poly1305_update(&w.poly, text + done, last);
    xor_bytes(text + done, w.first + CHACHA20_BLOCK, last);
    if (encrypt)
        tls_poly1305_update(&w.poly, text + done, last);
    tls_poly1305_finish(&w.poly, additional_length, length, tag);
    tls_wipe(&w, sizeof w);
}

static void
run(const void *key, const void *nonce, void *data, size_t length, const void *additional,
    size_t additional_length, void *tag, br_chacha20_run unused, int encrypt)
{
    (void)unused;
    tls_chacha20_poly1305_x86_64(
        key, nonce, data, length, additional, additional_length, tag, encrypt, bulk);
}

static void
install(tls_kernels *kernels)
{
    kernels->chacha20_poly1305 = run;
}

const tls_kernel tls_kernel_chacha20_poly1305_avx2 = {
    TLS_PRIMITIVE_CHACHA20_POLY1305, "avx2", TLS_PROCESSOR_AVX2 | TLS_PROCESSOR_BMI2, install};

#endif
