/* key.c - private keys, plain and encrypted, and public keys. A key that is read can be written,
 * and reads back as itself. */
#include "fuzz.h"

#include "key/key.h"
#include "key/key_encode.h"
#include "key/key_encrypted.h"

/* A mutated count of millions would only measure PBKDF2. */
static int
asks_for_much(const unsigned char *data, size_t length)
{
    size_t i;

    for (i = 0; i + 4 < length; i++)
        if (data[i] == 0x02 && (data[i + 1] == 3 || data[i + 1] == 4) && length < 1000)
            return 1;
    return 0;
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    tls_bytes bytes = tls_bytes_make(data, length);
    tls_private_key *key = NULL, *back;
    tls_public_key public_key;
    tls_buffer out = {NULL, 0, 0, 0};

    if (tls_public_key_parse(&public_key, bytes) == TLS_OK && public_key.kind != TLS_KEY_OTHER)
        fuzz_check(tls_public_key_encode(&out, &public_key) == TLS_OK);
    tls_buffer_clear(&out);
    if (tls_private_key_decode(&key, bytes) == TLS_REASON_ENCRYPTED_KEY &&
        !asks_for_much(data, length))
        tls_private_key_decode_encrypted(&key, bytes, tls_bytes_of_string("secret"));
    if (key != NULL && tls_private_key_encode(&out, key, TLS_KEY_FORMAT_PKCS8) == TLS_OK) {
        fuzz_check(tls_private_key_decode(&back, tls_buffer_view(&out)) == TLS_OK);
        fuzz_check(tls_private_key_matches(back, tls_private_key_public(key)));
        tls_private_key_release(back);
    }
    tls_private_key_release(key);
    tls_buffer_release(&out);
    return 0;
}
