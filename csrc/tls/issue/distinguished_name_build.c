/* distinguished_name_build.c - see distinguished_name_build.h. */
#include "issue/distinguished_name_build.h"

#include <string.h>

#include "asn1/der_write.h"

#define TYPE_MAXIMUM_LENGTH 128

int
tls_name_type(tls_buffer *out, tls_bytes type)
{
    tls_bytes oid = tls_name_attribute_oid(type);
    char text[TYPE_MAXIMUM_LENGTH];
    size_t before = out->length;

    if (oid.length != 0) {
        tls_buffer_append(out, oid.data, oid.length);
        return 1;
    }
    if (type.length > 4 && memcmp(type.data, "OID.", 4) == 0) /* RFC 2253 section 4 */
        type = tls_bytes_make(type.data + 4, type.length - 4);
    if (type.length == 0 || type.length >= sizeof text ||
        memchr(type.data, '\0', type.length) != NULL)
        return 0;
    memcpy(text, type.data, type.length);
    text[type.length] = '\0';
    if (tls_oid_from_text(out, text))
        return 1;
    if (!out->failed)
        out->length = before;
    return 0;
}

/* ---- From parts ---- */

/* Which string type an attribute has, RFC 5280 appendix A.1 and RFC 4519. */
static unsigned
string_tag(tls_bytes oid)
{
    static const unsigned char email[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1};
    static const unsigned char component[] = {
        0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 25};

    if (tls_bytes_equal(oid, tls_bytes_make(email, sizeof email)) ||
        tls_bytes_equal(oid, tls_bytes_make(component, sizeof component)))
        return TLS_DER_IA5_STRING;
    if (oid.length == 3 && oid.data[0] == 0x55 && oid.data[1] == 4 &&
        (oid.data[2] == 5 || oid.data[2] == 6 || oid.data[2] == 46))
        return TLS_DER_PRINTABLE_STRING;
    return TLS_DER_UTF8_STRING;
}

static int
is_printable(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(" '()+,-./:=?", c) != NULL);
}

static int
is_letter(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* is_utf8: what is not well formed does not survive being read. */
static int
is_utf8(tls_bytes value, int *no_memory)
{
    tls_buffer copy = {NULL, 0, 0, 0};
    int equal;

    tls_name_string_utf8(&copy, TLS_DER_UTF8_STRING, value);
    *no_memory |= copy.failed;
    equal = tls_bytes_equal(tls_buffer_view(&copy), value);
    tls_buffer_release(&copy);
    return equal;
}

static enum tls_reason
check_string(unsigned tag, tls_bytes oid, tls_bytes value)
{
    size_t i;
    int no_memory = 0;

    if (value.length == 0 || memchr(value.data, '\0', value.length) != NULL)
        return TLS_REASON_BAD_NAME;
    if (tag == TLS_DER_UTF8_STRING) {
        if (is_utf8(value, &no_memory))
            return TLS_OK;
        return no_memory ? TLS_REASON_OUT_OF_MEMORY : TLS_REASON_BAD_NAME;
    }
    for (i = 0; i < value.length; i++)
        if (value.data[i] >= 0x80 ||
            (tag == TLS_DER_PRINTABLE_STRING && !is_printable(value.data[i])))
            return TLS_REASON_BAD_NAME;
    /* countryName: two letters, ISO 3166 */
    if (oid.length == 3 && oid.data[2] == 6 && tag == TLS_DER_PRINTABLE_STRING &&
        (value.length != 2 || !is_letter(value.data[0]) || !is_letter(value.data[1])))
        return TLS_REASON_BAD_NAME;
    return TLS_OK;
}

/* put_attribute appends one AttributeTypeAndValue. */
static enum tls_reason
put_attribute(tls_buffer *out, const tls_name_part *part)
{
    size_t mark = tls_der_open(out, TLS_DER_SEQUENCE), type;
    tls_bytes oid;
    unsigned tag;
    enum tls_reason reason;
    tls_der der;

    type = tls_der_open(out, TLS_DER_OID);
    if (!tls_name_type(out, part->type))
        return out->failed ? TLS_REASON_OUT_OF_MEMORY : TLS_REASON_BAD_NAME;
    if (out->failed)
        return TLS_REASON_OUT_OF_MEMORY;
    oid = tls_bytes_make(out->data + type, out->length - type);
    if (part->encoded) {
        tls_der_close(out, type);
        tls_der_init(&der, part->value);
        tls_der_read_any(&der, NULL, NULL);
        if (!tls_der_finish(&der))
            return TLS_REASON_BAD_NAME;
        tls_der_put_encoded(out, part->value);
    } else {
        tag = string_tag(oid);
        reason = check_string(tag, oid, part->value);
        if (reason != TLS_OK)
            return reason;
        tls_der_close(out, type);
        tls_der_put(out, tag, part->value);
    }
    tls_der_close(out, mark);
    return TLS_OK;
}

static int
comes_before(tls_bytes a, tls_bytes b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter != 0 ? memcmp(a.data, b.data, shorter) : 0;

    return order < 0 || (order == 0 && a.length < b.length);
}

/* put_rdn appends a RelativeDistinguishedName: a SET OF, which DER sorts by encoding (X.690 section
 * 11.6). `count` is at most TLS_NAME_PARTS_MAXIMUM. */
static enum tls_reason
put_rdn(tls_buffer *out, tls_buffer *scratch, const tls_name_part *parts, size_t count)
{
    tls_bytes elements[TLS_NAME_PARTS_MAXIMUM], moved;
    size_t ends[TLS_NAME_PARTS_MAXIMUM];
    enum tls_reason reason;
    size_t i, j, mark;

    tls_buffer_clear(scratch);
    for (i = 0; i < count; i++) {
        reason = put_attribute(scratch, &parts[i]);
        if (reason == TLS_OK && scratch->failed)
            reason = TLS_REASON_OUT_OF_MEMORY;
        if (reason != TLS_OK)
            return reason;
        ends[i] = scratch->length;
    }
    for (i = 0; i < count; i++) {
        size_t start = i == 0 ? 0 : ends[i - 1];

        moved = tls_bytes_make(scratch->data + start, ends[i] - start);
        for (j = i; j > 0 && comes_before(moved, elements[j - 1]); j--)
            elements[j] = elements[j - 1];
        elements[j] = moved;
    }
    mark = tls_der_open(out, TLS_DER_SET);
    for (i = 0; i < count; i++)
        tls_der_put_encoded(out, elements[i]);
    tls_der_close(out, mark);
    return TLS_OK;
}

enum tls_reason
tls_name_build(tls_buffer *out, const tls_name_part *parts, size_t count)
{
    tls_buffer scratch = {NULL, 0, 0, 0};
    enum tls_reason reason = TLS_OK;
    size_t start = out->length, mark, i, n;

    if (count > TLS_NAME_PARTS_MAXIMUM)
        return TLS_REASON_LIMIT;
    mark = tls_der_open(out, TLS_DER_SEQUENCE);
    for (i = 0; i < count && reason == TLS_OK; i += n) {
        for (n = 1; i + n < count && parts[i + n].joined; n++)
            ;
        reason = put_rdn(out, &scratch, parts + i, n);
    }
    tls_der_close(out, mark);
    tls_buffer_release(&scratch);
    if (out->failed)
        return TLS_REASON_OUT_OF_MEMORY;
    if (reason != TLS_OK)
        out->length = start;
    return reason;
}

/* ---- From text, RFC 4514 section 3 ---- */

static int
hex_digit(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* hex_pair returns the byte at `p`, or -1. */
static int
hex_pair(const unsigned char *p, const unsigned char *end)
{
    int high, low;

    if (end - p < 2)
        return -1;
    high = hex_digit(p[0]);
    low = hex_digit(p[1]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static const unsigned char *
skip_spaces(const unsigned char *p, const unsigned char *end)
{
    while (p < end && *p == ' ')
        p++;
    return p;
}

/* read_hex_value reads behind "#". Returns where it ends, or NULL. */
static const unsigned char *
read_hex_value(tls_buffer *values, const unsigned char *p, const unsigned char *end)
{
    unsigned char byte;
    int value;

    while ((value = hex_pair(p, end)) >= 0) {
        byte = (unsigned char)value;
        tls_buffer_append(values, &byte, 1);
        p += 2;
    }
    p = skip_spaces(p, end);
    return p == end || *p == ',' || *p == '+' || *p == ';' ? p : NULL;
}

/* read_string_value undoes the escapes up to the next separator. Returns where it ends, or NULL. */
static const unsigned char *
read_string_value(tls_buffer *values, const unsigned char *p, const unsigned char *end)
{
    size_t keep = values->length; /* spaces after this are not part of the value */
    unsigned char c;
    int value;

    while (p < end && *p != ',' && *p != '+' && *p != ';') {
        c = *p++;
        if (c == '"' || c == '<' || c == '>' || c == '\0')
            return NULL;
        if (c != '\\') {
            tls_buffer_append(values, &c, 1);
            if (c != ' ')
                keep = values->length;
            continue;
        }
        if (p == end)
            return NULL;
        value = hex_pair(p, end);
        if (value >= 0) {
            c = (unsigned char)value;
            p += 2;
        } else {
            c = *p++;
            if (c == '\0' || strchr(" \"#+,;<=>\\", c) == NULL)
                return NULL;
        }
        tls_buffer_append(values, &c, 1);
        keep = values->length;
    }
    if (!values->failed)
        values->length = keep;
    return p;
}

enum tls_reason
tls_name_from_text(tls_buffer *out, tls_bytes text)
{
    tls_name_part parts[TLS_NAME_PARTS_MAXIMUM], ordered[TLS_NAME_PARTS_MAXIMUM];
    size_t starts[TLS_NAME_PARTS_MAXIMUM + 1];
    tls_buffer values = {NULL, 0, 0, 0};
    const unsigned char *p = text.data, *end = text.length != 0 ? p + text.length : p, *type;
    enum tls_reason reason = TLS_REASON_BAD_NAME;
    size_t count = 0, i, n, last;

    p = skip_spaces(p, end);
    while (p < end || count != 0) {
        if (count == TLS_NAME_PARTS_MAXIMUM)
            goto done;
        memset(&parts[count], 0, sizeof parts[count]);
        parts[count].joined = count != 0 && p[-1] == '+';
        type = p = skip_spaces(p, end);
        while (p < end && *p != '=' && *p != ' ' && *p != ',')
            p++;
        parts[count].type = tls_bytes_make(type, (size_t)(p - type));
        p = skip_spaces(p, end);
        if (p == end || *p != '=')
            goto done;
        p = skip_spaces(p + 1, end);
        starts[count] = values.length;
        parts[count].encoded = p < end && *p == '#';
        p = parts[count].encoded ? read_hex_value(&values, p + 1, end)
                                 : read_string_value(&values, p, end);
        if (p == NULL)
            goto done;
        count++;
        if (p == end)
            break;
        p++;
    }
    if (values.failed) {
        reason = TLS_REASON_OUT_OF_MEMORY;
        goto done;
    }
    starts[count] = values.length;
    for (i = 0; i < count; i++)
        parts[i].value = tls_bytes_make(
            values.data == NULL ? NULL : values.data + starts[i], starts[i + 1] - starts[i]);
    /* The text has the last RDN first. */
    for (last = count, n = 0; last > 0; last = i) {
        for (i = last - 1; parts[i].joined; i--)
            ;
        memcpy(ordered + n, parts + i, (last - i) * sizeof parts[0]);
        n += last - i;
    }
    reason = tls_name_build(out, ordered, count);
done:
    if (values.failed)
        reason = TLS_REASON_OUT_OF_MEMORY;
    tls_buffer_release(&values);
    return reason;
}
