/* der_kind.c - see der_kind.h. */
#include "x509/der_kind.h"

#include <string.h>

#include "asn1/der.h"

uint64_t
tls_der_length(tls_bytes bytes)
{
    size_t count, i;
    uint64_t length = 0;

    if (bytes.length < 2)
        return 0;
    if (bytes.data[1] < 0x80)
        return 2u + bytes.data[1];
    count = bytes.data[1] & 0x7Fu;
    if (count == 0 || count > 4 || bytes.length < 2 + count)
        return 0;
    for (i = 0; i < count; i++)
        length = length << 8 | bytes.data[2 + i];
    return 2 + count + length;
}

/* contents skips a header, also that of BER's indefinite length, which PKCS#7 and PKCS#12 files
 * have. */
static tls_bytes
contents(tls_bytes bytes)
{
    size_t header = 2;

    if (bytes.length < 2 || bytes.data[0] != TLS_DER_SEQUENCE)
        return tls_bytes_make(NULL, 0);
    if (bytes.data[1] > 0x80)
        header += bytes.data[1] & 0x7Fu;
    if (header > bytes.length)
        return tls_bytes_make(NULL, 0);
    return tls_bytes_make(bytes.data + header, bytes.length - header);
}

static int
begins_with(tls_bytes bytes, const void *start, size_t length)
{
    return bytes.length >= length && memcmp(bytes.data, start, length) == 0;
}

/* ContentInfo: RFC 5652 section 3; PFX: RFC 7292 section 4, version 3. */
static enum tls_der_kind
kind_of_container(tls_bytes bytes)
{
    static const unsigned char pkcs7[] = {6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7};
    static const unsigned char version[] = {2, 1, 3};
    tls_bytes inside = contents(bytes);

    if (begins_with(inside, pkcs7, sizeof pkcs7))
        return TLS_DER_KIND_PKCS7;
    if (begins_with(inside, version, sizeof version)) {
        inside = tls_bytes_make(inside.data + sizeof version, inside.length - sizeof version);
        if (begins_with(contents(inside), pkcs7, sizeof pkcs7))
            return TLS_DER_KIND_PKCS12;
    }
    return TLS_DER_KIND_UNKNOWN;
}

/* What is signed: SEQUENCE, AlgorithmIdentifier, BIT STRING. `signed_part` reads the first. */
static enum tls_der_kind
kind_of_signed(tls_der *signed_part)
{
    tls_bytes unused;
    unsigned tag;

    if (tls_der_peek(signed_part) == (int)TLS_DER_CONTEXT_CONSTRUCTED(0))
        return TLS_DER_KIND_CERTIFICATE;
    if (tls_der_peek(signed_part) == TLS_DER_SEQUENCE)
        return TLS_DER_KIND_CRL; /* of version 1 */
    tls_der_integer(signed_part);
    tls_der_read(signed_part, TLS_DER_SEQUENCE);
    tls_der_read(signed_part, TLS_DER_SEQUENCE);
    unused = tls_der_read_any(signed_part, &tag, NULL);
    (void)unused;
    if (tls_der_failed(signed_part))
        return TLS_DER_KIND_UNKNOWN;
    switch (tag) {
    case TLS_DER_SEQUENCE: /* validity: a certificate of version 1 */
        return TLS_DER_KIND_CERTIFICATE;
    case TLS_DER_UTC_TIME: /* thisUpdate */
    case TLS_DER_GENERALIZED_TIME:
        return TLS_DER_KIND_CRL;
    case TLS_DER_CONTEXT_CONSTRUCTED(0): /* attributes */
        return TLS_DER_KIND_REQUEST;
    default:
        return TLS_DER_KIND_UNKNOWN;
    }
}

/* A SEQUENCE that begins with one. */
static enum tls_der_kind
kind_of_structure(tls_der *outer)
{
    tls_der first;

    tls_der_enter(outer, &first, TLS_DER_SEQUENCE);
    if (tls_der_peek(outer) == TLS_DER_OCTET_STRING) /* EncryptedPrivateKeyInfo */
        return TLS_DER_KIND_PRIVATE_KEY;
    if (tls_der_peek(outer) == TLS_DER_BIT_STRING) /* SubjectPublicKeyInfo */
        return TLS_DER_KIND_PUBLIC_KEY;
    tls_der_read(outer, TLS_DER_SEQUENCE);
    return tls_der_peek(outer) == TLS_DER_BIT_STRING ? kind_of_signed(&first)
                                                     : TLS_DER_KIND_UNKNOWN;
}

enum tls_der_kind
tls_der_kind(tls_bytes bytes)
{
    enum tls_der_kind kind = kind_of_container(bytes);
    uint64_t length = tls_der_length(bytes);
    tls_der der, outer;

    if (kind != TLS_DER_KIND_UNKNOWN)
        return kind;
    /* What follows does not hide what it is. */
    if (length != 0 && length < bytes.length)
        bytes.length = (size_t)length;
    tls_der_init(&der, bytes);
    tls_der_enter(&der, &outer, TLS_DER_SEQUENCE);
    switch (tls_der_peek(&outer)) {
    case TLS_DER_SEQUENCE:
        return kind_of_structure(&outer);
    case TLS_DER_ENUMERATED:
        return TLS_DER_KIND_OCSP_RESPONSE;
    case TLS_DER_INTEGER:
        tls_der_integer(&outer);
        if (tls_der_peek(&outer) == TLS_DER_INTEGER) {
            tls_der_integer(&outer);
            return tls_der_at_end(&outer) ? TLS_DER_KIND_PUBLIC_KEY : TLS_DER_KIND_PRIVATE_KEY;
        }
        return tls_der_at_end(&outer) ? TLS_DER_KIND_UNKNOWN : TLS_DER_KIND_PRIVATE_KEY;
    default:
        return TLS_DER_KIND_UNKNOWN;
    }
}
