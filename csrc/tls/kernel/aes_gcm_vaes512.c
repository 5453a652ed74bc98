/* aes_gcm_vaes512.c - AES-GCM with VAES and VPCLMULQDQ in 512 bits: groups of 32 blocks. See
 * aes_gcm_groups.h and aes_gcm_x86_64.h. */
#include "kernel/aes_gcm_vaes.h"

#include <string.h>

#include "kernel/aes_gcm_x86_64.h"
#include "kernel/processor.h"

#if TLS_KERNEL_X86_64

#define VECTOR_TARGET TLS_TARGET("vaes,vpclmulqdq,avx512f,avx512bw,aes,pclmul")
#define BLOCKS 4
#define SHORTEST 1024 /* below, the 24 powers cost more than they save */

typedef __m512i vector;

#define LOAD(p) _mm512_loadu_si512((const void *)(p))
#define STORE(p, x) _mm512_storeu_si512((void *)(p), (x))
#define XOR(a, b) _mm512_xor_si512(a, b)
#define ADD32(a, b) _mm512_add_epi32(a, b)
#define SHUFFLE8(x, order) _mm512_shuffle_epi8(x, order)
#define SHUFFLE32(x) _mm512_shuffle_epi32(x, _MM_PERM_BADC)
#define AES(x, key) _mm512_aesenc_epi128(x, key)
#define AES_LAST(x, key) _mm512_aesenclast_epi128(x, key)
#define MULTIPLY(a, b, halves) _mm512_clmulepi64_epi128(a, b, halves)
#define BROADCAST(block) _mm512_broadcast_i32x4(block)
#define FIRST(block) _mm512_inserti32x4(_mm512_setzero_si512(), block, 0)
#define STEPS _mm512_set_epi32(0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0)
#define FOLD(x) fold(x)

AES_GCM_INLINE VECTOR_TARGET __m128i
fold(__m512i x)
{
    __m256i half = _mm256_xor_si256(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));

    return _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

#include "kernel/aes_gcm_groups.h"

const tls_kernel tls_kernel_aes_gcm_vaes512 = {TLS_PRIMITIVE_AES_GCM, "vaes512",
    TLS_PROCESSOR_AES | TLS_PROCESSOR_VAES | TLS_PROCESSOR_AVX512, install};

#endif
