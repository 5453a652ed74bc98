/* scalar25519.c - see scalar25519.h. Montgomery's multiplication with words of 32 bits, which every
 * machine multiplies in constant time; R is 2^256. */
#include "crypto/scalar25519.h"

#include <string.h>

#include "base/bytes.h"
#include "kernel/build.h"

#define WORDS 8

typedef uint32_t scalar[WORDS];

static const scalar order = {
    0x5CF5D3ED, 0x5812631A, 0xA2F79CD6, 0x14DEF9DE, 0x00000000, 0x00000000, 0x00000000, 0x10000000};
static const scalar r1 = {0x8D98951D, 0xD6EC3174, 0x737DCF70, 0xC6EF5BF4, 0xFFFFFFFE, 0xFFFFFFFF,
    0xFFFFFFFF, 0x0FFFFFFF}; /* R modulo L */
static const scalar r2 = {0x449C0F01, 0xA40611E3, 0x68859347, 0xD00E1BA7, 0x17F5BE65, 0xCEEC73D2,
    0x7C309A3D, 0x0399411B};     /* its square */
#define ORDER_FACTOR 0x12547E1Bu /* -1/L modulo 2^32 */

static TLS_SMALL void
get(scalar out, const unsigned char *bytes)
{
    int i;

    for (i = 0; i < WORDS; i++, bytes += 4)
        out[i] = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                 (uint32_t)bytes[3] << 24;
}

static TLS_SMALL void
put(unsigned char *bytes, const scalar a)
{
    int i;

    for (i = 0; i < 4 * WORDS; i++)
        bytes[i] = (unsigned char)(a[i / 4] >> (i % 4 * 8));
}

/* subtract_order: a - L, unless that is below 0; returns 1 then. `a` is below 2 L, or any number
 * where only the answer counts. */
static TLS_SMALL uint32_t
subtract_order(scalar a)
{
    scalar less;
    uint32_t borrow = 0, keep;
    int i;

    for (i = 0; i < WORDS; i++) {
        uint64_t t = (uint64_t)a[i] - order[i] - borrow;

        less[i] = (uint32_t)t;
        borrow = (uint32_t)(t >> 63);
    }
    keep = 0 - borrow;
    for (i = 0; i < WORDS; i++)
        a[i] = (a[i] & keep) | (less[i] & ~keep);
    tls_wipe(less, sizeof less);
    return borrow;
}

/* multiply: a b / R modulo L, of any a and a b below L: a b + m L, with m below R, is below 2 R L.
 */
static TLS_SMALL void
multiply(scalar out, const scalar a, const scalar b)
{
    uint32_t t[WORDS + 1];
    int i, j;

    memset(t, 0, sizeof t);
    for (i = 0; i < WORDS; i++) {
        uint64_t sum = (uint64_t)a[i] * b[0] + t[0];
        uint32_t m = (uint32_t)sum * ORDER_FACTOR;
        uint64_t carry = sum >> 32, fold = ((uint64_t)m * order[0] + (uint32_t)sum) >> 32;

        for (j = 1; j < WORDS; j++) {
            sum = (uint64_t)a[i] * b[j] + t[j] + carry;
            carry = sum >> 32;
            fold += (uint64_t)m * order[j] + (uint32_t)sum;
            t[j - 1] = (uint32_t)fold;
            fold >>= 32;
        }
        sum = (uint64_t)t[WORDS] + carry + fold;
        t[WORDS - 1] = (uint32_t)sum;
        t[WORDS] = (uint32_t)(sum >> 32); /* 0: all along t is below 2 L */
    }
    memcpy(out, t, sizeof(scalar));
    subtract_order(out);
    tls_wipe(t, sizeof t);
}

/* add: of two below L. */
static TLS_SMALL void
add(scalar out, const scalar a, const scalar b)
{
    uint64_t carry = 0;
    int i;

    for (i = 0; i < WORDS; i++) {
        carry += (uint64_t)a[i] + b[i];
        out[i] = (uint32_t)carry;
        carry >>= 32;
    }
    subtract_order(out);
}

TLS_SMALL void
tls_scalar25519_reduce(
    unsigned char out[TLS_SCALAR25519_LENGTH], const unsigned char wide[2 * TLS_SCALAR25519_LENGTH])
{
    scalar low, high;

    get(low, wide);
    get(high, wide + TLS_SCALAR25519_LENGTH);
    multiply(low, low, r1);
    multiply(high, high, r2);
    add(low, low, high);
    put(out, low);
    tls_wipe(low, sizeof low);
    tls_wipe(high, sizeof high);
}

TLS_SMALL void
tls_scalar25519_multiply_add(unsigned char out[TLS_SCALAR25519_LENGTH],
    const unsigned char a[TLS_SCALAR25519_LENGTH], const unsigned char b[TLS_SCALAR25519_LENGTH],
    const unsigned char c[TLS_SCALAR25519_LENGTH])
{
    scalar x, y;

    get(x, a);
    multiply(x, x, r2);
    get(y, b);
    multiply(x, x, y);
    get(y, c);
    add(x, x, y);
    put(out, x);
    tls_wipe(x, sizeof x);
    tls_wipe(y, sizeof y);
}

TLS_SMALL int
tls_scalar25519_is_proper(const unsigned char a[TLS_SCALAR25519_LENGTH])
{
    scalar x;

    get(x, a);
    return (int)subtract_order(x);
}
