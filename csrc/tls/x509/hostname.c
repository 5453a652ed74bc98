/* hostname.c - see hostname.h. */
#include "x509/hostname.h"

#include <string.h>

/* RFC 3986 section 3.2.2, dotted decimal: no leading zeros, which some readers take for octal. */
static int
parse_ipv4(unsigned char out[4], const unsigned char *p, const unsigned char *end)
{
    unsigned part, value, digits;

    for (part = 0; part < 4; part++) {
        if (part > 0 && (p == end || *p++ != '.'))
            return 0;
        value = 0;
        for (digits = 0; p < end && *p >= '0' && *p <= '9'; digits++) {
            if (digits == 3 || (digits > 0 && value == 0))
                return 0;
            value = value * 10 + (unsigned)(*p++ - '0');
        }
        if (digits == 0 || value > 255)
            return 0;
        out[part] = (unsigned char)value;
    }
    return p == end;
}

static int
hex_digit(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 4291 section 2.2 */
static int
parse_ipv6(unsigned char out[16], const unsigned char *p, const unsigned char *end)
{
    unsigned char bytes[16];
    const unsigned char *group;
    size_t length = 0, gap = 17;
    unsigned value, digits;

    if (end - p >= 2 && p[0] == ':' && p[1] == ':') {
        gap = 0;
        p += 2;
    }
    while (p < end) {
        group = p;
        value = 0;
        for (digits = 0; p < end && hex_digit(*p) >= 0 && digits < 4; digits++)
            value = value << 4 | (unsigned)hex_digit(*p++);
        if (digits == 0)
            return 0;
        if (p < end && *p == '.') {
            if (length > 12 || !parse_ipv4(bytes + length, group, end))
                return 0;
            length += 4;
            break;
        }
        if (length > 14)
            return 0;
        bytes[length++] = (unsigned char)(value >> 8);
        bytes[length++] = (unsigned char)value;
        if (p == end)
            break;
        if (*p++ != ':' || p == end)
            return 0;
        if (*p == ':') {
            if (gap != 17)
                return 0;
            gap = length;
            p++;
        }
    }
    if (gap == 17 ? length != 16 : length > 14)
        return 0;
    if (gap == 17)
        gap = 16;
    memset(out, 0, 16);
    memcpy(out, bytes, gap < length ? gap : length);
    if (length > gap)
        memcpy(out + 16 - (length - gap), bytes + gap, length - gap);
    return 1;
}

size_t
tls_address_parse(unsigned char out[16], tls_bytes text)
{
    const unsigned char *p = text.data, *end = p;

    if (text.length == 0 || text.length > 48)
        return 0;
    end += text.length;
    if (parse_ipv4(out, p, end))
        return 4;
    if (p[0] == '[' && end[-1] == ']') {
        p++;
        end--;
    }
    return parse_ipv6(out, p, end) ? 16 : 0;
}

void
tls_address_text(tls_buffer *out, tls_bytes address)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *p = address.data;
    size_t i, run, best = 0, best_length = 1;
    char text[64];
    size_t at = 0;

    if (address.length == 4) {
        for (i = 0; i < 4; i++) {
            if (i > 0)
                text[at++] = '.';
            if (p[i] >= 100)
                text[at++] = (char)('0' + p[i] / 100);
            if (p[i] >= 10)
                text[at++] = (char)('0' + p[i] / 10 % 10);
            text[at++] = (char)('0' + p[i] % 10);
        }
        tls_buffer_append(out, text, at);
        return;
    }
    if (address.length != 16)
        return;
    /* RFC 5952 section 4.2: "::" for the first longest run of two or more zero groups. */
    for (i = 0; i < 8; i++) {
        for (run = 0; i + run < 8 && tls_get16(p + 2 * (i + run)) == 0; run++)
            ;
        if (run > best_length) {
            best = i;
            best_length = run;
        }
    }
    for (i = 0; i < 8; i++) {
        uint32_t group = tls_get16(p + 2 * i);
        int shift;

        if (best_length > 1 && i == best) {
            text[at++] = ':';
            if (i == 0 || i + best_length == 8)
                text[at++] = ':';
            i += best_length - 1;
            continue;
        }
        for (shift = 12; shift > 0 && group >> shift == 0; shift -= 4)
            ;
        for (; shift >= 0; shift -= 4)
            text[at++] = hex[group >> shift & 15];
        if (i < 7 && !(best_length > 1 && i + 1 == best && best + best_length == 8))
            text[at++] = ':';
    }
    tls_buffer_append(out, text, at);
}

static int
is_host_character(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

int
tls_hostname_is_valid(tls_bytes name)
{
    size_t i, label = 0;

    if (name.length > 0 && name.data[name.length - 1] == '.')
        name.length--;
    if (name.length == 0 || name.length > 253)
        return 0;
    for (i = 0; i < name.length; i++) {
        if (name.data[i] == '.') {
            if (label == 0)
                return 0;
            label = 0;
        } else if (!is_host_character(name.data[i]) || ++label > 63) {
            return 0;
        }
    }
    return label != 0;
}

static int
equal_ignoring_case(const unsigned char *a, const unsigned char *b, size_t length)
{
    size_t i;
    unsigned char x, y;

    for (i = 0; i < length; i++) {
        x = a[i];
        y = b[i];
        if (x >= 'A' && x <= 'Z')
            x |= 0x20;
        if (y >= 'A' && y <= 'Z')
            y |= 0x20;
        if (x != y)
            return 0;
    }
    return 1;
}

int
tls_hostname_match(tls_bytes pattern, tls_bytes name)
{
    tls_bytes rest;
    const unsigned char *dot;

    if (!tls_hostname_is_valid(name))
        return 0;
    if (name.data[name.length - 1] == '.')
        name.length--;
    /* RFC 5280 section 4.2.1.6: the preferred name syntax has no dot at the end. */
    if (pattern.length > 0 && pattern.data[pattern.length - 1] == '.')
        return 0;
    if (pattern.length > 2 && pattern.data[0] == '*' && pattern.data[1] == '.') {
        /* RFC 9525 section 6.3: "*" is the whole left-most label and stands for one label. A
         * pattern such as "*.com" would cover a whole registry. */
        rest = tls_bytes_make(pattern.data + 1, pattern.length - 1);
        if (!tls_hostname_is_valid(tls_bytes_make(rest.data + 1, rest.length - 1)) ||
            memchr(rest.data + 1, '.', rest.length - 1) == NULL)
            return 0;
        dot = memchr(name.data, '.', name.length);
        if (dot == NULL)
            return 0;
        name = tls_bytes_make(dot, name.length - (size_t)(dot - name.data));
        pattern = rest;
    } else if (!tls_hostname_is_valid(pattern)) {
        return 0;
    }
    return pattern.length == name.length &&
           equal_ignoring_case(pattern.data, name.data, name.length);
}

enum tls_reason
tls_hostname_verify(const tls_certificate *certificate, tls_bytes name)
{
    unsigned char address[16];
    size_t address_length = tls_address_parse(address, name);
    tls_der der;
    tls_general_name general;

    tls_general_names_begin(&der, certificate->alternative_names);
    while (tls_general_names_next(&der, &general)) {
        /* An address matches iPAddress only, bytes by bytes (RFC 9525 section 6.4). */
        if (address_length != 0) {
            if (general.kind == TLS_NAME_IP &&
                tls_bytes_equal(general.value, tls_bytes_make(address, address_length)))
                return TLS_OK;
        } else if (general.kind == TLS_NAME_DNS && tls_hostname_match(general.value, name)) {
            return TLS_OK;
        }
    }
    return TLS_REASON_NAME_MISMATCH;
}
