/* pbkdf2.c - see pbkdf2.h. */
#include "crypto/pbkdf2.h"

#include <string.h>

void
tls_pbkdf2(unsigned char *out, size_t length, const br_hash_class *hash, tls_bytes password,
    tls_bytes salt, uint32_t iterations)
{
    br_hmac_key_context key;
    br_hmac_context hmac;
    unsigned char u[64], t[64], number[4];
    uint32_t block, round;
    size_t size, i, n;

    /* The key's two blocks are hashed once; each round starts from their states. */
    br_hmac_key_init(&key, hash, password.data, password.length);
    for (block = 1; length > 0; block++) {
        tls_put16(number, block >> 16);
        tls_put16(number + 2, block & 0xFFFF);
        br_hmac_init(&hmac, &key, 0);
        br_hmac_update(&hmac, salt.data, salt.length);
        br_hmac_update(&hmac, number, sizeof number);
        size = br_hmac_out(&hmac, u);
        memcpy(t, u, size);
        for (round = 1; round < iterations; round++) {
            br_hmac_init(&hmac, &key, 0);
            br_hmac_update(&hmac, u, size);
            br_hmac_out(&hmac, u);
            for (i = 0; i < size; i++)
                t[i] ^= u[i];
        }
        n = length < size ? length : size;
        memcpy(out, t, n);
        out += n;
        length -= n;
    }
    tls_wipe(&key, sizeof key);
    tls_wipe(&hmac, sizeof hmac);
    tls_wipe(u, sizeof u);
    tls_wipe(t, sizeof t);
}
