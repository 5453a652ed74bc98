/* der_write.c - see der_write.h. X.690 numbers below. */
#include "asn1/der_write.h"

#include <string.h>

/* length_write writes the length octets of 8.1.3 and returns how many there are. */
static size_t
length_write(unsigned char out[5], size_t length)
{
    size_t count = 0, rest;

    if (length < 0x80) {
        out[0] = (unsigned char)length;
        return 1;
    }
    for (rest = length; rest != 0; rest >>= 8)
        count++;
    out[0] = (unsigned char)(0x80 | count);
    for (rest = count; rest > 0; rest--, length >>= 8)
        out[rest] = (unsigned char)length;
    return count + 1;
}

size_t
tls_der_open(tls_buffer *out, unsigned tag)
{
    unsigned char header[2] = {(unsigned char)tag, 0};

    tls_buffer_append(out, header, 2);
    return out->length;
}

void
tls_der_close(tls_buffer *out, size_t mark)
{
    unsigned char octets[5];
    size_t length, count;

    if (out->failed)
        return;
    length = out->length - mark;
    if (length > 0xFFFFFFFFu) {
        out->failed = 1;
        return;
    }
    /* One octet was left for the length: longer ones push the contents back. */
    count = length_write(octets, length);
    if (tls_buffer_reserve(out, count - 1) == NULL && count > 1)
        return;
    if (count > 1)
        memmove(out->data + mark + count - 1, out->data + mark, length);
    memcpy(out->data + mark - 1, octets, count);
    out->length += count - 1;
}

void
tls_der_put(tls_buffer *out, unsigned tag, tls_bytes contents)
{
    unsigned char header[6];
    size_t count;

    if (contents.length > 0xFFFFFFFFu) {
        out->failed = 1;
        return;
    }
    header[0] = (unsigned char)tag;
    count = length_write(header + 1, contents.length);
    tls_buffer_append(out, header, count + 1);
    tls_buffer_append(out, contents.data, contents.length);
}

void
tls_der_put_encoded(tls_buffer *out, tls_bytes elements)
{
    tls_buffer_append(out, elements.data, elements.length);
}

void
tls_der_put_null(tls_buffer *out)
{
    tls_der_put(out, TLS_DER_NULL, tls_bytes_make(NULL, 0));
}

void
tls_der_put_boolean(tls_buffer *out, int value)
{
    unsigned char octet = value ? 0xFF : 0x00; /* 11.1 */

    tls_der_put(out, TLS_DER_BOOLEAN, tls_bytes_make(&octet, 1));
}

void
tls_der_put_small(tls_buffer *out, uint32_t value)
{
    unsigned char octets[4];

    tls_put16(octets, value >> 16);
    tls_put16(octets + 2, value & 0xFFFF);
    tls_der_put_unsigned(out, TLS_DER_INTEGER, tls_bytes_make(octets, 4));
}

void
tls_der_put_unsigned(tls_buffer *out, unsigned tag, tls_bytes number)
{
    static const unsigned char zero = 0;
    size_t mark;

    while (number.length > 0 && number.data[0] == 0)
        number = tls_bytes_make(number.data + 1, number.length - 1);
    mark = tls_der_open(out, tag);
    /* 8.3.3: two's complement, so a set top bit needs a zero before it. */
    if (number.length == 0 || number.data[0] >= 0x80)
        tls_buffer_append(out, &zero, 1);
    tls_buffer_append(out, number.data, number.length);
    tls_der_close(out, mark);
}

void
tls_der_put_oid(tls_buffer *out, tls_bytes oid)
{
    tls_der_put(out, TLS_DER_OID, oid);
}

void
tls_der_put_bit_string(tls_buffer *out, tls_bytes bytes)
{
    static const unsigned char unused = 0;
    size_t mark = tls_der_open(out, TLS_DER_BIT_STRING);

    tls_buffer_append(out, &unused, 1);
    tls_buffer_append(out, bytes.data, bytes.length);
    tls_der_close(out, mark);
}

void
tls_der_put_named_bits(tls_buffer *out, unsigned tag, uint32_t bits)
{
    unsigned char contents[5] = {0, 0, 0, 0, 0};
    unsigned i, last = 0;

    for (i = 0; i < 32; i++) {
        if ((bits >> i & 1) != 0) {
            contents[1 + i / 8] |= (unsigned char)(0x80 >> i % 8);
            last = i;
        }
    }
    if (bits == 0) {
        tls_der_put(out, tag, tls_bytes_make(contents, 1));
        return;
    }
    contents[0] = (unsigned char)(7 - last % 8);
    tls_der_put(out, tag, tls_bytes_make(contents, 2 + last / 8));
}

int
tls_der_time_is_writable(int64_t seconds)
{
    return seconds >= tls_time_from_date(0, 1, 1, 0, 0, 0) &&
           seconds <= tls_time_from_date(9999, 12, 31, 23, 59, 59);
}

/* put_time_text writes YYYYMMDDHHMMSSZ from `skip` on. */
static void
put_time_text(tls_buffer *out, unsigned tag, int64_t seconds, size_t skip)
{
    char text[21], digits[16];
    size_t i, count = 0;

    tls_time_text(text, seconds); /* 2026-01-31T23:59:59Z */
    for (i = 0; text[i] != '\0' && count < 15; i++)
        if (text[i] != '-' && text[i] != 'T' && text[i] != ':')
            digits[count++] = text[i];
    tls_der_put(out, tag, tls_bytes_make(digits + skip, count - skip));
}

void
tls_der_put_time(tls_buffer *out, int64_t seconds)
{
    if (seconds >= tls_time_from_date(1950, 1, 1, 0, 0, 0) &&
        seconds < tls_time_from_date(2050, 1, 1, 0, 0, 0))
        put_time_text(out, TLS_DER_UTC_TIME, seconds, 2);
    else
        put_time_text(out, TLS_DER_GENERALIZED_TIME, seconds, 0);
}

void
tls_der_put_generalized_time(tls_buffer *out, int64_t seconds)
{
    put_time_text(out, TLS_DER_GENERALIZED_TIME, seconds, 0);
}
