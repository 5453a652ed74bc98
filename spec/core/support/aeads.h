/* aeads.h - AEADs of one kind against each other: BearSSL's own calls, and each implementation that
 * this processor can run. */
#ifndef AEADS_H
#define AEADS_H

#include <stddef.h>

#include "kernel/kernel.h"

#define AEADS_NONCE 12
#define AEADS_TAG 16

typedef struct aead {
    const char *name;
    size_t key_length;
    tls_aes_gcm_start *aes_gcm; /* one of these two; neither: BearSSL */
    br_poly1305_run chacha20_poly1305;
    enum tls_primitive primitive;
    int is_kernel;
} aead;

/* aeads_of lists a primitive's implementations with keys of this length, BearSSL's first; says
 * which ones cannot run here. Returns how many. */
size_t aeads_of(aead out[8], enum tls_primitive primitive, size_t key_length);

/* aead_run encrypts or decrypts in place, and gives the tag. */
void aead_run(const aead *a, int encrypt, const unsigned char *key, const unsigned char *nonce,
    tls_bytes additional, unsigned char *data, size_t length, unsigned char tag[AEADS_TAG]);

#endif
