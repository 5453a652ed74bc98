/* key_file.h - what the files that read private keys have in common. */
#ifndef TLS_KEY_FILE_H
#define TLS_KEY_FILE_H

#include "asn1/pem.h"
#include "key/key.h"

/* tls_private_key_decode_der is tls_private_key_decode for DER. */
enum tls_reason tls_private_key_decode_der(tls_private_key **out, tls_bytes bytes);
/* What `openssl dsa` writes: version, p, q, g, y, x. No document defines it. */
int tls_private_key_is_dsa(tls_bytes bytes);

/* tls_private_key_plain appends the DER of the private key that PEM or DER `bytes` hold, decrypted
 * if need be; `password` may be NULL. TLS_REASON_ENCRYPTED_KEY when it needs one that is not given,
 * TLS_REASON_BAD_PASSWORD, TLS_REASON_UNSUPPORTED_ENCRYPTION, TLS_REASON_UNSUPPORTED_KEY (an
 * OpenSSH key of another kind), TLS_REASON_BAD_PEM, TLS_REASON_BAD_KEY. */
enum tls_reason tls_private_key_plain(
    tls_buffer *plain, tls_bytes bytes, const tls_bytes *password);

/* Both append what `password` decrypts; without one they tell whether one is of use:
 * TLS_REASON_ENCRYPTED_KEY if so. tls_private_key_decrypt takes an EncryptedPrivateKeyInfo,
 * tls_private_key_decrypt_traditional the bytes of a PEM block and its DEK-Info. */
enum tls_reason tls_private_key_decrypt(
    tls_buffer *plain, tls_bytes bytes, const tls_bytes *password);
enum tls_reason tls_private_key_decrypt_traditional(
    tls_buffer *plain, tls_bytes encryption, tls_bytes bytes, const tls_bytes *password);
/* tls_private_key_from_openssh appends DER of an OpenSSH key. TLS_REASON_UNSUPPORTED_ENCRYPTION for
 * one that a password protects: its derivation, bcrypt's, is not here. */
enum tls_reason tls_private_key_from_openssh(tls_buffer *plain, tls_bytes bytes);

void tls_aes_cbc_decrypt(unsigned char *data, size_t length, const unsigned char *key,
    size_t key_length, const unsigned char *iv);
/* DES-EDE3, with 24 bytes of key. */
void tls_des_cbc_decrypt(
    unsigned char *data, size_t length, const unsigned char *key, const unsigned char *iv);
/* tls_private_key_unpad takes the padding of RFC 8018 section 6.1.1 away; what then is no DER
 * SEQUENCE was decrypted with another password: TLS_REASON_BAD_PASSWORD. */
enum tls_reason tls_private_key_unpad(tls_buffer *plain, size_t block_length);

#endif
