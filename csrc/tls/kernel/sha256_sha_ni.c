/* sha256_sha_ni.c - see sha256_sha_ni.h. Intel, "Intel SHA Extensions" (Gulley et al., 2013).
 *
 * The eight words of the state stand in two registers as the instructions want them, ABEF and CDGH.
 * SHA256RNDS2 does two rounds with the two lowest words of its third operand, W + K; SHA256MSG1 and
 * SHA256MSG2 compute four words of the message schedule,
 *     W[t] = s1(W[t-2]) + W[t-7] + s0(W[t-15]) + W[t-16]:
 * MSG1 makes s0(W[t-15]) + W[t-16] of two registers, PALIGNR takes W[t-7] out of two, MSG2 adds s1.
 */
#include "kernel/sha256_sha_ni.h"

#include "kernel/build.h"
#include "kernel/processor.h"

#if TLS_KERNEL_X86_64

#include <immintrin.h>

#define SHA256_TARGET TLS_TARGET("sha,ssse3,sse4.1")
#include "kernel/sha256_code.h"

#define LOAD(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define STORE(p, x) _mm_storeu_si128((__m128i *)(void *)(p), (x))

/* Four rounds with the words `w`. */
#define ROUNDS(w, i)                                                                               \
    do {                                                                                           \
        sum = _mm_add_epi32(w, LOAD(constants + 4 * (size_t)(i)));                                 \
        cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);                                             \
        abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));                    \
    } while (0)

/* The next four words of the schedule take the place of the oldest, a. */
#define SCHEDULE(a, b, c, d)                                                                       \
    do {                                                                                           \
        (a) = _mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8(d, c, 4));                 \
        (a) = _mm_sha256msg2_epu32(a, d);                                                          \
    } while (0)

SHA256_TARGET static void
compress(uint32_t state[8], const unsigned char *data, size_t blocks)
{
    const __m128i big_endian = _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203);
    __m128i badc = _mm_shuffle_epi32(LOAD(state), 0xB1);
    __m128i hgfe = _mm_shuffle_epi32(LOAD(state + 4), 0x1B);
    __m128i abef = _mm_alignr_epi8(badc, hgfe, 8);
    __m128i cdgh = _mm_blend_epi16(hgfe, badc, 0xF0);

    for (; blocks > 0; blocks--, data += BLOCK) {
        __m128i w0 = _mm_shuffle_epi8(LOAD(data), big_endian);
        __m128i w1 = _mm_shuffle_epi8(LOAD(data + 16), big_endian);
        __m128i w2 = _mm_shuffle_epi8(LOAD(data + 32), big_endian);
        __m128i w3 = _mm_shuffle_epi8(LOAD(data + 48), big_endian);
        __m128i abef_before = abef, cdgh_before = cdgh, sum;

        SIXTEEN_ROUNDS(0);
        SIXTEEN_WORDS();
        SIXTEEN_ROUNDS(4);
        SIXTEEN_WORDS();
        SIXTEEN_ROUNDS(8);
        SIXTEEN_WORDS();
        SIXTEEN_ROUNDS(12);
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    hgfe = _mm_shuffle_epi32(abef, 0x1B); /* FEBA */
    badc = _mm_shuffle_epi32(cdgh, 0xB1); /* DCHG */
    STORE(state, _mm_blend_epi16(hgfe, badc, 0xF0));
    STORE(state + 4, _mm_alignr_epi8(badc, hgfe, 8));
}

const tls_kernel tls_kernel_sha256_sha_ni = {
    TLS_PRIMITIVE_SHA256, "sha-ni", TLS_PROCESSOR_SHA, install};

#endif
