/* instructions.h - instructions that memcheck does not know, in those that it does. The objects of
 * the kernels are built with this in front, and only for `make constant-time`: the source is the
 * same, and so are the ways that secrets take through it. Each is as the manual of Intel, volume
 * 2, has it in pseudocode; the cases compare the results. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

typedef struct emulated_words {
    uint32_t w[4];
} emulated_words;

static inline uint32_t
emulated_rotate(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static inline emulated_words
emulated_store(__m128i x)
{
    emulated_words words;

    _mm_storeu_si128((__m128i *)(void *)&words, x);
    return words;
}

static inline __m128i
emulated_load(emulated_words words)
{
    return _mm_loadu_si128((const __m128i *)(const void *)&words);
}

static inline __m128i
emulated_sha256rnds2(__m128i cdgh, __m128i abef, __m128i sums)
{
    emulated_words x = emulated_store(abef), y = emulated_store(cdgh), k = emulated_store(sums), r;
    uint32_t a = x.w[3], b = x.w[2], e = x.w[1], f = x.w[0];
    uint32_t c = y.w[3], d = y.w[2], g = y.w[1], h = y.w[0];
    int i;

    for (i = 0; i < 2; i++) {
        uint32_t s1 = emulated_rotate(e, 6) ^ emulated_rotate(e, 11) ^ emulated_rotate(e, 25);
        uint32_t s0 = emulated_rotate(a, 2) ^ emulated_rotate(a, 13) ^ emulated_rotate(a, 22);
        uint32_t t = h + s1 + ((e & f) ^ (~e & g)) + k.w[i];

        h = g;
        g = f;
        f = e;
        e = d + t;
        d = c;
        t += s0 + ((a & b) ^ (a & c) ^ (b & c));
        c = b;
        b = a;
        a = t;
    }
    r.w[3] = a;
    r.w[2] = b;
    r.w[1] = e;
    r.w[0] = f;
    return emulated_load(r);
}

static inline __m128i
emulated_sha256msg1(__m128i first, __m128i second)
{
    emulated_words a = emulated_store(first), b = emulated_store(second), r;
    int i;

    for (i = 0; i < 4; i++) {
        uint32_t w = i < 3 ? a.w[i + 1] : b.w[0];

        r.w[i] = a.w[i] + (emulated_rotate(w, 7) ^ emulated_rotate(w, 18) ^ w >> 3);
    }
    return emulated_load(r);
}

static inline __m128i
emulated_sha256msg2(__m128i first, __m128i second)
{
    emulated_words a = emulated_store(first), b = emulated_store(second), r;
    int i;

    for (i = 0; i < 4; i++) {
        uint32_t w = i < 2 ? b.w[i + 2] : r.w[i - 2];

        r.w[i] = a.w[i] + (emulated_rotate(w, 17) ^ emulated_rotate(w, 19) ^ w >> 10);
    }
    return emulated_load(r);
}

#define _mm_sha256rnds2_epu32(c, a, k) emulated_sha256rnds2(c, a, k)
#define _mm_sha256msg1_epu32(a, b) emulated_sha256msg1(a, b)
#define _mm_sha256msg2_epu32(a, b) emulated_sha256msg2(a, b)

#endif
