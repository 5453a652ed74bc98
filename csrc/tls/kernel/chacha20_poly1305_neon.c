/* chacha20_poly1305_neon.c - ChaCha20-Poly1305 with the vectors of aarch64, and Poly1305 in words.
 * See chacha20_sets.h and poly1305.h. */
#include "kernel/chacha20_poly1305.h"

#include "kernel/chacha20_poly1305_frame.h"
#include "kernel/processor.h"

#if TLS_KERNEL_AARCH64

#include <arm_neon.h>

#define VECTOR_TARGET
#define BLOCKS 1
#define POLY1305_UPDATE tls_poly1305_update
#define SETS 4

typedef uint32x4_t vector;

#define ADD(a, b) vaddq_u32(a, b)
#define XOR(a, b) veorq_u32(a, b)
#define ROTATE16(x) vreinterpretq_u32_u16(vrev32q_u16(vreinterpretq_u16_u32(x)))
#define ROTATE(x, by) vsriq_n_u32(vshlq_n_u32(x, by), x, 32 - (by))
#define ROTATE12(x) ROTATE(x, 12)
#define ROTATE8(x) ROTATE(x, 8)
#define ROTATE7(x) ROTATE(x, 7)
#define SHUFFLE(x, order) vextq_u32(x, x, (order)&3) /* which turns a row to its left */
#define LOAD_ROW(p) vld1q_u32(p)
#define FIRST_WORD(n) vsetq_lane_u32(n, vdupq_n_u32(0), 0)
#define BROADCAST(row) (row)
#define STEPS vdupq_n_u32(0)

#define XOR_BLOCKS(data, a, b, c, d)                                                               \
    do {                                                                                           \
        xor_text(data, a);                                                                         \
        xor_text((data) + 16, b);                                                                  \
        xor_text((data) + 32, c);                                                                  \
        xor_text((data) + 48, d);                                                                  \
    } while (0)

static inline __attribute__((always_inline)) void
xor_text(unsigned char *text, vector x)
{
    vst1q_u8(text, veorq_u8(vld1q_u8(text), vreinterpretq_u8_u32(x)));
}

#include "kernel/chacha20_sets.h"

const tls_kernel tls_kernel_chacha20_poly1305_neon = {
    TLS_PRIMITIVE_CHACHA20_POLY1305, "neon", TLS_PROCESSOR_NEON, install};

#endif
