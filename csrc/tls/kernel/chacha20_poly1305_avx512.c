/* chacha20_poly1305_avx512.c - ChaCha20-Poly1305 (RFC 8439) with AVX-512: sixteen blocks of
 * ChaCha20 at once (chacha20_x86_64.h), and Poly1305 as poly1305_avx512.c does it.
 */
#include "kernel/chacha20_poly1305.h"

#include "kernel/chacha20_x86_64.h"
#include "kernel/poly1305_avx512.h"
#include "kernel/processor.h"

#if TLS_KERNEL_X86_64

#define AVX512 TLS_TARGET("avx512f,avx512bw")

typedef __m512i vector;

#define LOAD(p) _mm512_loadu_si512((const void *)(p))
#define STORE(p, x) _mm512_storeu_si512((void *)(p), (x))
#define ADD(a, b) _mm512_add_epi32(a, b)
#define XOR(a, b) _mm512_xor_si512(a, b)
#define ROTATE16(x) _mm512_rol_epi32(x, 16)
#define ROTATE12(x) _mm512_rol_epi32(x, 12)
#define ROTATE8(x) _mm512_rol_epi32(x, 8)
#define ROTATE7(x) _mm512_rol_epi32(x, 7)
#define UNPACK_LOW32(a, b) _mm512_unpacklo_epi32(a, b)
#define UNPACK_HIGH32(a, b) _mm512_unpackhi_epi32(a, b)
#define UNPACK_LOW64(a, b) _mm512_unpacklo_epi64(a, b)
#define UNPACK_HIGH64(a, b) _mm512_unpackhi_epi64(a, b)
#define SHUFFLE128(a, b, quarters) _mm512_shuffle_i32x4(a, b, quarters)

/* ---- ChaCha20 ---- */

#define GROUP (16 * (size_t)CHACHA20_BLOCK)

#define SET(x, i) (x) = _mm512_set1_epi32((int)matrix[i])
#define ADD_MATRIX(x, i) (x) = ADD(x, _mm512_set1_epi32((int)matrix[i]))

/* Rows 4i to 4i + 3 of the blocks j, j + 4, j + 8 and j + 12 stand in four vectors. */
#define XOR_TEXT(block, x) STORE(data + 64 * (block), XOR(LOAD(data + 64 * (block)), x))
#define XOR_BLOCKS(j, a, b, c, d)                                                                  \
    do {                                                                                           \
        vector ab_low = SHUFFLE128(a, b, 0x44), ab_high = SHUFFLE128(a, b, 0xEE);                  \
        vector cd_low = SHUFFLE128(c, d, 0x44), cd_high = SHUFFLE128(c, d, 0xEE);                  \
                                                                                                   \
        XOR_TEXT(j, SHUFFLE128(ab_low, cd_low, 0x88));                                             \
        XOR_TEXT((j) + 4, SHUFFLE128(ab_low, cd_low, 0xDD));                                       \
        XOR_TEXT((j) + 8, SHUFFLE128(ab_high, cd_high, 0x88));                                     \
        XOR_TEXT((j) + 12, SHUFFLE128(ab_high, cd_high, 0xDD));                                    \
    } while (0)

/* xor_group does sixteen blocks. */
AVX512 static void
xor_group(const uint32_t matrix[16], uint32_t counter, unsigned char *data)
{
    const vector counters = ADD(_mm512_set1_epi32((int)counter),
        _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
    vector x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15;
    unsigned i;

    CHACHA20_SIXTEEN(SET);
    x12 = counters;
    for (i = 0; i < 10; i++)
        CHACHA20_TWO_ROUNDS();
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

/* xor_end: fewer than sixteen blocks. */
static void
xor_end(const uint32_t matrix[16], uint32_t counter, unsigned char *data, size_t length)
{
    unsigned char end[GROUP];

    memcpy(end, data, length);
    memset(end + length, 0, sizeof end - length);
    xor_group(matrix, counter, end);
    memcpy(data, end, length);
    tls_wipe(end, sizeof end);
}

static size_t
encrypt_all(const uint32_t matrix[16], unsigned char *data, size_t length)
{
    size_t left = length;
    uint32_t counter = 1;

    for (; left >= GROUP; left -= GROUP) {
        xor_group(matrix, counter, data);
        data += GROUP;
        counter += GROUP / CHACHA20_BLOCK;
    }
    if (left <= CHACHA20_LAST * CHACHA20_BLOCK)
        return length - left;
    xor_end(matrix, counter, data, left);
    return length;
}

/* ---- The kernel ---- */

/* Records fit into the processor's first cache: there is nothing to be won by doing both at once.
 */
static size_t
bulk(chacha20_working *w, int encrypt, unsigned char *data, size_t length)
{
    size_t rest = length % GROUP, done;

    if (rest <= CHACHA20_LAST * CHACHA20_BLOCK)
        length -= rest;
    if (!encrypt)
        tls_poly1305_update_avx512(&w->poly, data, length);
    done = encrypt_all(w->matrix, data, length);
    if (encrypt)
        tls_poly1305_update_avx512(&w->poly, data, length);
    return done;
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

const tls_kernel tls_kernel_chacha20_poly1305_avx512 = {TLS_PRIMITIVE_CHACHA20_POLY1305, "avx512",
    TLS_PROCESSOR_AVX2 | TLS_PROCESSOR_BMI2 | TLS_PROCESSOR_AVX512 | TLS_PROCESSOR_AVX512IFMA,
    install};

#endif
