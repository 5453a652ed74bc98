/* chacha20_sets.h - ChaCha20 (RFC 8439 section 2.3) of several blocks. It is included by a file
 * that has defined what a vector is:
 *   vector, BLOCKS, SETS          its type, how many rows of 16 bytes it has, and 3 or 4
 *   VECTOR_TARGET                 the instructions
 *   ADD, XOR, ROTATE16, 12, 8, 7  of 32-bit words
 *   SHUFFLE(x, order)             the words of each row
 *   LOAD_ROW(p), FIRST_WORD(n)    a row of four words, and one of n, 0, 0 and 0
 *   BROADCAST(row)                each row is this one
 *   STEPS                         0, 1, 2 ... in the rows' first words
 *   XOR_BLOCKS(data, a, b, c, d)  the rows a, b, c and d of BLOCKS blocks are added to their text
 *   POLY1305_UPDATE               what authenticates them; install() puts the AEAD of both in
 *
 * A set is BLOCKS blocks in four vectors, one for each row of the matrix: a round works on the
 * columns, and the rows are turned so that the diagonals are columns for the next one. As many sets
 * are done at once as the registers hold, since each step of one waits for the step before (Goll
 * and Gueron, "Vectorization on ChaCha Stream Cipher", 2014). */

#if SETS == 4
#define EACH_SET(step) (step(0), step(1), step(2), step(3))
#else
#define EACH_SET(step) (step(0), step(1), step(2))
#endif

#define START(i)                                                                                   \
    (a##i = row0, b##i = row1, c##i = row2, d##i = counters, counters = ADD(counters, step))

/* Four quarter rounds of each block of a set. */
#define QUARTERS(i)                                                                                \
    (a##i = ADD(a##i, b##i), d##i = ROTATE16(XOR(d##i, a##i)), c##i = ADD(c##i, d##i),             \
        b##i = ROTATE12(XOR(b##i, c##i)), a##i = ADD(a##i, b##i), d##i = ROTATE8(XOR(d##i, a##i)), \
        c##i = ADD(c##i, d##i), b##i = ROTATE7(XOR(b##i, c##i)))

#define TO_DIAGONALS(i)                                                                            \
    (b##i = SHUFFLE(b##i, 0x39), c##i = SHUFFLE(c##i, 0x4E), d##i = SHUFFLE(d##i, 0x93))
#define TO_COLUMNS(i)                                                                              \
    (b##i = SHUFFLE(b##i, 0x93), c##i = SHUFFLE(c##i, 0x4E), d##i = SHUFFLE(d##i, 0x39))

#define KEEP(i) (rows[i][0] = a##i, rows[i][1] = b##i, rows[i][2] = c##i, rows[i][3] = d##i)

#define ROW(i) BROADCAST(LOAD_ROW(matrix + (size_t)4 * (i)))

VECTOR_TARGET static void
xor_sets(const uint32_t matrix[16], uint32_t counter, unsigned char *data)
{
    const vector row0 = ROW(0), row1 = ROW(1), row2 = ROW(2);
    const vector step = BROADCAST(FIRST_WORD(BLOCKS));
    const vector first = ADD(ADD(ROW(3), STEPS), BROADCAST(FIRST_WORD(counter)));
    vector a0, b0, c0, d0, a1, b1, c1, d1, a2, b2, c2, d2, counters = first;
#if SETS == 4
    vector a3, b3, c3, d3;
#endif
    vector rows[SETS][4];
    unsigned i;

    EACH_SET(START);
    for (i = 0; i < 10; i++) {
        EACH_SET(QUARTERS);
        EACH_SET(TO_DIAGONALS);
        EACH_SET(QUARTERS);
        EACH_SET(TO_COLUMNS);
    }
    EACH_SET(KEEP);
    counters = first;
    for (i = 0; i < SETS; i++, data += BLOCKS * CHACHA20_BLOCK) {
        vector a = ADD(rows[i][0], row0), b = ADD(rows[i][1], row1);
        vector c = ADD(rows[i][2], row2), d = ADD(rows[i][3], counters);

        XOR_BLOCKS(data, a, b, c, d);
        counters = ADD(counters, step);
    }
}

static void
run(const void *key, const void *nonce, void *data, size_t length, const void *additional,
    size_t additional_length, void *tag, br_chacha20_run unused, int encrypt)
{
    static const chacha20_poly1305 with = {xor_sets, SETS * BLOCKS, POLY1305_UPDATE};

    (void)unused;
    tls_chacha20_poly1305_run(
        &with, key, nonce, data, length, additional, additional_length, tag, encrypt);
}

static void
install(tls_kernels *kernels)
{
    kernels->chacha20_poly1305 = run;
}
