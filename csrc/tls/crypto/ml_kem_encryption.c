/* ml_kem_encryption.c - see ml_kem_encryption.h. */
#include "crypto/ml_kem_encryption.h"

#include <string.h>

#include "crypto/ml_kem_polynomial.h"
#include "kernel/kernel.h"

#define RANK TLS_ML_KEM_RANK_MAXIMUM
#define FULL_LENGTH TLS_ML_KEM_LENGTH(TLS_ML_KEM_FULL)
#define MESSAGE_BITS 1

/* The arithmetic gives numbers between -q and q, so that those of a few polynomials may be added
 * before they are reduced. */
static void
add(tls_polynomial sum, const tls_polynomial a)
{
    unsigned i;

    for (i = 0; i < TLS_ML_KEM_N; i++)
        sum[i] = (int16_t)(sum[i] + a[i]);
}

static void
subtract_from(tls_polynomial difference, const tls_polynomial a)
{
    unsigned i;

    for (i = 0; i < TLS_ML_KEM_N; i++)
        difference[i] = (int16_t)(a[i] - difference[i]);
}

static const tls_ml_kem_arithmetic *
arithmetic(void)
{
    return tls_kernels_chosen()->ml_kem;
}

void
tls_ml_kem_make_keys(const tls_ml_kem *kem, unsigned char *decryption_key,
    unsigned char *encryption_key, const unsigned char rho[32], const unsigned char sigma[32],
    tls_polynomial *matrix)
{
    tls_polynomial sampled[RANK * RANK], noise[TLS_ML_KEM_BATCHES(2 * RANK)], t;
    tls_polynomial *s = noise, *e = noise + kem->rank;
    unsigned i;

    if (matrix == NULL)
        matrix = sampled;
    tls_ml_kem_sample_matrix(matrix, rho, kem->rank);
    tls_ml_kem_sample_noise(noise, sigma, 2 * kem->rank);
    for (i = 0; i < 2 * kem->rank; i++)
        arithmetic()->ntt(noise[i]);
    for (i = 0; i < kem->rank; i++) {
        arithmetic()->product(t, (const tls_polynomial *)(matrix + (size_t)kem->rank * i), 1,
            (const tls_polynomial *)s, kem->rank);
        add(t, e[i]);
        tls_ml_kem_encode(encryption_key + FULL_LENGTH * i, t, TLS_ML_KEM_FULL);
        tls_ml_kem_encode(decryption_key + FULL_LENGTH * i, s[i], TLS_ML_KEM_FULL);
    }
    memcpy(encryption_key + FULL_LENGTH * kem->rank, rho, 32);
    tls_wipe(noise, sizeof noise);
    tls_wipe(t, sizeof t);
}

/* What an encryption makes on its way, all of which tells the message. */
typedef struct encryption {
    tls_polynomial noise[TLS_ML_KEM_BATCHES(2 * RANK + 1)]; /* y, e1 and e2 */
    tls_polynomial sum, message;
} encryption;

int
tls_ml_kem_encrypt(const tls_ml_kem *kem, unsigned char *ciphertext,
    const unsigned char *encryption_key, const unsigned char message[32],
    const unsigned char randomness[32], const tls_polynomial *matrix)
{
    tls_polynomial sampled[RANK * RANK], t[RANK];
    encryption x;
    tls_polynomial *y = x.noise, *e1 = y + kem->rank, *e2 = e1 + kem->rank;
    size_t u_length = TLS_ML_KEM_LENGTH(kem->u_bits);
    unsigned i;
    int good = 1;

    for (i = 0; i < kem->rank; i++)
        good &= tls_ml_kem_decode(t[i], encryption_key + FULL_LENGTH * i, TLS_ML_KEM_FULL);
    if (matrix == NULL) {
        tls_ml_kem_sample_matrix(sampled, encryption_key + FULL_LENGTH * kem->rank, kem->rank);
        matrix = (const tls_polynomial *)sampled;
    }
    tls_ml_kem_sample_noise(x.noise, randomness, 2 * kem->rank + 1);
    for (i = 0; i < kem->rank; i++)
        arithmetic()->ntt(y[i]);
    for (i = 0; i < kem->rank; i++) {
        arithmetic()->product(x.sum, matrix + i, kem->rank, (const tls_polynomial *)y, kem->rank);
        arithmetic()->inverse(x.sum);
        add(x.sum, e1[i]);
        tls_ml_kem_encode(ciphertext + u_length * i, x.sum, kem->u_bits);
    }
    arithmetic()->product(
        x.sum, (const tls_polynomial *)t, 1, (const tls_polynomial *)y, kem->rank);
    arithmetic()->inverse(x.sum);
    add(x.sum, *e2);
    tls_ml_kem_decode(x.message, message, MESSAGE_BITS);
    add(x.sum, x.message);
    tls_ml_kem_encode(ciphertext + u_length * kem->rank, x.sum, kem->v_bits);
    tls_wipe(&x, sizeof x);
    return good;
}

void
tls_ml_kem_decrypt(const tls_ml_kem *kem, unsigned char message[32],
    const unsigned char *decryption_key, const unsigned char *ciphertext)
{
    tls_polynomial s[RANK], u[RANK], v, w;
    size_t u_length = TLS_ML_KEM_LENGTH(kem->u_bits);
    unsigned i;

    for (i = 0; i < kem->rank; i++) {
        tls_ml_kem_decode(s[i], decryption_key + FULL_LENGTH * i, TLS_ML_KEM_FULL);
        tls_ml_kem_decode(u[i], ciphertext + u_length * i, kem->u_bits);
        arithmetic()->ntt(u[i]);
    }
    tls_ml_kem_decode(v, ciphertext + u_length * kem->rank, kem->v_bits);
    arithmetic()->product(w, (const tls_polynomial *)s, 1, (const tls_polynomial *)u, kem->rank);
    arithmetic()->inverse(w);
    subtract_from(w, v);
    tls_ml_kem_encode(message, w, MESSAGE_BITS);
    tls_wipe(s, sizeof s);
    tls_wipe(w, sizeof w);
}
