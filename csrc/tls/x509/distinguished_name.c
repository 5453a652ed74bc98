/* distinguished_name.c - see distinguished_name.h. */
#include "x509/distinguished_name.h"

#include <string.h>

void
tls_name_begin(tls_name_reader *reader, tls_bytes name)
{
    tls_der der;

    memset(reader, 0, sizeof *reader);
    tls_der_init(&der, name);
    tls_der_enter(&der, &reader->rdns, TLS_DER_SEQUENCE);
    if (!tls_der_finish(&der))
        tls_der_fail(&reader->rdns);
}

int
tls_name_next(tls_name_reader *reader, tls_name_attribute *attribute)
{
    tls_der pair;

    if (!reader->started || tls_der_at_end(&reader->attributes)) {
        if (tls_der_at_end(&reader->rdns))
            return 0;
        if (reader->started)
            reader->rdn++;
        reader->started = 1;
        tls_der_enter(&reader->rdns, &reader->attributes, TLS_DER_SET);
        /* SET SIZE (1..MAX) */
        if (tls_der_at_end(&reader->attributes)) {
            tls_der_fail(&reader->rdns);
            return 0;
        }
    }
    tls_der_enter(&reader->attributes, &pair, TLS_DER_SEQUENCE);
    attribute->oid = tls_der_oid(&pair);
    attribute->value = tls_der_read_any(&pair, &attribute->tag, NULL);
    attribute->rdn = reader->rdn;
    tls_der_leave(&reader->attributes, &pair);
    if (tls_der_failed(&reader->attributes)) {
        tls_der_fail(&reader->rdns);
        return 0;
    }
    return 1;
}

int
tls_name_check(tls_bytes name)
{
    tls_name_reader reader;
    tls_name_attribute attribute;

    tls_name_begin(&reader, name);
    while (tls_name_next(&reader, &attribute))
        ;
    return tls_der_finish(&reader.rdns);
}

int
tls_name_is_empty(tls_bytes name)
{
    return name.length <= 2;
}

/* ---- Strings ---- */

static void
append_code_point(tls_buffer *out, uint32_t c)
{
    unsigned char utf8[4];
    size_t length;

    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        c = 0xFFFD;
    if (c < 0x80) {
        utf8[0] = (unsigned char)c;
        length = 1;
    } else if (c < 0x800) {
        utf8[0] = (unsigned char)(0xC0 | c >> 6);
        utf8[1] = (unsigned char)(0x80 | (c & 0x3F));
        length = 2;
    } else if (c < 0x10000) {
        utf8[0] = (unsigned char)(0xE0 | c >> 12);
        utf8[1] = (unsigned char)(0x80 | (c >> 6 & 0x3F));
        utf8[2] = (unsigned char)(0x80 | (c & 0x3F));
        length = 3;
    } else {
        utf8[0] = (unsigned char)(0xF0 | c >> 18);
        utf8[1] = (unsigned char)(0x80 | (c >> 12 & 0x3F));
        utf8[2] = (unsigned char)(0x80 | (c >> 6 & 0x3F));
        utf8[3] = (unsigned char)(0x80 | (c & 0x3F));
        length = 4;
    }
    tls_buffer_append(out, utf8, length);
}

/* next_utf8 reads one code point at `*at`; U+FFFD, and one byte, for what is not well formed
 * (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
static uint32_t
next_utf8(tls_bytes text, size_t *at)
{
    const unsigned char *p = text.data + *at;
    size_t left = text.length - *at;
    uint32_t c = p[0], lowest;
    size_t length, i;

    (*at)++;
    if (c < 0x80)
        return c;
    if (c >= 0xC2 && c <= 0xDF) {
        length = 2;
        c &= 0x1F;
        lowest = 0x80;
    } else if (c >= 0xE0 && c <= 0xEF) {
        length = 3;
        c &= 0x0F;
        lowest = 0x800;
    } else if (c >= 0xF0 && c <= 0xF4) {
        length = 4;
        c &= 0x07;
        lowest = 0x10000;
    } else {
        return 0xFFFD;
    }
    if (left < length)
        return 0xFFFD;
    for (i = 1; i < length; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0xFFFD;
        c = c << 6 | (p[i] & 0x3F);
    }
    if (c < lowest || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return 0xFFFD;
    *at += length - 1;
    return c;
}

uint32_t
tls_name_next_character(unsigned tag, tls_bytes text, size_t *at)
{
    const unsigned char *p = text.data + *at;
    size_t left = text.length - *at;
    uint32_t c;

    switch (tag) {
    case TLS_DER_BMP_STRING:
        if (left < 2)
            break;
        c = tls_get16(p);
        *at += 2;
        /* BMPString is UCS-2, but writers put UTF-16 pairs into it. */
        if (c >= 0xD800 && c <= 0xDBFF && left >= 4 && (p[2] & 0xFC) == 0xDC) {
            *at += 2;
            return 0x10000 + ((c & 0x3FF) << 10) + (tls_get16(p + 2) & 0x3FF);
        }
        return c;
    case TLS_DER_UNIVERSAL_STRING:
        if (left < 4)
            break;
        *at += 4;
        return tls_get16(p) << 16 | tls_get16(p + 2);
    case TLS_DER_T61_STRING:
        *at += 1;
        return p[0];
    case TLS_DER_UTF8_STRING:
        return next_utf8(text, at);
    default:
        *at += 1;
        return p[0] < 0x80 ? p[0] : 0xFFFD;
    }
    *at = text.length;
    return 0xFFFD;
}

int
tls_name_is_string(unsigned tag)
{
    switch (tag) {
    case TLS_DER_UTF8_STRING:
    case TLS_DER_NUMERIC_STRING:
    case TLS_DER_PRINTABLE_STRING:
    case TLS_DER_T61_STRING:
    case TLS_DER_IA5_STRING:
    case TLS_DER_VISIBLE_STRING:
    case TLS_DER_UNIVERSAL_STRING:
    case TLS_DER_BMP_STRING:
        return 1;
    default:
        return 0;
    }
}

static void
append_hex(tls_buffer *out, tls_bytes bytes)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char *p = tls_buffer_reserve(out, bytes.length * 2 + 1);
    size_t i;

    if (p == NULL)
        return;
    for (i = 0; i < bytes.length; i++) {
        p[2 * i] = (unsigned char)digits[bytes.data[i] >> 4];
        p[2 * i + 1] = (unsigned char)digits[bytes.data[i] & 15];
    }
    out->length += bytes.length * 2;
}

/* append_hex_value: RFC 4514 section 2.4, "#" and the whole BER encoding of the value. */
static void
append_hex_value(tls_buffer *out, unsigned tag, tls_bytes value)
{
    unsigned char header[6];
    size_t at = sizeof header, length = value.length;
    unsigned count = 0;

    if (length < 0x80) {
        header[--at] = (unsigned char)length;
    } else {
        for (; length != 0; length >>= 8, count++)
            header[--at] = (unsigned char)length;
        header[--at] = (unsigned char)(0x80 | count);
    }
    header[--at] = (unsigned char)tag;
    tls_buffer_append(out, "#", 1);
    append_hex(out, tls_bytes_make(header + at, sizeof header - at));
    append_hex(out, value);
}

int
tls_name_string_utf8(tls_buffer *out, unsigned tag, tls_bytes value)
{
    size_t at = 0;

    if (!tls_name_is_string(tag)) {
        append_hex_value(out, tag, value);
        return 0;
    }
    while (at < value.length)
        append_code_point(out, tls_name_next_character(tag, value, &at));
    return 1;
}

/* ---- Text, RFC 4514 ---- */

static const struct keyword {
    const char *name;
    unsigned char length;
    unsigned char oid[10];
} keywords[] = {
    {"CN", 3, {0x55, 4, 3}},
    {"SN", 3, {0x55, 4, 4}},
    {"serialNumber", 3, {0x55, 4, 5}},
    {"C", 3, {0x55, 4, 6}},
    {"L", 3, {0x55, 4, 7}},
    {"ST", 3, {0x55, 4, 8}},
    {"street", 3, {0x55, 4, 9}},
    {"O", 3, {0x55, 4, 10}},
    {"OU", 3, {0x55, 4, 11}},
    {"title", 3, {0x55, 4, 12}},
    {"description", 3, {0x55, 4, 13}},
    {"businessCategory", 3, {0x55, 4, 15}},
    {"postalAddress", 3, {0x55, 4, 16}},
    {"postalCode", 3, {0x55, 4, 17}},
    {"postOfficeBox", 3, {0x55, 4, 18}},
    {"telephoneNumber", 3, {0x55, 4, 20}},
    {"name", 3, {0x55, 4, 41}},
    {"GN", 3, {0x55, 4, 42}},
    {"initials", 3, {0x55, 4, 43}},
    {"generationQualifier", 3, {0x55, 4, 44}},
    {"x500UniqueIdentifier", 3, {0x55, 4, 45}},
    {"dnQualifier", 3, {0x55, 4, 46}},
    {"pseudonym", 3, {0x55, 4, 65}},
    {"role", 3, {0x55, 4, 72}},
    {"organizationIdentifier", 3, {0x55, 4, 97}},
    {"emailAddress", 9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1}},
    {"DC", 10, {0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 25}},
    {"UID", 10, {0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 1}},
};

const char *
tls_name_attribute_keyword(tls_bytes oid)
{
    size_t i;

    for (i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (keywords[i].length == oid.length && memcmp(keywords[i].oid, oid.data, oid.length) == 0)
            return keywords[i].name;
    return NULL;
}

static int
equal_without_case(tls_bytes text, const char *name)
{
    size_t i;
    unsigned char a, b;

    if (text.length != strlen(name))
        return 0;
    for (i = 0; i < text.length; i++) {
        a = text.data[i];
        b = (unsigned char)name[i];
        if (a != b && ((a | 0x20) != (b | 0x20) || (a | 0x20) < 'a' || (a | 0x20) > 'z'))
            return 0;
    }
    return 1;
}

tls_bytes
tls_name_attribute_oid(tls_bytes keyword)
{
    size_t i;

    for (i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (equal_without_case(keyword, keywords[i].name))
            return tls_bytes_make(keywords[i].oid, keywords[i].length);
    return tls_bytes_make(NULL, 0);
}

/* append_escaped escapes as RFC 4514 section 2.4 demands; control characters too, so that a line of
 * a log stays one line. */
static void
append_escaped(tls_buffer *out, tls_bytes text)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t i;
    unsigned char c;
    char escape[3];

    for (i = 0; i < text.length; i++) {
        c = text.data[i];
        escape[0] = '\\';
        if (c < 0x20 || c == 0x7F) {
            escape[1] = digits[c >> 4];
            escape[2] = digits[c & 15];
            tls_buffer_append(out, escape, 3);
        } else {
            if (strchr("\"+,;<>\\", c) != NULL || (i == 0 && (c == '#' || c == ' ')) ||
                (i + 1 == text.length && c == ' '))
                tls_buffer_append(out, escape, 1);
            tls_buffer_append(out, &c, 1);
        }
    }
}

static void
append_attribute(tls_buffer *out, tls_buffer *scratch, const tls_name_attribute *attribute)
{
    const char *keyword = tls_name_attribute_keyword(attribute->oid);

    if (keyword != NULL)
        tls_buffer_append(out, keyword, strlen(keyword));
    else
        tls_oid_text(out, attribute->oid);
    tls_buffer_append(out, "=", 1);
    if (keyword == NULL || !tls_name_is_string(attribute->tag)) {
        append_hex_value(out, attribute->tag, attribute->value);
        return;
    }
    tls_buffer_clear(scratch);
    tls_name_string_utf8(scratch, attribute->tag, attribute->value);
    append_escaped(out, tls_buffer_view(scratch));
    out->failed |= scratch->failed;
}

/* More attributes than this no text will show. */
#define TEXT_MAXIMUM 64

/* The encoding has the most significant RDN first, the text last. */
void
tls_name_text(tls_buffer *out, tls_bytes name)
{
    tls_buffer scratch = {NULL, 0, 0, 0};
    tls_name_attribute attributes[TEXT_MAXIMUM];
    tls_name_reader reader;
    size_t count = 0, i;

    tls_name_begin(&reader, name);
    while (count < TEXT_MAXIMUM && tls_name_next(&reader, &attributes[count]))
        count++;
    for (i = count; i-- > 0;) {
        if (i + 1 != count)
            tls_buffer_append(out, attributes[i].rdn == attributes[i + 1].rdn ? "+" : ",", 1);
        append_attribute(out, &scratch, &attributes[i]);
    }
    tls_buffer_release(&scratch);
}
