/* pem.c - see pem.h. */
#include "asn1/pem.h"

#include <string.h>

enum { SPACE = 0xFE, BAD = 0xFF, PAD = 0xFD };

#define B BAD
#define S SPACE
/* What a character stands for: 0..63, SPACE, PAD or BAD. All three have the top bit, so four
 * characters are checked with one OR. */
static const unsigned char base64_value[256] = {B, B, B, B, B, B, B, B, B, S, S, S, S, S, B, B, B,
    B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, S, B, B, B, B, B, B, B, B, B, B, 62, B, B, B, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, B, B, B, PAD, B, B, B, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, B, B, B, B, B, B, 26, 27, 28, 29,
    30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, B, B, B,
    B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    B, B};
#undef B
#undef S

int
tls_base64_decode(tls_buffer *out, tls_bytes text)
{
    const unsigned char *p = text.data;
    const unsigned char *end = text.length ? p + text.length : p;
    unsigned char *to;
    uint32_t a, b, c, d, bits = 0;
    unsigned count = 0, padding = 0;

    to = tls_buffer_reserve(out, text.length / 4 * 3 + 3);
    if (to == NULL)
        return 0;
    while (p < end) {
        /* Whole groups between line ends: nearly everything. */
        while (count == 0 && end - p >= 4) {
            a = base64_value[p[0]];
            b = base64_value[p[1]];
            c = base64_value[p[2]];
            d = base64_value[p[3]];
            if ((a | b | c | d) & 0x80)
                break;
            bits = a << 18 | b << 12 | c << 6 | d;
            to[0] = (unsigned char)(bits >> 16);
            to[1] = (unsigned char)(bits >> 8);
            to[2] = (unsigned char)bits;
            to += 3;
            p += 4;
        }
        if (p == end)
            break;
        a = base64_value[*p++];
        if (a == SPACE)
            continue;
        if (a == PAD) {
            padding++;
            continue;
        }
        if (a == BAD || padding != 0)
            return 0;
        bits = (count ? bits << 6 : 0) | a;
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

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void
encode_group(tls_buffer *out, const unsigned char *p, size_t length)
{
    uint32_t bits = (uint32_t)p[0] << 16;
    char group[4];

    if (length > 1)
        bits |= (uint32_t)p[1] << 8;
    if (length > 2)
        bits |= p[2];
    group[0] = alphabet[bits >> 18];
    group[1] = alphabet[bits >> 12 & 63];
    group[2] = length > 1 ? alphabet[bits >> 6 & 63] : '=';
    group[3] = length > 2 ? alphabet[bits & 63] : '=';
    tls_buffer_append(out, group, 4);
}

void
tls_base64_encode(tls_buffer *out, tls_bytes bytes)
{
    size_t i;

    for (i = 0; i < bytes.length; i += 3)
        encode_group(out, bytes.data + i, bytes.length - i);
}

void
tls_pem_encode(tls_buffer *out, const char *label, tls_bytes der)
{
    size_t at, line;

    tls_buffer_append(out, "-----BEGIN ", 11);
    tls_buffer_append(out, label, strlen(label));
    tls_buffer_append(out, "-----\n", 6);
    for (at = 0; at < der.length; at += line) {
        line = der.length - at < 48 ? der.length - at : 48;
        tls_base64_encode(out, tls_bytes_make(der.data + at, line));
        tls_buffer_append(out, "\n", 1);
    }
    tls_buffer_append(out, "-----END ", 9);
    tls_buffer_append(out, label, strlen(label));
    tls_buffer_append(out, "-----\n", 6);
}

void
tls_pem_init(tls_pem *pem, tls_bytes text)
{
    pem->next = (const char *)text.data;
    pem->end = text.length ? pem->next + text.length : pem->next;
}

/* find returns where `word` begins in start..end, or NULL. `word` begins with a dash: memchr jumps
 * from dash to dash, and base64 has none. */
static const char *
find(const char *start, const char *end, const char *word)
{
    size_t length = strlen(word);

    while ((size_t)(end - start) >= length) {
        start = memchr(start, word[0], (size_t)(end - start) - length + 1);
        if (start == NULL)
            return NULL;
        if (memcmp(start, word, length) == 0)
            return start;
        start++;
    }
    return NULL;
}

int
tls_pem_looks_like(tls_bytes bytes)
{
    const char *start = (const char *)bytes.data;

    return bytes.length != 0 && find(start, start + bytes.length, "-----BEGIN ") != NULL;
}

static const char *
end_of_line(const char *p, const char *end)
{
    while (p < end && *p != '\n' && *p != '\r')
        p++;
    return p;
}

/* skip_headers passes the RFC 1421 header lines ("Name: value", continued by leading white space)
 * that may stand before the base64. */
static const char *
skip_headers(const char *p, const char *end, int *encrypted)
{
    const char *line_end, *q;
    size_t length;
    int in_headers = 0;

    for (;;) {
        line_end = end_of_line(p, end);
        length = (size_t)(line_end - p);
        if (length > 0 && memchr(p, ':', length) != NULL) {
            in_headers = 1;
            for (q = p; (size_t)(line_end - q) >= 9; q++)
                if (length >= 10 && memcmp(p, "Proc-Type:", 10) == 0 &&
                    memcmp(q, "ENCRYPTED", 9) == 0)
                    *encrypted = 1;
        } else if (!in_headers || length == 0 || (*p != ' ' && *p != '\t')) {
            return p;
        }
        if (line_end == end)
            return end;
        p = line_end + 1;
        if (*line_end == '\r' && p < end && *p == '\n')
            p++;
    }
}

int
tls_pem_next(tls_pem *pem, tls_pem_block *block, tls_buffer *der)
{
    const char *start, *label, *dashes, *body, *close, *after;
    size_t label_length;

    tls_buffer_clear(der);
    memset(block, 0, sizeof *block);
    for (;;) {
        if (pem->next == pem->end)
            return 0;
        start = find(pem->next, pem->end, "-----BEGIN ");
        if (start == NULL) {
            pem->next = pem->end;
            return 0;
        }
        label = start + 11;
        body = end_of_line(label, pem->end);
        dashes = find(label, body, "-----");
        pem->next = label;
        if (dashes != NULL)
            break;
    }
    label_length = (size_t)(dashes - label);
    block->label = tls_bytes_make(label, label_length);
    body = dashes + 5;
    close = find(body, pem->end, "-----");
    if (close == NULL) {
        pem->next = pem->end;
        return 1;
    }
    after = close + 9 + label_length + 5;
    if ((size_t)(pem->end - close) < 9 + label_length + 5 || memcmp(close, "-----END ", 9) != 0 ||
        memcmp(close + 9, label, label_length) != 0 || memcmp(after - 5, "-----", 5) != 0) {
        /* Cut short. The search for the next BEGIN goes on right here. */
        pem->next = close;
        return 1;
    }
    pem->next = after;
    while (body < close && (*body == ' ' || *body == '\t' || *body == '\r' || *body == '\n'))
        body++;
    body = skip_headers(body, close, &block->encrypted);
    block->valid =
        tls_base64_decode(der, tls_bytes_make(body, (size_t)(close - body))) && der->length != 0;
    if (der->failed)
        return 0;
    if (!block->valid)
        tls_buffer_clear(der);
    return 1;
}
