/* ml_kem_code.h - the transformation and the product of ml_kem.h, over rows of sixteen numbers. It
 * is included by a file that has defined what a row is: row, ROW_TARGET                its type,
 * and the instructions LOAD(p), STORE(p, x), ALL(n)   of 16 numbers; a row that has n sixteen times
 *   ADD, SUBTRACT
 *   MULTIPLY(a, b)                 a b / 2^16 modulo q, between -q and q, for |a b| below 2^15 q
 *   REDUCE(x)                      x modulo q, from 0 to q, for any x
 *   transpose(p)                   of sixteen rows
 *
 * MULTIPLY is Montgomery's, so constants stand multiplied by 2^16, which is 2285 modulo q. */

/* zeta^BitRev7(i) 2^16 with zeta = 17, between -q/2 and q/2. The first row has those of the layers
 * that work across rows, from number 1 on. The others are of layers within groups of sixteen, a row
 * for each block of such a group, with a number for each group. The second table has what algorithm
 * 10 takes where algorithm 9 takes this: each layer's numbers backwards. */
/* clang-format off */
static const int16_t zetas[128] = {
    -1044, -758, -359, -1517, 1493, 1422, 287, 202, -171, 622, 1577, 182, 962, -1202, -1474, 1468,
    573, -1325, 264, 383, -829, 1458, -1602, -130, -681, 1017, 732, 608, -1542, 411, -205, -1571,
    1223, -552, -1293, -282, 516, -320, -1618, 126, -853, -271, 107, -247, -398, -1508, 448, 677,
    652, 1015, 1491, -1544, -8, -666, -1162, 1469, -90, 830, -1421, -951, 961, -725, -1065, -1275,
    -1103, -1251, 422, -291, -246, -777, -1590, 418, 817, 1322, -1215, -874, -1185, -1510, -108, 958,
    430, 871, 587, -460, 778, 1483, 644, 329, 1097, -1285, -136, 220, -1530, -854, -308, -1460,
    555, 1550, 177, 1574, 1159, -602, -872, -156, 603, -1465, 1218, -1187, -1278, -870, 996, 1522,
    843, 105, -235, 1653, -147, 1119, 349, -75, 610, 384, -1335, -1659, 794, 478, 991, 1628,
};

static const int16_t backwards[128] = {
    0, -758, -1517, -359, 202, 287, 1422, 1493, 1468, -1474, -1202, 962, 182, 1577, 622, -171,
    -1571, -205, 411, -1542, 608, 732, 1017, -681, -130, -1602, 1458, -829, 383, 264, -1325, 573,
    -1275, -1065, -725, 961, -951, -1421, 830, -90, 1469, -1162, -666, -8, -1544, 1491, 1015, 652,
    677, 448, -1508, -398, -247, 107, -271, -853, 126, -1618, -320, 516, -282, -1293, -552, 1223,
    1628, 991, 478, 794, -1659, -1335, 384, 610, -75, 349, 1119, -147, 1653, -235, 105, 843,
    1522, 996, -870, -1278, -1187, 1218, -1465, 603, -156, -872, -602, 1159, 1574, 177, 1550, 555,
    -1460, -308, -854, -1530, 220, -136, -1285, 1097, 329, 644, 1483, 778, -460, 587, 871, 430,
    958, -108, -1510, -1185, -874, -1215, 1322, 817, 418, -1590, -777, -246, -291, 422, -1251, -1103,
};
/* clang-format on */

#define AT(p, r) ((p) + 16 * (size_t)(r))
#define ZETAS_OF_PAIRS (zetas + 64) /* four rows: of the layer that works on four numbers */

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
        row zeta = ZETA(zetas, step, block, across);

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
        row zeta = ZETA(backwards, step, block, across);

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

/* Algorithm 12: two rows have the numbers of sixteen factors a0 + a1 X, modulo X^2 - gamma, where
 * gamma is one of the last layer's or its negative. The sums of `rank` products stay below 8 q; the
 * last multiplication brings back what those of MULTIPLY have divided by. */
ROW_TARGET static void
product(tls_polynomial out, const tls_polynomial *a, const tls_polynomial *b, unsigned rank)
{
    unsigned r, i;

    for (r = 0; r < 16; r += 2) {
        row gamma = LOAD(AT(ZETAS_OF_PAIRS, r / 4));
        row low = ALL(0), high = ALL(0);

        if (r & 2)
            gamma = SUBTRACT(ALL(0), gamma);
        for (i = 0; i < rank; i++) {
            row a0 = LOAD(AT(a[i], r)), a1 = LOAD(AT(a[i], r + 1));
            row b0 = LOAD(AT(b[i], r)), b1 = LOAD(AT(b[i], r + 1));

            low = ADD(low, ADD(MULTIPLY(a0, b0), MULTIPLY(MULTIPLY(a1, b1), gamma)));
            high = ADD(high, ADD(MULTIPLY(a0, b1), MULTIPLY(a1, b0)));
        }
        STORE(AT(out, r), MULTIPLY(low, ALL(MONTGOMERY)));
        STORE(AT(out, r + 1), MULTIPLY(high, ALL(MONTGOMERY)));
    }
}
