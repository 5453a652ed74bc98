/* certificate_dump.c - see certificate_dump.h. */
#include "issue/certificate_dump.h"

#include <string.h>

#include "issue/certificate_dump_extension.h"
#include "x509/distinguished_name.h"

/* Small numbers in decimal and hex, others as bytes, as OpenSSL does. */
static void
put_serial(tls_buffer *out, const tls_certificate *certificate)
{
    tls_bytes serial = certificate->serial;
    tls_buffer text = {NULL, 0, 0, 0};
    uint64_t number = 0;
    size_t i;

    if (serial.length > 1 && serial.data[0] == 0)
        serial = tls_bytes_make(serial.data + 1, serial.length - 1);
    if (certificate->serial.data[0] < 0x80 && serial.length <= 8 &&
        (serial.length < 8 || serial.data[0] < 0x80)) {
        for (i = 0; i < serial.length; i++)
            number = number << 8 | serial.data[i];
        tls_dump_put(out, "        Serial Number: ");
        tls_dump_number(out, number);
        tls_dump_put(out, " (0x");
        tls_certificate_serial_text(&text, certificate);
        for (i = 0; i + 1 < text.length && text.data[i] == '0'; i++)
            ;
        tls_buffer_append(out, text.data + i, text.length - i);
        out->failed |= text.failed;
        tls_buffer_release(&text);
        tls_dump_put(out, ")\n");
        return;
    }
    tls_dump_put(out, "        Serial Number:\n");
    if (certificate->serial.data[0] >= 0x80) { /* RFC 5280 section 4.1.2.2 forbids negative ones */
        tls_dump_put(out, "            ");
        tls_certificate_serial_text(out, certificate);
        tls_dump_put(out, " (Negative)\n");
        return;
    }
    tls_dump_hex_lines(out, serial, 12, (unsigned)serial.length);
}

static void
put_algorithm(tls_buffer *out, const tls_signature_algorithm *algorithm, unsigned indent)
{
    const char *name = tls_signature_algorithm_name(algorithm);

    tls_dump_spaces(out, indent);
    tls_dump_put(out, "Signature Algorithm: ");
    if (name != NULL)
        tls_dump_put(out, name);
    else
        tls_oid_text(out, algorithm->oid);
    tls_dump_put(out, "\n");
}

/* put_integer dumps a positive number as its INTEGER contents. */
static void
put_integer(tls_buffer *out, tls_bytes number, unsigned indent)
{
    static const unsigned char zero = 0;
    tls_buffer contents = {NULL, 0, 0, 0};

    if (number.data[0] >= 0x80)
        tls_buffer_append(&contents, &zero, 1);
    tls_buffer_append(&contents, number.data, number.length);
    tls_dump_hex_lines(out, tls_buffer_view(&contents), indent, 15);
    out->failed |= contents.failed;
    tls_buffer_release(&contents);
}

static void
put_rsa(tls_buffer *out, const tls_public_key *key)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t exponent = 0;
    char hex[17];
    size_t i, at = sizeof hex;

    tls_dump_put(out, "                Modulus:\n");
    put_integer(out, key->modulus, 20);
    if (key->exponent.length > 8)
        return;
    for (i = 0; i < key->exponent.length; i++)
        exponent = exponent << 8 | key->exponent.data[i];
    tls_dump_put(out, "                Exponent: ");
    tls_dump_number(out, exponent);
    tls_dump_put(out, " (0x");
    do {
        hex[--at] = digits[exponent & 15];
        exponent >>= 4;
    } while (exponent != 0);
    tls_buffer_append(out, hex + at, sizeof hex - at);
    tls_dump_put(out, ")\n");
}

static void
put_ec(tls_buffer *out, const tls_public_key *key)
{
    tls_dump_put(out, "                pub:\n");
    tls_dump_hex_lines(out, key->point, 20, 15);
    tls_dump_put(out, "                ASN1 OID: ");
    tls_dump_put(out, key->curve == TLS_GROUP_SECP256R1   ? "prime256v1"
                      : key->curve == TLS_GROUP_SECP384R1 ? "secp384r1"
                                                          : "secp521r1");
    tls_dump_put(out, "\n                NIST CURVE: ");
    tls_dump_put(out, tls_curve_name(key->curve));
    tls_dump_put(out, "\n");
}

static void
put_public_key(tls_buffer *out, const tls_certificate *certificate)
{
    const tls_public_key *key = &certificate->public_key;
    const char *type = tls_public_key_type(key);

    tls_dump_put(out, "        Subject Public Key Info:\n            Public Key Algorithm: ");
    if (strcmp(type, "rsa") == 0)
        tls_dump_put(out, "rsaEncryption");
    else if (strcmp(type, "rsa-pss") == 0)
        tls_dump_put(out, "rsassaPss");
    else if (strcmp(type, "ec") == 0)
        tls_dump_put(out, "id-ecPublicKey");
    else if (strcmp(type, "ed25519") == 0)
        tls_dump_put(out, "ED25519");
    else
        tls_oid_text(out, key->algorithm);
    tls_dump_put(out, "\n");
    if (key->kind == TLS_KEY_ED25519) {
        tls_dump_put(out, "                ED25519 Public-Key:\n                pub:\n");
        tls_dump_hex_lines(out, key->point, 20, 15);
        return;
    }
    if (key->bits != 0) {
        tls_dump_put(out, "                Public-Key: (");
        tls_dump_number(out, key->bits);
        tls_dump_put(out, " bit)\n");
    }
    if (key->kind == TLS_KEY_RSA)
        put_rsa(out, key);
    else if (key->kind == TLS_KEY_EC)
        put_ec(out, key);
    else
        tls_dump_hex_lines(out, certificate->public_key_info, 16, 15);
}

static void
put_name(tls_buffer *out, const char *label, tls_bytes name)
{
    tls_dump_put(out, label);
    tls_name_text(out, name);
    tls_dump_put(out, "\n");
}

static void
put_signature(tls_buffer *out, const tls_signature_algorithm *algorithm, tls_bytes signature)
{
    put_algorithm(out, algorithm, 4);
    tls_dump_put(out, "    Signature Value:\n");
    tls_dump_hex_lines(out, signature, 8, 18);
}

void
tls_certificate_dump(tls_buffer *out, const tls_certificate *certificate)
{
    tls_dump_put(out, "Certificate:\n    Data:\n        Version: ");
    tls_dump_number(out, certificate->version);
    tls_dump_put(out, " (0x");
    tls_dump_number(out, certificate->version - 1);
    tls_dump_put(out, ")\n");
    put_serial(out, certificate);
    put_algorithm(out, &certificate->signature_algorithm, 8);
    put_name(out, "        Issuer: ", certificate->issuer);
    tls_dump_put(out, "        Validity\n            Not Before: ");
    tls_dump_time(out, certificate->not_before);
    tls_dump_put(out, "\n            Not After : ");
    tls_dump_time(out, certificate->not_after);
    tls_dump_put(out, "\n");
    put_name(out, "        Subject: ", certificate->subject);
    put_public_key(out, certificate);
    if (certificate->extensions.length != 0) {
        tls_dump_put(out, "        X509v3 extensions:\n");
        tls_dump_extensions(out, certificate, 12);
    }
    put_signature(out, &certificate->signature_algorithm, certificate->signature);
}

void
tls_certificate_request_dump(tls_buffer *out, const tls_certificate_request *request)
{
    tls_dump_put(out, "Certificate Request:\n    Data:\n        Version: 1 (0x0)\n");
    put_name(out, "        Subject: ", request->wanted.subject);
    put_public_key(out, &request->wanted);
    if (request->wanted.extensions.length != 0) {
        tls_dump_put(out, "        Attributes:\n            Requested Extensions:\n");
        tls_dump_extensions(out, &request->wanted, 16);
    } else {
        tls_dump_put(out, "        Attributes:\n            (none)\n");
    }
    put_signature(out, &request->signature_algorithm, request->signature);
}
