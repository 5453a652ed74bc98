/* aead.h - the AEADs of TLS 1.3's suites, and record protection with them (RFC 8446 section 5.2) as
 * classes of the shape of BearSSL's br_sslrec_*: what they seal and open is a TLSInnerPlaintext,
 * which record.c makes and reads. */
#ifndef TLS_AEAD_H
#define TLS_AEAD_H

#include <bearssl.h>

#include "base/bytes.h"
#include "kernel/aes_gcm.h"
#include "wire/suite.h"

#define TLS_AEAD_KEY_MAXIMUM 32
#define TLS_AEAD_IV_LENGTH 12
#define TLS_AEAD_TAG_MAXIMUM 16

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
        tls_aes_gcm_key gcm;
        union {
            const br_block_ctrcbc_class *vtable;
            br_aes_gen_ctrcbc_keys aes;
        } ccm;
        struct {
            unsigned char key[TLS_AEAD_KEY_MAXIMUM];
            br_poly1305_run run;
            br_chacha20_run chacha20;
        } poly1305;
    } cipher;
} tls_aead_context;

extern const br_sslrec_in_class tls_aead_in_vtable;
extern const br_sslrec_out_class tls_aead_out_vtable;

/* tls_aead_start sets everything but the vtable: `key` has the suite's length, the sequence number
 * is zero. */
void tls_aead_start(tls_aead_context *aead, const tls_suite *suite, const unsigned char *key,
    const unsigned char *iv);

#endif
