/* key_encrypted.c - see key_encrypted.h. */
#include "key/key_encrypted.h"

#include "key/key_encode.h"
#include "asn1/pem.h"
#include "key/key_file.h"
#include "key/password_cipher.h"

enum tls_reason
tls_private_key_decrypt(tls_buffer *plain, tls_bytes bytes, const tls_bytes *password)
{
    tls_bytes algorithm, ciphertext;
    tls_der der, info;

    tls_der_init(&der, bytes);
    tls_der_enter(&der, &info, TLS_DER_SEQUENCE);
    algorithm = tls_der_read_whole(&info, TLS_DER_SEQUENCE);
    ciphertext = tls_der_read(&info, TLS_DER_OCTET_STRING);
    tls_der_leave(&der, &info);
    return tls_der_finish(&der) ? tls_password_decrypt(plain, algorithm, ciphertext, password)
                                : TLS_REASON_BAD_KEY;
}

enum tls_reason
tls_private_key_encode_encrypted(
    tls_buffer *out, const tls_private_key *key, tls_bytes password, uint32_t iterations)
{
    tls_buffer plain = {NULL, 0, 0, 0};
    enum tls_reason reason = tls_private_key_encode(&plain, key, TLS_KEY_FORMAT_PKCS8);

    if (reason == TLS_OK)
        reason = tls_password_encrypt(out, &plain, password, iterations);
    tls_buffer_release(&plain);
    return reason;
}

enum tls_reason
tls_private_key_encode_encrypted_pem(
    tls_buffer *out, const tls_private_key *key, tls_bytes password, uint32_t iterations)
{
    tls_buffer der = {NULL, 0, 0, 0};
    enum tls_reason reason = tls_private_key_encode_encrypted(&der, key, password, iterations);

    if (reason == TLS_OK)
        tls_pem_encode(out, "ENCRYPTED PRIVATE KEY", tls_buffer_view(&der));
    tls_buffer_release(&der);
    return out->failed ? TLS_REASON_OUT_OF_MEMORY : reason;
}
