/* aes_gcm.h - AES-GCM (NIST SP 800-38D) as records want it: AES-128 or AES-256, a nonce of 96 bits,
 * a tag of 128, in place. What hangs on the key alone is computed once for each key. */
#ifndef TLS_KERNEL_AES_GCM_H
#define TLS_KERNEL_AES_GCM_H

#include <bearssl.h>

#include "base/bytes.h"

#define TLS_AES_GCM_NONCE_LENGTH 12
#define TLS_AES_GCM_TAG_LENGTH 16

#define TLS_AES_GCM_POWERS 8 /* of the hash key that are kept: small records need few */

typedef struct tls_aes_gcm_key tls_aes_gcm_key;

/* tls_aes_gcm_run encrypts or decrypts `data`, which is shorter than 2^36 bytes, and computes the
 * tag. Whoever decrypts compares the tag, in constant time, and wipes where it is another one. */
typedef void tls_aes_gcm_run(const tls_aes_gcm_key *key, int encrypt,
    const unsigned char nonce[TLS_AES_GCM_NONCE_LENGTH], tls_bytes additional, unsigned char *data,
    size_t length, unsigned char tag[TLS_AES_GCM_TAG_LENGTH]);

/* It has no pointers into itself and may be moved; whoever owns it wipes it. */
struct tls_aes_gcm_key {
    tls_aes_gcm_run *run;
    union {
        struct {
            union {
                const br_block_ctr_class *vtable;
                br_aes_gen_ctr_keys aes;
            } block;
            br_ghash ghash;
            unsigned char h[16]; /* GHASH's key: AES of zeros */
        } bearssl;
        struct {
            unsigned char round_keys[15][16];
            unsigned char powers[TLS_AES_GCM_POWERS][16]; /* the highest first */
            unsigned rounds;
            const struct tls_aes_gcm_width *width;
        } blocks;
    } as;
};

/* tls_aes_gcm_start takes a key of 16 or 32 bytes. */
typedef void tls_aes_gcm_start(tls_aes_gcm_key *key, const unsigned char *bytes, size_t length);

#endif
