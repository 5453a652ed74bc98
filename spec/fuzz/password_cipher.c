/* password_cipher.c - what PKCS#12 is made of, and OpenSSH's keys: an algorithm and a MAC as a file
 * has them, and bytes that claim to be a key. */
#include "fuzz.h"

#include <string.h>

#include "key/key_file.h"
#include "key/password_cipher.h"

/* A mutated count of thousands would only measure hashing; scrypt has its count in two bytes. */
static int
asks_for_much(const unsigned char *data, size_t length)
{
    size_t i;

    for (i = 0; i + 4 < length; i++)
        if (data[i] == 0x02 && data[i + 1] >= 2 && data[i + 1] <= 4)
            return 1;
    return 0;
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
    static const unsigned char ciphertext[32] = {0};
    tls_bytes bytes = tls_bytes_make(data, length), password = tls_bytes_of_string("secret");
    tls_buffer plain = {NULL, 0, 0, 0};
    enum tls_reason reason;

    if (!asks_for_much(data, length)) {
        reason = tls_password_decrypt(
            &plain, bytes, tls_bytes_make(ciphertext, sizeof ciphertext), &password);
        fuzz_check(reason != TLS_OK || plain.length <= sizeof ciphertext);
        tls_buffer_clear(&plain);
        /* Nobody guesses a MAC of these bytes. */
        fuzz_check(tls_pkcs12_verify(bytes, bytes, password) != TLS_OK);
    }
    tls_buffer_clear(&plain);
    reason = tls_private_key_from_openssh(&plain, bytes);
    fuzz_check(reason != TLS_OK || plain.length > 0);
    tls_buffer_release(&plain);
    return 0;
}
