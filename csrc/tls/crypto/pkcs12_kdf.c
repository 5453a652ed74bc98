/* pkcs12_kdf.c - see pkcs12_kdf.h. Letters are those of RFC 7292 appendix B.2. */
#include "crypto/pkcs12_kdf.h"

#include <string.h>

#include "crypto/hash.h"

/* next_character reads one character of UTF-8 and moves `at` behind it; -1 where there is none. */
static long
next_character(tls_bytes text, size_t *at)
{
    static const long least[] = {0, 0x80, 0x800, 0x10000};
    unsigned first = text.data[(*at)++];
    size_t more = first < 0x80 ? 0 : first < 0xC0 ? 4 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3, i;
    long value = (long)(more == 0 ? first : first & (0x3Fu >> more));

    if (more == 4 || first >= 0xF8 || more > text.length - *at)
        return -1;
    for (i = 0; i < more; i++) {
        if ((text.data[*at] & 0xC0) != 0x80)
            return -1;
        value = value << 6 | (text.data[(*at)++] & 0x3F);
    }
    return value < least[more] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000) ? -1
                                                                                          : value;
}

static void
put_unit(tls_buffer *out, unsigned long unit)
{
    unsigned char bytes[2];

    tls_put16(bytes, (uint32_t)unit);
    tls_buffer_append(out, bytes, sizeof bytes);
    tls_wipe(bytes, sizeof bytes);
}

void
tls_pkcs12_password(tls_buffer *out, tls_bytes password)
{
    size_t start = out->length, at = 0, i;

    while (at < password.length) {
        long value = next_character(password, &at);

        if (value < 0)
            break;
        if (value >= 0x10000) {
            put_unit(out, 0xD800 + (((unsigned long)value - 0x10000) >> 10));
            value = 0xDC00 + (value & 0x3FF);
        }
        put_unit(out, (unsigned long)value);
        if (at == password.length) {
            put_unit(out, 0);
            return;
        }
    }
    out->length = start;
    for (i = 0; i < password.length; i++)
        put_unit(out, password.data[i]);
    put_unit(out, 0);
}

static size_t
padded(size_t length, size_t v)
{
    return (length + v - 1) / v * v;
}

static void
repeat(unsigned char *out, size_t length, tls_bytes from)
{
    size_t i;

    for (i = 0; i < length; i++)
        out[i] = from.data[i % from.length];
}

/* Step 6.C: each block of I becomes I + B + 1. */
static void
add(tls_buffer *input, const unsigned char *a, size_t u, size_t v)
{
    size_t at, i;

    for (at = 0; at < input->length; at += v) {
        unsigned carry = 1;

        for (i = v; i-- > 0;) {
            carry += (unsigned)input->data[at + i] + a[i % u];
            input->data[at + i] = (unsigned char)carry;
            carry >>= 8;
        }
    }
}

int
tls_pkcs12_derive(unsigned char *out, size_t length, const br_hash_class *hash,
    enum tls_pkcs12_purpose purpose, tls_bytes password, tls_bytes salt, uint32_t iterations)
{
    size_t u = tls_hash_length(hash);
    size_t v = (size_t)1 << ((hash->desc >> BR_HASHDESC_LBLEN_OFF) & BR_HASHDESC_LBLEN_MASK);
    size_t salt_length = padded(salt.length, v), password_length = padded(password.length, v), n;
    tls_buffer input = {NULL, 0, 0, 0};
    unsigned char d[128], a[64];
    br_hash_compat_context context;
    uint32_t round;

    memset(d, (int)purpose, sizeof d);
    if (tls_buffer_reserve(&input, salt_length + password_length + 1) == NULL)
        return 0;
    input.length = salt_length + password_length;
    repeat(input.data, salt_length, salt);
    repeat(input.data + salt_length, password_length, password);
    while (length > 0) {
        hash->init(&context.vtable);
        hash->update(&context.vtable, d, v);
        hash->update(&context.vtable, input.data, input.length);
        hash->out(&context.vtable, a);
        for (round = 1; round < iterations; round++) {
            hash->init(&context.vtable);
            hash->update(&context.vtable, a, u);
            hash->out(&context.vtable, a);
        }
        n = length < u ? length : u;
        memcpy(out, a, n);
        out += n;
        length -= n;
        add(&input, a, u, v);
    }
    tls_buffer_release(&input);
    tls_wipe(a, sizeof a);
    tls_wipe(&context, sizeof context);
    return 1;
}
