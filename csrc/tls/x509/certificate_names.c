/* certificate_names.c - names for the numbers in a certificate; see certificate.h. */
#include "x509/certificate.h"

#include <string.h>

#include "x509/distinguished_name.h"
#include "x509/hostname.h"

struct oid_name {
    const char *name;
    unsigned char length;
    unsigned char oid[10];
};

static const char *
find_name(const struct oid_name *table, size_t count, tls_bytes oid)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (table[i].length == oid.length && memcmp(table[i].oid, oid.data, oid.length) == 0)
            return table[i].name;
    return NULL;
}
#define FIND_NAME(table, oid) find_name(table, sizeof(table) / sizeof((table)[0]), oid)

/* RFC 5280 section 4.2.1.3 */
static const char *const key_usage_names[TLS_KEY_USAGE_COUNT] = {"digitalSignature",
    "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign",
    "cRLSign", "encipherOnly", "decipherOnly"};

static const struct oid_name purposes[] = {
    {"anyExtendedKeyUsage", 4, {0x55, 0x1D, 37, 0}},
    {"serverAuth", 8, {0x2B, 6, 1, 5, 5, 7, 3, 1}},
    {"clientAuth", 8, {0x2B, 6, 1, 5, 5, 7, 3, 2}},
    {"codeSigning", 8, {0x2B, 6, 1, 5, 5, 7, 3, 3}},
    {"emailProtection", 8, {0x2B, 6, 1, 5, 5, 7, 3, 4}},
    {"ipsecEndSystem", 8, {0x2B, 6, 1, 5, 5, 7, 3, 5}},
    {"ipsecTunnel", 8, {0x2B, 6, 1, 5, 5, 7, 3, 6}},
    {"ipsecUser", 8, {0x2B, 6, 1, 5, 5, 7, 3, 7}},
    {"timeStamping", 8, {0x2B, 6, 1, 5, 5, 7, 3, 8}},
    {"OCSPSigning", 8, {0x2B, 6, 1, 5, 5, 7, 3, 9}},
};

static const struct oid_name extensions[] = {
    {"subjectKeyIdentifier", 3, {0x55, 0x1D, 14}},
    {"keyUsage", 3, {0x55, 0x1D, 15}},
    {"privateKeyUsagePeriod", 3, {0x55, 0x1D, 16}},
    {"subjectAltName", 3, {0x55, 0x1D, 17}},
    {"issuerAltName", 3, {0x55, 0x1D, 18}},
    {"basicConstraints", 3, {0x55, 0x1D, 19}},
    {"nameConstraints", 3, {0x55, 0x1D, 30}},
    {"crlDistributionPoints", 3, {0x55, 0x1D, 31}},
    {"certificatePolicies", 3, {0x55, 0x1D, 32}},
    {"policyMappings", 3, {0x55, 0x1D, 33}},
    {"authorityKeyIdentifier", 3, {0x55, 0x1D, 35}},
    {"policyConstraints", 3, {0x55, 0x1D, 36}},
    {"extendedKeyUsage", 3, {0x55, 0x1D, 37}},
    {"freshestCRL", 3, {0x55, 0x1D, 46}},
    {"inhibitAnyPolicy", 3, {0x55, 0x1D, 54}},
    {"authorityInfoAccess", 8, {0x2B, 6, 1, 5, 5, 7, 1, 1}},
    {"subjectInfoAccess", 8, {0x2B, 6, 1, 5, 5, 7, 1, 11}},
    {"tlsFeature", 8, {0x2B, 6, 1, 5, 5, 7, 1, 24}},
    /* RFC 6962 section 3.3 and 3.1 */
    {"signedCertificateTimestampList", 10, {0x2B, 6, 1, 4, 1, 0xD6, 0x79, 2, 4, 2}},
    {"precertificatePoison", 10, {0x2B, 6, 1, 4, 1, 0xD6, 0x79, 2, 4, 3}},
};

const char *
tls_key_usage_name(unsigned bit)
{
    return bit < TLS_KEY_USAGE_COUNT ? key_usage_names[bit] : NULL;
}

const char *
tls_extended_key_usage_name(tls_bytes oid)
{
    return FIND_NAME(purposes, oid);
}

const char *
tls_extension_name(tls_bytes oid)
{
    return FIND_NAME(extensions, oid);
}

static void
append_hex(tls_buffer *out, const unsigned char *data, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char *p = tls_buffer_reserve(out, 2 * length + 1);
    size_t i;

    if (p == NULL)
        return;
    for (i = 0; i < length; i++) {
        p[2 * i] = (unsigned char)digits[data[i] >> 4];
        p[2 * i + 1] = (unsigned char)digits[data[i] & 15];
    }
    out->length += 2 * length;
}

void
tls_certificate_serial_text(tls_buffer *out, const tls_certificate *certificate)
{
    tls_bytes serial = certificate->serial;
    unsigned char *p;
    size_t i, start = out->length;
    unsigned carry = 1;

    if (serial.data[0] < 0x80) {
        if (serial.length > 1 && serial.data[0] == 0)
            serial = tls_bytes_make(serial.data + 1, serial.length - 1);
        append_hex(out, serial.data, serial.length);
        return;
    }
    /* RFC 5280 section 4.1.2.2 forbids negative ones and asks us to handle them gracefully. */
    p = tls_buffer_reserve(out, 3 * serial.length + 1);
    if (p == NULL)
        return;
    p += 1 + 2 * serial.length; /* beyond what the text will take */
    for (i = serial.length; i-- > 0;) {
        carry += (unsigned char)~serial.data[i];
        p[i] = (unsigned char)carry;
        carry >>= 8;
    }
    out->data[start] = '-';
    out->length++;
    append_hex(out, p, serial.length);
}

const char *
tls_general_name_kind_name(enum tls_general_name_kind kind)
{
    static const char *const names[] = {
        "otherName", "email", "DNS", "X400Name", "dirName", "EdiPartyName", "URI", "IP", "RID"};

    return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

void
tls_general_name_text(tls_buffer *out, const tls_general_name *name)
{
    switch (name->kind) {
    case TLS_NAME_EMAIL:
    case TLS_NAME_DNS:
    case TLS_NAME_URI:
        tls_name_string_utf8(out, TLS_DER_UTF8_STRING, name->value);
        break;
    case TLS_NAME_DIRECTORY:
        tls_name_text(out, name->value);
        break;
    case TLS_NAME_REGISTERED_ID:
        tls_oid_text(out, name->value);
        break;
    case TLS_NAME_IP:
        if (name->value.length == 4 || name->value.length == 16) {
            tls_address_text(out, name->value);
            break;
        }
        /* fall through */
    default:
        append_hex(out, name->value.data, name->value.length);
    }
}
