/* signature_algorithm_test.c - RSASSA-PSS-params (RFC 4055 section 3.1): each field, its default,
 * and what is not supported. */
#include <string.h>

#include "asn1/der_write.h"
#include "key/signature_algorithm.h"
#include "support/check.h"

typedef struct row {
    const char *what;
    const char *parameters; /* the contents of the SEQUENCE, in hex */
    int usable;
    int hash, mask_hash;
    unsigned salt_length;
} row;

#define SHA256 "300D06096086480165030402010500"
#define SHA384 "300D06096086480165030402020500"
#define MGF1(hash) "301A06092A864886F70D010108" hash

static const row rows[] = {
    {"all defaults", "", 1, TLS_HASH_SHA1, TLS_HASH_SHA1, 20},
    {"a hash", "A00F" SHA256, 1, TLS_HASH_SHA256, TLS_HASH_SHA1, 20},
    {"a mask", "A11C" MGF1(SHA384), 1, TLS_HASH_SHA1, TLS_HASH_SHA384, 20},
    {"a salt", "A203020130", 1, TLS_HASH_SHA1, TLS_HASH_SHA1, 48},
    {"the trailer", "A303020101", 1, TLS_HASH_SHA1, TLS_HASH_SHA1, 20},
    {"all of them", "A00F" SHA256 "A11C" MGF1(SHA256) "A203020120A303020101", 1, TLS_HASH_SHA256,
        TLS_HASH_SHA256, 32},
    {"another trailer", "A303020102", 0, TLS_HASH_SHA1, TLS_HASH_SHA1, 20},
    {"no trailer", "A303020100", 0, TLS_HASH_SHA1, TLS_HASH_SHA1, 20},
    {"another mask function", "A11C301A06092A864886F70D010109" SHA256, 0, TLS_HASH_SHA1, 0, 20},
    {"another mask function and the trailer", "A11C301A06092A864886F70D010109" SHA256 "A303020101",
        0, TLS_HASH_SHA1, 0, 20},
    {"an unknown hash", "A00F300D06096086480165030402090500", 0, 0, TLS_HASH_SHA1, 20},
};

static void
from_hex(tls_buffer *out, const char *hex)
{
    static const char digits[] = "0123456789ABCDEF";

    for (; *hex != '\0'; hex += 2) {
        unsigned char byte = (unsigned char)((strchr(digits, hex[0]) - digits) * 16 +
                                             (strchr(digits, hex[1]) - digits));

        tls_buffer_append(out, &byte, 1);
    }
}

static void
try_row(const row *r)
{
    static const unsigned char oid[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A};
    tls_buffer out = {NULL, 0, 0, 0};
    tls_signature_algorithm algorithm;
    size_t whole = tls_der_open(&out, TLS_DER_SEQUENCE), parameters;

    tls_der_put_oid(&out, tls_bytes_make(oid, sizeof oid));
    parameters = tls_der_open(&out, TLS_DER_SEQUENCE);
    from_hex(&out, r->parameters);
    tls_der_close(&out, parameters);
    tls_der_close(&out, whole);
    check_about("%s", r->what);
    memset(&algorithm, 0, sizeof algorithm);
    tls_signature_algorithm_parse(&algorithm, tls_buffer_view(&out));
    check((algorithm.kind == TLS_SIGNATURE_RSA_PSS) == r->usable, "supported or not");
    check_number(algorithm.hash, r->hash, "hash");
    check_number(algorithm.mask_hash, r->mask_hash, "mask");
    check_number(algorithm.salt_length, r->salt_length, "salt");
    tls_buffer_release(&out);
}

int
main(void)
{
    size_t i;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
        try_row(&rows[i]);
    return check_end();
}
