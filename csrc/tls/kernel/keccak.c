/* keccak.c - see keccak.h. */
#include "kernel/keccak.h"

#include <stddef.h>

const uint64_t tls_keccak_constants[TLS_KECCAK_ROUNDS] = {0x0000000000000001, 0x0000000000008082,
    0x800000000000808A, 0x8000000080008000, 0x000000000000808B, 0x0000000080000001,
    0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000A, 0x000000008000808B, 0x800000000000008B,
    0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
    0x000000000000800A, 0x800000008000000A, 0x8000000080008081, 0x8000000000008080,
    0x0000000080000001, 0x8000000080008008};

typedef uint64_t lane;
#define LANE_TARGET
#define XOR(a, b) ((a) ^ (b))
#define XOR3(a, b, c) ((a) ^ (b) ^ (c))
#define ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))
#define CHI(a, b, c) ((a) ^ (~(b) & (c)))
#define CONSTANT(i) tls_keccak_constants[i]
#include "kernel/keccak_code.h"

void
tls_keccak_permute(uint64_t state[TLS_KECCAK_LANES])
{
    keccak(state);
}

void
tls_keccak_permute4(uint64_t states[TLS_KECCAK_LANES][4])
{
    uint64_t state[TLS_KECCAK_LANES];
    size_t i, s;

    for (s = 0; s < 4; s++) {
        for (i = 0; i < TLS_KECCAK_LANES; i++)
            state[i] = states[i][s];
        keccak(state);
        for (i = 0; i < TLS_KECCAK_LANES; i++)
            states[i][s] = state[i];
    }
}
