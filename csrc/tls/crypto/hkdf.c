/* hkdf.c - see hkdf.h. Keys have a public, fixed length, so br_hmac_out's timing tells nothing. */
#include "crypto/hkdf.h"

#include <string.h>

void
tls_hkdf_extract(const br_hash_class *hash, unsigned char *out, tls_bytes salt, tls_bytes ikm)
{
    br_hmac_key_context key;
    br_hmac_context hmac;

    /* HMAC fills its key up with zeros, whatever there is of it. */
    br_hmac_key_init(&key, hash, salt.length > 0 ? (const void *)salt.data : "", salt.length);
    br_hmac_init(&hmac, &key, 0);
    br_hmac_update(&hmac, ikm.data, ikm.length);
    br_hmac_out(&hmac, out);
    tls_wipe(&hmac, sizeof hmac);
    tls_wipe(&key, sizeof key);
}

/* update_with_label feeds an HkdfLabel (RFC 8446 section 7.1) for `length` bytes. */
static void
update_with_label(br_hmac_context *hmac, size_t length, const char *label, tls_bytes context)
{
    static const char prefix[] = "tls13 ";
    size_t prefix_length = sizeof prefix - 1;
    size_t label_length = strlen(label);
    unsigned char header[3], context_length = (unsigned char)context.length;

    tls_put16(header, (uint32_t)length);
    header[2] = (unsigned char)(prefix_length + label_length);
    br_hmac_update(hmac, header, sizeof header);
    br_hmac_update(hmac, prefix, prefix_length);
    br_hmac_update(hmac, label, label_length);
    br_hmac_update(hmac, &context_length, 1);
    br_hmac_update(hmac, context.data, context.length);
}

void
tls_hkdf_expand_label(const br_hash_class *hash, unsigned char *out, size_t length,
    const unsigned char *secret, const char *label, tls_bytes context)
{
    size_t size = tls_hash_length(hash), written = 0;
    unsigned char block[64], counter = 0;
    br_hmac_key_context key;
    br_hmac_context hmac;

    br_hmac_key_init(&key, hash, secret, size);
    while (written < length) {
        size_t n = length - written < size ? length - written : size;

        br_hmac_init(&hmac, &key, 0);
        if (counter > 0)
            br_hmac_update(&hmac, block, size);
        update_with_label(&hmac, length, label, context);
        counter++;
        br_hmac_update(&hmac, &counter, 1);
        br_hmac_out(&hmac, block);
        memcpy(out + written, block, n);
        written += n;
    }
    tls_wipe(&hmac, sizeof hmac);
    tls_wipe(&key, sizeof key);
    tls_wipe(block, sizeof block);
}
