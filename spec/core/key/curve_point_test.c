/* curve_point_test.c - public keys that are no points of their curve, and other
 * SubjectPublicKeyInfos that RFC 4055 and RFC 5480 do not allow: refused where they are read. */
#include <bearssl.h>
#include <string.h>

#include "asn1/der_write.h"
#include "key/curve_point.h"
#include "key/key.h"
#include "key/key_encode.h"

#include "support/check.h"

static const struct {
    const char *name;
    int curve;
} curves[] = {
    {"P-256", TLS_GROUP_SECP256R1}, {"P-384", TLS_GROUP_SECP384R1}, {"P-521", TLS_GROUP_SECP521R1}};

/* refused_when_read: as a SubjectPublicKeyInfo. */
static int
refused_when_read(int curve, tls_bytes point)
{
    tls_public_key key, back;
    tls_buffer spki = {NULL, 0, 0, 0};
    enum tls_reason reason;
    static const unsigned char ec[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};

    memset(&key, 0, sizeof key);
    key.kind = TLS_KEY_EC;
    key.curve = curve;
    key.point = point;
    key.algorithm = tls_bytes_make(ec, sizeof ec);
    check_reason(tls_public_key_encode(&spki, &key), TLS_OK, "written");
    reason = tls_public_key_parse(&back, tls_buffer_view(&spki));
    tls_buffer_release(&spki);
    return reason == TLS_REASON_BAD_DER;
}

static void
test_points(const char *name, int curve)
{
    const br_ec_impl *impl = br_ec_get_default();
    unsigned char point[133], scalar[2], zero[133] = {4};
    size_t length = 0, i;
    unsigned round;

    for (round = 1; round <= 200; round++) {
        scalar[0] = (unsigned char)(round * 7);
        scalar[1] = (unsigned char)round;
        length = impl->mulgen(point, scalar, sizeof scalar, curve);
        check(tls_curve_has_point(curve, tls_bytes_make(point, length)), "%s: a point", name);
        i = 1 + round * 31 % (length - 1);
        point[i] ^= (unsigned char)(1 << round % 8);
        check(!tls_curve_has_point(curve, tls_bytes_make(point, length)), "%s: a byte off", name);
    }
    impl->mulgen(point, scalar, sizeof scalar, curve);
    check(!refused_when_read(curve, tls_bytes_make(point, length)), "%s: a key", name);
    point[length - 1] ^= 1;
    check(refused_when_read(curve, tls_bytes_make(point, length)), "%s: no key", name);
    point[length - 1] ^= 1;
    point[0] = 6; /* the hybrid form */
    check(!tls_curve_has_point(curve, tls_bytes_make(point, length)), "%s: another form", name);
    check(!tls_curve_has_point(curve, tls_bytes_make(point, length - 2)), "%s: short", name);
    check(!tls_curve_has_point(curve, tls_bytes_make(zero, length)), "%s: (0, 0)", name);
    memset(zero + 1, 0xFF, length - 1);
    check(!tls_curve_has_point(curve, tls_bytes_make(zero, length)), "%s: above the prime", name);
    check(!tls_curve_has_point(0, tls_bytes_make(point, length)), "no curve");
}

/* A coordinate that is right modulo the prime only: x of 2^521 - 1 and more fits in 66 bytes. */
static void
test_not_reduced(void)
{
    unsigned char point[133], scalar[1] = {3};
    unsigned carry = 0, i;

    br_ec_get_default()->mulgen(point, scalar, 1, TLS_GROUP_SECP521R1);
    for (i = 66; i >= 1; i--) {
        carry += point[i] + (i == 1 ? 1u : 0xFFu);
        point[i] = (unsigned char)carry;
        carry >>= 8;
    }
    check(!tls_curve_has_point(TLS_GROUP_SECP521R1, tls_bytes_make(point, sizeof point)),
        "x plus the prime");
}

static enum tls_reason
parse_rsa(unsigned char last_arc, const char *parameters, size_t length)
{
    static const unsigned char key[] = {0x30, 0x0E, 2, 9, 0, 0xC1, 2, 3, 4, 5, 6, 7, 0x89, 2, 1, 3};
    const unsigned char oid[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, last_arc};
    tls_buffer spki = {NULL, 0, 0, 0};
    size_t info = tls_der_open(&spki, TLS_DER_SEQUENCE),
           mark = tls_der_open(&spki, TLS_DER_SEQUENCE);
    tls_public_key out;
    enum tls_reason reason;

    tls_der_put_oid(&spki, tls_bytes_make(oid, sizeof oid));
    tls_buffer_append(&spki, parameters, length);
    tls_der_close(&spki, mark);
    tls_der_put_bit_string(&spki, tls_bytes_make(key, sizeof key));
    tls_der_close(&spki, info);
    reason = tls_public_key_parse(&out, tls_buffer_view(&spki));
    tls_buffer_release(&spki);
    return reason;
}

static void
test_parameters(void)
{
    enum { RSA = 1, PSS = 10 };

    check_reason(parse_rsa(RSA, "\5\0", 2), TLS_OK, "rsaEncryption, NULL");
    check_reason(parse_rsa(RSA, "", 0), TLS_OK, "rsaEncryption, absent");
    check_reason(parse_rsa(RSA, "\x30\0", 2), TLS_REASON_BAD_DER, "rsaEncryption, a SEQUENCE");
    check_reason(parse_rsa(RSA, "\5\0\5\0", 4), TLS_REASON_BAD_DER, "rsaEncryption, NULL twice");
    check_reason(parse_rsa(PSS, "", 0), TLS_OK, "id-RSASSA-PSS, absent");
    check_reason(parse_rsa(PSS, "\x30\0", 2), TLS_OK, "id-RSASSA-PSS, a SEQUENCE");
    check_reason(parse_rsa(PSS, "\5\0", 2), TLS_REASON_BAD_DER, "id-RSASSA-PSS, NULL");
    check_reason(
        parse_rsa(PSS, "\x30\0\5\0", 4), TLS_REASON_BAD_DER, "id-RSASSA-PSS, something behind");
}

int
main(void)
{
    size_t i;

    for (i = 0; i < sizeof curves / sizeof curves[0]; i++)
        test_points(curves[i].name, curves[i].curve);
    test_not_reduced();
    test_parameters();
    return check_end();
}
