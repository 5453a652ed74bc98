/* chacha20_poly1305_avx512.c - ChaCha20-Poly1305 with AVX-512. See chacha20_sets.h and
 * poly1305_avx512.c. */
#include "kernel/chacha20_poly1305.h"

#include "kernel/chacha20_poly1305_frame.h"
#include "kernel/poly1305_avx512.h"
#include "kernel/processor.h"

#if TLS_KERNEL_X86_64

#define VECTOR_TARGET TLS_TARGET("avx512f")
#define BLOCKS 4
#define POLY1305_UPDATE tls_poly1305_update_avx512
#define SETS 4

typedef __m512i vector;

#define ADD(a, b) _mm512_add_epi32(a, b)
#define XOR(a, b) _mm512_xor_si512(a, b)
#define ROTATE16(x) _mm512_rol_epi32(x, 16)
#define ROTATE12(x) _mm512_rol_epi32(x, 12)
#define ROTATE8(x) _mm512_rol_epi32(x, 8)
#define ROTATE7(x) _mm512_rol_epi32(x, 7)
#define SHUFFLE(x, order) _mm512_shuffle_epi32(x, order)
#define BROADCAST(row) _mm512_broadcast_i32x4(row)
#define STEPS _mm512_set_epi32(0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0)

#define XOR_BLOCKS(data, a, b, c, d)                                                               \
    do {                                                                                           \
        vector ab_low = SHUFFLE128(a, b, 0x44), ab_high = SHUFFLE128(a, b, 0xEE);                  \
        vector cd_low = SHUFFLE128(c, d, 0x44), cd_high = SHUFFLE128(c, d, 0xEE);                  \
                                                                                                   \
        xor_text(data, SHUFFLE128(ab_low, cd_low, 0x88));                                          \
        xor_text((data) + 64, SHUFFLE128(ab_low, cd_low, 0xDD));                                   \
        xor_text((data) + 128, SHUFFLE128(ab_high, cd_high, 0x88));                                \
        xor_text((data) + 192, SHUFFLE128(ab_high, cd_high, 0xDD));                                \
    } while (0)
#define SHUFFLE128(a, b, quarters) _mm512_shuffle_i32x4(a, b, quarters)

static inline __attribute__((always_inline)) VECTOR_TARGET void
xor_text(unsigned char *text, vector x)
{
    _mm512_storeu_si512(text, XOR(_mm512_loadu_si512(text), x));
}

#include "kernel/chacha20_sets.h"

const tls_kernel tls_kernel_chacha20_poly1305_avx512 = {TLS_PRIMITIVE_CHACHA20_POLY1305, "avx512",
    TLS_PROCESSOR_AVX2 | TLS_PROCESSOR_AVX512 | TLS_PROCESSOR_AVX512IFMA, install};

#endif
