/* certificate_extensions.h - writing the extensions of RFC 5280 section 4.2 for certificates and
 * requests.
 *
 * The fields take the same structs that reading gives (tls_general_name, tls_extension_view), so
 * that what one certificate has can be put into another. */
#ifndef TLS_CERTIFICATE_EXTENSIONS_H
#define TLS_CERTIFICATE_EXTENSIONS_H

#include "x509/certificate.h"

TLS_PUBLIC_BEGIN

enum tls_basic_constraints {
    TLS_BASIC_CONSTRAINTS_ABSENT = 0,
    TLS_BASIC_CONSTRAINTS_LEAF, /* CA:FALSE */
    TLS_BASIC_CONSTRAINTS_CA
};

#define TLS_PATH_LENGTH_MAXIMUM 255

/* All zero is: no extensions. Arrays and views belong to the caller and need to live only during
 * the call. */
typedef struct tls_extension_fields {
    enum tls_basic_constraints basic_constraints; /* critical */
    int has_path_length;                          /* only with a CA */
    unsigned path_length;                         /* 0 ... TLS_PATH_LENGTH_MAXIMUM */
    unsigned key_usage;                           /* enum tls_key_usage; critical; 0: absent */
    const tls_bytes *extended_key_usages;         /* OID contents */
    size_t extended_key_usage_count;
    const tls_general_name *alternative_names; /* critical when the subject is empty */
    size_t alternative_name_count;
    const tls_general_name *permitted_names; /* nameConstraints, critical */
    size_t permitted_name_count;
    const tls_general_name *excluded_names;
    size_t excluded_name_count;
    tls_bytes subject_key_identifier;   /* empty: absent */
    tls_bytes authority_key_identifier; /* empty: absent */
    const tls_bytes *ocsp_uris;         /* authorityInfoAccess */
    size_t ocsp_uri_count;
    const tls_bytes *issuer_uris;
    size_t issuer_uri_count;
    const tls_bytes *crl_uris; /* one distribution point each */
    size_t crl_uri_count;
    int must_staple; /* RFC 7633: status_request */
    const tls_extension_view
        *extra; /* any others, by OID; one that a field above writes too is an error */
    size_t extra_count;
} tls_extension_fields;

#define TLS_EXTENSION_FIELDS_MAXIMUM 64

/* tls_extensions_build appends the contents of SEQUENCE OF Extension (nothing for no extensions).
 * `empty_subject` decides whether subjectAltName is critical (section 4.2.1.6).
 * TLS_REASON_BAD_FIELD for fields that contradict each other: a path length without a CA, an
 * extension twice, key usage bits that do not exist, a malformed URI or OID, an extra value that is
 * not DER. */
enum tls_reason tls_extensions_build(
    tls_buffer *out, const tls_extension_fields *fields, int empty_subject);

/* tls_key_identifier: RFC 5280 section 4.2.1.2 method 1, the SHA-1 of the subjectPublicKey bits,
 * from a SubjectPublicKeyInfo. Returns 0 if that is malformed. */
int tls_key_identifier(unsigned char out[20], tls_bytes public_key_info);

/* tls_key_usage_from_name: the bit of "digitalSignature", ...; 0. tls_extended_key_usage_from_name
 * appends the OID contents of "serverAuth", ... or a dotted OID; returns 0. In any case of letters.
 */
unsigned tls_key_usage_from_name(tls_bytes name);
int tls_extended_key_usage_from_name(tls_buffer *out, tls_bytes name);

TLS_PUBLIC_END

#endif
