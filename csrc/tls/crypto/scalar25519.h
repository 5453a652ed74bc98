/* scalar25519.h - numbers modulo L, the order of Ed25519's generator (RFC 8032 section 5.1), in
 * little-endian order and in constant time. */
#ifndef TLS_SCALAR25519_H
#define TLS_SCALAR25519_H

#define TLS_SCALAR25519_LENGTH 32

/* tls_scalar25519_reduce: a number of 64 bytes modulo L. */
void tls_scalar25519_reduce(unsigned char out[TLS_SCALAR25519_LENGTH],
    const unsigned char wide[2 * TLS_SCALAR25519_LENGTH]);
/* tls_scalar25519_multiply_add: (a b + c) modulo L; a is any number of 32 bytes, b and c are below
 * L. */
void tls_scalar25519_multiply_add(unsigned char out[TLS_SCALAR25519_LENGTH],
    const unsigned char a[TLS_SCALAR25519_LENGTH], const unsigned char b[TLS_SCALAR25519_LENGTH],
    const unsigned char c[TLS_SCALAR25519_LENGTH]);
/* tls_scalar25519_is_proper: is it below L? */
int tls_scalar25519_is_proper(const unsigned char a[TLS_SCALAR25519_LENGTH]);

#endif
