/* edwards25519.h - what Ed25519 (RFC 8032) computes with points; crypto/ed25519.c does the rest. */
#ifndef TLS_KERNEL_EDWARDS25519_H
#define TLS_KERNEL_EDWARDS25519_H

#define TLS_EDWARDS25519_LENGTH 32

/* Scalars are below 2^255, in little-endian order; points are encoded as RFC 8032 section 5.1.2
 * has it. */
typedef struct tls_edwards25519 {
    /* A secret multiple of the generator, in constant time. */
    void (*generate)(unsigned char out[TLS_EDWARDS25519_LENGTH],
        const unsigned char scalar[TLS_EDWARDS25519_LENGTH]);
    /* Is this the one encoding of a point of the curve whose order is not small? */
    int (*is_public_key)(const unsigned char point[TLS_EDWARDS25519_LENGTH]);
    /* scalar times the generator less `less` times the point; all of them are public. 0 if it is
     * none. */
    int (*combine)(unsigned char out[TLS_EDWARDS25519_LENGTH],
        const unsigned char point[TLS_EDWARDS25519_LENGTH],
        const unsigned char less[TLS_EDWARDS25519_LENGTH],
        const unsigned char scalar[TLS_EDWARDS25519_LENGTH]);
} tls_edwards25519;

/* In C, for every machine; BearSSL has none of this. */
extern const tls_edwards25519 tls_edwards25519_portable;

#endif
