/* base64.c - see base64.h. */
#include "asn1/base64.h"

#include "base/declassify.h"

/* What a character is besides a digit's value, 0..63. */
enum { PAD = 0xFD, SPACE = 0xFE, BAD = 0xFF };

/* between returns ones below bit 24 if first <= c <= last, else 0; all are below 256. */
static uint32_t
between(uint32_t c, uint32_t first, uint32_t last)
{
    return ((first - 1 - c) & (c - last - 1)) >> 8;
}

static uint32_t
value_of(unsigned char character)
{
    uint32_t c = character, value;

    value = between(c, 'A', 'Z') & (c - 'A' + 1);
    value |= between(c, 'a', 'z') & (c - 'a' + 27);
    value |= between(c, '0', '9') & (c - '0' + 53);
    value |= between(c, '+', '+') & 63;
    value |= between(c, '/', '/') & 64;
    value |= between(c, '=', '=') & (PAD + 1);
    value |= (between(c, '\t', '\r') | between(c, ' ', ' ')) & (SPACE + 1);
    return (value - 1) & 0xFF; /* none of these: BAD */
}

/* ---- Eight digits at once, a byte of a word each ---- */

#define EACH (~(uint64_t)0 / 255) /* 1 in each byte */

/* among returns all ones in each byte of c that is from first to last. Bytes of c are below 128, so
 * that nothing is borrowed from the byte beside. */
static uint64_t
among(uint64_t c, unsigned first, unsigned last)
{
    uint64_t top = EACH * 0x80;
    uint64_t is = ((c | top) - EACH * first) & ~((c | top) - EACH * (last + 1)) & top;

    return (is >> 7) * 255;
}

/* decode_eight makes six bytes of eight digits and returns 1, or 0 where anything else is among
 * them. */
static int
decode_eight(unsigned char *to, const unsigned char *p)
{
    uint64_t c = 0, upper, lower, number, plus, slash, value, other;
    int i;

    for (i = 0; i < 8; i++)
        c = c << 8 | p[i];
    other = c & EACH * 0x80;
    c &= ~other;
    upper = among(c, 'A', 'Z');
    lower = among(c, 'a', 'z');
    number = among(c, '0', '9');
    plus = among(c, '+', '+');
    slash = among(c, '/', '/');
    other |= ~(upper | lower | number | plus | slash);
    TLS_DECLASSIFY(&other, sizeof other); /* where lines end */
    if (other)
        return 0;
    value = (c & upper) - (upper & EACH * 'A');
    value |= (c & lower) - (lower & EACH * ('a' - 26));
    value |= (c & number) + (number & EACH * (52 - '0'));
    value |= (plus & EACH * 62) | (slash & EACH * 63);
    /* 6 bits of 8, then 12 of 16, then 24 of 32 */
    value = (value >> 2 & EACH / 257 * 0x0FC0) | (value & EACH / 257 * 0x003F);
    value = (value >> 4 & 0x00FFF00000FFF000) | (value & 0x00000FFF00000FFF);
    value = value >> 32 << 24 | (value & 0xFFFFFF);
    for (i = 0; i < 6; i++)
        to[i] = (unsigned char)(value >> (40 - 8 * i));
    return 1;
}

static unsigned char
digit_of(uint32_t value)
{
    uint32_t c = 'A' + value;

    c += ((25 - value) >> 8) & ('a' - 'Z' - 1);
    c -= ((51 - value) >> 8) & ('z' + 1 - '0');
    c -= ((61 - value) >> 8) & ('9' + 1 - '+');
    c += ((62 - value) >> 8) & ('/' - '+' - 1);
    return (unsigned char)c;
}

int
tls_base64_decode(tls_buffer *out, tls_bytes text)
{
    const unsigned char *p = text.data;
    const unsigned char *end = text.length ? p + text.length : p;
    unsigned char *to;
    uint32_t value, other, bits = 0;
    unsigned count = 0, padding = 0;

    to = tls_buffer_reserve(out, text.length / 4 * 3 + 3);
    if (to == NULL)
        return 0;
    while (p < end) {
        /* Between line ends: nearly everything. */
        while (count == 0 && end - p >= 8 && decode_eight(to, p)) {
            to += 6;
            p += 8;
        }
        if (p == end)
            break;
        value = value_of(*p++);
        other = value & (0 - (value >> 7));
        TLS_DECLASSIFY(&other, sizeof other); /* where lines end */
        if (other == SPACE)
            continue;
        if (other == PAD) {
            padding++;
            continue;
        }
        if (other == BAD || padding != 0)
            return 0;
        bits = (count ? bits << 6 : 0) | value;
        if (++count == 4) {
            to[0] = (unsigned char)(bits >> 16);
            to[1] = (unsigned char)(bits >> 8);
            to[2] = (unsigned char)bits;
            to += 3;
            count = 0;
        }
    }
    /* RFC 4648 section 4: what a last, incomplete group may be. Its spare bits must be zero, or two
     * texts would mean the same bytes (section 3.5). */
    if (padding != 0 && (padding > 2 || padding + count != 4))
        return 0;
    if (count == 1 || (count == 2 && (bits & 0x0F)) || (count == 3 && (bits & 0x03)))
        return 0;
    if (count == 2)
        *to++ = (unsigned char)(bits >> 4);
    if (count == 3) {
        *to++ = (unsigned char)(bits >> 10);
        *to++ = (unsigned char)(bits >> 2);
    }
    out->length = (size_t)(to - out->data);
    return 1;
}

static void
encode_group(tls_buffer *out, const unsigned char *p, size_t length)
{
    uint32_t bits = (uint32_t)p[0] << 16;
    unsigned char group[4];

    if (length > 1)
        bits |= (uint32_t)p[1] << 8;
    if (length > 2)
        bits |= p[2];
    group[0] = digit_of(bits >> 18);
    group[1] = digit_of(bits >> 12 & 63);
    group[2] = length > 1 ? digit_of(bits >> 6 & 63) : '=';
    group[3] = length > 2 ? digit_of(bits & 63) : '=';
    tls_buffer_append(out, group, 4);
}

void
tls_base64_encode(tls_buffer *out, tls_bytes bytes)
{
    size_t i;

    for (i = 0; i < bytes.length; i += 3)
        encode_group(out, bytes.data + i, bytes.length - i);
}
