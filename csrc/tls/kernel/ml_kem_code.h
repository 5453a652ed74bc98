/* ml_kem_code.h - the transformation and the product of ml_kem.h, over rows of sixteen numbers. It
 * is included by a file that has defined what a row is: row, ROW_TARGET                its type,
 * and the instructions LOAD(p), STORE(p, x), ALL(n)   of 16 numbers; a row that has n sixteen times
 *   ADD, SUBTRACT
 *   MULTIPLY(a, b)                 a b / 2^16 modulo q, between -q and q, for |a b| below 2^15 q
 *   REDUCE(x)                      x modulo q, from 0 to q, for any x
 *   CANONICAL(x)                   from 0 to q - 1, of such
 *   transpose(p)                   of sixteen rows
 *
 * MULTIPLY is Montgomery's, so constants stand multiplied by 2^16, which is 2285 modulo q. */

extern const int16_t tls_ml_kem_zetas[128], tls_ml_kem_backwards[128]; /* ml_kem_portable.c */

#define AT(p, r) ((p) + 16 * (size_t)(r))
#define ZETAS_OF_PAIRS                                                                             \
    (tls_ml_kem_zetas + 64) /* four rows: of the layer that works on four numbers */

#define INVERSE_OF_128 512 /* 128^-1 2^16 */
#define MONTGOMERY 1353    /* 2^32 */

/* A layer takes rows in pairs, which are 2^shift apart: of sixteen the first, and then each that
 * follows. */
#define FIRST(pair, shift) (2 * (pair) - ((pair) & ((1U << (shift)) - 1)))

/* ZETA: what the numbers of a pair are multiplied by. `across` rows it is the same for all,
 * otherwise each column has its own: transposed, a group of sixteen numbers is a column. */
#define BLOCK(pair, shift) ((8U >> (shift)) + ((pair) >> (shift)))
#define ZETA(table, pair, shift, across, c)                                                        \
    ((across) ? ALL((table)[BLOCK(pair, shift)]) : LOAD(AT(table, BLOCK(pair, shift)) + (c)))

PIECE_TARGET static void
layer(int16_t *p, unsigned shift, int across)
{
    unsigned pair, c;

    for (pair = 0; pair < 8; pair++)
        for (c = 0; c < 16; c += NUMBERS) {
            int16_t *low = AT(p, FIRST(pair, shift)) + c, *high = AT(low, 1U << shift);
            piece zeta = ZETA(tls_ml_kem_zetas, pair, shift, across, c);
            piece a = LOAD(low), b = MULTIPLY(LOAD(high), zeta);

            STORE(low, ADD(a, b));
            STORE(high, SUBTRACT(a, b));
        }
}

PIECE_TARGET static void
inverse_layer(int16_t *p, unsigned shift, int across)
{
    unsigned pair, c;

    for (pair = 0; pair < 8; pair++)
        for (c = 0; c < 16; c += NUMBERS) {
            int16_t *low = AT(p, FIRST(pair, shift)) + c, *high = AT(low, 1U << shift);
            piece zeta = ZETA(tls_ml_kem_backwards, pair, shift, across, c);
            piece a = LOAD(low), b = LOAD(high);

            STORE(low, REDUCE(ADD(a, b)));
            STORE(high, MULTIPLY(SUBTRACT(b, a), zeta));
        }
}

/* Numbers grow by q in each of seven layers, to 8 q at most, which 16 bits hold. */
PIECE_TARGET static void
ntt(tls_polynomial p)
{
    unsigned i;

    for (i = 4; i > 0; i--)
        layer(p, i - 1, 1);
    transpose(p);
    for (i = 3; i > 0; i--)
        layer(p, i, 0);
    for (i = 0; i < TLS_ML_KEM_N; i += NUMBERS)
        STORE(p + i, REDUCE(LOAD(p + i)));
}

PIECE_TARGET static void
inverse(tls_polynomial p)
{
    unsigned i;

    for (i = 1; i < 4; i++)
        inverse_layer(p, i, 0);
    transpose(p);
    for (i = 0; i < 4; i++)
        inverse_layer(p, i, 1);
    for (i = 0; i < TLS_ML_KEM_N; i += NUMBERS)
        STORE(p + i, MULTIPLY(LOAD(p + i), ALL(INVERSE_OF_128)));
}

PIECE_TARGET static void
canonical(tls_polynomial out, const tls_polynomial p)
{
    unsigned i;

    for (i = 0; i < TLS_ML_KEM_N; i += NUMBERS)
        STORE(out + i, CANONICAL(REDUCE(LOAD(p + i))));
}

/* Algorithm 12: two rows have the numbers of sixteen factors a0 + a1 X, modulo X^2 - gamma, where
 * gamma is one of the last layer's or its negative. The sums of `rank` products stay below 8 q; the
 * last multiplication brings back what those of MULTIPLY have divided by. */
PIECE_TARGET static void
product(tls_polynomial out, const tls_polynomial *a, unsigned step, const tls_polynomial *b,
    unsigned rank)
{
    unsigned r, c, i;

    for (r = 0; r < 16; r += 2)
        for (c = 0; c < 16; c += NUMBERS) {
            const size_t at = (size_t)16 * r + c;
            piece gamma = LOAD(AT(ZETAS_OF_PAIRS, r / 4) + c);
            piece low = ALL(0), high = ALL(0);

            if (r & 2)
                gamma = SUBTRACT(ALL(0), gamma);
            for (i = 0; i < rank; i++) {
                piece a0 = LOAD(a[(size_t)step * i] + at), a1 = LOAD(a[(size_t)step * i] + at + 16);
                piece b0 = LOAD(b[i] + at), b1 = LOAD(b[i] + at + 16);

                low = ADD(low, ADD(MULTIPLY(a0, b0), MULTIPLY(MULTIPLY(a1, b1), gamma)));
                high = ADD(high, ADD(MULTIPLY(a0, b1), MULTIPLY(a1, b0)));
            }
            STORE(out + at, MULTIPLY(low, ALL(MONTGOMERY)));
            STORE(out + at + 16, MULTIPLY(high, ALL(MONTGOMERY)));
        }
}
