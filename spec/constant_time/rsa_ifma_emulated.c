/* rsa_ifma_emulated.c - kernel/rsa_ifma.c over an emulation of what it uses of AVX-512, which
 * memcheck's processor has not: its branches and indexes are those of the source. */
#include <stdint.h>
#include <string.h>

#include "kernel/build.h"

#if TLS_KERNEL_X86_64

/* The compilers' own header stays out: these are its guards. */
#define _IMMINTRIN_H_INCLUDED
#define __IMMINTRIN_H
/* None of the real instructions either. */
#undef TLS_TARGET
#define TLS_TARGET(features)

typedef struct vector {
    uint64_t lane[8];
} __m512i;
typedef unsigned char __mmask8;

#define LANES_OF(expression)                                                                       \
    do {                                                                                           \
        int i;                                                                                     \
        for (i = 0; i < 8; i++)                                                                    \
            out.lane[i] = (expression);                                                            \
        return out;                                                                                \
    } while (0)
#define INTRINSIC static inline __attribute__((unused))

INTRINSIC __m512i
_mm512_set1_epi64(long long value)
{
    __m512i out;

    LANES_OF((uint64_t)value);
}

INTRINSIC __m512i
_mm512_setzero_si512(void)
{
    return _mm512_set1_epi64(0);
}

INTRINSIC __m512i
_mm512_loadu_si512(const void *from)
{
    __m512i out;

    memcpy(&out, from, sizeof out);
    return out;
}

INTRINSIC void
_mm512_storeu_si512(void *to, __m512i value)
{
    memcpy(to, &value, sizeof value);
}

INTRINSIC __m512i
_mm512_add_epi64(__m512i a, __m512i b)
{
    __m512i out;

    LANES_OF(a.lane[i] + b.lane[i]);
}

INTRINSIC __m512i
_mm512_and_si512(__m512i a, __m512i b)
{
    __m512i out;

    LANES_OF(a.lane[i] & b.lane[i]);
}

INTRINSIC __m512i
_mm512_srli_epi64(__m512i a, unsigned count)
{
    __m512i out;

    LANES_OF(a.lane[i] >> count);
}

INTRINSIC __m512i
_mm512_alignr_epi64(__m512i a, __m512i b, int count)
{
    __m512i out;

    LANES_OF(i + count < 8 ? b.lane[i + count] : a.lane[i + count - 8]);
}

static tls_uint128
product52(uint64_t a, uint64_t b)
{
    const uint64_t mask = ((uint64_t)1 << 52) - 1;

    return (tls_uint128)(a & mask) * (b & mask);
}

INTRINSIC __m512i
_mm512_madd52lo_epu64(__m512i sum, __m512i a, __m512i b)
{
    __m512i out;

    LANES_OF(sum.lane[i] + ((uint64_t)product52(a.lane[i], b.lane[i]) << 12 >> 12));
}

INTRINSIC __m512i
_mm512_madd52hi_epu64(__m512i sum, __m512i a, __m512i b)
{
    __m512i out;

    LANES_OF(sum.lane[i] + (uint64_t)(product52(a.lane[i], b.lane[i]) >> 52));
}

/* Numbers below 2^63. */
INTRINSIC __mmask8
_mm512_cmpgt_epu64_mask(__m512i a, __m512i b)
{
    unsigned mask = 0;
    int i;

    for (i = 0; i < 8; i++)
        mask |= (unsigned)((b.lane[i] - a.lane[i]) >> 63) << i;
    return (__mmask8)mask;
}

INTRINSIC __mmask8
_mm512_cmpeq_epu64_mask(__m512i a, __m512i b)
{
    unsigned mask = 0;
    int i;

    for (i = 0; i < 8; i++)
        mask |= (unsigned)(((a.lane[i] ^ b.lane[i]) - 1) >> 63) << i;
    return (__mmask8)mask;
}

#define _mm512_cmpeq_epi64_mask _mm512_cmpeq_epu64_mask

/* chosen: value where the mask has a bit, otherwise `from`. */
static uint64_t
chosen(unsigned mask, int i, uint64_t value, uint64_t from)
{
    uint64_t all = 0 - (uint64_t)(mask >> i & 1);

    return (value & all) | (from & ~all);
}

INTRINSIC __m512i
_mm512_mask_or_epi64(__m512i from, __mmask8 mask, __m512i a, __m512i b)
{
    __m512i out;

    LANES_OF(chosen(mask, i, a.lane[i] | b.lane[i], from.lane[i]));
}

INTRINSIC __m512i
_mm512_mask_sub_epi64(__m512i from, __mmask8 mask, __m512i a, __m512i b)
{
    __m512i out;

    LANES_OF(chosen(mask, i, a.lane[i] - b.lane[i], from.lane[i]));
}

INTRINSIC __m512i
_mm512_mask_set1_epi64(__m512i from, __mmask8 mask, long long value)
{
    __m512i out;

    LANES_OF(chosen(mask, i, (uint64_t)value, from.lane[i]));
}

#define _mm512_castsi512_si128(a) (a)
#define _mm_extract_epi64(a, i) ((long long)(a).lane[i])

#include "kernel/rsa_ifma.c"

#endif
