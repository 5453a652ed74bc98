/* keccak_code.h - Keccak-f[1600] (FIPS 202 section 3.3) of one state or of several side by side. It
 * is included by a file that has defined what a lane is:
 *   lane, LANE_TARGET      its type, and the instructions
 *   XOR(a, b), XOR3(a, b, c), ROTATE(x, n)
 *   CHI(a, b, c)           a ^ (~b & c)
 *   CONSTANT(i)            of round i, in every state
 *
 * A round is written out, since a lane's place and its rotation are then constants. It takes its
 * lanes from one array and puts them into another, so that none is overwritten while it is wanted.
 */

/* Lane (x, y) after theta, rotated as rho says: pi takes it to where it is named. */
#define MOVED(i, x, n) ROTATE(XOR(a[i], d##x), n)

/* A row of five lanes after chi, the first of them at `i`. */
#define ROW(i, lane0, lane1, lane2, lane3, lane4)                                                  \
    do {                                                                                           \
        b0 = (lane0), b1 = (lane1), b2 = (lane2), b3 = (lane3), b4 = (lane4);                      \
        e[i] = CHI(b0, b1, b2);                                                                    \
        e[(i) + 1] = CHI(b1, b2, b3);                                                              \
        e[(i) + 2] = CHI(b2, b3, b4);                                                              \
        e[(i) + 3] = CHI(b3, b4, b0);                                                              \
        e[(i) + 4] = CHI(b4, b0, b1);                                                              \
    } while (0)

#define COLUMN(x) XOR3(XOR3(a[x], a[(x) + 5], a[(x) + 10]), a[(x) + 15], a[(x) + 20])

LANE_TARGET static void
keccak(lane *a)
{
    lane other[25], *e = other, *swap;
    lane b0, b1, b2, b3, b4, c0, c1, c2, c3, c4, d0, d1, d2, d3, d4;
    unsigned round;

    for (round = 0; round < TLS_KECCAK_ROUNDS; round++) {
        c0 = COLUMN(0), c1 = COLUMN(1), c2 = COLUMN(2), c3 = COLUMN(3), c4 = COLUMN(4);
        d0 = XOR(c4, ROTATE(c1, 1)), d1 = XOR(c0, ROTATE(c2, 1)), d2 = XOR(c1, ROTATE(c3, 1));
        d3 = XOR(c2, ROTATE(c4, 1)), d4 = XOR(c3, ROTATE(c0, 1));
        ROW(0, XOR(a[0], d0), MOVED(6, 1, 44), MOVED(12, 2, 43), MOVED(18, 3, 21),
            MOVED(24, 4, 14));
        e[0] = XOR(e[0], CONSTANT(round));
        ROW(5, MOVED(3, 3, 28), MOVED(9, 4, 20), MOVED(10, 0, 3), MOVED(16, 1, 45),
            MOVED(22, 2, 61));
        ROW(10, MOVED(1, 1, 1), MOVED(7, 2, 6), MOVED(13, 3, 25), MOVED(19, 4, 8),
            MOVED(20, 0, 18));
        ROW(15, MOVED(4, 4, 27), MOVED(5, 0, 36), MOVED(11, 1, 10), MOVED(17, 2, 15),
            MOVED(23, 3, 56));
        ROW(20, MOVED(2, 2, 62), MOVED(8, 3, 55), MOVED(14, 4, 39), MOVED(15, 0, 41),
            MOVED(21, 1, 2));
        swap = a, a = e, e = swap;
    }
}
