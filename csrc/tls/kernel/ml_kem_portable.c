/* ml_kem_portable.c - the arithmetic of ML-KEM in C. See ml_kem_code.h. */
#include "kernel/ml_kem.h"

#include <stddef.h>

#define Q TLS_ML_KEM_Q
#define INVERSE_OF_Q 62209 /* modulo 2^16 */

typedef int16_t piece;
#define NUMBERS 1
#define PIECE_TARGET

#define LOAD(p) (*(p))
#define STORE(p, x) (*(p) = (x))
#define ALL(n) ((int16_t)(n))
#define ADD(a, b) ((int16_t)((a) + (b)))
#define SUBTRACT(a, b) ((int16_t)((a) - (b)))
#define MULTIPLY(a, b) multiply(a, b)
#define REDUCE(x) reduce(x)
#define CANONICAL(x) canonical_number(x)

/* Shifts of negative numbers keep the sign in every compiler that there is, as they must here.
 *
 * The lower halves of a b and m q are equal: what is left of a b - m q are the upper ones. */
static inline int16_t
multiply(int16_t a, int16_t b)
{
    int32_t ab = a * b;
    int16_t m = (int16_t)((uint32_t)ab * INVERSE_OF_Q);

    return (int16_t)((ab - m * Q) >> 16);
}

/* Barrett's: 20159 is 2^26 / q. */
static inline int16_t
reduce(int16_t x)
{
    return (int16_t)(x - (x * 20159 >> 26) * Q);
}

/* `x` is 0 to q: q becomes 0. */
static inline int16_t
canonical_number(int16_t x)
{
    return (int16_t)(x - Q + (((x - Q) >> 15) & Q));
}

static void
transpose(int16_t *p)
{
    unsigned r, c;

    for (r = 0; r < 16; r++)
        for (c = 0; c < r; c++) {
            int16_t n = p[16 * r + c];

            p[16 * r + c] = p[16 * c + r];
            p[16 * c + r] = n;
        }
}

/* zeta^BitRev7(i) 2^16 with zeta = 17, between -q/2 and q/2. The first row has those of the layers
 * that work across rows, from number 1 on. The others are of layers within groups of sixteen, a row
 * for each block of such a group, with a number for each group. The second table has what algorithm
 * 10 takes where algorithm 9 takes this: each layer's numbers backwards. */
/* clang-format off */
const int16_t tls_ml_kem_zetas[128] = {
    -1044, -758, -359, -1517, 1493, 1422, 287, 202, -171, 622, 1577, 182, 962, -1202, -1474, 1468,
    573, -1325, 264, 383, -829, 1458, -1602, -130, -681, 1017, 732, 608, -1542, 411, -205, -1571,
    1223, -552, -1293, -282, 516, -320, -1618, 126, -853, -271, 107, -247, -398, -1508, 448, 677,
    652, 1015, 1491, -1544, -8, -666, -1162, 1469, -90, 830, -1421, -951, 961, -725, -1065, -1275,
    -1103, -1251, 422, -291, -246, -777, -1590, 418, 817, 1322, -1215, -874, -1185, -1510, -108, 958,
    430, 871, 587, -460, 778, 1483, 644, 329, 1097, -1285, -136, 220, -1530, -854, -308, -1460,
    555, 1550, 177, 1574, 1159, -602, -872, -156, 603, -1465, 1218, -1187, -1278, -870, 996, 1522,
    843, 105, -235, 1653, -147, 1119, 349, -75, 610, 384, -1335, -1659, 794, 478, 991, 1628,
};

const int16_t tls_ml_kem_backwards[128] = {
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

#include "kernel/ml_kem_code.h"

const tls_ml_kem_arithmetic tls_ml_kem_portable = {
    tls_keccak_permute4, ntt, inverse, transpose, canonical, product};
