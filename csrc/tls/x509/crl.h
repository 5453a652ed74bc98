/* crl.h - certificate revocation lists (RFC 5280 section 5): parsed once, immutable, counted;
 * looked up by serial number in logarithmic time.
 *
 * Complete CRLs only. Delta CRLs, indirect CRLs, CRLs for some reasons only, and CRLs with a
 * critical extension that is not known here do parse, and tls_crl_check refuses them. */
#ifndef TLS_CRL_H
#define TLS_CRL_H

#include "x509/certificate.h"
#include "x509/signature_budget.h"

TLS_PUBLIC_BEGIN

#define TLS_CRL_MAXIMUM_LENGTH 0x4000000

/* CRLReason, section 5.3.1. */
enum tls_revocation_reason {
    TLS_REVOKED_UNSPECIFIED = 0,
    TLS_REVOKED_KEY_COMPROMISE = 1,
    TLS_REVOKED_CA_COMPROMISE = 2,
    TLS_REVOKED_AFFILIATION_CHANGED = 3,
    TLS_REVOKED_SUPERSEDED = 4,
    TLS_REVOKED_CESSATION_OF_OPERATION = 5,
    TLS_REVOKED_CERTIFICATE_HOLD = 6,
    TLS_REVOKED_REMOVE_FROM_CRL = 8,
    TLS_REVOKED_PRIVILEGE_WITHDRAWN = 9,
    TLS_REVOKED_AA_COMPROMISE = 10
};
#define TLS_REVOKED_NO_REASON (-1)

/* tls_revocation_reason_name: "keyCompromise", ...; NULL for a number that is none.
 * tls_revocation_reason_from_name: the number, in any case of letters; -1. */
const char *tls_revocation_reason_name(int reason);
int tls_revocation_reason_from_name(tls_bytes name);

typedef struct tls_crl_entry {
    tls_bytes serial; /* contents of the INTEGER */
    int64_t revocation_date;
    int reason; /* enum tls_revocation_reason, or TLS_REVOKED_NO_REASON */
    int has_invalidity_date;
    int64_t invalidity_date;
    int unknown_critical; /* has a critical extension that is not processed here */
} tls_crl_entry;

/* Private to crl.c: where an entry is, in order of serial numbers. */
typedef struct tls_crl_index {
    const unsigned char *serial;
    uint32_t serial_length;
    uint32_t offset; /* of the entry in `revoked` */
} tls_crl_index;

typedef struct tls_crl {
    unsigned references;
    tls_bytes der;
    tls_bytes to_be_signed;
    tls_signature_algorithm signature_algorithm;
    tls_bytes signature;
    unsigned version; /* 1 or 2 */
    tls_bytes issuer; /* whole Name */
    unsigned char issuer_digest[TLS_NAME_DIGEST_LENGTH];
    int64_t this_update;
    int64_t next_update; /* INT64_MAX when absent */
    tls_bytes revoked;   /* contents of SEQUENCE OF entries; walk with tls_crl_next */
    size_t revoked_count;
    tls_bytes extensions; /* contents of SEQUENCE OF Extension */
    tls_bytes number;     /* cRLNumber, contents of the INTEGER; empty when absent */
    tls_bytes authority_key_identifier;
    /* issuingDistributionPoint, section 5.2.5 */
    int only_user;                /* onlyContainsUserCerts */
    int only_ca;                  /* onlyContainsCACerts */
    tls_bytes distribution_point; /* contents of fullName's GeneralNames; empty when absent */
    const char *unsupported;   /* why it cannot be used: "is a delta CRL", ...; NULL when it can */
    tls_bytes unsupported_oid; /* the critical extension that is not known, or empty */
    tls_crl_index *index;
} tls_crl;

/* tls_crl_from_der parses one CRL that fills `der` exactly. The caller owns it. TLS_REASON_BAD_CRL.
 */
enum tls_reason tls_crl_from_der(tls_crl **out, tls_bytes der);
tls_crl *tls_crl_retain(tls_crl *crl);
void tls_crl_release(tls_crl *crl);

/* A counted array; it holds one count on each. tls_crls_load takes PEM with any number of "X509
 * CRL" blocks (others are passed over) or the DER of one. TLS_REASON_BAD_CRL, TLS_REASON_BAD_PEM
 * (none). */
typedef struct tls_crl_list {
    unsigned references;
    size_t count;
    tls_crl **items;
} tls_crl_list;
enum tls_reason tls_crls_load(tls_crl_list **out, tls_bytes bytes);
void tls_crl_list_release(tls_crl_list *list);

/* tls_crl_next walks the entries in the order of the encoding: tls_der_init(&reader, crl->revoked),
 * then next until it returns 0. */
int tls_crl_next(tls_der *reader, tls_crl_entry *entry);
/* tls_crl_find looks a serial number up (contents of the INTEGER). Returns 0 if it is not listed.
 */
int tls_crl_find(const tls_crl *crl, tls_crl_entry *entry, tls_bytes serial);

/* What tls_crl_check is asked; also a part of verification. */
typedef struct tls_revocation_policy {
    int64_t time;
    int64_t clock_skew;
    unsigned min_rsa_bits; /* 0: TLS_RSA_MINIMUM_BITS */
    int allow_sha1;
    tls_signature_budget *budget; /* NULL: signatures cost nothing; else LIMIT when it is used up */
} tls_revocation_policy;

/* tls_crl_check says whether the CRL can be relied on: of a kind that is supported, by `issuer`
 * (name, key usage cRLSign), signed with its key, in date. TLS_OK,
 * TLS_REASON_UNSUPPORTED_CRL, TLS_REASON_BAD_CRL (another's, or the signature is wrong),
 * TLS_REASON_CRL_EXPIRED, TLS_REASON_CRL_NOT_YET_VALID, TLS_REASON_WEAK_SIGNATURE,
 * TLS_REASON_WEAK_KEY. */
enum tls_reason tls_crl_check(
    const tls_crl *crl, const tls_certificate *issuer, const tls_revocation_policy *policy);
/* tls_crl_covers returns 1 if the CRL would list `certificate`: the same issuer, and within the
 * issuing distribution point (section 6.3.3 (b)). */
int tls_crl_covers(const tls_crl *crl, const tls_certificate *certificate);

/* tls_crl_number_text appends the CRL number in hex; nothing when there is none. */
void tls_crl_number_text(tls_buffer *out, const tls_crl *crl);

TLS_PUBLIC_END

#endif
