/* password_cipher.h - what a password decrypts and vouches for: PBES2 (RFC 8018 section 6.2) with
 * PBKDF2 or scrypt (RFC 7914), and the schemes and MACs of PKCS#12 (RFC 7292 appendices B and C;
 * RFC 9579). What a file may ask for is bounded. */
#ifndef TLS_PASSWORD_CIPHER_H
#define TLS_PASSWORD_CIPHER_H

#include "asn1/der.h"

/* tls_password_decrypt puts what `password` decrypts into `plain`: one SEQUENCE. `algorithm` is a
 * whole AlgorithmIdentifier. TLS_REASON_BAD_KEY (malformed), TLS_REASON_UNSUPPORTED_ENCRYPTION,
 * TLS_REASON_ENCRYPTED_KEY (no password), TLS_REASON_BAD_PASSWORD, TLS_REASON_OUT_OF_MEMORY. */
enum tls_reason tls_password_decrypt(
    tls_buffer *plain, tls_bytes algorithm, tls_bytes ciphertext, const tls_bytes *password);

/* tls_pkcs12_verify checks a whole MacData (RFC 7292 section 4). The same reasons. */
enum tls_reason tls_pkcs12_verify(tls_bytes mac_data, tls_bytes data, tls_bytes password);

/* tls_password_encrypt appends a SEQUENCE of AlgorithmIdentifier and ciphertext, an
 * EncryptedPrivateKeyInfo, of what `plain` holds, which it overwrites: PBES2 with AES-256-CBC under
 * PBKDF2 with HMAC-SHA-256. As tls_private_key_encode_encrypted (key_encrypted.h). */
enum tls_reason tls_password_encrypt(
    tls_buffer *out, tls_buffer *plain, tls_bytes password, uint32_t iterations);

/* tls_pkcs12_mac appends a MacData of HMAC-SHA-256 over `data`. TLS_REASON_NO_RANDOM … */
enum tls_reason tls_pkcs12_mac(
    tls_buffer *out, tls_bytes data, tls_bytes password, uint32_t iterations);

#endif
