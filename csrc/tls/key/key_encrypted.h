/* key_encrypted.h - private keys under a password: EncryptedPrivateKeyInfo (RFC 5208 section 6, RFC
 * 5958 section 3) with PBES2 (RFC 8018 section 6.2): PBKDF2 with HMAC-SHA-1, -224, -256, -384 or
 * -512, and AES-128/192/256-CBC or DES-EDE3-CBC. Read, but never written: scrypt (RFC 7914), what
 * PKCS#12 files have their keys under (RFC 7292 appendix C), and OpenSSL's traditional form
 * ("Proc-Type: 4,ENCRYPTED") with the ciphers of PBES2. */
#ifndef TLS_KEY_ENCRYPTED_H
#define TLS_KEY_ENCRYPTED_H

#include "key/key.h"

TLS_PUBLIC_BEGIN

/* What a file may ask for, and what is written when nothing else is asked. A million take about
 * half a second. */
#define TLS_PBKDF2_ITERATIONS_MAXIMUM 10000000u
#define TLS_PBKDF2_ITERATIONS_MINIMUM 1000u /* for writing */
#define TLS_PBKDF2_ITERATIONS_DEFAULT 100000u

/* tls_private_key_decode_encrypted is tls_private_key_decode for keys that may be encrypted; a key
 * that is not encrypted is taken as it is. The caller owns `*out`. Besides the reasons of
 * tls_private_key_decode:
 *   TLS_REASON_BAD_PASSWORD             decryption gives no private key
 *   TLS_REASON_UNSUPPORTED_ENCRYPTION   another algorithm: PBES1, single DES, or scrypt of over 64
 * MiB TLS_REASON_UNSUPPORTED_ENCRYPTION           more than TLS_PBKDF2_ITERATIONS_MAXIMUM */
enum tls_reason tls_private_key_decode_encrypted(
    tls_private_key **out, tls_bytes bytes, tls_bytes password);

/* tls_private_key_encode_encrypted appends an EncryptedPrivateKeyInfo: PBKDF2 with HMAC-SHA-256 and
 * 16 bytes of salt, AES-256-CBC. `iterations` 0 means TLS_PBKDF2_ITERATIONS_DEFAULT; others must
 * lie between the bounds above: TLS_REASON_UNSUPPORTED_ENCRYPTION. An empty password is refused:
 * TLS_REASON_BAD_PASSWORD. Else as tls_private_key_encode. The PEM label is "ENCRYPTED PRIVATE
 * KEY". */
enum tls_reason tls_private_key_encode_encrypted(
    tls_buffer *out, const tls_private_key *key, tls_bytes password, uint32_t iterations);
enum tls_reason tls_private_key_encode_encrypted_pem(
    tls_buffer *out, const tls_private_key *key, tls_bytes password, uint32_t iterations);

TLS_PUBLIC_END

#endif
