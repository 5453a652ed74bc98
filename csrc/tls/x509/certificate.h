/* certificate.h - X.509 certificates (RFC 5280): parsed once, immutable, counted.
 *
 * A certificate owns a copy of its DER; every tls_bytes field is a view into that copy, empty when
 * the field is absent. Parsing is strict about structure and lax about policy: policy is
 * verify.h's. */
#ifndef TLS_CERTIFICATE_H
#define TLS_CERTIFICATE_H

#include "base/bytes.h"
#include "asn1/der.h"
#include "key/signature_algorithm.h"
#include "x509/distinguished_name_match.h"

TLS_PUBLIC_BEGIN

#define TLS_CERTIFICATE_MAXIMUM_LENGTH 0x40000

/* Key usage, RFC 5280 section 4.2.1.3: bit n of the RFC is 1 << n here. */
enum tls_key_usage {
    TLS_KEY_USAGE_DIGITAL_SIGNATURE = 1 << 0,
    TLS_KEY_USAGE_NON_REPUDIATION = 1 << 1,
    TLS_KEY_USAGE_KEY_ENCIPHERMENT = 1 << 2,
    TLS_KEY_USAGE_DATA_ENCIPHERMENT = 1 << 3,
    TLS_KEY_USAGE_KEY_AGREEMENT = 1 << 4,
    TLS_KEY_USAGE_KEY_CERT_SIGN = 1 << 5,
    TLS_KEY_USAGE_CRL_SIGN = 1 << 6,
    TLS_KEY_USAGE_ENCIPHER_ONLY = 1 << 7,
    TLS_KEY_USAGE_DECIPHER_ONLY = 1 << 8
};
#define TLS_KEY_USAGE_COUNT 9

/* Extended key usage, RFC 5280 section 4.2.1.12: the ones that verification looks at. */
enum tls_extended_key_usage {
    TLS_EXTENDED_ANY = 1 << 0,
    TLS_EXTENDED_SERVER_AUTH = 1 << 1,
    TLS_EXTENDED_CLIENT_AUTH = 1 << 2,
    TLS_EXTENDED_OTHER = 1 << 3,
    TLS_EXTENDED_OCSP_SIGNING = 1 << 4
};

/* Extensions that were present; for those that have no view of their own to tell. */
enum tls_extension_present {
    TLS_HAS_BASIC_CONSTRAINTS = 1 << 0,
    TLS_HAS_KEY_USAGE = 1 << 1,
    TLS_HAS_EXTENDED_KEY_USAGE = 1 << 2,
    TLS_HAS_SUBJECT_ALTERNATIVE_NAME = 1 << 3,
    TLS_HAS_NAME_CONSTRAINTS = 1 << 4,
    TLS_HAS_SUBJECT_KEY_IDENTIFIER = 1 << 5,
    TLS_HAS_AUTHORITY_KEY_IDENTIFIER = 1 << 6,
    TLS_HAS_AUTHORITY_INFORMATION_ACCESS = 1 << 7,
    TLS_HAS_CRL_DISTRIBUTION_POINTS = 1 << 8,
    TLS_HAS_TLS_FEATURE = 1 << 9,
    TLS_HAS_CERTIFICATE_POLICIES = 1 << 10,
    TLS_HAS_POLICY_CONSTRAINTS = 1 << 11
};

typedef struct tls_certificate {
    unsigned references;
    tls_bytes der;          /* the whole certificate */
    tls_bytes to_be_signed; /* TBSCertificate, header included */
    unsigned version;       /* 1, 2 or 3 */
    tls_bytes serial;       /* contents of the INTEGER */
    tls_signature_algorithm signature_algorithm;
    tls_bytes signature;
    tls_bytes issuer; /* whole Name elements, see distinguished_name.h */
    tls_bytes subject;
    int64_t not_before; /* seconds since the epoch; both ends are valid instants */
    int64_t not_after;
    tls_bytes public_key_info; /* SubjectPublicKeyInfo, header included */
    tls_public_key public_key;
    int self_issued; /* issuer and subject are the same name */
    /* tls_name_digest of both: they are equal where the names are (RFC 5280 section 7.1). */
    unsigned char issuer_digest[TLS_NAME_DIGEST_LENGTH];
    unsigned char subject_digest[TLS_NAME_DIGEST_LENGTH];

    unsigned present;     /* enum tls_extension_present */
    int unknown_critical; /* has a critical extension that this library does not process, or one
                             that must not be critical */
    tls_bytes unknown_critical_oid;
    int is_ca;                   /* basicConstraints cA */
    int path_length;             /* pathLenConstraint, or -1 if there is none */
    unsigned key_usage;          /* enum tls_key_usage; all bits set when the extension is absent */
    unsigned extended_key_usage; /* enum tls_extended_key_usage; 0 when absent: look at `present` */
    int must_staple;             /* RFC 7633 TLS feature status_request */

    tls_bytes extensions;          /* contents of SEQUENCE OF Extension */
    tls_bytes extended_key_usages; /* contents of SEQUENCE OF OID */
    tls_bytes alternative_names;   /* contents of GeneralNames, for tls_general_names_* */
    tls_bytes permitted_subtrees;  /* contents of GeneralSubtrees */
    tls_bytes excluded_subtrees;
    tls_bytes subject_key_identifier;
    tls_bytes authority_key_identifier; /* the keyIdentifier */
    tls_bytes authority_information;    /* contents of SEQUENCE OF AccessDescription */
    tls_bytes distribution_points;      /* contents of SEQUENCE OF DistributionPoint */

    const char *fault;   /* only while it is parsed: what is wrong if that fails, as a sentence */
    tls_bytes fault_oid; /* the extension that it is about, or empty */
} tls_certificate;

/* tls_certificate_from_der parses one certificate that fills `der` exactly. The caller owns the
 * result. TLS_REASON_BAD_CERTIFICATE, TLS_REASON_OUT_OF_MEMORY. */
enum tls_reason tls_certificate_from_der(tls_certificate **out, tls_bytes der);
/* tls_certificate_fault appends why tls_certificate_from_der refuses `der`, such as "it has an
 * extension twice (2.5.29.19)"; nothing for a good one. */
void tls_certificate_fault(tls_buffer *out, tls_bytes der);
tls_certificate *tls_certificate_retain(tls_certificate *certificate);
void tls_certificate_release(tls_certificate *certificate);

/* A counted, immutable array of certificates; it holds one count on each. */
typedef struct tls_certificate_list {
    unsigned references;
    size_t count;
    tls_certificate **items;
} tls_certificate_list;

/* tls_certificate_block is one look for all that read PEM: it returns 1 and the certificate's DER
 * if the block's label says that it holds one. OpenSSL's "TRUSTED CERTIFICATE" is a certificate
 * followed by notes of OpenSSL's own, which are left out. */
int tls_certificate_block(tls_bytes *der, tls_bytes label, tls_bytes contents);
/* tls_certificates_load takes PEM with any number of certificates (other blocks are passed over) or
 * the DER of one certificate. One that cannot be parsed fails the whole:
 * TLS_REASON_BAD_CERTIFICATE; none at all: TLS_REASON_BAD_PEM. */
enum tls_reason tls_certificates_load(tls_certificate_list **out, tls_bytes bytes);
/* tls_certificate_list_make takes a count of its own on each of `items`. */
enum tls_reason tls_certificate_list_make(
    tls_certificate_list **out, tls_certificate *const *items, size_t count);
tls_certificate_list *tls_certificate_list_retain(tls_certificate_list *list);
void tls_certificate_list_release(tls_certificate_list *list);

/* ---- GeneralName, RFC 5280 section 4.2.1.6 ---- */

enum tls_general_name_kind { /* the context tag numbers */
    TLS_NAME_OTHER = 0,
    TLS_NAME_EMAIL = 1, /* rfc822Name */
    TLS_NAME_DNS = 2,
    TLS_NAME_X400 = 3,
    TLS_NAME_DIRECTORY = 4, /* value: whole Name element */
    TLS_NAME_EDI_PARTY = 5,
    TLS_NAME_URI = 6,
    TLS_NAME_IP = 7,           /* 4 or 16 bytes (8 or 32 in name constraints) */
    TLS_NAME_REGISTERED_ID = 8 /* value: OID contents */
};

typedef struct tls_general_name {
    enum tls_general_name_kind kind;
    tls_bytes value;
} tls_general_name;

/* Iterate: tls_general_names_begin(&der, certificate->alternative_names), then
 * tls_general_names_next until it returns 0. */
void tls_general_names_begin(tls_der *reader, tls_bytes names);
int tls_general_names_next(tls_der *reader, tls_general_name *name);
/* tls_general_name_text appends a readable value: the string, "192.0.2.1", "2001:db8::1", an RFC
 * 4514 name, a dotted OID; hex digits for the rest. */
void tls_general_name_text(tls_buffer *out, const tls_general_name *name);
/* tls_general_name_kind_name: "DNS", "IP", "email", "URI", "dirName", "RID", "otherName", ... */
const char *tls_general_name_kind_name(enum tls_general_name_kind kind);

/* ---- Extensions ---- */

typedef struct tls_extension_view {
    tls_bytes oid;
    int critical;
    tls_bytes value; /* contents of extnValue */
} tls_extension_view;

/* Iterate over certificate->extensions, certificate->extended_key_usages, certificate->
 * authority_information: tls_der_init(&reader, field), then next until 0. */
int tls_certificate_extension_next(tls_der *reader, tls_extension_view *extension);
int tls_purpose_next(tls_der *reader, tls_bytes *oid);
int tls_access_next(tls_der *reader, tls_bytes *method, tls_general_name *location);
/* tls_certificate_extension finds an extension by its OID contents; returns 0 if absent. */
int tls_certificate_extension(
    const tls_certificate *certificate, tls_extension_view *extension, tls_bytes oid);
/* tls_certificate_ocsp_uri and _issuer_uri: the `index`th id-ad-ocsp / id-ad-caIssuers URI (RFC
 * 5280 section 4.2.2.1); _crl_uri: the `index`th URI of the CRL distribution points. Empty past the
 * last. */
tls_bytes tls_certificate_ocsp_uri(const tls_certificate *certificate, size_t index);
tls_bytes tls_certificate_issuer_uri(const tls_certificate *certificate, size_t index);
tls_bytes tls_certificate_crl_uri(const tls_certificate *certificate, size_t index);

/* ---- Names of things ---- */

/* tls_key_usage_name: "digitalSignature" .. for bit 0 .. TLS_KEY_USAGE_COUNT - 1, else NULL. */
const char *tls_key_usage_name(unsigned bit);
/* tls_extended_key_usage_name: "serverAuth", ... for a known OID, else NULL (use tls_oid_text). */
const char *tls_extended_key_usage_name(tls_bytes oid);
/* tls_extension_name: "basicConstraints", ... for a known OID, else NULL. */
const char *tls_extension_name(tls_bytes oid);
/* tls_certificate_serial_text appends the serial number in lower-case hex, with "-" when negative.
 */
void tls_certificate_serial_text(tls_buffer *out, const tls_certificate *certificate);

/* tls_certificate_is_self_signed returns 1 if it is self-issued and its own key verifies it. */
int tls_certificate_is_self_signed(const tls_certificate *certificate);

TLS_PUBLIC_END

#endif
