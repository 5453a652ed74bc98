/* weierstrass_scalars.h - numbers modulo the order n of a curve, in Montgomery's form where they
 * are multiplied: included by weierstrass.h. */

static __attribute__((noinline)) void
scalar_multiply(number out, const number a, const number b)
{
    montgomery_multiply(out, a, b, order, order_factor);
}

static __attribute__((noinline)) void
scalar_add(number out, const number a, const number b)
{
    modular_add(out, a, b, order);
}

static void
scalar_to_montgomery(number out, const number a)
{
    scalar_multiply(out, a, order_square);
}

/* scalar_reduce: any number of LIMBS words to one below n. */
static void
scalar_reduce(number out, const number a)
{
    static const number one = {1};

    scalar_to_montgomery(out, a);
    scalar_multiply(out, out, one);
}

/* scalar_invert: a^(n-2), a and the result in Montgomery's form; by four bits of the exponent,
 * which is public. */
static void
scalar_invert(number out, const number a)
{
    number powers[16], r, exponent;
    int i, j;

    memcpy(exponent, order, sizeof exponent);
    exponent[0] -= 2; /* n is odd and ends in more than 1 */
    memcpy(powers[1], a, sizeof powers[1]);
    for (i = 2; i < 16; i++)
        scalar_multiply(powers[i], powers[i - 1], a);
    i = (BITS - 1) / 4;
    memcpy(r, powers[exponent[i / 16] >> (i % 16 * 4) & 15], sizeof r); /* its top digit is not 0 */
    while (--i >= 0) {
        unsigned bits = exponent[i / 16] >> (i % 16 * 4) & 15;

        for (j = 0; j < 4; j++)
            scalar_multiply(r, r, r);
        if (bits != 0)
            scalar_multiply(r, r, powers[bits]);
    }
    memcpy(out, r, sizeof r);
    tls_wipe(powers, sizeof powers);
    tls_wipe(r, sizeof r);
}

/* halve: u / 2, and x / 2 modulo the order. */
static void
halve(number u, number x)
{
    uint64_t carry = x[0] & 1 ? words_add(x, x, order) : 0;
    int i;

    for (i = 0; i < LIMBS - 1; i++) {
        u[i] = u[i] >> 1 | u[i + 1] << 63;
        x[i] = x[i] >> 1 | x[i + 1] << 63;
    }
    u[i] >>= 1;
    x[i] = x[i] >> 1 | carry << 63;
}

/* scalar_invert_public: 1 / a in variable time, of a proper number that is public (Hankerson,
 * Menezes and Vanstone, "Guide to Elliptic Curve Cryptography", algorithm 2.22): a x = u and a y =
 * v modulo n all along, v is odd, the greater of both becomes less by the other, and when u is 0, v
 * is their greatest divisor, 1. */
static void
scalar_invert_public(number out, const number a)
{
    number numbers[4] = {{0}, {0}, {1}, {0}}, less;
    uint64_t *u = numbers[0], *v = numbers[1], *x = numbers[2], *y = numbers[3], *other;

    memcpy(u, a, sizeof(number));
    memcpy(v, order, sizeof(number));
    while (!words_is_zero(u)) {
        while ((u[0] & 1) == 0)
            halve(u, x);
        if (words_subtract(less, u, v)) {
            other = u, u = v, v = other;
            other = x, x = y, y = other;
        } else {
            memcpy(u, less, sizeof less);
            modular_subtract(x, x, y, order);
        }
    }
    memcpy(out, y, sizeof(number));
}

/* scalar_get reads a secret or public scalar of any length up to the words' and reduces it. */
static int
scalar_get(number out, const unsigned char *bytes, size_t length)
{
    number k;

    if (length > sizeof k)
        return 0;
    words_get(k, bytes, length);
    scalar_reduce(out, k);
    tls_wipe(k, sizeof k);
    return 1;
}

/* scalar_is_proper: all ones from 1 to n - 1. */
static uint64_t
scalar_is_proper(const number a)
{
    number less;

    return (0 - words_subtract(less, a, order)) & ~words_is_zero(a);
}
