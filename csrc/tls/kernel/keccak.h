/* keccak.h - the permutation Keccak-f[1600] (FIPS 202 section 3), in C. */
#ifndef TLS_KERNEL_KECCAK_H
#define TLS_KERNEL_KECCAK_H

#include <stdint.h>

#define TLS_KECCAK_LANES 25
#define TLS_KECCAK_ROUNDS 24

/* What iota adds in each round (section 3.2.5). */
extern const uint64_t tls_keccak_constants[TLS_KECCAK_ROUNDS];

/* tls_keccak_permute permutes a state: lane (x, y) of FIPS 202 is state[x + 5 y]. */
void tls_keccak_permute(uint64_t state[TLS_KECCAK_LANES]);

/* Four states side by side: state s has its lane i at [i][s]. */
void tls_keccak_permute4(uint64_t states[TLS_KECCAK_LANES][4]);

#endif
