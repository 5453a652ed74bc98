/* ffdhe.h - Diffie-Hellman over finite fields: the groups of RFC 7919, safe primes with the
 * generator 2, and those that a peer brings itself. */
#ifndef TLS_FFDHE_H
#define TLS_FFDHE_H

#include "base/bytes.h"

#define TLS_FFDHE_MAXIMUM 1024        /* bytes of the longest prime: ffdhe8192 */
#define TLS_FFDHE_EXPONENT_MAXIMUM 52 /* bytes of its secret exponent */

/* tls_ffdhe_length: the bytes of the prime of TLS_GROUP_FFDHE2048 … FFDHE8192, which is that of
 * their shares; 0 for another group. tls_ffdhe_prime writes it, big-endian, and returns that. */
size_t tls_ffdhe_length(unsigned group);
size_t tls_ffdhe_prime(unsigned char out[TLS_FFDHE_MAXIMUM], unsigned group);
/* Numbers may begin with zeros: */
/* tls_ffdhe_find: the group that has this prime and generator, or 0. */
unsigned tls_ffdhe_find(tls_bytes prime, tls_bytes generator);
size_t tls_ffdhe_bits(tls_bytes number);
tls_bytes tls_ffdhe_without_zeros(tls_bytes number);
/* tls_ffdhe_exponent_length: the bytes of a secret exponent for a prime of so many; _exponent makes
 * one. NO_RANDOM. */
size_t tls_ffdhe_exponent_length(size_t prime_length);
enum tls_reason tls_ffdhe_exponent(
    unsigned char out[TLS_FFDHE_EXPONENT_MAXIMUM], size_t prime_length);

/* Of any group, whose prime is odd and begins with no zero; of at most TLS_FFDHE_MAXIMUM bytes. */
/* tls_ffdhe_power raises the base, which is below the prime and no longer, in a time that depends
 * on lengths alone; `out` has the prime's length. Returns 0 without memory. */
int tls_ffdhe_power(unsigned char *out, tls_bytes prime, tls_bytes base, tls_bytes exponent);
/* tls_ffdhe_in_range: 1 < Y < p - 1 (RFC 7919 section 3, RFC 8446 section 4.2.8.1), of any length.
 */
int tls_ffdhe_in_range(tls_bytes value, tls_bytes prime);

/* Of RFC 7919's: */
/* tls_ffdhe_public computes 2^exponent modulo the prime; `out` has the prime's length. Returns 1,
 * or 0 for another group, or without memory. */
int tls_ffdhe_public(unsigned char *out, unsigned group, tls_bytes exponent);
/* tls_ffdhe_shared raises the peer's share to the exponent; `out` has the prime's length (RFC 8446
 * section 7.4.1). Returns 0 for a share of another length or out of range, or without memory. */
int tls_ffdhe_shared(unsigned char *out, unsigned group, tls_bytes exponent, tls_bytes share);

#endif
