/* certificate_dump_extension.c - see certificate_dump_extension.h. Section numbers are RFC 5280's.
 */
#include "issue/certificate_dump_extension.h"

#include <string.h>

#include "x509/certificate_parse.h"
#include "x509/distinguished_name.h"
#include "x509/signed_certificate_timestamp.h"

/* ---- Shared ---- */

void
tls_dump_put(tls_buffer *out, const char *string)
{
    tls_buffer_append(out, string, strlen(string));
}

void
tls_dump_spaces(tls_buffer *out, unsigned count)
{
    while (count-- > 0)
        tls_buffer_append(out, " ", 1);
}

void
tls_dump_number(tls_buffer *out, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    tls_buffer_append(out, digits + at, sizeof digits - at);
}

void
tls_dump_hex(tls_buffer *out, tls_bytes bytes, int upper_case)
{
    const char *digits = upper_case ? "0123456789ABCDEF" : "0123456789abcdef";
    char pair[3];
    size_t i;

    for (i = 0; i < bytes.length; i++) {
        pair[0] = digits[bytes.data[i] >> 4];
        pair[1] = digits[bytes.data[i] & 15];
        pair[2] = ':';
        tls_buffer_append(out, pair, i + 1 < bytes.length ? 3 : 2);
    }
}

void
tls_dump_hex_lines(tls_buffer *out, tls_bytes bytes, unsigned indent, unsigned per_line)
{
    size_t at, length;

    for (at = 0; at < bytes.length; at += length) {
        length = bytes.length - at < per_line ? bytes.length - at : per_line;
        tls_dump_spaces(out, indent);
        tls_dump_hex(out, tls_bytes_make(bytes.data + at, length), 0);
        tls_dump_put(out, at + length < bytes.length ? ":\n" : "\n");
    }
}

void
tls_dump_time(tls_buffer *out, int64_t seconds)
{
    static const char *const months[] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char text[21]; /* 2026-01-31T23:59:59Z */

    tls_time_text(text, seconds);
    tls_dump_put(out, months[(text[5] - '0') * 10 + (text[6] - '0') - 1]);
    tls_buffer_append(out, " ", 1);
    tls_buffer_append(out, text[8] == '0' ? " " : text + 8, 1);
    tls_buffer_append(out, text + 9, 1);
    tls_buffer_append(out, " ", 1);
    tls_buffer_append(out, text + 11, 8);
    tls_buffer_append(out, " ", 1);
    tls_buffer_append(out, text, 4);
    tls_dump_put(out, " GMT");
}

/* clean makes what was appended since `start` fit for a line: a name must not look like more lines.
 */
static void
clean(tls_buffer *out, size_t start)
{
    for (; start < out->length; start++)
        if (out->data[start] < 0x20 || out->data[start] == 0x7F)
            out->data[start] = '?';
}

static void
put_oid(tls_buffer *out, tls_bytes oid)
{
    tls_oid_text(out, oid);
}

/* ---- Names, 4.2.1.6 ---- */

static void
put_general_name(tls_buffer *out, const tls_general_name *name)
{
    static const char *const labels[] = {"othername:", "email:", "DNS:", "X400Name:", "DirName:",
        "EdiPartyName:", "URI:", "IP Address:", "Registered ID:"};
    size_t start;

    tls_dump_put(out, labels[name->kind]);
    start = out->length;
    tls_general_name_text(out, name);
    clean(out, start);
}

static void
put_alternative_names(tls_buffer *out, tls_bytes names, unsigned indent)
{
    tls_general_name name;
    tls_der der;
    int any = 0;

    tls_dump_spaces(out, indent);
    tls_general_names_begin(&der, names);
    while (tls_general_names_next(&der, &name)) {
        tls_dump_put(out, any ? ", " : "");
        put_general_name(out, &name);
        any = 1;
    }
    tls_dump_put(out, any ? "\n" : "<EMPTY>\n");
}

/* 4.2.1.10: an address and its mask */
static void
put_subtree(tls_buffer *out, const tls_general_name *base)
{
    tls_general_name half = *base;

    if (base->kind != TLS_NAME_IP || (base->value.length != 8 && base->value.length != 32)) {
        put_general_name(out, base);
        return;
    }
    tls_dump_put(out, "IP:");
    half.value.length /= 2;
    tls_general_name_text(out, &half);
    tls_dump_put(out, "/");
    half.value.data += half.value.length;
    tls_general_name_text(out, &half);
}

static void
put_subtrees(tls_buffer *out, const char *title, tls_bytes subtrees, unsigned indent)
{
    tls_general_name base;
    tls_der der;

    if (subtrees.length == 0)
        return;
    tls_dump_spaces(out, indent);
    tls_dump_put(out, title);
    tls_der_init(&der, subtrees);
    while (tls_general_subtree_next(&der, &base)) {
        tls_dump_spaces(out, indent + 2);
        put_subtree(out, &base);
        tls_dump_put(out, "\n");
    }
}

/* ---- Usages, 4.2.1.3 and 4.2.1.12 ---- */

static void
put_key_usage(tls_buffer *out, const tls_certificate *certificate, unsigned indent)
{
    static const char *const names[TLS_KEY_USAGE_COUNT] = {"Digital Signature", "Non Repudiation",
        "Key Encipherment", "Data Encipherment", "Key Agreement", "Certificate Sign", "CRL Sign",
        "Encipher Only", "Decipher Only"};
    unsigned bit;
    int any = 0;

    tls_dump_spaces(out, indent);
    for (bit = 0; bit < TLS_KEY_USAGE_COUNT; bit++) {
        if ((certificate->key_usage >> bit & 1) == 0)
            continue;
        tls_dump_put(out, any ? ", " : "");
        tls_dump_put(out, names[bit]);
        any = 1;
    }
    tls_dump_put(out, "\n");
}

static void
put_purpose(tls_buffer *out, tls_bytes oid)
{
    static const struct {
        const char *name;
        const char *title;
    } titles[] = {
        {"serverAuth", "TLS Web Server Authentication"},
        {"clientAuth", "TLS Web Client Authentication"},
        {"codeSigning", "Code Signing"},
        {"emailProtection", "E-mail Protection"},
        {"timeStamping", "Time Stamping"},
        {"OCSPSigning", "OCSP Signing"},
        {"anyExtendedKeyUsage", "Any Extended Key Usage"},
        {"ipsecEndSystem", "IPSec End System"},
        {"ipsecTunnel", "IPSec Tunnel"},
        {"ipsecUser", "IPSec User"},
    };
    const char *name = tls_extended_key_usage_name(oid);
    size_t i;

    for (i = 0; name != NULL && i < sizeof titles / sizeof titles[0]; i++) {
        if (strcmp(titles[i].name, name) == 0) {
            tls_dump_put(out, titles[i].title);
            return;
        }
    }
    put_oid(out, oid);
}

static void
put_purposes(tls_buffer *out, tls_bytes purposes, unsigned indent)
{
    tls_bytes oid;
    tls_der der;
    int any = 0;

    tls_dump_spaces(out, indent);
    tls_der_init(&der, purposes);
    while (tls_purpose_next(&der, &oid)) {
        tls_dump_put(out, any ? ", " : "");
        put_purpose(out, oid);
        any = 1;
    }
    tls_dump_put(out, "\n");
}

/* ---- Key identifiers, policies, places ---- */

/* 4.2.1.1 */
static void
put_authority_key_identifier(tls_buffer *out, tls_bytes value, unsigned indent)
{
    tls_bytes key = {NULL, 0}, names = {NULL, 0}, serial = {NULL, 0};
    tls_general_name name;
    tls_der der, inner;

    tls_der_init(&der, value);
    tls_der_enter(&der, &inner, TLS_DER_SEQUENCE);
    tls_der_optional(&inner, &key, TLS_DER_CONTEXT(0));
    tls_der_optional(&inner, &names, TLS_DER_CONTEXT_CONSTRUCTED(1));
    tls_der_optional(&inner, &serial, TLS_DER_CONTEXT(2));
    if (key.length != 0) {
        tls_dump_spaces(out, indent);
        tls_dump_put(out, names.length != 0 || serial.length != 0 ? "keyid:" : "");
        tls_dump_hex(out, key, 1);
        tls_dump_put(out, "\n");
    }
    tls_general_names_begin(&der, names);
    while (tls_general_names_next(&der, &name)) {
        tls_dump_spaces(out, indent);
        put_general_name(out, &name);
        tls_dump_put(out, "\n");
    }
    if (serial.length != 0) {
        tls_dump_spaces(out, indent);
        tls_dump_put(out, "serial:");
        if (serial.length > 1 && serial.data[0] == 0)
            serial = tls_bytes_make(serial.data + 1, serial.length - 1);
        tls_dump_hex(out, serial, 1);
        tls_dump_put(out, "\n");
    }
}

/* PolicyQualifierInfo, 4.2.1.4: id-qt is 1.3.6.1.5.5.7.2, 1 a CPS URI, 2 a user notice */
static void
put_qualifier(tls_buffer *out, tls_der *qualifier, unsigned indent)
{
    static const unsigned char arc[] = {0x2B, 6, 1, 5, 5, 7, 2};
    tls_bytes oid = tls_der_oid(qualifier), value;
    tls_der notice;
    unsigned tag;
    size_t start;

    tls_dump_spaces(out, indent);
    if (oid.length != sizeof arc + 1 || memcmp(oid.data, arc, sizeof arc) != 0) {
        tls_dump_put(out, "Unknown Qualifier: ");
        put_oid(out, oid);
    } else if (oid.data[sizeof arc] == 1) {
        tls_dump_put(out, "CPS: ");
        value = tls_der_read_any(qualifier, &tag, NULL);
        start = out->length;
        tls_name_string_utf8(out, TLS_DER_IA5_STRING, value);
        clean(out, start);
    } else {
        tls_dump_put(out, "User Notice:");
        tls_der_enter(qualifier, &notice, TLS_DER_SEQUENCE);
        if (tls_der_peek(&notice) == TLS_DER_SEQUENCE)
            tls_der_read(&notice, TLS_DER_SEQUENCE); /* noticeRef */
        if (!tls_der_at_end(&notice)) {
            value = tls_der_read_any(&notice, &tag, NULL);
            tls_dump_put(out, "\n");
            tls_dump_spaces(out, indent + 2);
            tls_dump_put(out, "Explicit Text: ");
            start = out->length;
            tls_name_string_utf8(out, tag, value);
            clean(out, start);
        }
    }
    tls_dump_put(out, "\n");
}

static void
put_policies(tls_buffer *out, tls_bytes value, unsigned indent)
{
    static const unsigned char any_policy[] = {0x55, 0x1D, 32, 0};
    tls_der der, policies, policy, qualifiers, qualifier;
    tls_bytes oid;

    tls_der_init(&der, value);
    tls_der_enter(&der, &policies, TLS_DER_SEQUENCE);
    while (!tls_der_at_end(&policies)) {
        tls_der_enter(&policies, &policy, TLS_DER_SEQUENCE);
        oid = tls_der_oid(&policy);
        tls_dump_spaces(out, indent);
        tls_dump_put(out, "Policy: ");
        if (tls_bytes_equal(oid, tls_bytes_make(any_policy, sizeof any_policy)))
            tls_dump_put(out, "X509v3 Any Policy");
        else
            put_oid(out, oid);
        tls_dump_put(out, "\n");
        if (tls_der_at_end(&policy))
            continue;
        tls_der_enter(&policy, &qualifiers, TLS_DER_SEQUENCE);
        while (!tls_der_at_end(&qualifiers)) {
            tls_der_enter(&qualifiers, &qualifier, TLS_DER_SEQUENCE);
            if (!tls_der_failed(&qualifier))
                put_qualifier(out, &qualifier, indent + 2);
        }
    }
}

/* 4.2.2.1 */
static void
put_authority_information(tls_buffer *out, tls_bytes value, unsigned indent)
{
    static const unsigned char arc[] = {0x2B, 6, 1, 5, 5, 7, 48};
    tls_general_name location;
    tls_bytes method;
    tls_der der;

    tls_der_init(&der, value);
    while (tls_access_next(&der, &method, &location)) {
        tls_dump_spaces(out, indent);
        if (method.length == sizeof arc + 1 && memcmp(method.data, arc, sizeof arc) == 0 &&
            (method.data[sizeof arc] == 1 || method.data[sizeof arc] == 2))
            tls_dump_put(out, method.data[sizeof arc] == 1 ? "OCSP" : "CA Issuers");
        else
            put_oid(out, method);
        tls_dump_put(out, " - ");
        put_general_name(out, &location);
        tls_dump_put(out, "\n");
    }
}

/* 4.2.1.13 */
static void
put_distribution_points(tls_buffer *out, tls_bytes value, unsigned indent)
{
    tls_general_name general;
    tls_bytes names, full;
    tls_der der, point, name;

    tls_der_init(&der, value);
    while (!tls_der_at_end(&der)) {
        tls_der_enter(&der, &point, TLS_DER_SEQUENCE);
        if (!tls_der_optional(&point, &names, TLS_DER_CONTEXT_CONSTRUCTED(0)))
            continue;
        tls_der_init(&name, names);
        if (!tls_der_optional(&name, &full, TLS_DER_CONTEXT_CONSTRUCTED(0)))
            continue;
        tls_dump_spaces(out, indent);
        tls_dump_put(out, "Full Name:\n");
        tls_general_names_begin(&name, full);
        while (tls_general_names_next(&name, &general)) {
            tls_dump_spaces(out, indent + 2);
            put_general_name(out, &general);
            tls_dump_put(out, "\n");
        }
    }
}

/* RFC 6962 section 3.3 */
static void
put_timestamps(tls_buffer *out, const tls_certificate *certificate, unsigned indent)
{
    static const char *const hashes[] = {
        "none", "MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512"};
    tls_sct_reader reader;
    tls_sct sct;

    tls_sct_begin(&reader, tls_certificate_sct_list(certificate));
    while (tls_sct_next(&reader, &sct)) {
        tls_dump_spaces(out, indent);
        tls_dump_put(out, "Signed Certificate Timestamp:\n");
        tls_dump_spaces(out, indent + 4);
        tls_dump_put(out, "Version   : v");
        tls_dump_number(out, sct.version);
        tls_dump_put(out, "\n");
        if (sct.version != 1)
            continue;
        tls_dump_spaces(out, indent + 4);
        tls_dump_put(out, "Log ID    : ");
        tls_dump_hex(out, sct.log_id, 1);
        tls_dump_put(out, "\n");
        tls_dump_spaces(out, indent + 4);
        tls_dump_put(out, "Timestamp : ");
        tls_dump_time(out, (int64_t)(sct.timestamp / 1000));
        tls_dump_put(out, "\n");
        tls_dump_spaces(out, indent + 4);
        tls_dump_put(out, "Signature : ");
        tls_dump_put(out, sct.signature_algorithm == 3   ? "ecdsa-with-"
                          : sct.signature_algorithm == 1 ? "rsa-with-"
                                                         : "unknown-with-");
        tls_dump_put(out, sct.hash_algorithm < sizeof hashes / sizeof hashes[0]
                              ? hashes[sct.hash_algorithm]
                              : "unknown");
        tls_dump_put(out, "\n");
        tls_dump_hex_lines(out, sct.signature, indent + 16, 16);
    }
    if (reader.failed) {
        tls_dump_spaces(out, indent);
        tls_dump_put(out, "<malformed>\n");
    }
}

/* ---- All of them ---- */

static const char *
title(tls_bytes oid)
{
    static const struct {
        const char *name;
        const char *title;
    } titles[] = {
        {"subjectKeyIdentifier", "X509v3 Subject Key Identifier"},
        {"keyUsage", "X509v3 Key Usage"},
        {"subjectAltName", "X509v3 Subject Alternative Name"},
        {"issuerAltName", "X509v3 Issuer Alternative Name"},
        {"basicConstraints", "X509v3 Basic Constraints"},
        {"nameConstraints", "X509v3 Name Constraints"},
        {"crlDistributionPoints", "X509v3 CRL Distribution Points"},
        {"certificatePolicies", "X509v3 Certificate Policies"},
        {"policyMappings", "X509v3 Policy Mappings"},
        {"authorityKeyIdentifier", "X509v3 Authority Key Identifier"},
        {"policyConstraints", "X509v3 Policy Constraints"},
        {"extendedKeyUsage", "X509v3 Extended Key Usage"},
        {"inhibitAnyPolicy", "X509v3 Inhibit Any Policy"},
        {"authorityInfoAccess", "Authority Information Access"},
        {"tlsFeature", "TLS Feature"},
        {"signedCertificateTimestampList", "CT Precertificate SCTs"},
        {"precertificatePoison", "CT Precertificate Poison"},
    };
    const char *name = tls_extension_name(oid);
    size_t i;

    for (i = 0; name != NULL && i < sizeof titles / sizeof titles[0]; i++)
        if (strcmp(titles[i].name, name) == 0)
            return titles[i].title;
    return name;
}

static void
put_basic_constraints(tls_buffer *out, const tls_certificate *certificate, unsigned indent)
{
    tls_dump_spaces(out, indent);
    tls_dump_put(out, certificate->is_ca ? "CA:TRUE" : "CA:FALSE");
    if (certificate->path_length >= 0) {
        tls_dump_put(out, ", pathlen:");
        tls_dump_number(out, (uint64_t)certificate->path_length);
    }
    tls_dump_put(out, "\n");
}

/* put_ce dumps an extension under id-ce. Returns 0 for one that it does not know. */
static int
put_ce(tls_buffer *out, const tls_certificate *certificate, const tls_extension_view *extension,
    unsigned indent)
{
    switch (extension->oid.data[2]) {
    case 14:
        tls_dump_spaces(out, indent);
        tls_dump_hex(out, certificate->subject_key_identifier, 1);
        tls_dump_put(out, "\n");
        return 1;
    case 15:
        put_key_usage(out, certificate, indent);
        return 1;
    case 17:
        put_alternative_names(out, certificate->alternative_names, indent);
        return 1;
    case 19:
        put_basic_constraints(out, certificate, indent);
        return 1;
    case 30:
        put_subtrees(out, "Permitted:\n", certificate->permitted_subtrees, indent);
        put_subtrees(out, "Excluded:\n", certificate->excluded_subtrees, indent);
        return 1;
    case 31:
        put_distribution_points(out, certificate->distribution_points, indent);
        return 1;
    case 32:
        put_policies(out, extension->value, indent);
        return 1;
    case 35:
        put_authority_key_identifier(out, extension->value, indent);
        return 1;
    case 37:
        put_purposes(out, certificate->extended_key_usages, indent);
        return 1;
    default:
        return 0;
    }
}

static void
put_value(tls_buffer *out, const tls_certificate *certificate, const tls_extension_view *extension,
    unsigned indent)
{
    const char *name = tls_extension_name(extension->oid);

    if (extension->oid.length == 3 && extension->oid.data[0] == 0x55 &&
        extension->oid.data[1] == 0x1D && put_ce(out, certificate, extension, indent))
        return;
    if (name != NULL && strcmp(name, "authorityInfoAccess") == 0) {
        put_authority_information(out, certificate->authority_information, indent);
    } else if (name != NULL && strcmp(name, "tlsFeature") == 0 && certificate->must_staple) {
        tls_dump_spaces(out, indent);
        tls_dump_put(out, "status_request\n");
    } else if (name != NULL && strcmp(name, "signedCertificateTimestampList") == 0) {
        put_timestamps(out, certificate, indent);
    } else {
        tls_dump_hex_lines(out, extension->value, indent, 20);
    }
}

void
tls_dump_extensions(tls_buffer *out, const tls_certificate *certificate, unsigned indent)
{
    tls_extension_view extension;
    const char *name;
    tls_der der;

    tls_der_init(&der, certificate->extensions);
    while (tls_certificate_extension_next(&der, &extension)) {
        tls_dump_spaces(out, indent);
        name = title(extension.oid);
        if (name != NULL)
            tls_dump_put(out, name);
        else
            put_oid(out, extension.oid);
        tls_dump_put(out, extension.critical ? ": critical\n" : ": \n");
        put_value(out, certificate, &extension, indent + 4);
    }
}
