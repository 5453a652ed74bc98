/* ml_kem_encryption.h - K-PKE (FIPS 203 section 5), which is safe only as a part of ML-KEM. */
#ifndef TLS_ML_KEM_ENCRYPTION_H
#define TLS_ML_KEM_ENCRYPTION_H

#include "crypto/ml_kem.h"

/* tls_ml_kem_make_keys: algorithm 13 from its second step on. The matrix is left where that is
 * wanted. */
void tls_ml_kem_make_keys(const tls_ml_kem *kem, unsigned char *decryption_key,
    unsigned char *encryption_key, const unsigned char rho[32], const unsigned char sigma[32],
    tls_polynomial *matrix);
/* tls_ml_kem_encrypt: algorithm 14. Returns 0 if the key has a number that is not below q: it makes
 * a ciphertext of it all the same. The key's matrix is sampled where it is not given. */
int tls_ml_kem_encrypt(const tls_ml_kem *kem, unsigned char *ciphertext,
    const unsigned char *encryption_key, const unsigned char message[32],
    const unsigned char randomness[32], const tls_polynomial *matrix);
/* tls_ml_kem_decrypt: algorithm 15. */
void tls_ml_kem_decrypt(const tls_ml_kem *kem, unsigned char message[32],
    const unsigned char *decryption_key, const unsigned char *ciphertext);

#endif
