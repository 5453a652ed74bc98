/* aes_gcm_x86_64.h - what the kernels of AES-GCM for x86-64 share: the arithmetic of GHASH, and all
 * that does not depend on the vectors' width.
 *
 * GHASH's polynomials over GF(2) have the coefficient of x^0 in the first bit. A block is loaded
 * with its bytes turned round, so that the coefficient of x^i is bit 127 - i. The product of two
 * such numbers by PCLMULQDQ then stands one bit too low: one factor is multiplied by x beforehand,
 * and the powers of the hash key that are kept are H^n x (Gueron and Kounavis, "Intel Carry-Less
 * Multiplication Instruction and its Usage for Computing the GCM Mode", 2014, figures 5 to 8).
 *
 * The modulus x^128 + x^7 + x^2 + x + 1 divides in the manner of Montgomery: two steps of 64 bits,
 * each of which clears the lowest word by adding a multiple of the modulus, whose upper part turned
 * round is C2 00...00 (x^63 + x^62 + x^57), and drops it (Gueron, "Fast GHASH computations for
 * AES-GCM", 2012). There are no carries.
 *
 * A group of n blocks needs one reduction: the hash after it is
 *     (Y + X1) H^n + X2 H^(n-1) + ... + Xn H.
 * Block j of a vector is multiplied by the power that belongs to it, and all blocks of the products
 * are summed up at the end (Gopal et al., "Optimized Galois-Counter-Mode Implementation on Intel
 * Architecture Processors", 2010). Their mixing of AES and GHASH by hand is left to the processor,
 * which goes on to the next group while it still hashes one: both fit into its window. */
#ifndef TLS_KERNEL_AES_GCM_X86_64_H
#define TLS_KERNEL_AES_GCM_X86_64_H

#include "kernel/aes_gcm.h"
#include "kernel/build.h"

#if TLS_KERNEL_X86_64

#include <immintrin.h>

/* VAES kernels name this too: a function is inlined where the caller can do what it does. */
#define AES_NI TLS_TARGET("aes,pclmul,ssse3,sse4.1")
#define AES_GCM_INLINE static inline __attribute__((always_inline))

/* The order of bytes that turns a block round, for PSHUFB. */
#define BYTES_ROUND _mm_set_epi64x(0x0001020304050607, 0x08090A0B0C0D0E0F)

#define LOAD128(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define STORE128(p, x) _mm_storeu_si128((__m128i *)(void *)(p), (x))

/* tls_aes_gcm_width: what is done with vectors of one width, to groups of eight of them. */
typedef struct tls_aes_gcm_width {
    size_t group;    /* its bytes */
    size_t shortest; /* text that is worth the powers */
    void (*xor_group)(const tls_aes_gcm_key *key, __m128i counter, unsigned char *data);
    /* Of as many vectors of text as vectors of powers. */
    __m128i (*hash_vectors)(
        __m128i hash, const unsigned char *powers, const unsigned char *text, size_t count);
    /* NULL: the powers that are kept are all that are needed. */
    void (*make_powers)(unsigned char *powers, const tls_aes_gcm_key *key);
} tls_aes_gcm_width;

#define AES_GCM_GROUP_MAXIMUM (8 * (size_t)64)

/* tls_aes_gcm_start_x86_64 is tls_aes_gcm_start. What is too short for groups of this width is done
 * with vectors of one block. */
void tls_aes_gcm_start_x86_64(
    tls_aes_gcm_key *key, const unsigned char *bytes, size_t length, const tls_aes_gcm_width *of);

AES_GCM_INLINE AES_NI __m128i
turn_round(__m128i x)
{
    return _mm_shuffle_epi8(x, BYTES_ROUND);
}

/* gcm_reduce: of the product high x^128 + middle x^64 + low. */
AES_GCM_INLINE AES_NI __m128i
gcm_reduce(__m128i low, __m128i middle, __m128i high)
{
    const __m128i modulus = _mm_set_epi64x((long long)0xC200000000000000, 0);

    middle = _mm_xor_si128(middle, _mm_shuffle_epi32(low, 0x4E));
    middle = _mm_xor_si128(middle, _mm_clmulepi64_si128(modulus, low, 0x01));
    high = _mm_xor_si128(high, _mm_shuffle_epi32(middle, 0x4E));
    return _mm_xor_si128(high, _mm_clmulepi64_si128(modulus, middle, 0x01));
}

#endif

#endif
