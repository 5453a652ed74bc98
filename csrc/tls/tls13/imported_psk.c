/* imported_psk.c - see imported_psk.h. */
#include "tls13/imported_psk.h"

#include "crypto/hash.h"
#include "crypto/hkdf.h"

size_t
tls_imported_psk(unsigned char *out, int target_hash, tls_bytes key, int hash, tls_bytes identity)
{
    const br_hash_class *class = tls_hash_class(hash);
    unsigned char extracted[TLS_HKDF_HASH_MAXIMUM], digest[TLS_FINGERPRINT_MAXIMUM];
    size_t length = tls_hash_size(target_hash), digest_length;

    digest_length = tls_fingerprint(digest, hash, identity);
    tls_hkdf_extract(class, extracted, tls_bytes_make(NULL, 0), key);
    tls_hkdf_expand_label(
        class, out, length, extracted, "derived psk", tls_bytes_make(digest, digest_length));
    tls_wipe(extracted, sizeof extracted);
    return length;
}
