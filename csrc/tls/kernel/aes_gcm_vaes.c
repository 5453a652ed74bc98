/* aes_gcm_vaes.c - AES-GCM with VAES and VPCLMULQDQ in 256 bits: groups of 16 blocks. See
 * aes_gcm_groups.h and aes_gcm_x86_64.h. */
#include "kernel/aes_gcm_vaes.h"

#include <string.h>

#include "kernel/aes_gcm_x86_64.h"
#include "kernel/processor.h"

#if TLS_KERNEL_X86_64

#define VECTOR_TARGET TLS_TARGET("vaes,vpclmulqdq,avx2,aes,pclmul")
#define BLOCKS 2
#define SHORTEST 512

typedef __m256i vector;

#define LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define STORE(p, x) _mm256_storeu_si256((__m256i *)(void *)(p), (x))
#define XOR(a, b) _mm256_xor_si256(a, b)
#define ADD32(a, b) _mm256_add_epi32(a, b)
#define SHUFFLE8(x, order) _mm256_shuffle_epi8(x, order)
#define SHUFFLE32(x) _mm256_shuffle_epi32(x, 0x4E)
#define AES(x, key) _mm256_aesenc_epi128(x, key)
#define AES_LAST(x, key) _mm256_aesenclast_epi128(x, key)
#define MULTIPLY(a, b, halves) _mm256_clmulepi64_epi128(a, b, halves)
#define BROADCAST(block) _mm256_broadcastsi128_si256(block)
#define FIRST(block) _mm256_inserti128_si256(_mm256_setzero_si256(), block, 0)
#define STEPS _mm256_set_epi32(0, 0, 0, 1, 0, 0, 0, 0)
#define FOLD(x) _mm_xor_si128(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1))

#include "kernel/aes_gcm_groups.h"

const tls_kernel tls_kernel_aes_gcm_vaes = {
    TLS_PRIMITIVE_AES_GCM, "vaes", TLS_PROCESSOR_AES | TLS_PROCESSOR_VAES, install};

#endif
