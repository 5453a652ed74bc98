/* key_file.c - from what a file holds, PEM or DER, encrypted or not, to a private key. */
#include "key/key_file.h"

#include <string.h>

#include "base/declassify.h"
#include "key/key_bearssl.h"
#include "key/key_encrypted.h"

#define HEADER_MAXIMUM 6 /* tag and length of a SEQUENCE, as der.c reads them */

void
tls_aes_cbc_decrypt(unsigned char *data, size_t length, const unsigned char *key, size_t key_length,
    const unsigned char *iv)
{
    br_aes_ct_cbcdec_keys context;
    unsigned char chain[16];

    memcpy(chain, iv, sizeof chain);
    br_aes_ct_cbcdec_init(&context, key, key_length);
    br_aes_ct_cbcdec_run(&context, chain, data, length);
    tls_wipe(&context, sizeof context);
}

void
tls_des_cbc_decrypt(
    unsigned char *data, size_t length, const unsigned char *key, const unsigned char *iv)
{
    br_des_ct_cbcdec_keys context;
    unsigned char chain[8];

    memcpy(chain, iv, sizeof chain);
    br_des_ct_cbcdec_init(&context, key, 24);
    br_des_ct_cbcdec_run(&context, chain, data, length);
    tls_wipe(&context, sizeof context);
}

enum tls_reason
tls_private_key_unpad(tls_buffer *plain, size_t block_length)
{
    unsigned char count;
    tls_der der;
    size_t i;

    /* Who can choose the ciphertext has the file; there is no oracle to hide the padding from, nor
     * how long the structure is. */
    TLS_DECLASSIFY(plain->data, HEADER_MAXIMUM < plain->length ? HEADER_MAXIMUM : plain->length);
    TLS_DECLASSIFY(plain->data + plain->length - block_length, block_length);
    count = plain->data[plain->length - 1];
    if (count == 0 || count > block_length)
        return TLS_REASON_BAD_PASSWORD;
    for (i = plain->length - count; i < plain->length; i++)
        if (plain->data[i] != count)
            return TLS_REASON_BAD_PASSWORD;
    plain->length -= count;
    /* One wrong password in 256 leaves good padding; it hardly ever leaves a SEQUENCE of this
     * length. What is one, and yet no key, is a bad key. */
    tls_der_init(&der, tls_buffer_view(plain));
    tls_der_read(&der, TLS_DER_SEQUENCE);
    return tls_der_finish(&der) ? TLS_OK : TLS_REASON_BAD_PASSWORD;
}

/* An EncryptedPrivateKeyInfo (RFC 5208 section 6) begins with an algorithm, the others with a
 * version. */
static enum tls_reason
plain_der(tls_buffer *plain, tls_bytes bytes, const tls_bytes *password)
{
    tls_der der, inner;

    tls_der_init(&der, bytes);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    if (tls_der_peek(&inner) == TLS_DER_SEQUENCE) {
        tls_der_read(&inner, TLS_DER_SEQUENCE);
        tls_der_read(&inner, TLS_DER_OCTET_STRING);
        tls_der_leave(&der, &inner);
        if (!tls_der_finish(&der))
            return TLS_REASON_BAD_KEY;
        return tls_private_key_decrypt(plain, bytes, password);
    }
    tls_buffer_append(plain, bytes.data, bytes.length);
    return plain->failed ? TLS_REASON_OUT_OF_MEMORY : TLS_OK;
}

static enum tls_reason
plain_block(tls_buffer *plain, const tls_pem_block *block, tls_bytes der, const tls_bytes *password)
{
    if (!block->valid)
        return TLS_REASON_BAD_KEY;
    if (tls_bytes_equal_string(block->label, "OPENSSH PRIVATE KEY"))
        return tls_private_key_from_openssh(plain, der);
    if (block->encrypted)
        return tls_private_key_decrypt_traditional(plain, block->encryption, der, password);
    return plain_der(plain, der, password);
}

/* is_sequence: nothing but one SEQUENCE. Text that begins so, with "0", would be of at most 127
 * bytes, or go on with bytes that no text has. */
static int
is_sequence(tls_bytes bytes)
{
    tls_der der;

    tls_der_init(&der, bytes);
    tls_der_read(&der, TLS_DER_SEQUENCE);
    return tls_der_finish(&der);
}

static int
is_private_key(tls_bytes label)
{
    static const char end[] = "PRIVATE KEY";
    size_t length = sizeof end - 1;

    return label.length >= length && memcmp(label.data + label.length - length, end, length) == 0;
}

enum tls_reason
tls_private_key_plain(tls_buffer *plain, tls_bytes bytes, const tls_bytes *password)
{
    tls_pem pem;
    tls_pem_block block;
    tls_buffer der = {NULL, 0, 0, 0};
    enum tls_reason reason = TLS_REASON_BAD_PEM;

    if (is_sequence(bytes)) /* before its bytes are looked through for text */
        return plain_der(plain, bytes, password);
    if (!tls_pem_looks_like(bytes)) {
        if (bytes.length == 0 || bytes.data[0] != TLS_DER_SEQUENCE)
            return TLS_REASON_BAD_PEM;
        return plain_der(plain, bytes, password);
    }
    tls_pem_init(&pem, bytes);
    while (reason == TLS_REASON_BAD_PEM && tls_pem_next(&pem, &block, &der))
        if (is_private_key(block.label))
            reason = plain_block(plain, &block, tls_buffer_view(&der), password);
    if (der.failed)
        reason = TLS_REASON_OUT_OF_MEMORY;
    tls_buffer_release(&der);
    return reason;
}

static enum tls_reason
decode(tls_private_key **out, tls_bytes bytes, const tls_bytes *password)
{
    tls_buffer plain = {NULL, 0, 0, 0};
    enum tls_reason reason = tls_private_key_plain(&plain, bytes, password);

    *out = NULL;
    if (reason == TLS_OK)
        reason = tls_private_key_decode_der(out, tls_buffer_view(&plain));
    tls_buffer_release(&plain);
    return reason;
}

enum tls_reason
tls_private_key_decode(tls_private_key **out, tls_bytes bytes)
{
    return decode(out, bytes, NULL);
}

enum tls_reason
tls_private_key_decode_encrypted(tls_private_key **out, tls_bytes bytes, tls_bytes password)
{
    return decode(out, bytes, &password);
}
