/* signed_certificate_timestamp.c - see signed_certificate_timestamp.h. Section numbers are RFC
 * 6962's. */
#include "x509/signed_certificate_timestamp.h"

#include <string.h>

static const unsigned char oid_list[] = {0x2B, 6, 1, 4, 1, 0xD6, 0x79, 2, 4, 2};

tls_bytes
tls_certificate_sct_list(const tls_certificate *certificate)
{
    tls_extension_view extension;
    tls_bytes list;
    tls_der der;

    if (!tls_certificate_extension(
            certificate, &extension, tls_bytes_make(oid_list, sizeof oid_list)))
        return tls_bytes_make(NULL, 0);
    /* 3.3: an OCTET STRING in the extension's own. */
    tls_der_init(&der, extension.value);
    list = tls_der_read(&der, TLS_DER_OCTET_STRING);
    return tls_der_finish(&der) ? list : tls_bytes_make(NULL, 0);
}

/* take returns the first `length` bytes and drops them from `rest`; returns 0 if there are fewer.
 */
static int
take(tls_bytes *out, tls_bytes *rest, size_t length)
{
    if (length > rest->length)
        return 0;
    *out = tls_bytes_make(rest->data, length);
    *rest = tls_bytes_make(length != 0 ? rest->data + length : rest->data, rest->length - length);
    return 1;
}

static int
take_vector16(tls_bytes *out, tls_bytes *rest)
{
    tls_bytes length;

    return take(&length, rest, 2) && take(out, rest, tls_get16(length.data));
}

void
tls_sct_begin(tls_sct_reader *reader, tls_bytes list)
{
    memset(reader, 0, sizeof *reader);
    if (list.length == 0)
        return;
    if (!take_vector16(&reader->rest, &list) || list.length != 0 || reader->rest.length == 0) {
        reader->failed = 1;
        reader->rest = tls_bytes_make(NULL, 0);
    }
}

int
tls_sct_next(tls_sct_reader *reader, tls_sct *sct)
{
    tls_bytes rest, field;
    size_t i;

    if (reader->failed || reader->rest.length == 0)
        return 0;
    memset(sct, 0, sizeof *sct);
    if (!take_vector16(&sct->raw, &reader->rest) || sct->raw.length == 0)
        goto bad;
    rest = sct->raw;
    take(&field, &rest, 1);
    sct->version = field.data[0] + 1u;
    if (sct->version != 1) /* a later version: 3.3 says to pass it over */
        return 1;
    /* 3.2 */
    if (!take(&sct->log_id, &rest, 32) || !take(&field, &rest, 8))
        goto bad;
    for (i = 0; i < 8; i++)
        sct->timestamp = sct->timestamp << 8 | field.data[i];
    if (!take_vector16(&sct->extensions, &rest) || !take(&field, &rest, 2))
        goto bad;
    sct->hash_algorithm = field.data[0];
    sct->signature_algorithm = field.data[1];
    if (!take_vector16(&sct->signature, &rest) || rest.length != 0)
        goto bad;
    return 1;
bad:
    reader->failed = 1;
    return 0;
}
