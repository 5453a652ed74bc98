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

/* ZETA: what block `block` of the layer with this step multiplies by. `across` rows it is one
 * number, otherwise one for each column: transposed, a group of sixteen numbers is a column. */
#define ZETA(table, step, block, across)                                                           \
    ((across) ? ALL((table)[8 / (step) + (block)]) : LOAD(AT(table, 8 / (step) + (block))))

/* A layer takes rows in pairs, `step` apart. */
ROW_TARGET static void
layer(int16_t *p, unsigned step, int across)
{
    unsigned block, r;

    for (block = 0; 2 * step * block < 16; block++) {
        row zeta = ZETA(tls_ml_kem_zetas, step, block, across);

        for (r = 2 * step * block; r < 2 * step * block + step; r++) {
            row a = LOAD(AT(p, r)), b = MULTIPLY(LOAD(AT(p, r + step)), zeta);

            STORE(AT(p, r), ADD(a, b));
            STORE(AT(p, r + step), SUBTRACT(a, b));
        }
    }
}

ROW_TARGET static void
inverse_layer(int16_t *p, unsigned step, int across)
{
    unsigned block, r;

    for (block = 0; 2 * step * block < 16; block++) {
        row zeta = ZETA(tls_ml_kem_backwards, step, block, across);

        for (r = 2 * step * block; r < 2 * step * block + step; r++) {
            row a = LOAD(AT(p, r)), b = LOAD(AT(p, r + step));

            STORE(AT(p, r), REDUCE(ADD(a, b)));
            STORE(AT(p, r + step), MULTIPLY(SUBTRACT(b, a), zeta));
        }
    }
}

/* Numbers grow by q in each of seven layers, to 8 q at most, which 16 bits hold. */
ROW_TARGET static void
ntt(tls_polynomial p)
{
    unsigned step, r;

    for (step = 8; step >= 1; step /= 2)
        layer(p, step, 1);
    transpose(p);
    for (step = 8; step >= 2; step /= 2)
        layer(p, step, 0);
    for (r = 0; r < 16; r++)
        STORE(AT(p, r), REDUCE(LOAD(AT(p, r))));
}

ROW_TARGET static void
inverse(tls_polynomial p)
{
    unsigned step, r;

    for (step = 2; step <= 8; step *= 2)
        inverse_layer(p, step, 0);
    transpose(p);
    for (step = 1; step <= 8; step *= 2)
        inverse_layer(p, step, 1);
    for (r = 0; r < 16; r++)
        STORE(AT(p, r), MULTIPLY(LOAD(AT(p, r)), ALL(INVERSE_OF_128)));
}

ROW_TARGET static void
canonical(tls_polynomial out, const tls_polynomial p)
{
    unsigned r;

    for (r = 0; r < 16; r++)
        STORE(AT(out, r), CANONICAL(REDUCE(LOAD(AT(p, r)))));
}

/* Algorithm 12: two rows have the numbers of sixteen factors a0 + a1 X, modulo X^2 - gamma, where
 * gamma is one of the last layer's or its negative. The sums of `rank` products stay below 8 q; the
 * last multiplication brings back what those of MULTIPLY have divided by. */
ROW_TARGET static void
product(tls_polynomial out, const tls_polynomial *a, unsigned step, const tls_polynomial *b,
    unsigned rank)
{
    unsigned r, i;

    for (r = 0; r < 16; r += 2) {
        row gamma = LOAD(AT(ZETAS_OF_PAIRS, r / 4));
        row low = ALL(0), high = ALL(0);

        if (r & 2)
            gamma = SUBTRACT(ALL(0), gamma);
        for (i = 0; i < rank; i++) {
            row a0 = LOAD(AT(a[step * i], r)), a1 = LOAD(AT(a[step * i], r + 1));
            row b0 = LOAD(AT(b[i], r)), b1 = LOAD(AT(b[i], r + 1));

            low = ADD(low, ADD(MULTIPLY(a0, b0), MULTIPLY(MULTIPLY(a1, b1), gamma)));
            high = ADD(high, ADD(MULTIPLY(a0, b1), MULTIPLY(a1, b0)));
        }
        STORE(AT(out, r), MULTIPLY(low, ALL(MONTGOMERY)));
        STORE(AT(out, r + 1), MULTIPLY(high, ALL(MONTGOMERY)));
    }
}
