/* ml_kem.h - ML-KEM-768 and ML-KEM-1024 (FIPS 203): a key that another side encapsulates a secret
 * to.
 */
#ifndef TLS_ML_KEM_H
#define TLS_ML_KEM_H

#include "base/bytes.h"
#include "kernel/ml_kem.h"

#define TLS_ML_KEM_SECRET 32

/* The lengths of ML-KEM-1024 are the longest. */
#define TLS_ML_KEM_PUBLIC_MAXIMUM 1568
#define TLS_ML_KEM_PRIVATE_MAXIMUM 3168
#define TLS_ML_KEM_CIPHERTEXT_MAXIMUM 1568

/* A parameter set (section 8). */
typedef struct tls_ml_kem {
    unsigned rank;                        /* k */
    unsigned u_bits, v_bits;              /* du, dv */
    size_t public_length, private_length; /* encapsulation and decapsulation key */
    size_t ciphertext_length;
} tls_ml_kem;

extern const tls_ml_kem tls_ml_kem_768, tls_ml_kem_1024;

/* tls_ml_kem_generate makes a decapsulation key (section 7.1), which the caller wipes. The matrix
 * of the key, rank times rank polynomials which are public, is left in `matrix` unless that is
 * NULL. TLS_REASON_NO_RANDOM. */
enum tls_reason tls_ml_kem_generate(
    const tls_ml_kem *kem, unsigned char *private_key, tls_polynomial *matrix);
/* tls_ml_kem_public_key: the encapsulation key, which is a part of the other. */
tls_bytes tls_ml_kem_public_key(const tls_ml_kem *kem, const unsigned char *private_key);
/* tls_ml_kem_encapsulate makes a secret, and the ciphertext for who has the key (section 7.2).
 * TLS_REASON_ILLEGAL_PARAMETER: the key has another length, or a number that is not below q;
 * TLS_REASON_NO_RANDOM. */
enum tls_reason tls_ml_kem_encapsulate(const tls_ml_kem *kem, unsigned char *ciphertext,
    unsigned char secret[TLS_ML_KEM_SECRET], tls_bytes public_key);
/* tls_ml_kem_decapsulate finds the secret (section 7.3). A ciphertext that nobody made for this key
 * gives a secret that nobody knows. With the matrix that was left when the key was made it takes a
 * third less time: the key is then what it was. Without one, NULL, it may come from anywhere, and
 * is checked. TLS_REASON_ILLEGAL_PARAMETER: another length of either, or a key that does not have
 * the hash of its encapsulation key. */
enum tls_reason tls_ml_kem_decapsulate(const tls_ml_kem *kem,
    unsigned char secret[TLS_ML_KEM_SECRET], tls_bytes private_key, tls_bytes ciphertext,
    const tls_polynomial *matrix);

/* ---- The same of given random numbers (sections 5.1 and 6): for tests, and for those above ----
 */

/* `seeds` are d and z, one behind the other. */
void tls_ml_kem_key_of(const tls_ml_kem *kem, unsigned char *private_key,
    const unsigned char seeds[64], tls_polynomial *matrix);
/* The same from rho and sigma on, which the first step of algorithm 13 makes of d. */
void tls_ml_kem_key_of_seeds(const tls_ml_kem *kem, unsigned char *private_key,
    const unsigned char rho_sigma[64], const unsigned char z[32], tls_polynomial *matrix);
enum tls_reason tls_ml_kem_encapsulate_message(const tls_ml_kem *kem, unsigned char *ciphertext,
    unsigned char secret[TLS_ML_KEM_SECRET], tls_bytes public_key, const unsigned char message[32]);

#endif
