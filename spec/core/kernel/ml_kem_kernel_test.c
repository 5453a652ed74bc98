/* ml_kem_kernel_test.c - each kernel's arithmetic of ML-KEM against that in C, for numbers as large
 * as they may be; Keccak of four states against that of one; and what is left on the stack. */
#include <string.h>

#include "crypto/ml_kem.h"
#include "kernel/kernel.h"
#include "kernel/processor.h"
#include "support/check.h"
#include "support/kernels.h"
#include "support/painted_stack.h"

#define Q TLS_ML_KEM_Q
#define ENTRIES TLS_ML_KEM_RANK_MAXIMUM

static uint64_t
random_number(void)
{
    static uint64_t x = 88172645463325252;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

/* fill: numbers from `least` to `most`, and in some rounds only these two. */
static void
fill(tls_polynomial p, int least, int most, int round)
{
    size_t i;

    for (i = 0; i < TLS_ML_KEM_N; i++)
        if (round % 4 == 0)
            p[i] = (int16_t)(random_number() % 2 ? least : most);
        else
            p[i] = (int16_t)(least + (int)(random_number() % (uint64_t)(most - least + 1)));
}

/* same: modulo q, and all between `least` and `most`. */
static int
same(const tls_polynomial a, const tls_polynomial b, int least, int most)
{
    size_t i;

    for (i = 0; i < TLS_ML_KEM_N; i++)
        if ((a[i] - b[i]) % Q != 0 || a[i] < least || a[i] > most || b[i] < least || b[i] > most)
            return 0;
    return 1;
}

static void
test_polynomials(const tls_ml_kem_arithmetic *ours)
{
    static tls_polynomial a[ENTRIES * ENTRIES], b[ENTRIES], x, y;
    unsigned wrong[5] = {0}, rank, step;
    int round, i;

    for (round = 0; round < portion_of(2000); round++) {
        fill(x, -Q, Q, round);
        memcpy(y, x, sizeof x);
        ours->ntt(x);
        tls_ml_kem_portable.ntt(y);
        wrong[0] += !same(x, y, 0, Q);
        fill(x, -Q, Q, round);
        memcpy(y, x, sizeof x);
        ours->inverse(x);
        tls_ml_kem_portable.inverse(y);
        wrong[1] += !same(x, y, -Q, Q);
        for (i = 0; i < ENTRIES * ENTRIES; i++)
            fill(a[i], 0, Q, round);
        for (i = 0; i < ENTRIES; i++)
            fill(b[i], 0, Q, round);
        rank = 1 + (unsigned)round % ENTRIES;
        step = round % 8 < 4 ? 1 : ENTRIES;
        ours->product(x, (const tls_polynomial *)a, step, (const tls_polynomial *)b, rank);
        tls_ml_kem_portable.product(
            y, (const tls_polynomial *)a, step, (const tls_polynomial *)b, rank);
        wrong[2] += !same(x, y, -Q, Q);
        fill(b[0], INT16_MIN, INT16_MAX, round);
        ours->canonical(x, b[0]);
        tls_ml_kem_portable.canonical(y, b[0]);
        wrong[3] += memcmp(x, y, sizeof x) != 0 || !same(x, y, 0, Q - 1);
        memcpy(x, b[0], sizeof x);
        ours->transpose(x);
        for (i = 0; i < TLS_ML_KEM_N; i++)
            wrong[4] += x[TLS_ML_KEM_PLACE(i)] != b[0][i];
    }
    check_number(wrong[0], 0, "transformations");
    check_number(wrong[1], 0, "inverse ones");
    check_number(wrong[2], 0, "products");
    check_number(wrong[3], 0, "numbers modulo q");
    check_number(wrong[4], 0, "places");
}

/* The transformation there and back, and by a product: (1 + X)^2 = 1 + 2 X + X^2. */
static void
test_meaning(const tls_ml_kem_arithmetic *ours)
{
    tls_polynomial p, square, back;
    size_t i;
    unsigned wrong = 0;

    fill(p, 0, Q - 1, 1);
    memcpy(back, p, sizeof p);
    ours->ntt(back);
    ours->inverse(back);
    check(same(p, back, -Q, Q), "there and back");
    memset(p, 0, sizeof p);
    p[0] = p[1] = 1;
    ours->ntt(p);
    ours->product(square, (const tls_polynomial *)&p, 1, (const tls_polynomial *)&p, 1);
    ours->inverse(square);
    ours->canonical(square, square);
    for (i = 0; i < TLS_ML_KEM_N; i++)
        wrong += square[i] != (i == 1 ? 2 : i == 0 || i == 2);
    check_number(wrong, 0, "a square");
}

static void
test_keccak(const tls_ml_kem_arithmetic *ours)
{
    static uint64_t four[TLS_KECCAK_LANES][4], one[4][TLS_KECCAK_LANES];
    unsigned wrong = 0;
    size_t i, s;
    int round;

    for (i = 0; i < TLS_KECCAK_LANES; i++)
        for (s = 0; s < 4; s++)
            four[i][s] = one[s][i] = random_number();
    for (round = 0; round < portion_of(2000); round++) {
        ours->permute4(four);
        for (s = 0; s < 4; s++) {
            tls_keccak_permute(one[s]);
            for (i = 0; i < TLS_KECCAK_LANES; i++)
                wrong += four[i][s] != one[s][i];
        }
    }
    check_number(wrong, 0, "lanes");
}

/* ---- The stack ---- */

static const tls_ml_kem *kem;
static unsigned char key[TLS_ML_KEM_PRIVATE_MAXIMUM], ciphertext[TLS_ML_KEM_CIPHERTEXT_MAXIMUM];
static unsigned char seeds[64], message[32], secret[32];

static void
make(void)
{
    tls_ml_kem_key_of(kem, key, seeds, NULL);
}

static void
encapsulate(void)
{
    tls_ml_kem_encapsulate_message(
        kem, ciphertext, secret, tls_ml_kem_public_key(kem, key), message);
}

static void
decapsulate(void)
{
    tls_ml_kem_decapsulate(kem, secret, tls_bytes_make(key, kem->private_length),
        tls_bytes_make(ciphertext, kem->ciphertext_length), NULL);
}

static void
test_stack(void)
{
    size_t i;

    for (i = 0; i < sizeof seeds; i++)
        seeds[i] = (unsigned char)(i * 37 + 11);
    for (i = 0; i < sizeof message; i++)
        message[i] = (unsigned char)(i * 91 + 5);
    painted_stack_run(make);
    check(!painted_stack_has(seeds, sizeof seeds), "seeds are left");
    check(!painted_stack_has(key, 1024), "a key is left");
    painted_stack_run(encapsulate);
    check(!painted_stack_has(message, sizeof message), "a message is left");
    check(!painted_stack_has(secret, sizeof secret), "a secret that was made is left");
    painted_stack_run(decapsulate);
    check(!painted_stack_has(message, sizeof message), "a message that was opened is left");
    check(!painted_stack_has(secret, sizeof secret), "a secret that was found is left");
    check(!painted_stack_has(seeds + 32, 32), "z is left");
}

int
main(void)
{
    const tls_kernel *kernel;
    tls_kernels table;
    size_t i;

    check_about("in C: ");
    test_meaning(&tls_ml_kem_portable);
    test_keccak(&tls_ml_kem_portable);
    for (i = 0; (kernel = tls_kernels_candidate(i)) != NULL; i++) {
        if (kernel->primitive != TLS_PRIMITIVE_ML_KEM ||
            (kernel->needs & ~tls_processor_features()) != 0)
            continue;
        check_about("%s: ", kernel->implementation);
        kernel->install(&table);
        test_polynomials(table.ml_kem);
        test_meaning(table.ml_kem);
        test_keccak(table.ml_kem);
    }
    for (i = 0; i < 4 && PAINTED_STACK_HAS_OWN_FRAMES; i++) {
        kem = i % 2 ? &tls_ml_kem_1024 : &tls_ml_kem_768;
        check_about("the stack, %s, rank %u: ", i < 2 ? "auto" : "portable", kem->rank);
        tls_kernels_choose(i < 2 ? "auto" : "none");
        test_stack();
    }
    return check_end();
}
