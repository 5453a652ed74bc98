/* ml_kem_vectors.h - published vectors of ML-KEM: NIST's ACVP server, ML-KEM-keyGen-FIPS203 and
 * ML-KEM-encapDecap-FIPS203, and project Wycheproof, mlkem_768_test.json and mlkem_1024_test.json.
 * Numbers are those of their tests. */
#ifndef ML_KEM_VECTORS_H
#define ML_KEM_VECTORS_H

#include "crypto/ml_kem.h"

/* Each array ends with an entry whose kem is NULL. */
typedef struct ml_kem_key_vector {
    const tls_ml_kem *kem;
    const char *seeds;  /* d and z */
    const char *digest; /* SHA3-256 of the encapsulation key and the decapsulation key */
} ml_kem_key_vector;

extern const ml_kem_key_vector ml_kem_key_vectors[];

/* Compilers need not take longer strings: these are pieces of one, up to NULL. */
typedef const char *ml_kem_pieces[4];

typedef struct ml_kem_vector {
    const char *name;
    enum { ML_KEM_ENCAPSULATE, ML_KEM_DECAPSULATE, ML_KEM_SEEDS } what;
    const tls_ml_kem *kem;
    ml_kem_pieces key;   /* encapsulation key; decapsulation key; its seeds */
    ml_kem_pieces input; /* the message; the ciphertext, as for SEEDS */
    const char *secret;
    const char *digest; /* SHA3-256 of the ciphertext that is made */
} ml_kem_vector;

extern const ml_kem_vector ml_kem_vectors[];

#endif
