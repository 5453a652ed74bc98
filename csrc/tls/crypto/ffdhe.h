/* ffdhe.h - the finite field groups of RFC 7919: safe primes with the generator 2. */
#ifndef TLS_FFDHE_H
#define TLS_FFDHE_H

#include "base/bytes.h"

/* tls_ffdhe_prime: the prime of TLS_GROUP_FFDHE2048 or TLS_GROUP_FFDHE3072, big-endian; empty for
 * another group. */
tls_bytes tls_ffdhe_prime(unsigned group);
/* tls_ffdhe_exponent_length: the bytes of a secret exponent; 0 for another group. */
size_t tls_ffdhe_exponent_length(unsigned group);
/* tls_ffdhe_public computes 2^exponent modulo the prime; `out` has the prime's length. Returns 1,
 * or 0 for another group. */
int tls_ffdhe_public(unsigned char *out, unsigned group, tls_bytes exponent);
/* tls_ffdhe_shared raises the peer's share to the exponent; `out` has the prime's length (RFC 8446
 * section 7.4.1). Returns 0 for a share of another length or outside of 1 < Y < p - 1 (section
 * 4.2.8.1). */
int tls_ffdhe_shared(unsigned char *out, unsigned group, tls_bytes exponent, tls_bytes share);

#endif
