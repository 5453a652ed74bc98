/* sha256_sha2.c - see sha256_sha2.h. Arm Architecture Reference Manual, FEAT_SHA256.
 *
 * The eight words of the state stand in two registers, ABCD and EFGH. SHA256H and SHA256H2 do four
 * rounds with four words W + K, the one for each register; both take what the other's was before.
 * SHA256SU0 and SHA256SU1 compute four words of the message schedule,
 *     W[t] = s1(W[t-2]) + W[t-7] + s0(W[t-15]) + W[t-16]:
 * SU0 makes s0(W[t-15]) + W[t-16] of two registers, SU1 adds the others out of two more. */
#include "kernel/sha256_sha2.h"

#include "kernel/build.h"
#include "kernel/processor.h"

#if TLS_KERNEL_AARCH64_CRYPTO

#include <arm_neon.h>

#define SHA256_TARGET TLS_TARGET("+crypto")
#include "kernel/sha256_code.h"

#define LOAD(p) vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(p)))

/* Four rounds with the words `w`. */
#define ROUNDS(w, i)                                                                               \
    do {                                                                                           \
        sum = vaddq_u32(w, vld1q_u32(constants + 4 * (size_t)(i)));                                \
        before = abcd;                                                                             \
        abcd = vsha256hq_u32(abcd, efgh, sum);                                                     \
        efgh = vsha256h2q_u32(efgh, before, sum);                                                  \
    } while (0)

/* The next four words of the schedule take the place of the oldest, a. */
#define SCHEDULE(a, b, c, d) ((a) = vsha256su1q_u32(vsha256su0q_u32(a, b), c, d))

SHA256_TARGET static void
compress(uint32_t state[8], const unsigned char *data, size_t blocks)
{
    uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);

    for (; blocks > 0; blocks--, data += BLOCK) {
        uint32x4_t w0 = LOAD(data), w1 = LOAD(data + 16);
        uint32x4_t w2 = LOAD(data + 32), w3 = LOAD(data + 48);
        uint32x4_t abcd_before = abcd, efgh_before = efgh, before, sum;

        SIXTEEN_ROUNDS(0);
        SIXTEEN_WORDS();
        SIXTEEN_ROUNDS(4);
        SIXTEEN_WORDS();
        SIXTEEN_ROUNDS(8);
        SIXTEEN_WORDS();
        SIXTEEN_ROUNDS(12);
        abcd = vaddq_u32(abcd, abcd_before);
        efgh = vaddq_u32(efgh, efgh_before);
    }
    vst1q_u32(state, abcd);
    vst1q_u32(state + 4, efgh);
}

const tls_kernel tls_kernel_sha256_sha2 = {
    TLS_PRIMITIVE_SHA256, "sha2", TLS_PROCESSOR_SHA2, install};

#endif
