/* chacha20_poly1305_avx2.c - ChaCha20-Poly1305 with AVX2, and Poly1305 in words. See
 * chacha20_sets.h and poly1305.h. */
#include "kernel/chacha20_poly1305.h"

#include "kernel/chacha20_poly1305_frame.h"
#include "kernel/processor.h"

#if TLS_KERNEL_X86_64

#define VECTOR_TARGET TLS_TARGET("avx2")
#define BLOCKS 2
#ifndef SETS
#define POLY1305_UPDATE tls_poly1305_update
#define SETS 3
#endif

typedef __m256i vector;

#define ADD(a, b) _mm256_add_epi32(a, b)
#define XOR(a, b) _mm256_xor_si256(a, b)
#define ROTATE16(x) shuffle_bytes(x, 0x0504070601000302)
#define ROTATE12(x) rotate(x, 12)
#define ROTATE8(x) shuffle_bytes(x, 0x0605040702010003)
#define ROTATE7(x) rotate(x, 7)
#define SHUFFLE(x, order) _mm256_shuffle_epi32(x, order)
#define BROADCAST(row) _mm256_broadcastsi128_si256(row)
#define STEPS _mm256_set_epi32(0, 0, 0, 1, 0, 0, 0, 0)

#define XOR_BLOCKS(data, a, b, c, d)                                                               \
    do {                                                                                           \
        xor_text(data, _mm256_permute2x128_si256(a, b, 0x20));                                     \
        xor_text((data) + 32, _mm256_permute2x128_si256(c, d, 0x20));                              \
        xor_text((data) + 64, _mm256_permute2x128_si256(a, b, 0x31));                              \
        xor_text((data) + 96, _mm256_permute2x128_si256(c, d, 0x31));                              \
    } while (0)

#define INLINE static inline __attribute__((always_inline)) VECTOR_TARGET

INLINE vector
rotate(vector x, int by)
{
    return _mm256_or_si256(_mm256_slli_epi32(x, by), _mm256_srli_epi32(x, 32 - by));
}

/* shuffle_bytes: `order` is that of every eight bytes. */
INLINE vector
shuffle_bytes(vector x, long long order)
{
    const long long next = order + 0x0808080808080808;

    return _mm256_shuffle_epi8(x, _mm256_set_epi64x(next, order, next, order));
}

INLINE void
xor_text(unsigned char *text, vector x)
{
    vector *at = (vector *)(void *)text;

    _mm256_storeu_si256(at, XOR(_mm256_loadu_si256(at), x));
}

#include "kernel/chacha20_sets.h"

const tls_kernel tls_kernel_chacha20_poly1305_avx2 = {
    TLS_PRIMITIVE_CHACHA20_POLY1305, "avx2", TLS_PROCESSOR_AVX2, install};

#endif
