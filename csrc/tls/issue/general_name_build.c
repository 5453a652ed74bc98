/* general_name_build.c - see general_name_build.h. */
#include "issue/general_name_build.h"

#include <string.h>

#include "asn1/der_write.h"
#include "issue/distinguished_name_build.h"
#include "x509/hostname.h"
#include "x509/name_constraints.h"

#define OID_TEXT_MAXIMUM_LENGTH 256

static int
is_ascii(tls_bytes text)
{
    size_t i;

    for (i = 0; i < text.length; i++)
        if (text.data[i] <= 0x20 || text.data[i] >= 0x7F)
            return 0;
    return 1;
}

/* A host name, "*." before it, or in constraints a dot before it, or nothing. */
static int
is_dns(tls_bytes text, int constraint)
{
    if (constraint && text.length == 0)
        return 1;
    if (constraint && text.data[0] == '.')
        text = tls_bytes_make(text.data + 1, text.length - 1);
    else if (!constraint && text.length > 2 && memcmp(text.data, "*.", 2) == 0)
        text = tls_bytes_make(text.data + 2, text.length - 2);
    return tls_hostname_is_valid(text);
}

static int
is_email(tls_bytes text, int constraint)
{
    const unsigned char *at = text.length != 0 ? memchr(text.data, '@', text.length) : NULL;

    if (at == NULL)
        return constraint && is_dns(text, 1);
    return at != text.data && tls_hostname_is_valid(tls_bytes_make(
                                  at + 1, text.length - (size_t)(at + 1 - text.data)));
}

/* RFC 3986 section 3.1: a scheme, which begins with a letter, a colon, and something behind it. */
static int
is_uri(tls_bytes text)
{
    size_t i;
    unsigned char c;

    for (i = 0; i < text.length && text.data[i] != ':'; i++) {
        c = text.data[i] | 0x20;
        if ((c < 'a' || c > 'z') && (i == 0 || (strchr("+-.", text.data[i]) == NULL &&
                                                   (text.data[i] < '0' || text.data[i] > '9'))))
            return 0;
    }
    return i > 0 && i + 1 < text.length;
}

/* put_mask appends the mask of a prefix length, "24", or of an address, "255.255.255.0". */
static int
put_mask(tls_buffer *out, tls_bytes text, size_t length)
{
    unsigned char mask[16];
    unsigned bits = 0;
    size_t i;

    if (tls_address_parse(mask, text) == length &&
        tls_address_mask_is_valid(tls_bytes_make(mask, length))) {
        tls_buffer_append(out, mask, length);
        return 1;
    }
    if (text.length == 0 || text.length > 3)
        return 0;
    for (i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return 0;
        bits = bits * 10 + (unsigned)(text.data[i] - '0');
    }
    if (bits > length * 8)
        return 0;
    memset(mask, 0, sizeof mask);
    for (i = 0; i < bits; i++)
        mask[i / 8] |= (unsigned char)(0x80 >> i % 8);
    tls_buffer_append(out, mask, length);
    return 1;
}

static int
put_address(tls_buffer *out, tls_bytes text, int constraint)
{
    const unsigned char *slash = text.length != 0 ? memchr(text.data, '/', text.length) : NULL;
    unsigned char address[16];
    size_t length, before = out->length;

    if (constraint != (slash != NULL))
        return 0;
    length = tls_address_parse(
        address, slash == NULL ? text : tls_bytes_make(text.data, (size_t)(slash - text.data)));
    if (length == 0)
        return 0;
    tls_buffer_append(out, address, length);
    if (slash == NULL ||
        put_mask(
            out, tls_bytes_make(slash + 1, text.length - (size_t)(slash + 1 - text.data)), length))
        return 1;
    if (!out->failed)
        out->length = before;
    return 0;
}

static int
put_oid(tls_buffer *out, tls_bytes text)
{
    char string[OID_TEXT_MAXIMUM_LENGTH];
    size_t before = out->length;

    if (text.length >= sizeof string || !is_ascii(text))
        return 0;
    if (text.length != 0)
        memcpy(string, text.data, text.length);
    string[text.length] = '\0';
    if (tls_oid_from_text(out, string))
        return 1;
    if (!out->failed)
        out->length = before;
    return 0;
}

enum tls_reason
tls_general_name_from_text(
    tls_buffer *out, enum tls_general_name_kind kind, tls_bytes text, int constraint)
{
    int good = is_ascii(text);

    switch (kind) {
    case TLS_NAME_DIRECTORY:
        return tls_name_from_text(out, text);
    case TLS_NAME_EMAIL:
        good = good && is_email(text, constraint);
        break;
    case TLS_NAME_DNS:
        good = good && is_dns(text, constraint);
        break;
    case TLS_NAME_URI: /* a constraint is about the host */
        good = good && (constraint ? is_dns(text, 1) : is_uri(text));
        break;
    case TLS_NAME_IP:
        good = good && put_address(out, text, constraint);
        break;
    case TLS_NAME_REGISTERED_ID:
        good = put_oid(out, text);
        break;
    default:
        good = 0;
    }
    if (good && (kind == TLS_NAME_EMAIL || kind == TLS_NAME_DNS || kind == TLS_NAME_URI))
        tls_buffer_append(out, text.data, text.length);
    if (out->failed)
        return TLS_REASON_OUT_OF_MEMORY;
    return good ? TLS_OK : TLS_REASON_BAD_NAME;
}

int
tls_general_name_kind_from_text(tls_bytes text)
{
    const char *name;
    size_t i;
    int kind;

    for (kind = TLS_NAME_OTHER; kind <= TLS_NAME_REGISTERED_ID; kind++) {
        name = tls_general_name_kind_name((enum tls_general_name_kind)kind);
        if (strlen(name) != text.length)
            continue;
        for (i = 0; i < text.length && (text.data[i] | 0x20) == (name[i] | 0x20); i++)
            ;
        if (i == text.length)
            return kind;
    }
    return -1;
}

void
tls_general_name_write(tls_buffer *out, const tls_general_name *name)
{
    size_t mark;

    switch (name->kind) {
    case TLS_NAME_DIRECTORY: /* Name is a CHOICE, so its tag is explicit. */
        mark = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(name->kind));
        tls_der_put_encoded(out, name->value);
        tls_der_close(out, mark);
        break;
    case TLS_NAME_OTHER:
    case TLS_NAME_X400:
    case TLS_NAME_EDI_PARTY:
        tls_der_put(out, TLS_DER_CONTEXT_CONSTRUCTED(name->kind), name->value);
        break;
    default:
        tls_der_put(out, TLS_DER_CONTEXT(name->kind), name->value);
    }
}

void
tls_general_names_write(tls_buffer *out, const tls_general_name *names, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        tls_general_name_write(out, &names[i]);
}
