/* aead.h - the AEADs of TLS 1.3's suites, and record protection with them (RFC 8446 section 5.2) as
 * classes of the shape of BearSSL's br_sslrec_*: what they seal and open is a TLSInnerPlaintext,
 * which record.c makes and reads. */
#ifndef TLS_AEAD_H
#define TLS_AEAD_H

#include <bearssl.h>

#include "base/bytes.h"
#include "wire/suite.h"

#define TLS_AEAD_KEY_MAXIMUM 32
#define TLS_AEAD_IV_LENGTH 12
#define TLS_AEAD_TAG_MAXIMUM 16

/* What suits this processor; chosen once, and only read then. */
typedef struct tls_aead_implementations {
    const br_block_ctr_class *aes_ctr;
    const br_block_ctrcbc_class *aes_ctrcbc;
    br_ghash ghash;
    br_chacha20_run chacha20;
    br_poly1305_run poly1305;
} tls_aead_implementations;

/* tls_aead_implementations_choose asks BearSSL. OUT_OF_MEMORY. */
enum tls_reason tls_aead_implementations_choose(tls_aead_implementations *out);

/* One direction of protection under one key. It has no pointers into itself and may be moved. */
typedef struct tls_aead_context {
    union {
        const br_sslrec_in_class *in;
        const br_sslrec_out_class *out;
    } vtable;
    uint64_t sequence; /* of the next record; one that cannot be opened does not count */
    enum tls_cipher_mode mode;
    unsigned tag_length;
    unsigned char iv[TLS_AEAD_IV_LENGTH];
    union {
        struct {
            union {
                const br_block_ctr_class *vtable;
                br_aes_gen_ctr_keys aes;
            } block;
            br_ghash ghash;
            unsigned char h[16]; /* GHASH's key: AES of zeros */
        } gcm;
        union {
            const br_block_ctrcbc_class *vtable;
            br_aes_gen_ctrcbc_keys aes;
        } ccm;
        struct {
            unsigned char key[TLS_AEAD_KEY_MAXIMUM];
            br_chacha20_run chacha20;
            br_poly1305_run poly1305;
        } poly1305;
    } cipher;
} tls_aead_context;

extern const br_sslrec_in_class tls_aead_in_vtable;
extern const br_sslrec_out_class tls_aead_out_vtable;

/* tls_aead_start sets everything but the vtable: `key` has the suite's length, the sequence number
 * is zero. */
void tls_aead_start(tls_aead_context *aead, const tls_aead_implementations *implementations,
    const tls_suite *suite, const unsigned char *key, const unsigned char *iv);

#endif
