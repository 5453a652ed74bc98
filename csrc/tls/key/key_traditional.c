/* key_traditional.c - OpenSSL's encryption of PEM (RFC 1421 headers "Proc-Type: 4,ENCRYPTED" and
 * "DEK-Info: CIPHER,IV"), which openssl's -traditional, ssh-keygen -m PEM and older tools write:
 * CBC with the IV given, under a key that EVP_BytesToKey derives with MD5 and one iteration. It is
 * weak: a password can be tried about as fast as MD5 runs. So it is only read. */
#include "key/key_file.h"

#include <string.h>

#include "key/key_bearssl.h"

#define SALT_LENGTH 8

static const struct cipher {
    const char *name;
    size_t key_length;
    size_t block_length;
} ciphers[] = {
    {"AES-128-CBC", 16, 16},
    {"AES-192-CBC", 24, 16},
    {"AES-256-CBC", 32, 16},
    {"DES-EDE3-CBC", 24, 8},
};

static int
hex_digit(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* read_info reads "AES-256-CBC,00112233…". Returns NULL with the reason for another. */
static const struct cipher *
read_info(enum tls_reason *reason, unsigned char iv[16], tls_bytes text)
{
    const unsigned char *comma = text.length ? memchr(text.data, ',', text.length) : NULL;
    const struct cipher *cipher = NULL;
    tls_bytes name;
    size_t i, digits;

    *reason = TLS_REASON_BAD_KEY;
    if (comma == NULL)
        return NULL;
    name = tls_bytes_make(text.data, (size_t)(comma - text.data));
    for (i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++)
        if (tls_bytes_equal_string(name, ciphers[i].name))
            cipher = &ciphers[i];
    if (cipher == NULL) {
        *reason = TLS_REASON_UNSUPPORTED_ENCRYPTION;
        return NULL;
    }
    digits = text.length - name.length - 1;
    while (digits > 0 && (comma[digits] == ' ' || comma[digits] == '\t'))
        digits--;
    if (digits != 2 * cipher->block_length)
        return NULL;
    for (i = 0; i < digits; i += 2) {
        int high = hex_digit(comma[1 + i]), low = hex_digit(comma[2 + i]);

        if (high < 0 || low < 0)
            return NULL;
        iv[i / 2] = (unsigned char)(high << 4 | low);
    }
    *reason = TLS_OK;
    return cipher;
}

/* EVP_BytesToKey: each hash takes the one before it, the password and the salt. */
static void
derive(unsigned char key[32], tls_bytes password, const unsigned char salt[SALT_LENGTH])
{
    unsigned char digest[br_md5_SIZE];
    br_md5_context md5;
    size_t at;

    for (at = 0; at < 32; at += sizeof digest) {
        br_md5_init(&md5);
        if (at > 0)
            br_md5_update(&md5, digest, sizeof digest);
        br_md5_update(&md5, password.data, password.length);
        br_md5_update(&md5, salt, SALT_LENGTH);
        br_md5_out(&md5, digest);
        memcpy(key + at, digest, sizeof digest);
    }
    tls_wipe(digest, sizeof digest);
    tls_wipe(&md5, sizeof md5);
}

enum tls_reason
tls_private_key_decrypt_traditional(
    tls_buffer *plain, tls_bytes encryption, tls_bytes bytes, const tls_bytes *password)
{
    unsigned char key[32], iv[16];
    enum tls_reason reason;
    const struct cipher *cipher = read_info(&reason, iv, encryption);

    if (cipher == NULL)
        return reason;
    if (bytes.length == 0 || bytes.length % cipher->block_length != 0)
        return TLS_REASON_BAD_KEY;
    if (password == NULL)
        return TLS_REASON_ENCRYPTED_KEY;
    tls_buffer_append(plain, bytes.data, bytes.length);
    if (plain->failed)
        return TLS_REASON_OUT_OF_MEMORY;
    derive(key, *password, iv);
    if (cipher->block_length == 8)
        tls_des_cbc_decrypt(plain->data, plain->length, key, iv);
    else
        tls_aes_cbc_decrypt(plain->data, plain->length, key, cipher->key_length, iv);
    tls_wipe(key, sizeof key);
    return tls_private_key_unpad(plain, cipher->block_length);
}
