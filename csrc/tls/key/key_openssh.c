/* key_openssh.c - OpenSSH's own format of private keys ("BEGIN OPENSSH PRIVATE KEY",
 * openssh/PROTOCOL.key), made PKCS#8 or PKCS#1 of: RSA, ECDSA and Ed25519 that no password
 * protects. Numbers of four bytes and strings with such a length before them: RFC 4251 section 5.
 */
#include "key/key_file.h"

#include <string.h>

#include "asn1/der_write.h"
#include "base/declassify.h"

#define RSA_BYTES (TLS_RSA_MAXIMUM_BITS / 8)

typedef struct reader {
    const unsigned char *next;
    size_t left;
    int failed;
} reader;

static tls_bytes
take(reader *in, size_t length)
{
    tls_bytes bytes = {NULL, 0};

    if (in->failed || length > in->left) {
        in->failed = 1;
        return bytes;
    }
    bytes = tls_bytes_make(in->next, length);
    in->next += length;
    in->left -= length;
    return bytes;
}

/* The frame of an unencrypted key hides nothing: lengths and names may be told. */
static uint32_t
take_number(reader *in)
{
    tls_bytes bytes = take(in, 4);

    if (in->failed)
        return 0;
    TLS_DECLASSIFY(bytes.data, 4);
    return tls_get16(bytes.data) << 16 | tls_get16(bytes.data + 2);
}

static tls_bytes
take_string(reader *in)
{
    return take(in, take_number(in));
}

/* A positive mpint, without the zero byte before it: how many bytes it has is told by the length.
 */
static tls_bytes
take_integer(reader *in)
{
    tls_bytes bytes = take_string(in);

    if (bytes.length > 0) {
        unsigned char first = bytes.data[0];

        TLS_DECLASSIFY(&first, 1);
        if (first >= 0x80)
            in->failed = 1;
        if (first == 0)
            bytes = tls_bytes_make(bytes.data + 1, bytes.length - 1);
    }
    if (bytes.length == 0 || bytes.length > RSA_BYTES)
        in->failed = 1;
    return bytes;
}

/* reduce: `number` modulo `modulus` - 1, an even number, bit by bit: what is subtracted depends on
 * a mask, and no branch does. */
static void
reduce(unsigned char *out, tls_bytes number, tls_bytes modulus)
{
    unsigned char minus_one[RSA_BYTES], trial[RSA_BYTES];
    size_t length = modulus.length, at, i;
    unsigned carry, borrow, top, mask;

    memset(out, 0, length);
    if (length == 0 || length > sizeof minus_one ||
        modulus.data == NULL) /* no integer that was taken */
        return;
    memcpy(minus_one, modulus.data, length);
    minus_one[length - 1] &= 0xFE;
    for (at = 0; at < 8 * number.length; at++) {
        carry = number.data[at / 8] >> (7 - at % 8) & 1;
        for (i = length; i-- > 0;) {
            carry |= (unsigned)out[i] << 1;
            out[i] = (unsigned char)carry;
            carry = carry >> 8 & 1;
        }
        top = carry;
        borrow = 0;
        for (i = length; i-- > 0;) {
            unsigned difference = (unsigned)out[i] - minus_one[i] - borrow;

            trial[i] = (unsigned char)difference;
            borrow = difference >> 8 & 1;
        }
        mask = 0u - (top | (borrow ^ 1));
        for (i = 0; i < length; i++)
            out[i] = (unsigned char)((trial[i] & mask) | (out[i] & ~mask));
    }
    tls_wipe(minus_one, sizeof minus_one);
    tls_wipe(trial, sizeof trial);
}

/* DER tells how long a number is, and whether its highest bit is set. */
static void
put_number(tls_buffer *out, tls_bytes number)
{
    size_t i;

    for (i = 0; i < number.length; i++) {
        TLS_DECLASSIFY(number.data + i, 1);
        if (number.data[i] != 0)
            break;
    }
    tls_der_put_unsigned(out, TLS_DER_INTEGER, number);
}

static void
put_reduced(tls_buffer *out, tls_bytes number, tls_bytes prime)
{
    unsigned char rest[RSA_BYTES];

    reduce(rest, number, prime);
    put_number(out, tls_bytes_make(rest, prime.length));
    tls_wipe(rest, sizeof rest);
}

/* RSAPrivateKey, RFC 8017 appendix A.1.2. */
static void
put_rsa(tls_buffer *out, reader *in)
{
    tls_bytes n = take_integer(in), e = take_integer(in), d = take_integer(in);
    tls_bytes iq = take_integer(in), p = take_integer(in), q = take_integer(in);
    size_t mark;

    if (in->failed)
        return;
    mark = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put_small(out, 0);
    put_number(out, n);
    put_number(out, e);
    put_number(out, d);
    put_number(out, p);
    put_number(out, q);
    put_reduced(out, d, p);
    put_reduced(out, d, q);
    put_number(out, iq);
    tls_der_close(out, mark);
}

/* ECPrivateKey, RFC 5915 section 3, whose number has a fixed length. */
static void
put_ec(tls_buffer *out, reader *in, tls_bytes type)
{
    static const struct {
        const char *name;
        size_t length;
        unsigned char oid[8];
        size_t oid_length;
    } curves[] = {
        {"nistp256", 32, {0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7}, 8},
        {"nistp384", 48, {0x2B, 0x81, 4, 0, 34}, 5},
        {"nistp521", 66, {0x2B, 0x81, 4, 0, 35}, 5},
    };
    tls_bytes curve = take_string(in), point = take_string(in), number = take_integer(in);
    unsigned char padded[66] = {0};
    size_t i, mark, inner;

    for (i = 0; !in->failed && i < sizeof curves / sizeof curves[0]; i++) {
        size_t length = curves[i].length;

        if (!tls_bytes_equal_string(curve, curves[i].name) || type.length != 19 ||
            memcmp(type.data + 11, curves[i].name, 8) != 0 || number.length > length)
            continue;
        memcpy(padded + length - number.length, number.data, number.length);
        mark = tls_der_open(out, TLS_DER_SEQUENCE);
        tls_der_put_small(out, 1);
        tls_der_put(out, TLS_DER_OCTET_STRING, tls_bytes_make(padded, length));
        inner = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(0));
        tls_der_put_oid(out, tls_bytes_make(curves[i].oid, curves[i].oid_length));
        tls_der_close(out, inner);
        inner = tls_der_open(out, TLS_DER_CONTEXT_CONSTRUCTED(1));
        tls_der_put_bit_string(out, point);
        tls_der_close(out, inner);
        tls_der_close(out, mark);
        tls_wipe(padded, sizeof padded);
        return;
    }
    in->failed = 1;
}

/* OneAsymmetricKey, RFC 8410 section 7, with its public half, which is checked. */
static void
put_ed25519(tls_buffer *out, reader *in)
{
    static const unsigned char oid[] = {0x2B, 0x65, 0x70};
    tls_bytes point = take_string(in), both = take_string(in);
    size_t mark, inner;

    if (point.length != 32 || both.length != 64 || memcmp(both.data + 32, point.data, 32) != 0) {
        in->failed = 1;
        return;
    }
    mark = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put_small(out, 1);
    inner = tls_der_open(out, TLS_DER_SEQUENCE);
    tls_der_put_oid(out, tls_bytes_make(oid, sizeof oid));
    tls_der_close(out, inner);
    inner = tls_der_open(out, TLS_DER_OCTET_STRING);
    tls_der_put(out, TLS_DER_OCTET_STRING, tls_bytes_make(both.data, 32));
    tls_der_close(out, inner);
    inner = tls_der_open(out, TLS_DER_CONTEXT(1));
    tls_buffer_append(out, "", 1); /* a BIT STRING of whole bytes */
    tls_buffer_append(out, point.data, point.length);
    tls_der_close(out, inner);
    tls_der_close(out, mark);
}

/* put_key reads what the private section holds: the same number twice, then one key. */
static enum tls_reason
put_key(tls_buffer *out, reader *in)
{
    uint32_t first = take_number(in), second = take_number(in);
    tls_bytes type = take_string(in);

    if (in->failed || first != second)
        return TLS_REASON_BAD_KEY;
    TLS_DECLASSIFY(type.data, type.length);
    if (tls_bytes_equal_string(type, "ssh-rsa"))
        put_rsa(out, in);
    else if (tls_bytes_equal_string(type, "ssh-ed25519"))
        put_ed25519(out, in);
    else if (type.length > 11 && memcmp(type.data, "ecdsa-sha2-", 11) == 0)
        put_ec(out, in, type);
    else
        return TLS_REASON_UNSUPPORTED_KEY;
    (void)take_string(in); /* the comment; padding follows */
    return in->failed ? TLS_REASON_BAD_KEY : TLS_OK;
}

enum tls_reason
tls_private_key_from_openssh(tls_buffer *plain, tls_bytes bytes)
{
    static const char magic[] = "openssh-key-v1";
    reader in = {bytes.data, bytes.length, 0}, section;
    tls_bytes start = take(&in, sizeof magic), cipher = take_string(&in), contents;
    enum tls_reason reason;

    if (in.failed || memcmp(start.data, magic, sizeof magic) != 0)
        return TLS_REASON_BAD_KEY;
    if (!tls_bytes_equal_string(cipher, "none"))
        return TLS_REASON_UNSUPPORTED_ENCRYPTION;
    (void)take_string(&in); /* kdfname, "none" */
    (void)take_string(&in); /* kdfoptions */
    if (take_number(&in) != 1)
        return TLS_REASON_BAD_KEY;
    (void)take_string(&in); /* the public key */
    contents = take_string(&in);
    if (in.failed || in.left != 0)
        return TLS_REASON_BAD_KEY;
    section.next = contents.data;
    section.left = contents.length;
    section.failed = 0;
    reason = put_key(plain, &section);
    return plain->failed ? TLS_REASON_OUT_OF_MEMORY : reason;
}
